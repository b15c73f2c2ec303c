package wrap

import (
	"sallyport/rules"
	"sallyport/wrap/jsonrpc"
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
	st := p.s.st
	st.mu.Lock()
	speaks, taken, many := st.legacy, st.server[string(f.ID.Key())] != nil, len(st.server) >= p.s.limits.Open
	undeclared := st.initialized && st.caps&capOf(p.entry.Method) == 0 && capOf(p.entry.Method) != 0
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
		c := &call{id: f.ID.Clone(), method: p.entry.Method, era: legacy, stage: forwarded}
		if token, ok := jsonrpc.ParseID(f.GetMeta("progressToken")); ok {
			c.token = string(token.Key())
		}
		p.judgeServerRequest(c, m, known, undeclared)
	}
}

func (p *pump) judgeServerRequest(c *call, m method, known, undeclared bool) {
	if !known {
		m.on, m.stance = rules.Other, rules.Deny
	}
	args := p.f.Bytes(p.f.Params)
	if args != nil && args[0] != '{' {
		args = nil
	}
	p.entry.Args = p.sum.Sum(args)
	d := p.decide(rules.World{On: m.on, Method: c.method, Args: args, Default: elicitationStance(c.method, p.f.Raw, p.f.Span("mode"), m.stance)})
	if d.Action != rules.Deny && undeclared {
		p.refuse(codeMethodNotFound, "the client has not declared the capability that this needs")
		return
	}
	st := p.s.st
	if d.Action != rules.Deny {
		if d.Action == rules.Ask {
			c.stage = held
		}
		st.mu.Lock()
		open(st.server, st.serverToken, c)
		if id := text(p.f.Get("elicitationId")); id != "" && len(st.elicitations) < 10_000 {
			st.elicitations[id] = true
		}
		st.mu.Unlock()
	}
	switch d.Action {
	case rules.Allow:
		p.v.pass = true
	case rules.Ask:
		p.hold(c, d)
	default:
		p.cause(d)
		p.entry.Decision = "refuse"
		p.v.answer = p.s.refusal(c, d, Answer{})
	}
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
		live = p.liveToken(p.s.st.clientToken)
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
		live = p.subscribedChange() && p.calm()
	}
	if live {
		p.judgeNotification(m, known)
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
		if c := st.client[string(id.Key())]; ok && c != nil && c.stage == forwarded && c.method == "subscriptions/listen" {
			settle(st.client, st.clientToken, c)
			return true
		}
		c := st.server[string(id.Key())]
		if !ok || c == nil {
			return false
		}
		wasHeld := c.stage == held
		if wasHeld {
			c.cleanup()
		}
		settle(st.server, st.serverToken, c)
		return !wasHeld
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

// calm lets one list change of a kind through each second. Of those that are held back the first is sent when the second is over.
func (p *pump) calm() bool {
	s, method := p.s, p.entry.Method
	frame, entry := p.clone()
	kind := method + string(p.f.GetMeta(metaSubscription))
	ok := s.storms.pass(kind, p.entry.Time, func() {
		entry.Decision, entry.Reason = "pass", "held back for a second: too many of them"
		s.Log.Append(&entry)
		if err := s.Log.Flush(); err != nil {
			s.fail(err)
			return
		}
		s.toC.post(frame)
	})
	if !ok {
		p.drop("too many of them: one a second passes")
	}
	return ok
}

// serverResponse passes what answers a request that really went to the server, once.
func (p *pump) serverResponse() {
	st := p.s.st
	st.mu.Lock()
	c := st.client[string(p.f.ID.Key())]
	switch {
	case c == nil || c.stage == held || c.stage == answering:
		st.mu.Unlock()
		p.drop("answers no request that was forwarded")
		p.s.warnf("server %q sent a response that nobody asked for: dropped", p.s.Server)
		return
	case c.stage == cancelled:
		settle(st.client, st.clientToken, c)
		st.mu.Unlock()
		p.drop("answers a cancelled request")
		return
	}
	settle(st.client, st.clientToken, c)
	st.answered = true
	st.mu.Unlock()
	p.entry.Method, p.entry.Tool = c.method, c.tool
	d, why := p.inspect(c)
	switch {
	case why != "":
		p.entry.Decision, p.entry.Reason = "refuse", why
		p.s.warnf("refused the answer of server %q to %s: %s", p.s.Server, c.method, why)
		p.v.instead = jsonrpc.AppendError(nil, c.id, codeMalformed, "sallyport: the server's answer was refused: "+why, nil)
	case d.Action == rules.Ask:
		p.holdResponse(c, d)
	case d.Action == rules.Deny:
		p.cause(d)
		p.entry.Decision = "refuse"
		p.v.instead = p.s.refusedResult(c, d, Answer{})
	default:
		p.v.pass = true
	}
}

// refusedResult takes the place of a response that was refused.
func (s *Session) refusedResult(c *call, d rules.Decision, a Answer) []byte {
	why := s.explain(&call{method: "the answer to " + c.method, tool: c.tool}, d, a)
	s.warnf("%s", why)
	return jsonrpc.AppendError(nil, c.id, codeDenied, "sallyport: "+why, nil)
}

// holdResponse keeps a response until a human has answered. The request stays open meanwhile, so that it can be cancelled.
func (p *pump) holdResponse(c *call, d rules.Decision) {
	st := p.s.st
	c.stage = answering
	st.mu.Lock()
	open(st.client, st.clientToken, c)
	st.mu.Unlock()
	p.hold(c, d)
}
