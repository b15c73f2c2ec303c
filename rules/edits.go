package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sallyport/rules/scan"
)

// edit is what a rule does to frames in place of a verdict: one of mask, set and hide.
type edit struct {
	mask *masker
	set  []setting
	hide listMask
}

// listMask is a set of lists that hide looks at.
type listMask uint8

const (
	hideTools listMask = 1 << iota
	hidePrompts
	hideResources
)

var hideNames = []string{"tools", "prompts", "resources"}

// hideLists says which list a method gives or uses.
var hideLists = map[string]listMask{
	"tools/list": hideTools, "prompts/list": hidePrompts,
	"resources/list": hideResources, "resources/templates/list": hideResources,
}

// setting is what a rule does to one argument of a call: it puts value there, or bounds the number that is there.
type setting struct {
	name     string
	value    []byte // raw JSON; nil for a bound
	min, max any    // int or float64; nil where there is none
	standard []byte // where the argument is missing; nil if there is none
}

// Change is what set does to one argument of a call.
type Change struct {
	Name  string          `json:"name"` // of the argument
	Value json.RawMessage `json:"value"`
	Rule  string          `json:"rule"`
}

// Set gives what the rules change in a call that may pass, in order of names. The decision denies where they cannot: where two rules
// want different values, or an argument is of the wrong kind. It does not judge the changed call: that is for Decide.
func (j *Judge) Set(w *World) (changes []Change, d Decision) {
	settings := map[string]*setting{}
	by := map[string]*rule{}
	d = j.eachEdit(w, func(r *rule) bool { return r.edit.set != nil }, func(r *rule) error {
		for _, s := range r.edit.set {
			merged, err := merge(settings[s.name], s)
			if err != nil {
				return err
			}
			settings[s.name] = &merged
			if by[s.name] == nil || r.name < by[s.name].name {
				by[s.name] = r
			}
		}
		return nil
	})
	if d.Action != Allow || len(settings) == 0 {
		return nil, d
	}
	args := &object{raw: w.Args}
	if len(w.Args) == 0 {
		args.raw = emptyObject
	}
	for name, s := range settings {
		value, err := s.apply(args)
		if err != nil {
			return nil, by[name].fault(err)
		}
		if value != nil {
			changes = append(changes, Change{name, value, by[name].name})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Name, b.Name) })
	return changes, d
}

// DecideCall judges a call with all that rules do to it: the strictest of the verdicts on the call as it came and on what set made of
// it. Where the decision does not deny, w.Args is what is to go on, with changes telling what is new in it.
func (j *Judge) DecideCall(w *World) (d Decision, changes []Change) {
	defer func() {
		if r := recover(); r != nil {
			d, changes = fault(r), nil
		}
	}()
	d = j.Decide(w)
	if d.Action == Deny || !j.view.Sets(w.Tool) {
		return d, nil
	}
	changes, set := j.Set(w)
	if set.Action == Deny || len(changes) == 0 {
		if set.Action == Deny {
			d = set
		}
		return d, nil
	}
	notes := w.Notes
	w.Args = withChanges(w.Args, changes)
	again := j.Decide(w)
	w.Notes = append(notes, w.Notes...)
	if again.Action < d.Action {
		d = again
	}
	return d, changes
}

// withChanges puts values in the place of those of args, or behind them; all other bytes stay.
func withChanges(args []byte, changes []Change) []byte {
	if len(args) == 0 {
		args = emptyObject
	}
	var out []byte
	from := 0
	rest := slices.Clone(changes)
	it := newIter(args)
	empty := true
	for {
		key, val, ok := it.member()
		if !ok {
			break
		}
		empty = false
		for i, c := range rest {
			if c.Name == string(key) {
				start := it.i - len(val)
				out = append(append(out, args[from:start]...), c.Value...)
				from = it.i
				rest = slices.Delete(rest, i, i+1)
				break
			}
		}
	}
	end := bytes.LastIndexByte(args, '}')
	out = append(out, args[from:end]...)
	for _, c := range rest {
		if !empty {
			out = append(out, ',')
		}
		empty = false
		out = append(append(appendJSON(out, c.Name), ':'), c.Value...)
	}
	return append(out, args[end:]...)
}

// appendJSON adds a string as JSON.
func appendJSON(out []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings have a form
	}
	return append(out, quoted...)
}

// merge makes one setting of two for the same argument; nothing of it depends on their order.
func merge(old *setting, s setting) (setting, error) {
	if old == nil {
		return s, nil
	}
	conflict := fmt.Errorf("two rules set %q differently", s.name)
	m := *old
	switch {
	case m.value != nil && s.value != nil && string(m.value) != string(s.value):
		return m, conflict
	case s.value != nil:
		m.value = s.value
	}
	if m.standard != nil && s.standard != nil && string(m.standard) != string(s.standard) {
		return m, conflict
	}
	if m.standard == nil {
		m.standard = s.standard
	}
	if m.max == nil || s.max != nil && less(s.max, m.max) {
		m.max = s.max
	}
	if m.min == nil || s.min != nil && less(m.min, s.min) {
		m.min = s.min
	}
	if m.min != nil && m.max != nil && less(m.max, m.min) {
		return m, conflict
	}
	return m, nil
}

// apply gives the new value of the argument, nil where it stays.
func (s *setting) apply(args *object) ([]byte, error) {
	for it := newIter(args.raw); ; {
		key, _, ok := it.member()
		if !ok {
			break
		}
		if string(key) != s.name && strings.EqualFold(string(key), s.name) {
			return nil, fmt.Errorf("the call spells %q as %q", s.name, key)
		}
	}
	old := args.get(s.name)
	value := s.value
	switch {
	case value != nil:
	case old != nil:
		value = old
	case s.standard == nil:
		return nil, fmt.Errorf("%q is missing, and nothing says what it is to be then", s.name)
	default:
		value = s.standard
	}
	value, err := s.bound(value)
	if err != nil || old != nil && string(old) == string(value) {
		return nil, err
	}
	return value, nil
}

func (s *setting) bound(raw []byte) ([]byte, error) {
	if s.min == nil && s.max == nil {
		return raw, nil
	}
	v, err := decode(raw)
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case int, float64:
	default:
		return nil, fmt.Errorf("%q is to be a number, not %s", s.name, kindOf(v))
	}
	switch {
	case s.max != nil && less(s.max, v):
		return fmt.Append(nil, s.max), nil
	case s.min != nil && less(v, s.min):
		return fmt.Append(nil, s.min), nil
	}
	return raw, nil
}

// less compares numbers that decode gives.
func less(a, b any) bool {
	x, whole := a.(int)
	y, whole2 := b.(int)
	if whole && whole2 {
		return x < y
	}
	return number(a) < number(b)
}

func number(v any) float64 {
	if n, ok := v.(int); ok {
		return float64(n)
	}
	return v.(float64)
}

// Hide decides whether a definition stands in the list that the client gets: w.Args is the definition, as the server gives it, and
// w.Tool the name of a tool. Where only the name is known yet, as of a tool that is called before it was listed, w.Args holds that.
func (j *Judge) Hide(w *World) Decision {
	list := hideLists[w.Method]
	var by *rule
	d := j.eachEdit(w, func(r *rule) bool { return r.edit.hide&list != 0 }, func(r *rule) error {
		if by == nil {
			by = r
		}
		return nil
	})
	if by != nil && d.Action == Allow {
		return by.decision()
	}
	return d
}

// Hides tells whether some rule could hide what the method lists.
func (v *View) Hides(method string) bool { return v.hides&hideLists[method] != 0 }

// Sets tells whether some rule could change a call of the tool.
func (v *View) Sets(tool string) bool { return len(v.edits[Call].rules(tool)) > 0 }

// Masks tells whether some rule could mask a frame of this kind.
func (v *View) Masks(on On) bool { return v.masks.has(on) }

// eachEdit calls f for each edit rule that matches, by name. A rule that cannot be evaluated denies, and so does a panic.
func (j *Judge) eachEdit(w *World, which func(*rule) bool, f func(*rule) error) (d Decision) {
	defer func() {
		if r := recover(); r != nil {
			d = fault(r)
		}
	}()
	j.frame.reset(w, j.view.Class(w.Tool, w.Class))
	defer j.frame.release()
	for _, r := range j.view.edits[w.On].rules(w.Tool) {
		if !which(r) {
			continue
		}
		matched, err := j.matches(r)
		if matched && err == nil {
			err = f(r)
		}
		if err != nil {
			return r.fault(err)
		}
	}
	w.Notes = append(w.Notes, j.frame.notes...)
	return Decision{Action: Allow}
}

// fault is the decision where a rule cannot be evaluated or applied.
func (r *rule) fault(err error) Decision {
	return Decision{Deny, r.name, r.at, "the rule could not be evaluated: " + scan.VisibleLine(err.Error(), 200)}
}

func fault(panicked any) Decision {
	return Decision{Rule: "sallyport", Because: "judging the frame went wrong: " + scan.VisibleLine(fmt.Sprint(panicked), 200)}
}
