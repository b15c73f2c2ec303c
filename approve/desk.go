package approve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Held is a frame that waits at a Desk. Its functions may be called concurrently, by one goroutine for each question at a time.
type Held struct {
	Question Question // without ID, times, and counts
	Key      string   // what makes two frames the same; with all that is asked about them, the same question
	Args     []byte   // of a call; kept to be compared with the next one
	Again    bool     // the same frame may come again, so that an answer that comes too late is of use
	// Card says what the frame would do now. near are arguments that were approved a moment ago for a call that is nearly this one, or nil.
	Card func(near []byte) Card
	// Grant keeps an answer beyond this once. It gives what undoes it. nil: there is nothing to keep.
	Grant func(a Answer, by By) (undo string, err error)
	// Opened is called when nobody has asked the same before, in a goroutine of its own. Its context ends with the question. nil: nobody
	// wants to know.
	Opened func(ctx context.Context, q Question)
	// Known is the answer that people gave in advance, if there is one. nil: there is none.
	Known func() (Outcome, bool)
	// Accept takes in what was allowed of a surface; nil where the question is none.
	Accept func(q Question, a Answer, by By) error
}

// An Outcome is what a frame hears. The zero value denies.
type Outcome struct {
	Allowed bool
	Pending bool   // the time was over before anybody answered; the question stays
	By      string // who answered, by which door; empty if nobody did
	Reason  string // why not, a phrase
	Shown   string // digest of the card that was looked at
	Granted string // what was granted beyond this once
}

// By is who answers.
type By struct {
	Door  string   // tui, command, dialog, client
	TTY   string   // empty where there is none
	PID   int      // 0 where it is ours
	Chain []string // of processes, nearest first
	Notes []string // what is remarkable about it
}

func (b By) String() string {
	parts := []string{b.Door}
	if b.TTY != "" {
		parts = append(parts, b.TTY)
	}
	if b.PID != 0 {
		parts = append(parts, "pid "+strconv.Itoa(b.PID))
	}
	text := strings.Join(parts, " ")
	if len(b.Chain) > 0 {
		text += ": " + strings.Join(b.Chain, " < ")
	}
	if len(b.Notes) > 0 {
		text += " (" + strings.Join(b.Notes, "; ") + ")"
	}
	return text
}

const (
	// maxOpen bounds the questions of one session: nobody reads more, and each is a frame in memory.
	maxOpen = 100
	// lateTime is how long an answer that came too late lets the same frame pass.
	lateTime = 5 * time.Minute
	// keepTime is how long a question stays for which nobody waits.
	keepTime = 30 * time.Minute
	// denyTime is how long a denial answers the same question: a model that tries again at once would wear a person down.
	denyTime = 30 * time.Second
)

// A Desk is where the frames of a session wait for people. All methods may be called concurrently.
type Desk struct {
	session string
	told    func(q Question, o Outcome, waited bool)

	mu       sync.Mutex
	open     map[string]*pending // by id
	keys     map[string]*pending // by Held.key
	early    map[string]early    // answers that hold for the next frame of a key
	watchers map[chan struct{}]bool
	screens  int
	n        uint64
}

// A pending question and the frames that wait for its answer.
type pending struct {
	q         Question
	held      *Held // the one that q is about; those that joined are the same
	waiters   []*waiter
	idle      time.Time // since when nobody waits; zero while somebody does
	answering bool
	gone      context.CancelFunc
}

type waiter struct {
	outcome chan Outcome // takes one
	until   time.Time
}

// An early answer holds for one frame that is allowed, or for all that are denied until its time is over.
type early struct {
	outcome Outcome
	until   time.Time
	like    string // what tool it is for
	args    []byte
	now     func() string // the digest of what would be shown by now
}

// NewDesk makes the desk of a session. told hears every answer that a person gave, and whether a frame waited for it.
func NewDesk(session string, told func(q Question, o Outcome, waited bool)) *Desk {
	return &Desk{session: session, told: told, open: map[string]*pending{}, keys: map[string]*pending{}, early: map[string]early{}, watchers: map[chan struct{}]bool{}}
}

// over reports whether a time has come, by the clock that stops while a machine sleeps or by the one that people set.
func over(t time.Time) bool {
	now := time.Now()
	return now.After(t) || now.Round(0).After(t.Round(0))
}

// Ask waits until a person has answered, or ctx ends: with a deadline that has passed, the question stays open; else it stays as one
// whose frame is gone.
func (d *Desk) Ask(ctx context.Context, h *Held) Outcome {
	if o, ok := h.known(); ok {
		return o
	}
	if o, ok := d.inAdvance(h); ok {
		return o
	}
	w := &waiter{outcome: make(chan Outcome, 1)}
	w.until, _ = ctx.Deadline()
	p, known := d.put(h, w)
	if p == nil {
		return known
	}
	d.recheck(p) // somebody may have answered in advance meanwhile
	select {
	case o := <-w.outcome:
		return o
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case o := <-w.outcome:
		return o // it came at the same moment; whether the frame is still there its session knows
	default:
	}
	p.waiters = slices.DeleteFunc(p.waiters, func(o *waiter) bool { return o == w })
	d.settled(p)
	switch {
	case !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Outcome{Reason: "it was cancelled before anybody answered"}
	case d.open[p.q.ID] != p:
		return Outcome{Reason: "nobody answered in time"}
	}
	return Outcome{Pending: true, Reason: "nobody has answered yet"}
}

// key is what makes two questions the same: the frame, and all that is asked about it. An answer to the one is none to a question that
// another rule raises about the same frame.
func (h *Held) key() string {
	q := h.Question
	q.Summary = "" // it goes by the order of the arguments
	return h.Key + " " + q.Digest(Card{})
}

// inAdvance is the answer that came before the frame, if there is one. An allowance is for what was shown: where the frame would do
// something else by now, it is void.
func (d *Desk) inAdvance(h *Held) (Outcome, bool) {
	d.mu.Lock()
	d.tidy()
	key := h.key()
	e, ok := d.early[key]
	d.mu.Unlock()
	if !ok || !e.outcome.Allowed {
		return e.outcome, ok
	}
	now := e.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if e, ok = d.early[key]; !ok || !e.outcome.Allowed {
		return e.outcome, ok
	}
	delete(d.early, key)
	return e.outcome, e.outcome.Shown == now
}

func (h *Held) known() (Outcome, bool) {
	if h.Known == nil {
		return Outcome{}, false
	}
	return h.Known()
}

// Room reports whether a frame could wait here: as one more question, or because the same is asked already.
func (d *Desk) Room(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tidy()
	if len(d.open) < maxOpen {
		return true
	}
	for _, p := range d.open {
		if p.held.Key == key {
			return true
		}
	}
	return false
}

// Recheck lets go what people have answered in advance by now.
func (d *Desk) Recheck() {
	d.mu.Lock()
	var all []*pending
	for _, p := range d.open {
		all = append(all, p)
	}
	d.mu.Unlock()
	for _, p := range all {
		d.recheck(p)
	}
}

func (d *Desk) recheck(p *pending) {
	o, ok := p.held.known()
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[p.q.ID] != p || p.answering {
		return
	}
	for _, w := range p.waiters {
		w.outcome <- o
	}
	p.waiters = nil
	d.remove(p)
	d.tell()
}

// put opens a question or joins the one that is open, unless there are too many.
func (d *Desk) put(h *Held, w *waiter) (*pending, Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tidy()
	p := d.keys[h.key()]
	if p == nil {
		if len(d.open) >= maxOpen {
			return nil, Crowded()
		}
		d.n++
		ctx, gone := context.WithCancel(context.Background())
		p = &pending{q: h.Question, held: h, gone: gone}
		p.q.ID, p.q.Session, p.q.Asked = d.session+".q"+strconv.FormatUint(d.n, 10), d.session, time.Now()
		d.open[p.q.ID], d.keys[h.key()] = p, p
		if h.Opened != nil {
			go h.Opened(ctx, p.q)
		}
	}
	p.idle = time.Time{}
	p.waiters = append(p.waiters, w)
	p.q.Times++
	d.tell()
	return p, Outcome{}
}

// Crowded is what a frame hears for which there is no room.
func Crowded() Outcome {
	return Outcome{Reason: fmt.Sprintf("%d questions of this server wait for a person already", maxOpen)}
}

// settled notes that one who waited is served.
func (d *Desk) settled(p *pending) {
	if len(p.waiters) == 0 {
		p.idle = time.Now()
		if !p.held.Again && !p.answering {
			d.remove(p)
		}
	}
	d.tell()
}

func (d *Desk) remove(p *pending) {
	delete(d.open, p.q.ID)
	p.gone()
	if key := p.held.key(); d.keys[key] == p {
		delete(d.keys, key)
	}
}

// tidy forgets what is too old.
func (d *Desk) tidy() {
	for key, e := range d.early {
		if over(e.until) {
			delete(d.early, key)
		}
	}
	for _, p := range d.open {
		if !p.answering && !p.idle.IsZero() && over(p.idle.Add(keepTime)) {
			d.remove(p)
		}
	}
}

func (d *Desk) tell() {
	for ch := range d.watchers {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// Watch gives a channel that yields after questions came, went, or changed. screen says that a person looks at them.
func (d *Desk) Watch(screen bool) (changed <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	n := 0
	if screen {
		n = 1
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers[ch] = true
	d.screens += n
	var once sync.Once
	return ch, func() {
		once.Do(func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			delete(d.watchers, ch)
			d.screens -= n
		})
	}
}

// Watched reports whether a person looks at the questions on a screen.
func (d *Desk) Watched() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.screens > 0
}

// Questions are the open ones, the oldest first.
func (d *Desk) Questions() []Question {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tidy()
	list := make([]Question, 0, len(d.open))
	for _, p := range d.open {
		list = append(list, p.question())
	}
	slices.SortFunc(list, func(a, b Question) int { return a.Asked.Compare(b.Asked) })
	return list
}

func (p *pending) question() Question {
	q := p.q
	q.Waiting = len(p.waiters)
	for _, w := range p.waiters {
		if q.Until.IsZero() || w.until.Before(q.Until) {
			q.Until = w.until
		}
	}
	return q
}

// Count is how many questions are open.
func (d *Desk) Count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}
