package wrap

import (
	"sallyport/rules"
	"sallyport/wrap/jsonrpc"
)

// scrub takes the capabilities that the rules refuse out of the client's handshake, which is the initialize or every modern request,
// and notes which are left.
func (p *pump) scrub(c *call) {
	at := p.f.MetaSpan(metaCapabilities)
	if c.method == "initialize" {
		at = p.f.Span("capabilities")
	}
	if !at.OK() {
		return
	}
	raw := p.f.Raw
	p.cutCapabilities(at, p.s.clientMay)
	for m := range jsonrpc.Members(raw, at) {
		if name := m.Name(raw); p.s.Observing || p.s.clientMay(name) {
			c.caps |= declared(raw, name, m.Val, p.s)
		}
	}
}

// declared is the set of capabilities that one member of the client's handshake stands for.
func declared(raw []byte, name string, val jsonrpc.Span, s *Session) caps {
	switch name {
	case "sampling":
		return capSampling
	case "elicitation":
		return capElicitation
	case "roots":
		return capRoots
	case "tasks":
		return capTasks
	case "extensions":
		if jsonrpc.MemberOf(raw, val, extensionTasks).OK() && (s.Observing || s.extensionMay(extensionTasks)) {
			return capTasks
		}
	}
	return 0
}

// cutCapabilities notes the edits that remove the members for which may is false, and extensions and experimental features one by one.
func (p *pump) cutCapabilities(at jsonrpc.Span, may func(name string) bool) {
	raw := p.f.Raw
	for m := range jsonrpc.Members(raw, at) {
		name := m.Name(raw)
		if may(name) && (jsonrpc.EqualFold(name, "extensions") || jsonrpc.EqualFold(name, "experimental")) {
			p.v.edits = append(p.v.edits, jsonrpc.CutMembers(raw, m.Val, func(name string, _ jsonrpc.Span) bool { return p.withhold(name, p.s.extensionMay(name)) })...)
		}
	}
	p.v.edits = append(p.v.edits, jsonrpc.CutMembers(raw, at, func(name string, _ jsonrpc.Span) bool { return p.withhold(name, may(name)) })...)
}

func (p *pump) withhold(name string, may bool) bool {
	if may {
		return false
	}
	if p.s.Observing {
		p.entry.Reason = "would withhold a capability"
		return false
	}
	p.entry.Reason = "withheld capabilities that the rules refuse"
	return true
}

// clientMay says whether the rules could let the server make use of a capability of the client. One that no revision has is unknown.
func (s *Session) clientMay(name string) bool {
	switch name {
	case "sampling":
		return s.view.MayAllow(rules.Sampling, "sampling/createMessage", rules.Deny)
	case "elicitation":
		return s.view.MayAllow(rules.Elicitation, "elicitation/create", rules.Allow)
	case "roots":
		return s.view.MayAllow(rules.Other, "roots/list", rules.Allow)
	case "tasks":
		return s.view.MayAllow(rules.Other, "tasks/get", rules.Deny)
	case "extensions", "experimental":
		return true // member by member
	}
	return s.extensionMay(name)
}

// serverMay says whether the client may make use of a capability of the server.
func (s *Session) serverMay(name string) bool {
	switch name {
	case "tools", "prompts", "resources", "logging", "completions", "extensions", "experimental":
		return true
	case "tasks":
		return s.view.MayAllow(rules.Other, "tasks/get", rules.Deny)
	}
	return s.extensionMay(name)
}

// extensionMay says whether the rules allow an extension or an experimental feature: they see its identifier as the method. Those of
// MCP Apps pass, since an app's calls come as ordinary ones.
func (s *Session) extensionMay(name string) bool {
	stance := rules.Deny
	if name == extensionApps {
		stance = rules.Allow
	}
	return s.view.MayAllow(rules.Other, name, stance)
}
