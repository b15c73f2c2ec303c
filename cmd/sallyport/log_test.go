package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"sallyport/wrap/audit"
)

// logDir points the places at an empty folder and returns that of the log.
func logDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range placeVariables {
		t.Setenv(name, dir)
	}
	p, err := currentPlaces()
	if err != nil {
		t.Fatal(err)
	}
	return p.logDir()
}

func openSession(t *testing.T, dir, id string, entries ...audit.Entry) *audit.Log {
	t.Helper()
	l, err := audit.Open(dir, audit.Session{ID: id, Client: "cursor", Server: "github"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close("end of the test") })
	for i := range entries {
		entries[i].Time = time.Date(2026, 7, 31, 14, 22, i, 0, time.Local)
		l.Append(&entries[i])
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	return l
}

// runLog executes a command line behind "log".
func runLog(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newLogCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

var decisions = []audit.Entry{
	{Direction: "c2s", Method: "initialize", Decision: "pass"},
	{Direction: "c2s", Method: "tools/call", Tool: "search_code", Decision: "pass", Rule: "default", At: "rules.yaml:3"},
	{Direction: "c2s", Method: "tools/call", Tool: "push_files", Decision: "refuse", Rule: "no-force-push", At: "rules.yaml:14",
		Reason: "history stays, because others have built on it and would have to repair their clones by hand"},
	{Direction: "s2c", Method: "tools/list", Decision: "edit", Reason: "1 tool cut out"},
	{Direction: "c2s", Method: "tools/call", Tool: "create_issue", Decision: "pass", Rule: "ask-writes", At: "rules.yaml:20",
		Answer: "once", By: "tui (zsh ← tmux)", Wait: 5230 * time.Millisecond},
}

func TestLogShowPrintsASessionIn80Columns(t *testing.T) {
	dir := logDir(t)
	openSession(t, dir, "aaaa01").Close("older")
	if err := openSession(t, dir, "bbbb01", decisions...).Close("the client closed its end"); err != nil {
		t.Fatal(err)
	}
	got, err := runLog(t, "show", "bb")
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(got, "\n")
	if !strings.HasPrefix(head, "session bbbb01: cursor → github, since ") {
		t.Errorf("the header is %q", head)
	}
	want := `14:22:00 → pass    initialize
14:22:01 → pass    tools/call   search_code          default (rules.yaml:3)
14:22:02 → refuse  tools/call   push_files
                   no-force-push (rules.yaml:14): history stays, because others
                   have built on it and would have to repair their clones by
                   hand
14:22:03 ← edit    tools/list
                   1 tool cut out
14:22:04 → pass    tools/call   create_issue         ask-writes (rules.yaml:20)
                   answer: once, by tui (zsh ← tmux), after 5.2s
5 decisions, 1 refused; ended: the client closed its end
`
	if body != want {
		t.Errorf("got:\n%s\nwant:\n%s", body, want)
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(line) - 1; n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestLogShowRefusedAndJSON(t *testing.T) {
	openSession(t, logDir(t), "aaaa01", decisions...)
	got, err := runLog(t, "show", "--refused")
	if err != nil || !strings.Contains(got, "push_files") || strings.Contains(got, "search_code") || strings.Contains(got, "ended") {
		t.Errorf("%v\n%s", err, got)
	}
	for args, want := range map[string]int{"": 6, "--refused": 1} {
		got, err := runLog(t, strings.Fields("show --json "+args)...)
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			Tool string `json:"tool"`
			Hash string `json:"hash"`
		}
		if err := json.Unmarshal([]byte(got), &list); err != nil || len(list) != want {
			t.Errorf("show --json %s: %d lines, %v\n%s", args, len(list), err, got)
		}
	}
}

func TestLogVerbsSayWhatIsMissing(t *testing.T) {
	dir := logDir(t)
	tests := []struct {
		name, args, want string
		before           func()
	}{
		{"show of no log", "show", "no sessions in", nil},
		{"list of no log", "", "no sessions in", nil},
		{"verify of no log", "verify", "no sessions in", nil},
		{"unknown session", "show zz", `no session "zz"`, func() { openSession(t, dir, "aaaa01"); openSession(t, dir, "aaaa02") }},
		{"ambiguous session", "show aa", `2 sessions begin with "aa"`, nil},
		{"session named twice", "show aaaa01 --session aaaa02", "named twice", nil},
		{"unknown verb", "shwo", `unknown verb "shwo"`, nil},
		{"head of another form", "verify --head h1:00", "is not \"h1:\" and 64 hexadecimal digits", nil},
		{"head that is not there", "verify --head h1:" + strings.Repeat("ab", 32), "cut or written anew", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.before != nil {
				tt.before()
			}
			_, err := runLog(t, strings.Fields(tt.args)...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v does not say %q", err, tt.want)
			}
		})
	}
	if out, err := runLog(t, "show", "aaaa02"); err != nil || !strings.Contains(out, "aaaa02") {
		t.Errorf("a whole id: %v\n%s", err, out)
	}
}

func TestLogListsSessions(t *testing.T) {
	dir := logDir(t)
	openSession(t, dir, "aaaa01", decisions...).Close("done")
	openSession(t, dir, "bbbb01")
	got, err := runLog(t)
	if err != nil || !strings.Contains(got, "  aaaa01        cursor → github              5       1\n") || !strings.Contains(got, "        0       0  no end\n") {
		t.Errorf("%v\n%s", err, got)
	}
	var list []listed
	got, err = runLog(t, "--json")
	if err != nil || json.Unmarshal([]byte(got), &list) != nil || len(list) != 2 || list[0].Refused != 1 || list[1].Ended {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestLogVerifyPrintsTheHeadAndFailsWhenBroken(t *testing.T) {
	dir := logDir(t)
	l := openSession(t, dir, "aaaa01", decisions...)
	l.Close("done")
	openSession(t, dir, "bbbb01")
	got, err := runLog(t, "verify")
	sum, head, _ := strings.Cut(strings.TrimSpace(got), "\nhead ")
	if err != nil || sum != "2 sessions: 1 ok, 1 open" || !headForm().MatchString(head) {
		t.Fatalf("%v\n%s", err, got)
	}
	if _, err := runLog(t, "verify", "--head", head); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Path(), bytes.Replace(data, []byte("refuse"), []byte("pass"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err = runLog(t, "verify")
	if want := "broken   " + filepath.Base(l.Path()) + ":4: its hash is wrong"; err == nil || !strings.Contains(got, want) {
		t.Errorf("%v\n%s", err, got)
	}
	var list []checked
	got, err = runLog(t, "verify", "--json")
	if err == nil || json.Unmarshal([]byte(got), &list) != nil || len(list) != 3 || list[0].Head == "" || list[1].State != audit.Broken {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestLogFollowPrintsNewDecisionsOfAllSessions(t *testing.T) {
	tests := []struct {
		name    string
		refused bool
		want    []string
		not     []string
	}{
		{"all", false, []string{"session new: cursor → github, since ", " github       → pass    initialize\n",
			" github       → pass    tools/call   late\n", "session new: cursor → github, ended: done\n"}, []string{"before"}},
		{"refused", true, []string{" github       → refuse  tools/call   push_files\n"}, []string{"before", "search_code", "ended", "late"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := logDir(t)
			synctest.Test(t, func(t *testing.T) {
				old := openSession(t, dir, "old", audit.Entry{Tool: "before", Decision: "pass"})
				ctx, stop := context.WithCancel(t.Context())
				var out bytes.Buffer
				result := make(chan error, 1)
				go func() { result <- follow(ctx, &out, tt.refused) }()
				synctest.Wait()
				old.Append(&audit.Entry{Direction: "c2s", Method: "tools/call", Tool: "late", Decision: "pass"})
				if err := old.Flush(); err != nil {
					t.Fatal(err)
				}
				openSession(t, dir, "new", decisions...).Close("done")
				time.Sleep(2 * followPoll)
				stop()
				if err := <-result; err != nil {
					t.Fatal(err)
				}
				for _, want := range tt.want {
					if !strings.Contains(out.String(), want) {
						t.Errorf("%q is missing in:\n%s", want, &out)
					}
				}
				for _, not := range tt.not {
					if strings.Contains(out.String(), not) {
						t.Errorf("%q is in:\n%s", not, &out)
					}
				}
			})
		})
	}
}

func TestColoursAreForTerminalsOnly(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	if coloured(&bytes.Buffer{}) {
		t.Error("a buffer has colours")
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	t.Setenv("NO_COLOR", "1")
	if coloured(null) {
		t.Error("NO_COLOR is not respected")
	}
	p := logPrinter{colour: true}
	if got := p.paint("refuse"); got != "\x1b[31mrefuse\x1b[0m" {
		t.Errorf("%q", got)
	}
}
