package rules

import (
	"errors"
	"fmt"
	"time"
)

// maxSteps is how many elements the predicates of one rule may visit in all, so
// that predicates within predicates stay short.
const maxSteps = 100_000

type nameEnv struct {
	Name string `expr:"name"`
}

type serverEnv struct {
	Name string `expr:"name"`
	Kind string `expr:"kind"`
}

type toolEnv struct {
	Name  string `expr:"name"`
	Class string `expr:"class"`
}

// frame is the environment of expressions: what they can name, and what their
// functions share. The exported fields are all that an expression can reach;
// nothing here may have an exported method, for expr would offer it.
type frame struct {
	beside bool      // what no grant speaks of is in the frame
	Server serverEnv `expr:"server"`
	Client nameEnv   `expr:"client"`
	Tool   toolEnv   `expr:"tool"`
	Method string    `expr:"method"`
	Args   *object   `expr:"args"`
	Result *answer   `expr:"result"`

	exact    bool // paths are compared letter by letter
	differs  bool // and that makes a difference
	allowing bool // the rule would allow
	lost     bool // a path could not be resolved
	vacuous  bool // it said all(…) of nothing

	facts Facts
	on    On
	time  time.Time
	notes Notes
	args  object
	reply answer
	steps int
	// dirs outlives frames: the literal folders of rules, on this machine.
	dirs map[*dirSet]*expandedDirs
	keys walk

	// Facts of one frame, computed when the first rule asks.
	paths    fact
	commands fact
	lists    [listKinds]list
	last     [listKinds]lastList // made of something else than args
	globs    map[string]bool     // those that are patterns of a shell
	globWork int
	parsed   map[string]glob

	starts     []string // folders of this frame that relative paths may start from
	startsDone bool
	startsErr  error
}

// fact is a computed list, boxed once for all rules.
type fact struct {
	done  bool
	val   any // []string
	items []item
	err   error
	// computed: a command names paths that cannot be known
	computed bool
}

// answer is a result or error object; rules reach it through result.text and the like.
type answer struct{ raw []byte }

var emptyObject = []byte("{}")

func (f *frame) reset(w *World, class Class) {
	f.Tool = toolEnv{w.Tool, judged(class).String()}
	f.Method = w.Method
	f.on, f.time, f.notes = w.On, w.Time, f.notes[:0]
	f.beside = len(w.Beside) > 0
	f.args.raw, f.args.seen = w.Args, f.args.seen[:0]
	if len(w.Args) == 0 || w.Args[0] != '{' {
		f.args.raw = emptyObject
	}
	f.Args = &f.args
	f.reply.raw = w.Result
	f.Result = &f.reply
	f.paths, f.commands, f.lists, f.last = fact{}, fact{}, [listKinds]list{}, [listKinds]lastList{}
	f.globs, f.globWork, f.parsed = nil, 0, nil
	f.starts, f.startsDone, f.startsErr = nil, false, nil
	f.keys.begin(len(w.Args) + len(w.Result))
}

// judged gives the class that rules and defaults go by.
func judged(c Class) Class {
	if c == Read || c == Destructive {
		return c
	}
	return Write
}

var errSteps = fmt.Errorf("predicates visit more than %d elements", maxSteps)

func (f *frame) charge(n int) error {
	if n > maxList {
		return errLongList
	}
	if f.steps += n; f.steps > maxSteps {
		return errSteps
	}
	return nil
}

func (f *frame) pathsOfArgs() (any, error) {
	if !f.paths.done {
		c := collector{frame: f}
		f.paths.err = c.object(f.args.raw, false)
		if f.paths.err == nil {
			f.paths.err = c.commandPaths()
		}
		f.paths.val, f.paths.done = c.out, true
	}
	if f.paths.err == nil && f.paths.computed && f.allowing {
		f.vacuous = true
		return nil, errCommandPaths
	}
	return f.paths.val, f.paths.err
}

func (f *frame) pathsOf(v any) (any, error) {
	if v == any(f.Args) {
		return f.pathsOfArgs()
	}
	c := collector{frame: f}
	err := c.value(v)
	return c.out, err
}

var errForms = errors.New("a path means different things to different readers")

// each asks test about every meaning of p; all have to agree.
func (f *frame) each(p string, test func(item) bool) (bool, error) {
	forms, err := f.meanings(p)
	if err != nil {
		return false, err
	}
	first := test(item{text: forms[0], folded: foldPath(forms[0])})
	for _, form := range forms[1:] {
		if test(item{text: form, folded: foldPath(form)}) != first {
			return false, errForms
		}
	}
	return first, nil
}

// own asks test about an element of paths(…), which is one meaning already.
func (f *frame) own(p string, test func(item) bool) (bool, error) {
	return test(item{p, foldPath(p), f.globs[p]}), nil
}

// under tells whether a path lies below a folder.
func (f *frame) under(p string, dirs any, each meaningsOf) (bool, error) {
	var e *expandedDirs
	switch d := dirs.(type) {
	case *dirSet:
		e = f.expanded(d)
	case string:
		e = f.expand([]string{d})
	default:
		return false, fmt.Errorf("under needs a folder, not %s", kindOf(dirs))
	}
	return each(p, func(it item) bool { return f.holds(e, it) })
}

// release lets go of the frame's bytes.
func (f *frame) release() {
	f.args.raw, f.reply.raw = nil, nil
	clear(f.args.seen)
	f.args.seen = f.args.seen[:0]
	f.paths, f.commands, f.lists, f.last = fact{}, fact{}, [listKinds]list{}, [listKinds]lastList{}
}

// expanded gives the literal folders of a rule on this machine.
func (f *frame) expanded(d *dirSet) *expandedDirs {
	e := f.dirs[d]
	if e == nil {
		e = f.expand(d.literals)
		f.dirs[d] = e
	}
	return e
}
