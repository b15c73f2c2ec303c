package audit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPruneRemovesOldSessionsAndSaysSo(t *testing.T) {
	now := time.Now()
	const day = 24 * time.Hour
	tests := []struct {
		name  string
		days  int
		bytes func(size int64) int64 // of the size of one session
		want  []string
	}{
		{"no limit", 0, func(int64) int64 { return 0 }, []string{"a", "b", "c", "live"}},
		{"age", 30, func(int64) int64 { return 0 }, []string{"c", "live"}},
		{"size", 0, func(n int64) int64 { return 2*n + n/2 }, []string{"b", "c", "live"}},
		{"both", 30, func(n int64) int64 { return n }, []string{"live"}},
		{"never the live one", 1, func(int64) int64 { return 1 }, []string{"live"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			var size int64
			for id, age := range map[string]time.Duration{"a": 50 * day, "b": 40 * day, "c": 2 * day} {
				size = endedSession(t, dir, id, now.Add(-age))
			}
			live := openLog(t, dir, Session{ID: "live"})
			if err := live.Flush(); err != nil {
				t.Fatal(err)
			}
			// Twice: the second time there is nothing left to do.
			for range 2 {
				if err := Prune(live.dir, tt.days, tt.bytes(size), now); err != nil {
					t.Fatal(err)
				}
			}
			r := verifyDir(t, live.dir)
			var got []string
			for _, s := range r.Sessions {
				got = append(got, s.ID)
			}
			slices.Sort(got)
			if r.Err() != nil || !slices.Equal(got, tt.want) || r.Removed != 4-len(tt.want) {
				t.Errorf("%v, %d removed, err %v; want %v", got, r.Removed, r.Err(), tt.want)
			}
			if n := strings.Count(strings.Join(readLines(t, filepath.Join(live.dir, headsName)), ""), `"event":"remove"`); n != r.Removed {
				t.Errorf("%d records for %d removals", n, r.Removed)
			}
		})
	}
}

// endedSession logs a session and makes its file as old as when, in name and time. It returns its size.
func endedSession(t *testing.T, dir, id string, when time.Time) int64 {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := open(filepath.Join(dir, "log"), Session{ID: id}, when)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		l.Append(call())
	}
	closeLog(t, l)
	if err := os.Chtimes(l.Path(), when, when); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestPruneOfNothing(t *testing.T) {
	if err := Prune(filepath.Join(t.TempDir(), "none"), 30, 1, time.Now()); err != nil {
		t.Error(err)
	}
}

func TestInterruptedRemovalIsMentionedAndFinished(t *testing.T) {
	dir := t.TempDir()
	endedSession(t, dir, "a", time.Now().AddDate(0, 0, -50))
	dir = filepath.Join(dir, "log")
	files, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	// As with a kill between the record and the removal.
	if err := appendHead(dir, head{Time: time.Now(), Event: "remove", Session: "a", File: files[0].Name, Reason: "age"}); err != nil {
		t.Fatal(err)
	}
	r := verifyDir(t, dir)
	if r.Err() != nil || len(r.Sessions) != 1 || len(r.Sessions[0].Findings) != 1 {
		t.Errorf("%v %+v", r.Err(), r)
	}
	if err := Prune(dir, 0, 0, time.Now()); err != nil {
		t.Fatal(err)
	}
	if r := verifyDir(t, dir); r.Err() != nil || len(r.Sessions) != 0 || r.Removed != 1 {
		t.Errorf("%v %+v", r.Err(), r)
	}
}

func TestTailReadsLiveSessionsAndNewOnes(t *testing.T) {
	dir := t.TempDir()
	closeLog(t, openLog(t, dir, Session{ID: "ended"}))
	a := openLog(t, dir, Session{ID: "a"})
	a.Append(&Entry{Tool: "before", Decision: "pass"})
	if err := a.Flush(); err != nil {
		t.Fatal(err)
	}
	tail, err := NewTail(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tail.Close()
	poll := func(want ...string) {
		t.Helper()
		records, err := tail.Poll()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range records {
			got = append(got, r.Session+" "+r.Event+r.Tool)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	poll()
	a.Append(&Entry{Tool: "one", Decision: "pass"})
	poll()
	if err := a.Flush(); err != nil {
		t.Fatal(err)
	}
	poll("a one")
	b := openLog(t, dir, Session{ID: "b"})
	closeLog(t, a)
	poll("a end", "b start")
	for _, part := range []string{`{"session":"b",`, `"tool":"half"}` + "\n"} {
		if _, err := b.f.WriteString(part); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(part, "{") {
			poll()
		}
	}
	poll("b half")
}
