package wrap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/audit"
	"sallyport/wrap/jsonrpc"
)

// Names are what the two peers are called in rules and logs. Client may be empty.
type Names struct{ Server, Client string }

// A Config is what a session needs. All of it is required but Wait, Observing and Guard.
type Config struct {
	Names
	Policy    *rules.Policy
	Facts     rules.Facts
	Pins      Pins
	Log       *audit.Log
	Asker     Asker
	Wait      time.Duration // how long a frame waits for a human before its sender hears that it has to
	Observing bool
	Guard     Guard // nil: the server was given no secrets
	// Warn tells the user a line, or a report of several that begins with "SECURITY: "; it is called by one goroutine.
	Warn func(text string)
}

// Ends are the two streams of a peer.
type Ends struct {
	In  io.Reader
	Out io.WriteCloser
}

// A Session judges what two peers say to each other. Run is called once.
type Session struct {
	Config
	view                 *rules.View
	limits               rules.Limits
	st                   *state
	surface              *surface
	looking              sync.Once
	looker               *time.Timer // guarded by looking and end
	history              *rules.History
	refs                 atomic.Uint64 // decisions with a cause so far
	calls, refused, held atomic.Uint64
	toC                  *outlet // the client's input
	toS                  *outlet // the server's input
	server               io.Closer
	warns                throttle
	warnings             chan string
	told                 chan struct{} // closed when the last of them has been told
	quit                 chan struct{} // closed when nobody warns any more
	storms               storms
	asking               sync.WaitGroup
	returned             atomic.Int32   // frames with secrets so far
	raised               atomic.Int64   // when a change was asked about last, in ns
	checking             sync.WaitGroup // requests of the client that wait until we have looked at the server
	ctx                  context.Context
	stop                 context.CancelFunc

	clientGone chan struct{} // closed when the client ended its side
	once       sync.Once
	fatal      error // why the session ended itself; guarded by once
	failed     chan struct{}
}

// ErrClientGone is returned by Run when the client no longer reads.
var ErrClientGone = errors.New("the client no longer reads")

// New makes a session.
func New(c Config) *Session {
	ctx, stop := context.WithCancel(context.Background())
	history := rules.NewHistory()
	c.Facts.History = history
	s := &Session{
		history: history,
		Config:  c, view: c.Policy.View(c.Server, c.Client), limits: c.Policy.Limits(), st: newState(),
		warnings: make(chan string, maxWarnings), told: make(chan struct{}), quit: make(chan struct{}),
		ctx: ctx, stop: stop, clientGone: make(chan struct{}), failed: make(chan struct{}),
	}
	s.surface = newSurface(s, c.Pins)
	return s
}

// newRef names a decision, so that people can ask about it: the session's id and a number.
func (s *Session) newRef() string {
	return s.Log.ID() + "." + strconv.FormatUint(s.refs.Add(1), 10)
}

// ClientGone is closed when the client has closed its side. The server's input has been closed by then.
func (s *Session) ClientGone() <-chan struct{} { return s.clientGone }

// Run relays until the server's output ends, the log cannot be written, or the client no longer reads. What the client still waits
// for is answered with an error. A read of the client's input may outlive Run, since there is no way to interrupt one.
func (s *Session) Run(client, server Ends) error {
	s.toC, s.toS, s.server = newOutlet(client.Out), newOutlet(server.Out), server.Out
	up := s.newPump(client.In, s.toS, s.toC)
	up.client = true
	down := s.newPump(server.In, s.toC, s.toS)
	go s.tell()
	go func() {
		if err := up.run(); err != nil {
			s.fail(err)
		}
		up.reader.Close()
		s.finishChecks()
		server.Out.Close()
		close(s.clientGone)
	}()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := down.run(); err != nil {
			s.fail(err)
		}
		down.reader.Close()
	}()
	silence := time.AfterFunc(slow, s.reportSilence)
	defer silence.Stop()
	warm := time.AfterFunc(warmUp, s.view.Compile)
	defer warm.Stop()
	select {
	case <-ended:
	case <-s.failed:
	}
	s.end()
	select {
	case <-s.failed:
		return s.fatal
	default:
		return nil
	}
}

// end answers what is open and waits, for a while, for those who still write.
func (s *Session) end() {
	s.storms.stop()
	s.st.mu.Lock()
	s.st.ending = true
	s.st.mu.Unlock()
	s.looking.Do(func() {}) // nobody begins to look any more
	if s.looker != nil {
		s.looker.Stop()
	}
	asked := make(chan struct{})
	go func() { s.asking.Wait(); close(asked) }()
	wait(asked, lastAnswers)
	s.failPending("the server ended before it answered")
	s.stop()
	wait(asked, time.Second) // one may be stuck in a write to a server that does not read
	if err := s.surface.save(); err != nil {
		s.warnf("keeping what server %q says for you to look at: %v", s.Server, err)
	}
	wait(s.toC.finish(), time.Second)
	s.toS.finish()
	close(s.quit)
	wait(s.told, time.Second)
}

// finishChecks lets requests that a client sent before it closed its side go on, where only a look at the server's lists keeps them.
func (s *Session) finishChecks() {
	checked := make(chan struct{})
	go func() { s.checking.Wait(); close(checked) }()
	wait(checked, lastChecks)
}

// lastChecks is how long a server has to show what it has after the client has closed its side.
const lastChecks = 2 * time.Second

// lastAnswers is how long answers that are on their way have when the session ends.
const lastAnswers = 100 * time.Millisecond

// slow is the time after which the user hears that a server has answered nothing.
const slow = 10 * time.Second

// warmUp is when the rules that packs hold are compiled: behind the handshake, before most first calls.
const warmUp = 150 * time.Millisecond

// reportSilence tells the user that the server has not answered anything yet, if it was asked.
func (s *Session) reportSilence() {
	s.st.mu.Lock()
	method := ""
	for _, c := range s.st.client.calls {
		if c.stage == forwarded && !s.st.answered && c.own == nil {
			method = c.method
		}
	}
	s.st.mu.Unlock()
	if method != "" {
		s.warnf("server %q has not answered %s for %v", s.Server, method, slow)
	}
}

// wait gives a peer that may not be reading some time.
func wait(done <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// fail ends the session. The first reason stays.
func (s *Session) fail(err error) {
	s.once.Do(func() {
		s.fatal = err
		close(s.failed)
	})
}

// failPending answers what the client still waits for.
func (s *Session) failPending(why string) {
	s.st.mu.Lock()
	var open []*call
	for _, c := range s.st.client.calls {
		open = append(open, c)
	}
	for _, c := range open {
		s.st.client.settle(c)
	}
	s.st.mu.Unlock()
	open = slices.DeleteFunc(open, func(c *call) bool {
		if c.own != nil {
			c.own.give(ownPage{err: errors.New(why)})
		}
		return c.own != nil
	})
	var out []byte
	for _, c := range open {
		if c.method == "subscriptions/listen" {
			continue
		}
		entry := audit.Entry{Direction: "s2c", Method: c.method, Tool: c.tool, ID: c.id.Raw(), Decision: "note", Reason: why}
		if c.asked.Rule != "" {
			entry.Decision, entry.Rule, entry.At, entry.Reason = "refuse", c.asked.Rule, c.asked.At, "the session ended before a person answered: "+why
			out = append(out, s.refusal(c, c.asked, Answer{Reason: entry.Reason})...)
		} else {
			out = jsonrpc.AppendError(out, c.id, codeEnded, "sallyport: "+why, nil)
		}
		s.Log.Append(&entry)
	}
	if len(out) > 0 && s.Log.Flush() == nil {
		s.toC.post(out)
	}
}

// maxWarnings is how many lines for the user may wait: whoever reads our stderr may not be reading.
const maxWarnings = 64

// warnf tells the user a line, but not more than a few a second, since a peer could flood the client's log, and without waiting.
func (s *Session) warnf(format string, a ...any) {
	text := scan.VisibleLine(fmt.Sprintf(format, a...), 1000)
	ok, dropped := s.warns.allow(time.Now())
	if !ok {
		return
	}
	if dropped > 0 {
		text = fmt.Sprintf("%d more warnings were left out; they are in the log. %s", dropped, text)
	}
	select {
	case s.warnings <- text:
	default:
	}
}

// tellReport tells the user several lines, which hold no text that was not made visible, without waiting.
func (s *Session) tellReport(text string) {
	select {
	case s.warnings <- text:
	default:
	}
}

// tell passes warnings on. It ends with the session.
func (s *Session) tell() {
	defer close(s.told)
	for {
		select {
		case text := <-s.warnings:
			s.Warn(text)
		case <-s.quit:
			for {
				select {
				case text := <-s.warnings:
					s.Warn(text)
				default:
					return
				}
			}
		}
	}
}

// A throttle lets through a burst, then one each second.
type throttle struct {
	mu      sync.Mutex
	tokens  float64
	last    time.Time
	dropped int
}

const throttleBurst = 20

func (t *throttle) allow(now time.Time) (ok bool, dropped int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last.IsZero() {
		t.tokens = throttleBurst
	} else {
		t.tokens = min(throttleBurst, t.tokens+now.Sub(t.last).Seconds())
	}
	t.last = now
	if t.tokens < 1 {
		t.dropped++
		return false, 0
	}
	t.tokens--
	dropped, t.dropped = t.dropped, 0
	return true, dropped
}

// storms bounds notifications that make the client fetch lists again: one of a kind each second passes, the last one always does.
type storms struct {
	mu      sync.Mutex
	last    map[string]time.Time
	waiting map[string]*time.Timer
}

const stormPause = time.Second

// maxKinds is how many kinds are remembered before those that are calm are forgotten.
const maxKinds = 256

// pass reports whether a notification of this kind may go now. If not, later is called once the pause is over, unless one is waiting
// already.
func (st *storms) pass(kind string, now time.Time, later func()) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if len(st.last) > maxKinds {
		for kind, at := range st.last {
			if now.Sub(at) > stormPause {
				delete(st.last, kind)
			}
		}
	}
	if st.last == nil {
		st.last, st.waiting = map[string]time.Time{}, map[string]*time.Timer{}
	}
	since := now.Sub(st.last[kind])
	if since >= stormPause && st.waiting[kind] == nil {
		st.last[kind] = now
		return true
	}
	if st.waiting[kind] == nil {
		st.waiting[kind] = time.AfterFunc(stormPause-since, func() {
			st.mu.Lock()
			st.last[kind] = time.Now()
			delete(st.waiting, kind)
			st.mu.Unlock()
			later()
		})
	}
	return false
}

func (st *storms) stop() {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, t := range st.waiting {
		t.Stop()
	}
}
