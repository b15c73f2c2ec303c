package client

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// readYAML reads one document of YAML.
func readYAML(data []byte) (*node, error) {
	// Brackets in texts count too: nobody has so many of them.
	if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > 20_000 || bytes.Contains(data, bytes.Repeat([]byte("- "), maxDepth)) ||
		bytes.Contains(data, bytes.Repeat([]byte("? "), maxDepth)) {
		return nil, errDeep
	}
	// The parser counts lines that end in CRLF in a way of its own; without CR their numbers and columns are those of the file.
	f, err := parser.ParseBytes(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), 0)
	if err != nil {
		return nil, fmt.Errorf("it is no YAML: %s", firstLine(yaml.FormatError(err, false, false)))
	}
	r := yamlReader{data: data, lines: lineStarts(data)}
	switch len(f.Docs) {
	case 0:
		return &node{kind: object}, nil
	case 1:
		if f.Docs[0].Body == nil {
			return &node{kind: object}, nil
		}
		return r.node(f.Docs[0].Body), r.err
	}
	return nil, errors.New("it holds several documents")
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// lineStarts are the offsets at which lines begin.
func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, b := range data {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

type yamlReader struct {
	data  []byte
	lines []int
	err   error
}

func (r *yamlReader) node(n ast.Node) *node {
	switch n := n.(type) {
	case *ast.MappingNode:
		o := &node{kind: object, flow: n.IsFlowStyle}
		for _, v := range n.Values {
			r.member(o, v)
		}
		return o
	case *ast.MappingValueNode:
		o := &node{kind: object}
		r.member(o, n)
		return o
	case *ast.SequenceNode:
		o := &node{kind: sequence, flow: n.IsFlowStyle}
		for _, v := range n.Values {
			o.elements = append(o.elements, r.node(v))
		}
		r.brackets(o, n)
		return o
	case *ast.StringNode:
		start, end := r.place(n.Token)
		return &node{kind: text, text: n.Value, start: start, end: end}
	case *ast.LiteralNode:
		return &node{kind: text, text: n.Value.Value} // of several lines: it has no bytes that could be replaced by one
	case *ast.TagNode, *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return &node{}
	case nil:
		return &node{}
	}
	t := n.GetToken()
	start, end := r.place(t)
	return &node{text: t.Value, start: start, end: end}
}

// brackets finds the places of a list in brackets.
func (r *yamlReader) brackets(o *node, n *ast.SequenceNode) {
	if !n.IsFlowStyle || n.Start == nil || n.End == nil {
		return
	}
	start, _ := r.place(n.Start)
	_, end := r.place(n.End)
	if start < end && r.data[start] == '[' && r.data[end-1] == ']' {
		o.start, o.end = start, end
	}
}

func (r *yamlReader) member(o *node, v *ast.MappingValueNode) {
	name := ""
	switch k := v.Key.(type) {
	case *ast.StringNode:
		name = k.Value
	default:
		if name = k.GetToken().Value; k.IsMergeKey() {
			r.err = errors.New("it merges mappings (<<), which nobody can edit in place")
		}
	}
	at, end := r.place(v.Key.GetToken())
	if at == end {
		at = -1
	}
	o.members = append(o.members, member{name: name, value: r.node(v.Value), key: at})
}

// place is where the token of a string stands: the parser counts lines and characters, and what it says is compared with what is there.
func (r *yamlReader) place(t *token.Token) (start, end int) {
	line := t.Position.Line - 1
	if line < 0 || line >= len(r.lines) {
		return 0, 0
	}
	start = r.lines[line]
	for range t.Position.Column - 1 {
		_, size := utf8.DecodeRune(r.data[start:])
		start += size
	}
	rest := r.data[start:]
	switch {
	case len(rest) == 0:
		return 0, 0
	case rest[0] == '"' && t.Type == token.DoubleQuoteType:
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return start, start + i + 1
			}
		}
	case rest[0] == '\'' && t.Type == token.SingleQuoteType:
		for i := 1; i < len(rest); i++ {
			if rest[i] != '\'' {
				continue
			}
			if i+1 < len(rest) && rest[i+1] == '\'' {
				i++
				continue
			}
			return start, start + i + 1
		}
	case t.Value != "" && bytes.HasPrefix(rest, []byte(t.Value)):
		return start, start + len(t.Value)
	}
	return 0, 0
}
