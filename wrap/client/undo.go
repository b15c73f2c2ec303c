package client

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Places of changes.
const (
	atCommand = "command"  // the program
	atList    = "list"     // at the head of the arguments, or of the whole command line
	atBehind  = "behind"   // behind the command
	atOuter   = "outer"    // behind what holds the command
	atTimeout = "timeout"  // the time for a tool call, which stood there before
	atLimit   = "limit"    // the same, where it is part of what was put in
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
	// Spelled says which characters of a secret were written as an escape, and how: index in characters, and u, U or /. It says nothing of
	// which they are, but for a slash.
	Spelled string `json:"spelled,omitempty"`
}

// Styles of strings that hold a secret.
const (
	styleDouble  = "double"  // as we quote
	styleSingle  = "single"  // in single quotes, those within doubled
	styleLiteral = "literal" // as it is, between Old and Tail
	styleSpelled = "spelled" // as JSON, with escapes that need not be
)

// styled writes a string that ends with a secret as it was.
func (c Change) styled(before, secret string) (string, error) {
	switch c.Style {
	case styleLiteral:
		return c.Old + secret + c.Tail, nil
	case styleSpelled:
		return `"` + spell(before+secret, c.Spelled) + `"`, nil
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
	} else if how := spelling(raw); how != "" {
		c.Style, c.Spelled = styleSpelled, how
	}
	return c, nil
}

// Undo takes changes of an entry back, as far as what they made still stands there, and the rest as well as what stands there now allows.
// first is the argument that is the server's program. value gives a secret that a variable is to have back ("" for an argument), or says
// that its reference stays; where it is nil, all stay.
func (d *Document) Undo(e Entry, changes []Change, first int, value func(secret, variable string) (text string, ok bool, err error)) error {
	edits, before := len(d.edits), cloned(d.now)
	err := d.unwrap(e, changes, first, value)
	if err != nil {
		d.edits, d.now = d.edits[:edits], before
	}
	return err
}

func (d *Document) unwrap(e Entry, changes []Change, first int, value func(secret, variable string) (text string, ok bool, err error)) error {
	now, done := d.entry(e), map[string]bool{}
	command := e.Args[first]
	for _, c := range changes {
		if c.At == atCommand && plainly(c.Old) != command.Value {
			continue // somebody changed the program since
		}
		done[c.At] = d.undo(e, c) || done[c.At]
	}
	for _, c := range changes {
		if c.At == atLimit && !d.cutOut(e.timeout) {
			d.removeLimit(e, c)
		}
	}
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
		// Where there was no list of arguments, none is left.
		ours := slices.ContainsFunc(changes, func(c Change) bool { return c.At == atBehind && strings.Contains(c.New, d.args(e)) })
		if e.list != nil && ours && first+1 == len(e.Args) && d.removeMember(e.holder, e.list) {
			done[atList] = true
		} else if err := d.cut(e, first); err != nil {
			return err
		}
	}
	now.Command.Value, now.Args = command.Value, now.Args[first+1:]
	if value == nil {
		return nil
	}
	return d.putBack(e, changes, first, value)
}

// plainly is the string that some bytes stand for.
func plainly(raw string) string {
	var text string
	switch {
	case strings.HasPrefix(raw, `"""`) && len(raw) >= 6, strings.HasPrefix(raw, "'''") && len(raw) >= 6:
		return raw[3 : len(raw)-3]
	case strings.HasPrefix(raw, `"`) && json.Unmarshal([]byte(raw), &text) == nil:
		return text
	case strings.HasPrefix(raw, "'") && len(raw) >= 2:
		return strings.ReplaceAll(raw[1:len(raw)-1], "''", "'")
	}
	return raw
}

// removeLimit takes the time for a tool call out, where it is still ours, and stands in another text than the one that was put in.
func (d *Document) removeLimit(e Entry, c Change) {
	if e.timeout != nil && e.timeout.end > e.timeout.start && d.text(e.timeout) == c.New && d.removeMember(e.object, e.timeout) {
		d.entry(e).Timeout = 0
	}
}

// removeMember takes a member out of an object, with the comma or the line that is its.
func (d *Document) removeMember(o, value *node) bool {
	i := slices.IndexFunc(o.members, func(m member) bool { return m.value == value })
	if i < 0 || o.members[i].key < 0 || value.end <= value.start {
		return false
	}
	from, to := o.members[i].key, value.end
	switch last := len(o.members) - 1; {
	case d.Format != JSON && !o.flow: // a line of its own
		from = bytes.LastIndexByte(d.data[:from], '\n') + 1
		if end := bytes.IndexByte(d.data[to:], '\n'); end >= 0 {
			to += end + 1
		}
	case i > 0 && o.members[i-1].value.end > 0:
		from = o.members[i-1].value.end
	case i < last && o.members[i+1].key > to:
		to = o.members[i+1].key
	default:
		return false
	}
	if slices.ContainsFunc(d.edits, func(x edit) bool {
		return x.start < to && from < x.end || x.start == x.end && from < x.start && x.start < to
	}) {
		return false
	}
	d.edits = append(d.edits, edit{from, to, ""})
	return true
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
func (d *Document) putBack(e Entry, changes []Change, first int, value func(string, string) (string, bool, error)) error {
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
		secret, ok, err := value(name, v.Name)
		if err != nil {
			return err
		}
		if !ok {
			continue
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
