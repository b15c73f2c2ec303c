package rules

import (
	"embed"
	"encoding/json"
	"fmt"
)

// Packs ship as rule files, for people, and as an index, for a start that takes no time: packs/*.json holds what reading the YAML and
// compiling its expressions found out. A test holds the one against the other, and -update writes the index.

//go:embed packs/*.json
var packIndexes embed.FS

// packed is the index of a pack.
type packed struct {
	Classes map[string]map[string]Class `json:"classes"` // by server and tool
	Rules   []packedRule                `json:"rules"`
	Against []Written                   `json:"against,omitempty"`
}

// Written is a release of a server whose tools a pack was written against.
type Written struct {
	Pack    string `json:"pack"`
	Server  string `json:"server"` // the name under which the pack knows it
	Package string `json:"package"`
	Version string `json:"version"`
	Tools   int    `json:"tools"` // how many it has
}

// WrittenAgainst lists the releases that the packs were written against, by pack and server.
func WrittenAgainst() []Written {
	var out []Written
	for _, name := range Packs() {
		if p, err := packIndex(name); err == nil {
			out = append(out, p.Against...)
		}
	}
	return out
}

type packedRule struct {
	Name    string        `json:"name"`
	Line    int           `json:"line"`
	On      onMask        `json:"on"`
	Do      uint8         `json:"do"`
	Because string        `json:"because,omitempty"`
	When    string        `json:"when,omitempty"`
	Guards  []packedGuard `json:"guards,omitempty"`
	Always  bool          `json:"always,omitempty"` // nothing is left of the expression but its guards
}

type packedGuard struct {
	Subject subject  `json:"subject"`
	Names   []string `json:"names"`
	Not     bool     `json:"not,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
}

func packIndex(name string) (*packed, error) {
	data, err := packIndexes.ReadFile("packs/" + name + ".json")
	if err != nil {
		return nil, err
	}
	p := &packed{}
	return p, json.Unmarshal(data, p)
}

// indexed takes in a pack by its index.
func (l *loader) indexed(src *source, p *packed) error {
	l.policy.files = append(l.policy.files, src.path)
	for server, classes := range p.Classes {
		m := l.policy.classesOf(server)
		for tool, class := range classes {
			l.packClass(src, m, server, tool, class)
		}
	}
	for i := range p.Rules {
		r := p.Rules[i].rule(src, l.translator)
		if first, dup := l.names[r.name]; dup {
			return r.pos.errorf("", "there is a rule %q already, at %s", r.name, first.at())
		}
		l.names[r.name] = r.pos
		l.policy.rules = append(l.policy.rules, r)
	}
	return nil
}

// packClass notes what a pack says of a tool. The user's word goes before it; of two packs the stricter counts.
func (l *loader) packClass(src *source, m map[string]classEntry, server, tool string, class Class) {
	old, set := m[tool]
	switch {
	case set && !old.pack && old.class < class:
		l.policy.looser = append(l.policy.looser, Warning{At: src.short, Text: fmt.Sprintf(
			"the pack says that %s of server %q is %s, your file says %s", tool, server, class, old.class)})
	case !set || old.pack && old.class < class:
		m[tool] = classEntry{class, true}
	}
}

func (p *packedRule) rule(src *source, late *translator) *rule {
	r := &rule{name: src.qualified(p.Name), on: p.On, do: Action(p.Do), because: p.Because, source: p.When,
		pos: position{src, p.Line, 1}, compiled: always}
	r.at = r.pos.at()
	for _, g := range p.Guards {
		r.guards = append(r.guards, guard{subject: g.Subject, names: g.Names, not: g.Not})
		if g.Pattern != "" {
			r.guards[len(r.guards)-1].pattern = newPattern(g.Pattern)
		}
	}
	if p.When != "" && !p.Always {
		r.late = late
	}
	return r
}

// pack makes the index of a pack that was read from its YAML.
func (p *Policy) pack() *packed {
	out := &packed{Classes: map[string]map[string]Class{}}
	for server, classes := range p.classes {
		out.Classes[server] = map[string]Class{}
		for tool, c := range classes {
			out.Classes[server][tool] = c.class
		}
	}
	for _, r := range p.rules {
		e := packedRule{Name: r.name[len(r.pos.file.pack)+1:], Line: r.pos.line, On: r.on, Do: uint8(r.do), Because: r.because, When: r.source,
			Always: r.code().program == nil}
		for _, g := range r.guards {
			packed := packedGuard{Subject: g.subject, Names: g.names, Not: g.not}
			if g.pattern != nil {
				packed.Pattern = g.pattern.text
			}
			e.Guards = append(e.Guards, packed)
		}
		out.Rules = append(out.Rules, e)
	}
	return out
}
