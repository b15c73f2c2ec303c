package approve

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

func cardOf(text string) Card { return Card{Blocks: []Block{{Lines: []Line{{Text: text}}}}} }

// seen is the digest of the question about a frame.
func seen(key string) string { return frame(key).Question.Digest(cardOf(key)) }

// frame makes what a desk holds of a call.
func frame(key string) *Held {
	return &Held{
		Question: Question{Kind: KindCall, Server: "s", Tool: "t", Scopes: []Scope{{Words: "like it", Text: "x"}}}, Key: key, Again: true,
		Card: func([]byte) Card { return cardOf(key) },
	}
}

// ask puts a frame to a desk, and waits until it is there.
func (d *Desk) askNow(t *testing.T, ctx context.Context, h *Held, n int) chan Outcome {
	t.Helper()
	out := make(chan Outcome, 1)
	go func() { out <- d.Ask(ctx, h) }()
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		waiting := 0
		for _, q := range d.Questions() {
			waiting += q.Waiting
		}
		if waiting == n || len(out) > 0 {
			return out
		}
		if time.Now().After(end) {
			t.Fatal("the question does not come up")
		}
	}
}

func (d *Desk) only(t *testing.T) Question {
	t.Helper()
	list := d.Questions()
	if len(list) != 1 {
		t.Fatalf("%d questions are open", len(list))
	}
	return list[0]
}

var me = By{Door: "tui", TTY: "pts/1", PID: 7}

func TestAllowingOnceLetsOneOfTheSameGo(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	first := d.askNow(t, t.Context(), frame("a"), 1)
	second := d.askNow(t, t.Context(), frame("a"), 2)
	q := d.only(t)
	if q.Waiting != 2 || q.Times != 2 || q.ID != "s.q1" {
		t.Errorf("the question is %+v", q)
	}
	r, err := d.Answer(Answer{ID: q.ID, Digest: seen("a"), Allow: true}, me)
	if err != nil || r.Text != "allowed 1; 1 more of the same wait" {
		t.Errorf("%q, %v", r.Text, err)
	}
	if o := <-first; !o.Allowed || o.By != "tui pts/1 pid 7" || o.Shown != seen("a") {
		t.Errorf("the first: %+v", o)
	}
	if len(second) > 0 {
		t.Fatal("the second went too")
	}
	if _, err := d.Answer(Answer{ID: q.ID}, me); err != nil {
		t.Error(err)
	}
	if o := <-second; o.Allowed || o.Reason != "a person refused it" || o.By == "" {
		t.Errorf("the second: %+v", o)
	}
	if _, err := d.Answer(Answer{ID: q.ID, Digest: seen("a"), Allow: true}, me); !errors.Is(err, ErrGone) {
		t.Errorf("a third answer: %v", err)
	}
	if o := d.Ask(t.Context(), frame("a")); o.Allowed || !strings.Contains(o.Reason, "a moment ago") {
		t.Errorf("asked again after a denial: %+v", o)
	}
}

func TestNothingIsAllowedThatWasNotSeen(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	h := frame("a")
	h.Question.Word = "delete"
	h.Card = func([]byte) Card { return cardOf("before") }
	before := h.Question.Digest(cardOf("before"))
	out := d.askNow(t, t.Context(), h, 1)
	id := d.only(t).ID
	for _, c := range []struct {
		name string
		a    Answer
		want error
	}{
		{"no digest", Answer{ID: id, Allow: true, Typed: "delete"}, errChanged},
		{"another digest", Answer{ID: id, Allow: true, Digest: "h1:other", Typed: "delete"}, errChanged},
		{"no word", Answer{ID: id, Allow: true, Digest: before}, errWord},
		{"another word", Answer{ID: id, Allow: true, Digest: before, Typed: "DELETE"}, errWord},
		{"a scope where nothing is granted", Answer{ID: id, Allow: true, Digest: before, Typed: "delete", For: ForSession}, errNoScope},
		{"an unknown time", Answer{ID: id, Allow: true, Digest: before, Typed: "delete", For: "ever"}, errNoScope},
		{"another question", Answer{ID: "s.q9", Allow: true, Digest: before, Typed: "delete"}, ErrGone},
	} {
		if _, err := d.Answer(c.a, me); !errors.Is(err, c.want) || len(out) > 0 {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	h.Card = func([]byte) Card { return cardOf("after") }
	if _, err := d.Answer(Answer{ID: id, Allow: true, Digest: before, Typed: "delete"}, me); !errors.Is(err, errChanged) || len(out) > 0 {
		t.Errorf("a call that would do something else by now: %v", err)
	}
}

func TestALateAllowanceHoldsForOneOfTheSame(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if o := d.Ask(ctx, frame("a")); o.Allowed || !o.Pending {
		t.Fatalf("%+v", o)
	}
	q := d.only(t)
	if q.Waiting != 0 || !q.Until.IsZero() {
		t.Errorf("%+v", q)
	}
	r, err := d.Answer(Answer{ID: q.ID, Digest: seen("a"), Allow: true}, me)
	if err != nil || !strings.Contains(r.Text, "passes once within 5m") {
		t.Errorf("%q, %v", r.Text, err)
	}
	other := frame("b")
	var near []byte
	other.Card = func(n []byte) Card { near = n; return cardOf("b") }
	d.askNow(t, t.Context(), other, 1)
	if _, err := d.Card(d.only(t).ID); err != nil || near != nil {
		t.Errorf("a near miss without arguments: %q, %v", near, err)
	}
	if o := d.Ask(t.Context(), frame("a")); !o.Allowed || !strings.Contains(o.By, "before it was asked again") {
		t.Errorf("the same again: %+v", o)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if o := d.Ask(gone, frame("a")); o.Allowed || o.Pending {
		t.Errorf("a second one: %+v", o)
	}
}

func TestALateAllowanceIsForWhatWasShown(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	h := frame("a")
	d.Ask(gone, h)
	if _, err := d.Answer(Answer{ID: d.only(t).ID, Digest: seen("a"), Allow: true}, me); err != nil {
		t.Fatal(err)
	}
	h.Card = func([]byte) Card { return cardOf("it is a link now") }
	if o := d.Ask(gone, frame("a")); o.Allowed {
		t.Error("what it would do has changed since")
	}
	if o := d.Ask(gone, frame("a")); o.Allowed {
		t.Error("the allowance is still there")
	}
}

// TestTheDigestIsOverAllThatIsShown changes whatever a person reads.
func TestTheDigestIsOverAllThatIsShown(t *testing.T) {
	q := Question{ID: "s.q1", Server: "s", Tool: "t", Class: "write", Summary: "x", Rules: []Cause{{Rule: "r"}}, Scopes: []Scope{{Words: "w", Text: "t"}}}
	c := cardOf("a")
	c.Items = []Item{{Key: "k", Lines: []Line{{Text: "l", Spans: []Span{{Text: "s"}}}}}}
	whole := q.Digest(c)
	for name, change := range map[string]func(q *Question, c *Card){
		"server": func(q *Question, _ *Card) { q.Server = "o" }, "tool": func(q *Question, _ *Card) { q.Tool = "o" },
		"class": func(q *Question, _ *Card) { q.Class = "read" }, "summary": func(q *Question, _ *Card) { q.Summary = "o" },
		"word": func(q *Question, _ *Card) { q.Word = "o" }, "client": func(q *Question, _ *Card) { q.Client = "o" },
		"rules": func(q *Question, _ *Card) { q.Rules = nil }, "scopes": func(q *Question, _ *Card) { q.Scopes = []Scope{{Words: "o", Text: "t"}} },
		"text": func(_ *Question, c *Card) { c.Blocks = cardOf("b").Blocks }, "items": func(_ *Question, c *Card) { c.Items = nil },
		"a span": func(_ *Question, c *Card) {
			c.Items = []Item{{Key: "k", Lines: []Line{{Text: "l", Spans: []Span{{Text: "s", Mark: "+"}}}}}}
		},
	} {
		q, c := q, c
		change(&q, &c)
		if q.Digest(c) == whole {
			t.Errorf("%s: it is the same", name)
		}
	}
	q.Waiting, q.Times, q.Until, q.ID = 3, 4, time.Now(), "s.q2"
	if q.Digest(c) != whole {
		t.Error("it changes with the time")
	}
}

func TestACancelledFrameIsNeverAllowed(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	ctx, cancel := context.WithCancel(t.Context())
	out := d.askNow(t, ctx, frame("a"), 1)
	cancel()
	if o := <-out; o.Allowed || o.Pending || !strings.Contains(o.Reason, "cancelled") {
		t.Errorf("%+v", o)
	}
	if d.only(t).Waiting != 0 {
		t.Error("it still waits")
	}
	h := frame("once")
	h.Again = false
	ctx, cancel = context.WithCancel(t.Context())
	out = d.askNow(t, ctx, h, 1)
	cancel()
	<-out
	if d.only(t).Times != 1 || d.keys["once"] != nil {
		t.Error("a question stays whose frame cannot come again")
	}
}

func TestOfTwoAnswersOneCounts(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	h := frame("a")
	in, release := make(chan bool), make(chan bool)
	h.Card = func([]byte) Card { in <- true; <-release; return cardOf("a") }
	out := d.askNow(t, t.Context(), h, 1)
	id := d.only(t).ID
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := d.Answer(Answer{ID: id, Digest: seen("a"), Allow: true}, me); err != nil {
			t.Error(err)
		}
	})
	<-in
	if _, err := d.Answer(Answer{ID: id}, me); !errors.Is(err, errBusy) {
		t.Errorf("the second: %v", err)
	}
	close(release)
	all.Wait()
	if o := <-out; !o.Allowed {
		t.Errorf("%+v", o)
	}
}

func TestAGrantAnswersWhatWaitsLikeIt(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	var mu sync.Mutex
	granted := false
	known := func() (Outcome, bool) {
		mu.Lock()
		defer mu.Unlock()
		return Outcome{Allowed: true, By: "a grant"}, granted
	}
	a, b := frame("a"), frame("b")
	a.Known, b.Known = known, known
	a.Grant = func(Answer, By) (string, error) { mu.Lock(); defer mu.Unlock(); granted = true; return "u1", nil }
	first := d.askNow(t, t.Context(), a, 1)
	second := d.askNow(t, t.Context(), b, 2)
	r, err := d.Answer(Answer{ID: "s.q1", Digest: seen("a"), Allow: true, For: ForSession}, me)
	if err != nil || r.Undo != "u1" {
		t.Errorf("%+v, %v", r, err)
	}
	if o := <-first; !o.Allowed || o.Granted != "session: like it" {
		t.Errorf("%+v", o)
	}
	if o := <-second; !o.Allowed || o.By != "a grant" {
		t.Errorf("%+v", o)
	}
	a.Grant = func(Answer, By) (string, error) { return "", errors.New("the disk is full") }
	granted = false
	d.askNow(t, t.Context(), a, 1)
	if _, err := d.Answer(Answer{ID: "s.q3", Digest: seen("a"), Allow: true, For: ForAlways}, me); err == nil || d.only(t).Waiting != 1 {
		t.Errorf("an answer that cannot be kept: %v", err)
	}
}

func TestAFloodIsFolded(t *testing.T) {
	d := NewDesk("s", func(Question, Outcome, bool) {})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range maxOpen {
		d.Ask(gone, frame(strings.Repeat("x", i+1)))
	}
	if o := d.Ask(t.Context(), frame("y")); o.Allowed || !strings.Contains(o.Reason, "100 questions") {
		t.Errorf("%+v", o)
	}
	if n := d.Count(); n != maxOpen {
		t.Errorf("%d questions", n)
	}
}

// TestInboxFollowsSessions goes over real sockets, as another process would.
func TestInboxFollowsSessions(t *testing.T) {
	folder := dir(t)
	d := NewDesk("one", func(Question, Outcome, bool) {})
	allow := true
	l := listen(t, folder, "one", Served{
		Desk: d, Status: func() Status { return Status{Session: "one", Server: "s"} },
		Who: func(*net.UnixConn, time.Time) (By, error) {
			if !allow {
				return By{}, errors.New("you may not")
			}
			return me, nil
		},
	})
	in, err := Open(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.After(limit); !ok(); {
			select {
			case <-in.Changed():
			case <-end:
				t.Fatal(what)
			}
		}
	}
	until("the session does not show", func() bool { return len(in.Sessions()) == 1 && d.Watched() })
	out := d.askNow(t, t.Context(), frame("a"), 1)
	until("the question does not show", func() bool { return len(in.Questions()) == 1 })
	c, err := in.Card(t.Context(), "one.q1")
	if err != nil || c.Digest != seen("a") {
		t.Errorf("%+v, %v", c, err)
	}
	allow = false
	if _, err := in.Answer(t.Context(), Answer{ID: "one.q1", Digest: c.Digest, Allow: true}); err == nil || err.Error() != "you may not" || len(out) > 0 {
		t.Errorf("who may not answer: %v", err)
	}
	allow = true
	if r, err := in.Answer(t.Context(), Answer{ID: "one.q1", Digest: c.Digest, Allow: true}); err != nil || r.Text != "allowed" {
		t.Errorf("%+v, %v", r, err)
	}
	if o := <-out; !o.Allowed {
		t.Errorf("%+v", o)
	}
	until("the question stays", func() bool { return len(in.Questions()) == 0 })
	l.Close()
	until("the session stays", func() bool { return len(in.Sessions()) == 0 })
	if d.Watched() {
		t.Error("nobody looks any more")
	}
	if _, err := in.Card(t.Context(), "one.q1"); !errors.Is(err, ErrGone) {
		t.Errorf("the card of a session that has ended: %v", err)
	}
}
