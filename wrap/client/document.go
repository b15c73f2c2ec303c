package client

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"sallyport/wrap/file"
)

const maxSize = 16 << 20

// A Text is a string of a file. The zero value is one that is not there.
type Text struct {
	Value string
	node  *node
}

// Editable reports whether the string has bytes of its own.
func (t Text) Editable() bool { return t.node != nil && t.node.end > t.node.start }

// A Variable is a named string.
type Variable struct {
	Name string
	Text
}

// An Entry is a server in a configuration.
type Entry struct {
	Section  string // where the file has several: the folder it is for
	Server   string
	Command  Text
	Args     []Text
	Env      []Variable
	Headers  []Variable // of a remote server
	URL      string     // of a remote server
	Disabled bool
	Line     int
	odd      string // what is not as it should be
}

// Remote reports whether the client connects to the server itself, so that nothing can stand between.
func (e Entry) Remote() bool { return e.Command.Value == "" && e.URL != "" }

// Odd says what is wrong with the entry; "" for nothing.
func (e Entry) Odd() string { return e.odd }

// A Document is a file that was read.
type Document struct {
	File
	Entries []Entry
	data    []byte
	edits   []edit
}

type edit struct {
	start, end int
	with       string
}

// Read reads a configuration.
func Read(f File) (*Document, error) {
	data, err := file.ReadFile(f.Path, maxSize)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %q leads nowhere", f.Title, f.Path)
		}
		return nil, fmt.Errorf("%s: %w", f.Title, err)
	}
	d := &Document{File: f, data: data}
	if d.Entries, err = f.entries(data); err != nil {
		return nil, fmt.Errorf("%s: %q: %w", f.Title, f.Path, err)
	}
	return d, nil
}

var mark = []byte("\ufeff")

func (f File) entries(data []byte) ([]Entry, error) {
	bom := 0
	if bytes.HasPrefix(data, mark) {
		bom = len(mark)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("it is no UTF-8")
	}
	if len(bytes.TrimSpace(data[bom:])) == 0 {
		return nil, nil // no servers
	}
	read := map[string]func([]byte) (*node, error){JSON: readJSON, TOML: readTOML, YAML: readYAML}[f.Format]
	root, err := read(data[bom:])
	if err != nil {
		return nil, err
	}
	root.shift(bom)
	e := extractor{shape: f.shape, data: data}
	for _, keys := range f.sections {
		if err := e.section(root, keys, ""); err != nil {
			return nil, err
		}
	}
	return e.list, nil
}

// shift moves the places of a tree.
func (n *node) shift(by int) {
	if by == 0 {
		return
	}
	n.start, n.end = n.start+by, n.end+by
	for _, m := range n.members {
		m.value.shift(by)
	}
	for _, e := range n.elements {
		e.shift(by)
	}
}

// Set replaces a string. Edits of one document must not meet.
func (d *Document) Set(t Text, value string) error {
	if !t.Editable() {
		return errors.New("it is written in a way that cannot be edited in place (an anchor, or several lines)")
	}
	quoted, err := quote(value)
	if err != nil {
		return err
	}
	d.edits = append(d.edits, edit{t.node.start, t.node.end, quoted})
	return nil
}

// Edited gives the file as it would be. It is an error where it would say something else of a server than what was set.
func (d *Document) Edited() ([]byte, error) {
	edits := slices.Clone(d.edits)
	slices.SortFunc(edits, func(a, b edit) int { return a.start - b.start })
	var out []byte
	at := 0
	for _, e := range edits {
		if e.start < at {
			return nil, errors.New("two changes of one place")
		}
		out = append(append(out, d.data[at:e.start]...), e.with...)
		at = e.end
	}
	out = append(out, d.data[at:]...)
	now, err := d.entries(out)
	if err != nil {
		return nil, fmt.Errorf("it could not be read once it was edited: %w", err)
	}
	if was := d.expected(); describe(now) != was {
		return nil, errors.New("once edited it would say something else of another server")
	}
	return out, nil
}

// expected is what the servers are to be once the edits are made.
func (d *Document) expected() string {
	set := map[int]string{}
	for _, e := range d.edits {
		set[e.start] = e.with
	}
	entries := slices.Clone(d.Entries)
	change := func(t Text) Text {
		if t.node == nil {
			return t
		}
		if with, ok := set[t.node.start]; ok && t.Editable() {
			n, err := readJSON([]byte(with))
			if err == nil {
				t.Value = n.text
			}
		}
		return t
	}
	for i := range entries {
		e := &entries[i]
		e.Command, e.Args, e.Env, e.Headers = change(e.Command), slices.Clone(e.Args), slices.Clone(e.Env), slices.Clone(e.Headers)
		for j := range e.Args {
			e.Args[j] = change(e.Args[j])
		}
		for _, vars := range [][]Variable{e.Env, e.Headers} {
			for j := range vars {
				vars[j].Text = change(vars[j].Text)
			}
		}
	}
	return describe(entries)
}

// describe writes entries without their places.
func describe(entries []Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%q %q %q %q %v %q\n", e.Section, e.Server, e.Command.Value, e.URL, e.Disabled, e.odd)
		for _, a := range e.Args {
			fmt.Fprintf(&b, " %q", a.Value)
		}
		for _, vars := range [][]Variable{e.Env, e.Headers} {
			b.WriteString("\n")
			for _, v := range vars {
				fmt.Fprintf(&b, " %q=%q", v.Name, v.Value)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Write replaces the file by data, if it still holds what was read. A link is followed.
func (d *Document) Write(data []byte) error {
	now, err := file.ReadFile(d.Path, maxSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, d.data) {
		return fmt.Errorf("%q was changed meanwhile: nothing was written to it; try again", d.Path)
	}
	return file.WriteFile(d.Path, data, 0o600)
}
