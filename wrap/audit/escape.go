package audit

import (
	"unicode"
	"unicode/utf8"
)

// safe are the ASCII characters that stand for themselves in a JSON string.
var safe = func() (t [256]bool) {
	for c := 0x20; c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendMember appends ,"name":"s", with s escaped and cut at limit bytes; nothing for an empty s.
func appendMember(b []byte, name, s string, limit int) []byte {
	if s == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendString(b, s, limit)
}

// appendString appends s as a JSON string. What a terminal could act on, or would not show, is
// escaped. A longer s is cut between two characters and ends in "…".
func appendString(b []byte, s string, limit int) []byte {
	cut := len(s) > limit
	if cut {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		if safe[s[i]] {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		r, n := utf8.DecodeRuneInString(s[i:])
		b = appendRune(b, r, n)
		i += n
		start = i
	}
	b = append(b, s[start:]...)
	if cut {
		b = append(b, "…"...)
	}
	return append(b, '"')
}

// appendJSON appends valid JSON text on one line, and escapes inside of its strings what
// appendString escapes. The value stays the same.
func appendJSON(b, raw []byte) []byte {
	start := 0
	for i := 0; i < len(raw); {
		c := raw[i]
		if c >= 0x20 && c < 0x7f {
			i++
			continue
		}
		b = append(b, raw[start:i]...)
		r, n := utf8.DecodeRune(raw[i:])
		if r < 0x20 {
			b = append(b, ' ') // such characters are white space or no JSON
		} else {
			b = appendRune(b, r, n)
		}
		i += n
		start = i
	}
	return append(b, raw[start:]...)
}

// appendRune appends the rune r, which took n bytes, as JSON strings may hold it.
func appendRune(b []byte, r rune, n int) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(b, '\\', byte(r))
	case r == '\n':
		return append(b, `\n`...)
	case r == '\t':
		return append(b, `\t`...)
	case r == utf8.RuneError && n == 1:
		return append(b, `\ufffd`...)
	case visible(r):
		return utf8.AppendRune(b, r)
	case r > 0xffff:
		r -= 0x10000
		b = appendEscape(b, 0xd800+r>>10)
		return appendEscape(b, 0xdc00+r&0x3ff)
	}
	return appendEscape(b, r)
}

func appendEscape(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// visible says whether r, beyond ASCII, leaves a mark on the screen and does nothing else.
func visible(r rune) bool {
	switch {
	case !unicode.IsPrint(r):
		return false // control, format (bidi, zero width, tags), private, unassigned, odd spaces
	case unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return false
	}
	return r != '\u2800' // a blank that counts as a symbol
}

// appendID appends a raw JSON id. What is none, because it came in a frame that was refused, is
// written as a string.
func appendID(b, id []byte) []byte {
	switch {
	case len(id) == 0:
		return b
	case len(id) > shortText:
		return appendNumber(b, "id_size", int64(len(id)))
	}
	b = append(b, `,"id":`...)
	if isString(id) || isInteger(id) || string(id) == "null" {
		return appendJSON(b, id)
	}
	return appendString(b, string(id), shortText)
}

func isInteger(id []byte) bool {
	digits := id
	if digits[0] == '-' {
		digits = digits[1:]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) == 1 || len(digits) > 1 && digits[0] != '0'
}

// isString says whether id is one JSON string: quotes at both ends, none between, known escapes.
func isString(id []byte) bool {
	if len(id) < 2 || id[0] != '"' || id[len(id)-1] != '"' {
		return false
	}
	in := id[1 : len(id)-1]
	for i := 0; i < len(in); i++ {
		switch c := in[i]; {
		case c < 0x20 || c == '"':
			return false
		case c == '\\':
			n := escapeLen(in[i:])
			if n == 0 {
				return false
			}
			i += n - 1
		}
	}
	return true
}

// escapeLen returns the length of the JSON escape at the start of s, 0 where it is none.
func escapeLen(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for i := 2; i < 6; i++ {
			if i >= len(s) || !isHex(s[i]) {
				return 0
			}
		}
		return 6
	}
	return 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}
