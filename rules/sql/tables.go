package sql

import "strings"

// expects follows the words behind which tables stand, and says whether w is no
// name itself.
func (c *clause) expects(i int, w string) bool {
	f := c.top()
	if f.expect && skipped(w) {
		return true
	}
	switch w {
	case "from", "join":
		if !f.fromArgs && !(c.is(i-1, "distinct") && c.isAny(i-2, "is", "not")) {
			f.expect, f.list = true, true
		}
	case "into":
		f.expect, f.list = true, true
	case "using":
		f.expect = (f.verb == "delete" || f.verb == "merge") && !c.is(i+1, "(")
		f.list = f.expect
	case "table", "view", "tables", "index":
		switch f.verb {
		case "create", "drop", "alter", "truncate", "rename", "lock", "describe", "refresh", "comment", "optimize", "repair",
			"check", "checksum", "reindex", "flush", "analyze", "grant", "revoke":
			f.expect, f.list = true, w != "index"
			return true
		}
	case "on":
		switch f.verb {
		case "create", "grant", "revoke", "deny":
			f.expect = c.flags(i+1)&verbWord == 0
		}
	case "where", "group", "order", "having", "limit", "set", "select", "values", "union", "intersect", "except", "returning":
		f.expect, f.list = false, false
	}
	return c.flags(i)&reserved != 0
}

// skipped says whether w may stand between a verb and a table's name.
func skipped(w string) bool {
	switch w {
	case "only", "if", "not", "exists", "ignore", "low_priority", "quick", "temporary", "temp", "unlogged", "concurrently",
		"external", "global", "local", "or", "replace", "delayed", "high_priority", "table", "tables", "view", "all", "verbose",
		"full", "analyze":
		return true
	}
	return false
}

// tableName records the dotted name that begins at i, unless it is a function's.
func (c *clause) tableName(i int) {
	f := c.top()
	if c.isAny(i-1, "`", "[") {
		return // the dialects that quote so tell the name
	}
	s := &c.out[f.owner]
	if len(s.Tables) == maxTables {
		c.unsure = true
		return
	}
	var name strings.Builder
	for {
		name.WriteString(c.part(i))
		for c.is(i+1, ".") {
			name.WriteByte('.')
			i++
			if !c.isName(i + 1) {
				continue
			}
			break
		}
		if !c.is(i, ".") || !c.isName(i+1) {
			break
		}
		i++
	}
	if c.is(i+1, "(") && (f.mode == queries || f.stmt < 0) {
		return
	}
	if n := name.String(); n != "" && n[len(n)-1] != '.' {
		s.Tables = addName(s.Tables, n)
	}
}

func (c *clause) isName(i int) bool {
	return i >= 0 && i < len(c.toks) && (c.toks[i].kind == tWord || c.toks[i].kind == tQuoted)
}

// part gives a part of a table's name. A quoted one that names a file or an
// address makes a query of DuckDB read that.
func (c *clause) part(i int) string {
	if c.toks[i].kind != tQuoted {
		return strings.ToLower(c.raw(i))
	}
	s := c.unquoted(i)
	if strings.ContainsAny(s, "/\\:*?") && !c.dry {
		c.write()
	}
	if dot := strings.LastIndexByte(s, '.'); dot >= 0 {
		switch strings.ToLower(s[dot+1:]) {
		case "csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "arrow", "xlsx", "gz", "zst", "db", "duckdb":
			c.write()
		}
	}
	return s
}

// unquoted gives what stands within the quotes of a name.
func (r *reading) unquoted(i int) string {
	s := r.raw(i)
	if len(s) < 2 {
		return ""
	}
	q := s[len(s)-1]
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, q) < 0 {
		return s
	}
	return strings.ReplaceAll(s, string([]byte{q, q}), string(q))
}

func (c *clause) isSystemSchema(i int) bool {
	if !c.isName(i) || c.is(i-1, ".") {
		return false
	}
	s := c.raw(i)
	if c.toks[i].kind == tQuoted {
		s = c.unquoted(i)
	}
	return strings.EqualFold(s, "pg_catalog") || strings.EqualFold(s, "sys")
}
