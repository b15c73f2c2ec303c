package client

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// readTOML reads TOML. The parser of expressions gives the places, the strict one the last word on what is TOML.
func readTOML(data []byte) (*node, error) {
	var strict map[string]any
	if err := toml.Unmarshal(data, &strict); err != nil {
		var where *toml.DecodeError
		if errors.As(err, &where) {
			row, column := where.Position()
			return nil, fmt.Errorf("it is no TOML: line %d, column %d: %v", row, column, err)
		}
		return nil, fmt.Errorf("it is no TOML: %v", err)
	}
	root := &node{kind: object}
	table := root
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = root
			for key := e.Key(); key.Next(); {
				table = table.at(string(key.Node().Data))
				if table.kind == sequence { // [[x]], then [x.y]: below its last element
					table = table.elements[len(table.elements)-1]
				}
			}
			if e.Kind == unstable.ArrayTable {
				table = tableOf(root, e)
			}
		case unstable.KeyValue:
			tomlMember(&p, table, e)
		}
	}
	return root, p.Error()
}

// tableOf adds an element to an array of tables.
func tableOf(root *node, e *unstable.Node) *node {
	at := root
	var last *node
	for key := e.Key(); key.Next(); {
		if last = at.at(string(key.Node().Data)); last.kind == sequence && !key.IsLast() {
			last = last.elements[len(last.elements)-1]
		}
		at = last
	}
	element := &node{kind: object}
	at.kind, at.elements = sequence, append(at.elements, element)
	return element
}

// tomlMember puts a key with its value into a table; the key may have dots.
func tomlMember(p *unstable.Parser, table *node, e *unstable.Node) {
	first, raw := int(e.Raw.Offset), p.Raw(e.Raw)
	for key := e.Key(); key.Next(); {
		name, part := string(key.Node().Data), key.Node().Raw
		if !key.IsLast() {
			table = table.at(name)
			continue
		}
		v := tomlNode(p, e.Value())
		// Arrays and tables come without their places: theirs is what follows the equals sign.
		after := int(part.Offset+part.Length) - first
		v.start, v.end = first+after+len(raw[after:])-len(bytes.TrimLeft(raw[after:], " \t=")), first+len(raw)
		table.members = append(table.members, member{name: name, value: v, key: first, lead: string(raw[:int(part.Offset)-first])})
	}
}

func tomlNode(p *unstable.Parser, v *unstable.Node) *node {
	n := &node{start: int(v.Raw.Offset), end: int(v.Raw.Offset + v.Raw.Length), text: string(v.Data)}
	switch v.Kind {
	case unstable.String:
		n.kind = text
	case unstable.Array:
		n.kind, n.flow = sequence, true
		for it := v.Children(); it.Next(); {
			if it.Node().Kind != unstable.Comment {
				n.elements = append(n.elements, tomlNode(p, it.Node()))
			}
		}
	case unstable.InlineTable:
		n.kind, n.flow = object, true
		for it := v.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				tomlMember(p, n, it.Node())
			}
		}
	}
	return n
}
