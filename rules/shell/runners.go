package shell

import "strings"

var runners map[string]runner

func init() {
	runners = map[string]runner{
		"eval": runEval, "source": runSource, ".": runSource, "trap": runTrap,
		"xargs": runXargs, "find": runFind, "gfind": runFind, "fd": runFd, "fdfind": runFd,
		"su": runSu, "runuser": runSu, "flock": runFlock, "script": runScript,
		"git": runGit, "gh": runGh, "sed": runSed, "gsed": runSed,
		"tmux": runTmux, "kubectl": runKubectl, "ip": runIP,
		"export": runDeclare, "declare": runDeclare, "typeset": runDeclare, "local": runDeclare, "readonly": runDeclare,
		"read": runAssigning, "printf": runAssigning, "mapfile": runAssigning, "readarray": runAssigning,
		"getopts": runAssigning, "unset": runAssigning, "let": runAssigning, "test": runAssigning, "[": runAssigning, "wait": runAssigning,
		"npx": runNpx, "ssh": runSSH, "scp": runSSH, "rsync": runRsync, "npm": runNpm, "cmd": runCmd,
		"jobs": runJobs, "sftp": runFTP, "ftp": runFTP, "crontab": runCrontab, "make": runMake, "gmake": runMake,
	}
	for _, name := range []string{"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "rbash", "rksh", "hush", "yash"} {
		runners[name] = runShell
	}
	for _, name := range []string{"awk", "gawk", "mawk", "nawk", "original-awk"} {
		runners[name] = runAwk
	}
	for name := range subLaunchers {
		if runners[name] == nil {
			runners[name] = runSub
		}
	}
}

func runEval(l *list, i int, args []arg, sc scope) {
	if len(args) > 0 && args[0].text == "--" {
		args = args[1:]
	}
	l.code(i, join(args), sc)
}

func runTrap(l *list, i int, args []arg, sc scope) {
	if len(args) > 0 && args[0].text == "--" {
		args = args[1:]
	}
	if len(args) > 0 && (!args[0].exact || !strings.HasPrefix(args[0].text, "-")) {
		l.code(i, args[0], sc)
	}
}

// fromStream says whether a script's name stands for what the shell reads or for
// a substitution.
func fromStream(a arg) bool {
	return !a.exact || a.text == "-" || strings.HasPrefix(a.text, "/dev/") || strings.HasPrefix(a.text, "/proc/")
}

func runSource(l *list, i int, args []arg, sc scope) {
	if len(args) > 0 && args[0].text == "--" {
		args = args[1:]
	}
	switch {
	case len(args) == 0:
	case args[0].exact && args[0].text == "/dev/stdin":
		l.input(i, sc)
	case fromStream(args[0]):
		l.unknown(i)
	}
}

// runShell reads options as shells do: letters in bundles, with "-o" and "-O"
// taking the next words.
func runShell(l *list, i int, args []arg, sc scope) {
	code, stdin := false, false
	for len(args) > 0 {
		a := args[0]
		if !a.exact {
			l.unknown(i)
			return
		}
		if len(a.text) < 2 && a.text != "-" || a.text[0] != '-' && a.text[0] != '+' {
			break
		}
		args = args[1:]
		if a.text == "--" || a.text == "-" {
			break
		}
		if strings.HasPrefix(a.text, "--") {
			switch a.text {
			case "--version", "--help":
				return
			case "--login", "--posix", "--norc", "--noprofile", "--restricted", "--verbose", "--noediting":
				continue
			}
			l.unknown(i)
			return
		}
		for _, letter := range a.text[1:] {
			switch {
			case letter == 'c':
				code = code || a.text[0] == '-'
			case letter == 's':
				stdin = true
			case letter == 'o' || letter == 'O':
				if len(args) == 0 || !args[0].exact {
					l.unknown(i)
					return
				}
				args = args[1:]
			case !strings.ContainsRune("abefhiklmnptuvxBCDEHPTrf", letter):
				l.unknown(i)
				return
			}
		}
	}
	switch {
	case code && len(args) == 0:
		l.unknown(i)
	case code:
		l.code(i, args[0], sc)
	case stdin || len(args) == 0 || args[0].exact && args[0].text == "/dev/stdin":
		l.input(i, sc)
	case fromStream(args[0]):
		l.unknown(i)
	}
}

func runXargs(l *list, i int, args []arg, sc scope) {
	spec := options{"0rtpxoa:d:E:e::I:i::J:L:l::n:P:R:s:S:", "null no-run-if-empty verbose interactive exit open-tty arg-file= delimiter= eof max-args= max-procs= max-lines replace max-chars= process-slot-var= show-limits help version"}
	opts, rest, ok := spec.read(args)
	if !ok {
		l.unknown(i)
		return
	}
	if has(opts, "--help", "--version") {
		return
	}
	if len(rest) == 0 {
		rest = []arg{{text: "echo", exact: true}}
	}
	sc.stdin = nil
	replace, value := valueOf(opts, "-I", "-i", "--replace", "-J")
	if !replace {
		l.inner(i, append(rest[:len(rest):len(rest)], arg{hidden: true}), sc)
		return
	}
	if value.text == "" {
		value.text = "{}"
	}
	l.inner(i, replaced(rest, value.text), sc)
}

// replaced marks the words in which a placeholder gives way to what is found.
func replaced(args []arg, placeholder string) []arg {
	out := make([]arg, len(args))
	for i, a := range args {
		a.exact = a.exact && !strings.Contains(a.text, placeholder)
		out[i] = a
	}
	return out
}

func runFind(l *list, i int, args []arg, sc scope) {
	sc.stdin = nil
	for n := 0; n < len(args); n++ {
		if !args[n].exact {
			// Words that are no literals may expand to "-exec" and what follows.
			if t := args[n].text; t == "" || strings.ContainsAny(t[:1], "$`{-") {
				l.unknown(i)
			}
			continue
		}
		switch args[n].text {
		case "-fprint", "-fprint0", "-fls", "-fprintf":
			if n+1 < len(args) {
				l.cmds[i].Writes = append(l.cmds[i].Writes, args[n+1].text)
			}
		case "-exec", "-execdir", "-ok", "-okdir":
			end := n + 1
			for end < len(args) && args[end].text != ";" && !(args[end].text == "+" && args[end-1].text == "{}") {
				end++
			}
			l.inner(i, replaced(args[n+1:end], "{}"), sc)
			n = end
		}
	}
}

func runFd(l *list, i int, args []arg, sc scope) {
	sc.stdin = nil
	for n := 0; n < len(args); n++ {
		t := args[n].text
		if b := bundle(t); t != "-x" && t != "-X" && t != "--exec" && t != "--exec-batch" {
			if strings.ContainsAny(b, "xX") || !args[n].exact || len(t) > 4 && strings.HasPrefix("--exec-batch", t) || strings.HasPrefix(t, "--exec") {
				l.unknown(i)
			}
			continue
		}
		end := n + 1
		for end < len(args) && args[end].text != ";" {
			end++
		}
		rest := args[n+1 : end]
		for _, p := range []string{"{}", "{/}", "{//}", "{.}", "{/.}"} {
			rest = replaced(rest, p)
		}
		l.inner(i, append(rest, arg{hidden: true}), sc)
		n = end
	}
}

func runSu(l *list, i int, args []arg, sc scope) {
	spec := options{"lmpPfc:s:g:G:w:u:hV", "login preserve-environment pty fast command= session-command= shell= group= supp-group= whitelist-environment= user= help version"}
	opts, rest, ok := spec.read(args)
	for ok && len(rest) > 0 && len(rest[0].text) > 0 && !has(opts, "-u", "--user") {
		// Options may stand behind the user's name.
		var more []option
		more, rest, ok = spec.read(rest[1:])
		opts = append(opts, more...)
	}
	custom, _ := valueOf(opts, "-s", "--shell")
	code, text := valueOf(opts, "-c", "--command", "--session-command")
	switch {
	case !ok || custom:
		l.unknown(i)
	case code:
		l.code(i, text, sc)
	case has(opts, "-u", "--user"):
		l.inner(i, rest, sc)
	case has(opts, "--help", "--version", "-h", "-V"):
	default:
		l.input(i, sc)
	}
}

func runFlock(l *list, i int, args []arg, sc scope) {
	spec := options{"sxeunoFvhVw:E:", "shared exclusive unlock nonblock close no-fork verbose wait= timeout= conflict-exit-code= help version nb"}
	_, rest, ok := spec.read(args)
	if !ok || len(rest) == 0 {
		l.unknown(i)
		return
	}
	rest = rest[1:]
	switch {
	case len(rest) == 0:
	case len(rest) > 1 && (rest[0].text == "-c" || rest[0].text == "--command"):
		l.code(i, rest[1], sc)
	default:
		l.inner(i, rest, sc)
	}
}

func runScript(l *list, i int, args []arg, sc scope) {
	spec := options{"aefqrkdFhVc:E:I:O:B:T:t::o:m:", "append command= return flush quiet force echo= log-in= log-out= log-io= log-timing= output-limit= logging-format= help version"}
	opts, rest, ok := spec.read(args)
	if ok && has(opts, "--help", "--version", "-V") {
		return
	}
	code, text := valueOf(opts, "-c", "--command")
	switch {
	case !ok:
		l.unknown(i)
	case code:
		l.code(i, text, sc)
	case len(rest) > 1:
		l.inner(i, rest[1:], sc)
	default:
		l.unknown(i)
	}
}
