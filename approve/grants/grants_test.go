package grants

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/rules"
)

const ruleText = `version: 1
use: []
servers: {s: {classes: {write_file: write}}}
rules:
  - {name: big, when: 'size(args) > 60', do: ask}
  - {name: notes, when: 'any(paths(args), under(#, "/home/u/work/notes"))', do: ask}
`

var facts = rules.Facts{Home: "/home/u", Cwd: "/home/u/work"}

// judge reads the rules, and the file of answers as a session that starts now would.
func judge(t testing.TB, answers string) *rules.Judge {
	t.Helper()
	open := func(path string) ([]byte, error) {
		if path == "rules.yaml" {
			return []byte(ruleText), nil
		}
		return os.ReadFile(path)
	}
	p, err := rules.Load(open, rules.Source{Path: "rules.yaml", Trust: rules.User}, rules.Source{Path: answers, Trust: rules.Answers, Optional: true})
	if err != nil {
		t.Fatal(err)
	}
	return p.View("s", "c").NewJudge(facts)
}

func call(args string) *rules.World { return &rules.World{Tool: "write_file", Args: []byte(args)} }

const (
	write   = `{"path":"src/a.go","content":"a"}`
	other   = `{"path":"src/b.go","content":"b"}`
	outside = `{"path":"../b.go","content":"b"}`
	two     = `{"path":"notes/a.md","content":"more than sixty bytes of text, all in all"}`
)

// asked gives the questions and the scopes of a call that no file answers.
func asked(t testing.TB, args string) ([]rules.Decision, []rules.Scope) {
	t.Helper()
	j := judge(t, "none")
	questions, scopes := j.Questions(call(args)), j.Scopes(call(args))
	if len(questions) == 0 || len(scopes) < 3 {
		t.Fatalf("%d questions, %d scopes", len(questions), len(scopes))
	}
	return questions, scopes
}

func folderOf(t testing.TB, args string) ([]rules.Decision, rules.Scope) {
	t.Helper()
	questions, scopes := asked(t, args)
	for _, sc := range scopes {
		if strings.Contains(sc.Words, "or below") {
			return questions, sc
		}
	}
	t.Fatal("no scope is about a folder")
	return nil, rules.Scope{}
}

func store(t testing.TB) *Store {
	t.Helper()
	return New(filepath.Join(t.TempDir(), "answers.yaml"), "s", "c", facts)
}

func answered(s *Store, questions []rules.Decision, args string) string {
	allow, deny, by := s.Answered(questions, call(args), time.Now())
	switch {
	case allow && deny:
		return "both"
	case deny:
		return "deny by " + by
	case allow:
		return "allow by " + by
	}
	return "nothing" + by
}

func expect(t testing.TB, s *Store, questions []rules.Decision, args, want string) {
	t.Helper()
	if got := answered(s, questions, args); got != want {
		t.Errorf("%s: %s, want %s", args, got, want)
	}
}

func content(t testing.TB, s *Store) string {
	t.Helper()
	data, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func must(t testing.TB, undo string, err error) string {
	t.Helper()
	if err != nil || undo == "" {
		t.Fatalf("%q, %v", undo, err)
	}
	return undo
}

func TestASessionGrantAnswersItsScopeUntilItIsUndone(t *testing.T) {
	s := store(t)
	questions, sc := folderOf(t, write)
	expect(t, s, questions, write, "nothing")
	undo, err := s.Session(questions, call(write), sc, time.Now().Add(time.Hour))
	must(t, undo, err)
	expect(t, s, questions, other, "allow by grant/session-1")
	expect(t, s, questions, outside, "nothing")
	expect(t, s, questions, `{"path":"src/b.go","content":"b","mode":"x"}`, "nothing")
	expect(t, s, nil, other, "nothing")
	if allow, _, _ := New(s.file, "s", "other", facts).Answered(questions, call(other), time.Now()); allow {
		t.Error("it holds in another store")
	}
	if err := s.Undo(undo); err != nil {
		t.Fatal(err)
	}
	expect(t, s, questions, other, "nothing")
	if err := s.Undo(undo); err == nil {
		t.Error("it was undone twice")
	}
	if _, err := os.Stat(s.file); err == nil {
		t.Error("a grant for the session made a file")
	}
}

func TestEveryQuestionHasToBeAnswered(t *testing.T) {
	s := store(t)
	questions, sc := folderOf(t, two)
	if len(questions) != 2 {
		t.Fatal(questions)
	}
	undo, err := s.Session(questions[:1], call(two), sc, time.Now().Add(time.Hour))
	must(t, undo, err)
	expect(t, s, questions, two, "nothing")
	expect(t, s, questions[:1], two, "allow by grant/session-1")
	undo, err = s.Always(questions[1:], call(two), sc, "a test")
	must(t, undo, err)
	expect(t, s, questions, two, "allow by grant/session-1, grant/answer-1")
}

func TestAnAnswerForAlwaysMeansTheSameInTheNextSession(t *testing.T) {
	s := store(t)
	questions, sc := folderOf(t, two)
	text, err := s.Text(questions, call(two), sc)
	if err != nil {
		t.Fatal(err)
	}
	undo, err := s.Always(questions, call(two), sc, "approve tui, pts/3, 2026-11-23")
	must(t, undo, err)
	given := "    given: \"approve tui, pts/3, 2026-11-23\"\n"
	if got := strings.ReplaceAll(content(t, s), given, ""); got != heading+text {
		t.Errorf("%s\nwas announced as\n%s", got, text)
	}
	if info, err := os.Stat(s.file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	j := judge(t, s.file)
	if d := j.Decide(call(two)); d.Action != rules.Allow {
		t.Errorf("%+v", d)
	}
	if got := j.Questions(call(two)); got != nil {
		t.Error(got)
	}
	if d := j.Decide(call(write)); d.Action != rules.Ask {
		t.Errorf("%+v", d)
	}
	fresh := New(s.file, "s", "c", facts)
	expect(t, fresh, questions, two, "nothing")
	if err := fresh.Reload(); err != nil {
		t.Fatal(err)
	}
	expect(t, fresh, questions, two, "allow by grant/answer-1, grant/answer-2")
	for _, elsewhere := range []*Store{New(s.file, "t", "c", facts), New(s.file, "s", "d", facts)} {
		if err := elsewhere.Reload(); err != nil {
			t.Fatal(err)
		}
		expect(t, elsewhere, questions, two, "nothing")
	}
}

func TestAGrantForASessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		questions, sc := folderOf(t, write)
		s := New(filepath.Join(t.TempDir(), "answers.yaml"), "s", "c", facts)
		start := time.Now()
		for _, d := range []time.Duration{time.Hour, 100 * time.Hour, 0, -time.Hour} {
			undo, err := s.Session(questions, call(write), sc, start.Add(d))
			if (err == nil) != (d > 0) {
				t.Fatal(undo, err)
			}
		}
		time.Sleep(time.Hour + time.Second)
		expect(t, s, questions, other, "allow by grant/session-2")
		time.Sleep(7 * time.Hour)
		// A caller whose clock was set back says that it is early.
		if allow, _, by := s.Answered(questions, call(other), start.Round(0)); allow {
			t.Error("it holds after 8 hours:", by)
		}
		undo, err := s.Session(questions, call(write), sc, time.Now().Add(time.Hour))
		must(t, undo, err)
		if allow, _, _ := s.Answered(questions, call(other), time.Now().Add(2*time.Hour).Round(0)); allow {
			t.Error("it holds though the clock says that its time is over")
		}
	})
}

func TestWhatCannotBeAnsweredInAdvance(t *testing.T) {
	s := store(t)
	questions, sc := folderOf(t, write)
	denied := []rules.Decision{{Action: rules.Deny, Rule: "base/keys"}}
	for name, try := range map[string]func() (string, error){
		"no question":   func() (string, error) { return s.Always(nil, call(write), sc, "") },
		"a denial":      func() (string, error) { return s.Always(denied, call(write), sc, "") },
		"no scope":      func() (string, error) { return s.Always(questions, call(write), rules.Scope{}, "") },
		"another call":  func() (string, error) { return s.Always(questions, call(outside), sc, "") },
		"no expression": func() (string, error) { return s.Always(questions, call(write), rules.Scope{When: "args."}, "") },
		"another key": func() (string, error) {
			return s.Always(questions, call(write), rules.Scope{When: "true\n    do: deny"}, "")
		},
		"a second grant": func() (string, error) {
			return s.Always(questions, call(write), rules.Scope{When: "true\n  - name: x"}, "")
		},
		"no call":        func() (string, error) { return s.Always(questions, &rules.World{On: rules.Resource}, sc, "") },
		"nothing at all": func() (string, error) { return s.Session(nil, nil, sc, time.Now().Add(time.Hour)) },
		"an odd question": func() (string, error) {
			return s.Session([]rules.Decision{{Action: rules.Ask}}, call(write), sc, time.Now().Add(time.Hour))
		},
	} {
		if undo, err := try(); err == nil || undo != "" {
			t.Errorf("%s: %q, %v", name, undo, err)
		}
	}
	if _, err := os.Stat(s.file); err == nil {
		t.Error(content(t, s))
	}
	expect(t, s, questions, write, "nothing")
}

// Names of servers, clients and tools are foreign text.
func TestForeignTextStaysWithinItsQuotes(t *testing.T) {
	for _, name := range []string{"a\"\n    do: allow", "yes", "1", "~", "'", "\\", "a: b # c", "{", "\u202e", "\u00e9", "\x00", "\u2028- name: x", "<<", "é\U000e0041"} {
		file := filepath.Join(t.TempDir(), "answers.yaml")
		s := New(file, name, name, facts)
		w := &rules.World{Tool: name, Args: []byte(write)}
		j := judge(t, "none")
		questions, scopes := j.Questions(w), j.Scopes(w)
		undo, err := s.Always(questions, w, scopes[0], name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if allow, _, _ := s.Answered(questions, w, time.Now()); !allow || undo != "answer-1" {
			t.Errorf("%q does not answer:\n%s", name, content(t, s))
		}
	}
}

func TestManyMayWriteAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "answers.yaml")
	questions, sc := folderOf(t, write)
	var wg sync.WaitGroup
	stores := []*Store{New(file, "s", "c", facts), New(file, "s", "c", facts)}
	undos := make([]string, 12)
	for i := range undos {
		wg.Go(func() {
			undo, err := stores[i%2].Always(questions, call(write), sc, "a test")
			if undos[i] = undo; err != nil {
				t.Error(err)
			}
			stores[i%2].Answered(questions, call(other), time.Now())
			stores[i%2].Text(questions, call(write), sc)
		})
	}
	wg.Wait()
	policy, err := rules.LoadAnswers(file, []byte(content(t, stores[0])))
	if err != nil || len(policy.Rules()) != len(undos) {
		t.Fatal(err, content(t, stores[0]))
	}
	for i, undo := range undos {
		wg.Go(func() {
			if err := stores[i%2].Undo(undo); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := content(t, stores[0]); got != "version: 1\n" {
		t.Errorf("%q", got)
	}
}

// What other files say of the server is not known here.
func TestAGrantThatAsksForMoreThanTheCallAnswersNothingLive(t *testing.T) {
	s := store(t)
	questions, _ := folderOf(t, write)
	for when, want := range map[string]string{
		`tool.class == "write"`: "nothing", `server.kind == "s"`: "nothing", `tool["class"] != "x"`: "nothing", `count(tool.name, "1m") < 5`: "nothing",
		`tool.name == "write_file"`: "allow by grant/g", `args.path == "src/a.go"`: "allow by grant/g", `"tool.class" != args.path`: "allow by grant/g",
	} {
		text := heading + "  - {name: g, answers: default/write, server: s, tool: write_file, when: '" + when + "'}\n"
		if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Reload(); err != nil {
			t.Fatal(when, err)
		}
		if got := answered(s, questions, write); got != want {
			t.Errorf("%s: %s", when, got)
		}
	}
}
