package grants

import (
	"os"
	"testing"
	"time"

	"sallyport/rules"
)

func TestADenialWins(t *testing.T) {
	for _, always := range []bool{false, true} {
		s := store(t)
		questions, sc := folderOf(t, write)
		_, scopes := asked(t, write)
		whole := scopes[len(scopes)-1]
		if !whole.Whole {
			t.Fatal(whole)
		}
		must2 := func(undo string, err error) string { return must(t, undo, err) }
		must2(s.Session(questions, call(write), whole, time.Now().Add(time.Hour)))
		must2(s.Always(questions, call(write), whole, "a test"))
		undo := must2(s.Deny(questions, call(write), sc, always, "a test"))
		want := map[bool]string{false: "deny by grant/session-2", true: "deny by grant/answer-2"}[always]
		expect(t, s, questions, other, want)
		expect(t, s, questions, outside, "allow by grant/session-1")
		if always {
			d := judge(t, s.file).Decide(call(other))
			if d.Action != rules.Deny || d.Because != "you denied this in advance" || d.Rule != "grant/answer-2" {
				t.Errorf("%+v", d)
			}
			if d := judge(t, s.file).Decide(call(outside)); d.Action != rules.Allow {
				t.Errorf("%+v", d)
			}
		}
		if err := s.Undo(undo); err != nil {
			t.Fatal(err)
		}
		expect(t, s, questions, other, "allow by grant/session-1")
	}
}

// A call whose arguments a denial cannot be compared with may be one that was denied.
func TestADenialThatCannotBeComparedLeavesTheQuestionOpen(t *testing.T) {
	const slow, odd = `{"path":"src/a.go","mode":"slow"}`, `{"path":"src/a.go","mode":7}`
	for _, always := range []bool{false, true} {
		s := store(t)
		questions, scopes := asked(t, slow)
		undo, err := s.Session(questions, call(slow), scopes[len(scopes)-1], time.Now().Add(time.Hour))
		must(t, undo, err)
		undo, err = s.Always(questions, call(slow), scopes[len(scopes)-1], "")
		must(t, undo, err)
		expect(t, s, questions, odd, "allow by grant/session-1")
		undo, err = s.Deny(questions, call(slow), scopes[0], always, "")
		must(t, undo, err)
		expect(t, s, questions, odd, "nothing")
		expect(t, s, questions, other, "allow by grant/session-1")
	}
}

func TestAFileThatBreaksLosesItsGrantsAndKeepsItsDenials(t *testing.T) {
	s := store(t)
	questions, sc := folderOf(t, write)
	_, scopes := asked(t, write)
	undo, err := s.Always(questions, call(write), scopes[len(scopes)-1], "")
	must(t, undo, err)
	undo, err = s.Deny(questions, call(write), sc, true, "")
	must(t, undo, err)
	if err := os.WriteFile(s.file, []byte("version: 1\ngrants: {"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err == nil {
		t.Error("a broken file loads")
	}
	expect(t, s, questions, outside, "nothing")
	expect(t, s, questions, other, "deny by grant/answer-2")
	if err := os.Remove(s.file); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	expect(t, s, questions, other, "nothing")
}
