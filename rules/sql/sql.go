// Package sql says what the statements of an SQL text would do, in whatever
// dialect a server behind it speaks: PostgreSQL and DuckDB, MySQL and MariaDB,
// SQLite, SQL Server, and roughly Snowflake and BigQuery.
//
// Which dialect reads the text is not known here, so the text is read once for
// each way in which dialects cut text into words: strings with and without
// backslash escapes, comments that nest or do not, comments that MySQL
// executes, dollar quotes, and so on. Ways that could not differ for the text at
// hand are read once. Where all readings give the same kinds of statements,
// those are the answer; where they do not, the answer is one statement of kind
// "unknown", followed by every statement of any reading that may write, so that
// a rule that looks for "drop" finds it. A reading in which the text ends within
// a string or comment fails in its dialect; it counts only for the statements
// before that place, and for nothing where what it saw agrees with the others.
//
// Guarantees: a statement is not Write only where each of its words is known to
// read. A function that is not on the list of pure ones writes; so does any verb
// that is not known to read, and a verb of SQL Server, whose statements need no
// separator, wherever one could begin. Data-changing statements within another
// (in WITH, behind EXPLAIN ANALYZE, in the body of a trigger) stand behind it as
// statements of their own. Time and memory are linear in the text's length, and
// nothing recurses.
//
// Decisions: SELECT … FOR UPDATE and its kin write, as they lock rows and are
// refused in a read-only transaction; so do COMMIT and ROLLBACK, since they end
// the transaction in which a server may confine a query; so does SET, but for
// SET TRANSACTION … READ ONLY and SET NOCOUNT; so does reading or writing files
// and calling other hosts. BEGIN, SAVEPOINT, ROLLBACK TO and USE of a
// database do not. EXPLAIN is judged by what it would run.
//
// Not covered: what a schema attaches to names. A view, an operator, a cast, a
// rule, or a function that shadows a pure one of the same name may do anything
// in a SELECT. Nor are the scripts of client programs read (psql's backslash
// commands, sqlite3's dot commands): these are unknown.
package sql

import (
	"strings"
	"unicode/utf8"
)

// Limits on what Parse reads. Whatever lies over one is unknown.
const (
	maxText       = 1 << 20 // bytes
	maxStatements = 1000    // statements of a text
	maxDepth      = 1000    // parentheses within one another
	maxTables     = 64      // names in Tables
)

const unknown = "unknown"

// Statement is one statement of a text.
type Statement struct {
	// Kind is the verb in lower case: "select", "insert", "drop". Synonyms have
	// one name: "execute" (EXEC), "describe" (DESC), "begin" (START
	// TRANSACTION), "commit" (END), "rollback" (ABORT). It is "unknown" where
	// dialects disagree or the text cannot be read.
	Kind string `expr:"kind"`
	// Write says that it may change data, schema, rights, files or settings, or
	// run code. It is true wherever there is doubt.
	Write bool `expr:"write"`
	// Where says that an update or delete has a WHERE at its own level that is
	// not plainly true for every row (1=1, true, id=id, a=1 or 1=1). It is false
	// for other kinds.
	Where bool `expr:"where"`
	// Tables are the names that it reads or writes, as far as they can be told,
	// in lower case unless quoted, schema included ("public.users"). Names that
	// WITH defines are among them. More than 64 make the kind unknown.
	Tables []string `expr:"tables"`
}

// Parse gives the statements of a text in the order in which they stand. A text
// that is empty or holds comments only gives none; one over 1 MiB gives one
// unknown statement, and one with more than 1,000 statements the first ones and
// an unknown one. It may be called concurrently.
func Parse(text string) (list []Statement) {
	// A fault here must deny one call, not end the session.
	defer func() {
		if recover() != nil {
			list = []Statement{{Kind: unknown, Write: true}}
		}
	}()
	return parse(text)
}

func parse(text string) []Statement {
	if len(text) > maxText {
		return []Statement{{Kind: unknown, Write: true}}
	}
	var readings []*reading
	for _, d := range dialectsFor(text) {
		readings = append(readings, read(text, d))
	}
	out := merge(readings)
	if strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text) {
		out = disagreement(readings)
	}
	if len(out) > maxStatements {
		out = append(out[:maxStatements:maxStatements], Statement{Kind: unknown, Write: true})
	}
	return out
}

// merge gives the statements on which the readings agree, or what a
// disagreement gives.
func merge(readings []*reading) []Statement {
	var base *reading
	for _, r := range readings {
		if !r.cut && base == nil {
			base = r
		}
	}
	if base == nil {
		return disagreement(readings)
	}
	for _, r := range readings {
		if r.unsure || !r.agrees(base) {
			return disagreement(readings)
		}
	}
	for _, r := range readings {
		if r == base {
			continue
		}
		for i, s := range r.out {
			b := &base.out[i]
			b.Write = b.Write || s.Write
			b.Where = b.Where && (s.Where || r.cut)
			b.Tables = union(b.Tables, s.Tables)
		}
	}
	return base.out
}

// agrees says whether r's statements are of the kinds of base's, or, where r was
// cut, the first ones of them.
func (r *reading) agrees(base *reading) bool {
	if len(r.out) > len(base.out) || !r.cut && len(r.out) != len(base.out) {
		return false
	}
	for i, s := range r.out {
		if s.Kind != base.out[i].Kind {
			return false
		}
	}
	return true
}

// disagreement gives one unknown statement, and each statement of any reading
// that may write.
func disagreement(readings []*reading) []Statement {
	out := []Statement{{Kind: unknown, Write: true}}
	seen := map[string]bool{}
	for _, r := range readings {
		for _, s := range r.out {
			if !s.Write || s.Kind == unknown {
				continue
			}
			key := s.Kind + "\x00" + strings.Join(s.Tables, "\x00")
			if s.Where {
				key += "\x00\x00"
			}
			if !seen[key] {
				seen[key] = true
				out = append(out, s)
			}
		}
	}
	return out
}

func union(a, b []string) []string {
	for _, name := range b {
		a = addName(a, name)
	}
	return a
}

func addName(names []string, name string) []string {
	for _, n := range names {
		if n == name {
			return names
		}
	}
	return append(names, name)
}
