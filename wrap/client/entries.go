package client

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An extractor finds servers in a tree.
type extractor struct {
	shape
	data []byte
	list []Entry
	at   int // up to here the lines are counted
	line int
}

// lineOf is the line of an offset. Entries mostly come in the order of the file, so that each line end is looked at once.
func (e *extractor) lineOf(at int) int {
	at = min(at, len(e.data))
	if at < e.at {
		e.at, e.line = 0, 0
	}
	e.line += bytes.Count(e.data[e.at:at], []byte("\n"))
	e.at = at
	return e.line + 1
}

// section goes down to the servers.
func (e *extractor) section(n *node, keys []string, name string) error {
	if len(keys) == 0 {
		if n.kind != object {
			return errors.New("the servers are no mapping of names to entries")
		}
		if err := n.only(); err != nil {
			return err
		}
		for _, m := range n.members {
			entry, err := e.entry(name, m)
			if err != nil {
				return fmt.Errorf("the server %q: %w", m.name, err)
			}
			e.list = append(e.list, entry)
		}
		return nil
	}
	if n.kind != object {
		return fmt.Errorf("%q is no mapping", keys[0])
	}
	if keys[0] == "*" {
		if err := n.only(); err != nil {
			return err
		}
		for _, m := range n.members {
			if err := e.section(m.value, keys[1:], m.name); err != nil {
				return err
			}
		}
		return nil
	}
	below, err := n.find(keys[0])
	if err != nil || below == nil || below.kind == other {
		return err
	}
	return e.section(below, keys[1:], name)
}

// entry reads one server. What is not as it should be is noted, so that the others can be read.
func (e *extractor) entry(section string, m member) (Entry, error) {
	entry := Entry{Section: section, Server: m.name, Line: e.lineOf(m.value.start)}
	n := m.value
	if n.kind != object {
		entry.odd = "its entry is no mapping"
		return entry, nil
	}
	if err := n.only(); err != nil {
		return entry, err
	}
	entry.object = n
	if e.nests == "transport" {
		var err error
		if n, err = e.within(&entry, n); err != nil || entry.odd != "" {
			return entry, err
		}
	}
	entry.holder = n
	command, err := n.find(e.command)
	if err != nil {
		return entry, err
	}
	if err := e.beside(&entry, m.value, n); err != nil {
		return entry, err
	}
	switch {
	case command == nil:
	case command.kind == object && e.nests == "command": // {path, args, env}
		return e.nested(entry, command)
	case command.kind == sequence && len(command.elements) > 0:
		entry.Command = textOf(command.elements[0])
		entry.Args = texts(command.elements[1:])
		entry.list, entry.whole = command, true
	default:
		if entry.Command = textOf(command); command.kind != text && entry.odd == "" {
			entry.odd = "its command is no text"
		}
	}
	if err := e.rest(&entry, n, e.args, e.env); err != nil {
		return entry, err
	}
	for _, name := range []string{"url", "serverUrl", "httpUrl", "uri"} {
		if url, _ := n.find(name); url != nil && url.kind == text && entry.URL == "" {
			entry.URL = url.text
		}
	}
	headers, err := n.find("headers")
	if err != nil {
		return entry, err
	}
	entry.Headers, err = variables(headers)
	entry.Disabled = e.off(m.value)
	if entry.odd == "" {
		entry.odd = e.kindOf(m.value, entry)
	}
	return entry, err
}

// within is where an entry of Cline has its command: in itself, or in its transport.
func (e *extractor) within(entry *Entry, n *node) (*node, error) {
	nested, err := n.find("transport")
	if err != nil || nested == nil || nested.kind != object {
		return n, err
	}
	if beside, _ := n.find(e.command); beside != nil {
		entry.odd = "it has a command of its own and one in transport"
		return n, nil
	}
	return nested, nil
}

// kindOf says what is odd about the kind of an entry: where it could be a command or an address, each client decides for itself.
func (e *extractor) kindOf(n *node, entry Entry) string {
	kind, _ := n.find("type")
	local := kind == nil || kind.kind != text || slices.Contains([]string{"", "stdio", "local", "command", "custom"}, strings.ToLower(kind.text))
	switch {
	case entry.Command.Value == "" && entry.URL == "":
		return "it has neither a command nor an address"
	case entry.Command.Value != "" && entry.URL != "":
		return "it has both a command and an address: which one counts is the client's to say"
	case entry.Command.Value != "" && !local:
		return fmt.Sprintf("it has a command, and its type is %q", kind.text)
	}
	return ""
}

// nested reads an entry whose command holds all of it.
func (e *extractor) nested(entry Entry, n *node) (Entry, error) {
	path, err := n.find("path")
	if err != nil {
		return entry, err
	}
	entry.Command = textOf(path)
	if entry.Command.Value == "" {
		entry.odd = "its command has no path"
	}
	entry.holder = n
	return entry, e.rest(&entry, n, "args", "env")
}

func (e *extractor) rest(entry *Entry, n *node, args, env string) error {
	if args != "" {
		list, err := n.find(args)
		if err != nil {
			return err
		}
		switch {
		case list == nil:
		case list.kind != sequence && entry.odd == "":
			entry.odd = "its arguments are no list"
		case entry.list == nil:
			entry.Args, entry.list = append(entry.Args, texts(list.elements)...), list
		}
	}
	vars, err := n.find(env)
	if err != nil {
		return err
	}
	entry.Env, err = variables(vars)
	return err
}

// beside reads what else counts of an entry.
func (e *extractor) beside(entry *Entry, outer, n *node) error {
	for _, m := range []struct {
		name string
		to   *string
	}{{"envFile", &entry.EnvFile}, {"cwd", &entry.Dir}} {
		v, err := n.find(m.name)
		if err != nil {
			return err
		}
		if v != nil && v.kind == text {
			*m.to = v.text
		}
	}
	if e.names != "" {
		v, err := n.find(e.names)
		if err != nil {
			return err
		}
		if v != nil {
			for _, name := range texts(v.elements) {
				entry.Names = append(entry.Names, name.Value)
			}
		}
	}
	if e.Timeout == "" {
		return nil
	}
	v, err := outer.find(e.Timeout)
	if err != nil || v == nil {
		return err
	}
	if v.kind == other {
		entry.Timeout = e.timeOf(v.text)
	}
	entry.timeout = v
	return nil
}

// off reports whether the client leaves the server out.
func (e *extractor) off(n *node) bool {
	if e.disabled != "" {
		if v, _ := n.find(e.disabled); v != nil && v.text == "true" {
			return true
		}
	}
	if e.enabled != "" {
		if v, _ := n.find(e.enabled); v != nil && v.text == "false" {
			return true
		}
	}
	return false
}

func textOf(n *node) Text {
	if n == nil || n.kind == object || n.kind == sequence {
		return Text{}
	}
	return Text{n.text, n}
}

func texts(nodes []*node) (list []Text) {
	for _, n := range nodes {
		list = append(list, textOf(n))
	}
	return list
}

func variables(n *node) (list []Variable, err error) {
	if n == nil || n.kind != object {
		return nil, nil
	}
	if err := n.only(); err != nil {
		return nil, err
	}
	for _, m := range n.members {
		list = append(list, Variable{m.name, textOf(m.value)})
	}
	return list, nil
}
