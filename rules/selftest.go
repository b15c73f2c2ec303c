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
}

// TestResult is what became of one entry of `tests:`.
type TestResult struct {
	At       string // "rules.yaml:40"
	Server   string
	Tool     string
	Want     Action
	WantRule string // empty where the test does not say
	Got      Decision
}

// OK tells whether the decision was the wanted one.
func (r TestResult) OK() bool {
	return r.Got.Action == r.Want && (r.WantRule == "" || r.WantRule == r.Got.Rule)
}

func (r TestResult) String() string {
	want := r.Want.String()
	if r.WantRule != "" {
		want += " by " + r.WantRule
	}
	return fmt.Sprintf("%s: %s %s: want %s, got %s by %s (%s)", r.At, r.Server, r.Tool, want, r.Got.Action, r.Got.Rule, r.Got.Because)
}

// Test runs the tests of every loaded file. Packs hold none: theirs run with those of this package.
func (p *Policy) Test(facts Facts) []TestResult {
	var out []TestResult
	judges := map[[2]string]*Judge{}
	for i := range p.tests {
		t := &p.tests[i]
		key := [2]string{t.server, t.client}
		if judges[key] == nil {
			judges[key] = p.View(t.server, t.client).NewJudge(facts)
		}
		w := t.world
		out = append(out, TestResult{t.at, t.server, w.Tool, t.want, t.by.text, judges[key].Decide(&w)})
	}
	return out
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
		default:
			err = e.unknownKey(" in a test", []string{"call", "want", "by"})
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
				return f.unknownKey(" in a call", []string{"server", "client", "tool", "args", "on", "method", "result"})
			}
			w, err = s.word(f.val, f.key)
			*texts[f.key] = w.text
		}
		if err != nil {
			return err
		}
	}
	if t.world.Method == "" && slices.Contains([]On{Call, Result}, t.world.On) {
		t.world.Method = "tools/call"
	}
	return nil
}
