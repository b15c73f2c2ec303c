package client

import (
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
				if table.kind == list { // [[x]], then [x.y]: below its last element
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
		if last = at.at(string(key.Node().Data)); last.kind == list && !key.IsLast() {
			last = last.elements[len(last.elements)-1]
		}
		at = last
	}
	element := &node{kind: object}
	at.kind, at.elements = list, append(at.elements, element)
	return element
}

// tomlMember puts a key with its value into a table; the key may have dots.
func tomlMember(p *unstable.Parser, table *node, e *unstable.Node) {
	for key := e.Key(); key.Next(); {
		if name := string(key.Node().Data); key.IsLast() {
			table.members = append(table.members, member{name, tomlNode(p, e.Value())})
		} else {
			table = table.at(name)
		}
	}
}

func tomlNode(p *unstable.Parser, v *unstable.Node) *node {
	n := &node{start: int(v.Raw.Offset), end: int(v.Raw.Offset + v.Raw.Length), text: string(v.Data)}
	switch v.Kind {
	case unstable.String:
		n.kind = text
	case unstable.Array:
		n.kind = list
		for it := v.Children(); it.Next(); {
			if it.Node().Kind != unstable.Comment {
				n.elements = append(n.elements, tomlNode(p, it.Node()))
			}
		}
	case unstable.InlineTable:
		n.kind = object
		for it := v.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				tomlMember(p, n, it.Node())
			}
		}
	}
	return n
}
