package wrap

import (
	"context"

	"sallyport/rules"
	"sallyport/wrap/jsonrpc"
)

// A judged is a decision with what it is about.
type judged struct {
	rules.Decision
	world rules.World

	// Of a request of the client, the parts besides its tool and arguments.
	others rules.Decision
	gate   func() rules.Decision // what pins say of it now; nil where it uses nothing that is pinned
	check  check                 // what is still to be found out before it goes on; nil for nothing
}

// A check finds out, and may wait for, what the server has to say.
type check func(ctx context.Context) rules.Decision

// stricter keeps the stricter of two decisions on one frame. Every part of a frame is judged before anything is asked, so that a
// question never stands before a denial.
func stricter(a, b judged) judged {
	if b.Action < a.Action {
		return b
	}
	return a
}

// allowed is where stricter starts.
var allowed = judged{Decision: rules.Decision{Action: rules.Allow}}

// Canary is a tool that no server has for us: a call of it is judged like any other, and then refused by CanaryRule, so that anybody can
// see that what is refused does not arrive.
const (
	Canary       = "sallyport_canary"
	CanaryRule   = "sallyport/canary"
	canaryReason = "it is there to be refused"
)

// judgeRequest asks the rules.
func (p *pump) judgeRequest(c *call, m method, known bool) judged {
	if !known {
		m.on, m.stance = rules.Other, rules.Deny
	}
	args := p.f.Bytes(p.f.Params)
	if c.method == "tools/call" {
		args = p.f.Get("arguments")
	}
	args = objectOrNil(args)
	p.entry.Args, p.entry.Values = p.sum.Sum(args), args
	w := rules.World{On: m.on, Method: c.method, Tool: c.tool, Args: args, Default: m.stance, Class: p.s.surface.class(c.tool), Beside: p.beside(c)}
	var j judged
	if m.on == rules.Call {
		j = p.decideCall(w)
		if args = j.world.Args; j.Action != rules.Deny {
			p.entry.Args, p.entry.Values = p.sum.Sum(args), args
		}
	} else {
		j = p.decide(w)
	}
	if c.method == "tools/call" && c.tool == Canary {
		j = stricter(p.observe(rules.Decision{Action: rules.Deny, Rule: CanaryRule, Because: canaryReason}, w), j)
	}
	pinned := p.pinned(c)
	j = stricter(j, pinned)
	others := stricter(p.hidden(c), p.inputResponses(c.tool))
	if c.method == "tools/call" && p.f.Get("task") != nil {
		// The experimental tasks of 2025-11-25: a call that is to go on after its answer.
		others = stricter(others, p.decide(rules.World{On: rules.Other, Method: "tasks/get", Tool: c.tool, Args: args}))
	}
	j = stricter(j, others)
	j.others, j.gate, j.check = others.Decision, pinned.gate, pinned.check
	return j
}

// beside is what the params of a call hold beside its name, its arguments, and metadata: what a person has to see, and no grant speaks of.
func (p *pump) beside(c *call) []byte {
	if c.method != "tools/call" {
		return nil
	}
	out := []byte{'{'}
	for m := range jsonrpc.Members(p.f.Raw, p.f.Params) {
		name := m.Name(p.f.Raw)
		if name == "name" || name == "arguments" || name == "_meta" {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(jsonrpc.AppendString(out, name), ':'), p.f.Raw[m.Val.Start:m.Val.End]...)
	}
	if len(out) == 1 {
		return nil
	}
	return append(out, '}')
}

// inputResponses judges what a modern retry carries to the server as the answers that a legacy client would send. Which request each
// answers is the server's to know, so each is judged as an answer to all three.
func (p *pump) inputResponses(tool string) judged {
	strictest := allowed
	for m := range jsonrpc.Members(p.f.Raw, p.f.Span("inputResponses")) {
		for _, method := range []string{"elicitation/create", "sampling/createMessage", "roots/list"} {
			answer := p.f.Raw[m.Val.Start:m.Val.End]
			strictest = stricter(strictest, p.decide(rules.World{On: rules.Result, Method: method, Tool: tool, Result: answer, Default: rules.Allow}))
		}
	}
	return strictest
}

// objectOrNil makes null and what is no object an absent one.
func objectOrNil(raw []byte) []byte {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return raw
}

// decide asks the rules.
func (p *pump) decide(w rules.World) judged {
	w.Time = p.entry.Time
	p.world = w
	d := p.judge.Decide(&p.world)
	p.notes = append(p.notes, p.world.Notes...)
	return p.observe(d, p.world)
}

// observe makes a judgement of a decision. Where only an observer watches, what the rules refuse passes, and the log says what they said.
func (p *pump) observe(d rules.Decision, w rules.World) judged {
	if d.Action != rules.Allow && p.s.Observing {
		p.cause(d)
		p.entry.Reason = "would " + d.Action.String() + ": " + d.Because
		d.Action = rules.Allow
	}
	return judged{Decision: d, world: w}
}

// cause puts a decision into the log line.
func (p *pump) cause(d rules.Decision) {
	p.entry.Rule, p.entry.At, p.entry.Reason = d.Rule, d.At, d.Because
	p.entry.Ref = p.s.newRef()
}
