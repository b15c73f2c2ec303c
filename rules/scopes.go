package rules

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/rules/scan"
)

// Scope is a set of calls that a grant may answer in advance.
type Scope struct {
	Words string // for people: what it covers, one line per condition; safe to show
	When  string // the expression, one condition per line; empty for all calls of the tool
	Whole bool   // nothing in the arguments narrows it
}

const (
	maxScopes    = 5
	maxArguments = 40
	maxWhen      = 8 << 10 // bytes of an expression: people have to read it
)

// Scopes gives sets of calls of the same server and tool that hold this call, the narrowest first and each within the next, at most 5:
// these very arguments; any text where an argument is plainly content; the folders that paths lie in, and hosts; the folders above, up
// to a project root, never a home folder, and nothing hidden in them; all calls of the tool, where it is known to read or write and no
// argument may be a command or SQL. A command or query is never widened, nor is anything beside one. Of a tool that destroys only paths
// are, to their folders. Every other argument is as it is in this call, and there are no further ones. None where no rule could say it:
// w is no call, a rule sets arguments of it, or what it would run cannot be known.
func (j *Judge) Scopes(w *World) (out []Scope) {
	defer func() {
		if recover() != nil {
			out = nil
		}
	}()
	if len(w.Beside) > 0 {
		return nil
	}
	if j.view.Sets(w.Tool) {
		if changes, d := j.Set(w); d.Action == Deny || len(changes) > 0 {
			return nil
		}
	}
	for _, s := range j.scopes(w) {
		out = append(out, s.Scope)
	}
	return out
}

// scope is a Scope with the folders that its paths lie in.
type scope struct {
	Scope
	folders []string
	wide    bool // places are widened
}

func (j *Judge) scopes(w *World) []scope {
	if w.On != Call || w.Tool == "" {
		return nil
	}
	class := j.view.Class(w.Tool, w.Class)
	j.frame.reset(w, class)
	defer j.frame.release()
	f := &j.frame
	f.allowing = false
	s := scoper{frame: f, destroys: class == Destructive}
	if !s.read() {
		return nil
	}
	var out []scope
	add := func(next scope, ok bool) bool {
		if ok && (len(out) == 0 || out[len(out)-1].When != next.When) {
			out = append(out, next)
		}
		return ok
	}
	add(j.proved(s.at(exactLevel)))
	if s.closed || commandTool(w.Tool) {
		return out
	}
	top := maxScopes - 1
	if s.destroys {
		top = len(out) + 1
	}
	add(j.proved(s.at(textLevel)))
	for up := 0; len(out) < top; up++ {
		if !s.widen(up) || !add(j.proved(s.at(placeLevel))) {
			break
		}
	}
	if class == Read || class == Write {
		words := "all calls of " + scan.VisibleLine(w.Tool, 0) + ", whatever their arguments"
		out = append(out, scope{Scope: Scope{Words: words, Whole: true}})
	}
	return out
}

// scopeTranslator compiles scopes to try them out.
var scopeTranslator translator

// proved tells whether a scope holds the call that it was made from, as a grant would have it.
func (j *Judge) proved(s scope, ok bool) (scope, bool) {
	if !ok || len(s.When) > maxWhen || scan.Visible(s.When) != s.When {
		return s, false
	}
	c, guards, err := scopeTranslator.compile(s.When, 1<<Call)
	if err != nil || len(guards) > 0 {
		return s, false
	}
	matched, err := j.matches(&rule{do: Allow, on: 1 << Call, compiled: c})
	return s, matched && err == nil
}

// scopeLevel says what of a call is left open.
type scopeLevel uint8

const (
	exactLevel scopeLevel = iota
	textLevel             // any text where there is content
	placeLevel            // and any file in the folders, any address at the hosts
)

// scoper makes scopes of the arguments of a frame.
type scoper struct {
	*frame
	args   []argument
	closed bool // a command or a query is among them: nothing is widened
	// destroys says that texts and addresses may tell what the tool destroys: they are not widened.
	destroys bool
}

// read takes the arguments apart. It is false where they cannot be pinned.
func (s *scoper) read() bool {
	commands, err := s.commandsOfArgs()
	if err != nil || unknownPrograms(commands) {
		return false
	}
	for it := newIter(s.frame.args.raw); ; {
		key, raw, more := it.member()
		if !more {
			break
		}
		if len(s.args) == maxArguments || !s.add(string(key), raw) {
			return false
		}
	}
	s.freeTitles()
	return !slices.ContainsFunc(s.args, func(a argument) bool { return a.pin == "" && a.free == "" })
}

// add reads one argument. It is false where its name cannot be told from others.
func (s *scoper) add(key string, raw []byte) bool {
	a := argument{key: key, name: "args[" + literal(key) + "]", isText: raw[0] == '"'}
	if !faithful(key) {
		return false
	}
	m := s.keys.of([]byte(key))
	s.closed = s.closed || (m.text() || m.any&sqlWord != 0) && strings.IndexByte(`"[{`, raw[0]) >= 0 || s.saysMore(raw)
	a.pin = pinOf(a.name, raw)
	switch {
	case raw[0] == '"' && contentName(key):
		a.kind, a.free = textArgument, "isText("+a.name+")"
	case raw[0] == '[' && len(key) < maxKeyWords && changesOfText(raw) != nil:
		a.kind, a.free = changesArgument, changesCondition(a.name, changesOfText(raw))
	case raw[0] == '"':
		s.addPlace(&a, m, unquote(raw))
	case raw[0] == '[' && m.path() == pathKey:
		s.addPlaces(&a, raw)
	}
	s.args = append(s.args, a)
	return true
}

// at makes the scope of a level.
func (s *scoper) at(level scopeLevel) (scope, bool) {
	names := []string{"args"}
	var conditions, places, open, pinned, folders []string
	hosts := false
	for i := range s.args {
		a := &s.args[i]
		names = append(names, literal(a.key))
		shown := scan.VisibleLine(a.key, 0)
		switch {
		case level >= textLevel && a.free != "" && !s.destroys:
			conditions = append(conditions, a.free)
			open = append(open, shown)
		case level == placeLevel && a.open():
			conditions = append(conditions, a.condition())
			places = append(places, shown+" "+a.words())
			folders = append(folders, a.folders...)
			hosts = hosts || a.kind == addressArgument
		case a.pin == "":
			return scope{}, false
		default:
			conditions = append(conditions, a.pin)
			if a.place != "" {
				conditions = append(conditions, a.place)
			}
			pinned = append(pinned, shown)
		}
	}
	if hosts {
		known, err := s.list(hostList, s.Args)
		list, _ := known.([]string)
		if err != nil || len(list) == 0 {
			return scope{}, false
		}
		conditions = append(conditions, "all(hosts(args), # in "+literals(list)+")")
	}
	conditions = append([]string{"only(" + strings.Join(names, ", ") + ")"}, conditions...)
	words := append(places, s.otherWords(level, open, pinned)...)
	return scope{Scope{Words: strings.Join(words, "\n"), When: strings.Join(conditions, " and\n")}, folders, level == placeLevel}, true
}

func (s *scoper) otherWords(level scopeLevel, open, pinned []string) (lines []string) {
	if level == exactLevel {
		if len(pinned) == 0 {
			return []string{"no arguments"}
		}
		lines = append(lines, "exactly these arguments: "+strings.Join(pinned, ", "))
		for i := range s.args {
			if a := &s.args[i]; a.place != "" && !slices.Equal(a.leads, a.written) {
				lines = append(lines, fmt.Sprintf("%s leads to %s, as now", scan.VisibleLine(a.key, 0), scan.VisibleLine(strings.Join(a.leads, ", "), 0)))
			}
		}
		return lines
	}
	if len(open) > 0 {
		lines = append(lines, strings.Join(open, ", ")+": any text")
	}
	if len(pinned) > 0 {
		return append(lines, strings.Join(pinned, ", ")+": exactly as in this call; no other arguments")
	}
	return append(lines, "no other arguments")
}
