package shell

import (
	"path"
	"slices"
	"strings"
)

// Limits on what Parse and Argv read. Whatever lies over one is Unknown.
const (
	maxLine     = 64 << 10 // bytes of a line, and of all arguments of an array
	maxCommands = 4096     // commands of one line
	maxLines    = 8        // lines within lines: sh -c, eval, back quotes
	maxNesting  = 100      // statements, substitutions and wrappers within one another
	maxWrappers = 32       // wrappers around one command
	maxFrom     = 64       // names in From
)

// Command is one simple command that a line would run, as far as that can be
// known without running it. Its slices are shared between commands and must not
// be changed.
type Command struct {
	// Name is the last component of the program, "git" for "/usr/bin/git"
	// and "git.exe", "git-push" for "/usr/lib/git-core/git-push". It is
	// empty where the program cannot be known, and for redirections without a
	// command.
	Name string `expr:"name"`
	// Program is the program as the shell would see it after quotes are removed,
	// as written where that is no literal.
	Program string `expr:"program"`
	// Args follow the program. A word that is no literal stands as written.
	Args []string `expr:"args"`
	// Flags are the args before "--" that begin with "-": "--name=v" gives
	// "--name", a bundle "-rf" gives "-rf", "-r" and "-f".
	Flags []string `expr:"flags"`
	// Operands are the other args, values of flags among them, and all behind "--".
	Operands []string `expr:"operands"`
	// Env names the variables set for it: X=1 cmd, env X=1 cmd.
	Env []string `expr:"env"`
	// Reads are the targets of input redirections, after quote removal.
	Reads []string `expr:"reads"`
	// Writes are the targets of output redirections, and the files of find -fprint.
	Writes []string `expr:"writes"`
	// From names the commands whose output it takes: all upstream in its
	// pipelines, and those in substitutions within its words and here-documents.
	From []string `expr:"from"`
	// Via names what it is run by, outermost first: "sudo", "sh", "$()", "find".
	Via []string `expr:"via"`
	// Unknown says that the program, or what would be run through it, cannot be
	// known from the line.
	Unknown bool `expr:"unknown"`
	// Inexact says that some argument or target is no literal, or that a script
	// among the arguments names files itself.
	Inexact bool `expr:"inexact"`
}

// Parse gives the commands of a line in the order in which they stand, what a
// command runs behind that command. What it cannot parse is one Command that is
// Unknown; a line that is empty or holds comments only gives none. It may be
// called concurrently.
func Parse(line string) []Command {
	return collect(func(l *list) {
		l.line(line, scope{})
	})
}

// Argv gives the commands that running an argument array would run: argv[0] with
// the rest, and what that runs in turn. No shell reads the array, so its elements
// are literals. An empty array gives none. It may be called concurrently.
func Argv(argv []string) []Command {
	if len(argv) == 0 {
		return nil
	}
	return collect(func(l *list) {
		size := 0
		args := make([]arg, 0, min(len(argv), maxLine))
		for _, a := range argv {
			size += len(a) + 1
			if size > maxLine || strings.ContainsRune(a, 0) {
				l.doubt(scope{})
				return
			}
			args = append(args, arg{text: a, exact: true})
		}
		l.run(args, Command{}, scope{})
	})
}

// list is what was found so far.
type list struct {
	cmds   []Command
	full   bool
	arith  bool // something is evaluated as arithmetic
	poison bool // some literal would run a command if it were
}

func collect(find func(*list)) (cmds []Command) {
	l := new(list)
	defer func() {
		if recover() != nil {
			cmds = append(l.cmds, Command{Unknown: true})
		}
	}()
	find(l)
	if l.full || l.arith && l.poison {
		l.cmds = append(l.cmds, Command{Unknown: true})
	}
	l.judgeWritten()
	return l.cmds
}

// emit adds c and gives its index, or -1 when the list is full.
func (l *list) emit(c Command) int {
	if len(l.cmds) >= maxCommands {
		l.full = true
		return -1
	}
	l.cmds = append(l.cmds, c)
	return len(l.cmds) - 1
}

// doubt stands for commands that cannot be known.
func (l *list) doubt(sc scope) {
	l.emit(Command{Unknown: true, Via: sc.via, From: sc.from, Env: sc.env})
}

func (l *list) unknown(i int) {
	if i >= 0 {
		l.cmds[i].Unknown = true
	}
}

func (l *list) inexact(i int) {
	if i >= 0 {
		l.cmds[i].Inexact = true
	}
}

// judgeWritten finds programs and scripts that the same line writes: their text
// is not on the disk while the line is judged.
func (l *list) judgeWritten() {
	written := map[string]bool{}
	for _, c := range l.cmds {
		for _, f := range c.Writes {
			written[path.Clean(f)] = true
		}
		if c.Name == "tee" {
			for _, f := range c.Operands {
				written[path.Clean(f)] = true
			}
		}
	}
	if len(written) == 0 {
		return
	}
	for i, c := range l.cmds {
		if strings.Contains(c.Program, "/") && written[path.Clean(c.Program)] {
			l.unknown(i)
		}
		if !readsScripts(c.Name) {
			continue
		}
		for _, f := range c.Operands {
			if written[path.Clean(f)] {
				l.unknown(i)
			}
		}
	}
}

// scope is what a command inherits from what stands around it.
type scope struct {
	via      []string
	from     []string
	env      []string
	stdin    *string // what it reads, where that is a literal
	unclear  bool    // the line says what it reads, but not as a literal
	nesting  int
	lines    int
	wrappers int
	inexact  bool // arguments come from elsewhere
	surfeit  bool // more names than From holds
}

// under gives the scope of what name runs with the standard input it has itself.
func (sc scope) under(name string) scope {
	sc.via = append(sc.via[:len(sc.via):len(sc.via)], name)
	sc.nesting++
	return sc
}

// within gives the scope of what name runs with a standard input that others share.
func (sc scope) within(name string) scope {
	sc = sc.under(name)
	sc.stdin = nil
	return sc
}

// fed gives the scope of what reads the output of cmds.
func (sc scope) fed(cmds []Command) scope {
	sc.from, sc.surfeit = addNames(sc.from, cmds, sc.surfeit)
	return sc
}

func addNames(names []string, cmds []Command, surfeit bool) ([]string, bool) {
	for _, c := range cmds {
		if c.Name == "" && !c.Unknown {
			continue
		}
		var over bool
		names, over = mergeNames(names, []string{c.Name})
		surfeit = surfeit || over
	}
	return names, surfeit
}

// mergeNames adds what is new, and says whether there was too much of it. The
// result shares no room with the names of other commands.
func mergeNames(names, more []string) ([]string, bool) {
	names = names[:len(names):len(names)]
	for _, n := range more {
		switch {
		case slices.Contains(names, n):
		case len(names) >= maxFrom:
			return names, true
		default:
			names = append(names, n)
		}
	}
	return names, false
}
