package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sallyport/rules"
	"sallyport/wrap/file"
)

// A client's configuration may come with a cloned repository, and with it the flags and the environment that wrap gets. So where the
// user has a configuration of their own, what could loosen a session counts only as that configuration lists it for the server:
//
//	servers:
//	  filesystem:
//	    observe: true                # --observe
//	    rules: [trial.yaml]          # --rules, relative to this file
//	    places: {state: /var/tmp/x}  # SALLYPORT_STATE_DIR
//
// Where the user has none (a trial, CI, tests) flags and variables are honoured.

// maxRules bounds a rule file, in bytes.
const maxRules = 1 << 20

// request is what a command line of wrap asks for.
type request struct {
	server, client string
	rules          []string
	observe        bool
}

// settings are what wrap goes by.
type settings struct {
	places places
	policy *rules.Policy
	digest string // of the rule files, for the log
	facts  rules.Facts
}

// settle loads the rules and finds the places, or refuses the launch.
func settle(r request) (settings, error) {
	own, err := ownPlaces()
	if err != nil {
		// Nobody knows whether this user has a configuration.
		return settings{}, err
	}
	cwd, err := workingFolder()
	if err != nil {
		return settings{}, err
	}
	asked, err := own.with(os.Getenv)
	if err != nil {
		return settings{}, err
	}
	if hasConfiguration(own) {
		if err := mayLoosen(r, own, asked, cwd); err != nil {
			return settings{}, err
		}
	}
	if os.Getenv("SALLYPORT_DEBUG") != "" {
		warningf("SALLYPORT_DEBUG is not read by wrap: set log: {debug: FILE} in %q", own.rulesFile())
	}
	policy, digest, err := loadPolicy(asked, r.rules, cwd)
	if err != nil {
		return settings{}, err
	}
	return settings{places: asked, policy: policy, digest: digest, facts: factsOf(asked.home, cwd)}, nil
}

// workingFolder is the real one: PWD, which os.Getwd believes, may lead through links.
func workingFolder() (string, error) {
	cwd, err := os.Getwd()
	if err == nil {
		cwd, err = filepath.EvalSymlinks(cwd)
	}
	if err != nil {
		return "", fmt.Errorf("finding the working folder: %v", err)
	}
	return cwd, nil
}

// hasConfiguration reports whether the user has a configuration: the folder is enough, and one that cannot be looked into counts.
func hasConfiguration(own places) bool {
	_, err := os.Lstat(own.config)
	return !os.IsNotExist(err)
}

// mayLoosen checks flags and variables against the user's own configuration.
func mayLoosen(r request, own, asked places, cwd string) error {
	if !r.observe && len(r.rules) == 0 && asked == own {
		return nil
	}
	policy, _, err := loadPolicy(own, nil, cwd)
	if err != nil {
		return err
	}
	listed := policy.View(r.server, r.client).Server()
	refuse := func(what, line string) error {
		return withHint(fmt.Sprintf("if you want this, write in %q: servers: {%s: {%s}}", own.rulesFile(), r.server, line),
			"%s is not honoured: your own configuration does not list it for server %q", what, r.server)
	}
	if r.observe && !listed.Observe {
		return refuse("--observe", "observe: true")
	}
	for _, name := range r.rules {
		path := absolute(name, cwd, own.home)
		if !slices.ContainsFunc(listed.Rules, func(l string) bool { return absolute(l, own.config, own.home) == path }) {
			return refuse(fmt.Sprintf("--rules %q", name), fmt.Sprintf("rules: [%q]", name))
		}
	}
	for _, p := range []struct{ what, own, asked string }{
		{"config", own.config, asked.config}, {"state", own.state, asked.state}, {"runtime", own.runtime, asked.runtime},
	} {
		if p.own != p.asked && absolute(listed.Places[p.what], own.config, own.home) != p.asked {
			return refuse(fmt.Sprintf("%s=%q", placeVariables[p.what], p.asked), fmt.Sprintf("places: {%s: %q}", p.what, p.asked))
		}
	}
	return nil
}

// absolute makes a path of a configuration comparable.
func absolute(path, base, home string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home, rest)
	}
	if path == "" || filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// loadPolicy reads the user's rules, the files that were named, and the working folder's, which can only tighten. The digest is
// SHA-256 over all files that were read, each with its path and size before it.
func loadPolicy(p places, named []string, cwd string) (policy *rules.Policy, digest string, err error) {
	var sources []rules.Source
	if p.config != "" {
		sources = append(sources, rules.Source{Path: p.rulesFile(), Trust: rules.User, Optional: true},
			rules.Source{Path: p.answersFile(), Trust: rules.Answers, Optional: true})
	}
	for _, name := range named {
		sources = append(sources, rules.Source{Path: absolute(name, cwd, p.home), Trust: rules.User})
	}
	folder := filepath.Join(cwd, ".sallyport.yaml")
	if info, err := os.Lstat(folder); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		// It may come with a clone, and an error in it would quote whatever it leads to.
		return nil, "", withHint("put the rules themselves there, or remove the link", "%q is a link", folder)
	}
	sources = append(sources, rules.Source{Path: folder, Trust: rules.Folder, Optional: true})
	sum := sha256.New()
	policy, err = rules.Load(func(path string) ([]byte, error) {
		b, err := file.ReadFile(path, maxRules)
		if link := dangling(path); errors.Is(err, fs.ErrNotExist) && link != "" {
			return nil, withHint("put its target back, or remove the link", "%q is a link to what is not there", link)
		}
		fmt.Fprintf(sum, "%q %d\n%s", path, len(b), b)
		return b, err
	}, sources...)
	if err != nil {
		return nil, "", fmt.Errorf("reading rules: %w", err)
	}
	return policy, fmt.Sprintf("h1:%x", sum.Sum(nil)), nil
}

// dangling gives the link on the way to a missing file whose target is missing, or "". Dotfiles that are not there now are no absence of
// rules.
func dangling(path string) string {
	for {
		if _, err := os.Lstat(path); err == nil {
			if _, err := os.Stat(path); err != nil {
				return path
			}
			return ""
		}
		parent := filepath.Dir(path)
		if parent == path {
			return ""
		}
		path = parent
	}
}

// factsOf are what rules may know of the machine.
func factsOf(home, cwd string) rules.Facts {
	return rules.Facts{Home: home, Cwd: cwd, Resolve: resolve}
}

// rootsOf are the folders that a command line names: servers start relative paths from those they are given. What a shell between us
// and the server would make of its arguments is not looked at.
func rootsOf(argv []string, cwd, home string) []string {
	var roots []string
	for _, arg := range argv[1:] {
		if _, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(arg, "-") {
			arg = value
		}
		if arg == "" || strings.HasPrefix(arg, "-") || len(roots) == maxRoots {
			continue
		}
		if dir := resolve(absolute(arg, cwd, home)); dir != cwd && isDir(dir) && !slices.Contains(roots, dir) {
			roots = append(roots, dir)
		}
	}
	return roots
}

const maxRoots = 64

// maxLinks is how many symlinks of a path are followed. Linux gives up at 40, but servers that resolve paths themselves go further.
const maxLinks = 255

// resolve follows the symlinks of an absolute path as the kernel does, component by component, and goes on by name from where nothing
// exists, dangling links included: what is written there makes the target. Between this look and the server's own there is a race that
// only code with the user's rights can use. It gives "" for a path of too many links, which no rule then lets pass.
func resolve(path string) string {
	volume := filepath.VolumeName(path)
	at, rest := volume+string(filepath.Separator), strings.Split(filepath.ToSlash(path[len(volume):]), "/")
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		info, err := os.Lstat(next)
		if err != nil {
			// No links below what is not there. One Join for all of it: a path may have very many components. If that takes a "..",
			// a server that cleans paths before it opens them may come out at something that is there.
			clean := filepath.Join(append([]string{next}, rest...)...)
			if !slices.Contains(rest, "..") {
				return clean
			}
			at, rest = volume+string(filepath.Separator), strings.Split(filepath.ToSlash(clean[len(volume):]), "/")
			continue
		}
		if info.Mode()&os.ModeSymlink == 0 {
			at = next
			continue
		}
		target, err := os.Readlink(next)
		if links++; err != nil || links > maxLinks {
			return ""
		}
		if filepath.IsAbs(target) {
			at = filepath.VolumeName(target) + string(filepath.Separator)
			target = target[len(filepath.VolumeName(target)):]
		}
		rest = append(strings.Split(filepath.ToSlash(target), "/"), rest...)
	}
	return at
}
