package scan

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// judged is how many bytes of a value are looked at to tell what it is like.
const judged = 256

// figures describe how a value is made.
type figures struct {
	length   int
	letters  int
	digits   int
	upper    int
	blanks   int
	signs    int // neither letter, digit, blank nor one of - _ . /
	wide     int // bytes of characters beyond ASCII
	distinct int
	pairs    int // neighbours that are letters or digits both
	changes  int // those among them that differ: lower case, upper case, digit
	number   int // those among them where a digit meets a letter
}

func stats(v string) (f figures) {
	f.length = len(v)
	v = v[:min(len(v), judged)]
	var seen [4]uint64
	var last byte
	for i := range len(v) {
		c := v[i]
		seen[c>>6] |= 1 << (c & 63)
		var sort byte
		switch {
		case c >= '0' && c <= '9':
			f.digits++
			sort = 1
		case c >= 'a' && c <= 'z':
			f.letters++
			sort = 2
		case c >= 'A' && c <= 'Z':
			f.letters++
			f.upper++
			sort = 3
		case c >= utf8.RuneSelf:
			f.wide++
		case c == ' ':
			f.blanks++
		case c != '-' && c != '_' && c != '.' && c != '/':
			f.signs++
		}
		if last != 0 && sort != 0 {
			f.pairs++
			if sort != last {
				f.changes++
			}
			if (sort == 1) != (last == 1) {
				f.number++
			}
		}
		last = sort
	}
	for _, w := range seen {
		f.distinct += bits.OnesCount64(w)
	}
	return f
}

// random tells what a generator makes from what people call things: letters and
// digits, or large and small letters, take turns more often than in names, versions
// and identifiers. At least 16 bytes.
func (f figures) random() bool { return f.length >= 16 && f.distinct >= 8 && f.mixed() }

// mixed is random for values of any length.
func (f figures) mixed() bool {
	if f.blanks > 0 || f.wide > 0 || f.letters == 0 || f.changes < 3 {
		return false
	}
	switch {
	case f.digits == 0:
		return f.upper*4 >= f.letters && f.upper*4 <= 3*f.letters && f.changes*100 >= 38*f.pairs
	case f.upper == 0 || f.upper == f.letters:
		return f.changes*100 >= 24*f.pairs
	}
	return f.changes*100 >= 36*f.pairs || f.number >= 6 && f.changes*100 >= 28*f.pairs
}

// fillers are words that stand where a secret would.
var fillers = [...]string{"your", "example", "changeme", "change", "placeholder", "dummy", "redacted", "masked",
	"sample", "insert", "replace", "todo", "undefined", "yourtoken", "yourpassword", "yourkey", "examplekey",
	"omitted", "hidden", "removed", "enter", "foobar", "fixme", "lorem"}

// placeholder tells values that stand for a secret: masks, variables, sample words.
func placeholder(v string) bool {
	v = v[:min(len(v), judged)]
	if v == "" || strings.Contains(v, "‹") || strings.Contains(v, "…") || strings.Contains(v, "...") ||
		strings.Contains(v, "***") || strings.Contains(v, "•") || strings.Contains(v, "%s") || containsFold(v, "xxx") {
		return true
	}
	for _, open := range [...]string{"${", "$(", "{{", "%(", "<%", "#{", "$ENV", "$env:"} {
		if strings.Contains(v, open) {
			return true
		}
	}
	switch first, last := v[0], v[len(v)-1]; {
	case first == '<' && last == '>', first == '{' && last == '}', first == '[' && last == ']', first == '%' && last == '%',
		first == '$' && named(v[1:]), first == '@' && last == '@' && len(v) > 1:
		return true
	}
	if strings.HasSuffix(v, "EXAMPLE") || strings.HasSuffix(v, "EXAMPLEKEY") {
		return true
	}
	for i := 0; i < len(v); i++ {
		if !isLetter(v[i]) {
			continue
		}
		start := i
		for i < len(v) && isLetter(v[i]) {
			i++
		}
		if filler(v[start:i]) {
			return true
		}
	}
	return false
}

func filler(word string) bool {
	for _, f := range fillers {
		if len(f) == len(word) && foldAt(word, 0, f) {
			return true
		}
	}
	return false
}

func containsFold(v, word string) bool {
	for i := range len(v) - len(word) + 1 {
		if foldAt(v, i, word) {
			return true
		}
	}
	return false
}

// named tells names: letters, digits, underscores.
func named(v string) bool {
	for i := range len(v) {
		if c := v[i]; !is(c, alnumClass) && c != '_' {
			return false
		}
	}
	return v != "" && !is(v[0], digitClass)
}
