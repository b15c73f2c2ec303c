package scan

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Finding is a code point that hides something.
type Finding struct {
	Rune   rune
	Offset int    // bytes from the beginning of the text or of the raw JSON
	What   string // "U+202E, a bidi control"
}

// Hidden reports the first unmistakably hidden code point of a text.
func Hidden(s string) (Finding, bool) {
	if clean(s, true) {
		return Finding{}, false
	}
	var d detector
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if d.ascii(c, i) {
				return d.finding()
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if d.next(r, i) {
			return d.finding()
		}
		i += n
	}
	if d.end() {
		return d.finding()
	}
	return Finding{}, false
}

// HiddenJSON reports the first one in any string, key or value, of a JSON text that
// a strict reader has accepted. Escapes are decoded, nothing is allocated.
func HiddenJSON(raw []byte) (Finding, bool) {
	if harmless(raw) {
		return Finding{}, false
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '"' {
			continue
		}
		var d detector
		end, found := d.jsonString(raw, i+1)
		if found || d.end() {
			return d.finding()
		}
		i = end
	}
	return Finding{}, false
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// harmless reports whether a JSON text holds nothing but printable ASCII, escapes of
// quotes, backslashes, slashes and white space, and ordinary characters: then nothing
// can hide in it. It looks at eight bytes at a time, since most texts are like that.
func harmless(raw []byte) bool {
	for i := 0; i < len(raw); {
		if i+8 <= len(raw) {
			w := binary.LittleEndian.Uint64(raw[i:])
			slash, del := w^ones*'\\', w^ones*0x7f
			hit := (w | (slash-ones)&^slash | (del-ones)&^del) & highs
			if hit == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(hit) / 8 // the lowest is exact
		}
		switch c := raw[i]; {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(raw[i:])
			if !ordinary(r) {
				return false
			}
			i += n
		case c == 0x7f:
			return false
		case c != '\\':
			i++
		case i+1 == len(raw) || strings.IndexByte(`"\/nrt`, raw[i+1]) < 0:
			return false
		default:
			i += 2
		}
	}
	return true
}

// ordinary reports whether a character is one of blocks that have nothing but visible
// ones: Latin, Greek, Cyrillic, Hebrew, punctuation, symbols, CJK, Hangul, pictographs.
// Others may be as harmless; they are looked at more closely.
func ordinary(r rune) bool {
	switch {
	case r < 0x0600:
		return r >= 0xa0 && r != 0xad && (r < 0x0300 || r >= 0x0370)
	case r < 0x2c00:
		return r >= 0x2010 && r <= 0x2027 || r >= 0x2030 && r <= 0x205e || r >= 0x2070
	case r < 0xd7a4:
		return r >= 0x3001 && r <= 0x3130 || r >= 0x3400 && r <= 0x9fff || r >= 0xac00
	}
	return r >= 0x1f300 && r <= 0x1f3fa || r >= 0x1f400 && r <= 0x1faff
}

// plain are the bytes that can be skipped within a JSON string.
var plain = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// jsonString reads to the closing quote and gives its index.
func (d *detector) jsonString(raw []byte, i int) (end int, found bool) {
	for i < len(raw) && raw[i] != '"' {
		if d.joiner == 0 && !d.flag {
			start := i
			for i < len(raw) && plain[raw[i]] {
				i++
			}
			if i > start {
				d.prev = rune(raw[i-1])
				continue
			}
		}
		at, c := i, raw[i]
		switch {
		case c == '\\':
			var r rune
			if r, i = unescape(raw, i); d.next(r, at) {
				return i, true
			}
		case c < utf8.RuneSelf:
			if i++; d.ascii(c, at) {
				return i, true
			}
		default:
			r, n := utf8.DecodeRune(raw[i:])
			if i += n; d.next(r, at) {
				return i, true
			}
		}
	}
	return i, false
}

// unescape decodes the escape at raw[i] and gives the index behind it.
func unescape(raw []byte, i int) (rune, int) {
	if i+1 >= len(raw) {
		return utf8.RuneError, len(raw)
	}
	switch raw[i+1] {
	case 'b':
		return '\b', i + 2
	case 'f':
		return '\f', i + 2
	case 'n':
		return '\n', i + 2
	case 'r':
		return '\r', i + 2
	case 't':
		return '\t', i + 2
	case 'u':
	default:
		return rune(raw[i+1]), i + 2
	}
	r, next := hex4(raw, i+2), i+6
	if utf16.IsSurrogate(r) {
		if next+1 < len(raw) && raw[next] == '\\' && raw[next+1] == 'u' {
			if pair := utf16.DecodeRune(r, hex4(raw, next+2)); pair != utf8.RuneError {
				return pair, next + 6
			}
		}
		return utf8.RuneError, next
	}
	return r, next
}

func hex4(raw []byte, i int) rune {
	if i+4 > len(raw) {
		return utf8.RuneError
	}
	var r rune
	for _, c := range raw[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return utf8.RuneError
		}
	}
	return r
}

const (
	blackFlag = 0x1f3f4
	cancelTag = 0xe007f
)

// detector reads one text, code point by code point.
type detector struct {
	prev rune // 0 at the beginning

	joiner   rune // a zero-width character whose successor is awaited, or 0
	joinerAt int

	flag  bool // between a black flag and its cancel tag
	tags  int
	tagAt int

	bad   rune
	badAt int
}

func (d *detector) finding() (Finding, bool) {
	return Finding{d.bad, d.badAt, fmt.Sprintf("U+%04X, %s", d.bad, kind(d.bad))}, true
}

func (d *detector) found(r rune, at int) bool {
	d.bad, d.badAt = r, at
	return true
}

// ascii is next for the common case.
func (d *detector) ascii(c byte, at int) bool {
	if c < ' ' || c == 0x7f || d.joiner != 0 || d.flag {
		return d.next(rune(c), at)
	}
	d.prev = rune(c)
	return false
}

// next takes a code point in and tells whether it, or the one before, is a finding.
func (d *detector) next(r rune, at int) bool {
	if d.flag {
		done, bad := d.tag(r, at)
		if bad {
			return true
		}
		if done {
			return false
		}
	}
	if d.joiner != 0 {
		if !joins(d.prev, d.joiner, r) {
			return d.found(d.joiner, d.joinerAt)
		}
		d.prev, d.joiner = d.joiner, 0
	}
	switch {
	case r == blackFlag:
		d.flag, d.tags = true, 0
	case r >= 0x200b && r <= 0x200d:
		d.joiner, d.joinerAt = r, at
		return false
	case never(r), tagOrSelector(d.prev, r):
		return d.found(r, at)
	}
	d.prev = r
	return false
}

// tag goes through the tags behind a black flag: done means that r was one of a flag.
// Flags of regions have three to six.
func (d *detector) tag(r rune, at int) (done, bad bool) {
	switch {
	case r >= 0xe0030 && r <= 0xe0039 || r >= 0xe0061 && r <= 0xe007a:
		if d.tags++; d.tags == 1 {
			d.tagAt = at
		}
		return true, d.tags > 6 && d.found(r, at)
	case r == cancelTag && d.tags >= 3:
		d.flag, d.prev = false, blackFlag
		return true, false
	case d.tags > 0:
		return false, d.found(0xe0061, d.tagAt)
	}
	d.flag = false
	return false, false
}

// end tells whether the text may not end here.
func (d *detector) end() bool {
	if d.flag && d.tags > 0 {
		return d.found(0xe0061, d.tagAt)
	}
	return d.joiner != 0 && zeroWidth(d.prev) && d.found(d.joiner, d.joinerAt)
}

// never tells code points that have no place in a definition at all.
func never(r rune) bool {
	switch {
	case r < ' ':
		return r != '\t' && r != '\n' && r != '\r'
	case r < 0x7f:
		return false
	case r <= 0x9f:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff ||
		r >= 0xfff9 && r <= 0xfffb || r >= 0x1bca0 && r <= 0x1bca3 || r >= 0x1d173 && r <= 0x1d17a ||
		r >= 0xe0000 && r <= 0xe007f || r >= 0xe0080 && r <= 0xe00ff || r >= 0xe01f0 && r <= 0xe0fff
}

// tagOrSelector tells variation selectors behind what has no variants. The two that
// choose between text and emoji are often left over by editors and count as nothing.
func tagOrSelector(prev, r rune) bool {
	switch {
	case r >= 0xfe00 && r <= 0xfe0d:
		return prev < 0x2000 || selector(prev)
	case r >= 0xe0100 && r <= 0xe01ef:
		return !unicode.Is(unicode.Han, prev)
	}
	return false
}

func selector(r rune) bool  { return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef }
func zeroWidth(r rune) bool { return r >= 0x200b && r <= 0x200d }

// joins tells whether a zero-width character between two others can be honest: in an
// emoji, in a script that needs it, or left over beside a blank or a sign.
func joins(before, j, after rune) bool {
	switch {
	case zeroWidth(before) || zeroWidth(after):
		return false
	case needsJoiners(before) || needsJoiners(after):
		return true
	}
	return !wordly(before) || !wordly(after)
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func needsJoiners(r rune) bool {
	return r > 0x052f && (unicode.IsLetter(r) || unicode.IsMark(r)) &&
		!unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Inherited)
}

// kind names the family of a code point.
func kind(r rune) string {
	switch {
	case r < ' ' || r >= 0x7f && r <= 0x9f:
		return "a control character"
	case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
		return "a bidi control"
	case r >= 0xe0000 && r <= 0xe007f:
		return "a tag character"
	case selector(r):
		return "a variation selector"
	case zeroWidth(r):
		return "a zero-width character"
	}
	return "an invisible character"
}
