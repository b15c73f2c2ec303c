package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// large is from where a file is worth a look at its servers alone, in bytes.
const large = 64 << 10

// readJSON reads JSON with comments and trailing commas.
func readJSON(data []byte, sections [][]string) (*node, error) {
	if len(data) > large && json.Valid(data) {
		return skim(data, 0, sections)
	}
	return parseJSON(data)
}

// maxDepth bounds how deep values may nest: the parsers call themselves for each level.
const maxDepth = 200

// deep reports whether brackets nest deeper than that, in JSON with comments.
func deep(data []byte) bool {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"' && data[i] != '\n'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '/':
			if bytes.HasPrefix(data[i:], []byte("//")) {
				end := bytes.IndexByte(data[i:], '\n')
				if end < 0 {
					return false
				}
				i += end
			} else if bytes.HasPrefix(data[i:], []byte("/*")) {
				end := bytes.Index(data[i+2:], []byte("*/"))
				if end < 0 {
					return false
				}
				i += end + 3
			}
		case '[', '{':
			if depth++; depth > maxDepth {
				return true
			}
		case ']', '}':
			depth--
		}
	}
	return false
}

var errDeep = fmt.Errorf("it is nested deeper than %d levels", maxDepth)

func parseJSON(data []byte) (*node, error) {
	if deep(data) {
		return nil, errDeep
	}
	v, err := hujson.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("it is no JSON: %v", err)
	}
	return jsonNode(&v), nil
}

func jsonNode(v *hujson.Value) *node {
	n := &node{start: v.StartOffset, end: v.EndOffset, flow: true}
	switch x := v.Value.(type) {
	case *hujson.Object:
		n.kind = object
		for i := range x.Members {
			name, _ := x.Members[i].Name.Value.(hujson.Literal)
			n.members = append(n.members, member{name: name.String(), value: jsonNode(&x.Members[i].Value), key: x.Members[i].Name.StartOffset})
		}
	case *hujson.Array:
		n.kind = sequence
		for i := range x.Elements {
			n.elements = append(n.elements, jsonNode(&x.Elements[i]))
		}
	case hujson.Literal:
		n.text = string(x)
		if x.Kind() == '"' {
			n.kind, n.text = text, x.String()
		}
	}
	return n
}

// skim reads of a large file only what stands on the way to servers; the rest are nodes without content. Clients keep their history in
// such files. data has to be valid JSON from at on.
func skim(data []byte, at int, sections [][]string) (*node, error) {
	at += len(data[at:]) - len(bytes.TrimLeft(data[at:], blanks))
	if data[at] != '{' || slices.ContainsFunc(sections, func(keys []string) bool { return len(keys) == 0 }) {
		end := skip(data, at)
		n, err := parseJSON(data[at:end])
		if err == nil {
			n.shift(at)
		}
		return n, err
	}
	n := &node{kind: object, flow: true, start: at}
	for at++; ; {
		at += len(data[at:]) - len(bytes.TrimLeft(data[at:], blanks+","))
		if data[at] == '}' {
			n.end = at + 1
			return n, nil
		}
		key, end := at, skip(data, at)
		var name string
		if err := json.Unmarshal(data[key:end], &name); err != nil {
			return nil, err
		}
		at = end + len(data[end:]) - len(bytes.TrimLeft(data[end:], blanks+":"))
		value := &node{start: at, end: skip(data, at)}
		if below := underneath(sections, name); len(below) > 0 {
			var err error
			if value, err = skim(data, at, below); err != nil {
				return nil, err
			}
		}
		n.members = append(n.members, member{name: name, value: value, key: key})
		at = value.end
	}
}

const blanks = " \t\r\n"

// underneath are the sections that go on below a key, without it.
func underneath(sections [][]string, name string) (below [][]string) {
	for _, keys := range sections {
		if keys[0] == "*" || keys[0] == name {
			below = append(below, keys[1:])
		}
	}
	return below
}

// skip gives the end of a value of valid JSON.
func skip(data []byte, at int) int {
	for depth := 0; at < len(data); at++ {
		switch data[at] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			for at++; data[at] != '"'; at++ {
				if data[at] == '\\' {
					at++
				}
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return at
			}
			continue
		default:
			if depth > 0 {
				continue
			}
			end := bytes.IndexAny(data[at:], ",:]}"+blanks)
			if end < 0 {
				return len(data)
			}
			return at + end
		}
		if depth <= 0 {
			return at + 1
		}
	}
	return at
}

// quote writes a string as JSON, TOML and YAML read it alike: in double quotes.
func quote(s string) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n"), err
}
