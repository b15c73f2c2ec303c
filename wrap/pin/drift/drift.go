// Package drift says how two definitions of a server differ, and what kind of change that is.
//
// Compare finds every difference: it gives nothing only for definitions with the same canonical form (RFC 8785, numbers as they are
// spelled). A kind is a summary for rules and people, after what JSON Schema 2020-12 says of the keyword that changed; what is not
// understood is Schema within a schema and Other elsewhere, never one of the kinds that somebody might take for harmless.
//
// It does not judge what the words of a definition say.
package drift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Kind names what changed, as the rules file spells it.
type Kind string

// The kinds of drift of definitions, in the order of reports, and those of launches.
const (
	Wording      Kind = "wording"      // titles, descriptions, comments and examples
	Parameter    Kind = "parameter"    // a new one
	Wider        Kind = "wider"        // a schema takes more
	Narrower     Kind = "narrower"     // a schema takes less, or a parameter is gone or newly required
	Schema       Kind = "schema"       // a schema takes something else
	Hint         Kind = "hint"         // annotations
	Output       Kind = "output"       // the schema of results
	Instructions Kind = "instructions" // of the server, to the model
	Info         Kind = "info"         // what the server says it is
	Capability   Kind = "capability"   // extensions and experimental features
	Other        Kind = "other"        // everything else
	Added        Kind = "added"        // an item is new
	Removed      Kind = "removed"      // an item is gone

	Arguments   Kind = "arguments"   // the command line
	Environment Kind = "environment" // variables that the entry sets
	Executable  Kind = "executable"  // the program's or the script's file
	Package     Kind = "package"     // a package's version, lock or files
)

// Kinds are those that definitions can have.
func Kinds() []Kind {
	return []Kind{Wording, Parameter, Wider, Narrower, Schema, Hint, Output, Instructions, Info, Capability, Other, Added, Removed}
}

// A Change is one difference. Path has dots between names, and names that are no identifiers in brackets. Old and New are the texts of
// strings, and the JSON of everything else; "" where there is none.
type Change struct {
	Kind Kind   `json:"kind"`
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// maxChanges bounds the list: of more, the last one is of the whole definition.
const maxChanges = 1000

// maxDepth is how deep values are taken apart.
const maxDepth = 200

// Compare lists what differs between two definitions, raw JSON that a strict reader has accepted, of one of the sections of a pin:
// "tools", "prompts", "resources", "resourceTemplates", "instructions", "serverInfo", "capabilities".
func Compare(section string, old, new []byte) []Change {
	a, errA := decode(old)
	b, errB := decode(new)
	c := comparison{section: section}
	switch {
	case errA != nil || errB != nil:
		if !bytes.Equal(old, new) {
			c.add(Other, "", string(old), string(new))
		}
	default:
		c.value(place{kind: c.whole()}, a, b)
	}
	if len(c.changes) >= maxChanges {
		c.changes = append(c.changes[:maxChanges-1], Change{Other, "", "", fmt.Sprintf("more than %d differences", maxChanges-2)})
	}
	return c.changes
}

// decode keeps the spelling of numbers.
func decode(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

type comparison struct {
	section string
	changes []Change
}

// whole is the kind of all changes of a section that is not taken apart, "" for one that is.
func (c *comparison) whole() Kind {
	switch c.section {
	case "instructions":
		return Instructions
	case "serverInfo":
		return Info
	case "capabilities":
		return Capability
	}
	return ""
}

func (c *comparison) add(kind Kind, path, old, new string) {
	if len(c.changes) < maxChanges {
		c.changes = append(c.changes, Change{kind, path, old, new})
	}
}

// A place is where a value stands.
type place struct {
	path  string
	kind  Kind // of every change below; "" where the names below tell
	depth int
	// schema is what the value is within a schema
	schema role
	// either is set where taking more in one place can mean taking less in all, as below oneOf
	either bool
}

// A role is what a value is within a schema.
type role uint8

const (
	none       role = iota
	schema          // a schema
	schemas         // an object or a list of schemas by name: $defs, anyOf
	properties      // an object of schemas by the names of parameters
	argument        // of a prompt
)

func (p place) below(name string) place {
	p.path = join(p.path, name)
	p.depth++
	return p
}

// maxName bounds, in bytes, one name in a path: what is longer is cut, since a path is copied for each change.
const maxName = 100

func join(path, name string) string {
	if len(name) > maxName {
		name = name[:maxName] + "…"
	}
	if len(path) > 10*maxName {
		return path
	}
	if !identifier(name) {
		return path + "[" + strconv.Quote(name) + "]"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

func identifier(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '$' || r == '-')
	})
}

// value compares two values at one place.
func (c *comparison) value(p place, a, b any) {
	if len(c.changes) >= maxChanges || equal(a, b) {
		return
	}
	oldMap, isA := a.(map[string]any)
	newMap, isB := b.(map[string]any)
	if isA && isB && p.depth < maxDepth {
		c.object(p, oldMap, newMap)
		return
	}
	oldList, isA := a.([]any)
	newList, isB := b.([]any)
	if isA && isB && p.depth < maxDepth && len(oldList) == len(newList) && p.schema != none {
		for i := range oldList {
			c.value(p.below(strconv.Itoa(i)), oldList[i], newList[i])
		}
		return
	}
	c.leaf(p, a, b)
}

// leaf notes that one value became another.
func (c *comparison) leaf(p place, a, b any) {
	kind := p.kind
	if kind == "" {
		kind = Other
		if p.schema == schema || p.schema == schemas || p.schema == properties {
			kind = Schema
		}
	}
	c.add(kind, p.path, text(a), text(b))
}

func (c *comparison) object(p place, a, b map[string]any) {
	names := slices.Collect(maps.Keys(a))
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		old, had := a[name]
		new, has := b[name]
		if had && has && equal(old, new) {
			continue
		}
		c.member(p, name, option{old, had}, option{new, has})
	}
}

// An option is a member that may be absent, which is not the same as null.
type option struct {
	val any
	is  bool
}

// text is the member as a change has it.
func (o option) text() string {
	if !o.is {
		return ""
	}
	return text(o.val)
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "?"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// member compares one member of an object, by what the object is.
func (c *comparison) member(p place, name string, old, new option) {
	at := p.below(name)
	switch {
	case p.kind != "":
	case p.schema == schema:
		c.keyword(p, name, old, new)
		return
	case p.schema == schemas || p.schema == properties:
		at.schema = schema
		if !old.is || !new.is {
			c.add(at.mixed(presence(p.schema, new.is)), at.path, old.text(), new.text())
			return
		}
	case p.path == "":
		at = c.top(at, name)
	case p.schema == argument:
		at.kind = Other
		switch name {
		case "description", "title":
			at.kind = Wording
		case "required":
			at.kind = flagKind(old, new, Other)
		}
	default:
		at.kind = Other
	}
	if c.section == "prompts" && p.path == "" && name == "arguments" && c.arguments(at, old, new) {
		return
	}
	if old.is && new.is {
		c.value(at, old.val, new.val)
		return
	}
	if at.kind == "" {
		at.kind = Other
		if at.schema == schema {
			at.kind = Schema
		}
	}
	c.add(at.kind, at.path, old.text(), new.text())
}

// top is a member of the definition itself.
func (c *comparison) top(at place, name string) place {
	switch {
	case name == "description" || name == "title":
		at.kind = Wording
	case c.section == "tools" && name == "inputSchema":
		at.schema = schema
	case c.section == "tools" && name == "outputSchema":
		at.kind = Output
	case c.section == "tools" && name == "annotations":
		at.kind = Hint
	default:
		at.kind = Other
	}
	return at
}

// arguments compares those of a prompt by their names, if they have any.
func (c *comparison) arguments(p place, old, new option) bool {
	before, okA := byName(old)
	after, okB := byName(new)
	if !okA || !okB {
		return false
	}
	found := len(c.changes)
	names := slices.Collect(maps.Keys(before))
	for name := range after {
		if _, both := before[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		a, had := before[name]
		b, has := after[name]
		at := p.below(name)
		at.kind, at.schema = "", argument
		switch {
		case had && has:
			c.value(at, a, b)
		case has:
			c.add(Parameter, at.path, "", text(b))
		default:
			c.add(Narrower, at.path, text(a), "")
		}
	}
	if a, b := commonOrder(old, after), commonOrder(new, before); !slices.Equal(a, b) {
		c.add(Other, p.path, strings.Join(a, ", "), strings.Join(b, ", "))
	}
	// An empty list and none at all.
	return len(c.changes) > found
}

// commonOrder lists the names of arguments that others has too, in the order of list.
func commonOrder(list option, others map[string]any) []string {
	var names []string
	items, _ := list.val.([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		if name, _ := m["name"].(string); others[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

func byName(list option) (map[string]any, bool) {
	items, ok := list.val.([]any)
	if !ok && list.is {
		return nil, false
	}
	out := map[string]any{}
	for _, item := range items {
		m, _ := item.(map[string]any)
		name, ok := m["name"].(string)
		if _, twice := out[name]; !ok || twice {
			return nil, false
		}
		out[name] = item
	}
	return out, true
}

// equal compares decoded values; numbers by their spelling.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}
