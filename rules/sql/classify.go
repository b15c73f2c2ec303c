package sql

import "strings"

// frame is one level of parentheses.
type frame struct {
	cond condition
	stmt int32 // the statement whose own level this is, or -1
	mode mode  // of that statement; withs also between WITH and the verb of a query
	// owner is the innermost statement around this level, verb its kind, or the
	// kind of what it explains.
	owner int32
	verb  string
	// expect: a table's name comes next; list: so it does after a comma.
	expect, list bool
	fromArgs     bool // FROM separates arguments here
	aliased      bool // a name behind the closing parenthesis is an alias, even before "("
	closedAlias  bool // the last word here closed such a parenthesis
}

// clause is the state of judging the words of one statement, as long as no
// separator comes, with all that it holds.
type clause struct {
	*reading
	first    int // place in out of the first statement
	frames   []frame
	over     int  // parentheses open beyond maxDepth
	analyzed bool // EXPLAIN runs what it explains
	dry      bool // the words belong to something explained that is not run
	args     bool // the words are arguments of a PRAGMA that was judged
}

// classify judges the words in toks and adds what they are to out.
func (r *reading) classify() {
	if len(r.toks) == 0 {
		return
	}
	c := &clause{reading: r, first: len(r.out), frames: []frame{{stmt: -1}}}
	start := 0
	for start < len(r.toks)-1 && r.is(start, "(") {
		start++
	}
	c.begin(start)
	if start > 0 && r.out[c.first].Write && !r.is(start, "with") {
		r.out[c.first].Kind = unknown
	}
	for i := range r.toks {
		if i != start {
			c.step(i)
		}
	}
	r.unsure = r.unsure || len(c.frames) > 1 || c.over > 0
	for len(c.frames) > 0 {
		c.leave(len(r.toks))
	}
	for i := c.first; i < len(r.out); i++ {
		if r.out[i].Kind == "with" { // no verb came
			r.out[i] = Statement{Kind: unknown, Write: true, Tables: r.out[i].Tables}
		}
	}
}

// begin opens a statement at the innermost level, with the word i as its verb.
func (c *clause) begin(i int) {
	f := c.top()
	name := c.lower(i)
	v, ok := verbs[name]
	if !ok || c.toks[i].kind != tWord {
		v = verb{unknown, writes}
	}
	*f = frame{stmt: int32(len(c.out)), mode: v.mode, owner: int32(len(c.out)), verb: v.kind, aliased: f.aliased}
	s := Statement{Kind: v.kind}
	switch v.mode {
	case writes:
		s.Write = true
	case pragmas:
		s.Write = c.pragmaWrites(i)
		c.args = !s.Write
	case begins:
		s.Write = c.beginWrites(i)
	case sets:
		s.Write = c.setWrites(i)
	case uses:
		s.Write = c.useWrites(i)
	case rollbacks:
		s.Write = !c.isAny(i+1, "to") && !c.isAny(i+2, "to")
	}
	c.expectTables(f, v.kind, name)
	c.out = append(c.out, s)
}

func (c *clause) expectTables(f *frame, kind, name string) {
	switch kind {
	case "insert", "replace", "update", "delete", "merge", "truncate", "copy", "analyze", "vacuum", "lock", "table", "describe",
		"explain", "import", "load":
		f.expect, f.list = true, true
	case "select":
		f.expect = name == "from"
		f.list = f.expect
	}
}

func (c *clause) top() *frame { return &c.frames[len(c.frames)-1] }

// write says that the statement as a whole may write.
func (c *clause) write() { c.out[c.first].Write = true; c.writeOutermost() }

func (c *clause) writeOutermost() {
	if s := c.frames[0].stmt; s >= 0 {
		c.out[s].Write = true
	}
}

func (c *clause) step(i int) {
	f := c.top()
	closed := f.closedAlias
	f.closedAlias = false
	switch c.toks[i].kind {
	case tPunct:
		c.punct(i)
	case tWord:
		c.pragmaTable(c.raw(i))
		c.dialog(i)
		if !c.keyword(i) {
			c.name(i, closed)
		}
	case tQuoted:
		if c.frames[0].mode == explains && len(c.frames) == 2 {
			c.analyzed = true // EXPLAIN ("analyze") runs what it explains
		}
		c.pragmaTable(c.unquoted(i))
		c.name(i, closed)
	case tString:
		if f.expect && !c.dry && !c.isAny(i-1, "@") {
			c.write() // a file, or an address
			f.expect = false
		}
	}
}

func (c *clause) punct(i int) {
	f := c.top()
	switch c.text[c.toks[i].start] {
	case '(':
		c.enter(i)
	case ')':
		if c.over > 0 {
			c.over--
			return
		}
		if len(c.frames) == 1 {
			c.unsure = true
			return
		}
		c.leave(i)
	case ',':
		f.expect = f.list
	case '{', '}':
		if i == 0 {
			c.unsure = true
		}
	case '=':
		if i > 1 && c.is(i-1, ":") && c.toks[i-2].kind == tVariable {
			c.write()
		}
		f.cond.operator(i)
	case '<', '>':
		f.cond.operator(i)
	case '|', '&':
		c.doubled(i)
	}
}

// doubled handles || and &&, which are OR and AND in MySQL.
func (c *clause) doubled(i int) {
	b := c.text[c.toks[i].start]
	if i == 0 || !c.is(i-1, string(b)) || c.toks[i-1].end != c.toks[i].start {
		return
	}
	cond := &c.top().cond
	if cond.on {
		cond.conjunct(c.reading, i-1)
		if b == '|' {
			cond.disjunct()
		}
		cond.start = i + 1
	}
}

// enter opens a level of parentheses.
func (c *clause) enter(i int) {
	if len(c.frames) >= maxDepth || c.over > 0 {
		c.over++
		c.unsure = true
		return
	}
	f := c.top()
	n := frame{stmt: -1, owner: f.owner, verb: f.verb, cond: condition{on: f.cond.on, start: i + 1}}
	if i > 0 {
		flags := c.flags(i - 1)
		n.fromArgs = flags&fromArgs != 0
		n.aliased = flags&pure != 0 || c.isAny(i-1, "from", "join", "lateral") || f.expect
	}
	// FROM (a, b): names go on within.
	if f.expect && !n.fromArgs && !c.isAny(i+1, "select", "values", "with") {
		n.expect, n.list = true, true
	}
	f.expect = false
	c.frames = append(c.frames, n)
	if i+1 < len(c.toks) && c.changes(i+1) && !c.dry {
		c.write()
		c.top().expect = false
	}
}

// changes says whether a statement that changes data begins at i, directly
// behind a parenthesis.
func (c *clause) changes(i int) bool {
	if c.flags(i)&verbWord == 0 || c.isAny(i, "set", "add", "use", "load", "save", "dump", "commit", "rollback") {
		return false
	}
	if i+1 < len(c.toks) && c.toks[i+1].kind == tPunct && !c.is(i+1, "@") && !c.is(i+1, "[") && !c.is(i+1, "`") {
		return false // an operand, or a call
	}
	return true
}

// leave closes the innermost level at the word i.
func (c *clause) leave(i int) {
	f := c.top()
	met := c.settle(f, i)
	c.frames = c.frames[:len(c.frames)-1]
	if len(c.frames) == 0 {
		return
	}
	p := c.top()
	p.closedAlias = f.aliased
	if p.cond.on && met {
		p.cond.names = true
	}
}

// settle ends the condition of a level, and says whether it depends on a row.
func (c *clause) settle(f *frame, i int) bool {
	if !f.cond.on {
		return false
	}
	f.cond.conjunct(c.reading, i)
	f.cond.disjunct()
	f.cond.on = false
	met := !f.cond.always
	if f.stmt >= 0 {
		s := &c.out[f.stmt]
		s.Where = met && (s.Kind == "update" || s.Kind == "delete")
	}
	return met
}

// is says whether token i is the word, in lower case, or the punctuation s.
func (r *reading) is(i int, s string) bool {
	if i < 0 || i >= len(r.toks) {
		return false
	}
	switch t := r.toks[i]; t.kind {
	case tWord:
		return t.id != 0 && known().words[t.id] == s
	case tPunct:
		return len(s) == 1 && r.text[t.start] == s[0]
	}
	return false
}

func (r *reading) isAny(i int, words ...string) bool {
	for _, w := range words {
		if r.is(i, w) {
			return true
		}
	}
	return false
}

func (r *reading) flags(i int) uint8 {
	if i < 0 || i >= len(r.toks) || r.toks[i].kind != tWord {
		return 0
	}
	return known().flags[r.toks[i].id]
}

// lower gives token i as a word of the vocabulary, or "".
func (r *reading) lower(i int) string {
	if i < 0 || i >= len(r.toks) || r.toks[i].kind != tWord {
		return ""
	}
	return known().words[r.toks[i].id]
}

func (r *reading) raw(i int) string { return r.text[r.toks[i].start:r.toks[i].end] }

func (r *reading) same(i, j int) bool {
	return r.toks[i].kind == r.toks[j].kind && strings.EqualFold(r.raw(i), r.raw(j))
}
