package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// session judges calls one after the other, the passed ones being remembered.
type session struct {
	j   *Judge
	now time.Time
}

func newSession(t testing.TB, rules string) *session {
	return &session{judge(t, "default: {write: allow}\nrules:\n"+rules), time.Unix(0, 0)}
}

func (s *session) call(tool, args string) Action {
	w := &World{Tool: tool, Args: []byte(args), Time: s.now}
	d := s.j.Decide(w)
	if d.Action == Allow {
		s.j.frame.facts.History.Add(s.now, w.Notes)
	}
	return d.Action
}

func TestCountLimitsWhatPassesWithinAWindow(t *testing.T) {
	s := newSession(t, "  - {name: r, when: 'count(tool.name, \"1m\") > 3', do: deny}\n")
	for i, want := range []Action{Allow, Allow, Allow, Deny, Deny} {
		if got := s.call("a", "{}"); got != want {
			t.Errorf("call %d: %v", i, got)
		}
	}
	if s.call("b", "{}") != Allow {
		t.Error("another tool is not counted with it")
	}
	s.now = s.now.Add(59 * time.Second)
	if s.call("a", "{}") != Deny {
		t.Error("within the minute")
	}
	s.now = s.now.Add(time.Second)
	if s.call("a", "{}") != Allow {
		t.Error("refused calls count as none")
	}
}

func TestACallIsCountedOnceHoweverManyRulesAsk(t *testing.T) {
	s := newSession(t, "  - {name: a, when: 'count(\"k\", \"1m\") > 2', do: deny}\n  - {name: b, when: 'count(\"k\", \"1h\") > 2 or count(\"k\", \"1m\") > 5', do: deny}\n")
	for i, want := range []Action{Allow, Allow, Deny} {
		if got := s.call("a", "{}"); got != want {
			t.Errorf("call %d: %v", i, got)
		}
	}
}

func TestSeenIsWhatPassedBefore(t *testing.T) {
	s := newSession(t, "  - {name: new, when: 'not seen(args.to)', do: ask}\n")
	for range 2 {
		if s.call("a", `{"to":"x"}`) != Ask {
			t.Error("a question that nobody answered is none that passed")
		}
	}
	w := &World{Tool: "a", Args: []byte(`{"to":"x"}`), Time: s.now}
	s.j.Decide(w)
	s.j.frame.facts.History.Add(s.now, w.Notes) // a person allowed it
	if s.call("a", `{"to":"x"}`) != Allow || s.call("a", `{"to":"y"}`) != Ask {
		t.Error("x was allowed, y was not")
	}
	if s.call("a", `{"to":1}`) != Ask {
		t.Error("a number is no text")
	}
	if s.call("a", `{"to":{}}`) != Deny {
		t.Error("an object has no key")
	}
}

func TestWithoutAHistoryNothingIsAllowedByIt(t *testing.T) {
	p := load(t, "version: 1\nuse: []\nrules:\n  - {name: r, when: 'count(tool.name, \"1m\") < 5', do: allow}\n")
	if d := p.View("s", "c").NewJudge(testFacts).Decide(&World{Tool: "t"}); d.Action != Deny {
		t.Errorf("%+v", d)
	}
}

func TestAHistoryIsBounded(t *testing.T) {
	h := NewHistory()
	t0 := time.Unix(0, 0)
	for i := range maxSeen + 100 {
		h.Add(t0, Notes{{fmt.Sprint("s", i), false}})
	}
	if len(h.seen) != maxSeen {
		t.Errorf("%d keys", len(h.seen))
	}
	for range maxStamps + 100 {
		h.Add(t0, Notes{{"k", true}})
	}
	if len(h.stamps["k"]) != maxStamps {
		t.Errorf("%d stamps", len(h.stamps["k"]))
	}
	for i := range maxCounted {
		h.Add(t0, Notes{{fmt.Sprint("c", i), true}})
	}
	if _, err := h.count("new", t0, time.Minute); err == nil {
		t.Error("one thing too many is counted")
	}
	if _, err := h.count("new", t0.Add(maxWindow), time.Minute); err != nil {
		t.Errorf("what no window reaches is forgotten: %v", err)
	}
	h = NewHistory()
	for i := range maxAll {
		h.Add(t0, Notes{{fmt.Sprint("c", i%100), true}})
	}
	if n, err := h.count("c1", t0, time.Minute); err == nil {
		t.Errorf("%d are counted, though not all can be", n)
	}
	if n, err := h.count("c1", t0.Add(maxWindow), time.Minute); err != nil || n != 0 {
		t.Errorf("a day later: %d, %v", n, err)
	}
	if a, _ := historyKey(strings.Repeat("a", 10_000)); len(a) > maxKey {
		t.Error("a long key")
	}
}
