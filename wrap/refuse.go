package wrap

import (
	"context"
	"fmt"
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
	why := s.explain(c, d, a)
	s.warnf("%s", why)
	if c.method != "tools/call" {
		code := codeDenied
		if _, known := methods[c.method]; !known {
			code = codeMethodNotFound
		}
		return jsonrpc.AppendError(nil, c.id, code, "sallyport: "+why, nil)
	}
	result := []byte(`{"content":[{"type":"text","text":`)
	result = jsonrpc.AppendString(result, "Refused by sallyport, the user's firewall. The tool was not run: "+why)
	result = append(result, `}],"isError":true`...)
	if c.era == modern {
		result = append(result, `,"resultType":"complete"`...)
	}
	return jsonrpc.AppendResult(nil, c.id, append(result, '}'))
}

// explain says in one paragraph what was refused, by which rule, and what would work.
func (s *Session) explain(c *call, d rules.Decision, a Answer) string {
	var b strings.Builder
	what := c.method
	if c.tool != "" {
		what = fmt.Sprintf("tool %q", scan.VisibleLine(c.tool, 80))
	}
	fmt.Fprintf(&b, "%s of server %q: ", what, s.Server)
	if d.Action == rules.Ask {
		b.WriteString("needs approval by rule ")
	} else {
		b.WriteString("refused by rule ")
	}
	b.WriteString(d.Rule)
	if d.At != "" {
		fmt.Fprintf(&b, " (%s)", d.At)
	}
	if d.Because != "" {
		b.WriteString(": " + d.Because)
	}
	switch {
	case a.Reason != "":
		b.WriteString("; " + a.Reason)
	case d.Action == rules.Ask:
		b.WriteString("; nobody approved it")
	}
	b.WriteString(". " + remedy(c, d))
	return b.String()
}

// remedy is what the reader can do: the model without the user, and the user.
func remedy(c *call, d rules.Decision) string {
	switch {
	case c.tool == "":
		return fmt.Sprintf("To allow it, the user adds a rule with `on: any`, `when: 'method == %q'` and `do: allow` to the rules file", scan.VisibleLine(c.method, 80))
	case strings.HasPrefix(d.Rule, "default/"):
		return fmt.Sprintf("Calls that only read pass without this. Do not try other ways to the same end: tell the user, who can allow it with a rule "+
			"`when: 'tool.name == %q'` and `do: allow` in the rules file", scan.VisibleLine(c.tool, 80))
	}
	return "Other arguments may pass; the same thing spelled differently will not. Go on without it, or tell the user, who finds the rule at the place named here"
}

// hold keeps a frame until a human has answered. The pump goes on at once.
func (p *pump) hold(c *call, d rules.Decision) {
	s := p.s
	ctx, cancel := context.WithCancel(s.ctx)
	c.cleanup = cancel
	p.cause(d)
	p.entry.Decision = "hold"
	frame, entry := p.clone()
	q := Question{
		Server: s.Server, Client: s.Client, Method: c.method, Tool: c.tool, Class: s.view.Class(c.tool),
		Arguments: append([]byte(nil), p.world.Args...), Decision: d,
	}
	h := &heldFrame{c: c, frame: frame, entry: entry, out: p.out, table: s.st.client, tokens: s.st.clientToken}
	h.refuse = func(a Answer) { p.back.post(s.refusal(c, d, a)) }
	h.sent = func() { c.stage = forwarded }
	switch {
	case p.f.Kind != jsonrpc.Request:
		h.refuse = func(a Answer) { p.out.post(s.refusedResult(c, d, a)) }
		h.sent = func() { settle(h.table, h.tokens, c) }
	case p.client:
		uri := append([]byte(nil), p.f.Get("uri")...)
		h.sent = func() { c.stage = forwarded; s.st.sent(c, uri) }
	default:
		h.table, h.tokens = s.st.server, s.st.serverToken
	}
	p.asks = append(p.asks, func() { s.release(ctx, q, h) })
}

// A heldFrame is what is needed to let a frame go, or to refuse it, without the pump that read it.
type heldFrame struct {
	c      *call
	frame  []byte // with its line feed
	entry  audit.Entry
	out    *outlet
	table  map[string]*call // where c is open
	tokens map[string]int
	sent   func()         // notes that the frame goes on; the state is locked
	refuse func(a Answer) // tells whoever waits for it
}

// release asks in a goroutine of its own, which Run waits for.
func (s *Session) release(ctx context.Context, q Question, h *heldFrame) {
	s.asking.Add(1)
	go func() {
		defer s.asking.Done()
		start := time.Now()
		a := s.Asker.Ask(ctx, q)
		h.entry.Time, h.entry.Wait = time.Now(), time.Since(start)
		h.entry.Answer, h.entry.By, h.entry.Reason = "refused", a.By, a.Reason
		h.entry.Decision = "refuse"
		if a.Allowed {
			h.entry.Answer, h.entry.Decision = "allowed", "pass"
		}
		if !s.answered(h, ctx, a) {
			return
		}
		s.Log.Append(&h.entry)
		if err := s.Log.Flush(); err != nil {
			s.fail(fmt.Errorf("writing the log: %w", err))
			return
		}
		if a.Allowed {
			h.out.send(h.frame)
			return
		}
		h.refuse(a)
	}()
}

// answered takes note of an answer, and reports whether the frame is still waiting for it.
func (s *Session) answered(h *heldFrame, ctx context.Context, a Answer) bool {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if ctx.Err() != nil || h.table[string(h.c.id.Key())] != h.c {
		return false
	}
	h.c.cleanup()
	if !a.Allowed {
		settle(h.table, h.tokens, h.c)
		return true
	}
	h.sent()
	return true
}
