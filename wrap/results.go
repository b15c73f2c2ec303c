package wrap

import (
	"slices"
	"strings"
	"unicode"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
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

// listResult refuses a list with two definitions of one name, and takes out those that the rules hide, that nobody accepted, or that have
// control characters in their names. next is the cursor of the next page.
func (p *pump) listResult(c *call) (next, why string) {
	method, list, raw := c.method, lists[c.method], p.f.Raw
	at := p.f.Span(list.member)
	if !at.OK() || raw[at.Start] != '[' {
		return "", "has no list of " + list.member
	}
	if cursor := p.f.Get("nextCursor"); cursor != nil && string(cursor) != "null" {
		if next = text(cursor); next == "" || len(next) > maxCursor || next == c.cursor {
			return "", "has a cursor that leads nowhere"
		}
	}
	seen := map[string]bool{}
	var key itemKey
	var items []jsonrpc.Span
	var names []string
	var out []bool
	for val := range jsonrpc.Items(raw, at, func(m jsonrpc.Member) { key.add(raw, m, list.key) }) {
		name := key.take()
		if name == "" || seen[name] {
			return "", "defines one name twice, or something without a name"
		}
		seen[name] = true
		odd := strings.ContainsFunc(name, unicode.IsControl)
		if odd {
			p.s.warnf("server %q: %s %q holds a control character: taken out of the list", p.s.Server, list.key, scan.VisibleLine(name, 80))
			p.entry.Reason = "took out definitions with control characters in their names"
		}
		away := p.hideItem(method, name, raw[val.Start:val.End])
		away = p.unaccepted(pin.Key{Section: sectionOf[method], Name: name}, val) || away
		items, names, out = append(items, val), append(names, name), append(out, away || odd && !p.s.Observing)
	}
	for name := range p.s.surface.page(c.pages(p.s), sectionOf[method], c.cursor, next, names) {
		i := slices.Index(names, name)
		out[i] = out[i] || !p.s.Observing
	}
	p.s.surface.keep()
	if edits := jsonrpc.Cut(items, out); len(edits) > 0 {
		p.v.edits = append(p.v.edits, edits...)
		if scope := p.f.Span("cacheScope"); text(p.f.Bytes(scope)) == "public" {
			// What we filtered for this user is nobody else's.
			p.v.edits = append(p.v.edits, jsonrpc.Edit{Span: scope, With: []byte(`"private"`)})
		}
	}
	return next, ""
}

// maxCursor bounds a cursor, in bytes.
const maxCursor = 64 << 10

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
