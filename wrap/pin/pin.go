package pin

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sallyport/wrap/pin/origin"
)

// A Section is a kind of what reaches the model.
type Section string

// The sections, named as the protocol names the members.
const (
	Instructions Section = "instructions"
	ServerInfo   Section = "serverInfo"
	Capabilities Section = "capabilities"
	Tools        Section = "tools"
	Prompts      Section = "prompts"
	Resources    Section = "resources"
	Templates    Section = "resourceTemplates"
)

// Sections are all sections, in the order of files and reports.
var Sections = []Section{Instructions, ServerInfo, Capabilities, Tools, Prompts, Resources, Templates}

// One is the word for one item of the section.
func (s Section) One() string {
	switch s {
	case Tools, Prompts, Resources:
		return string(s[:len(s)-1])
	case Templates:
		return "resource template"
	case Capabilities:
		return "capability"
	case ServerInfo:
		return "server info"
	}
	return string(s)
}

// A Key names an item. Instructions and server info are one each and have the name "".
type Key struct {
	Section Section
	Name    string
}

// String names the item for people and on command lines: tools by their name alone, unless that could be taken for something else.
func (k Key) String() string {
	switch {
	case k.Section == Tools && !strings.HasPrefix(k.Name, "-") && !reserved(k.Name):
		return k.Name
	case k.Name == "":
		return string(k.Section)
	}
	return string(k.Section) + ":" + k.Name
}

// reserved tells names that mean something else on a command line.
func reserved(name string) bool {
	section, _, _ := strings.Cut(name, ":")
	return name == "launch" || slices.Contains(Sections, Section(section))
}

// An Item is a definition in canonical form. Hash is over exactly those bytes. Class, of tools, is what a human took it for: "read",
// "write", "destructive", or "" where nobody said.
type Item struct {
	Class      string
	Hash       string
	Definition []byte
}

// MaxDefinition bounds one definition, in bytes: what is longer is never shown to a model, since nobody would have read it.
const MaxDefinition = 1 << 20

// MaxItems bounds the items of one section.
const MaxItems = 10_000

// NewItem makes the item of a definition as a server sent it.
func NewItem(raw []byte) (Item, error) {
	if len(raw) > MaxDefinition {
		return Item{}, fmt.Errorf("its definition has more than %d bytes", MaxDefinition)
	}
	b, err := Canonical(nil, raw)
	if err != nil {
		return Item{}, err
	}
	return Item{Hash: hashOf(b), Definition: b}, nil
}

// A Launch is one way to start a server that a human accepted.
type Launch struct {
	Args     []string          `json:"args"`
	Variable []int             `json:"variable,omitempty"` // indexes of Args that the client fills in anew each time
	Env      map[string]string `json:"env,omitempty"`      // set by the client's entry: digest of the value, "" of a secret
	Dir      string            `json:"dir,omitempty"`      // set by the client's entry
	Origin   origin.Origin     `json:"origin"`
}

// A Pin is what a human accepted of one server. The zero value accepts nothing.
type Pin struct {
	Server   string
	Blocked  string // why it may not run; "" lets it
	Clients  []string
	Launches []Launch
	Locks    map[string][]byte // package-lock.json in canonical form, by its hash
	Items    map[Key]Item
}

// Accepted reports whether somebody accepted a launch of this server. A nil pin accepts nothing.
func (p *Pin) Accepted() bool { return p != nil && p.Blocked == "" && len(p.Launches) > 0 }

// Clone returns a copy that shares no map and no list.
func (p *Pin) Clone() *Pin {
	c := *p
	c.Clients, c.Launches = slices.Clone(p.Clients), slices.Clone(p.Launches)
	c.Locks, c.Items = maps.Clone(p.Locks), maps.Clone(p.Items)
	if c.Locks == nil {
		c.Locks = map[string][]byte{}
	}
	if c.Items == nil {
		c.Items = map[Key]Item{}
	}
	return &c
}

// Keys are the keys of a section's items, or of all for "", in the order of files.
func (p *Pin) Keys(section Section) []Key {
	var keys []Key
	for k := range p.Items {
		if section == "" || k.Section == section {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(cmp.Compare(slices.Index(Sections, a.Section), slices.Index(Sections, b.Section)), cmp.Compare(a.Name, b.Name))
	})
	return keys
}

// AddLaunch accepts a launch in the place of one that differs only in what it starts, or beside the others. A lock that no launch
// needs any more is dropped.
func (p *Pin) AddLaunch(l Launch, lock []byte) {
	i := slices.IndexFunc(p.Launches, func(old Launch) bool { return old.sameCommand(l) })
	if i < 0 {
		p.Launches = append(p.Launches, l)
	} else {
		p.Launches[i] = l
	}
	if p.Locks == nil {
		p.Locks = map[string][]byte{}
	}
	if l.Origin.Lock != "" {
		p.Locks[l.Origin.Lock] = lock
	}
	for hash := range p.Locks {
		if !slices.ContainsFunc(p.Launches, func(l Launch) bool { return l.Origin.Lock == hash }) {
			delete(p.Locks, hash)
		}
	}
	slices.SortFunc(p.Launches, func(a, b Launch) int { return bytes.Compare(a.line(), b.line()) })
}

// sameCommand reports whether two launches are of one entry of a client's configuration.
func (l Launch) sameCommand(other Launch) bool {
	return l.sameArgs(other) && maps.Equal(l.Env, other.Env) && l.Dir == other.Dir
}

func (l Launch) sameArgs(other Launch) bool {
	if len(l.Args) != len(other.Args) {
		return false
	}
	for i, arg := range l.Args {
		if arg != other.Args[i] && !slices.Contains(l.Variable, i) {
			return false
		}
	}
	return true
}

// Candidates are the accepted launches that a command could be: what they start is still to be checked.
func (p *Pin) Candidates(l Launch) []Launch {
	var found []Launch
	for _, accepted := range p.Launches {
		if accepted.sameCommand(l) {
			found = append(found, accepted)
		}
	}
	return found
}

// Closest is the accepted launch that differs least from one that was not accepted; false where there is none at all.
func (p *Pin) Closest(l Launch) (Launch, bool) {
	best, least := -1, 0
	for i, accepted := range p.Launches {
		distance := 0
		if !accepted.sameArgs(l) {
			distance += 4
		}
		if !maps.Equal(accepted.Env, l.Env) {
			distance += 2
		}
		if accepted.Origin.Package != l.Origin.Package || accepted.Origin.Path != l.Origin.Path {
			distance++
		}
		if best < 0 || distance < least {
			best, least = i, distance
		}
	}
	if best < 0 {
		return Launch{}, false
	}
	return p.Launches[best], true
}
