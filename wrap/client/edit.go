package client

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport/wrap/file"
)

// An edit replaces bytes of a file.
type edit struct {
	start, end int
	with       string
}

var errNotEditable = errors.New("it is written in a way that cannot be edited in place (an anchor, or several lines)")

// Set replaces a string. Edits of one document must not meet.
func (d *Document) Set(t Text, value string) error {
	if !t.Editable() {
		return errNotEditable
	}
	quoted, err := quote(value)
	if err != nil {
		return err
	}
	d.replace(t.node, quoted)
	d.expect(t.node, value)
	return nil
}

func (d *Document) replace(n *node, with string) {
	d.edits = append(d.edits, edit{n.start, n.end, with})
}

// expect notes that a string is to read as value.
func (d *Document) expect(n *node, value string) {
	for i := range d.now {
		e := &d.now[i]
		for _, t := range e.texts() {
			if t.node == n {
				t.Value = value
			}
		}
	}
}

// texts are the strings of an entry.
func (e *Entry) texts() []*Text {
	list := []*Text{&e.Command}
	for i := range e.Args {
		list = append(list, &e.Args[i])
	}
	for _, vars := range [][]Variable{e.Env, e.Headers} {
		for i := range vars {
			list = append(list, &vars[i].Text)
		}
	}
	return list
}

// entry is an entry as it is to be once edited.
func (d *Document) entry(e Entry) *Entry {
	i := slices.IndexFunc(d.now, func(n Entry) bool { return n.Section == e.Section && n.Server == e.Server })
	return &d.now[i]
}

func cloned(entries []Entry) []Entry {
	entries = slices.Clone(entries)
	for i := range entries {
		e := &entries[i]
		e.Args, e.Env, e.Headers = slices.Clone(e.Args), slices.Clone(e.Env), slices.Clone(e.Headers)
	}
	return entries
}

// Front puts a program with words of its own in front of an entry's command, and sets the time for a tool call where limit is not 0. The
// changes are what Undo takes.
func (d *Document) Front(e Entry, program string, words []string, limit time.Duration) ([]Change, error) {
	edits, now := len(d.edits), cloned(d.now)
	changes, err := d.front(e, program, words, limit)
	if err != nil {
		d.edits, d.now = d.edits[:edits], now
		return nil, err
	}
	return changes, nil
}

func (d *Document) front(e Entry, program string, words []string, limit time.Duration) (changes []Change, err error) {
	now := d.entry(e)
	was := e.Command.Value
	switch {
	case !e.Command.Editable() || e.holder == nil:
		return nil, errNotEditable
	case e.whole:
		changes, err = d.frontOf(e, slices.Concat([]string{program}, words), "")
	default:
		changes, err = d.frontOf(e, words, was)
		if err != nil {
			return nil, err
		}
		quoted, quoteErr := quote(program)
		changes, err = append(changes, Change{At: atCommand, Old: d.text(e.Command.node), New: quoted}), quoteErr
		d.replace(e.Command.node, quoted)
	}
	if err != nil {
		return nil, err
	}
	var args []Text
	for _, w := range append(slices.Clone(words), was) {
		args = append(args, Text{Value: w})
	}
	now.Command.Value, now.Args = program, append(args, now.Args...)
	behind := ""
	if e.list == nil {
		list, err := quoteAll(append(slices.Clone(words), was))
		if err != nil {
			return nil, err
		}
		if behind, err = d.member(e, e.holder, d.args(e), "["+strings.Join(list, ", ")+"]"); err != nil {
			return nil, err
		}
		if e.holder != e.object {
			change, err := d.insert(e, e.holder, atBehind, behind)
			if err != nil {
				return nil, err
			}
			changes, behind = append(changes, change), ""
		}
	}
	return d.limit(e, limit, behind, changes)
}

// args is the name of the member with the arguments.
func (d *Document) args(e Entry) string { return cmp.Or(d.shape.args, "args") }

// frontOf puts words at the head of the list, and the command as the last of them where it is not in the list.
func (d *Document) frontOf(e Entry, words []string, command string) ([]Change, error) {
	if e.list == nil {
		return nil, nil
	}
	if command != "" {
		words = append(slices.Clone(words), command)
	}
	list, err := quoteAll(words)
	if err != nil {
		return nil, err
	}
	at, with := 0, ""
	switch {
	case len(e.list.elements) == 0 && e.list.end > e.list.start+1:
		at, with = e.list.start+1, strings.Join(list, ", ")
	case len(e.list.elements) == 0:
		return nil, errNotEditable
	case e.list.flow:
		at = e.list.elements[0].start
		between := " "
		if before := d.data[max(0, e.list.start):at]; bytes.IndexByte(before, '\n') >= 0 {
			between = d.lead(at)
		}
		with = strings.Join(list, ","+between) + "," + between
	default: // a list of YAML with dashes
		at = d.dash(e.list.elements[0])
		for _, w := range list {
			with += "- " + w + d.lead(at)
		}
	}
	if at <= 0 || len(e.list.elements) > 0 && e.list.elements[0].end <= e.list.elements[0].start {
		return nil, errNotEditable
	}
	d.edits = append(d.edits, edit{at, at, with})
	return []Change{{At: atList, New: with}}, nil
}

// dash is where the dash of a list's element stands; 0 where that is not on its line.
func (d *Document) dash(n *node) int {
	before := bytes.TrimRight(d.data[:n.start], " \t")
	if len(before) == 0 || before[len(before)-1] != '-' {
		return 0
	}
	return len(before) - 1
}

// lead is the line break and the blanks in front of what begins a line; a blank for what does not.
func (d *Document) lead(at int) string {
	head := bytes.TrimRight(d.data[:at], " \t")
	switch {
	case bytes.HasSuffix(head, []byte("\r\n")):
		return string(d.data[len(head)-2 : at])
	case bytes.HasSuffix(head, []byte("\n")):
		return string(d.data[len(head)-1 : at])
	}
	return " "
}

// limit sets the time for a tool call, and puts in what else is to stand behind the command.
func (d *Document) limit(e Entry, limit time.Duration, behind string, changes []Change) ([]Change, error) {
	if limit > 0 {
		number := strconv.FormatInt(limit.Milliseconds(), 10)
		if d.Seconds {
			number = strconv.FormatInt(int64(limit/time.Second), 10)
		}
		d.entry(e).Timeout = limit
		if e.timeout != nil {
			changes = append(changes, Change{At: atTimeout, Old: d.text(e.timeout), New: number})
			d.replace(e.timeout, number)
		} else {
			member, err := d.member(e, e.object, d.shape.Timeout, number)
			if err != nil {
				return nil, err
			}
			behind += member
			changes = append(changes, Change{At: atLimit, New: number})
		}
	}
	if behind == "" {
		return changes, nil
	}
	at := atBehind
	if e.holder != e.object {
		at = atOuter
	}
	change, err := d.insert(e, e.object, at, behind)
	return append(changes, change), err
}

// insert puts text behind the member of an object that is, or holds, the command.
func (d *Document) insert(e Entry, o *node, where, text string) (Change, error) {
	m, ok := o.holding(e.Command.node)
	if !ok || m.key < 0 || m.value.end <= m.key {
		return Change{}, errNotEditable
	}
	at := d.behind(o, m)
	d.edits = append(d.edits, edit{at, at, text})
	return Change{At: where, New: text}, nil
}

// behind is where a member can follow another one.
func (d *Document) behind(o *node, m member) int {
	at := m.value.end
	if d.Format == JSON || o.flow {
		return at
	}
	end := bytes.IndexByte(d.data[at:], '\n')
	if end < 0 {
		return len(d.data)
	}
	if at += end; d.data[at-1] == '\r' {
		at--
	}
	return at
}

// member is the text of a member that follows the command in object o, or what holds it there.
func (d *Document) member(e Entry, o *node, name, value string) (string, error) {
	m, ok := o.holding(e.Command.node)
	if !ok || m.key < 0 {
		return "", errNotEditable
	}
	lead := d.lead(m.key)
	switch {
	case d.Format == JSON && d.tight(m):
		return `,"` + name + `":` + value, nil
	case d.Format == JSON:
		return "," + lead + `"` + name + `": ` + value, nil
	case o.flow && d.Format == YAML:
		return ", " + name + ": " + value, nil
	case o.flow:
		return ", " + name + " = " + value, nil
	}
	if lead == " " { // the first line of the file
		lead = "\n"
	}
	if d.Format == YAML {
		return lead + name + ": " + value, nil
	}
	return lead + m.lead + name + " = " + value, nil
}

// tight reports whether a member of JSON is written without blanks.
func (d *Document) tight(m member) bool {
	return m.key > 0 && !strings.ContainsRune(" \t\r\n", rune(d.data[m.key-1])) && !bytes.ContainsAny(d.data[m.key:m.value.start], " \t\r\n")
}

// timeOf reads a time for tool calls.
func (s shape) timeOf(text string) time.Duration {
	unit := time.Millisecond
	if s.Seconds {
		unit = time.Second
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || number < 0 || number > 1e12 {
		return 0
	}
	return time.Duration(number * float64(unit))
}

func (d *Document) text(n *node) string { return string(d.data[n.start:n.end]) }

func quoteAll(words []string) (list []string, err error) {
	for _, w := range words {
		quoted, err := quote(w)
		if err != nil {
			return nil, err
		}
		list = append(list, quoted)
	}
	return list, nil
}

// Edited gives the file as it would be. It is an error where it would say something else of a server than what was meant.
func (d *Document) Edited() ([]byte, error) {
	out, err := d.spliced()
	if err != nil {
		return nil, err
	}
	now, err := d.entries(out)
	if err != nil {
		return nil, fmt.Errorf("it could not be read once it was edited: %w", err)
	}
	if describe(now) != describe(d.now) {
		return nil, errors.New("once edited it would say something else of another server")
	}
	return out, nil
}

func (d *Document) sorted() []edit {
	return slices.SortedStableFunc(slices.Values(d.edits), func(a, b edit) int { return cmp.Compare(a.start, b.start) })
}

func (d *Document) spliced() (out []byte, err error) {
	at := 0
	for _, e := range d.sorted() {
		if e.start < at || e.end > len(d.data) || e.end < e.start {
			return nil, errors.New("two changes of one place")
		}
		out = append(append(out, d.data[at:e.start]...), e.with...)
		at = e.end
	}
	return append(out, d.data[at:]...), nil
}

// describe writes entries without their places.
func describe(entries []Entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%q %q %q %q %v %v %q %q %q %q\n", e.Section, e.Server, e.Command.Value, e.URL, e.Disabled, e.Timeout, e.Names, e.EnvFile, e.Dir, e.odd)
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

// ErrChanged is the error of Write where the file no longer holds what was read.
var ErrChanged = errors.New("was changed meanwhile")

// SameServers reports whether another reading of the file says the same of every server.
func (d *Document) SameServers(other *Document) bool {
	return describe(d.Entries) == describe(other.Entries)
}

// Write replaces the file by data, if it still holds what was read. A link is followed.
func (d *Document) Write(data []byte) error {
	now, err := file.ReadFile(d.Path, maxSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, d.data) {
		return fmt.Errorf("%q %w: nothing was written to it; try again", d.Path, ErrChanged)
	}
	return file.WriteFile(d.Path, data, 0o600)
}
