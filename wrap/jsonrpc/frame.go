package jsonrpc

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind says which of the four messages a frame is. The zero value is none of them.
type Kind uint8

// The kinds of a frame.
const (
	Invalid Kind = iota
	Request
	Notification
	Result
	Error
)

func (k Kind) String() string {
	return [...]string{"invalid", "request", "notification", "result", "error"}[k]
}

// A Span is a half-open range of bytes in Frame.Raw; the empty span at zero means absent.
type Span struct{ Start, End int }

// OK reports whether the span is there.
func (s Span) OK() bool { return s.End > s.Start }

// A Member is one key and value of an object. Key lies between the quotes and may hold escapes if Escaped.
type Member struct {
	Key, Val Span
	Escaped  bool
}

// A Frame is one accepted message. Its slices share memory with the line it was parsed from and with the Parser, and hold until the
// next Parse into the same Frame.
type Frame struct {
	Raw    []byte // what is forwarded, without the line feed
	Kind   Kind
	Method []byte // unescaped; nil in responses
	ID     ID     // the zero ID in notifications

	JSONRPC, IDSpan, MethodSpan Span
	Params, Result, Err         Span

	Top  []Member // members of params, result or error, whichever the frame has
	Meta []Member // members of _meta in Top

	Lone  []int // offsets of \u escapes in Raw that are half a surrogate pair, all below result
	Plain bool  // is printable ASCII and has no escapes but those of quotes, slashes and white space: no text in it hides anything
}

// Bytes returns the bytes of a span; nil if it is absent.
func (f *Frame) Bytes(s Span) []byte {
	if !s.OK() {
		return nil
	}
	return f.Raw[s.Start:s.End]
}

// Get returns the value of the named member of params, result or error; nil if there is none.
func (f *Frame) Get(name string) []byte { return f.Bytes(find(f.Raw, f.Top, name)) }

// Span is Get's range.
func (f *Frame) Span(name string) Span { return find(f.Raw, f.Top, name) }

// GetMeta returns the value of the named member of _meta.
func (f *Frame) GetMeta(name string) []byte { return f.Bytes(find(f.Raw, f.Meta, name)) }

// MetaSpan is GetMeta's range.
func (f *Frame) MetaSpan(name string) Span { return find(f.Raw, f.Meta, name) }

func find(raw []byte, members []Member, name string) Span {
	for i := range members {
		m := &members[i]
		key := raw[m.Key.Start:m.Key.End]
		if string(key) == name || m.Escaped && string(unescape(nil, key)) == name {
			return m.Val
		}
	}
	return Span{}
}

// String returns the decoded text of a JSON string, and whether raw is one. Without escapes it shares raw's memory.
func String(raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return nil, false
	}
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return text, true
	}
	return unescape(nil, text), true
}

// unescape appends the decoded form of valid JSON string content. Half a surrogate pair becomes U+FFFD.
func unescape(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		switch c := s[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := rune(hex4(s[i+2:]))
			if utf16.IsSurrogate(r) && i+11 < len(s) && s[i+6] == '\\' && s[i+7] == 'u' {
				if pair := utf16.DecodeRune(r, rune(hex4(s[i+8:]))); pair != utf8.RuneError {
					r = pair
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
			i += 4
		default:
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

// hex4 returns the value of four hexadecimal digits, or -1.
func hex4(s []byte) int {
	if len(s) < 4 {
		return -1
	}
	v := 0
	for _, c := range s[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		v = v<<4 | int(c)
	}
	return v
}

// maxExact is the largest integer below which float64 has no gaps: parsers that read numbers as float64 keep it apart from its neighbours.
const maxExact = 1<<53 - 1

// maxID is the longest string id, in bytes after unescaping.
const maxID = 256

// An ID is a request's id. Ids are equal if their type and value are: 7 and "7" differ, "a" and "\u0061" do not.
type ID struct {
	raw []byte // as the peer spelled it
	key []byte // integers as they are, strings as a quote and the decoded text
}

// ParseID reads an id, or a progress token, which has the same form.
func ParseID(raw []byte) (ID, bool) {
	if len(raw) == 0 {
		return ID{}, false
	}
	if text, ok := String(raw); ok {
		if len(text) > maxID {
			return ID{}, false
		}
		if len(text) == len(raw)-2 {
			return ID{raw: raw, key: raw[:len(raw)-1]}, true
		}
		return ID{raw: raw, key: append([]byte{'"'}, text...)}, true
	}
	digits := bytes.TrimPrefix(raw, []byte("-"))
	if len(digits) == 0 || len(digits) > 16 || digits[0] == '0' && len(raw) > 1 {
		return ID{}, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return ID{}, false
		}
	}
	if n, err := strconv.ParseInt(string(digits), 10, 64); err != nil || n > maxExact {
		return ID{}, false
	}
	return ID{raw: raw, key: raw}, true
}

// OK reports whether there is an id.
func (id ID) OK() bool { return len(id.key) > 0 }

// Raw is the id as JSON, as the peer spelled it. It shares memory with the frame.
func (id ID) Raw() []byte { return id.raw }

// Key is equal for equal ids, and different for different ones. It shares memory with the frame.
func (id ID) Key() []byte { return id.key }

// Clone returns an id that outlives the frame.
func (id ID) Clone() ID {
	return ID{raw: bytes.Clone(id.raw), key: bytes.Clone(id.key)}
}
