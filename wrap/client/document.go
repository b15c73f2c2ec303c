package client

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"time"
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
	Names    []string      // of variables that the client passes on besides Env
	EnvFile  string        // with further variables
	Dir      string        // where it is started; "" for where the client is
	Headers  []Variable    // of a remote server
	URL      string        // of a remote server
	Timeout  time.Duration // for a tool call; 0 where the entry says nothing
	Disabled bool
	Line     int
	odd      string // what is not as it should be

	parts
}

// parts are the places of an entry.
type parts struct {
	object  *node // with the command, or with the member that holds it
	holder  *node // with the command
	list    *node // of the arguments, or of the whole command line; nil where there is none
	whole   bool  // list is the whole command line
	timeout *node // nil where there is none
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
	now     []Entry // as they are to be once edited
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
	d.now = cloned(d.Entries)
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
	root, err := f.tree(data[bom:])
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

func (f File) tree(data []byte) (*node, error) {
	switch f.Format {
	case TOML:
		return readTOML(data)
	case YAML:
		return readYAML(data)
	}
	return readJSON(data, f.sections)
}

// Empty reports whether the file holds nothing at all.
func (d *Document) Empty() bool { return len(bytes.TrimSpace(bytes.TrimPrefix(d.data, mark))) == 0 }

// Of reads data as the content of this file.
func (f File) Of(data []byte) ([]Entry, error) { return f.entries(data) }
