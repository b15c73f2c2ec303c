package wrap

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/audit"
	"sallyport/wrap/jsonrpc"
)

// refuse answers a request with a JSON-RPC error for a reason of the protocol.
func (p *pump) refuse(code int, why string) {
	p.entry.Decision, p.entry.Reason = "refuse", why
	p.v.answer = jsonrpc.AppendError(nil, p.f.ID, code, "sallyport: "+why, nil)
}

// refusal answers a request that the rules or a human refused, so that the model knows what would work and the user where to look. A
// refused tool call is a result with isError, which models read; clients show other errors to people.
func (s *Session) refusal(c *call, d rules.Decision, a Answer) []byte {
	why := s.explain(what(c), d, a)
	if strings.HasPrefix(d.Rule, "pins/") {
		s.warnf("%s; run \"%s\"", why, commandOfPins(d.Rule, s.Server))
	} else {
		s.warnf("%s; run \"sallyport rules explain %s\"", why, c.ref)
	}
	if c.method != "tools/call" {
		code := codeDenied
		if _, known := methods[c.method]; !known {
			code = codeMethodNotFound
		}
		return jsonrpc.AppendError(nil, c.id, code, "sallyport: "+why+". "+remedy(c, d, s.Server), nil)
	}
	result := []byte(`{"content":[{"type":"text","text":`)
	result = jsonrpc.AppendString(result, "Refused by sallyport, the user's firewall. The tool was not run: "+why+". "+remedy(c, d, s.Server))
	result = append(result, `}],"isError":true`...)
	if c.era == modern {
		result = append(result, `,"resultType":"complete"`...)
	}
	return jsonrpc.AppendResult(nil, c.id, append(result, '}'))
}

// what names a request for people.
func what(c *call) string {
	if c.tool != "" {
		return fmt.Sprintf("tool %q", scan.VisibleLine(c.tool, 80))
	}
	return scan.VisibleLine(c.method, 80)
}

// explain says in one sentence what was refused, by which rule, and why. The reason that a working folder's file gives is left out: it
// may have come with a clone, and would speak in our voice.
func (s *Session) explain(what string, d rules.Decision, a Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of server %q: refused by rule %s", what, s.Server, d.Rule)
	if d.Action == rules.Ask {
		b.Reset()
		fmt.Fprintf(&b, "%s of server %q: needs approval by rule %s", what, s.Server, d.Rule)
	}
	if d.At != "" {
		fmt.Fprintf(&b, " (%s)", d.At)
	}
	if d.Because != "" && !strings.HasPrefix(d.Rule, "folder/") {
		b.WriteString(": " + scan.VisibleLine(d.Because, 300))
	}
	switch {
	case a.Reason != "":
		b.WriteString("; " + scan.VisibleLine(a.Reason, 300))
	case d.Action == rules.Ask:
		b.WriteString("; nobody approved it")
	}
	return b.String()
}

// remedy is what the reader can do: the model without the user, and the user, who gets the command that says more.
func remedy(c *call, d rules.Decision, server string) string {
	if _, pins := strings.CutPrefix(d.Rule, "pins/"); pins {
		return remedyOfPins(d.Rule, server)
	}
	explain := fmt.Sprintf(`"sallyport rules explain %s"`, c.ref)
	if strings.HasPrefix(d.Rule, "default/") {
		return "Do not try other ways to the same end. Tell the user that " + explain + " in a terminal shows the rule that would allow it"
	}
	return "Other arguments may pass; the same thing spelled differently will not. Go on without it, or tell the user that " + explain +
		" in a terminal shows why"
}

// question begins a question about a request: from now on it can be made void.
func (p *pump) question(c *call) context.Context {
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
	q := Question{
		Server: s.Server, Client: s.Client, Method: j.world.Method, Tool: c.tool, Class: s.view.Class(c.tool, j.world.Class),
		Arguments: bytes.Clone(j.world.Args), Decision: j.Decision,
	}
	h := &heldFrame{c: c, frame: frame, entry: entry, out: p.out, table: &s.st.client, notes: slices.Clone(p.notes), check: j.check}
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
	p.asks = append(p.asks, func() { s.release(ctx, q, h) })
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
}

// release asks in a goroutine of its own, which Run waits for.
func (s *Session) release(ctx context.Context, q Question, h *heldFrame) {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if s.st.ending {
		h.table.settle(h.c)
		h.refuse(q.Decision, Answer{Reason: "the session is ending"})
		return
	}
	s.asking.Add(1)
	if h.check != nil {
		s.checking.Add(1)
	}
	go func() {
		defer s.asking.Done()
		start := time.Now()
		d, a := s.found(ctx, q.Decision, h)
		if d.Action != rules.Ask {
			defer h.checked(s)
		} else {
			h.checked(s)
		}
		switch {
		case d.Action == rules.Allow:
			a.Allowed = true
			h.entry.Reason = ""
		case d.Action == rules.Ask:
			a = s.Asker.Ask(ctx, q)
			h.entry.By, h.entry.Reason = a.By, a.Reason
			if a.By != "" { // else nobody said anything
				h.entry.Answer = map[bool]string{true: "allowed", false: "refused"}[a.Allowed]
			}
		}
		h.entry.Time, h.entry.Wait = time.Now(), time.Since(start)
		if a.Allowed {
			h.entry.Decision = "pass"
			s.letGo(ctx, h)
			return
		}
		h.entry.Decision = "refuse"
		if s.answered(ctx, h, false) && s.logAnswer(h) {
			h.refuse(d, a)
		}
	}()
}

// checked notes that what comes before the question is over.
func (h *heldFrame) checked(s *Session) {
	if h.check != nil {
		s.checking.Done()
	}
}

// found does what has to be done before a human is asked, or nothing. What it says is stricter than what is known, or the same.
func (s *Session) found(ctx context.Context, known rules.Decision, h *heldFrame) (d rules.Decision, a Answer) {
	if h.check == nil {
		return known, a
	}
	if d = h.check(ctx); d.Action == rules.Deny {
		h.entry.Rule, h.entry.At, h.entry.Reason = d.Rule, d.At, d.Because
		return d, a
	}
	return known, a
}

// letGo sends an approved frame. Nothing else leaves by its outlet between the answer's taking effect and the frame, so that a
// cancellation comes either before the one or after the other.
func (s *Session) letGo(ctx context.Context, h *heldFrame) {
	h.out.take()
	var err error
	sent := s.answered(ctx, h, true) && s.logAnswer(h)
	if sent {
		s.history.Add(h.entry.Time, h.notes)
		err = h.out.writeTaken(h.frame)
	}
	h.out.giveBack()
	if sent && err != nil && h.out == s.toS {
		s.st.mu.Lock()
		h.table.settle(h.c)
		s.st.mu.Unlock()
		s.toC.post(jsonrpc.AppendError(nil, h.c.id, codeEnded, "sallyport: the server no longer reads", nil))
	}
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
