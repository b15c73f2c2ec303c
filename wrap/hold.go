package wrap

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"sallyport/rules"
	"sallyport/wrap/audit"
	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
)

// holdable begins a question about a request: from now on it can be made void.
func (p *pump) holdable(c *call) context.Context {
	c.void() // an earlier one has been answered
	ctx, cancel := context.WithCancel(p.s.ctx)
	c.void = cancel
	if c.stage != answering {
		c.stage = held
	}
	return ctx
}

// hold keeps a frame until a human has answered. The pump goes on at once.
func (p *pump) hold(ctx context.Context, c *call, j judged) {
	s := p.s
	p.entry.Decision = "hold"
	if j.Action != rules.Allow || j.check == nil {
		p.cause(j.Decision)
		c.ref = p.entry.Ref
	} else {
		p.entry.Reason = "what the server shows is compared with what was accepted first"
	}
	frame, entry := p.clone()
	w := j.world
	w.Args, w.Result, w.Beside, w.Notes = bytes.Clone(w.Args), bytes.Clone(w.Result), bytes.Clone(w.Beside), nil
	h := &heldFrame{
		c: c, frame: frame, entry: entry, out: p.out, table: &s.st.client, notes: slices.Clone(p.notes), check: j.check,
		decision: j.Decision, world: w, others: j.others, gate: j.gate, again: p.client && p.f.Kind == jsonrpc.Request,
	}
	if !h.again {
		h.others = allowed.Decision
	}
	h.refuse = func(d rules.Decision, a Answer) { p.back.post(s.refusal(c, d, a)) }
	h.sent = func() { h.table.forward(c) }
	switch {
	case p.f.Kind != jsonrpc.Request:
		h.refuse = func(d rules.Decision, a Answer) { p.out.post(s.refusedResult(c, d, a)) }
		failed := p.f.Kind == jsonrpc.Error
		h.sent = func() {
			h.table.settle(c)
			if failed {
				s.st.failedInitialize(c)
			}
		}
	case p.client:
		uri := bytes.Clone(p.f.Get("uri"))
		h.sent = func() { c.asked = rules.Decision{}; h.table.forward(c); s.st.sent(c, uri) }
	default:
		h.table = &s.st.server
		id := bytes.Clone(p.f.Get("elicitationId"))
		h.sent = func() { h.table.forward(c); s.st.noteElicitation(id) }
	}
	p.asks = append(p.asks, func() { s.release(ctx, h) })
}

// A heldFrame is what is needed to let a frame go, or to refuse it, without the pump that read it.
type heldFrame struct {
	c      *call
	frame  []byte // with its line feed
	entry  audit.Entry
	out    *outlet
	table  *table                       // where c is open
	notes  rules.Notes                  // what it counts as when it goes on
	sent   func()                       // notes that the frame goes on; the state is locked
	check  check                        // comes before the question; nil for none
	refuse func(rules.Decision, Answer) // tells whoever waits for it

	decision rules.Decision        // why it is held
	world    rules.World           // what the rules judged, with bytes of its own
	others   rules.Decision        // of its other parts
	gate     func() rules.Decision // what pins say of it now; nil for nothing
	again    bool                  // a request that the client may repeat
	asked    *Question             // what people were asked; nil for nothing
}

// release asks in a goroutine of its own, which Run waits for.
func (s *Session) release(ctx context.Context, h *heldFrame) {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if s.st.ending {
		h.table.settle(h.c)
		h.refuse(h.decision, Answer{Reason: "the session is ending"})
		return
	}
	s.asking.Add(1)
	if h.check != nil {
		s.checking.Add(1)
	}
	go func() {
		defer s.asking.Done()
		start := time.Now()
		wait, cancel := context.WithDeadline(ctx, start.Add(s.Wait))
		defer cancel()
		go s.keepWaiting(wait, h)
		d, a := s.found(wait, h)
		if d.Action != rules.Ask {
			defer h.checked(s)
		} else {
			h.checked(s)
		}
		a.Allowed = false // what people said of the server is no answer about the frame
		switch {
		case d.Action == rules.Allow:
			a.Allowed = true
			h.entry.Reason = ""
		case d.Action == rules.Ask:
			s.asked(h, d)
			h.asked = s.question(h, d)
			a = s.Asker.Ask(wait, *h.asked)
		}
		h.note(a)
		h.entry.Time, h.entry.Wait = time.Now(), time.Since(start)
		if a.Allowed {
			if d, a = s.letGo(ctx, h, a); a.Allowed {
				return
			}
		}
		h.entry.Decision = "refuse"
		if s.answered(ctx, h, false) && s.logAnswer(h) {
			h.refuse(d, a)
		}
	}()
}

// asked notes why a frame waits, for when the session ends.
func (s *Session) asked(h *heldFrame, d rules.Decision) {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	h.c.asked = d
}

// note puts what people said into the log line.
func (h *heldFrame) note(a Answer) {
	if a.Reason != "" {
		h.entry.Reason = a.Reason
	}
	h.entry.By, h.entry.Shown, h.entry.Granted = a.By, a.Shown, a.Granted
	switch {
	case a.Pending:
		h.entry.Answer = "none in time"
	case a.By == "": // nobody said anything
	case a.Allowed:
		h.entry.Answer = "allowed"
	default:
		h.entry.Answer = "refused"
	}
}

// checked notes that what comes before the question is over.
func (h *heldFrame) checked(s *Session) {
	if h.check != nil {
		s.checking.Done()
	}
}

// found does what has to be done before a human is asked about the frame, or nothing: it looks at what the server shows, and where nobody
// has accepted that, asks about it first. The frame is judged once more then, since what was accepted says what a tool does.
func (s *Session) found(ctx context.Context, h *heldFrame) (d rules.Decision, a Answer) {
	if h.check == nil {
		return h.decision, a
	}
	if d = h.check(ctx); d.Rule == "pins/first-sight" && d.Action != rules.Allow {
		s.caused(h, d)
		if a = s.askSurface(ctx, h, d); !a.Allowed {
			return d, a
		}
		s.Log.Append(&audit.Entry{
			Method: h.entry.Method, Tool: h.entry.Tool, Decision: "note", Reason: "what the server shows was accepted", Answer: "allowed", By: a.By, Shown: a.Shown,
		})
		if d = h.check(ctx); d.Action != rules.Allow {
			a.Reason = "it was left out of what was accepted"
		}
	}
	switch {
	case d.Action == rules.Allow:
		d = s.judgeNow(h)
	case askable(d):
		s.raise(d)
	}
	s.caused(h, d)
	return d, a
}

// askable reports whether what pins refuse can be accepted.
func askable(d rules.Decision) bool {
	return d.Rule == "pins/first-sight" || d.Rule == "pins/drift" || d.Rule == "pins/new" && d.Because == whyNew
}

// askSurface asks about what a server shows that nobody has accepted.
func (s *Session) askSurface(ctx context.Context, h *heldFrame, d rules.Decision) Answer {
	s.asked(h, d)
	return s.Asker.Ask(ctx, s.surfaceQuestion(d))
}

func (s *Session) surfaceQuestion(d rules.Decision) Question {
	return Question{Server: s.Server, Client: s.Client, Questions: []rules.Decision{d}, Again: true, Surface: s.proposal}
}

// raisePause is between two looks at whether the question about what changed is still the same.
const raisePause = time.Second

// raise puts a question about what changed after it was accepted. Its calls are refused meanwhile: nobody waits for the answer.
func (s *Session) raise(d rules.Decision) {
	now := time.Now().UnixNano()
	if last := s.raised.Load(); now-last < int64(raisePause) || !s.raised.CompareAndSwap(last, now) || !s.begin() {
		return
	}
	go func() {
		defer s.asking.Done()
		past, cancel := context.WithDeadline(s.ctx, time.Now())
		defer cancel()
		s.Asker.Ask(past, s.surfaceQuestion(d))
	}()
}

// proposal is what the server shows now, as a pin that people could accept.
func (s *Session) proposal() *pin.Pin {
	s.surface.mu.Lock()
	defer s.surface.mu.Unlock()
	return s.surface.proposal()
}

// letGo sends an approved frame, unless it would not pass any more: then it says why. Nothing else leaves by its outlet between that
// look, the answer's taking effect, and the frame, so that a cancellation comes either before the one or after the other, and what is
// counted is.
func (s *Session) letGo(ctx context.Context, h *heldFrame, a Answer) (rules.Decision, Answer) {
	h.out.take()
	if d, why := s.stands(h); why != "" {
		h.out.giveBack()
		s.caused(h, d)
		h.entry.Reason = why
		return d, Answer{By: a.By, Shown: a.Shown, Reason: why}
	}
	h.entry.Decision = "pass"
	var err error
	sent := s.answered(ctx, h, true) && s.logAnswer(h)
	if sent {
		if h.again {
			s.count(h.entry.Method, h.entry.Decision)
		}
		s.history.Add(h.entry.Time, h.notes)
		err = h.out.writeTaken(h.frame)
	}
	h.out.giveBack()
	if !sent && ctx.Err() != nil {
		h.entry.Decision, h.entry.Reason = "refuse", "it was gone when the answer came"
		s.logAnswer(h)
	}
	if sent && err != nil && h.out == s.toS {
		s.st.mu.Lock()
		h.table.settle(h.c)
		s.st.mu.Unlock()
		s.toC.post(jsonrpc.AppendError(nil, h.c.id, codeEnded, "sallyport: the server no longer reads", nil))
	}
	return rules.Decision{}, a
}

// logAnswer writes the line about an answer, and reports whether that worked.
func (s *Session) logAnswer(h *heldFrame) bool {
	s.Log.Append(&h.entry)
	if err := s.Log.Flush(); err != nil {
		s.fail(fmt.Errorf("writing the log: %w", err))
		return false
	}
	return true
}

// answered takes note of an answer, and reports whether the frame is still waiting for it.
func (s *Session) answered(ctx context.Context, h *heldFrame, allowed bool) bool {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if ctx.Err() != nil || h.table.find(h.c.id) != h.c {
		return false
	}
	if allowed {
		h.sent()
		return true
	}
	h.table.settle(h.c)
	s.st.failedInitialize(h.c)
	return true
}
