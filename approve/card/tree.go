package card

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// maxNodes bounds how many values of the arguments are looked at. Each would be a line of its own, so that more could not be shown either.
const maxNodes = 1 << 15

// A node is a value of the arguments. Nodes stand in one slice in the order of the text.
type node struct {
	key    string // decoded; empty for elements and the root
	raw    []byte // the value; of an object or array that was not read to its end, what there is
	parent int32  // index, -1 for the root
	end    int32  // index behind the last node within it
	index  int32  // in an array; -1 for a member
	depth  int32
}

// A tree is what arguments hold. whole is false where there are more values than maxNodes, or what follows is no JSON.
type tree struct {
	nodes []node
	whole bool
	known map[int32]map[string]int32 // what members gave
}

// readTree goes through the text once, without recursion. It trusts nothing: what is no JSON ends it.
func readTree(raw []byte) *tree {
	t := &tree{}
	r := treeReader{t: t, b: raw, open: -1}
	t.whole = r.all()
	for r.open >= 0 { // what was not closed
		r.close(len(raw))
	}
	return t
}

type treeReader struct {
	t    *tree
	b    []byte
	i    int
	open int32   // the innermost container that is not closed
	seen []int32 // elements of each open container so far
}

func (r *treeReader) space() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\t' || r.b[r.i] == '\n' || r.b[r.i] == '\r' || r.b[r.i] == ',') {
		r.i++
	}
}

func (r *treeReader) all() bool {
	for {
		r.space()
		switch {
		case r.i >= len(r.b):
			return r.open < 0 && (len(r.t.nodes) > 0 || len(r.b) == 0)
		case r.b[r.i] == '}' || r.b[r.i] == ']':
			if r.open < 0 || r.b[r.i]-2 != r.t.nodes[r.open].raw[0] { // brackets are two apart from each other
				return false
			}
			r.i++
			r.close(r.i)
		case len(r.t.nodes) >= maxNodes || r.open < 0 && len(r.t.nodes) > 0:
			return false
		default:
			if !r.value() {
				return false
			}
		}
	}
}

// value reads a member or an element, of a container only its beginning.
func (r *treeReader) value() bool {
	n := node{parent: r.open, index: -1}
	if r.open >= 0 {
		n.depth = r.t.nodes[r.open].depth + 1
		if r.t.nodes[r.open].raw[0] == '{' {
			key, ok := r.quoted()
			if !ok {
				return false
			}
			n.key = unquote(key)
			if r.space(); r.i >= len(r.b) || r.b[r.i] != ':' {
				return false
			}
			r.i++
			if r.space(); r.i >= len(r.b) {
				return false
			}
		} else {
			n.index = r.seen[len(r.seen)-1]
			r.seen[len(r.seen)-1]++
		}
	}
	at := int32(len(r.t.nodes))
	n.end = at + 1
	ok := true
	switch r.b[r.i] {
	case '{', '[':
		n.raw = r.b[r.i:]
		r.i++
		r.open = at
		r.seen = append(r.seen, 0)
	case '"':
		n.raw, ok = r.quoted()
	default:
		n.raw = r.literal()
		ok = isLiteral(n.raw)
	}
	if !ok || len(n.raw) == 0 {
		return false
	}
	r.t.nodes = append(r.t.nodes, n)
	return true
}

func (r *treeReader) close(at int) {
	n := &r.t.nodes[r.open]
	start := len(r.b) - len(n.raw) // raw begins where it stands and goes on to the end, until now
	n.raw = r.b[start:at]
	n.end = int32(len(r.t.nodes))
	r.open = n.parent
	r.seen = r.seen[:len(r.seen)-1]
}

func (r *treeReader) quoted() ([]byte, bool) {
	if r.b[r.i] != '"' {
		return nil, false
	}
	start := r.i
	for r.i++; r.i < len(r.b); r.i++ {
		j := bytes.IndexAny(r.b[r.i:], `"\`)
		if j < 0 {
			break
		}
		r.i += j
		if r.b[r.i] == '"' {
			r.i++
			return r.b[start:r.i], true
		}
		r.i++ // the escaped character
	}
	r.i = start
	return nil, false
}

func (r *treeReader) literal() []byte {
	start := r.i
	for r.i < len(r.b) && r.b[r.i] > ' ' && !strings.ContainsRune(",:{}[]\"", rune(r.b[r.i])) {
		r.i++
	}
	return r.b[start:r.i]
}

func isLiteral(raw []byte) bool {
	switch string(raw) {
	case "", "true", "false", "null":
		return len(raw) > 0
	}
	return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
}

func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	return gjson.ParseBytes(raw).Str
}

func (n *node) isString() bool { return n.raw[0] == '"' }
func (n *node) isObject() bool { return n.raw[0] == '{' }
func (n *node) isArray() bool  { return n.raw[0] == '[' }

// text gives a string, decoded; "" for what is none.
func (n *node) text() string {
	if !n.isString() {
		return ""
	}
	return unquote(n.raw)
}

// children gives the indices of the members or elements of a node.
func (t *tree) children(i int32) func(func(int32) bool) {
	return func(yield func(int32) bool) {
		for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
			if !yield(c) {
				return
			}
		}
	}
}

// keyOf gives the key that a value stands at, for an element that of the nearest member around it.
func (t *tree) keyOf(i int32) string {
	for n := 0; i >= 0 && n < maxSteps; n++ {
		if t.nodes[i].index < 0 {
			return t.nodes[i].key
		}
		i = t.nodes[i].parent
	}
	return ""
}

// maxSteps is how many levels a name says.
const maxSteps = 16

// name says where a value stands: edits[0].newText. It is safe to show. What stands deeper than maxSteps loses the middle of its name, but the
// number of the line's depth stays.
func (t *tree) name(i int32) string {
	if t.nodes[i].parent < 0 {
		return "arguments"
	}
	var steps []string
	left := 0
	for ; t.nodes[i].parent >= 0; i = t.nodes[i].parent {
		if len(steps) == maxSteps {
			left = int(t.nodes[i].depth)
			break
		}
		n := &t.nodes[i]
		if n.index >= 0 {
			steps = append(steps, "["+strconv.Itoa(int(n.index))+"]")
		} else {
			steps = append(steps, "."+keyName(n.key))
		}
	}
	var b strings.Builder
	if left > 0 {
		b.WriteString("…" + strconv.Itoa(left) + " levels…")
	}
	for j := len(steps) - 1; j >= 0; j-- {
		b.WriteString(steps[j])
	}
	return strings.TrimPrefix(b.String(), ".")
}

// maxKeyShown is the longest key that stands in a name; what is longer gets a line of its own.
const maxKeyShown = 100

func keyName(key string) string {
	if len(key) > maxKeyShown {
		return quoted(firstBytes(key, maxKeyShown)) + "…"
	}
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c != '_' && c != '-' && c != '$' && c != '@' && c != '/' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return quoted(key)
		}
	}
	if key == "" {
		return `""`
	}
	return key
}

// quoted puts a text in quotes, of which there are none within that could end them, and makes it safe to show.
func quoted(s string) string {
	return `"` + line(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)) + `"`
}
