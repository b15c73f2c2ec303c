package client

import (
	"fmt"
	"strings"
)

type kind uint8

const (
	other  kind = iota // a number, a truth value, null, a date
	text               // a string
	object             // members by name
	list
)

// A node is a value of a configuration, in any of the formats.
type node struct {
	kind       kind
	text       string // of a string, decoded; of another scalar as it is written
	start, end int    // of its bytes; equal where it has none of its own
	members    []member
	elements   []*node
}

type member struct {
	name  string
	value *node
}

// find gives the member of that name, nil where there is none.
func (n *node) find(name string) (found *node, err error) {
	if n == nil || n.kind != object {
		return nil, nil
	}
	for _, m := range n.members {
		switch {
		case m.name == name && found != nil:
			return nil, fmt.Errorf("the key %q stands twice", name)
		case m.name == name:
			found = m.value
		case strings.EqualFold(m.name, name):
			return nil, fmt.Errorf("the key %q differs from %q by case only", m.name, name)
		}
	}
	return found, nil
}

// only is an error where a key of an object stands twice.
func (n *node) only() error {
	seen := map[string]bool{}
	for _, m := range n.members {
		if seen[m.name] {
			return fmt.Errorf("the key %q stands twice", m.name)
		}
		seen[m.name] = true
	}
	return nil
}

// at gives the member of an object, which it makes where it is not there.
func (n *node) at(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	v := &node{kind: object}
	n.members = append(n.members, member{name, v})
	return v
}
