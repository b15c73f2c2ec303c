package client

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sallyport/wrap/file"
)

// Places of changes.
const (
	atCommand = "command"  // the program
	atList    = "list"     // at the head of the arguments, or of the whole command line
	atBehind  = "behind"   // behind the command
	atOuter   = "outer"    // behind what holds the command
	atTimeout = "timeout"  // the time for a tool call
	atEnv     = "env "     // a variable, by its name
	atArg     = "argument" // one that holds a secret, by what stands in its place
)

// A Change is what was done at one place of an entry, so that it can be found again and taken back. It never holds a secret: what stood in
// front of one and behind it is in Old and Tail, or Style says how it was quoted.
type Change struct {
	At     string `json:"at"`
	Old    string `json:"old,omitempty"` // the bytes that stood there
	Tail   string `json:"tail,omitempty"`
	New    string `json:"new"` // the bytes that stand there now
	Secret string `json:"secret,omitempty"`
	Style  string `json:"style,omitempty"`
}

// Styles of strings that hold a secret.
const (
	styleDouble  = "double"  // as we quote
	styleSingle  = "single"  // in single quotes, those within doubled
	styleLiteral = "literal" // as it is, between Old and Tail
)

// styled writes a string that ends with a secret as it was.
func (c Change) styled(before, secret string) (string, error) {
	switch c.Style {
	case styleLiteral:
		return c.Old + secret + c.Tail, nil
	case styleSingle:
		return "'" + strings.ReplaceAll(before+secret, "'", "''") + "'", nil
	}
	return quote(before + secret)
}

// SetSecret puts a reference in the place of a secret that stands at the end of a string, behind before.
func (d *Document) SetSecret(v Variable, before, name string) (Change, error) {
	reference := before + "keyring:" + name
	if err := d.Set(v.Text, reference); err != nil {
		return Change{}, err
	}
	quoted, err := quote(reference)
	if err != nil {
		return Change{}, err
	}
	c := Change{At: atArg, New: quoted, Secret: name, Style: styleDouble}
	if v.Name != "" {
		c.At = atEnv + v.Name
	}
	raw, secret := d.text(v.node), strings.TrimPrefix(v.Value, before)
	if i := strings.LastIndex(raw, secret); i >= 0 && !strings.Contains(raw[:i]+"\n"+raw[i+len(secret):], secret) {
		c.Style, c.Old, c.Tail = styleLiteral, raw[:i], raw[i+len(secret):]
	} else if single, _ := (Change{Style: styleSingle}).styled(before, secret); single == raw {
		c.Style = styleSingle
	}
	return c, nil
}

// Undo takes changes of an entry back, as far as what they made still stands there, and the rest as well as what stands there now allows.
// first is the argument that is the server's program. value gives secrets, whose references stay where it is nil.
func (d *Document) Undo(e Entry, changes []Change, first int, value func(secret string) (string, error)) error {
	now, done := d.entry(e), map[string]bool{}
	for _, c := range changes {
		done[c.At] = d.undo(e, c) || done[c.At]
	}
	command := e.Args[first]
	if !e.whole && !done[atCommand] {
		if !e.Command.Editable() {
			return errNotEditable
		}
		quoted, err := quote(command.Value)
		if err != nil {
			return err
		}
		d.replace(e.Command.node, quoted)
	}
	if !done[atList] && !(done[atBehind] && d.cutOut(e.list)) {
		if err := d.cut(e, first); err != nil {
			return err
		}
	}
	now.Command.Value, now.Args = command.Value, now.Args[first+1:]
	if value == nil {
		return nil
	}
	return d.putBack(e, changes, first, value)
}

// undo takes one change back, if what it made is still there.
func (d *Document) undo(e Entry, c Change) bool {
	at := -1
	switch c.At {
	case atCommand:
		if e.Command.Editable() && d.text(e.Command.node) == c.New {
			d.replace(e.Command.node, c.Old)
			return true
		}
	case atTimeout:
		if e.timeout != nil && e.timeout.end > e.timeout.start && d.text(e.timeout) == c.New {
			d.replace(e.timeout, c.Old)
			d.entry(e).Timeout = d.timeOf(c.Old)
			return true
		}
	case atList:
		if e.list != nil && len(e.list.elements) > 0 {
			if at = e.list.elements[0].start; !e.list.flow {
				at = d.dash(e.list.elements[0])
			}
		}
	case atBehind, atOuter:
		o := e.holder
		if c.At == atOuter {
			o = e.object
		}
		if m, ok := o.holding(e.Command.node); ok {
			at = d.behind(o, m)
		}
	}
	if at <= 0 || !strings.HasPrefix(string(d.data[at:]), c.New) || c.New == "" {
		return false
	}
	d.edits = append(d.edits, edit{at, at + len(c.New), ""})
	if d.cutOut(e.timeout) {
		d.entry(e).Timeout = 0
	}
	return true
}

// cutOut reports whether a value goes with what is edited.
func (d *Document) cutOut(n *node) bool {
	return n != nil && slices.ContainsFunc(d.edits, func(x edit) bool { return x.with == "" && x.start <= n.start && n.end <= x.end && n.start < n.end })
}

// cut takes the first arguments out, up to the server's program, or all of them but that where it is in the same list.
func (d *Document) cut(e Entry, first int) error {
	if e.list == nil {
		return errNotEditable
	}
	keep := first + 1 // index among the elements of what stays
	list := e.list.elements
	place := func(n *node) int {
		if e.list.flow {
			return n.start
		}
		return d.dash(n)
	}
	if keep < len(list) {
		from, to := place(list[0]), place(list[keep])
		if from <= 0 || to <= from {
			return errNotEditable
		}
		d.edits = append(d.edits, edit{from, to, ""})
		return nil
	}
	from, to, with := e.list.start+1, e.list.end-1, ""
	if !e.list.flow {
		from, to, with = place(list[0]), list[len(list)-1].end, "[]"
	}
	if from <= 0 || to < from {
		return errNotEditable
	}
	d.edits = append(d.edits, edit{from, to, with})
	return nil
}

// putBack writes secrets in the place of references.
func (d *Document) putBack(e Entry, changes []Change, first int, value func(string) (string, error)) error {
	all := slices.Clone(e.Env)
	for _, arg := range e.Args[first+1:] {
		all = append(all, Variable{Text: arg})
	}
	for _, v := range all {
		at := strings.LastIndexAny(v.Value, "= ") + 1
		if v.Name != "" {
			at = 0
		}
		name, is := strings.CutPrefix(v.Value[at:], "keyring:")
		if !is || !v.Editable() {
			continue
		}
		secret, err := value(name)
		if err != nil {
			return err
		}
		var was Change
		for _, c := range changes {
			if c.Secret == name && d.text(v.node) == c.New && (c.At == atEnv+v.Name || c.At == atArg && v.Name == "") {
				was = c
			}
		}
		text, err := was.styled(v.Value[:at], secret)
		if err != nil {
			return err
		}
		d.replace(v.node, text)
		d.expect(v.node, v.Value[:at]+secret)
	}
	return nil
}

// A Record says what was done to a file: it is kept until that is undone.
type Record struct {
	Client   string   `json:"client"`
	Title    string   `json:"title"`
	Path     string   `json:"path"`     // with links followed
	Original string   `json:"original"` // SHA-256 of the file before the first change, as "h1:" and base64
	Entries  []Undone `json:"entries"`
}

// Undone are the changes of an entry that can be undone.
type Undone struct {
	Section string   `json:"section,omitempty"`
	Server  string   `json:"server"`
	Name    string   `json:"name"` // as --name has it
	Changes []Change `json:"changes"`
	Made    []string `json:"made,omitempty"` // secrets that were kept for it
}

// Of gives the changes of an entry.
func (r *Record) Of(e Entry) (Undone, bool) {
	for _, u := range r.Entries {
		if u.Section == e.Section && u.Server == e.Server {
			return u, true
		}
	}
	return Undone{}, false
}

// Without forgets an entry.
func (r *Record) Without(e Entry) {
	r.Entries = slices.DeleteFunc(r.Entries, func(u Undone) bool { return u.Section == e.Section && u.Server == e.Server })
}

// Hash names the content of a file.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return "h1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// Original is the hash of what was read.
func (d *Document) Original() string { return Hash(d.data) }

// Real is the file with links followed.
func (f File) Real() string {
	if real, err := filepath.EvalSymlinks(f.Path); err == nil {
		return real
	}
	return f.Path
}

// Records is the folder where records are kept, a file for each configuration.
type Records string

func (r Records) path(f File) string {
	sum := sha256.Sum256([]byte(f.Client + "\x00" + f.Real()))
	return filepath.Join(string(r), fmt.Sprintf("%s-%x.json", f.Client, sum[:8]))
}

const recordVersion = 1

type recordFile struct {
	Version int `json:"version"`
	Record
}

// Load reads the record of a file; an empty one where there is none.
func (r Records) Load(f File) (*Record, error) {
	record, err := r.read(r.path(f))
	if errors.Is(err, fs.ErrNotExist) {
		return &Record{Client: f.Client, Title: f.Title, Path: f.Real()}, nil
	}
	return record, err
}

func (r Records) read(path string) (*Record, error) {
	data, err := file.ReadFile(path, maxSize)
	if err != nil {
		return nil, err
	}
	var read recordFile
	if err := json.Unmarshal(data, &read); err != nil {
		return nil, fmt.Errorf("the undo record %q is damaged: %v; move it away to undo what can be seen in the file itself", path, err)
	}
	if read.Version != recordVersion {
		return nil, fmt.Errorf("the undo record %q is of version %d, which this sallyport does not know: use the one that wrote it", path, read.Version)
	}
	return &read.Record, nil
}

// All are the records of all files.
func (r Records) All() (list []*Record, err error) {
	entries, err := os.ReadDir(string(r))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		record, err := r.read(filepath.Join(string(r), e.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, record)
	}
	return list, err
}

// File is the file that the record is about; ok is false where no such client is known.
func (r *Record) File() (f File, ok bool) {
	for _, row := range Clients {
		if row.Title == r.Title {
			return File{row, r.Path}, true
		}
	}
	return f, false
}

// Save keeps a record; one without entries is removed.
func (r Records) Save(f File, record *Record) error {
	if len(record.Entries) == 0 {
		err := os.Remove(r.path(f))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := file.MkdirPrivate(string(r)); err != nil {
		return err
	}
	data, err := json.MarshalIndent(recordFile{recordVersion, *record}, "", " ")
	if err != nil {
		return err
	}
	return file.WriteFile(r.path(f), append(data, '\n'), 0o600)
}
