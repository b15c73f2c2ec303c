package shell

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// arg is one word of a command.
type arg struct {
	text   string // the literal, or the word as written
	exact  bool   // it is a literal
	hidden bool   // stands for arguments that come from elsewhere
	braced bool   // one of the words of a brace expansion, which dash would not make
}

// word resolves quotes and escapes.
func (w *walker) word(word *syntax.Word) arg {
	if text, ok := unquote(word.Parts); ok && !hasBraces(word.Parts) && !hasFolder(word.Parts) {
		w.look(text)
		return arg{text: text, exact: true}
	}
	return arg{text: w.written(word)}
}

func (w *walker) written(n syntax.Node) string {
	from, to := n.Pos().Offset(), n.End().Offset()
	if from > to || to > uint(len(w.src)) {
		return ""
	}
	return w.src[from:to]
}

// look notes literals that run a command when arithmetic evaluates them.
func (l *list) look(text string) {
	if l.poison {
		return
	}
	if i := strings.IndexByte(text, '['); i >= 0 {
		l.poison = strings.Contains(text[i:], "$(") || strings.Contains(text[i:], "`")
	}
}

// unquote gives the text of word parts that expand to themselves.
func unquote(parts []syntax.WordPart) (string, bool) {
	if len(parts) == 1 {
		lit, ok := parts[0].(*syntax.Lit)
		if ok && (lit.Value == "[" || !strings.ContainsAny(lit.Value, `\*?[`)) {
			return lit.Value, true
		}
	}
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			if hasGlob(p.Value) {
				return "", false
			}
			unescape(&b, p.Value, "")
		case *syntax.SglQuoted:
			if !p.Dollar {
				b.WriteString(p.Value)
			} else if !ansiC(&b, p.Value) {
				return "", false
			}
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				lit, ok := q.(*syntax.Lit)
				if !ok {
					return "", false
				}
				unescape(&b, lit.Value, "$`\"\\\n")
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// unescape removes the backslashes that quote one of set, any character where set
// is empty.
func unescape(b *strings.Builder, s, set string) {
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			return
		}
		b.WriteString(s[:i])
		c := s[i+1]
		if set != "" && strings.IndexByte(set, c) < 0 {
			b.WriteByte('\\')
		}
		if c != '\n' {
			b.WriteByte(c)
		}
		s = s[i+2:]
	}
}

// hasGlob says whether an unquoted literal may stand for names of files. A "[" and
// its "]" may stand in different parts of the word, so that any "[" counts.
func hasGlob(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

// hasFolder says whether a tilde may stand for the folder where the shell is or
// was, or one on its stack. Others stay as written.
func hasFolder(parts []syntax.WordPart) bool {
	for n, p := range parts {
		lit, ok := p.(*syntax.Lit)
		for i := 0; ok && i < len(lit.Value); i++ {
			switch {
			case lit.Value[i] == '\\':
				i++
			case lit.Value[i] != '~' || i == 0 && n > 0 || i > 0 && lit.Value[i-1] != '=' && lit.Value[i-1] != ':':
			case i+1 < len(lit.Value) && strings.IndexByte("+-0123456789", lit.Value[i+1]) >= 0:
				return true
			}
		}
	}
	return false
}

// hasBraces says whether a word may be a brace expansion.
func hasBraces(parts []syntax.WordPart) bool {
	open, list := false, false
	for _, p := range parts {
		lit, ok := p.(*syntax.Lit)
		if !ok {
			continue
		}
		for i, s := 0, lit.Value; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case '{':
				open = true
			case ',':
				list = list || open
			case '.':
				list = list || open && i+1 < len(s) && s[i+1] == '.'
			case '}':
				if list {
					return true
				}
			}
		}
	}
	return false
}

var ansiLetters = map[byte]byte{
	'a': 7, 'b': 8, 'e': 27, 'E': 27, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11,
	'\\': '\\', '\'': '\'', '"': '"', '?': '?',
}

// ansiC decodes the inside of $'…'. It gives up at NUL, which ends the string, and
// at characters whose bytes depend on the locale.
func ansiC(b *strings.Builder, s string) bool {
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		i += 2
		base, most := 16, 2
		switch {
		case ansiLetters[c] != 0:
			b.WriteByte(ansiLetters[c])
			continue
		case c >= '0' && c <= '7':
			i--
			base, most = 8, 3
		case c == 'x':
		case c == 'u':
			most = 4
		case c == 'U':
			most = 8
		case c == 'c':
			return false
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
			continue
		}
		n := digits(s[i:], base, most)
		v, err := strconv.ParseUint(s[i:i+n], base, 32)
		if err != nil || v&0xff == 0 || most > 3 && v >= utf8.RuneSelf {
			return false
		}
		b.WriteByte(byte(v))
		i += n
	}
	return true
}

func digits(s string, base, most int) int {
	n := 0
	for n < len(s) && n < most {
		if _, err := strconv.ParseUint(s[n:n+1], base, 8); err != nil {
			break
		}
		n++
	}
	return n
}

// document gives the text of a here-document or here-string, and whether that is
// a literal.
func (w *walker) document(r *syntax.Redirect) (string, bool) {
	if r.Op == syntax.WordHdoc {
		a := w.word(r.Word)
		return a.text + "\n", a.exact
	}
	if r.Hdoc == nil {
		return "", true
	}
	quoted := false
	for _, p := range r.Word.Parts {
		lit, ok := p.(*syntax.Lit)
		quoted = quoted || !ok || strings.Contains(lit.Value, `\`)
	}
	var b strings.Builder
	for _, p := range r.Hdoc.Parts {
		lit, ok := p.(*syntax.Lit)
		if !ok {
			return "", false
		}
		if quoted {
			b.WriteString(lit.Value)
		} else {
			unescape(&b, lit.Value, "$`\\\n")
		}
	}
	text := b.String()
	if r.Op == syntax.DashHdoc {
		text = stripTabs(text)
	}
	w.look(text)
	return text, true
}

func stripTabs(text string) string {
	var b strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return b.String()
}
