package audit

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestErrorOfWritingStays(t *testing.T) {
	l := openLog(t, t.TempDir(), Session{ID: "a"})
	l.Append(call())
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	l.f.Close() // the descriptor goes away underneath
	l.Append(call())
	first := l.Flush()
	if !errors.Is(first, os.ErrClosed) {
		t.Fatalf("Flush: %v", first)
	}
	l.Append(call())
	if len(l.batch) != 0 {
		t.Error("Append still collects lines")
	}
	for name, f := range map[string]func() error{
		"Flush": l.Flush,
		"Close": func() error { return l.Close("end of input") },
	} {
		if err := f(); err != first {
			t.Errorf("%s: %v, want %v", name, err, first)
		}
	}
	r := verifyDir(t, l.dir)
	if s := r.Sessions[0]; s.State != Unended || s.Lines != 2 {
		t.Errorf("%+v", s)
	}
}

func TestErrorOfStartingLeavesNoLockBehind(t *testing.T) {
	dir := t.TempDir()
	first := openLog(t, dir, Session{ID: "a"})
	heads := first.dir + "/" + headsName
	if err := os.Rename(heads, heads+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(heads, 0o700); err != nil {
		t.Fatal(err)
	}
	if l, err := Open(first.dir, Session{ID: "b"}); err == nil {
		l.Close("")
		t.Fatal("it opened without heads")
	}
	os.Remove(heads)
	if err := os.Rename(heads+".old", heads); err != nil {
		t.Fatal(err)
	}
	closeLog(t, openLog(t, dir, Session{ID: "c"}))
	r := verifyDir(t, first.dir)
	if r.Err() != nil || len(r.Sessions) != 3 || r.Sessions[2].ID != "b" || r.Sessions[2].State != Unended {
		t.Errorf("%v %+v", r.Err(), r.Sessions)
	}
}

func TestClosedLogTakesNothing(t *testing.T) {
	l := openLog(t, t.TempDir(), Session{ID: "a"})
	l.Append(call())
	closeLog(t, l)
	l.Append(call())
	if err := l.Flush(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Flush after Close: %v", err)
	}
	if err := l.Close("again"); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	r := verifyDir(t, l.dir)
	if s := r.Sessions[0]; s.State != OK || s.Lines != 3 {
		t.Errorf("%+v", s)
	}
	if n := strings.Count(strings.Join(readLines(t, l.dir+"/"+headsName), ""), `"event":"end"`); n != 1 {
		t.Errorf("%d end records", n)
	}
}
