package pin

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep values nest. The reader of frames allows as much.
const maxDepth = 1024

var errNotJSON = errors.New("it is not JSON")

// Canonical appends the canonical form of one JSON value to dst: that of RFC 8785 (no white space, members in the order of their names
// as UTF-16, strings with as few escapes as may be), but numbers keep their spelling, since those that RFC 8785 makes equal are not
// equal to every parser. Duplicate names, which the reader of frames refuses, keep their order.
func Canonical(dst, raw []byte) ([]byte, error) {
	c := canonicaliser{raw: raw, out: dst}
	c.blanks()
	c.value(0)
	c.blanks()
	if c.bad || c.i != len(raw) {
		return nil, errNotJSON
	}
	return c.out, nil
}

// Hash is the hash of a value: "h1:" and the base64 of SHA-256 over its canonical form, like the hashes of go.sum.
func Hash(raw []byte) (string, error) {
	b, err := Canonical(nil, raw)
	if err != nil {
		return "", err
	}
	return hashOf(b), nil
}

func hashOf(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return "h1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// A canonicaliser walks one value. It looks only as closely as it must: what it is given has passed the reader of frames.
type canonicaliser struct {
	raw []byte
	i   int
	out []byte
	bad bool
}

func (c *canonicaliser) blanks() {
	for c.i < len(c.raw) {
		switch c.raw[c.i] {
		case ' ', '\t', '\n', '\r':
			c.i++
		default:
			return
		}
	}
}

// next returns the byte at hand, 0 at the end.
func (c *canonicaliser) next() byte {
	if c.i < len(c.raw) {
		return c.raw[c.i]
	}
	return 0
}

func (c *canonicaliser) value(depth int) {
	if depth > maxDepth {
		c.bad = true
	}
	if c.bad {
		return
	}
	switch c.next() {
	case '{':
		c.object(depth)
	case '[':
		c.array(depth)
	case '"':
		s, ok := c.text()
		c.bad = c.bad || !ok
		c.out = append(c.out, s...)
	default:
		start := c.i
		for c.i < len(c.raw) && bytes.IndexByte([]byte(",:]}[{\" \t\n\r"), c.raw[c.i]) < 0 {
			c.i++
		}
		c.bad = c.i == start
		c.out = append(c.out, c.raw[start:c.i]...)
	}
}

func (c *canonicaliser) array(depth int) {
	c.out = append(c.out, '[')
	c.i++
	for c.blanks(); c.next() != ']' && !c.bad; c.blanks() {
		c.value(depth + 1)
		if c.blanks(); c.next() == ',' {
			c.out = append(c.out, ',')
			c.i++
		} else if c.next() != ']' {
			c.bad = true
		}
	}
	c.i++
	c.out = append(c.out, ']')
}

// A member is a name in canonical form, with its quotes, and where the member's canonical form lies in the output.
type member struct {
	name       []byte
	start, end int
}

// object writes members as they come and puts them in order afterwards, which most already are.
func (c *canonicaliser) object(depth int) {
	begin := len(c.out)
	c.i++
	c.out = append(c.out, '{')
	var buf [16]member
	members := buf[:0]
	sorted := true
	for c.blanks(); c.next() != '}' && !c.bad; c.blanks() {
		name, ok := c.text()
		c.blanks()
		if !ok || c.next() != ':' {
			c.bad = true
			return
		}
		c.i++
		c.blanks()
		if len(members) > 0 {
			c.out = append(c.out, ',')
			sorted = sorted && compareNames(members[len(members)-1].name, name) <= 0
		}
		start := len(c.out)
		c.out = append(append(c.out, name...), ':')
		c.value(depth + 1)
		members = append(members, member{name, start, len(c.out)})
		if c.blanks(); c.next() == ',' {
			c.i++
		} else if c.next() != '}' {
			c.bad = true
		}
	}
	c.i++
	c.out = append(c.out, '}')
	if !sorted && !c.bad {
		c.reorder(begin, members)
	}
}

// reorder writes the members of the object that begins at begin in the output in their order.
func (c *canonicaliser) reorder(begin int, members []member) {
	written := bytes.Clone(c.out[begin:])
	slices.SortStableFunc(members, func(a, b member) int { return compareNames(a.name, b.name) })
	c.out = append(c.out[:begin], '{')
	for i, m := range members {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.out = append(c.out, written[m.start-begin:m.end-begin]...)
	}
	c.out = append(c.out, '}')
}

// text returns the string at hand in canonical form, with its quotes. Mostly that is how it is written: the short escapes are what is
// canonical for what they stand for.
func (c *canonicaliser) text() ([]byte, bool) {
	start := c.i
	if c.next() != '"' {
		return nil, false
	}
	escaped, quote := false, -1
	for c.i++; ; {
		if quote < c.i { // else the one that was found is still ahead
			if quote = bytes.IndexByte(c.raw[min(c.i, len(c.raw)):], '"'); quote < 0 {
				return nil, false
			}
			quote += c.i
		}
		escape := bytes.IndexByte(c.raw[c.i:quote], '\\')
		if escape < 0 {
			c.i = quote + 1
			break
		}
		if c.i += escape + 2; c.i > len(c.raw) {
			return nil, false
		}
		switch c.raw[c.i-1] {
		case '"', '\\', 'b', 'f', 'n', 'r', 't':
		default:
			escaped = true
		}
	}
	if !escaped {
		return c.raw[start:c.i], true
	}
	return appendText(nil, unescape(c.raw[start+1:c.i-1])), true
}

// appendText writes a string with the escapes of RFC 8785, section 3.2.2.2.
func appendText(dst []byte, s []byte) []byte {
	dst = append(dst, '"')
	for _, b := range s {
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\b':
			dst = append(dst, `\b`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			if b < 0x20 {
				dst = append(dst, `\u00`...)
				dst = append(dst, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
			} else {
				dst = append(dst, b)
			}
		}
	}
	return append(dst, '"')
}

// unescape decodes the content of a JSON string. Half a surrogate pair becomes U+FFFD, as the session sends it on.
func unescape(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		if s[i] != 'u' {
			out = append(out, decoded(s[i]))
			continue
		}
		r := unit(s, i+1)
		i += 4
		if utf16.IsSurrogate(r) && i+2 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
			if pair := utf16.DecodeRune(r, unit(s, i+3)); pair != utf8.RuneError {
				r = pair
				i += 6
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// decoded is what a short escape stands for.
func decoded(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// unit reads four hexadecimal digits.
func unit(s []byte, i int) rune {
	if i+4 > len(s) {
		return utf8.RuneError
	}
	n, err := strconv.ParseUint(string(s[i:i+4]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// compareNames orders names, in canonical form, by their UTF-16 code units.
func compareNames(a, b []byte) int {
	if plain(a) && plain(b) {
		return bytes.Compare(a[:len(a)-1], b[:len(b)-1])
	}
	return slices.Compare(utf16.Encode([]rune(string(unescape(a[1:len(a)-1])))), utf16.Encode([]rune(string(unescape(b[1:len(b)-1])))))
}

// plain reports whether the order of the bytes is that of the code units.
func plain(name []byte) bool {
	for _, b := range name {
		if b == '\\' || b >= 0xE0 {
			return false
		}
	}
	return true
}
