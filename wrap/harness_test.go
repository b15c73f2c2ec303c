package wrap

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/rules"
	"sallyport/wrap/audit"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/drift"
	"sallyport/wrap/pin/origin"
)

// A rig is a session between two peers that the test plays. It runs in a synctest bubble: after a line is sent, everything that
// follows from it has happened before the test goes on.
type rig struct {
	t                    *testing.T
	session              *Session
	log                  *audit.Log
	client               clientEnd
	server               *io.PipeWriter
	toClient, toServer   sink
	warnings             sink
	ended                chan error
	asker                *scriptedAsker
	clientRead, servRead *io.PipeReader

	trusting           bool // the test is not about pins
	mu                 sync.Mutex
	proposed, accepted *pin.Pin
}

// A sink collects what a peer is sent.
type sink struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(b)
}

func (s *sink) Close() error { return nil }

func (s *sink) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.buf.Reset()
	return s.buf.String()
}

// A scriptedAsker answers when the test says so.
type scriptedAsker struct {
	mu    sync.Mutex
	open  []chan Answer
	asked []Question
}

func (a *scriptedAsker) Ask(ctx context.Context, q Question) Answer {
	ch := make(chan Answer, 1)
	a.mu.Lock()
	a.open, a.asked = append(a.open, ch), append(a.asked, q)
	a.mu.Unlock()
	select {
	case answer := <-ch:
		return answer
	case <-ctx.Done():
		return Answer{Reason: "void", Pending: errors.Is(ctx.Err(), context.DeadlineExceeded)}
	}
}

func (a *scriptedAsker) answer(i int, answer Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open[i] <- answer
}

func policy(t testing.TB, text string) *rules.Policy {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := rules.Load(os.ReadFile, rules.Source{Path: path, Trust: rules.User})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newRig(t *testing.T, ruleText string) *rig {
	t.Helper()
	p := policy(t, ruleText)
	log, err := audit.Open(filepath.Join(t.TempDir(), "log"), audit.Session{Server: "test"})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, log: log, ended: make(chan error, 1), asker: &scriptedAsker{}, trusting: !strings.Contains(ruleText, "first_sight")}
	r.session = New(Config{
		Names: Names{Server: "test", Client: "tester"}, Policy: p, Pins: r.pins(p.View("test", "tester")), Facts: rules.Facts{Home: "/home/u", Cwd: "/home/u/project"}, Log: log,
		Asker: r.asker, Wait: time.Hour, Warn: func(text string) { io.WriteString(&r.warnings, text+"\n") },
	})
	return r
}

// A clientEnd is where the test writes as the client. Unless the test is about pins, whatever a call uses has been accepted.
type clientEnd struct {
	*io.PipeWriter
	r *rig
}

func (c clientEnd) Write(b []byte) (int, error) {
	if c.r.trusting {
		for line := range bytes.Lines(b) {
			c.r.session.surface.trust(line)
		}
	}
	return c.PipeWriter.Write(b)
}

// trust accepts whatever a frame uses, and takes all lists for seen.
func (u *surface) trust(line []byte) {
	var f struct {
		Params struct {
			Name, URI string
			Ref       struct{ Name, URI string }
		}
	}
	json.Unmarshal(line, &f)
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, l := range u.lists {
		l.complete = true
	}
	for _, k := range []pin.Key{{Section: pin.Tools, Name: f.Params.Name}, {Section: pin.Prompts, Name: f.Params.Name}, {Section: pin.Prompts, Name: f.Params.Ref.Name}} {
		if _, has := u.Accepted.Items[k]; k.Name != "" && !has {
			u.Accepted.Items[k], _ = pin.NewItem([]byte("{}"))
		}
	}
}

// pins are those of a server that nobody pinned, but for what the test accepts. What the session writes is kept.
func (r *rig) pins(v *rules.View) Pins {
	pins := Pins{
		First: map[string]FirstSight{"hold": Hold, "show": Show, "accept": Accept}[v.FirstSight()], Pass: map[drift.Kind]bool{},
		Launch:  pin.Launch{Args: []string{"server"}, Origin: origin.Origin{Kind: "program", Path: "/bin/server", Digest: "h1:x"}},
		Propose: func(p *pin.Pin) error { r.mu.Lock(); defer r.mu.Unlock(); r.proposed = p; return nil },
		Accept:  func(p *pin.Pin) (*pin.Pin, error) { r.mu.Lock(); defer r.mu.Unlock(); r.accepted = p; return p, nil },
	}
	for _, kind := range drift.Kinds() {
		pins.Pass[kind] = v.DriftPasses(string(kind)) || r.trusting
	}
	if r.trusting {
		pins.Accepted = &pin.Pin{Server: "test", Launches: []pin.Launch{pins.Launch}, Items: map[pin.Key]pin.Item{}}
	}
	return pins
}

func (r *rig) start() { r.startWith(&r.toClient, &r.toServer) }

func (r *rig) startWith(toClient, toServer io.WriteCloser) {
	r.client.r = r
	r.clientRead, r.client.PipeWriter = io.Pipe()
	r.servRead, r.server = io.Pipe()
	go func() {
		r.ended <- r.session.Run(Ends{In: r.clientRead, Out: toClient}, Ends{In: r.servRead, Out: toServer})
	}()
	synctest.Wait()
}

// send writes bytes as one of the peers and returns what the other and the same one got for it.
func (r *rig) send(direction string, b []byte) (other, back string) {
	r.t.Helper()
	w, to, from := io.Writer(r.client), &r.toServer, &r.toClient
	if direction == "s2c" {
		w, to, from = r.server, &r.toClient, &r.toServer
	}
	if _, err := w.Write(b); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return to.take(), from.take()
}

// stop ends the session in order and returns its log.
func (r *rig) stop() string {
	r.t.Helper()
	if err := <-r.end(); err != nil {
		r.t.Error(err)
	}
	if err := r.log.Close("test over"); err != nil {
		r.t.Error(err)
	}
	b, err := os.ReadFile(r.log.Path())
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}

// end closes both peers and returns where the session's error will be.
func (r *rig) end() chan error {
	r.client.Close()
	r.server.Close()
	return r.ended
}

// inBubble runs a session test.
func inBubble(t *testing.T, ruleText string, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ruleText)
		r.start()
		test(t, r)
		r.stop()
	})
}

func contains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s is %q, want %q in it", what, got, want)
	}
}
