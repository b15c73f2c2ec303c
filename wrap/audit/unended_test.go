package audit

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLiveSessionIsOpen(t *testing.T) {
	l := openLog(t, t.TempDir(), Session{ID: "a"})
	l.Append(call())
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	l.Append(call()) // not written yet
	r := verifyDir(t, l.dir)
	if s := r.Sessions[0]; r.Err() != nil || s.State != Live || s.Lines != 2 || len(s.Findings) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestKilledSessionIsUnended(t *testing.T) {
	tests := []struct {
		name string
		tail string // what the kill left behind the last line
		want []string
	}{
		{"between two lines", "", []string{"the session ended without an end record; lines at its end could be missing"}},
		{"within a line", `{"time":`, []string{"the last line is incomplete (8 bytes): its writing was cut off", "ended without an end record"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := killed(t, t.TempDir(), tt.tail)
			r := verifyDir(t, l.dir)
			if r.Err() != nil || r.Sessions[0].State != Unended {
				t.Errorf("%+v", r)
			}
			for _, want := range tt.want {
				if !slices.ContainsFunc(r.all(), func(s string) bool { return strings.Contains(s, want) }) {
					t.Errorf("no finding says %q: %q", want, r.all())
				}
			}
		})
	}
}

// killed logs a session of three lines that ends as with a kill, with tail behind them.
func killed(t *testing.T, dir, tail string) *Log {
	t.Helper()
	l := openLog(t, dir, Session{ID: "killed"})
	l.Append(call())
	l.Append(call())
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.f.WriteString(tail); err != nil {
		t.Fatal(err)
	}
	l.f.Close()
	return l
}

func TestTailOfKilledSessionCannotShowUntilItIsFixed(t *testing.T) {
	l := killed(t, t.TempDir(), "")
	whole := readLines(t, l.Path())
	write(t, l.Path(), strings.Join(whole[:2], ""), 0o600)
	if err := verifyDir(t, l.dir).Err(); err != nil {
		t.Errorf("without a later record the cut cannot show, but: %v", err)
	}
	write(t, l.Path(), strings.Join(whole, ""), 0o600)
	if err := Prune(l.dir, 0, 0, time.Now()); err != nil {
		t.Fatal(err)
	}
	r := verifyDir(t, l.dir)
	if r.Err() != nil || r.Sessions[0].State != Unended {
		t.Errorf("%+v", r)
	}
	write(t, l.Path(), strings.Join(whole[:2], ""), 0o600)
	if err := verifyDir(t, l.dir).Err(); !errors.Is(err, ErrBroken) {
		t.Errorf("the cut does not show: %v", err)
	}
}

func TestTornHeadsAreRepairedByTheNextSession(t *testing.T) {
	e, saved := makeEvidence(t, "a", "b", "c")
	dir := filepath.Join(t.TempDir(), "log")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	e[headsName] += `{"time":"20` + "\x1b"
	for name, data := range e {
		write(t, filepath.Join(dir, name), data, 0o600)
	}
	if r := verifyDir(t, dir); len(r.Findings) != 1 || r.Findings[0].Line != 7 || !strings.Contains(r.Findings[0].Text, "incomplete (12 bytes)") {
		t.Errorf("before: %+v", r.Findings)
	}
	closeLog(t, openLog(t, filepath.Dir(dir), Session{ID: "d"}))
	r := verifyDir(t, dir)
	if r.Err() != nil || !r.Knows(saved) || len(r.Sessions) != 4 {
		t.Errorf("after: %v, %+v", r.Err(), r)
	}
	if line := readLines(t, filepath.Join(dir, headsName))[6]; !strings.Contains(line, `"event":"repair","dropped":12,"text":"{\"time\":\"20\u001b"`) {
		t.Errorf("the repair record is %s", line)
	}
}

func TestOverlongLineIsFoundAndReadingGoesOn(t *testing.T) {
	l := openLog(t, t.TempDir(), Session{ID: "a"})
	closeLog(t, l)
	lines := readLines(t, l.Path())
	write(t, l.Path(), lines[0]+strings.Repeat("x", maxLine+10)+"\n"+lines[1], 0o600)
	want := "-a.jsonl:2: it is not a line of this log"
	if r := verifyDir(t, l.dir); !slices.ContainsFunc(r.all(), func(s string) bool { return strings.Contains(s, want) }) {
		t.Errorf("no finding says %q: %q", want, r.all())
	}
	var good, bad int
	for _, err := range Read(l.Path()) {
		if err != nil {
			bad++
		} else {
			good++
		}
	}
	if good != 2 || bad != 1 {
		t.Errorf("%d records and %d errors", good, bad)
	}
}
