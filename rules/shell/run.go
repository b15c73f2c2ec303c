package shell

import (
	"path"
	"strings"
)

// runner lists what a command runs. Index i is that of the command, args follow
// its program.
type runner func(l *list, i int, args []arg, sc scope)

// run lists a command and what it runs in turn.
func (l *list) run(args []arg, c Command, sc scope) {
	sc.env = append(sc.env[:len(sc.env):len(sc.env)], c.Env...)
	c.Via, c.From, c.Env = sc.via, sc.from, sc.env
	c.Unknown = c.Unknown || sc.surfeit
	program := args[0]
	c.Program = program.text
	c.setArgs(args[1:])
	if !program.exact || program.hidden {
		c.Unknown = true
		l.emit(c)
		return
	}
	base := path.Base(program.text)
	c.Name = base
	if n := len(base) - len(".exe"); n > 0 && strings.EqualFold(base[n:], ".exe") {
		c.Name = base[:n]
	}
	if program.text == "" || strings.HasSuffix(program.text, "/") {
		c.Name = ""
	}
	c.Unknown = c.Unknown || doubtful(c.Name, base, program.text)
	if c.Name != "" && sc.wrappers > maxWrappers {
		c.Unknown = true
		l.emit(c)
		return
	}
	i := l.emit(c)
	if i < 0 {
		return
	}
	sc.wrappers++
	sc.nesting++
	if sc.nesting > maxNesting {
		l.unknown(i)
		return
	}
	l.dispatch(i, args[1:], sc)
}

func (l *list) dispatch(i int, args []arg, sc scope) {
	name := strings.ToLower(l.cmds[i].Name)
	if verb, ok := strings.CutPrefix(name, "git-"); ok {
		l.gitVerb(i, verb, args, sc)
	}
	if r, ok := runners[name]; ok {
		r(l, i, args, sc)
	} else if spec, ok := launchers[name]; ok {
		l.launch(i, args, sc, spec)
	} else if isInterpreter(name) {
		runInterpreter(l, i, args, sc)
	} else if strings.HasPrefix(name, "ld-linux") || strings.HasPrefix(name, "ld-musl") || opaque[name] {
		l.unknown(i)
	}
	if p, ok := perils[name]; ok && p.in(args) {
		l.unknown(i)
	}
}

// doubtful says whether a program may be another than its name says: file systems
// that fold case or normalise Unicode find "rm" by the name of "RM", and zsh
// expands "=rm" to its path.
func doubtful(name, base, program string) bool {
	if name == "" || program[0] == '=' || program[0] == '-' {
		return true
	}
	upper := false
	for i := 0; i < len(name); i++ {
		if name[i] >= 0x80 || name[i] < 0x20 {
			return true
		}
		upper = upper || name[i] >= 'A' && name[i] <= 'Z'
	}
	switch name {
	case "R", "Rscript", "X", "Xvfb", "Xorg", "MSBuild", "PlistBuddy", "AppRun":
		return false
	}
	own := strings.HasPrefix(program, "./") || strings.HasPrefix(program, "../")
	return upper && !(own && strings.Contains(base, "."))
}

// inner runs args by name, the program of command i.
func (l *list) inner(i int, args []arg, sc scope) {
	if len(args) == 0 {
		l.unknown(i)
		return
	}
	l.run(args, Command{}, sc.under(l.cmds[i].Name))
}

// code reads text as a line on behalf of command i.
func (l *list) code(i int, text arg, sc scope) {
	if !text.exact {
		l.unknown(i)
		return
	}
	l.line(text.text, sc.within(l.cmds[i].Name))
}

// input reads the standard input of command i as lines.
func (l *list) input(i int, sc scope) {
	if sc.stdin == nil {
		l.unknown(i)
		return
	}
	l.line(*sc.stdin, sc.within(l.cmds[i].Name))
}

// join gives the words joined by blanks, as eval and ssh do.
func join(args []arg) arg {
	out := arg{exact: true}
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = a.text
		out.exact = out.exact && a.exact
	}
	out.text = strings.Join(texts, " ")
	return out
}

func exactAll(args []arg) bool {
	return join(args).exact
}
