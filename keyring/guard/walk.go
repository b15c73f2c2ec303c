package guard

import (
	"bytes"
	"encoding/json"
)

// A walker goes through the strings of a valid JSON text.
type walker struct {
	text  []byte
	i     int
	stack []container
	name  []byte // of the member whose value comes; nil where an element does, or a name
}

// A container is an object or an array that is open.
type container struct {
	array  bool
	member []byte // whose value it is
	place  place
}

// A place says what strings in a container may become.
type place uint8

const (
	outside    place = iota // of what a response, an error or a request holds
	within                  // of it: by the name of the member
	structured              // below structuredContent
	free                    // all may change
	closed                  // none may
)

// A token is a string: [start, end) is what stands between its quotes.
type token struct {
	start, end int
	key        bool
	member     []byte // whose value it is, or that of the array that it stands in
	place      place
}

// mayChange reports whether another text may stand here.
func (t token) mayChange(strict bool) bool {
	switch t.place {
	case free:
		return true
	case structured:
		return !strict
	case within:
		return readable[string(t.member)]
	}
	return false
}

// next gives the next string. ok is false when there is none.
func (w *walker) next() (t token, ok bool) {
	for w.i < len(w.text) {
		c := w.text[w.i]
		w.i++
		switch c {
		case '{', '[':
			member := w.name
			if member == nil && len(w.stack) > 0 {
				member = w.stack[len(w.stack)-1].member // an element of an array
			}
			w.stack = append(w.stack, container{c == '[', member, w.below()})
			w.name = nil
		case '}', ']':
			w.stack = w.stack[:max(0, len(w.stack)-1)]
			w.name = nil
		case ',':
			w.name = nil
		case '"':
			return w.string(), true
		}
	}
	return t, false
}

// string reads one that has begun.
func (w *walker) string() token {
	t := token{start: w.i}
	t.end = endOfString(w.text, t.start)
	w.i = min(len(w.text), t.end+1)
	var top container
	if n := len(w.stack); n > 0 {
		top = w.stack[n-1]
	}
	switch {
	case !top.array && w.name == nil:
		t.key, w.name = true, nameOf(w.text[t.start-1:w.i])
		t.member = w.name
	case top.array && w.name == nil:
		t.member, t.place = top.member, w.below()
	default:
		t.member, t.place = w.name, w.below()
		w.name = nil
	}
	return t
}

// endOfString is where the string that begins at start ends: at its quote.
func endOfString(text []byte, start int) int {
	for i := start; ; {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			return len(text)
		}
		i += n + 1
		run := 0
		for i-2-run >= start && text[i-2-run] == '\\' {
			run++
		}
		if run%2 == 0 {
			return i - 1
		}
	}
}

// nameOf is the content of a string with its quotes.
func nameOf(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') >= 0 {
		var name string
		if json.Unmarshal(quoted, &name) == nil {
			return []byte(name)
		}
	}
	return quoted[1 : len(quoted)-1]
}

// below is the place of the value that comes.
func (w *walker) below() place {
	n := len(w.stack)
	if n == 0 {
		return outside
	}
	top, name := w.stack[n-1], string(w.name)
	switch {
	case w.name == nil: // an element of an array has the place of the array
		return top.place
	case n == 1 && (name == "result" || name == "params" || name == "error"):
		return within
	case n == 1:
		return outside
	case top.place != within:
		return top.place
	case n == 2 && name == "structuredContent":
		return structured
	case n == 2 && name == "data" && string(top.member) != "result":
		return free
	case opaque[name] || name == "_meta":
		return closed
	}
	return within
}
