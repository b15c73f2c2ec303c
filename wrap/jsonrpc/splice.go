package jsonrpc

import "bytes"

// An Edit replaces a range of a frame's bytes.
type Edit struct {
	Span
	With []byte
}

// Splice returns a copy of raw with the edits applied. They are in order and do not overlap.
func Splice(raw []byte, edits []Edit) []byte {
	size := len(raw)
	for _, e := range edits {
		size += len(e.With) - (e.End - e.Start)
	}
	out := make([]byte, 0, size+1) // and the line feed
	at := 0
	for _, e := range edits {
		out = append(out, raw[at:e.Start]...)
		out = append(out, e.With...)
		at = e.End
	}
	return append(out, raw[at:]...)
}

// Repair returns a copy of Raw in which each half surrogate pair is U+FFFD, spelled as an escape of the same length: spans stay true.
func (f *Frame) Repair() []byte {
	raw := append(make([]byte, 0, len(f.Raw)+1), f.Raw...)
	for _, at := range f.Lone {
		copy(raw[at:], `\ufffd`)
	}
	return raw
}

// skip returns the offset behind the value that begins at i in valid JSON.
func skip(b []byte, i int) int {
	depth := 0
	for {
		switch b[i] {
		case '"':
			for i = plain(b, i+1); b[i] != '"'; i = plain(b, i) {
				i += 2
			}
			i++
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\t':
			i++
			continue
		default:
			for i < len(b) && bytes.IndexByte([]byte(",:]} \t"), b[i]) < 0 {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
}

func blanks(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\t' {
		i++
	}
	return i
}

// Members calls yield for each member of the object at span, in order, until it returns false. raw has been accepted by a Parser.
// What is no object has no members.
func Members(raw []byte, span Span) func(yield func(Member) bool) {
	return func(yield func(Member) bool) {
		if !span.OK() || raw[span.Start] != '{' {
			return
		}
		members(raw, span.Start, yield)
	}
}

// members walks the object that begins at i and returns the offset behind it, or one inside if yield returned false.
func members(raw []byte, i int, yield func(Member) bool) (end int) {
	for i = blanks(raw, i+1); raw[i] != '}'; {
		end := skip(raw, i)
		m := Member{Key: Span{i + 1, end - 1}}
		m.Escaped = bytes.IndexByte(raw[i:end], '\\') >= 0
		i = blanks(raw, blanks(raw, end)+1)
		m.Val = Span{i, skip(raw, i)}
		if !yield(m) {
			return m.Val.End
		}
		if i = blanks(raw, m.Val.End); raw[i] == ',' {
			i = blanks(raw, i+1)
		}
	}
	return i + 1
}

// Elements calls yield for each element of the array at span, like Members.
func Elements(raw []byte, span Span) func(yield func(Span) bool) {
	return Items(raw, span, nil)
}

// Items is Elements for arrays of objects: before an object is yielded, member is called for each of its members, in the same walk.
func Items(raw []byte, span Span, member func(Member)) func(yield func(Span) bool) {
	return func(yield func(Span) bool) {
		if !span.OK() || raw[span.Start] != '[' {
			return
		}
		for i := blanks(raw, span.Start+1); raw[i] != ']'; {
			val := Span{Start: i}
			if member != nil && raw[i] == '{' {
				val.End = members(raw, i, func(m Member) bool { member(m); return true })
			} else {
				val.End = skip(raw, i)
			}
			if !yield(val) {
				return
			}
			if i = blanks(raw, val.End); raw[i] == ',' {
				i = blanks(raw, i+1)
			}
		}
	}
}

// Name returns the member's name, unescaped.
func (m Member) Name(raw []byte) string {
	key := raw[m.Key.Start:m.Key.End]
	if m.Escaped {
		return string(unescape(nil, key))
	}
	return string(key)
}

// MemberOf returns the value of the named member of the object at span; the empty span if there is none.
func MemberOf(raw []byte, span Span, name string) Span {
	for m := range Members(raw, span) {
		if m.Name(raw) == name {
			return m.Val
		}
	}
	return Span{}
}

// CutMembers returns the edits that take the members for which drop is true out of the object at span, commas included.
func CutMembers(raw []byte, span Span, drop func(name string, val Span) bool) []Edit {
	var items []Span
	var out []bool
	for m := range Members(raw, span) {
		items = append(items, Span{m.Key.Start - 1, m.Val.End})
		out = append(out, drop(m.Name(raw), m.Val))
	}
	return Cut(items, out)
}

// CutElements returns the edits that take the elements for which drop is true out of the array at span, commas included.
func CutElements(raw []byte, span Span, drop func(i int, val Span) bool) []Edit {
	var items []Span
	var out []bool
	for val := range Elements(raw, span) {
		out = append(out, drop(len(items), val))
		items = append(items, val)
	}
	return Cut(items, out)
}

// Cut returns the edits that take out of an object or array those of its items, which are in order, that are marked. Each goes with the comma before it, or, where nothing before it stays, with the one after it.
func Cut(items []Span, out []bool) []Edit {
	var edits []Edit
	kept := false
	for i, item := range items {
		switch {
		case !out[i]:
			kept = true
		case kept:
			edits = append(edits, Edit{Span: Span{items[i-1].End, item.End}})
		case i+1 < len(items):
			edits = append(edits, Edit{Span: Span{item.Start, items[i+1].Start}})
		default:
			edits = append(edits, Edit{Span: item})
		}
	}
	return edits
}

// Misspelled reports whether the object at span has a member whose name is equal to one of names under case folding only:
// encoding/json would take it for that one.
func Misspelled(raw []byte, span Span, names ...string) bool {
	for m := range Members(raw, span) {
		got := m.Name(raw)
		for _, name := range names {
			if got != name && EqualFold(got, name) {
				return true
			}
		}
	}
	return false
}
