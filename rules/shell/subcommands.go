package shell

import "strings"

// runSub lists what programs such as uv run from a first operand that says so.
func runSub(l *list, i int, args []arg, sc scope) {
	name := strings.ToLower(l.cmds[i].Name)
	for n, a := range args {
		if !a.exact {
			l.unknown(i)
			return
		}
		if strings.HasPrefix(a.text, "-") {
			continue
		}
		if spec, ok := subLaunchers[name][a.text]; ok {
			l.launch(i, args[n+1:], sc, spec)
			return
		}
		if name == "docker" || name == "podman" {
			if a.text == "container" {
				continue
			}
			if a.text == "compose" {
				runCompose(l, i, args[n+1:], sc)
				return
			}
		}
		if n == 0 || !strings.HasPrefix(args[n-1].text, "-") {
			return
		}
		// It may be the value of a global option.
	}
}

func runCompose(l *list, i int, args []arg, sc scope) {
	global := options{"f:p:", "file= project-name= profile= env-file= project-directory= parallel= progress= ansi= compatibility dry-run all-resources"}
	_, rest, ok := global.read(args)
	if !ok || len(rest) == 0 || !rest[0].exact {
		l.unknown(i)
		return
	}
	if rest[0].text == "exec" || rest[0].text == "run" {
		spec := launcher{options: options{"dTite:u:w:p:v:l:", "detach rm no-deps no-TTY privileged interactive tty build quiet-pull remove-orphans service-ports use-aliases env= user= workdir= index= name= publish= volume= label= entrypoint="},
			skip: 1, alone: true, unsafe: " --entrypoint "}
		l.launch(i, rest[1:], sc, spec)
	}
}

func runKubectl(l *list, i int, args []arg, sc scope) {
	execs := false
	for n, a := range args {
		execs = execs || a.text == "exec" || a.text == "debug" || a.text == "run"
		if execs && a.exact && a.text == "--" {
			l.inner(i, args[n+1:], sc)
			return
		}
	}
	if execs {
		l.unknown(i)
	}
}

func runIP(l *list, i int, args []arg, sc scope) {
	for n, a := range args {
		if !a.exact || strings.HasPrefix(a.text, "-b") || strings.HasPrefix(a.text, "-force") {
			l.unknown(i)
		}
		if (a.text == "exec" || a.text == "exe" || a.text == "ex" || a.text == "e" || a.text == "vrf") && n+2 <= len(args) {
			if n+2 < len(args) {
				l.inner(i, args[n+2:], sc)
			}
			return
		}
	}
}

func runTmux(l *list, i int, args []arg, _ scope) {
	if len(args) > 0 && args[0].exact && len(args) < 5 {
		switch args[0].text {
		case "ls", "list-sessions", "has-session", "has", "kill-session", "kill-server", "capture-pane", "list-windows", "list-panes", "-V":
			if exactAll(args) && !strings.Contains(join(args).text, ";") {
				return
			}
		}
	}
	l.unknown(i)
}

func runGh(l *list, i int, args []arg, _ scope) {
	if len(args) == 0 {
		return
	}
	if !args[0].exact || args[0].text == "extension" && len(args) > 1 && args[1].text == "exec" ||
		args[0].text == "alias" && len(args) > 1 && args[1].text != "list" && args[1].text != "delete" {
		l.unknown(i)
	}
}

func runNpx(l *list, i int, args []arg, sc scope) {
	for n, a := range args {
		if !a.exact || !strings.HasPrefix(a.text, "-") {
			break
		}
		if a.text == "-c" || a.text == "--call" {
			if n+1 == len(args) {
				l.unknown(i)
				return
			}
			l.code(i, args[n+1], sc)
			return
		}
		if code, ok := strings.CutPrefix(a.text, "--call="); ok {
			l.code(i, arg{text: code, exact: true}, sc)
			return
		}
	}
	l.launch(i, args, sc, launchers["npx"])
}

func runNpm(l *list, i int, args []arg, sc scope) {
	for _, a := range args {
		if strings.HasPrefix(a.text, "--script-shell") || strings.HasPrefix(a.text, "--node-options") || strings.HasPrefix(a.text, "--git=") {
			l.unknown(i)
		}
	}
	if len(args) > 0 && (args[0].text == "exec" || args[0].text == "x") {
		for n, a := range args[1:] {
			if a.exact && (a.text == "-c" || strings.HasPrefix(a.text, "--call")) {
				runNpx(l, i, args[1+n:], sc)
				return
			}
			if a.text == "--" || !strings.HasPrefix(a.text, "-") {
				break
			}
		}
	}
	runSub(l, i, args, sc)
}

// runCmd is for cmd.exe, whose grammar is not read here.
func runCmd(l *list, i int, _ []arg, _ scope) {
	l.unknown(i)
}
