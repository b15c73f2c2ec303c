package tui

import (
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

// limit is when a test gives up. Nothing here waits so long unless it hangs.
const limit = 20 * time.Second

// A loop runs the commands of a model in goroutines, as the program does.
type loop struct {
	t    *testing.T
	m    *model
	time time.Time
	msgs chan tea.Msg
	done chan struct{}
	all  sync.WaitGroup
}

func (l *loop) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	l.all.Go(func() {
		select {
		case l.msgs <- cmd():
		case <-l.done:
		}
	})
}

// until takes messages until the screen has a text.
func (l *loop) until(has func() bool) {
	l.t.Helper()
	end := time.NewTimer(limit)
	defer end.Stop()
	for !has() {
		select {
		case msg := <-l.msgs:
			if batch, ok := msg.(tea.BatchMsg); ok {
				for _, cmd := range batch {
					l.run(cmd)
				}
				continue
			}
			_, cmd := l.m.Update(msg)
			l.run(cmd)
		case <-end.C:
			l.t.Fatalf("it does not come:\n%s", l.m.screen())
		}
	}
}

func (l *loop) key(name string) {
	l.time = l.time.Add(2 * time.Second)
	_, cmd := l.m.Update(keyOf(name))
	l.run(cmd)
}

func (l *loop) shows(text string) func() bool {
	return func() bool { return strings.Contains(l.m.screen(), text) }
}

// session listens as one does, and asks.
func session(t *testing.T, dir, name string, ask ...*approve.Held) []chan approve.Outcome {
	t.Helper()
	desk := approve.NewDesk(name, func(approve.Question, approve.Outcome, bool) {})
	l, err := approve.Listen(dir, name, approve.Served{
		Desk: desk, Status: func() approve.Status { return approve.Status{Session: name, Server: "filesystem", Client: "editor"} },
		Who: func(*net.UnixConn, time.Time) (approve.By, error) { return approve.By{}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var outcomes []chan approve.Outcome
	for _, h := range ask {
		ch := make(chan approve.Outcome, 1)
		outcomes = append(outcomes, ch)
		changed, stop := desk.Watch(false)
		go func() { ch <- desk.Ask(t.Context(), h) }()
		<-changed // questions are in the order in which they come
		stop()
	}
	return outcomes
}

func TestQuestionsOfLiveSessionsAreAnswered(t *testing.T) {
	dir, err := os.MkdirTemp("", "sp") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	held := func(id, word string) *approve.Held {
		q := destructive(id, word)
		return &approve.Held{Question: q, Key: id, Again: true, Card: func([]byte) approve.Card { return shortCard(id) }}
	}
	outcomes := session(t, dir, "s1", held("first", ""), held("second", "delete"))
	in, err := approve.Open(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	ctx, cancel := context.WithCancel(t.Context())
	l := &loop{t: t, time: time.Now(), msgs: make(chan tea.Msg), done: make(chan struct{})}
	defer l.all.Wait()
	defer close(l.done)
	defer cancel()
	l.m = newModel(func() time.Time { return l.time })
	l.m.plain = true
	l.m.after = func(time.Duration, tea.Msg) tea.Cmd { return nil }
	l.m.connect(ctx, in)
	l.run(l.m.Init())

	l.until(l.shows("2 questions"))
	l.key("enter")
	l.until(l.shows("path: first"))
	l.key("a")
	l.until(l.shows("path: second"))
	l.until(l.shows("allowed"))
	if o := <-outcomes[0]; !o.Allowed || !strings.HasPrefix(o.Shown, "h1:") {
		t.Errorf("the first heard %+v", o)
	}
	l.key("a")
	for _, r := range "delete" {
		l.key(string(r))
	}
	l.key("enter")
	l.until(l.shows("No questions"))
	if o := <-outcomes[1]; !o.Allowed || o.By != "tui" {
		t.Errorf("the second heard %+v", o)
	}
}

func TestWithoutATerminalRunSaysWhatToUse(t *testing.T) {
	for _, kind := range []string{"dumb", "xterm"} {
		t.Setenv("TERM", kind)
		if kind == "xterm" && isTerminal(os.Stdin) && isTerminal(os.Stdout) {
			continue
		}
		err := Run(t.Context(), nil)
		for _, text := range []string{"sallyport approve list", "sallyport approve allow ID"} {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("TERM=%s: %v", kind, err)
			}
		}
	}
}
