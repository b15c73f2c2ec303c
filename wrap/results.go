package wrap

import (
	"slices"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/jsonrpc"
)

var allowed = rules.Decision{Action: rules.Allow}

// inspect judges a response. why says what the protocol has against it; else the decision is that of the rules.
func (p *pump) inspect(c *call) (d rules.Decision, why string) {
	if p.f.Kind == jsonrpc.Error {
		return p.inspectError(c)
	}
	on := rules.Result
	if why = p.resultType(c); why != "" {
		return d, why
	}
	switch c.method {
	case "initialize":
		why = p.initializeResult()
	case "server/discover":
		why = p.discoverResult()
	case "tools/list", "prompts/list", "resources/list", "resources/templates/list":
		on = rules.List
		why = p.listResult(c.method)
	}
	if why != "" {
		return d, why
	}
	if d = p.inputRequests(c); d.Action != rules.Allow {
		return d, ""
	}
	return p.decide(rules.World{On: on, Method: c.method, Tool: c.tool, Result: p.f.Bytes(p.f.Result), Default: rules.Allow}), ""
}

// resultType refuses results of a kind that the request's revision does not have for its method.
func (p *pump) resultType(c *call) (why string) {
	raw := p.f.Get("resultType")
	if raw == nil {
		if c.era == modern && mayNeedInput[c.method] && p.f.Get("inputRequests") != nil {
			return "asks for input without saying so in resultType"
		}
		return ""
	}
	kind, ok := jsonrpc.String(raw)
	switch {
	case ok && string(kind) == "complete":
		if mayNeedInput[c.method] && p.f.Get("inputRequests") != nil {
			return "is complete and asks for input"
		}
		return ""
	case ok && string(kind) == "input_required" && c.era == modern && mayNeedInput[c.method]:
		return ""
	case ok && string(kind) == "task" && c.era == modern && c.method == "tools/call" && c.caps&capTasks != 0:
		return ""
	}
	return "has a resultType that this request cannot have"
}

// inputRequests judges what a modern result asks of the client as if the server had sent it as a request.
func (p *pump) inputRequests(c *call) rules.Decision {
	raw := p.f.Raw
	verdict := allowed
	if !mayNeedInput[c.method] || c.era != modern {
		return verdict
	}
	asked := p.f.Span("inputRequests")
	if asked.OK() && raw[asked.Start] != '{' {
		return rules.Decision{Rule: "protocol/input-requests", Because: "inputRequests is not an object"}
	}
	for m := range jsonrpc.Members(raw, asked) {
		at := jsonrpc.MemberOf(raw, m.Val, "method")
		name := text(raw[at.Start:at.End])
		need := capOf(name)
		if need&(capSampling|capElicitation|capRoots) == 0 {
			return rules.Decision{Rule: "protocol/input-requests", Because: "a result may ask for elicitation, sampling and roots only"}
		}
		params := jsonrpc.MemberOf(raw, m.Val, "params")
		known := methods[name]
		stance := elicitationStance(name, raw, jsonrpc.MemberOf(raw, params, "mode"), known.stance)
		args := raw[params.Start:params.End]
		if len(args) > 0 && args[0] != '{' {
			args = nil
		}
		d := p.decide(rules.World{On: known.on, Method: name, Tool: c.tool, Args: args, Default: stance})
		if d.Action != rules.Deny && c.caps&need == 0 {
			return rules.Decision{Rule: "protocol/input-requests", Because: "the client has not declared the capability that this needs"}
		}
		if d.Action < verdict.Action {
			verdict = d
		}
	}
	return verdict
}

// initializeResult refuses a version that we cannot inspect and withholds what the rules refuse.
func (p *pump) initializeResult() (why string) {
	version, ok := jsonrpc.String(p.f.Get("protocolVersion"))
	if !ok || !slices.Contains(legacyVersions, string(version)) {
		return "chooses a protocol version that sallyport does not know"
	}
	p.cutCapabilities(p.f.Span("capabilities"), p.s.serverMay)
	return p.instructions()
}

// discoverResult leaves the versions that both the server and we know.
func (p *pump) discoverResult() (why string) {
	raw, left := p.f.Raw, 0
	versions := p.f.Span("supportedVersions")
	if !versions.OK() || raw[versions.Start] != '[' {
		return "has no list of supported versions"
	}
	p.v.edits = append(p.v.edits, jsonrpc.CutElements(raw, versions, func(_ int, val jsonrpc.Span) bool {
		name := text(raw[val.Start:val.End])
		known := slices.Contains(modernVersions, name) || slices.Contains(legacyVersions, name)
		if known {
			left++
		}
		return !known
	})...)
	if left == 0 {
		return "supports no protocol version that sallyport knows"
	}
	p.cutCapabilities(p.f.Span("capabilities"), p.s.serverMay)
	return p.instructions()
}

// instructions takes instructions with hidden characters out of the handshake: they go to the model before anybody has seen them.
func (p *pump) instructions() (why string) {
	at := p.f.Span("instructions")
	if !at.OK() {
		return ""
	}
	finding, hidden := scan.HiddenJSON(p.f.Bytes(at))
	if !hidden {
		return ""
	}
	p.s.warnf("server %q: its instructions hold %s", p.s.Server, finding.What)
	if p.s.Observing {
		return ""
	}
	p.entry.Reason = "took out instructions with hidden characters"
	p.v.edits = append(p.v.edits, jsonrpc.CutMembers(p.f.Raw, p.f.Result, func(name string, _ jsonrpc.Span) bool { return name == "instructions" })...)
	return ""
}

// listResult refuses a list with two definitions of one name and takes out those that hold hidden characters.
func (p *pump) listResult(method string) (why string) {
	list, raw := lists[method], p.f.Raw
	at := p.f.Span(list.member)
	if !at.OK() || raw[at.Start] != '[' {
		return "has no list of " + list.member
	}
	seen := map[string]bool{}
	var key itemKey
	var items []jsonrpc.Span
	var out []bool
	for val := range jsonrpc.Items(raw, at, func(m jsonrpc.Member) { key.add(raw, m, list.key) }) {
		name := key.take()
		if name == "" || seen[name] {
			return "defines one name twice, or something without a name"
		}
		seen[name] = true
		var finding scan.Finding
		hidden := false
		if !p.f.Plain {
			finding, hidden = scan.HiddenJSON(raw[val.Start:val.End])
		}
		if hidden {
			p.s.warnf("server %q: %s %q holds %s: taken out of the list", p.s.Server, list.key, scan.VisibleLine(name, 80), finding.What)
			p.entry.Reason = "took out definitions with hidden characters"
		}
		items, out = append(items, val), append(out, hidden && !p.s.Observing)
	}
	p.v.edits = append(p.v.edits, jsonrpc.Cut(items, out)...)
	return ""
}

// An itemKey finds the name of a definition among its members. One that only parsers that fold case would read is none.
type itemKey struct {
	name  string
	twins bool
}

func (k *itemKey) add(raw []byte, m jsonrpc.Member, key string) {
	switch member := raw[m.Key.Start:m.Key.End]; {
	case string(member) == key || m.Escaped && m.Name(raw) == key:
		k.name = text(raw[m.Val.Start:m.Val.End])
	case m.Escaped || len(member) == len(key) || !ascii(member):
		k.twins = k.twins || jsonrpc.EqualFold(m.Name(raw), key)
	}
}

// ascii reports whether a name is in ASCII; then it folds to names of its own length only.
func ascii(name []byte) bool {
	for _, c := range name {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// take returns the name, empty if there is none, and begins anew.
func (k *itemKey) take() string {
	name := k.name
	if k.twins {
		name = ""
	}
	*k = itemKey{}
	return name
}

// inspectError refuses the error of 2025-11-25 that sends the user to an address, unless the rules let it pass. Other errors pass
// where the rules say nothing.
func (p *pump) inspectError(c *call) (rules.Decision, string) {
	if string(p.f.Get("code")) == "-32042" {
		if c.era == modern {
			return rules.Decision{}, "has an error code that this revision does not have"
		}
		for val := range jsonrpc.Elements(p.f.Raw, jsonrpc.MemberOf(p.f.Raw, p.f.Span("data"), "elicitations")) {
			if val.OK() && p.f.Raw[val.Start] == '{' {
				d := p.decide(rules.World{On: rules.Elicitation, Method: "elicitation/create", Tool: c.tool, Args: p.f.Raw[val.Start:val.End], Default: rules.Ask})
				if d.Action != rules.Allow {
					return d, ""
				}
			}
			if id := jsonrpc.MemberOf(p.f.Raw, val, "elicitationId"); id.OK() {
				p.s.st.mu.Lock()
				p.s.st.elicitations[text(p.f.Raw[id.Start:id.End])] = true
				p.s.st.mu.Unlock()
			}
		}
	}
	return p.decide(rules.World{On: rules.Result, Method: c.method, Tool: c.tool, Result: p.f.Bytes(p.f.Err), Default: rules.Allow}), ""
}
