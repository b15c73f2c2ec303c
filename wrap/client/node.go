package client

import (
	"fmt"
	"slices"
	"strings"
)

type kind uint8

const (
	other  kind = iota // a number, a truth value, null, a date
	text               // a string
	object             // members by name
	sequence
)

// A node is a value of a configuration, in any of the formats.
type node struct {
	kind       kind
	text       string // of a string, decoded; of another scalar as it is written
	start, end int    // of its bytes; equal where it has none of its own
	flow       bool   // members or elements stand between brackets, with commas
	members    []member
	elements   []*node
}

type member struct {
	name  string
	value *node
	key   int    // where its key begins; -1 where that is not known
	lead  string // of a dotted key, what stands in front of its last part
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
	n.members = append(n.members, member{name: name, value: v, key: -1})
	return v
}

// holding gives the member of an object whose value is v, or holds it.
func (n *node) holding(v *node) (member, bool) {
	if n == nil || v == nil {
		return member{}, false
	}
	for _, m := range n.members {
		if m.value == v || slices.Contains(m.value.elements, v) {
			return m, true
		}
		if _, below := m.value.holding(v); below {
			return m, true
		}
	}
	return member{}, false
}

// shift moves the places of a tree.
func (n *node) shift(by int) {
	if by == 0 {
		return
	}
	n.start, n.end = n.start+by, n.end+by
	for i := range n.members {
		if n.members[i].key >= 0 {
			n.members[i].key += by
		}
		n.members[i].value.shift(by)
	}
	for _, e := range n.elements {
		e.shift(by)
	}
}
