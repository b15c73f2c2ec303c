package guard

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// levels is how often escapes of a kind are taken to stand within escapes.
const levels = 4

// escaped finds forms of which bytes are escaped. Only where an escape stands for a byte that a form has is anything decoded: it, and
// what stands around it of such bytes and escapes.
func (g *Guard) escaped(sc *scratch, text []byte) {
	g.mark(sc, text)
	for _, w := range sc.windows {
		g.decode(sc, text, w[0], w[1])
	}
}

// mark finds the windows.
func (g *Guard) mark(sc *scratch, text []byte) {
	sc.windows, sc.letters = sc.windows[:0], false
	floor := 0 // the end of the last escape, or window
	for i := nextEscape(text, 0); i < len(text); i = nextEscape(text, i) {
		if text[i] == '\\' && i+1 < len(text) && g.idle[text[i+1]] {
			i += 2
			floor = i
			continue
		}
		length, telling := g.telling(text, i)
		if r, _ := unicodeEscape(text, i); r >= 'a' && r <= 'z' {
			sc.letters = true
		}
		if !telling {
			if text[i] == '\\' {
				floor = i + length
			}
			i += length
			continue
		}
		start := i
		for start > floor && g.run[text[start-1]] {
			start--
		}
		i = g.runEnd(text, i+length)
		if floor = i; i-start >= g.table.shortest {
			sc.windows = append(sc.windows, [2]int{start, i})
		}
	}
}

// runEnd goes on while there are bytes of forms, and escapes that stand for some.
func (g *Guard) runEnd(text []byte, i int) int {
	for i < len(text) {
		if text[i] == '\\' || text[i] == '%' {
			length, telling := g.telling(text, i)
			if !telling {
				return i
			}
			i += length
			continue
		}
		if !g.run[text[i]] {
			return i
		}
		i++
	}
	return i
}

// nextEscape is where the first backslash or percent sign stands from i on; len(text) where there is none. It looks at eight bytes at a
// time, and where there is none nearby in a way that takes longer to begin and less for each byte.
func nextEscape(text []byte, i int) int {
	const ones, highs, near = 0x0101010101010101, 0x8080808080808080, 48
	for end := i + near; i < end; i += 8 {
		if i+8 > len(text) {
			return farEscape(text, i)
		}
		w := binary.LittleEndian.Uint64(text[i:])
		a, b := w^'\\'*ones, w^'%'*ones
		if found := ((a-ones)&^a | (b-ones)&^b) & highs; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	return farEscape(text, i)
}

// farEscape is nextEscape where escapes are rare.
func farEscape(text []byte, i int) int {
	end := len(text)
	if n := bytes.IndexByte(text[i:], '\\'); n >= 0 {
		end = i + n
	}
	if n := bytes.IndexByte(text[i:end], '%'); n >= 0 {
		return i + n
	}
	return end
}

// telling reports whether an escape may be part of a form. length is how much of text was looked at: a run of backslashes as a whole.
func (g *Guard) telling(text []byte, i int) (length int, telling bool) {
	if text[i] == '%' {
		j := i + 1
		for j+1 < len(text) && text[j] == '2' && text[j+1] == '5' {
			j += 2
		}
		b, ok := hexByte(text, j)
		return j - i, ok && g.counts(b) || j > i+1 || g.alphabet['%']
	}
	j := i
	for j < len(text) && text[j] == '\\' {
		j++
	}
	if j == len(text) {
		return j - i, g.alphabet['\\']
	}
	c := text[j]
	if j-i > 1 {
		if c == 'u' || c == 'x' || c == '%' || g.alphabet['\\'] {
			return j - i + 1, true
		}
		if b, ok := simpleEscape(c); ok && g.counts(b) {
			return j - i + 1, true
		}
		return j - i + (j-i)%2, false // behind an even run stands no escape
	}
	if r, size := escapeAt(text, i); size > 0 {
		var first [utf8.UTFMax]byte
		if first[0] = byte(r); c == 'u' {
			utf8.EncodeRune(first[:], r)
		}
		return size, g.counts(first[0])
	}
	return 1, g.alphabet['\\']
}

// counts reports whether a byte stands in forms, or in escapes.
func (g *Guard) counts(b byte) bool { return g.run[b] }

// decode searches a window.
func (g *Guard) decode(sc *scratch, text []byte, from, to int) {
	at := make([]int, 0, to-from+1)
	for i := from; i <= to; i++ {
		at = append(at, i)
	}
	g.peel(sc, layer{text[from:to], at}, [2]int{levels, levels})
}

// A layer is a text from which some escapes were taken. at says where its bytes stand in what was searched: [at[i], at[i+1]).
type layer struct {
	text []byte
	at   []int
}

// peel takes off one level of the escapes of JSON, then one of those of URLs instead, and goes on with what is left, so that what looks
// like an escape of the one kind, and is part of a value, is left by the other.
func (g *Guard) peel(sc *scratch, l layer, left [2]int) {
	for kind, introducer := range []byte("\\%") {
		if left[kind] == 0 {
			continue
		}
		inner, any := l.unescape(introducer)
		if !any {
			continue
		}
		g.table.search(inner.text, func(start, end, secret int) {
			sc.hits = append(sc.hits, hit{inner.at[start], inner.at[end], secret})
		})
		rest := left
		rest[kind]--
		g.peel(sc, inner, rest)
	}
}

// unescape takes one level of escapes from a text. any reports whether there was one.
func (l layer) unescape(introducer byte) (inner layer, any bool) {
	if bytes.IndexByte(l.text, introducer) < 0 {
		return l, false
	}
	inner = layer{make([]byte, 0, len(l.text)), make([]int, 0, len(l.at))}
	var encoded [utf8.UTFMax]byte
	for i := 0; i < len(l.text); {
		b, size := l.text[i:i+1], 1
		if b[0] == introducer {
			if r, n := escapeAt(l.text, i); n > 0 {
				any, size = true, n
				b = encoded[:1]
				if encoded[0] = byte(r); r >= utf8.RuneSelf && introducer == '\\' && l.text[i+1] == 'u' {
					b = encoded[:utf8.EncodeRune(encoded[:], r)]
				}
			}
		}
		for range b {
			inner.at = append(inner.at, l.at[i])
		}
		inner.text = append(inner.text, b...)
		i += size
	}
	inner.at = append(inner.at, l.at[len(l.text)])
	return inner, any
}

// escapeAt is what the escape at text[i] stands for, and its length; 0 where there is none.
func escapeAt(text []byte, i int) (r rune, size int) {
	switch text[i] {
	case '%':
		if b, ok := hexByte(text, i+1); ok {
			return rune(b), 3
		}
	case '\\':
		if i+1 == len(text) {
			return 0, 0
		}
		if c := text[i+1]; c == 'u' {
			return unicodeEscape(text, i)
		} else if c == 'x' {
			if b, ok := hexByte(text, i+2); ok {
				return rune(b), 4
			}
		} else if b, ok := simpleEscape(c); ok {
			return rune(b), 2
		}
	}
	return 0, 0
}

func simpleEscape(c byte) (b byte, ok bool) {
	switch c {
	case '"', '\'', '/', '\\':
		return c, true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	}
	return 0, false
}

// unicodeEscape reads \uXXXX, or two of them that are one character.
func unicodeEscape(text []byte, i int) (r rune, size int) {
	r, ok := hexUnit(text, i)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if low, ok := hexUnit(text, i+6); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, 12
			}
		}
	}
	return r, 6
}

func hexUnit(text []byte, i int) (r rune, ok bool) {
	if i+6 > len(text) || text[i] != '\\' || text[i+1] != 'u' {
		return 0, false
	}
	high, ok := hexByte(text, i+2)
	low, also := hexByte(text, i+4)
	return rune(high)<<8 | rune(low), ok && also
}

func hexByte(text []byte, i int) (b byte, ok bool) {
	if i+2 > len(text) {
		return 0, false
	}
	high, ok := hexDigit(text[i])
	low, also := hexDigit(text[i+1])
	return high<<4 | low, ok && also
}

func hexDigit(b byte) (n byte, ok bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// insideEscape reports whether text[i] belongs to an escape that begins before it: what looks like a form there is none.
func insideEscape(text []byte, i int) bool {
	for j := max(0, i-5); j < i; j++ {
		if n := backslashes(text, j); text[j] == '\\' && n%2 == 0 && n < maxRun {
			if _, size := escapeAt(text, j); j+size > i {
				return true
			}
		}
	}
	return false
}

// backslashes counts those that stand right before text[i], up to maxRun: what stands behind so many is taken for what it looks like.
func backslashes(text []byte, i int) (n int) {
	for n < i && n < maxRun && text[i-1-n] == '\\' {
		n++
	}
	return n
}

// maxRun is more than honest text has.
const maxRun = 1 << 12
