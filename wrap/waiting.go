package wrap

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"sallyport/wrap/audit"
	"sallyport/wrap/jsonrpc"
)

// What a client hears while a frame waits for a person. Some clients restart their clock at progress, some do not, and a token does not
// tell which: so there is progress, and an answer before the time of a client is over.

const (
	hintAfter     = 2 * time.Second  // the user hears that something waits
	firstProgress = 3 * time.Second  // at most, after the question came
	nextProgress  = 10 * time.Second // at most; a quarter of the time that a frame waits, where that is less
)

// progressStep is how much one of our notifications adds: the server's own progress, which has to be more than what was sent before,
// comes after them.
const progressStep = 1e-6

// keepWaiting tells the user where to answer, and the client that something goes on, until a held frame is answered.
func (s *Session) keepWaiting(ctx context.Context, h *heldFrame) {
	hint := time.AfterFunc(hintAfter, func() {
		if ctx.Err() == nil && s.waits(h) {
			s.warnf("%s of server %q waits for approval; run \"sallyport approve\" in a terminal", what(h.c), s.Server)
		}
	})
	defer hint.Stop()
	if h.c.progress == nil || h.table != &s.st.client {
		<-ctx.Done()
		return
	}
	timer := time.NewTimer(min(firstProgress, s.Wait/4))
	defer timer.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if !s.sendProgress(h, n) {
			return
		}
		timer.Reset(min(nextProgress, s.Wait/4))
	}
}

// waits reports whether a frame is still held.
func (s *Session) waits(h *heldFrame) bool {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	return h.table.find(h.c.id) == h.c && (h.c.stage == held || h.c.stage == answering)
}

// sendProgress posts while the state is locked, so that nothing follows the answer.
func (s *Session) sendProgress(h *heldFrame, n int) bool {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if h.table.find(h.c.id) != h.c || h.c.stage != held {
		return false // the server reports its own progress of what it has seen
	}
	value := float64(n) * progressStep
	s.st.client.floor[h.c.token] = value
	b := append([]byte(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":`), h.c.progress...)
	b = strconv.AppendFloat(append(b, `,"progress":`...), value, 'f', -1, 64)
	b = append(b, `,"message":"waiting for a person: run \"sallyport approve\" in a terminal"}}`+"\n"...)
	return s.toC.post(b)
}

// behind reports whether a server's progress is no more than what its client has heard from us.
func (p *pump) behind() bool {
	token, _ := jsonrpc.ParseID(p.f.Get("progressToken"))
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	floor, ours := st.client.floor[string(token.Key())]
	if !ours {
		return false
	}
	value, err := strconv.ParseFloat(string(p.f.Get("progress")), 64)
	return err != nil || value <= floor
}

// elicitor gives the way to ask by a form of the client's, which clients of the legacy era show when they have said so.
func (s *Session) elicitor(h *heldFrame) func(ctx context.Context, text string) (bool, error) {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if h.c.era != legacy || !h.again || s.st.caps&capElicitation == 0 {
		return nil
	}
	return s.elicit
}

var errNoForm = errors.New("the client has not answered the form")

// elicit asks the user by a form of the client. Whatever is not an acceptance of "allow once" is no allowance.
func (s *Session) elicit(ctx context.Context, text string) (allowed bool, err error) {
	var name [12]byte
	rand.Read(name[:])
	id, _ := jsonrpc.ParseID(jsonrpc.AppendString(nil, "sallyport-"+hex.EncodeToString(name[:])))
	c := &call{id: id, method: "elicitation/create", era: legacy, stage: forwarded, void: noQuestion, form: make(chan bool, 1)}
	s.st.mu.Lock()
	if s.st.ending {
		s.st.mu.Unlock()
		return false, errEnding
	}
	s.st.server.open(c)
	s.st.mu.Unlock()
	s.Log.Append(&audit.Entry{Direction: "s2c", Method: c.method, ID: id.Raw(), Decision: "note", Reason: "sallyport asks the user by a form of the client"})
	b := append([]byte(`{"jsonrpc":"2.0","id":`), id.Raw()...)
	b = jsonrpc.AppendString(append(b, `,"method":"elicitation/create","params":{"message":`...), text)
	b = append(b, `,"requestedSchema":{"type":"object","properties":{"answer":{"type":"string","title":"Answer","description":"sallyport, your firewall, asks before this call is made","enum":["deny","allow once"],"default":"deny"}},"required":["answer"]}}}`+"\n"...)
	if s.Log.Flush() != nil || !s.toC.post(b) {
		s.dropForm(c)
		return false, errNoForm
	}
	select {
	case allowed, ok := <-c.form:
		if !ok {
			return false, errNoForm
		}
		return allowed, nil
	case <-ctx.Done():
		if s.dropForm(c) {
			b := append([]byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":`), id.Raw()...)
			s.toC.post(append(b, `,"reason":"answered elsewhere"}}`+"\n"...))
		}
		return false, errNoForm
	}
}

// dropForm forgets a form, and reports whether it was still open.
func (s *Session) dropForm(c *call) bool {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	open := s.st.server.find(c.id) == c
	s.st.server.settle(c)
	return open
}

// formAnswer takes in what the user said by a form of the client. It goes nowhere else. A form that was declined, or closed, is no
// answer: clients decline by themselves what they do not show.
func (p *pump) formAnswer(c *call) {
	p.entry.Decision, p.entry.Reason = "note", "asked for by sallyport"
	result := p.f.Result
	if p.f.Kind == jsonrpc.Result && text(p.f.Get("action")) == "accept" {
		at := jsonrpc.MemberOf(p.f.Raw, result, "content")
		if at.OK() && p.f.Raw[at.Start] == '{' {
			if at = jsonrpc.MemberOf(p.f.Raw, at, "answer"); at.OK() {
				c.form <- text(p.f.Raw[at.Start:at.End]) == "allow once"
				return
			}
		}
	}
	close(c.form)
}
