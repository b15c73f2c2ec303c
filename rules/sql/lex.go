package sql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tWord   tokenKind = iota // bare
	tQuoted                  // a quoted name, where it is not a string
	tString
	tNumber
	tVariable // @x, @@x, $1, $x
	tPunct    // one byte
)

// token is 12 bytes, as a text of 1 MiB may hold a million of them.
type token struct {
	start, end uint32
	id         uint16 // of a bare word: its place in vocabulary, 0 where it is not in there
	kind       tokenKind
}

// reading is a text read in one dialect.
type reading struct {
	text   string
	d      dialect
	pos    int
	inside bool    // within /*! */
	toks   []token // of the statement being read
	out    []Statement
	unsure bool // something here may mean more than out says
	cut    bool // the text ends within a string, name or comment
}

func read(text string, d dialect) *reading {
	r := &reading{text: text, d: d}
	for r.pos < len(text) && len(r.out) <= maxStatements {
		r.toks = r.toks[:0]
		r.statement()
		r.classify()
	}
	r.cut = r.cut || r.inside
	r.toks = nil
	return r
}

// statement reads words up to the end of a statement.
func (r *reading) statement() {
	for r.pos < len(r.text) {
		if r.d.names.lines && (r.pos == 0 || r.text[r.pos-1] == '\n') {
			line, _, _ := strings.Cut(r.text[r.pos:], "\n")
			if kind := clientLine(line); kind != notClient {
				r.pos += len(line)
				r.unsure = r.unsure || kind == command
				return
			}
		}
		c := r.text[r.pos]
		switch {
		case c == ';':
			r.pos++
			return
		case c == '\n' && len(r.toks) > 0 && r.is(0, "."):
			return // a dot command of sqlite3 ends with its line
		case c == ' ' || c >= '\t' && c <= '\r':
			r.pos++
		case r.comment(c):
		default:
			r.word(c)
		}
	}
}

// comment skips a comment, or a mark of an executed one, and says whether there
// was one.
func (r *reading) comment(c byte) bool {
	rest := r.text[r.pos:]
	cs := r.d.comments
	switch {
	case strings.HasPrefix(rest, "--") && (!cs.spaced || len(rest) == 2 || rest[2] <= ' ' || rest[2] == 0x7f),
		c == '#' && cs.hash, cs.slashes && strings.HasPrefix(rest, "//"):
		r.lineComment(rest)
	case strings.HasPrefix(rest, "*/"):
		r.unsure = r.unsure || !r.inside
		r.inside = false
		r.pos += 2
	case !strings.HasPrefix(rest, "/*"):
		return false
	case cs.executed && executable(rest) > 0:
		r.unsure = r.unsure || r.inside
		r.inside = true
		r.pos += executable(rest)
		for n := 0; r.pos < len(r.text) && isDigit(r.text[r.pos]) && n < 6; n++ {
			r.pos++
		}
	default:
		r.blockComment()
	}
	return true
}

func executable(s string) int {
	switch {
	case strings.HasPrefix(s, "/*!"):
		return 3
	case strings.HasPrefix(s, "/*M!"), strings.HasPrefix(s, "/*m!"):
		return 4
	}
	return 0
}

func (r *reading) lineComment(rest string) {
	end := strings.IndexByte(rest, '\n')
	if r.d.comments.cr {
		end = strings.IndexAny(rest, "\r\n")
	}
	if end < 0 {
		end = len(rest)
	}
	// These end lines for some programs, and for no database.
	if strings.ContainsAny(rest[:end], "\u0085\u2028\u2029") {
		r.unsure = true
	}
	r.pos += end
}

func (r *reading) blockComment() {
	depth, i := 1, r.pos+2
	for {
		n := strings.IndexAny(r.text[i:], "*/")
		if n < 0 || i+n+1 >= len(r.text) {
			r.endless(true)
			return
		}
		i += n
		switch r.text[i : i+2] {
		case "*/":
			i += 2
			if depth--; depth == 0 || !r.d.comments.nested {
				r.pos = i
				return
			}
		case "/*":
			i += 2
			depth++
		default:
			i++
		}
	}
}

// word reads one word that is neither white space nor a comment.
func (r *reading) word(c byte) {
	start := r.pos
	switch {
	case c == '\'':
		r.quoted(c, r.d.strings.single)
		r.add(tString, start)
	case c == '"':
		r.quoted(c, r.d.strings.double)
		r.add(tQuoted, start)
		if start >= 2 && strings.EqualFold(r.text[start-2:start], "u&") {
			r.unsure = true // its letters may be escaped
		}
	case c == '`' && r.d.names.ticks:
		r.quoted(c, r.d.names.tickEsc)
		r.add(tQuoted, start)
	case c == '[' && r.d.names.bracket:
		r.bracketed()
		r.add(tQuoted, start)
	case isDigit(c), c == '.' && r.pos+1 < len(r.text) && isDigit(r.text[r.pos+1]) && !r.afterName():
		r.number()
		r.add(tNumber, start)
	case c == '$':
		r.dollar()
	case c == '@' && r.pos+1 < len(r.text) && (r.text[r.pos+1] == '@' || isWordByte(r.text[r.pos+1])):
		r.pos += 2
		r.skipWord()
		r.add(tVariable, start)
	case isWordByte(c), c == '#' && r.pos+1 < len(r.text) && isLetter(r.text[r.pos+1]):
		r.pos++
		r.skipWord()
		r.bare(start)
	default:
		r.pos++
		// A backslash speaks to a client program, a control character to nobody.
		r.unsure = r.unsure || c == '\\' || c < ' ' || c == 0x7f
		r.add(tPunct, start)
	}
}

func (r *reading) add(kind tokenKind, start int) {
	r.toks = append(r.toks, token{start: uint32(start), end: uint32(r.pos), kind: kind})
}

func (r *reading) skipWord() {
	for r.pos < len(r.text) && isWordByte(r.text[r.pos]) {
		r.pos++
	}
}

// afterName says whether the last word is a name that ends right here, so that
// a dot would join it to the next.
func (r *reading) afterName() bool {
	if len(r.toks) == 0 {
		return false
	}
	last := r.toks[len(r.toks)-1]
	return int(last.end) == r.pos && (last.kind == tWord || last.kind == tQuoted)
}

// bare adds a word that began at start, or the string of which it is a prefix.
func (r *reading) bare(start int) {
	w := r.text[start:r.pos]
	if (w == "e" || w == "E") && r.d.strings.escape && strings.HasPrefix(r.text[r.pos:], "'") {
		r.quoted('\'', true)
		for r.continued() {
			r.quoted('\'', true)
		}
		r.add(tString, start)
		return
	}
	if !plain(w) {
		r.unsure = true
	}
	r.add(tWord, start)
	r.toks[len(r.toks)-1].id = lookUp(w)
}

// continued says whether a string goes on behind a line end, as PostgreSQL has
// it, and goes there.
func (r *reading) continued() bool {
	rest := r.text[r.pos:]
	trimmed := strings.TrimLeft(rest, " \t\r\n\v\f")
	gap := rest[:len(rest)-len(trimmed)]
	if strings.HasPrefix(trimmed, "--") {
		r.unsure = true
	}
	if !strings.HasPrefix(trimmed, "'") || !strings.ContainsAny(gap, "\r\n") {
		return false
	}
	r.pos += len(gap)
	return true
}

// quoted reads what stands between q and q, where two q are one.
func (r *reading) quoted(q byte, escapes bool) {
	if r.d.strings.triple && q != '`' {
		if mark := strings.Repeat(string(q), 3); strings.HasPrefix(r.text[r.pos:], mark) {
			r.tripled(mark)
			return
		}
	}
	for i := r.pos + 1; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '\\' && escapes:
			i++
		case c == q && i+1 < len(r.text) && r.text[i+1] == q:
			i++
		case c == q:
			r.pos = i + 1
			return
		}
	}
	r.endless(q == '`')
}

// endless is the end of the text within something. Where another reading may
// well not see anything begin there, nothing is sure.
func (r *reading) endless(unsure bool) {
	r.pos, r.cut = len(r.text), true
	r.unsure = r.unsure || unsure
}

func (r *reading) tripled(mark string) {
	for i := r.pos + 3; i < len(r.text); i++ {
		switch {
		case r.text[i] == '\\':
			i++
		case strings.HasPrefix(r.text[i:], mark):
			r.pos = i + 3
			return
		}
	}
	r.endless(false)
}

func (r *reading) bracketed() {
	for i := r.pos + 1; i < len(r.text); i++ {
		if r.text[i] != ']' {
			continue
		}
		if r.d.names.twice && i+1 < len(r.text) && r.text[i+1] == ']' {
			i++
			continue
		}
		r.pos = i + 1
		return
	}
	r.endless(true)
}

// dollar reads a dollar quote or a variable.
func (r *reading) dollar() {
	start, end := r.pos, r.pos+1
	for end < len(r.text) && r.text[end] != '$' && isWordByte(r.text[end]) {
		end++
	}
	quotes := end < len(r.text) && r.text[end] == '$' && (end == start+1 || !isDigit(r.text[start+1]))
	if !r.d.strings.dollar || !quotes {
		r.pos++
		r.skipWord()
		r.add(tVariable, start)
		return
	}
	tag := r.text[start : end+1]
	n := strings.Index(r.text[end+1:], tag)
	if n < 0 {
		r.endless(true)
	} else {
		r.pos = end + 1 + n + len(tag)
	}
	r.add(tString, start)
}

// number reads a number. Where a letter follows, dialects disagree about where
// it ends, and SQL Server begins a word.
func (r *reading) number() {
	digits := func(valid func(byte) bool) {
		for r.pos < len(r.text) && (valid(r.text[r.pos]) || r.text[r.pos] == '_') {
			r.pos++
		}
	}
	rest := r.text[r.pos:]
	if len(rest) > 2 && rest[0] == '0' && rest[1]|0x20 == 'x' {
		r.pos += 2
		digits(isHex)
	} else {
		digits(isDigit)
		if r.pos < len(r.text) && r.text[r.pos] == '.' {
			r.pos++
			digits(isDigit)
		}
		if n := exponent(r.text[r.pos:]); n > 0 {
			r.pos += n
			digits(isDigit)
		}
	}
	if r.pos < len(r.text) && isWordByte(r.text[r.pos]) {
		r.unsure = true
	}
}

func isHex(b byte) bool { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }

func exponent(s string) int {
	if len(s) > 1 && s[0]|0x20 == 'e' {
		if isDigit(s[1]) {
			return 2
		}
		if len(s) > 2 && (s[1] == '+' || s[1] == '-') && isDigit(s[2]) {
			return 3
		}
	}
	return 0
}

// plain says whether a bare word is what it looks like: letters of scripts in
// use, and none that looks like a Latin letter among Latin ones.
func plain(w string) bool {
	latin, lookalike := false, false
	for i := 0; i < len(w); {
		if w[i] < utf8.RuneSelf {
			latin = latin || isLetter(w[i])
			i++
			continue
		}
		c, n := utf8.DecodeRuneInString(w[i:])
		i += n
		switch {
		case c == utf8.RuneError, !unicode.In(c, unicode.L, unicode.Nd, unicode.Mn, unicode.Mc),
			c == 0xaa, c == 0xba, c == 0x17f, c >= 0x2b0 && c <= 0x2ff, c >= 0x1d00 && c <= 0x1dbf, c >= 0xf900 && c <= 0xfaff, c >= 0xfb00 && c <= 0xfdff,
			c >= 0xfe00 && c <= 0xffef, c >= 0x2000 && c <= 0x2e7f, c >= 0x1d000 && c <= 0x1f9ff:
			return false
		case unicode.In(c, unicode.Latin):
		case unicode.In(c, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu):
			lookalike = true
		}
	}
	return !latin || !lookalike
}
