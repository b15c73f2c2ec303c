package rules

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// test is one entry of `tests:`.
type test struct {
	at             string
	pos            position
	server, client string
	world          World
	want           Action
	by             word
	times          int64
	set            []byte   // the arguments that rules are to change, as an object; nil where the test does not say
	mask           []string // the kinds that they are to mask; nil where the test does not say
	hide           *bool
}

// TestResult is what became of one entry of `tests:`.
type TestResult struct {
	At       string // "rules.yaml:40"
	Server   string
	Tool     string
	Want     Action
	WantRule string // empty where the test does not say
	Got      Decision
	Wrong    string // what else is not as wanted: an edit
}

// OK tells whether all was as wanted.
func (r TestResult) OK() bool {
	return r.Wrong == "" && r.Got.Action == r.Want && (r.WantRule == "" || r.WantRule == r.Got.Rule)
}

func (r TestResult) String() string {
	want := r.Want.String()
	if r.WantRule != "" {
		want += " by " + r.WantRule
	}
	text := fmt.Sprintf("%s: %s %s: want %s, got %s by %s (%s)", r.At, r.Server, r.Tool, want, r.Got.Action, r.Got.Rule, r.Got.Because)
	if r.Wrong != "" {
		text += "; " + r.Wrong
	}
	return text
}

// Test runs the tests of every loaded file, each in a session of its own. Packs hold none: theirs run with those of this package.
func (p *Policy) Test(facts Facts) []TestResult {
	var out []TestResult
	judges := map[[2]string]*Judge{}
	for i := range p.tests {
		t := &p.tests[i]
		key := [2]string{t.server, t.client}
		if judges[key] == nil {
			judges[key] = p.View(t.server, t.client).NewJudge(facts)
		}
		r := TestResult{At: t.at, Server: t.server, Tool: t.world.Tool, Want: t.want, WantRule: t.by.text}
		r.Got, r.Wrong = t.run(judges[key])
		out = append(out, r)
	}
	return out
}

// run judges the frame of a test as often as it comes, and compares the edits of the last time.
func (t *test) run(j *Judge) (d Decision, wrong string) {
	j.frame.facts.History = NewHistory()
	var w World
	var changes []Change
	for range max(t.times, 1) {
		w = t.world
		if w.On == Call {
			d, changes = j.DecideCall(&w)
		} else {
			d = j.Decide(&w)
		}
		if d.Action != Deny {
			j.frame.facts.History.Add(w.Time, w.Notes)
		}
	}
	if t.set != nil {
		if got := withChanges(emptyObject, changes); !sameMembers(got, t.set) {
			return d, fmt.Sprintf("want set %s, got %s", t.set, got)
		}
	}
	if t.mask != nil {
		places, fault := j.Mask(&w)
		var got []string
		for _, m := range places {
			got = append(got, m.Kind)
		}
		if fault.Action == Deny || !slices.Equal(got, t.mask) {
			return d, fmt.Sprintf("want mask %q, got %q", t.mask, got)
		}
	}
	if t.hide != nil {
		if hidden := j.Hide(&w).Action == Deny; hidden != *t.hide {
			return d, fmt.Sprintf("want hide %v, got %v", *t.hide, hidden)
		}
	}
	return d, ""
}

func (l *loader) tests(s *source, e entry) error {
	list, ok := e.val.(*ast.SequenceNode)
	if !ok {
		return s.nodePos(e.val).errorf(`begin each test with "- call:"`, "tests is a list, not %s", yamlKind(e.val))
	}
	for _, n := range list.Values {
		if err := l.test(s, n); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) test(s *source, n ast.Node) error {
	entries, err := s.mapping(n, "a test")
	if err != nil {
		return err
	}
	t := test{pos: s.nodePos(n)}
	t.at = t.pos.at()
	call, want := false, false
	for _, e := range entries {
		switch e.key {
		case "call":
			call = true
			err = s.testCall(&t, e)
		case "want":
			want = true
			t.want, err = s.action(e.val)
		case "by":
			t.by, err = s.word(e.val, "by")
			if s.trust == Folder && goodName(t.by.text) {
				t.by.text = s.qualified(t.by.text)
			}
		case "times":
			t.times, err = s.integer(e.val, "times")
			if err == nil && (t.times < 1 || t.times > maxStamps) {
				err = s.nodePos(e.val).errorf("", "times is out of range")
			}
		case "set":
			t.set, err = s.jsonObject(e.val)
		case "mask":
			t.mask, err = s.plainWords(e.val, "mask")
		case "hide":
			var hide bool
			hide, err = s.boolean(e.val, "hide")
			t.hide = &hide
		default:
			err = e.unknownKey(" in a test", testShape.names())
		}
		if err != nil {
			return err
		}
	}
	if !call || !want {
		return t.pos.errorf("write call: {server: …, tool: …, args: {…}} and want: deny", "a test has a call and what is wanted")
	}
	l.policy.tests = append(l.policy.tests, t)
	return nil
}

// sameMembers compares two objects without regard to order, values as they are written.
func sameMembers(a, b []byte) bool {
	n := 0
	for it := newIter(a); ; n++ {
		key, val, ok := it.member()
		if !ok {
			break
		}
		if string((&object{raw: b}).get(string(key))) != string(val) {
			return false
		}
	}
	for it := newIter(b); ; n-- {
		if _, _, ok := it.member(); !ok {
			return n == 0
		}
	}
}

// plainWords gives the texts of a list, which is not nil.
func (s *source) plainWords(n ast.Node, what string) ([]string, error) {
	list, err := s.words(n, what)
	out := []string{}
	for _, w := range list {
		out = append(out, w.text)
	}
	return out, err
}

// testCall reads the frame of a test. What is no call is relayed where no rule
// matches, so that the test is about rules.
func (s *source) testCall(t *test, e entry) error {
	entries, err := s.mapping(e.val, "call")
	if err != nil {
		return err
	}
	t.world.Default = Allow
	texts := map[string]*string{"server": &t.server, "client": &t.client, "tool": &t.world.Tool, "method": &t.world.Method}
	for _, f := range entries {
		var w word
		switch f.key {
		case "args":
			t.world.Args, err = s.jsonObject(f.val)
		case "result":
			t.world.Result, err = s.jsonObject(f.val)
		case "on":
			if w, err = s.word(f.val, "on"); err == nil {
				var i int
				i, err = w.choose("kind of frame", onNames[:])
				t.world.On = On(i)
			}
		default:
			if texts[f.key] == nil {
				return f.unknownKey(" in a call", callShape.names())
			}
			w, err = s.word(f.val, f.key)
			*texts[f.key] = w.text
		}
		if err != nil {
			return err
		}
	}
	usual := map[On]string{Call: "tools/call", Result: "tools/call", List: "tools/list"}
	if t.world.Method == "" {
		t.world.Method = usual[t.world.On]
	}
	return nil
}
