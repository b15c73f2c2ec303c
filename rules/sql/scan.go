package sql

// keyword judges a bare word by what it does to the statement, and says whether
// that is all there is to it.
func (c *clause) keyword(i int) bool {
	f := c.top()
	w := c.lower(i)
	if w == "" || c.is(i-1, ".") {
		return false
	}
	if c.isAny(i, "analyze", "analyse") && c.frames[0].mode == explains {
		c.analyzed = true
	}
	if c.innerVerb(i, w) {
		return true
	}
	if c.flags(i)&verbWord != 0 && c.runsOn(i, w) {
		c.settle(f, i)
		c.unsure = true
		c.write()
		c.dry, c.args, c.analyzed = false, false, false
		c.begin(i)
		return true
	}
	c.peril(i, w)
	c.connect(i, w)
	return c.expects(i, w)
}

// innerVerb handles the verb for which WITH or EXPLAIN waits, or that follows
// an opening parenthesis.
func (c *clause) innerVerb(i int, w string) bool {
	f := c.top()
	v, isVerb := verbs[w]
	if !isVerb {
		return false
	}
	if c.flags(i)&verbWord != 0 && c.is(i-1, "(") && c.changes(i) && !c.dry {
		c.begin(i)
		return true
	}
	if f.mode == explains && f.stmt >= 0 {
		return c.explained(i, w, v)
	}
	if w == "with" && c.is(i-1, "(") && f.stmt < 0 {
		f.mode = withs
		return true
	}
	if f.mode != withs || w == "set" || w == "table" && c.is(i-1, "as") || w == "with" || c.isAny(i-1, "as", ",") && v.mode != queries {
		return false
	}
	if c.flags(i)&verbWord == 0 && v.mode != queries || c.is(i+1, "(") && c.flags(i)&pure != 0 {
		return false
	}
	c.head(i, w, v)
	return true
}

// head is the verb behind WITH.
func (c *clause) head(i int, w string, v verb) {
	f := c.top()
	f.mode = v.mode
	f.expect, f.list = false, false
	if f.stmt < 0 { // a query in parentheses, unless it changes data
		if v.mode == writes && !c.dry {
			c.write()
			c.begin(i)
		}
		return
	}
	s := &c.out[f.stmt]
	if s.Kind == "with" {
		s.Kind, s.Write = v.kind, s.Write || v.mode == writes
	} else if v.mode == writes && !c.dry { // behind EXPLAIN ANALYZE WITH
		s.Write = true
		c.begin(i)
		return
	}
	f.verb = v.kind
	c.expectTables(f, v.kind, w)
}

// explained handles words behind EXPLAIN, up to the verb of what it explains.
func (c *clause) explained(i int, w string, v verb) bool {
	f := c.top()
	switch w {
	case "analyze", "analyse":
		f.expect = false
		return true
	case "table", "set", "use", "show", "desc", "describe", "explain", "from", "repair", "check", "open":
		return false // names, and words of DESCRIBE TABLE x
	}
	if v.mode == queries || v.mode == withs {
		c.dry = !c.analyzed
		f.mode, f.expect, f.list, f.verb = v.mode, false, false, v.kind
		c.out[f.stmt].Tables = nil // words of EXPLAIN
		c.expectTables(f, v.kind, w)
		return true
	}
	if c.analyzed {
		c.write()
		c.begin(i)
		return true
	}
	if c.flags(i)&verbWord == 0 && w != "execute" && w != "declare" && w != "refresh" {
		return false
	}
	c.dry = true
	f.mode, f.verb = writes, v.kind
	c.out[f.stmt].Tables = nil
	c.expectTables(f, v.kind, w)
	return true
}

// peril looks for words by which a query writes.
func (c *clause) peril(i int, w string) {
	if c.dry {
		return
	}
	switch w {
	case "into", "updlock", "xlock", "tablockx":
		c.write()
	case "for":
		if c.isAny(i+1, "update", "share", "key") || c.is(i+1, "no") && c.is(i+2, "key") {
			c.write()
		}
	case "lock":
		if c.is(i+1, "in") {
			c.write()
		}
	case "next":
		if c.is(i+1, "value") {
			c.write()
		}
	case "plan":
		if c.frames[0].mode == explains && !c.is(i-1, "query") {
			c.write()
		}
	}
}

// connect follows the words that build a condition.
func (c *clause) connect(i int, w string) {
	f := c.top()
	switch w {
	case "where":
		if f.stmt >= 0 && !f.cond.on && f.mode == writes {
			f.cond = condition{on: true, start: i + 1}
		}
	case "or", "and":
		if f.cond.on {
			f.cond.conjunct(c.reading, i)
			if w == "or" {
				f.cond.disjunct()
			}
		}
	case "like":
		f.cond.operator(i)
	case "returning", "order", "limit", "option", "select", "union":
		if f.stmt >= 0 {
			c.settle(f, i)
		}
		if w == "select" && (f.verb == "update" || f.verb == "delete") {
			f.mode = queries // SQL Server: the next statement, whose WHERE is its own
		}
	}
}

// runsOn says whether the verb w at i begins a statement of its own, as SQL
// Server has it, rather than being part of the statement before.
func (c *clause) runsOn(i int, w string) bool {
	if i == 0 || c.flags(i-1)&beforeValue != 0 {
		return false
	}
	if c.toks[i-1].kind == tPunct && !c.isAny(i-1, ")", "*", ":", "]", "?", "}") {
		return false
	}
	verb := c.top().verb
	switch verb {
	case "create", "alter", "drop", "grant", "revoke", "deny", "comment", "rename", "truncate", "security", "reassign", "copy":
		return c.runsOnSchema(i, w)
	}
	next := i + 1
	switch w {
	case "replace", "insert", "truncate":
		if c.is(next, "(") || w == "insert" && (c.is(i-1, "then") && verb == "merge" || c.isAny(next, "values", "default") && verb == "merge") {
			return false
		}
	case "update":
		if c.isAny(i-1, "for", "key", "do") || c.is(i-1, "then") && verb == "merge" {
			return false
		}
	case "delete":
		if c.is(i-1, "then") && verb == "merge" {
			return false
		}
	case "set":
		switch verb {
		case "update", "merge", "insert", "replace", "with", "set", "load":
			return false
		}
		return !c.isAny(i-1, "character", "char", "charset", "by")
	case "use":
		return !c.isAny(next, "index", "key")
	case "add":
		return c.is(next, "signature")
	case "commit", "rollback":
		return next >= len(c.toks) || c.isAny(next, "tran", "transaction", "work") || c.flags(next)&verbWord != 0
	case "create", "grant", "load":
		return !(verb == "show")
	}
	return true
}

// runsOnSchema is runsOn behind a change of schema or rights, where verbs are
// common as names of actions: DROP COLUMN, ON DELETE, GRANT INSERT.
func (c *clause) runsOnSchema(i int, w string) bool {
	switch next := i + 1; w {
	case "create", "alter", "drop", "truncate":
		return c.isAny(next, "table", "database", "schema", "view", "user", "role", "login", "procedure", "proc", "function",
			"trigger", "extension")
	case "delete":
		return c.is(next, "from")
	case "insert", "replace", "merge":
		return c.is(next, "into")
	case "update":
		return c.is(i+2, "set")
	case "exec", "execute":
		return !c.isAny(next, "on", "function", "procedure") && !c.isAny(i-1, "grant", "revoke", "deny")
	case "kill", "shutdown", "reconfigure", "restore", "backup", "dbcc":
		return c.isAny(i-1, ")") || c.toks[i-1].kind != tPunct
	}
	return false
}

// name judges a name or a word that may be one: a table, a column, a function.
func (c *clause) name(i int, closed bool) {
	f := c.top()
	call := c.is(i+1, "(")
	flags := c.flags(i)
	if c.lower(i) == "nextval" {
		c.write()
	}
	if f.cond.on && !call && flags&reserved == 0 && !c.is(i+1, ".") {
		f.cond.names = true
	}
	if f.expect && !c.is(i-1, ".") {
		call = call && (f.stmt < 0 || f.mode != writes) // INSERT INTO t (a)
		c.tableName(i)
		f.expect = false
	}
	if call && !c.args && !c.mayPrecede(i, closed) {
		c.write()
	}
}

// mayPrecede says whether the name at i may stand before "(" in something that
// only reads: a word of the grammar, a pure function, a type, an alias.
func (c *clause) mayPrecede(i int, closed bool) bool {
	f := c.top()
	switch {
	case c.is(i-1, "."):
		return c.flags(i)&pure != 0 && c.isSystemSchema(i-2)
	case c.is(i-1, "as"), closed, c.is(i-1, ":") && c.is(i-2, ":"):
		return true
	case f.mode == withs && c.isAny(i-1, "with", "recursive", ","):
		return true
	case c.toks[i].kind == tWord:
		return c.flags(i)&(reserved|pure|opens) != 0
	}
	id := lookUp(c.unquoted(i))
	return id != 0 && known().flags[id]&pure != 0
}
