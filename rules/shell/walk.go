package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// walker finds the commands in the syntax tree of one line.
type walker struct {
	*list
	src string
}

// line parses a line, or a line within a line, and lists its commands.
func (l *list) line(text string, sc scope) {
	if sc.lines > maxLines {
		l.doubt(sc)
		return
	}
	sc.lines++
	file, err := parse(text)
	if err != nil {
		l.doubt(sc)
		return
	}
	w := &walker{list: l, src: text}
	w.stmts(file.Stmts, sc)
}

func (w *walker) stmts(stmts []*syntax.Stmt, sc scope) {
	for _, s := range stmts {
		if w.full {
			return
		}
		w.stmt(s, sc)
	}
}

func (w *walker) stmt(s *syntax.Stmt, sc scope) {
	sc.nesting++
	if sc.nesting > maxNesting {
		w.doubt(sc)
		return
	}
	switch cmd := s.Cmd.(type) {
	case *syntax.CallExpr:
		w.call(cmd, s.Redirs, sc)
		return
	case *syntax.BinaryCmd:
		if cmd.Op == syntax.Pipe || cmd.Op == syntax.PipeAll {
			w.pipeline(s, sc)
		} else {
			w.andOr(s, sc)
		}
	case *syntax.DeclClause:
		w.declare(cmd, s.Redirs, sc)
		return
	case nil:
	default:
		sc.stdin = nil
		w.compound(cmd, sc)
	}
	if len(s.Redirs) > 0 {
		i := w.emit(Command{Via: sc.via, From: sc.from, Env: sc.env})
		w.redirect(i, s.Redirs, sc)
	}
}

// chain gives the elements of a list or pipeline, which the parser nests to the
// left, once for each element.
func chain(s *syntax.Stmt, ops ...syntax.BinCmdOperator) []*syntax.Stmt {
	var elems []*syntax.Stmt
next:
	for len(s.Redirs) == 0 {
		b, ok := s.Cmd.(*syntax.BinaryCmd)
		if !ok {
			break
		}
		for _, op := range ops {
			if b.Op == op {
				elems = append(elems, b.Y)
				s = b.X
				continue next
			}
		}
		break
	}
	elems = append(elems, s)
	for i, j := 0, len(elems)-1; i < j; i, j = i+1, j-1 {
		elems[i], elems[j] = elems[j], elems[i]
	}
	return elems
}

func (w *walker) andOr(s *syntax.Stmt, sc scope) {
	sc.stdin = nil
	elems := chain(s, syntax.AndStmt, syntax.OrStmt)
	if len(elems) == 1 {
		w.doubt(sc)
		return
	}
	w.stmts(elems, sc)
}

func (w *walker) pipeline(s *syntax.Stmt, sc scope) {
	elems := chain(s, syntax.Pipe, syntax.PipeAll)
	if len(elems) == 1 {
		w.doubt(sc)
		return
	}
	for _, e := range elems {
		if w.full {
			return
		}
		start := len(w.cmds)
		w.stmt(e, sc)
		sc = sc.fed(w.cmds[start:])
		sc.stdin = w.output(e, sc.stdin)
	}
}

// call lists a simple command, what it runs, and the substitutions in it.
func (w *walker) call(e *syntax.CallExpr, redirs []*syntax.Redirect, sc scope) {
	c := Command{}
	bad := false
	var values []syntax.Node
	for _, a := range e.Assigns {
		bad = w.assigned(a) || bad
		if len(e.Args) > 0 || bad {
			c.Env = append(c.Env, a.Name.Value)
		}
		values = append(values, a)
	}
	start := len(w.cmds)
	if len(e.Args) == 0 {
		w.bare(c, redirs, bad, sc)
	} else {
		args := make([]arg, 0, len(e.Args))
		for i, word := range e.Args {
			if i == 0 {
				args = append(args, w.word(word))
			} else {
				args = append(args, w.arguments(word)...)
			}
			values = append(values, word)
		}
		if text, ok := w.stdin(redirs, sc.stdin); ok {
			sc.stdin, sc.unclear = text, text == nil
		}
		i := w.runRedirected(args, c, redirs, sc)
		if bad {
			w.unknown(i)
		}
	}
	w.substitutions(values, redirs, start, sc)
}

// bare lists redirections without a command, and assignments that change what
// later commands mean.
func (w *walker) bare(c Command, redirs []*syntax.Redirect, bad bool, sc scope) {
	if len(redirs) == 0 && !bad {
		return
	}
	c.Via, c.From, c.Unknown = sc.via, sc.from, bad
	i := w.emit(c)
	w.targets(i, redirs)
}

// substitutions lists the commands in substitutions, behind the commands from
// start on, which take their output.
func (w *walker) substitutions(nodes []syntax.Node, redirs []*syntax.Redirect, start int, sc scope) {
	end := len(w.cmds)
	for _, r := range redirs {
		nodes = append(nodes, r.Word)
		if r.Hdoc != nil {
			nodes = append(nodes, r.Hdoc)
		}
	}
	inner := sc
	inner.stdin = nil
	names, surfeit := w.expand(nodes, inner, w.cmds[start:end:end])
	if len(names) == 0 {
		return
	}
	for i := start; i < end; i++ {
		c := &w.cmds[i]
		var over bool
		c.From, over = mergeNames(c.From, names)
		c.Unknown = c.Unknown || over || surfeit
	}
}

// runRedirected runs args with redirections, which belong to the first command.
func (w *walker) runRedirected(args []arg, c Command, redirs []*syntax.Redirect, sc scope) int {
	at := len(w.cmds)
	for _, r := range redirs {
		w.target(&c, r)
	}
	w.run(args, c, sc)
	if at < len(w.cmds) {
		return at
	}
	return -1
}

func (w *walker) redirect(i int, redirs []*syntax.Redirect, sc scope) {
	w.targets(i, redirs)
	if i >= 0 {
		w.substitutions(nil, redirs, i, sc)
	}
}

func (w *walker) targets(i int, redirs []*syntax.Redirect) {
	if i < 0 {
		return
	}
	c := w.cmds[i]
	for _, r := range redirs {
		w.target(&c, r)
	}
	w.cmds[i] = c
}

// target adds what a redirection reads or writes to c.
func (w *walker) target(c *Command, r *syntax.Redirect) {
	if r.N != nil && strings.HasPrefix(r.N.Value, "{") && perilous(strings.Trim(r.N.Value, "{}"), "", false) {
		c.Unknown = true
	}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		return
	}
	a := w.word(r.Word)
	if !a.exact {
		c.Inexact = true
	}
	switch r.Op {
	case syntax.DplIn, syntax.DplOut:
		if a.exact && strings.Trim(a.text, "0123456789") == "" || a.text == "-" || strings.TrimRight(a.text, "-") == "" {
			return
		}
		if a.exact && strings.Trim(strings.TrimSuffix(a.text, "-"), "0123456789") == "" {
			return
		}
	}
	switch r.Op {
	case syntax.RdrIn, syntax.DplIn:
		c.Reads = append(c.Reads, a.text)
	case syntax.RdrInOut:
		c.Reads = append(c.Reads, a.text)
		c.Writes = append(c.Writes, a.text)
	default:
		c.Writes = append(c.Writes, a.text)
	}
}

// stdin gives what redirections make of the standard input, nil for what is no
// literal. It is not ok where they leave it alone.
func (w *walker) stdin(redirs []*syntax.Redirect, inherited *string) (text *string, ok bool) {
	for _, r := range redirs {
		if r.N != nil && r.N.Value != "0" {
			continue
		}
		switch r.Op {
		case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn:
			text, ok = nil, true
		case syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			doc, exact := w.document(r)
			text, ok = nil, true
			if exact {
				text = &doc
			}
		default:
			if r.N != nil {
				text, ok = nil, true
			}
		}
	}
	return text, ok
}

// output gives what an element of a pipeline writes, where that is certain.
func (w *walker) output(s *syntax.Stmt, stdin *string) *string {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || len(call.Assigns) > 0 {
		return nil
	}
	var texts []string
	for _, word := range call.Args {
		a := w.word(word)
		if !a.exact {
			return nil
		}
		texts = append(texts, a.text)
	}
	if texts[0] == "cat" && (len(texts) == 1 || len(texts) == 2 && texts[1] == "-") {
		for _, r := range s.Redirs {
			if r.Op != syntax.Hdoc && r.Op != syntax.DashHdoc && r.Op != syntax.WordHdoc {
				return nil
			}
		}
		if text, ok := w.stdin(s.Redirs, stdin); ok {
			return text
		}
		return stdin
	}
	joined := strings.Join(texts[1:], " ")
	if len(s.Redirs) > 0 || len(texts) < 2 || strings.HasPrefix(joined, "-") || strings.Contains(joined, `\`) {
		return nil
	}
	switch {
	case texts[0] == "echo":
		joined += "\n"
	case texts[0] == "printf" && len(texts) == 2 && !strings.Contains(joined, "%"):
	default:
		return nil
	}
	return &joined
}
