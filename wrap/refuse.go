package wrap

import (
	"fmt"
	"strings"

	"sallyport/rules"
	"sallyport/rules/scan"
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
	if a.Pending {
		s.warnf("%s; it was not executed, and the question stays: run \"sallyport approve\" in a terminal", why)
	} else if strings.HasPrefix(d.Rule, "pins/") {
		s.warnf("%s; run \"%s\"", why, commandOfPins(d.Rule, s.Server))
	} else {
		s.warnf("%s; run \"sallyport rules explain %s\"", why, c.ref)
	}
	if c.method != "tools/call" {
		code := codeDenied
		if _, known := methods[c.method]; !known {
			code = codeMethodNotFound
		}
		return jsonrpc.AppendError(nil, c.id, code, "sallyport: "+why+". "+remedy(c, d, a, s.Server), nil)
	}
	result := []byte(`{"content":[{"type":"text","text":`)
	result = jsonrpc.AppendString(result, verdictText(a)+" The tool was not run: "+why+". "+remedy(c, d, a, s.Server))
	result = append(result, `}],"isError":true`...)
	if c.era == modern {
		result = append(result, `,"resultType":"complete"`...)
	}
	return jsonrpc.AppendResult(nil, c.id, append(result, '}'))
}

// verdictText begins what a model reads.
func verdictText(a Answer) string {
	if a.Pending {
		return "Not executed yet: a person has to approve it in sallyport, the user's firewall."
	}
	return "Refused by sallyport, the user's firewall."
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
func remedy(c *call, d rules.Decision, a Answer, server string) string {
	if a.Pending {
		return `Tell the user to run "sallyport approve" in a terminal and to answer there, and repeat the identical call only when they say so`
	}
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
