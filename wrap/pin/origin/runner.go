package origin

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A run is what a package runner was asked for.
type run struct {
	specs []string // packages as npm takes them, files by absolute path
	bin   string   // the command, where --package names the packages; "" chooses as npx does
	args  []string // of the command
	flags []string // of the command line, for npm
	bun   bool     // bun runs the entry in node's place
}

// A runner is the command line of a package runner.
type runner struct {
	verbs  []string // one of them has to be the first word
	plain  []string // flags without a value that change nothing here
	value  []string // flags with one, likewise
	pass   []string // flags without a value that npm is given
	pair   []string // flags with a value that npm is given
	named  []string // flags that name a package
	call   []string // flags that run a line of commands
	spread bool     // flags stand behind the first word too, up to "--"
	extra  []string // flags for npm
}

var (
	npmPlain = strings.Fields("-y --yes --yes=true -q --quiet -s --silent -d -dd -ddd --verbose --no-progress --progress=false --no-fund --fund=false --no-audit --audit=false --no-update-notifier --no-color --prefer-online --prefer-offline --offline --prefer-online=true --prefer-offline=true")
	npmPass  = strings.Fields("--ignore-scripts --ignore-scripts=true --legacy-peer-deps --legacy-peer-deps=true")
)

// runners differ in what else they would do: bun and pnpm run no install scripts of packages that nobody named for it.
var runners = map[string]runner{
	"npx":   {plain: npmPlain, value: []string{"--loglevel"}, pass: npmPass, pair: []string{"--registry"}, named: []string{"-p", "--package"}, call: []string{"-c", "--call"}},
	"npm":   {verbs: []string{"exec", "x"}, plain: npmPlain, value: []string{"--loglevel"}, pass: npmPass, pair: []string{"--registry"}, named: []string{"--package"}, call: []string{"-c", "--call"}, spread: true},
	"bunx":  {plain: []string{"-y", "--silent", "--verbose", "--bun"}, named: []string{"-p", "--package"}, extra: []string{"--ignore-scripts"}},
	"bun x": {verbs: []string{"x"}, plain: []string{"-y", "--silent", "--verbose", "--bun"}, named: []string{"-p", "--package"}, extra: []string{"--ignore-scripts"}},
	"pnpx":  {plain: []string{"-s", "--silent"}, value: []string{"--reporter"}, named: []string{"--package"}, call: []string{"-c", "--shell-mode"}, extra: []string{"--ignore-scripts"}},
	"pnpm":  {verbs: []string{"dlx"}, plain: []string{"-s", "--silent"}, value: []string{"--reporter"}, named: []string{"--package"}, call: []string{"-c", "--shell-mode"}, extra: []string{"--ignore-scripts"}},
	"yarn":  {verbs: []string{"dlx"}, plain: []string{"-q", "--quiet"}, named: []string{"-p", "--package"}},
}

// packages reads the command line of a package runner.
func (p *plan) packages(name string) error {
	if name == "yarnpkg" {
		name = "yarn"
	}
	r := runners[name]
	words, got, err := r.words(p, name)
	if err != nil || p.kind == Unresolved {
		return err
	}
	p.kind = Package
	if !got.named {
		if len(words) == 0 {
			return fmt.Errorf("%s names no package", name)
		}
		p.run.specs, words = []string{words[0]}, words[1:]
	} else {
		if len(words) == 0 {
			return fmt.Errorf("%s --package names a package and no command of it", name)
		}
		p.run.bin, words = words[0], words[1:]
	}
	p.run.args = words
	p.run.flags = append(p.run.flags, r.extra...)
	p.spec = strings.Join(p.run.specs, " ")
	for i, spec := range p.run.specs {
		if spec == "" || strings.HasPrefix(spec, "-") || strings.ContainsFunc(spec, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
			return fmt.Errorf("%q is no package", spec)
		}
		p.run.specs[i] = absolute(spec, p.launch.Dir)
	}
	return nil
}

// seen is what the flags of a package runner said.
type seen struct{ verb, named bool }

// words takes the flags off p's arguments and returns the others from the package, or with --package the command, on.
func (r runner) words(p *plan, name string) ([]string, seen, error) {
	var words []string
	got := seen{verb: len(r.verbs) == 0}
	for i := 1; i < len(p.args); i++ {
		arg := p.args[i]
		flag, value, valued := strings.Cut(arg, "=")
		next := func() (string, error) {
			if valued {
				return value, nil
			}
			if i++; i >= len(p.args) {
				return "", fmt.Errorf("the flag %q of %s has no value", flag, name)
			}
			return p.args[i], nil
		}
		var err error
		switch {
		case arg == "--" && got.verb:
			return append(words, p.args[i+1:]...), got, nil
		case !strings.HasPrefix(arg, "-") && !got.verb:
			if !slices.Contains(r.verbs, arg) {
				p.refuse("%s %s runs what the working folder says, and nothing of it is verified", name, arg)
				return nil, got, nil
			}
			got.verb = true
		case !strings.HasPrefix(arg, "-") && r.spread:
			words = append(words, arg)
		case !strings.HasPrefix(arg, "-"):
			return p.args[i:], got, nil
		case slices.Contains(r.plain, arg):
			p.run.bun = p.run.bun || arg == "--bun"
		case slices.Contains(r.pass, arg):
			p.run.flags = append(p.run.flags, arg)
		case slices.Contains(r.value, flag):
			_, err = next()
		case slices.Contains(r.pair, flag) || valued && len(r.pair) > 0 && scopeRegistry.MatchString(flag):
			value, err = next()
			p.run.flags = append(p.run.flags, flag+"="+value)
		case slices.Contains(r.named, flag):
			value, err = next()
			p.run.specs, got.named = append(p.run.specs, value), true
		case slices.Contains(r.call, flag):
			p.refuse("%s %s runs a line of commands, which no file's digest covers", name, flag)
			return nil, got, nil
		default:
			return nil, got, fmt.Errorf("the flag %q of %s is not supported under a pin; take it out of the entry", flag, name)
		}
		if err != nil {
			return nil, got, err
		}
	}
	return words, got, nil
}

var (
	scopeRegistry = regexp.MustCompile(`^--@[a-z0-9._~-]+:registry$`)
	exactVersion  = regexp.MustCompile(`^[=v]{0,2}(\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)$`)
	commit        = regexp.MustCompile(`#[0-9a-f]{40}$`)
	scheme        = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+:`)
)

// split cuts a spec into the name and what is asked of it: "@a/b@^1" gives "@a/b" and "^1". A URL, a path and "owner/repository" have no name.
func split(spec string) (name, rest string) {
	if scheme.MatchString(spec) {
		return "", spec
	}
	at := strings.IndexByte(spec[min(1, len(spec)):], '@') + 1
	if at == 0 {
		at = len(spec)
	}
	name, rest = spec[:at], strings.TrimPrefix(spec[at:], "@")
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || !strings.HasPrefix(name, "@") && strings.ContainsAny(name, `/\`) || tarball.MatchString(name) {
		return "", spec
	}
	return name, rest
}

var tarball = regexp.MustCompile(`(?i)\.(tgz|tar\.gz|tar)$`)

// local reports whether what is asked of a package is a file or folder, and its path.
func local(rest string) (path string, ok bool) {
	if len(rest) >= 5 && strings.EqualFold(rest[:5], "file:") {
		path = rest[5:]
		if s, ok := strings.CutPrefix(path, "//"); ok {
			path = s
		}
		return path, true
	}
	switch {
	case scheme.MatchString(rest):
		return "", false
	case strings.HasPrefix(rest, "."), strings.HasPrefix(rest, "/"), strings.HasPrefix(rest, `\`), filepath.IsAbs(rest):
		return rest, true
	}
	before, _, _ := strings.Cut(rest, "#")
	return rest, tarball.MatchString(rest) || strings.Count(before, "/") > 1
}

// absolute makes the path in a spec absolute: npm runs in a folder of the store, and means the working folder.
func absolute(spec, dir string) string {
	name, rest := split(spec)
	path, ok := local(rest)
	if !ok || strings.HasPrefix(path, "~") {
		return spec
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if name != "" {
		return name + "@file:" + path
	}
	return path
}

// Floating reports that args, a whole command line, start a package or image by no exact version, so that without a pin each start may
// run another one. spec is what stands there. A path names what it names, and a command line that is not understood is not floating.
func Floating(args []string) (spec string, floating bool) {
	dir, err := filepath.Abs(".")
	if err != nil {
		return "", false
	}
	p, err := parse(Launch{Args: args, Dir: dir})
	switch {
	case err != nil:
		return "", false
	case p.kind == Package:
		for _, spec := range strings.Split(p.spec, " ") {
			if !exact(spec) {
				return spec, true
			}
		}
	case p.kind == Image:
		spec = p.args[p.image]
		return spec, !strings.Contains(spec, "@sha256:")
	case p.name != "" && p.spec != "":
		return p.spec, p.version == ""
	}
	return "", false
}

// exact reports whether a spec of npm means the same code for ever.
func exact(spec string) bool {
	name, rest := split(spec)
	if name != "" && len(rest) > 4 && strings.EqualFold(rest[:4], "npm:") {
		return exact(rest[4:])
	}
	if _, ok := local(rest); ok {
		return true
	}
	return exactVersion.MatchString(rest) || commit.MatchString(rest)
}
