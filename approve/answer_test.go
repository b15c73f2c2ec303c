package approve

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestAnAnswerIsForTheQuestionThatWasShown(t *testing.T) {
	asked := func(rule, scope, class string) *Held {
		h := frame("a")
		h.Question.Rules, h.Question.Class = []Cause{{Rule: rule}}, class
		h.Question.Scopes = []Scope{{Words: scope}}
		return h
	}
	d := NewDesk("s", func(Question, Outcome, bool) {})
	granted := ""
	first, second := asked("default/write", "files in /p/notes", "write"), asked("default/write", "files in /home", "write")
	first.Grant = func(Answer, By) (string, error) { granted = "notes"; return "u1", nil }
	second.Grant = func(Answer, By) (string, error) { granted = "home"; return "u2", nil }
	out := d.askNow(t, t.Context(), first, 1)
	other := d.askNow(t, t.Context(), second, 2)
	if n := d.Count(); n != 2 {
		t.Fatalf("%d questions about two scopes", n)
	}
	c, err := d.Card("s.q1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Answer(Answer{ID: "s.q1", Digest: c.Digest, Allow: true, For: ForSession}, me); err != nil || granted != "notes" {
		t.Errorf("granted %q, %v", granted, err)
	}
	if o := <-out; !o.Allowed || o.Granted != "session: files in /p/notes" || len(other) > 0 {
		t.Errorf("%+v, and the other heard %d", o, len(other))
	}

	for name, next := range map[string]*Held{
		"another rule": asked("too-many-calls", "x", "write"), "another class": asked("default/write", "x", "destructive"), "another scope": asked("default/write", "y", "write"),
	} {
		d := NewDesk("s", func(Question, Outcome, bool) {})
		past, cancel := context.WithDeadline(t.Context(), time.Now())
		defer cancel()
		d.Ask(past, asked("default/write", "x", "write"))
		c, err := d.Card("s.q1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Answer(Answer{ID: "s.q1", Digest: c.Digest, Allow: true}, me); err != nil {
			t.Fatal(err)
		}
		if o := d.Ask(past, next); o.Allowed {
			t.Errorf("a late allowance answered %s", name)
		}
	}
}

func TestWhatCannotComeAgainIsNotPending(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	past, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	h := frame("a")
	h.Again = false
	if o := d.Ask(past, h); o.Pending || o.Reason != "nobody answered in time" || d.Count() != 0 {
		t.Errorf("%+v, %d open", o, d.Count())
	}
}

func TestAGrantThatComesBetweenIsSeen(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	h, n := frame("a"), 0
	h.Known = func() (Outcome, bool) { n++; return Outcome{Allowed: true}, n > 1 }
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if o := d.Ask(ctx, h); !o.Allowed {
		t.Errorf("%+v", o)
	}
}

func TestALateAllowanceHoldsBesideANearMiss(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	past, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	for _, key := range []string{"a", "b"} {
		h := frame(key)
		h.Args = []byte(key)
		h.Card = func(near []byte) Card { return cardOf(key + " near " + string(near)) }
		d.Ask(past, h)
		id := d.only(t).ID
		c, err := d.Card(id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Answer(Answer{ID: id, Digest: c.Digest, Allow: true}, me); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"b", "a"} {
		if o := d.Ask(past, frame(key)); !o.Allowed {
			t.Errorf("%s: %+v", key, o)
		}
	}
}

// TestStrangersDoNotCrowdOut: who may not answer can watch, but not instead of who may.
func TestStrangersDoNotCrowdOut(t *testing.T) {
	folder, may := dir(t), make(chan bool, 100)
	d := NewDesk("s", func(Question, Outcome, bool) {})
	l := listen(t, folder, "s", Served{
		Desk: d, Status: func() Status { return Status{Session: "s"} },
		Who: func(*net.UnixConn, time.Time) (By, error) {
			if <-may {
				return me, nil
			}
			return By{}, errors.New("you may not")
		},
	})
	for range 3 * maxWatchers {
		may <- false
		io.WriteString(connect(t, l.path), `{"version":1,"verb":"watch","screen":true}`+"\n")
	}
	for end := time.Now().Add(limit); len(may) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("they are not looked at")
		}
	}
	may <- true
	in, err := Open(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for end := time.Now().Add(limit); !d.Watched(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a person does not see the session: %q", in.Odd())
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.screens != 1 {
		t.Errorf("%d screens", d.screens)
	}
}
