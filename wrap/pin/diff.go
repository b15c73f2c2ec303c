package pin

import (
	"maps"
	"slices"

	"sallyport/rules/scan"
	"sallyport/wrap/pin/drift"
)

// A Difference is an item that is not the same in two pins. Old or New is nil where the item is in one of them only.
type Difference struct {
	Key      Key
	Old, New *Item
	Kinds    []drift.Kind // each once
	Changes  []drift.Change
	Finding  string // what New hides, "" for nothing
}

// Diff lists how the items of two pins differ, in the order of files. A nil pin has no items. Classes are nobody's but the human's, and
// make no difference.
func Diff(old, new *Pin) []Difference {
	if old == nil {
		old = &Pin{}
	}
	if new == nil {
		new = &Pin{}
	}
	both := Pin{Items: maps.Clone(old.Items)}
	if both.Items == nil {
		both.Items = map[Key]Item{}
	}
	maps.Copy(both.Items, new.Items)
	var out []Difference
	for _, key := range both.Keys("") {
		before, had := old.Items[key]
		after, has := new.Items[key]
		d := Difference{Key: key}
		switch {
		case had && has && before.Hash == after.Hash:
			continue
		case !had:
			d.New, d.Kinds = &after, []drift.Kind{drift.Added}
		case !has:
			d.Old, d.Kinds = &before, []drift.Kind{drift.Removed}
		default:
			d.Old, d.New = &before, &after
			d.Changes = drift.Compare(string(key.Section), before.Definition, after.Definition)
			d.Kinds = KindsOf(d.Changes)
		}
		if has {
			if f, found := scan.HiddenJSON(after.Definition); found {
				d.Finding = f.What
			} else if scan.VisibleLine(key.Name, 0) != key.Name {
				d.Finding = "what cannot be seen in its name"
			}
		}
		out = append(out, d)
	}
	return out
}

// KindsOf are the kinds of changes, each once, in the order in which they come. Where nothing could be told apart it is Other.
func KindsOf(changes []drift.Change) []drift.Kind {
	var kinds []drift.Kind
	for _, c := range changes {
		if !slices.Contains(kinds, c.Kind) {
			kinds = append(kinds, c.Kind)
		}
	}
	if len(kinds) == 0 {
		return []drift.Kind{drift.Other}
	}
	return kinds
}

// NewLaunches are the launches of new that old has not, by what they start too. Interpreters make no difference.
func NewLaunches(old, new *Pin) []Launch {
	line := func(l Launch) string {
		l.Origin.Runtime, l.Origin.RuntimeVersion = "", ""
		return string(l.line())
	}
	var out []Launch
	for _, l := range new.Launches {
		if old == nil || !slices.ContainsFunc(old.Launches, func(o Launch) bool { return line(o) == line(l) }) {
			out = append(out, l)
		}
	}
	return out
}
