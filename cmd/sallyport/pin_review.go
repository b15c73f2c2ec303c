package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/drift"
	"sallyport/wrap/pin/origin"
)

// A review is what a human looks at: how what a server is now differs from what was accepted.
type review struct {
	name        string
	old, new    *pin.Pin
	differences []pin.Difference
	launches    []pin.Launch
	collisions  map[string]pin.Collision
	classes     map[string]pin.Proposal
	reclassed   []string
	others      []pin.Launch // that are not accepted unless they are named

	named  bool // the user named items
	launch bool // and the launch
	chosen func(pin.Difference) bool
}

func newReview(old, new *pin.Pin, others []*pin.Pin) (*review, error) {
	if new == nil {
		return nil, errors.New("nothing is known of it")
	}
	views := []*rules.View{}
	for _, name := range append([]string{new.Server}, kindsOf(new)...) {
		view, err := viewOf(name)
		if err != nil {
			return nil, err
		}
		views = append(views, view)
	}
	r := &review{name: new.Server, old: old, new: new, differences: pin.Diff(old, new), launches: pin.NewLaunches(old, new),
		collisions: map[string]pin.Collision{}, classes: classesOf(old, new, views), chosen: func(pin.Difference) bool { return true }}
	for _, c := range pin.Collisions(new, others) {
		r.collisions[c.Name] = c
	}
	return r, nil
}

// kindsOf are the names under which packs know the packages that a server runs, whatever it is called here.
func kindsOf(p *pin.Pin) []string {
	var names []string
	for _, known := range rules.WrittenAgainst() {
		runs := func(l pin.Launch) bool { return l.Origin.Kind == origin.Package && l.Origin.Package == known.Package }
		if len(p.Launches) > 0 && !slices.ContainsFunc(p.Launches, func(l pin.Launch) bool { return !runs(l) }) && !slices.Contains(names, known.Server) {
			names = append(names, known.Server)
		}
	}
	return names
}

// doubt is why an item is not accepted unless it is named; "" if it is.
func (r *review) doubt(d pin.Difference) string {
	if d.New == nil {
		return ""
	}
	if d.Finding != "" {
		return "it holds " + d.Finding
	}
	if c, collides := r.collisions[d.Key.Name]; collides && d.Key.Section == pin.Tools && d.Old == nil {
		if c.Same {
			return fmt.Sprintf("server %q has a tool of that name", c.Server)
		}
		return fmt.Sprintf("it looks like tool %q of server %q", scan.VisibleLine(c.Other, 60), c.Server)
	}
	return ""
}

func (r *review) empty() bool {
	return !slices.ContainsFunc(r.differences, r.chosen) && len(r.reclassed) == 0 && (len(r.launches) == 0 || r.named && !r.launch)
}

func (r *review) print(p *page) {
	switch {
	case r.old == nil:
		p.printf("server %q: nobody has accepted it yet\n", r.name)
	case r.empty() && len(r.differences) == 0 && len(r.launches)+len(r.others) == 0:
		p.printf("server %q is as it was accepted: %s\n", r.name, counts(r.new))
		return
	case len(r.differences)+len(r.launches)+len(r.others) > 0:
		p.printf("server %q differs from what was accepted\n", r.name)
	default:
		p.printf("server %q\n", r.name)
	}
	for _, l := range r.launches {
		r.printLaunch(p, l)
	}
	for _, l := range r.others {
		r.printLaunch(p, l)
		p.flow(2, span{"HELD unless you name it: " + acceptHint(r.name) + " launch", red})
	}
	for _, d := range r.differences {
		if !r.named || r.chosen(d) {
			r.printDifference(p, d)
		}
	}
	for _, tool := range r.reclassed {
		p.printf("\n%s  class %s\n", p.paint(bold, "tool "+tool), r.classes[tool].Class)
	}
	p.printf("\n")
}

func (r *review) printLaunch(p *page, l pin.Launch) {
	var before *pin.Launch
	if r.old != nil {
		if closest, ok := r.old.Closest(l); ok {
			before = &closest
		}
	}
	p.printf("\n%s\n", p.paint(bold, "launch"))
	field := func(name, was, is string) {
		switch {
		case is == "" && was == "":
		case before == nil || was == is:
			p.field(name, span{is, plain})
		case strings.HasPrefix(was+is, "h1:"):
			p.field(name, marked('-', was), span{" ", plain}, marked('+', is))
		default:
			p.field(name, wordDiff(was, is)...)
		}
	}
	old := pin.Launch{}
	if before != nil {
		old = *before
	}
	field("command", commandText(old.Args), commandText(l.Args))
	field("environment", envText(old.Env), envText(l.Env))
	field("folder", old.Dir, l.Dir)
	field("runs", originText(old.Origin), originText(l.Origin))
	field("lock", old.Origin.Lock, l.Origin.Lock)
	field("files", cmp.Or(old.Origin.Tree, old.Origin.Digest), cmp.Or(l.Origin.Tree, l.Origin.Digest))
	if l.Origin.Kind == origin.Script {
		p.flow(2, span{"the script's own file is compared from start to start, not what it loads", yellow})
	}
	if l.Origin.Why != "" {
		p.flow(2, span{"not checked from start to start: " + l.Origin.Why, yellow})
	}
	for _, c := range lockChanges(r.old, r.new, old.Origin.Lock, l.Origin.Lock) {
		p.flow(14, c)
	}
}

// originText says what a launch runs.
func originText(o origin.Origin) string {
	switch {
	case o.Package != "" && o.Version != "":
		return o.Kind + " " + o.Package + " " + o.Version
	case o.Spec != "":
		return o.Kind + " " + o.Spec + ", not looked at yet"
	case o.Path != "":
		return o.Kind + " " + o.Path
	}
	return o.Kind
}

// lockChanges are the packages that two locks have not in common.
func lockChanges(old, new *pin.Pin, was, is string) []span {
	if old == nil || was == "" || is == "" || was == is {
		return nil
	}
	before, after := lockedPackages(old.Locks[was]), lockedPackages(new.Locks[is])
	var runs []span
	for _, name := range sortedKeys(before, after) {
		switch {
		case before[name] == after[name]:
		case before[name] == "":
			runs = append(runs, span{"+ " + name + " " + after[name], green})
		case after[name] == "":
			runs = append(runs, span{"- " + name + " " + before[name], red})
		default:
			runs = append(runs, span{"~ " + name + " " + before[name] + " → " + after[name], yellow})
		}
	}
	return runs
}

func lockedPackages(lock []byte) map[string]string {
	found := map[string]string{}
	gjson.GetBytes(lock, "packages").ForEach(func(name, value gjson.Result) bool {
		if path := strings.TrimPrefix(name.Str, "node_modules/"); path != "" {
			found[path] = value.Get("version").Str
		}
		return true
	})
	return found
}

func sortedKeys(maps ...map[string]string) []string {
	var keys []string
	for _, m := range maps {
		for k := range m {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (r *review) printDifference(p *page, d pin.Difference) {
	title := d.Key.Section.One()
	if d.Key.Name != "" {
		title += " " + d.Key.Name
	}
	kinds := make([]string, len(d.Kinds))
	for i, k := range d.Kinds {
		kinds[i] = string(k)
	}
	p.printf("\n%s  %s\n", p.paint(bold, title), p.paint(yellow, strings.Join(kinds, ", ")))
	if class, has := r.classes[d.Key.Name]; has && d.Key.Section == pin.Tools && d.New != nil {
		p.flow(2, span{"class " + class.Class + ": " + class.Why, dim})
	}
	if why := r.doubt(d); why != "" {
		p.flow(2, span{"HELD unless you name it: " + why, red})
	}
	r.printContent(p, d)
}

// printContent shows what a thing is, or how it changed.
func (r *review) printContent(p *page, d pin.Difference) {
	switch {
	case d.Old == nil:
		printDefinition(p, d.Key, d.New.Definition)
	case d.New == nil:
		p.flow(2, span{"no longer there", dim})
	default:
		for _, c := range d.Changes {
			printChange(p, c)
		}
	}
}

// keyMember is the member of a definition that its key is made of, so that it need not be printed again.
var keyMember = map[pin.Section]string{pin.Tools: "name", pin.Prompts: "name", pin.Resources: "uri", pin.Templates: "uriTemplate"}

// printDefinition shows what a model reads of an item: its texts first, then all the rest as it stands.
func printDefinition(p *page, key pin.Key, definition []byte) {
	value := gjson.ParseBytes(definition)
	if value.Type == gjson.String {
		p.flow(2, span{value.Str, plain})
		return
	}
	if description := value.Get("description"); description.Exists() {
		p.flow(2, span{description.String(), plain})
	}
	value.ForEach(func(name, v gjson.Result) bool {
		switch {
		case name.Str == "description" || v.Type == gjson.String && v.Str == key.Name && name.Str == keyMember[key.Section]:
		case v.IsObject() || v.IsArray():
			p.flow(2, span{name.Str + ": ", dim}, span{spaced(v.Raw), dim})
		default:
			p.flow(2, span{name.Str + ": ", dim}, span{v.String(), plain})
		}
		return true
	})
}

// spaced gives compact JSON places to break a line at.
func spaced(raw string) string {
	return strings.NewReplacer(`","`, `", "`, `},"`, `}, "`, `],"`, `], "`, `,"`, `, "`, `":{`, `": {`).Replace(raw)
}

// printChange shows a change as a word diff: what went stands in [-…-] and what came in {+…+}.
func printChange(p *page, c drift.Change) {
	var path []span
	if c.Path != "" {
		path = []span{{c.Path + ": ", dim}}
	}
	p.flow(2, append(path, wordDiff(c.Old, c.New)...)...)
}

// wordDiff gives a word diff as spans.
func wordDiff(old, new string) []span {
	var runs []span
	for _, w := range drift.Elide(drift.Words(old, new), 12) {
		runs = append(runs, marked(w.Op, w.Text))
	}
	return runs
}

// marked shows what went or came: between marks, since not everybody sees the colours.
func marked(op byte, text string) span {
	text = wrap.Unmarked(text)
	switch op {
	case '-':
		return span{"[-" + text + "-]", red}
	case '+':
		return span{"{+" + text + "+}", green}
	}
	return span{text, plain}
}

// question is what a human says yes or no to.
func (r *review) question() string {
	return fmt.Sprintf("Accept %s of server %q?", r.summary(), r.name)
}

// summary counts what is being accepted.
func (r *review) summary() string {
	var words []string
	if n := len(r.launches); n > 0 && (!r.named || r.launch) {
		words = append(words, plural(n, "launch", "launches"))
	}
	for _, section := range pin.Sections {
		n := 0
		for _, d := range r.differences {
			if d.Key.Section == section && r.chosen(d) {
				n++
			}
		}
		switch {
		case n > 0 && (section == pin.Instructions || section == pin.ServerInfo):
			words = append(words, section.One())
		case n > 0:
			words = append(words, plural(n, section.One(), manyOf(section)))
		}
	}
	if n := len(r.reclassed); n > 0 {
		words = append(words, plural(n, "class", "classes"))
	}
	return strings.Join(words, ", ")
}

func manyOf(section pin.Section) string {
	if section == pin.Templates {
		return "resource templates"
	}
	return string(section)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// left is what differs and is not being accepted.
func (r *review) left() []string {
	var names []string
	for _, d := range r.differences {
		if !r.chosen(d) {
			names = append(names, scan.VisibleLine(d.Key.String(), 60))
		}
	}
	if len(r.others) > 0 {
		names = append(names, "launch")
	}
	return names
}

// leaveOtherLaunches keeps launches beside those that were accepted for when they are named: any entry of a client's configuration can
// have the server's name.
func (r *review) leaveOtherLaunches() {
	if !r.old.Accepted() {
		return
	}
	r.launches = slices.DeleteFunc(r.launches, func(l pin.Launch) bool {
		if len(r.old.Candidates(l)) > 0 {
			return false
		}
		r.others = append(r.others, l)
		return true
	})
}

// whole reports whether nothing that differs is left out.
func (r *review) whole() bool {
	return len(r.left()) == 0 && (!r.named || r.launch || len(r.launches) == 0)
}

// counts says what a pin holds.
func counts(p *pin.Pin) string {
	var words []string
	for _, section := range []pin.Section{pin.Tools, pin.Prompts, pin.Resources, pin.Templates} {
		if n := len(p.Keys(section)); n > 0 {
			words = append(words, plural(n, section.One(), manyOf(section)))
		}
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}
