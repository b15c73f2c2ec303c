package origin

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A plan is what a command line asks for, before anything was looked at.
type plan struct {
	kind   string
	why    string // of kind Unresolved
	launch Launch
	prefix []string // "env A=b", which stays in front of the command
	args   []string // from the program on

	script int  // index in args of the script
	node   bool // the script is found as node finds it, "dist" for dist/index.js

	run  run // of kind Package
	spec string

	image int // index in args of the image
	pull  bool

	name, version string // of an unresolved package
}

// parse reads the command line of l. It looks at no file.
func parse(l Launch) (plan, error) {
	p := plan{kind: Program, launch: l, args: l.Args}
	if len(l.Args) == 0 || l.Args[0] == "" {
		return p, errors.New("it names no program")
	}
	for _, arg := range l.Args {
		if strings.ContainsRune(arg, 0) {
			return p, fmt.Errorf("the argument %q holds a NUL", arg)
		}
	}
	if !filepath.IsAbs(l.Dir) {
		return p, fmt.Errorf("the working folder %q is no absolute path", l.Dir)
	}
	p.strip()
	if p.kind == Unresolved {
		return p, nil
	}
	return p, p.classify()
}

// refuse makes p one of which nothing is recorded.
func (p *plan) refuse(format string, args ...any) {
	p.kind, p.why = Unresolved, fmt.Sprintf(format, args...)
}

// program is what args[0] calls, without folder and ending, in lower case where Windows would not tell either.
func program(arg string) string {
	arg = arg[strings.LastIndexAny(arg, `/\`)+1:]
	low := strings.ToLower(arg)
	for _, ending := range []string{".exe", ".cmd", ".bat", ".com"} {
		if s, ok := strings.CutSuffix(low, ending); ok {
			return s
		}
	}
	return arg
}

var (
	assignment = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)=`)
	plainWord  = regexp.MustCompile(`^[A-Za-z0-9@._/\\:=+,~-]+$`) // cmd.exe takes it as it is
	loader     = regexp.MustCompile(`^(LD_.*|DYLD_.*|NODE_.*|npm_.*|NPM_.*|BUN_.*|DENO_.*|PYTHON.*|RUBY.*|PERL.*|BASH_ENV|ENV|PATH|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|DOCKER_.*|CONTAINER_.*)$`)
)

// harmless are the variables among those that loader matches which choose no code.
var harmless = []string{"NODE_ENV", "NODE_NO_WARNINGS", "NODE_DISABLE_COLORS", "PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE"}

// strip takes "env A=b" and "cmd /c" off the front.
func (p *plan) strip() {
	switch program(p.args[0]) {
	case "cmd":
		p.stripCmd()
	case "env":
		i := 1
		for ; i < len(p.args); i++ {
			arg := p.args[i]
			m := assignment.FindStringSubmatch(arg)
			switch {
			case m != nil && loader.MatchString(m[1]) && !slices.Contains(harmless, m[1]):
				p.refuse("env sets %s, which can make the program load other code", m[1])
				return
			case m != nil, arg == "-i", arg == "-", arg == "--ignore-environment", strings.HasPrefix(arg, "--unset="):
				continue
			case arg == "-u" || arg == "--unset":
				i++
				continue
			case arg == "--":
				i++
			case strings.HasPrefix(arg, "-"):
				p.refuse("the option %q of env is not looked through", arg)
				return
			}
			break
		}
		if i >= len(p.args) || p.args[i] == "" || assignment.MatchString(p.args[i]) {
			p.refuse("env starts no program")
			return
		}
		p.prefix, p.args = p.args[:i:i], p.args[i:]
	}
}

func (p *plan) stripCmd() {
	switch {
	case len(p.args) < 3 || !strings.EqualFold(p.args[1], "/c"):
		p.refuse("cmd runs a line of commands, which no file's digest covers")
	case slices.ContainsFunc(p.args[2:], func(s string) bool { return !plainWord.MatchString(s) }):
		p.refuse("cmd runs a line with characters that are special to it")
	default:
		p.args = p.args[2:]
	}
}

// starters start another program, or choose it by what they find; a digest of their own file would say nothing.
var starters = strings.Fields(`arch asdf bwrap caffeinate cargo chroot chrt command conda corepack dbus-run-session direnv doas doppler
	dotenv dotnet eatmydata env exec firejail flatpak flock fnm go gradle gtimeout hatch infisical ionice jbang make mamba
	micromamba mise mvn nice nix nix-shell nodemon nohup nsenter nvm op osascript parallel pdm perf pipenv pixi poetry
	powershell pwsh rbenv pyenv npm-run-all rlwrap rye runuser sem setarch setpriv setsid snap ssh stdbuf strace su
	sudo systemd-run taskset time timeout toolbox tsx-watch unshare volta wsl xargs xvfb-run`)

var versioned = regexp.MustCompile(`^(python|pypy|ruby|perl|php|lua)[0-9.]+w?$`)

// classify says what args ask for.
func (p *plan) classify() error {
	name := program(p.args[0])
	if m := versioned.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	switch name {
	case "npx", "npm", "bunx", "pnpm", "pnpx", "yarn", "yarnpkg":
		return p.packages(name)
	case "bun":
		if len(p.args) > 1 && p.args[1] == "x" {
			return p.packages("bun x")
		}
	case "uvx", "uv", "pipx":
		p.python(name)
		return nil
	case "docker", "podman", "nerdctl":
		p.container(name)
		return nil
	}
	if in, ok := interpreters[name]; ok {
		p.kind, p.node = Script, in.node
		if p.script, p.why = in.script(p.args); p.why != "" {
			p.kind = Unresolved
		}
		return nil
	}
	if slices.Contains(starters, name) {
		p.refuse("%s starts another program, which is not looked at; name that one in the entry", name)
	}
	return nil
}
