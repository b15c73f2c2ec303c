package shell

import "strings"

// runJobs judges the builtin, whose "-x" runs a command.
func runJobs(l *list, i int, args []arg, sc scope) {
	for n, a := range args {
		switch {
		case a.exact && a.text == "-x":
			l.inner(i, args[n+1:], sc)
			return
		case !a.exact || strings.Contains(bundle(a.text), "x"):
			l.unknown(i)
			return
		case !strings.HasPrefix(a.text, "-"):
			return
		}
	}
}

// runFTP judges clients that read their commands, of which "!" runs a program.
func runFTP(l *list, i int, args []arg, sc scope) {
	if sc.stdin == nil || strings.Contains(*sc.stdin, "!") || !exactAll(args) {
		l.unknown(i)
	}
	if strings.EqualFold(l.cmds[i].Name, "sftp") {
		runSSH(l, i, args, sc)
	}
	for _, a := range args {
		if strings.Contains(bundle(a.text), "D") {
			l.unknown(i)
		}
	}
}

// runCrontab lets pass what lists or removes a table: the lines of one are run.
func runCrontab(l *list, i int, args []arg, _ scope) {
	opts, rest, ok := options{short: "lriu:"}.read(args)
	if !ok || len(rest) > 0 || !has(opts, "-l", "-r") {
		l.unknown(i)
	}
}

// runMake looks for makefiles that are no files.
func runMake(l *list, i int, args []arg, _ scope) {
	for n, a := range args {
		name, value, attached := strings.Cut(a.text, "=")
		switch letters := bundle(a.text); {
		case strings.Contains(letters, "f"):
			value = a.text[strings.IndexByte(a.text, 'f')+1:]
			attached = value != ""
		case len(name) > 3 && (strings.HasPrefix("--file", name) || strings.HasPrefix("--makefile", name)):
		default:
			continue
		}
		file := arg{text: value, exact: a.exact}
		if !attached && n+1 < len(args) {
			file = args[n+1]
		}
		if fromStream(file) {
			l.unknown(i)
		}
	}
}
