package who

import (
	"path/filepath"
	"slices"
	"strings"
)

// shells run a command that they are given, or a script, or talk to a person.
var shells = []string{"sh", "bash", "dash", "zsh", "fish", "ash", "ksh", "mksh", "busybox", "pwsh", "powershell", "cmd"}

// launchers start another program and are in its way no further. Those that hand their standard input on are known by that, whatever
// their name.
var launchers = []string{
	"env", "nice", "ionice", "timeout", "stdbuf", "setsid", "nohup", "chrt", "taskset", "xargs", "time", "sudo", "doas",
	"npx", "npm", "pnpm", "yarn", "bunx", "uv", "uvx", "pipx", "mise", "direnv", "op", "dotenvx",
	"npx-cli.js", "npm-cli.js", "pnpm.cjs", "yarn.js",
}

// inits are first processes that start no client, but inherit the processes whose parents have ended.
var inits = []string{"systemd", "init", "launchd", "tini", "dumb-init", "catatonit", "docker-init", "podman-init", "s6-svscan", "runit", "dinit", "finit", "openrc-init", "shepherd", "sleep", "tail", "cat", "explorer"}

// isManager tells a user's own service manager, which inherits what the user's processes leave behind.
func isManager(p process) bool { return p.pid != 1 && p.name == "systemd" }

// inherits reports whether a process is one to which those come whose parents have ended.
func inherits(p process) bool {
	name := plainName(p.name)
	return isManager(p) || p.pid == 1 && (slices.Contains(inits, name) || slices.Contains(shells, name)) || name == "explorer"
}

// plainName is a program's name without its folder, the sign of a login shell, and the ending that programs have on Windows.
func plainName(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "-"), ".exe")
}

// findClient says where in our ancestry the client stands, and whether it is known: where it is not, what started us may be all that
// is left of it.
func (g *Guard) findClient(chain []process) (at int, known bool) {
	for at < len(chain) && !inherits(chain[at]) && g.launches(chain[at]) {
		at++
	}
	if at < len(chain) && !inherits(chain[at]) {
		return at, true
	}
	return at - 1, false
}

// launches reports whether a process only launches others.
func (g *Guard) launches(p process) bool {
	if prog, err := g.sys.program(p.pid); err == nil && prog.is(g.program) && p.name == g.self.name {
		return true
	}
	args := g.sys.commandLine(p.pid)
	if len(args) == 0 {
		args = []string{p.name}
	}
	name := plainName(args[0])
	if name == "busybox" && len(args) > 1 {
		args = args[1:]
		name = args[0]
	}
	if slices.Contains(shells, name) {
		return scripted(args[1:], p.tty != "") && (p.tty == "" || p.session != p.pid)
	}
	for _, n := range []string{name, p.name} {
		first, _, _ := strings.Cut(n, " ") // npm calls itself "npm exec something"
		if first == "sallyport" || slices.Contains(launchers, first) {
			return true
		}
	}
	if i := slices.IndexFunc(args[1:], isPlain); i >= 0 && slices.Contains(interpreters, strings.TrimRight(name, "0123456789.")) &&
		slices.Contains(launchers, filepath.Base(args[1+i])) {
		return true
	}
	return g.sys.handsOn(g.self.pid, p.pid)
}

// commandFlags are what shells of Windows take a command or a script behind.
var commandFlags = []string{"/c", "-command", "-encodedcommand", "-file"}

// scripted reports whether a shell with these arguments works on a command or a script, and not for a person.
func scripted(args []string, tty bool) bool {
	if slices.ContainsFunc(args, func(a string) bool { return slices.Contains(commandFlags, strings.ToLower(a)) }) {
		return true
	}
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--":
			return i+1 < len(args) || !tty
		case a == "--init-file" || a == "--rcfile" || a == "--init-command":
			i++
		case strings.HasPrefix(a, "--"):
		case strings.HasPrefix(a, "-") && strings.Contains(a, "c"):
			return true
		case strings.HasPrefix(a, "-") && strings.Contains(a, "i"):
			return false
		case strings.HasPrefix(a, "-") || strings.HasPrefix(a, "+"):
			if strings.HasSuffix(a, "o") || strings.HasSuffix(a, "O") {
				i++ // the name of an option
			}
		default:
			return true
		}
	}
	return !tty
}

// ownGroup is the cgroup of a client that has one for itself, as desktops give it to what they start; empty for none. It has none where
// a terminal, a login or a whole container lives in it too.
func (g *Guard) ownGroup(chain []process) string {
	group, err := g.sys.cgroup(chain[0].pid)
	if err != nil || group == "" || group == "/" || strings.HasSuffix(group, "/..") {
		return ""
	}
	base := filepath.Base(group)
	for _, shared := range []string{"session-", "user@", "vte-spawn-", "init.scope"} {
		if strings.HasPrefix(base, shared) {
			return ""
		}
	}
	// A client in a terminal shares its cgroup with the terminal program, but where a multiplexer gives each of its terminals one.
	if chain[0].tty != "" && !strings.HasPrefix(base, "tmux-spawn-") {
		return ""
	}
	for i, p := range chain {
		if other, err := g.sys.cgroup(p.pid); err != nil || other != group {
			break
		}
		if p.parent == 0 || i > 0 && p.tty != "" {
			return ""
		}
	}
	return group
}
