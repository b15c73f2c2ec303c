package sql

import (
	"slices"
	"strings"
)

// Pragmas that only read: without an argument, and with one.
var (
	readingPragmas = words(`application_id auto_vacuum automatic_index busy_timeout cache_size cell_size_check
		collation_list compile_options data_version database_list defer_foreign_keys encoding foreign_key_check foreign_keys
		freelist_count fullfsync function_list integrity_check journal_mode journal_size_limit locking_mode max_page_count
		mmap_size module_list page_count page_size pragma_list query_only quick_check read_uncommitted recursive_triggers
		secure_delete synchronous table_list temp_store threads user_version schema_version wal_autocheckpoint
		database_size show_tables version show_databases`)
	askingPragmas = words(`table_info table_xinfo index_list index_info index_xinfo foreign_key_list foreign_key_check
		integrity_check quick_check table_list storage_info`)
	beginOptions = words(`transaction tran work isolation level read only committed uncommitted repeatable serializable
		snapshot deferred not deferrable with consistent concurrent ,`)
	transactionOptions = words(`session local transaction characteristics as isolation level read only committed uncommitted
		repeatable serializable snapshot deferrable not ,`)
)

func (c *clause) pragmaWrites(i int) bool {
	at := i + 1
	if c.is(at+1, ".") {
		at += 2
	}
	if at >= len(c.toks) || c.toks[at].kind != tWord {
		return true
	}
	name := strings.ToLower(c.raw(at))
	switch left := len(c.toks) - at - 1; left {
	case 0:
		return !slices.Contains(readingPragmas, name)
	case 3:
		return !c.is(at+1, "(") || !c.is(at+3, ")") || !slices.Contains(askingPragmas, name)
	}
	return true
}

// pragmaTable judges SQLite's pragmas as tables, SELECT * FROM pragma_optimize,
// wherever their names stand.
func (c *clause) pragmaTable(name string) {
	const prefix = "pragma_"
	if len(name) <= len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
		return
	}
	if id := lookUp(name); id == 0 || known().flags[id]&pure == 0 {
		c.write()
	}
}

// dialog judges statements of SQL Server whose first words are common as names,
// and that need no separator before them.
func (c *clause) dialog(i int) {
	switch c.lower(i) {
	case "conversation":
		if c.isAny(i-1, "begin", "dialog", "end", "move", "get") || c.is(i-1, "on") && c.is(i-2, "send") {
			c.write()
		}
	case "dialog":
		if c.is(i-1, "begin") {
			c.write()
		}
	case "trigger":
		if c.isAny(i-1, "enable", "disable") {
			c.write()
		}
	case "receive":
		if i == 0 || c.flags(i-1)&beforeValue != 0 || c.toks[i-1].kind == tPunct && !c.isAny(i-1, ")", "*", "]") {
			return
		}
		if c.isAny(i+1, "*", "[") || c.isName(i+1) && c.flags(i+1)&reserved == 0 {
			c.write()
		}
	}
}

// beginWrites says whether BEGIN or START does more than open a transaction. A
// block of statements is judged besides, as far as its verbs can be seen.
func (c *clause) beginWrites(i int) bool {
	if !c.only(i+1, beginOptions) {
		c.unsure = c.unsure || !c.isAny(i+1, "tran", "transaction", "immediate", "exclusive", "read", "isolation", "work")
		return true
	}
	return false
}

// setWrites lets pass what narrows the current transaction, and NOCOUNT.
func (c *clause) setWrites(i int) bool {
	if c.is(i+1, "nocount") && len(c.toks) == i+3 {
		return false
	}
	readOnly := false
	for j := i + 1; j < len(c.toks) && j < i+24; j++ {
		readOnly = readOnly || c.is(j, "read") && c.is(j+1, "only")
	}
	return !readOnly || !c.only(i+1, transactionOptions)
}

// useWrites says whether USE does more than choose a database or schema.
func (c *clause) useWrites(i int) bool {
	at := i + 1
	if c.isAny(at, "database", "schema") && len(c.toks) > at+1 {
		at++
	}
	if len(c.toks) == at+3 && c.is(at+1, ".") {
		at += 2
	}
	return len(c.toks) != at+1 || !c.isName(at)
}

// only says whether nothing but the words given follows.
func (c *clause) only(i int, words []string) bool {
	for j := i; j < len(c.toks); j++ {
		if j-i > 24 {
			return false
		}
		if !slices.Contains(words, c.lower(j)) && !c.is(j, ",") {
			return false
		}
	}
	return true
}
