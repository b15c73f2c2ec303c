package wrap

import (
	"fmt"
	"strings"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/jsonrpc"
)

// What rules change in frames that pass. Values stay out of the log: it says what was changed, and by which rule.

// decideCall asks the rules about a call, and puts into its arguments what they set. Where only an observer watches, they stay.
func (p *pump) decideCall(w rules.World) judged {
	w.Time = p.entry.Time
	p.world = w
	d, changes := p.judge.DecideCall(&p.world)
	p.notes = append(p.notes, p.world.Notes...)
	for _, c := range changes {
		p.edited("set " + scan.VisibleLine(c.Name, 80) + " by " + c.Rule)
	}
	j := p.observe(d, p.world)
	switch {
	case p.s.Observing:
		j.world.Args = w.Args
	case len(changes) > 0 && d.Action != rules.Deny:
		p.v.edits = append(p.v.edits, p.argumentsEdit(p.world.Args))
	}
	return j
}

// argumentsEdit puts args in the place of a call's arguments. A call without any gets them as the first member of its params.
func (p *pump) argumentsEdit(args []byte) jsonrpc.Edit {
	if at := p.f.Span("arguments"); at.OK() {
		return jsonrpc.Edit{Span: at, With: args}
	}
	// A call has params with a name, so the brace is followed by a member.
	start := p.f.Params.Start + 1
	member := append([]byte(`"arguments":`), args...)
	return jsonrpc.Edit{Span: jsonrpc.Span{Start: start, End: start}, With: append(member, ',')}
}

// edited notes an edit for the log line.
func (p *pump) edited(what string) {
	switch {
	case p.entry.Edits == "" && p.s.Observing:
		p.entry.Edits = "would " + what
	case p.entry.Edits == "":
		p.entry.Edits = what
	case len(p.entry.Edits) < maxEditsText:
		p.entry.Edits += "; " + what
	}
}

// maxEditsText bounds what the log says of one frame's edits.
const maxEditsText = 1 << 10

// mask puts ‹masked:…› in the place of what the rules mask in the value at span, which is the frame's result, error or params. It
// returns the strictest of j and what the rules say where they cannot be evaluated.
func (p *pump) mask(j judged, span jsonrpc.Span, w rules.World) judged {
	if j.Action == rules.Deny || !p.s.view.Masks(w.On) || !span.OK() {
		return j
	}
	w.Time = p.entry.Time
	if value := p.f.Bytes(span); w.On == rules.Result {
		w.Result = value
	} else {
		w.Args = value
	}
	places, d := p.judge.Mask(&w)
	p.notes = append(p.notes, w.Notes...)
	if d.Action == rules.Deny {
		return stricter(j, p.observe(d, w))
	}
	count := map[string]int{}
	var order []string
	for _, m := range places {
		what := "mask " + m.Kind + " by " + m.Rule
		if count[what]++; count[what] == 1 {
			order = append(order, what)
		}
		if !p.s.Observing {
			p.v.edits = append(p.v.edits, jsonrpc.Edit{Span: jsonrpc.Span{Start: span.Start + m.Start, End: span.Start + m.End}, With: m.With})
		}
	}
	for _, what := range order {
		if n := count[what]; n > 1 {
			what = fmt.Sprintf("%s ×%d", what, n)
		}
		p.edited(what)
	}
	return j
}

// hideItem reports whether the rules take a definition out of a list, and remembers it for the calls to come.
func (p *pump) hideItem(method, name string, definition []byte) bool {
	if !p.s.view.Hides(method) {
		return false
	}
	w := rules.World{On: rules.List, Method: method, Args: definition, Time: p.entry.Time}
	if method == "tools/list" {
		w.Tool = name
	}
	d := p.judge.Hide(&w)
	if len(name) > maxURI {
		d = tooLongToHide
	} else {
		st := p.s.st
		st.mu.Lock()
		if key := itemOf(method, name); len(st.items) < maxNoted || st.items[key] != nil {
			st.items[key] = &d
		}
		st.mu.Unlock()
	}
	if d.Action == rules.Allow {
		return false
	}
	p.edited("hide " + scan.VisibleLine(name, 80) + " by " + d.Rule)
	return !p.s.Observing
}

// tooLongToHide is what becomes of definitions whose name we do not remember, and of requests for them.
var tooLongToHide = rules.Decision{Rule: "sallyport", Because: "its name is too long to tell whether a rule hides it"}

// itemOf is the key of a definition. Templates are resources.
func itemOf(method, name string) string {
	return strings.Replace(method, "/templates/", "/", 1) + " " + name
}

// A use says which list a request takes something from, and by which member it names it.
type use struct{ list, member string }

// completed is what a request for completions is about: the arguments of a prompt, or of the template of a resource.
func (p *pump) completed() (u use, name string) {
	ref, raw := p.f.Span("ref"), p.f.Raw
	u = usedItems["prompts/get"]
	if at := jsonrpc.MemberOf(raw, ref, "type"); text(raw[at.Start:at.End]) == "ref/resource" {
		u = usedItems["resources/read"]
	}
	at := jsonrpc.MemberOf(raw, ref, u.member)
	return u, text(raw[at.Start:at.End])
}

// usedItems says which list a request takes something from, and by which member it names it.
var usedItems = map[string]use{
	"tools/call":            {"tools/list", "name"},
	"prompts/get":           {"prompts/list", "name"},
	"resources/read":        {"resources/list", "uri"},
	"resources/subscribe":   {"resources/list", "uri"},
	"resources/unsubscribe": {"resources/list", "uri"},
}

// hidden refuses a request for what the rules hide. What was never listed is judged by its name alone.
func (p *pump) hidden(c *call) judged {
	use := usedItems[c.method]
	name := text(p.f.Get(use.member))
	if c.method == "completion/complete" {
		use, name = p.completed()
	}
	if use.list == "" || !p.s.view.Hides(use.list) {
		return allowed
	}
	st := p.s.st
	st.mu.Lock()
	known, full := st.items[itemOf(use.list, name)], len(st.items) >= maxNoted
	st.mu.Unlock()
	if len(name) > maxURI {
		known = &tooLongToHide
	} else if known == nil && full {
		known = &rules.Decision{Rule: "sallyport", Because: "the server lists too much for hidden definitions to be told from others"}
	}
	w := rules.World{On: rules.List, Method: use.list, Tool: c.tool, Time: p.entry.Time}
	if known != nil {
		return p.observe(*known, w)
	}
	w.Args = append(jsonrpc.AppendString([]byte(`{"`+use.member+`":`), name), '}')
	return p.observe(p.judge.Hide(&w), w)
}
