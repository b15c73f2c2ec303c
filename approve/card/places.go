package card

import (
	"net/url"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// maxPath is the longest string that is taken for a path, in bytes.
const maxPath = 4096

// A place is what a path in the arguments means from one folder.
type place struct {
	abs  string // absolute and clean, as written
	real string // with symlinks resolved; empty where that cannot be told
}

// places gives what a path may mean: from folders that the arguments name, from the working folder, from the roots. None where it cannot be told.
func (e *effects) places(written string) []place {
	c := e.call
	p, ok := localPath(written)
	if !ok {
		return nil
	}
	if strings.TrimSpace(written) != written {
		e.warn("a path begins or ends with a blank: which file a server takes that for cannot be told")
	} else if p != written {
		e.warn("a path is written as a file: URI: which file a server takes that for cannot be told")
	}
	slashed := filepath.ToSlash(p)
	switch {
	case slashed == "~" || strings.HasPrefix(slashed, "~/"):
		if c.Facts.Home == "" {
			return nil
		}
		return []place{c.placeAt(c.Facts.Home + "/" + slashed[1:])}
	case strings.HasPrefix(slashed, "~"):
		return nil // of another user
	case isAbs(slashed):
		return []place{c.placeAt(slashed)}
	}
	var out []place
	for _, from := range slices.Concat(e.starts, []string{c.Facts.Cwd}, c.Facts.Roots) {
		if from == "" || !isAbs(filepath.ToSlash(from)) {
			continue
		}
		if pl := c.placeAt(filepath.ToSlash(from) + "/" + slashed); !slices.Contains(out, pl) {
			out = append(out, pl)
		}
	}
	return out
}

// findStarts gives the folders among the arguments from which paths beside them may start.
func (e *effects) findStarts() (out []string) {
	for i := range e.t.nodes {
		n := &e.t.nodes[i]
		if n.isString() && len(out) < maxStarts && startWords.last(words(n.key)) && pathLike(n.text()) {
			for _, pl := range e.places(n.text()) {
				if !slices.Contains(out, pl.abs) {
					out = append(out, pl.abs)
				}
				break
			}
		}
	}
	return out
}

// maxStarts is how many such folders count.
const maxStarts = 4

func (c *Call) placeAt(abs string) place {
	pl := place{abs: cleanPath(abs)}
	pl.real = c.resolve(abs) // not cleaned: a step back from behind a symlink leads elsewhere
	return pl
}

func (c *Call) resolve(p string) string {
	if c.Facts.Resolve == nil || overNetwork(p) {
		return cleanPath(p)
	}
	real := c.Facts.Resolve(filepath.FromSlash(p))
	if real == "" {
		return ""
	}
	return cleanPath(filepath.ToSlash(real))
}

// localPath gives the path that a string is, of a file: URI its path; false for what is none.
func localPath(s string) (string, bool) {
	if strings.TrimSpace(s) == "" || len(s) > maxPath || strings.IndexByte(s, 0) >= 0 {
		return "", false
	}
	if len(s) > 5 && strings.EqualFold(s[:5], "file:") {
		u, err := url.Parse(s)
		if err != nil || u.Path == "" {
			return "", false
		}
		p := u.Path
		if len(p) > 3 && p[0] == '/' && drive(p[1:]) {
			p = p[1:]
		}
		return p, true
	}
	return s, !strings.Contains(s, "://")
}

func isAbs(p string) bool { return strings.HasPrefix(p, "/") || drive(p) }

func drive(p string) bool {
	return len(p) >= 3 && p[1] == ':' && (p[2] == '/' || p[2] == '\\') && p[0]|0x20 >= 'a' && p[0]|0x20 <= 'z'
}

// overNetwork tells paths whose very look-up would talk to another machine, or to a device, on Windows.
func overNetwork(p string) bool {
	p = filepath.ToSlash(p)
	return runtime.GOOS == "windows" && (strings.HasPrefix(p, "//") || !drive(p))
}

// cleanPath is path.Clean that knows of drives.
func cleanPath(p string) string {
	if drive(p) {
		return p[:2] + path.Clean("/"+p[3:])
	}
	return path.Clean(p)
}

// projects gives the folders that count as the project, resolved: not one that holds the home folder, since all that is personal is within it.
func (c *Call) projects() (out []string) {
	home := ""
	if c.Facts.Home != "" {
		home = c.resolve(filepath.ToSlash(c.Facts.Home))
	}
	for _, p := range append([]string{c.Facts.Cwd}, c.Facts.Roots...) {
		if p = filepath.ToSlash(p); !isAbs(p) {
			continue
		}
		if p = c.resolve(p); p != "" && p != "/" && !(drive(p) && len(p) == 3) && !within(home, p) {
			out = append(out, p)
		}
	}
	return out
}

// within tells whether a clean path is folder or below it.
func within(p, folder string) bool {
	return p == folder || strings.HasPrefix(p, strings.TrimSuffix(folder, "/")+"/")
}

// inProject tells whether a resolved path is within the project.
func (e *effects) inProject(real string) bool {
	for _, p := range e.projects {
		if within(real, p) {
			return true
		}
	}
	return false
}

// shown names a resolved or absolute path for people: relative to the working folder where it is within, with ~ for the home folder.
func (e *effects) shown(p string) string {
	if len(e.projects) > 0 && e.projects[0] != p && within(p, e.projects[0]) {
		return line(strings.TrimPrefix(p[len(e.projects[0]):], "/"))
	}
	for _, home := range []string{e.home, cleanPath(filepath.ToSlash(e.call.Facts.Home))} {
		if home != "" && home != "." && home != "/" && within(p, home) {
			return line("~" + p[len(home):])
		}
	}
	return line(p)
}

// told says where a place is, with all that deserves a look, and whether something does.
func (e *effects) told(pl place) (text string, odd bool) {
	switch {
	case overNetwork(pl.abs):
		return line(pl.abs) + " (not looked at: a path of the network or of a device)", true
	case pl.real == "":
		return e.shown(pl.abs) + " (goes through too many symlinks)", true
	}
	text = e.shown(pl.real)
	if as := e.shownAs(pl); as != "" {
		text = as + " → " + text
		odd = true
	}
	if !e.inProject(pl.real) {
		if len(e.projects) > 0 {
			text += " (outside of the project)"
		}
		odd = odd || len(e.projects) > 0
	}
	return text, odd
}

// shownAs names a place as it was written where a symlink leads elsewhere. That the folder of the project itself is one does not count.
func (e *effects) shownAs(pl place) string {
	if pl.abs == pl.real {
		return ""
	}
	for _, from := range append([]string{e.call.Facts.Cwd}, e.call.Facts.Roots...) {
		if from = cleanPath(filepath.ToSlash(from)); within(pl.abs, from) && e.call.resolve(from)+pl.abs[len(from):] == pl.real {
			return ""
		}
	}
	if home := cleanPath(filepath.ToSlash(e.call.Facts.Home)); e.home != "" && within(pl.abs, home) && e.home+pl.abs[len(home):] == pl.real {
		return ""
	}
	return e.shown(pl.abs)
}
