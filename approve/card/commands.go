package card

import (
	"slices"
	"strings"

	"sallyport/approve"
	"sallyport/rules/shell"
)

// maxCommandBytes bounds what all command lines of a card take together: parsing takes about 1.5 ms for the slowest kilobyte.
const maxCommandBytes = 64 << 10

// A run is a command line, or an argument array, of the arguments.
type run struct {
	name     string // where it stands
	text     string // the line; empty for an array
	commands []shell.Command
}

// commands tells which programs would run.
func (e *effects) commands() {
	runs, left := e.runs()
	for _, code := range e.codes() {
		e.block("would run code: "+e.t.name(code), approve.BlockFacts, func(s *sink) {
			s.warn("code", describeText(e.t.nodes[code].text())+"; what it does is not known here: read it in the arguments")
		})
		e.phrase("runs code: " + short(firstLine(e.t.nodes[code].text()), 60))
	}
	if left < 0 {
		e.cut = true
		e.warn("the command lines are too long to be read: which programs would run is not known")
	}
	for _, r := range runs {
		e.block("would run: "+r.name, approve.BlockFacts, func(s *sink) { e.tell(s, r) })
		if len(r.commands) > 0 && r.text == "" {
			e.phrase("runs " + short(spell(r.commands[0]), 80))
		} else {
			e.phrase("runs " + short(strings.Join(strings.Fields(r.text), " "), 80))
		}
	}
}

// runs finds command lines and argument arrays, as package rules does: strings at keys that name commands, arrays there or beside them.
func (e *effects) runs() (out []run, left int) {
	left = maxCommandBytes
	shellTool := shellTools.any(e.toolWords)
	for i := range e.t.nodes {
		if !e.t.nodes[i].isObject() || left < 0 {
			continue
		}
		var lines, arrays []int32
		for c := range e.t.children(int32(i)) {
			n := &e.t.nodes[c]
			w := words(n.key)
			command := commandWords.any(w) && !notCommandWords.last(w) || shellTool && codeWords.any(w)
			switch {
			case n.isString() && command && !e.editorVerb(c):
				lines = append(lines, c)
			case n.isArray() && (command || argumentWords.any(w)):
				arrays = append(arrays, c)
			}
		}
		for _, c := range lines {
			if e.handled[c] = true; !e.t.nodes[c].isString() {
				continue
			}
			text := e.t.nodes[c].text()
			if left -= len(text); left < 0 {
				return out, left
			}
			if len(arrays) == 0 || strings.ContainsAny(text, " \t\n;|&$`") {
				out = append(out, run{e.t.name(c), text, shell.Parse(text)})
			}
		}
		more := e.arrays(lines, arrays, &left)
		if out = append(out, more...); len(out) > maxListed {
			return out[:maxListed], -1
		}
	}
	return out, left
}

// arrays reads argument arrays, each behind the programs that stand beside it.
func (e *effects) arrays(lines, arrays []int32, left *int) (out []run) {
	for _, a := range arrays {
		e.handled[a] = true
		argv, ok := e.strings(a)
		for _, s := range argv {
			*left -= len(s) + 1
		}
		w := words(e.t.nodes[a].key)
		switch {
		case *left < 0:
			return out
		case !ok || len(argv) == 0:
			continue
		case lineWords.any(w):
			for i, l := range argv {
				out = append(out, run{e.t.name(a) + "[" + count(i) + "]", l, shell.Parse(l)})
			}
		case len(lines) > 0:
			for _, l := range lines[:min(4, len(lines))] {
				out = append(out, run{e.t.name(l) + " with " + e.t.name(a), "", shell.Argv(append([]string{e.t.nodes[l].text()}, argv...))})
			}
		case commandWords.any(w):
			out = append(out, run{e.t.name(a), "", shell.Argv(argv)})
		}
	}
	return out
}

// strings gives the elements of an array of strings.
func (e *effects) strings(a int32) (out []string, ok bool) {
	for c := range e.t.children(a) {
		if !e.t.nodes[c].isString() || len(out) > 4096 {
			return nil, false
		}
		out = append(out, e.t.nodes[c].text())
	}
	return out, true
}

// editorVerb tells the "command" of text editors, which names what the tool itself does.
func (e *effects) editorVerb(c int32) bool {
	switch e.t.nodes[c].text() {
	case "view", "create", "str_replace", "insert", "undo_edit":
		return e.t.first(e.t.members(e.t.nodes[c].parent), pathNames) >= 0
	}
	return false
}

// codes finds what is code for another program than a shell.
func (e *effects) codes() (out []int32) {
	for i := range e.t.nodes {
		n := &e.t.nodes[i]
		if n.isString() && n.parent >= 0 && !shellTools.any(e.toolWords) && codeWords.last(words(e.t.keyOf(int32(i)))) &&
			!pathLike(n.text()) && len(out) < maxListed {
			if m := e.t.members(n.parent); e.t.first(m, pathNames) < 0 {
				out = append(out, int32(i))
			}
		}
	}
	return out
}

// tell writes the programs of a run and what is unusual about them.
func (e *effects) tell(s *sink, r run) {
	if len(r.commands) == 0 {
		s.say("", "no command")
	}
	if backgrounds(r.text) {
		e.unusual(s, "a part of it goes on in the background (&)")
	}
	moved := false // to another folder, by a command before
	for i, cmd := range r.commands {
		if i == maxListed {
			s.cut = true
			e.warn("a command line runs more than " + plural(maxListed, "program"))
			return
		}
		odd := e.oddities(cmd)
		name := "runs"
		if len(cmd.Via) > 0 {
			name = "runs, by " + short(strings.Join(cmd.Via, " "), 100)
		}
		if cmd.Name == "" && len(cmd.Args) == 0 && !cmd.Unknown {
			name = "redirects"
		}
		if !s.add(approve.Line{Name: name, Text: line(firstBytes(spell(cmd), maxLineBytes)), Warn: len(odd) > 0}) {
			return
		}
		for _, w := range cmd.Reads {
			s.say("reads", short(w, maxLineBytes))
		}
		for _, w := range cmd.Writes {
			e.redirection(s, w, moved)
		}
		moved = moved || cmd.Name == "cd" || cmd.Name == "pushd" || cmd.Name == "chdir"
		for _, o := range odd {
			e.unusual(s, o)
		}
		if word := destroys(cmd); word != "" && e.word == "" {
			e.word = word
		}
	}
}

func (e *effects) unusual(s *sink, text string) {
	s.warn("unusual", text)
	e.warn(text)
}

// redirection names the file that the output of a program goes to.
func (e *effects) redirection(s *sink, w string, moved bool) {
	if w == "/dev/null" || w == "" {
		s.say("writes", short(w, 20))
		return
	}
	if strings.ContainsAny(w, "$`*?") {
		s.warn("writes", short(w, maxLineBytes)+" (which file that is cannot be told)")
		return
	}
	places := e.places(w)
	if len(places) == 0 {
		s.warn("writes", short(w, maxLineBytes))
		return
	}
	pl := places[0] // where a shell stands first
	text, odd := e.told(pl)
	e.paths[pl.abs], e.paths[pl.real] = true, true
	if moved && !isAbs(w) && w[0] != '~' {
		text += ", unless the command before leads to another folder"
		odd = true
	}
	s.add(approve.Line{Name: "writes", Text: text, Warn: odd})
	if odd {
		e.warn("a command writes " + text)
	}
}

// oddities says what is unusual about a command.
func (e *effects) oddities(c shell.Command) (out []string) {
	name := line(firstBytes(orElse(c.Name, c.Program), 100))
	switch {
	case c.Unknown && c.Program == "" && len(c.Args) == 0:
		out = append(out, "no command that can be read: what it runs is not known")
	case c.Unknown:
		out = append(out, "what it runs cannot be known from the line")
	case c.Inexact:
		out = append(out, "some of its arguments are computed when it runs")
	}
	if slices.ContainsFunc(c.Via, func(v string) bool { return v == "sudo" || v == "doas" || v == "su" || v == "pkexec" }) ||
		slices.Contains([]string{"sudo", "doas", "su", "pkexec"}, c.Name) {
		out = append(out, "runs with the rights of another user ("+orElse(firstOf(c.Via), name)+")")
	}
	if interpreters[c.Name] && slices.ContainsFunc(c.From, func(f string) bool { return downloads[f] }) {
		out = append(out, "runs what it downloads ("+short(strings.Join(c.From, " "), 60)+" into "+name+")")
	}
	for _, v := range c.Env {
		if changesWhatRuns(v) {
			out = append(out, "sets "+short(v, 60)+", which changes what is run")
		}
	}
	switch destroys(c) {
	case "delete":
		what := "what it names"
		if slices.Contains([]string{"rm", "find", "rsync", "Remove-Item", "rd", "rmdir"}, c.Name) {
			what = "folders with all that is in them"
		}
		out = append(out, "deletes "+what+" ("+name+")")
	case "push":
		out = append(out, "pushes over what is there (force)")
	case "":
	default:
		out = append(out, "destroys data ("+name+")")
	}
	return out
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return short(list[0], 40)
}
