package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sallyport/wrap/child"
	"sallyport/wrap/file"
)

// steering are the variables that the usual ones are not expected to have, and that choose where a program looks and what it trusts: a
// configuration can set them beside a command that was accepted. recorded is the search path that install kept.
func steering(env []string, home, cwd, recorded string) map[string]string {
	m := map[string]string{}
	known := filepath.SplitList(recorded)
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		odd := value != "" && child.Steers(name)
		switch {
		case name == "HOME", name == "USERPROFILE":
			odd = value != home
		case strings.HasPrefix(name, "XDG_") && strings.HasSuffix(name, "_HOME"):
			odd = !below(value, home)
		case name == "PATH", name == "SHELL", strings.HasPrefix(name, "XDG_") && strings.HasSuffix(name, "_DIRS"):
			odd = slices.ContainsFunc(filepath.SplitList(value), func(dir string) bool {
				return !slices.Contains(known, dir) && (!filepath.IsAbs(dir) || below(dir, cwd) && !below(home, cwd) || !usualPlace(dir, home))
			})
		}
		if odd {
			m[name] = value
		}
	}
	return m
}

// usualPlace reports whether a folder is one from which people have programs: the system's, a package manager's, or a hidden one of the
// home, which is how people install things (~/.nvm). Any other may have come with a clone.
func usualPlace(dir, home string) bool {
	if rel, err := filepath.Rel(home, dir); err == nil && strings.HasPrefix(rel, ".") && !strings.HasPrefix(rel, "..") {
		return true
	}
	for _, prefix := range []string{"/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew", "/nix", "/snap"} {
		if below(dir, prefix) {
			return true
		}
	}
	info, err := os.Stat(dir)
	return err != nil || file.OfSystem(info) && !cloned(dir, home)
}

// cloned reports whether a folder lies in a working tree. Those below hidden folders of the home are how people install things (~/.nvm).
func cloned(dir, home string) bool {
	if rel, err := filepath.Rel(home, dir); err == nil && strings.HasPrefix(rel, ".") && !strings.HasPrefix(rel, "..") {
		return false
	}
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) || dir == home {
			return false
		}
	}
}

// below reports whether a path is a folder, or in it.
func below(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsAbs(path) && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
