package wrap

import (
	"slices"

	"sallyport/rules"
	"sallyport/wrap/jsonrpc"
)

// inspect judges a response. why says what the protocol has against it; else the decision is the strictest of the rules on the
// response and on all that it asks for.
func (p *pump) inspect(c *call) (j judged, why string) {
	if p.f.Kind == jsonrpc.Error {
		return p.inspectError(c)
	}
	on := rules.Result
	if why = p.resultType(c); why != "" {
		return j, why
	}
	switch c.method {
	case "initialize":
		why = p.initializeResult()
	case "server/discover":
		why = p.discoverResult()
	case "tools/list", "prompts/list", "resources/list", "resources/templates/list":
		on = rules.List
		_, why = p.listResult(c)
	default:
		if c.era == modern {
			p.serverInfo(p.f.MetaSpan(metaServerInfo))
		}
	}
	if why != "" {
		return j, why
	}
	j, why = p.inputRequests(c.tool, p.f.Span("inputRequests"), c.caps)
	w := rules.World{On: on, Method: c.method, Tool: c.tool, Result: p.f.Bytes(p.f.Result), Default: rules.Allow}
	j = stricter(j, p.decide(w))
	if on == rules.Result {
		j = p.mask(j, p.f.Result, w)
	}
	return j, why
}

// maxState bounds what a server may have the client carry to its next request.
const maxState = 64 << 10

// resultType refuses results of a kind that the request's revision does not have for its method.
func (p *pump) resultType(c *call) (why string) {
	raw, asks := p.f.Get("resultType"), mayNeedInput[c.method] && p.f.Get("inputRequests") != nil
	if len(p.f.Get("requestState")) > maxState {
		return "has a request state of more than 64 KiB"
	}
	if raw == nil {
		if asks {
			return "asks for input without saying so in resultType"
		}
		return ""
	}
	kind, ok := jsonrpc.String(raw)
	switch {
	case ok && string(kind) == "complete":
		if asks {
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

// inputRequests judges what a modern result, or a task, asks of the client as if the server had sent it as a request.
func (p *pump) inputRequests(tool string, asked jsonrpc.Span, declared caps) (strictest judged, why string) {
	raw := p.f.Raw
	strictest = allowed
	if !asked.OK() {
		return strictest, ""
	}
	if raw[asked.Start] != '{' {
		return strictest, "asks for input that is no object"
	}
	for m := range jsonrpc.Members(raw, asked) {
		at, params := jsonrpc.MemberOf(raw, m.Val, "method"), jsonrpc.MemberOf(raw, m.Val, "params")
		name := text(raw[at.Start:at.End])
		need := capOf(name)
		switch {
		case need&(capSampling|capElicitation|capRoots) == 0:
			return strictest, "asks for something else than elicitation, sampling and roots"
		case jsonrpc.Misspelled(raw, m.Val, "method", "params") || jsonrpc.Misspelled(raw, params, paramsOfInput...):
			return strictest, "asks for input with a name that differs from one of the protocol's by case only"
		}
		known := methods[name]
		stance := elicitationStance(name, raw, jsonrpc.MemberOf(raw, params, "mode"), known.stance)
		j := p.decide(rules.World{On: known.on, Method: name, Tool: tool, Args: objectOrNil(raw[params.Start:params.End]), Default: stance})
		if j.Action != rules.Deny && declared&need == 0 {
			return strictest, "asks for what the client has not declared"
		}
		strictest = stricter(strictest, j)
	}
	return strictest, ""
}

// paramsOfInput are the names that rules look at in what a server asks of a client.
var paramsOfInput = []string{
	"_meta", "elicitationId", "includeContext", "maxTokens", "message", "messages", "metadata", "mode", "modelPreferences",
	"requestedSchema", "stopSequences", "systemPrompt", "temperature", "toolChoice", "tools", "url",
}

// initializeResult refuses a version that we cannot inspect and withholds what the rules refuse.
func (p *pump) initializeResult() (why string) {
	version, ok := jsonrpc.String(p.f.Get("protocolVersion"))
	if !ok || !slices.Contains(legacyVersions, string(version)) {
		return "chooses a protocol version that sallyport does not know"
	}
	p.serverInfo(p.f.Span("serverInfo"))
	p.serverInfo(p.f.MetaSpan(metaServerInfo))
	return p.handshake()
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
	p.serverInfo(p.f.MetaSpan(metaServerInfo))
	return p.handshake()
}

// inspectError judges the error of 2025-11-25 that sends the user to an address as an elicitation, and every error as a result.
func (p *pump) inspectError(c *call) (j judged, why string) {
	raw, j := p.f.Raw, allowed
	if string(p.f.Get("code")) == codeURLElicitation {
		if c.era == modern {
			return j, "has an error code that this revision does not have"
		}
		data := p.f.Span("data")
		if jsonrpc.Misspelled(raw, data, "elicitations") {
			return j, "has a name that differs from one of the protocol's by case only"
		}
		for val := range jsonrpc.Elements(raw, jsonrpc.MemberOf(raw, data, "elicitations")) {
			if jsonrpc.Misspelled(raw, val, paramsOfInput...) {
				return j, "has a name that differs from one of the protocol's by case only"
			}
			j = stricter(j, p.decide(rules.World{On: rules.Elicitation, Method: "elicitation/create", Tool: c.tool,
				Args: objectOrNil(raw[val.Start:val.End]), Default: rules.Ask}))
			if j.Action == rules.Allow {
				p.s.st.mu.Lock()
				id := jsonrpc.MemberOf(raw, val, "elicitationId")
				p.s.st.noteElicitation(raw[id.Start:id.End])
				p.s.st.mu.Unlock()
			}
		}
	}
	w := rules.World{On: rules.Result, Method: c.method, Tool: c.tool, Result: p.f.Bytes(p.f.Err), Default: rules.Allow}
	return p.mask(stricter(j, p.decide(w)), p.f.Err, w), ""
}
