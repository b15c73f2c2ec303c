package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What the user's files say of pins: what happens at the first sight of a server, and which drift is let through.

// firstSights are the words for the first sight of a server that nobody pinned, the strictest first.
var firstSights = []string{"hold", "show", "accept"}

// driftKinds are the kinds of drift, as package drift names them. Those of launches and blocked names cannot be let through.
var driftKinds = []string{
	"wording", "parameter", "wider", "narrower", "schema", "hint", "output", "instructions", "info", "capability", "other", "added",
}

var driftShape = func() *shape {
	keys := make([]member, len(driftKinds))
	for i, kind := range driftKinds {
		keys[i] = member{kind, wordOf("hold, unless it says otherwise", "hold", "pass")}
	}
	return objectOf("what happens to definitions that are not what was accepted, by the kind of change", keys...)
}()

var firstSightShape = wordOf("what a server that nobody pinned may show: nothing (hold), what looks harmless though no call passes (show), or "+
	"what looks harmless, and it is accepted as it is seen first (accept)", firstSights...)

// pinning is what a file says of pins, for all servers or for one.
type pinning struct {
	first string            // "" where it says nothing
	drift map[string]string // kind to "hold" or "pass"
}

func (l *loader) firstSight(s *source, e entry, what string, p *pinning) error {
	if err := l.once(what, e.pos); err != nil {
		return err
	}
	w, err := s.word(e.val, what)
	if err != nil {
		return err
	}
	i, err := w.choose("first sight", firstSights)
	if err == nil {
		p.first = firstSights[i]
	}
	return err
}

func (l *loader) drift(s *source, e entry, what string, p *pinning) error {
	entries, err := s.mapping(e.val, what)
	if err != nil {
		return err
	}
	if p.drift == nil {
		p.drift = map[string]string{}
	}
	for _, d := range entries {
		if !slices.Contains(driftKinds, d.key) {
			return d.unknownKey(" in "+what, driftKinds)
		}
		if err := l.once(fmt.Sprintf("%s.%s", what, d.key), d.pos); err != nil {
			return err
		}
		w, err := s.word(d.val, "what happens to it")
		if err != nil {
			return err
		}
		if _, err := w.choose("stance", []string{"hold", "pass"}); err != nil {
			return err
		}
		p.drift[d.key] = w.text
	}
	return nil
}

// FirstSight tells what the server may show while nobody has pinned it: "hold", "show" or "accept".
func (v *View) FirstSight() string {
	for _, p := range []pinning{v.policy.servers[v.server].pinning, v.policy.pinning} {
		if p.first != "" {
			return p.first
		}
	}
	return "show"
}

// DriftPasses tells whether a kind of drift is let through.
func (v *View) DriftPasses(kind string) bool {
	for _, p := range []pinning{v.policy.servers[v.server].pinning, v.policy.pinning} {
		if stance := p.drift[kind]; stance != "" {
			return stance == "pass"
		}
	}
	return false
}

// DriftKinds lists the kinds of drift that a rule file can speak of.
func DriftKinds() []string { return slices.Clone(driftKinds) }

// ClassNamed gives the class with this name, Unknown where there is none.
func ClassNamed(name string) Class {
	return Class(max(0, slices.Index(classNames[:], name)))
}

// Pinning describes what the user's files say of pins, a line for all servers and one for each that they name, for people.
func (p *Policy) Pinning() []string {
	lines := []string{describe("", p.pinning)}
	for _, name := range slices.Sorted(maps.Keys(p.servers)) {
		if own := p.servers[name].pinning; own.first != "" || len(own.drift) > 0 {
			lines = append(lines, describe(name, own))
		}
	}
	return lines
}

func describe(server string, p pinning) string {
	var parts []string
	if first := p.first; first != "" || server == "" {
		parts = append(parts, "first sight "+cmp.Or(first, "show"))
	}
	var passes, held []string
	for _, kind := range driftKinds {
		switch p.drift[kind] {
		case "pass":
			passes = append(passes, kind)
		case "hold":
			held = append(held, kind)
		}
	}
	if len(passes) > 0 {
		parts = append(parts, "drift that passes: "+strings.Join(passes, " "))
	}
	if len(held) > 0 && server != "" {
		parts = append(parts, "drift that is held: "+strings.Join(held, " "))
	}
	text := strings.Join(parts, ", ")
	if server != "" {
		text = server + ": " + text
	}
	return text
}
