package sql

import "strings"

// dialect is a way to cut text into words. Dialects that read a text alike are
// equal once what the text does not hold is cleared.
type dialect struct {
	comments commentStyle
	strings  stringStyle
	names    nameStyle
}

type commentStyle struct {
	nested   bool // /* /* */ */ is one comment
	hash     bool // # begins a comment
	slashes  bool // // begins a comment
	spaced   bool // -- is a comment only before white space or a control character
	executed bool // what stands in /*! */ is text
	cr       bool // CR ends a line comment
}

type stringStyle struct {
	dollar bool // $tag$…$tag$
	escape bool // E'…' takes backslashes
	single bool // '…' takes backslashes
	double bool // "…" takes backslashes
	triple bool // ”'…”' and """…"""
}

type nameStyle struct {
	ticks   bool // `…`
	tickEsc bool // `…` takes backslashes
	bracket bool // […]
	twice   bool // ]] within […] is one ]
	lines   bool // a line GO or / ends a statement, one of : or !! is the client's
}

var dialects = []dialect{
	// PostgreSQL and DuckDB, then with standard_conforming_strings off.
	{commentStyle{nested: true, cr: true}, stringStyle{dollar: true, escape: true}, nameStyle{}},
	{commentStyle{nested: true, cr: true}, stringStyle{dollar: true, escape: true, single: true}, nameStyle{}},
	// MySQL and MariaDB; where the version skips executable comments; with
	// ANSI_QUOTES; with NO_BACKSLASH_ESCAPES.
	{commentStyle{hash: true, spaced: true, executed: true}, stringStyle{single: true, double: true}, nameStyle{ticks: true}},
	{commentStyle{hash: true, spaced: true}, stringStyle{single: true, double: true}, nameStyle{ticks: true}},
	{commentStyle{hash: true, spaced: true, executed: true}, stringStyle{single: true}, nameStyle{ticks: true}},
	{commentStyle{hash: true, spaced: true, executed: true}, stringStyle{}, nameStyle{ticks: true}},
	// SQLite.
	{commentStyle{}, stringStyle{}, nameStyle{ticks: true, bracket: true, lines: true}},
	// SQL Server.
	{commentStyle{nested: true, cr: true}, stringStyle{}, nameStyle{bracket: true, twice: true, lines: true}},
	// BigQuery.
	{commentStyle{hash: true}, stringStyle{single: true, double: true, triple: true}, nameStyle{ticks: true, tickEsc: true}},
	// Snowflake.
	{commentStyle{slashes: true}, stringStyle{single: true, dollar: true}, nameStyle{}},
}

// dialectsFor gives the dialects that could read text in different ways.
func dialectsFor(text string) []dialect {
	has := func(s string) bool { return strings.Contains(text, s) }
	var (
		comment  = has("/*")
		backs    = has(`\`)
		executed = has("/*!") || has("/*M!") || has("/*m!")
		line     = has("--") || has("#") || has("//")
		goLine   = strings.ContainsAny(text, "oO/:!") && strings.ContainsAny(text, "gG/:!")
	)
	var out []dialect
	for _, d := range dialects {
		c, s, n := &d.comments, &d.strings, &d.names
		c.nested = c.nested && comment
		c.hash = c.hash && has("#")
		c.slashes = c.slashes && has("//")
		c.spaced = c.spaced && has("--")
		c.executed = c.executed && executed
		c.cr = c.cr && line && has("\r")
		s.dollar = s.dollar && has("$")
		s.escape = s.escape && backs
		s.single = s.single && backs && has("'")
		s.double = s.double && backs && has(`"`)
		s.triple = s.triple && (has("'''") || has(`"""`))
		n.ticks = n.ticks && has("`")
		n.tickEsc = n.tickEsc && backs && has("`")
		n.bracket = n.bracket && has("[")
		n.twice = n.twice && has("]]")
		n.lines = n.lines && goLine && hasClientLine(text)
		if !containsDialect(out, d) {
			out = append(out, d)
		}
	}
	return out
}

func containsDialect(list []dialect, d dialect) bool {
	for _, o := range list {
		if o == d {
			return true
		}
	}
	return false
}

func hasClientLine(text string) bool {
	for len(text) > 0 {
		line, rest, _ := strings.Cut(text, "\n")
		if clientLine(line) != notClient {
			return true
		}
		text = rest
	}
	return false
}

type clientKind int

const (
	notClient clientKind = iota
	separator            // GO, or / alone
	command              // for the client program
)

// clientLine says whether a whole line speaks to a client program of SQL Server
// or SQLite rather than to the server.
func clientLine(line string) clientKind {
	line = strings.TrimLeft(line, " \t\r\v\f")
	switch {
	case strings.HasPrefix(line, "!!"), strings.HasPrefix(line, ":!!"):
		return command
	case len(line) > 2 && line[0] == ':' && isLetter(line[1]):
		if strings.ContainsAny(line, " \t") || !strings.ContainsAny(line, "=<>,()") {
			return command
		}
		return notClient
	case len(line) >= 2 && strings.EqualFold(line[:2], "go"):
		if len(line) > 2 && isWordByte(line[2]) {
			return notClient
		}
		rest := strings.TrimLeft(line[2:], " \t\r\v\f;0123456789")
		if rest == "" || strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "/*") {
			return separator
		}
	case strings.TrimRight(line, " \t\r\v\f;") == "/":
		return separator
	}
	return notClient
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isWordByte says whether b may stand within a bare word. Bytes of letters that
// are not ASCII are looked at when the word is complete.
func isWordByte(b byte) bool {
	return isLetter(b) || isDigit(b) || b == '_' || b == '$' || b >= 0x80
}
