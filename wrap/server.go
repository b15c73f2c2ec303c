package wrap

import (
	"bytes"
	"fmt"
	"time"

	"sallyport/rules"
	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
)

// fromServer judges a frame of the server.
func (p *pump) fromServer() {
	switch p.f.Kind {
	case jsonrpc.Request:
		p.serverRequest()
	case jsonrpc.Notification:
		p.serverNotification()
	case jsonrpc.Result, jsonrpc.Error:
		p.serverResponse()
	}
}

// serverRequest judges a request of the server. Modern servers have none, so one that comes before any legacy request is dropped
// without an answer: a modern client writes no responses.
func (p *pump) serverRequest() {
	f := &p.f
	p.entry.Method = string(f.Method)
	m, known := methods[string(f.Method)]
	if known && (!m.request || m.from&byServer == 0) {
		p.refuse(codeMethodNotFound, "not a request that a server may send")
		return
	}
	c := &call{id: f.ID.Clone(), method: p.entry.Method, era: legacy, stage: forwarded, void: noQuestion}
	if raw := f.GetMeta("progressToken"); raw != nil {
		token, ok := jsonrpc.ParseID(raw)
		if !ok {
			p.refuse(codeInvalidParams, "the progress token is neither a string of at most 256 bytes nor an exact integer")
			return
		}
		c.token = string(token.Key())
	}
	st := p.s.st
	st.mu.Lock()
	speaks, taken, many := st.legacy, st.server.find(f.ID) != nil, len(st.server.calls) >= p.s.limits.Open
	st.mu.Unlock()
	switch {
	case !speaks:
		p.drop("a server may not send requests in this revision")
		p.s.warnf("server %q sent a %s request out of place: dropped", p.s.Server, p.entry.Method)
	case taken:
		p.drop("the id belongs to a request that has no answer yet")
	case many:
		p.refuse(codeTooMany, "too many requests are open")
	default:
		p.judgeServerRequest(c, m, known)
	}
}

func (p *pump) judgeServerRequest(c *call, m method, known bool) {
	if !known {
		m.on, m.stance = rules.Other, rules.Deny
	}
	args := objectOrNil(p.f.Bytes(p.f.Params))
	p.entry.Args = p.sum.Sum(args)
	j := p.decide(rules.World{On: m.on, Method: c.method, Args: args, Default: elicitationStance(c.method, p.f.Raw, p.f.Span("mode"), m.stance)})
	j = stricter(j, p.muted(c.method))
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if j.Action != rules.Deny && !st.declared(capOf(c.method)) {
		p.refuse(codeMethodNotFound, "the client has not declared the capability that this needs")
		return
	}
	switch j.Action {
	case rules.Allow:
		st.server.open(c)
		st.noteElicitation(p.f.Get("elicitationId"))
		p.v.pass = true
	case rules.Ask:
		ctx := p.holdable(c)
		st.server.open(c)
		p.hold(ctx, c, j)
	default:
		p.cause(j.Decision)
		c.ref = p.entry.Ref
		p.entry.Decision = "refuse"
		p.v.answer = p.s.refusal(c, j.Decision, Answer{})
	}
}

// declared reports whether the client's initialize declared a capability. Roots may be asked for without one: what a client answers
// that has none is an error.
func (st *state) declared(need caps) bool {
	return need == 0 || st.caps&need != 0 || need == capRoots && !st.initialized
}

// elicitationStance is what happens to a question of the server where no rule says so: a form passes, an address that the user shall
// open asks first.
func elicitationStance(method string, raw []byte, mode jsonrpc.Span, stance rules.Action) rules.Action {
	if method != "elicitation/create" || !mode.OK() || text(raw[mode.Start:mode.End]) == "form" {
		return stance
	}
	return rules.Ask
}

// capOf is the client capability that a server's request needs.
func capOf(method string) caps {
	switch method {
	case "sampling/createMessage":
		return capSampling
	case "elicitation/create":
		return capElicitation
	case "roots/list":
		return capRoots
	case "tasks/get", "tasks/result", "tasks/list", "tasks/cancel":
		return capTasks
	}
	return 0
}

// serverNotification judges a notification of the server. Each needs something live on the client's side that asked for it.
func (p *pump) serverNotification() {
	f := &p.f
	p.entry.Method = string(f.Method)
	m, known := methods[string(f.Method)]
	if known && (m.request || m.from&byServer == 0) {
		p.drop("not a notification that a server may send")
		return
	}
	live := true
	switch string(f.Method) {
	case "notifications/progress":
		if live = p.liveToken(p.s.st.client.tokens); live && p.behind() {
			p.drop("progress that the client has had")
			return
		}
	case "notifications/cancelled":
		live = p.serverCancels()
	case "notifications/message":
		live = p.askedFor("log messages that nobody asked for", func(st *state) bool { return st.initialized || st.wantsLogs() })
	case "notifications/resources/updated":
		live = p.updated()
	case "notifications/subscriptions/acknowledged":
		live = p.askedFor("acknowledges no live subscription", func(st *state) bool {
			c := st.listening(f.GetMeta(metaSubscription))
			if c != nil {
				c.acked = true
			}
			return c != nil
		})
	case "notifications/elicitation/complete":
		live = p.askedFor("no such elicitation is open", func(st *state) bool { return st.elicitations[text(f.Get("elicitationId"))] })
	case "notifications/tools/list_changed", "notifications/prompts/list_changed", "notifications/resources/list_changed":
		live = p.subscribedChange()
	}
	if !live {
		return
	}
	p.s.surface.changed(changesList[p.entry.Method]...)
	if j := p.muted(p.entry.Method); j.Action != rules.Allow {
		p.cause(j.Decision)
		p.drop(j.Because)
		return
	}
	p.judgeNotification(m, known)
	if p.v.pass && len(changesList[p.entry.Method]) > 0 {
		p.v.pass = p.calm()
	}
	if p.v.pass && p.entry.Method == "notifications/tasks" {
		p.judgeInputs(p.f.Span("inputRequests"))
	}
}

// changesList are the notifications that make clients fetch lists again, and which.
var changesList = map[string][]pin.Section{
	"notifications/tools/list_changed": {pin.Tools}, "notifications/prompts/list_changed": {pin.Prompts},
	"notifications/resources/list_changed": {pin.Resources, pin.Templates},
}

// judgeInputs drops a notification whose task asks for what the rules refuse.
func (p *pump) judgeInputs(asked jsonrpc.Span) {
	j, why := p.inputRequests("", asked, ^caps(0))
	if why != "" || j.Action != rules.Allow {
		p.cause(j.Decision)
		p.drop("asks for input that the rules refuse")
		p.v.pass = false
	}
}

// askedFor drops the notification unless the state says that it is awaited.
func (p *pump) askedFor(whyNot string, is func(*state) bool) bool {
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if !is(st) {
		p.drop(whyNot)
		return false
	}
	return true
}

// serverCancels reports whether a cancellation is for the client to see: servers cancel their own legacy requests, and modern
// subscriptions.
func (p *pump) serverCancels() bool {
	id, ok := jsonrpc.ParseID(p.f.Get("requestId"))
	return p.askedFor("cancels no request of the server and no subscription", func(st *state) bool {
		if c := st.client.find(id); ok && c != nil && c.stage == forwarded && c.method == "subscriptions/listen" {
			st.client.settle(c)
			return true
		}
		c := st.server.find(id)
		if !ok || c == nil {
			return false
		}
		st.server.settle(c)
		return c.stage != held
	})
}

// subscribedChange reports whether a change may be announced: in the modern era under a subscription that has been acknowledged.
func (p *pump) subscribedChange() bool {
	tag := p.f.GetMeta(metaSubscription)
	return p.askedFor("announces a change that nobody subscribed to", func(st *state) bool {
		if tag == nil {
			return st.legacy
		}
		c := st.listening(tag)
		return c != nil && c.acked
	})
}

func (p *pump) updated() bool {
	if p.f.GetMeta(metaSubscription) != nil {
		return p.subscribedChange()
	}
	uri, _ := jsonrpc.String(p.f.Get("uri"))
	return p.askedFor("announces a change of a resource that nobody subscribed to", func(st *state) bool {
		return st.legacy && st.isSubscribed(uri)
	})
}

// calm lets one list change of a kind through each second. Of those that are held back the first is sent when the second is over, if
// its subscription is still there.
func (p *pump) calm() bool {
	s, tag := p.s, bytes.Clone(p.f.GetMeta(metaSubscription))
	id, _ := jsonrpc.ParseID(tag) // one of many spellings
	frame, entry := p.clone()
	ok := s.storms.pass(p.entry.Method+string(id.Key()), p.entry.Time, func() {
		s.st.mu.Lock()
		gone := tag != nil && s.st.listening(tag) == nil
		s.st.mu.Unlock()
		if gone {
			return
		}
		entry.Time, entry.Decision, entry.Reason = time.Now(), "pass", "held back for a second: too many of them"
		s.Log.Append(&entry)
		if err := s.Log.Flush(); err != nil {
			s.fail(fmt.Errorf("writing the log: %w", err))
			return
		}
		s.toC.post(frame)
	})
	if !ok {
		p.drop("too many of them: one a second passes")
	}
	return ok
}

// serverResponse passes what answers a request that really went to the server, once. While the response is judged its request stays
// open, so that it can be cancelled, and its id not be used.
func (p *pump) serverResponse() {
	c := p.takeClient()
	if c == nil {
		return
	}
	p.entry.Method, p.entry.Tool = c.method, c.tool
	if c.own != nil {
		p.ownResponse(c)
		return
	}
	j, why := p.inspect(c)
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if c.stage == cancelled || st.client.find(c.id) != c {
		p.drop("answers a request that was cancelled or has been answered")
		p.v = verdict{}
		return
	}
	if why == "" && j.Action == rules.Ask {
		p.hold(p.holdable(c), c, j)
		return
	}
	st.client.settle(c)
	if p.f.Kind == jsonrpc.Error || why != "" || j.Action != rules.Allow {
		st.failedInitialize(c)
	}
	switch {
	case why != "":
		p.entry.Decision, p.entry.Reason = "refuse", why
		p.s.warnf("refused the answer of server %q to %s: %s", p.s.Server, c.method, why)
		p.v.instead = jsonrpc.AppendError(nil, c.id, codeMalformed, "sallyport: the server's answer was refused: "+why, nil)
	case j.Action == rules.Deny:
		p.cause(j.Decision)
		c.ref = p.entry.Ref
		p.entry.Decision = "refuse"
		p.v.instead = p.s.refusedResult(c, j.Decision, Answer{})
	default:
		p.v.pass = true
	}
}

// takeClient finds the client's request that the frame answers, and marks it as being answered. It drops the frame if there is none.
func (p *pump) takeClient() *call {
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	c := st.client.find(p.f.ID)
	switch {
	case c == nil && st.late.has(p.f.ID.Key()):
		st.late.remove(p.f.ID.Key())
		p.drop("answers a cancelled request")
		return nil
	case c == nil || c.stage != forwarded:
		p.drop("answers no request that was forwarded")
		p.s.warnf("server %q sent a response that nobody asked for: dropped", p.s.Server)
		return nil
	}
	c.stage = answering
	st.answered = true
	return c
}

// refusedResult takes the place of a response that was refused.
func (s *Session) refusedResult(c *call, d rules.Decision, a Answer) []byte {
	why := s.explain("the answer to "+what(c), d, a)
	explain := fmt.Sprintf("run \"sallyport rules explain %s\"", c.ref)
	s.warnf("%s; %s", why, explain)
	return jsonrpc.AppendError(nil, c.id, codeDenied, "sallyport: "+why+"; to see why, "+explain, nil)
}
