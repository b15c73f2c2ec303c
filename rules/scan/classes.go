package scan

// class is a set of bytes that tokens are made of.
type class uint8

const (
	digitClass  class = iota
	hexClass          // lower case
	upperClass        // A-Z 0-9
	alnumClass        // A-Z a-z 0-9
	wordClass         // alnum _ -
	dottedClass       // word .
	base64Class       // alnum + / =
	headerClass       // dotted + / = ~, what an Authorization header may carry
	valueClass        // an unquoted value among other text
	lineClass         // an unquoted value that has the line for itself
	classCount
)

// classes has a bit for each class.
var classes = func() (t [256]uint16) {
	set := func(c class, bytes string) {
		for _, b := range []byte(bytes) {
			t[b] |= 1 << c
		}
	}
	for i := range 256 {
		b := byte(i)
		digit, lower, upper := b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z'
		for c, in := range [...]bool{digitClass: digit, hexClass: digit || b >= 'a' && b <= 'f',
			upperClass: digit || upper, alnumClass: digit || upper || lower, lineClass: b > ' ' && b != 0x7f} {
			if in {
				t[b] |= 1 << c
			}
		}
		if digit || upper || lower {
			t[b] |= 1<<wordClass | 1<<dottedClass | 1<<base64Class | 1<<headerClass
		}
		if b > ' ' && b != 0x7f {
			t[b] |= 1 << valueClass
		}
	}
	set(wordClass, "_-")
	set(dottedClass, "_-.")
	set(base64Class, "+/=")
	set(headerClass, "_-.+/=~")
	for _, b := range []byte("\"'`,;<>&)}]") {
		t[b] &^= 1 << valueClass
	}
	return t
}()

func is(b byte, c class) bool { return classes[b]&(1<<c) != 0 }

// span is a half-open range of bytes.
type span struct{ from, to int }

// run gives the end of the bytes of a class that begin at from. What it went through
// is kept, so that near misses within one long run do not each go through it: all
// runs of a class together cost one pass over the text.
func (s *scanner) run(from int, c class) int {
	known := &s.runs[c]
	if from >= known.from && from < known.to {
		return known.to
	}
	i := from
	for i < len(s.text) && is(s.text[i], c) {
		if i++; i == known.from && known.to > i {
			i = known.to
			break
		}
	}
	*known = span{from, i}
	return i
}

// begins tells whether a word may begin at i: no letter or digit is before it, or
// one that belongs to an escape (\n, \u0022, %3D).
func (s *scanner) begins(i int) bool {
	t := s.text
	if i == 0 || !is(t[i-1], alnumClass) {
		return true
	}
	switch {
	case i >= 2 && t[i-2] == '\\':
		return t[i-1] == 'n' || t[i-1] == 'r' || t[i-1] == 't'
	case i >= 3 && t[i-3] == '%':
		return isHex(t[i-1]) && isHex(t[i-2])
	case i >= 6 && t[i-6] == '\\' && t[i-5] == 'u':
		return isHex(t[i-1]) && isHex(t[i-2]) && isHex(t[i-3]) && isHex(t[i-4])
	}
	return false
}

func isHex(b byte) bool { return is(b, hexClass) || b >= 'A' && b <= 'F' }

func isLetter(b byte) bool { b |= 0x20; return b >= 'a' && b <= 'z' }

// foldAt tells whether word, lower case ASCII, stands at i in any case.
func foldAt(t string, i int, word string) bool {
	if i < 0 || len(t)-i < len(word) {
		return false
	}
	for j := range len(word) {
		c := t[i+j]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != word[j] {
			return false
		}
	}
	return true
}
