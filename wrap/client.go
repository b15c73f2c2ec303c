package wrap

import (
	"bytes"
	"slices"

	"sallyport/rules"
	"sallyport/wrap/audit"
	"sallyport/wrap/jsonrpc"
)

// fromClient judges a frame of the client.
func (p *pump) fromClient() {
	switch p.f.Kind {
	case jsonrpc.Request:
		p.clientRequest()
	case jsonrpc.Notification:
		p.clientNotification()
	case jsonrpc.Result, jsonrpc.Error:
		p.clientResponse()
	}
}

// clientRequest judges a request of the client: first what the protocol says of it, then the rules.
func (p *pump) clientRequest() {
	f := &p.f
	p.entry.Method = string(f.Method)
	m, known := methods[string(f.Method)]
	if !p.free() {
		return
	}
	if known && (!m.request || m.from&byClient == 0) {
		p.refuse(codeMethodNotFound, "not a request that a client may send")
		return
	}
	c := &call{method: string(f.Method), stage: forwarded, void: noQuestion}
	if !p.era(c, m, known) || !p.wellFormed(c) {
		return
	}
	p.entry.Tool = c.tool
	p.scrub(c)
	if sectionOf[c.method] != "" {
		c.cursor = text(f.Get("cursor"))
	}
	j := p.judgeRequest(c, m, known)
	c.id = f.ID.Clone()
	switch {
	case j.Action == rules.Allow && j.check == nil:
		p.v.pass = p.register(c)
		if p.v.pass && c.era == modern {
			p.s.look(modern)
		}
	case j.Action != rules.Deny:
		ctx := p.holdable(c)
		c.asked = j.Decision
		c.progress = bytes.Clone(f.GetMeta("progressToken"))
		if p.register(c) {
			p.hold(ctx, c, j)
		} else {
			c.void()
		}
	default:
		p.cause(j.Decision)
		c.ref = p.entry.Ref
		p.entry.Decision = "refuse"
		p.v.answer = p.s.refusal(c, j.Decision, Answer{})
	}
}

// era finds out which revision a request speaks, and refuses those whose fields we cannot know.
func (p *pump) era(c *call, m method, known bool) bool {
	f := &p.f
	c.era = legacy
	version := f.GetMeta(metaVersion)
	switch {
	case version != nil:
		c.era = modern
		if name, ok := jsonrpc.String(version); !ok || !slices.Contains(modernVersions, string(name)) {
			p.refuseVersion(version)
			return false
		}
	case c.method == "server/discover" || c.method == "subscriptions/listen":
		c.era = modern // without its metadata: the server says what is missing
	}
	if known && m.eras&c.era == 0 {
		p.refuse(codeMethodNotFound, "not a method of revision "+c.era.String())
		return false
	}
	if declared := f.GetMeta(metaCapabilities); declared != nil && declared[0] != '{' {
		p.refuse(codeInvalidParams, "client capabilities are not an object")
		return false
	}
	c.logs = c.era == modern && f.GetMeta(metaLogLevel) != nil
	return true
}

// refuseVersion answers as 2026-07-28 prescribes for a version that is not supported.
func (p *pump) refuseVersion(asked []byte) {
	if asked[0] != '"' {
		p.refuse(codeInvalidParams, "the protocol version is not a string")
		return
	}
	p.entry.Decision, p.entry.Reason = "refuse", "unknown protocol version"
	data := append([]byte(`{"supported":["2026-07-28"],"requested":`), asked...)
	p.v.answer = jsonrpc.AppendError(nil, p.f.ID, codeVersion, "Unsupported protocol version", append(data, '}'))
}

// wellFormed checks the members that judging a request depends on: what two peers could read in two ways is refused here.
func (p *pump) wellFormed(c *call) bool {
	f := &p.f
	if raw := f.GetMeta("progressToken"); raw != nil {
		token, ok := jsonrpc.ParseID(raw)
		if !ok {
			p.refuse(codeInvalidParams, "the progress token is neither a string of at most 256 bytes nor an exact integer")
			return false
		}
		c.token = string(token.Key())
	}
	return p.named(c)
}

// named checks what a request is about.
func (p *pump) named(c *call) bool {
	f := &p.f
	switch c.method {
	case "tools/call", "prompts/get":
		name, ok := jsonrpc.String(f.Get("name"))
		if !ok || len(name) == 0 {
			p.refuse(codeInvalidParams, "the request names no tool or prompt")
			return false
		}
		if c.method == "tools/call" {
			c.tool = string(name)
		}
		if args := f.Get("arguments"); args != nil && args[0] != '{' && string(args) != "null" {
			p.refuse(codeInvalidParams, "arguments is not an object")
			return false
		}
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		if uri, ok := jsonrpc.String(f.Get("uri")); !ok || len(uri) == 0 {
			p.refuse(codeInvalidParams, "the request names no resource")
			return false
		}
	}
	return true
}

// free reports whether a request's id may be used. If not, the request is refused. Two requests of one id cannot both be answered:
// where the first is held, a human would approve the one and send the other, so both are refused.
func (p *pump) free() bool {
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	key := p.f.ID.Key()
	if st.late.has(key) {
		p.refuse(jsonrpc.CodeInvalidRequest, "the id belongs to a cancelled request that the server may still answer: use another")
		return false
	}
	old := st.client.find(p.f.ID)
	if old == nil {
		return true
	}
	p.entry.Decision, p.entry.Reason = "refuse", "the id belongs to a request that has no answer yet"
	if old.stage == held {
		st.client.settle(old)
		st.failedInitialize(old)
		p.v.answer = jsonrpc.AppendError(nil, old.id, jsonrpc.CodeInvalidRequest,
			"sallyport: two requests with one id while the first waited for a person: both were refused", nil)
	}
	return false
}

// register notes a request that goes on or is held, unless too many are open or it is a second initialize.
func (p *pump) register(c *call) bool {
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case len(st.client.calls) >= p.s.limits.Open:
		p.refuse(codeTooMany, "too many requests are open")
		return false
	case c.method == "initialize" && st.initialize != nil:
		p.refuse(jsonrpc.CodeInvalidRequest, "the session has been initialized already")
		return false
	case c.method == "initialize":
		st.initialize = c
	}
	st.client.open(c)
	if c.stage == forwarded {
		st.sent(c, p.f.Get("uri"))
	}
	return true
}

// sent notes what a request that goes to the server opens: an era, a handshake, a subscription.
func (st *state) sent(c *call, uri []byte) {
	switch {
	case c.method == "initialize":
		st.initialized, st.caps = true, c.caps
	case c.method == "resources/subscribe" && len(uri) <= maxURI && len(st.subscribed) < maxNoted:
		st.subscribed[text(uri)] = true
	case c.method == "resources/unsubscribe":
		delete(st.subscribed, text(uri))
	}
	if c.era == legacy {
		st.legacy = true
	}
}

// failedInitialize makes room for another try.
func (st *state) failedInitialize(c *call) {
	if st.initialize == c {
		st.initialize, st.initialized, st.caps = nil, false, 0
	}
}

// clientNotification judges a notification of the client.
func (p *pump) clientNotification() {
	f := &p.f
	p.entry.Method = string(f.Method)
	m, known := methods[string(f.Method)]
	if known && (m.request || m.from&byClient == 0) {
		p.drop("not a notification that a client may send")
		return
	}
	switch string(f.Method) {
	case "notifications/cancelled":
		if !p.clientCancels() {
			return
		}
	case "notifications/progress":
		if !p.liveToken(p.s.st.server.tokens) {
			return
		}
	}
	p.judgeNotification(m, known)
}

// clientCancels reports whether a cancellation is for the server to see. That of a held request is not: the server never saw it.
func (p *pump) clientCancels() bool {
	id, ok := jsonrpc.ParseID(p.f.Get("requestId"))
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	c := st.client.find(id)
	if !ok || c == nil {
		p.drop("cancels no request that is open")
		return false
	}
	p.entry.Tool = c.tool
	switch {
	case c.method == "initialize":
		p.drop("an initialize cannot be cancelled")
		return false
	case c.stage == held:
		st.client.settle(c)
		p.drop("cancelled while it waited for a person")
		return false
	case c.stage == answering:
		// The response is here already: it is dropped where it is being judged.
		st.client.settle(c)
		c.stage = cancelled
		p.drop("cancelled while its answer was being judged")
		return false
	}
	st.cancel(c)
	return true
}

// liveToken reports whether the notification's progress token was given out and is in use.
func (p *pump) liveToken(tokens map[string]int) bool {
	token, ok := jsonrpc.ParseID(p.f.Get("progressToken"))
	p.s.st.mu.Lock()
	defer p.s.st.mu.Unlock()
	if !ok || tokens[string(token.Key())] == 0 {
		p.drop("progress for a token that is not in use")
		return false
	}
	return true
}

// judgeNotification asks the rules about a notification, and passes or drops it.
func (p *pump) judgeNotification(m method, known bool) {
	if !known {
		m.stance = rules.Deny
	}
	args := objectOrNil(p.f.Bytes(p.f.Params))
	j := p.decide(rules.World{On: rules.Notification, Method: p.entry.Method, Args: args, Default: m.stance})
	if j.Action != rules.Allow {
		p.cause(j.Decision)
		p.entry.Decision = "drop"
		return
	}
	if !p.client {
		j = p.mask(j, p.f.Params, rules.World{On: rules.Notification, Method: p.entry.Method})
	}
	if j.Action != rules.Allow {
		p.cause(j.Decision)
		p.entry.Decision = "drop"
		return
	}
	p.v.pass = true
	if p.entry.Method == "notifications/initialized" {
		p.s.look(legacy)
	}
}

func (p *pump) drop(why string) {
	p.entry.Decision, p.entry.Reason = "drop", why
}

// clientResponse passes the client's answer to a request that the server made and that reached the client.
func (p *pump) clientResponse() {
	c := p.takeServer()
	if c == nil {
		p.drop("answers no request of the server")
		return
	}
	p.entry.Method = c.method
	if c.form != nil {
		p.formAnswer(c)
		return
	}
	answer := p.f.Result
	if p.f.Kind == jsonrpc.Error {
		answer = p.f.Err
	}
	j := p.decide(rules.World{On: rules.Result, Method: c.method, Result: p.f.Bytes(answer), Default: rules.Allow})
	if j.Action != rules.Allow {
		p.cause(j.Decision)
		p.entry.Decision = "refuse"
		p.v.instead = jsonrpc.AppendError(nil, c.id, codeDenied, "sallyport: the client's answer was refused", nil)
		return
	}
	p.v.pass = true
}

// takeServer ends and returns the server's request that the frame answers; nil if there is none.
func (p *pump) takeServer() *call {
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	c := st.server.find(p.f.ID)
	if c == nil || c.stage != forwarded {
		return nil
	}
	st.server.settle(c)
	return c
}

// clone copies what a held frame needs to outlive the pump's buffer.
func (p *pump) clone() (frame []byte, entry audit.Entry) {
	entry = p.entry
	entry.ID, entry.Values = bytes.Clone(entry.ID), bytes.Clone(entry.Values)
	return append(bytes.Clone(p.spliced()), '\n'), entry
}
