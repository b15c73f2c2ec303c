package wrap

import (
	"bytes"
	"fmt"
	"slices"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/drift"
)

// FirstSight says what a client gets to see of a server that nobody pinned.
type FirstSight uint8

// The zero value shows nothing.
const (
	Hold   FirstSight = iota // nothing, and no call passes
	Show                     // what looks harmless; no call passes
	Accept                   // what looks harmless is accepted as it is seen first
)

// Pins are what a session holds its server to. The functions are called by goroutines of the session, one at a time.
type Pins struct {
	Accepted *pin.Pin // nil or without launches: nobody accepted anything
	First    FirstSight
	Pass     map[drift.Kind]bool // kinds of drift that are reported and let through
	Launch   pin.Launch          // what was started
	Lock     []byte              // of its package
	// Propose keeps what the server says now for a human to look at.
	Propose func(*pin.Pin) error
	// Accept writes a pin that nobody looked at, where there is none yet, and gives the one that holds from now on; called where First is
	// Accept.
	Accept func(*pin.Pin) (*pin.Pin, error)
}

// sectionOf are the sections of the lists of the protocol.
var sectionOf = map[string]pin.Section{
	"tools/list": pin.Tools, "prompts/list": pin.Prompts, "resources/list": pin.Resources, "resources/templates/list": pin.Templates,
}

// listOf is the method that lists a section.
var listOf = map[pin.Section]string{
	pin.Tools: "tools/list", pin.Prompts: "prompts/list", pin.Resources: "resources/list", pin.Templates: "resources/templates/list",
}

// A seen is an item as the server said it last.
type seen struct {
	spelled uint64 // a keyed hash of how it was spelled: what is spelled alike need not be judged again
	item    pin.Item
	held    bool
	sticky  bool // it was something else once: whatever the server says now, a human has to look
	why     string
	kinds   []drift.Kind
	changes []drift.Change
}

// maxSeen bounds the items that are remembered, per section, and maxBytes what is kept of those that are not as accepted.
const (
	maxSeen  = pin.MaxItems
	maxBytes = 64 << 20
)

// maxCompared bounds, in bytes, the definitions of which a report says how they differ.
const maxCompared = 64 << 10

// see judges an item that the server shows, and reports whether it is held back.
func (u *surface) see(key pin.Key, raw []byte) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	old, spelled := u.items[key], u.spelled(raw)
	if old != nil && old.spelled == spelled {
		return old.held && !u.s.Observing
	}
	if _, pinned := u.accepted().Items[key]; old == nil && !pinned && u.count[key.Section] >= maxSeen {
		u.tooMany(key.Section)
		return !u.s.Observing
	}
	now := &seen{spelled: spelled}
	item, err := u.item(key, raw)
	if err != nil {
		now.held, now.sticky, now.why = true, true, err.Error()
	} else {
		now.item = item
		u.weigh(key, now, old)
	}
	if old == nil {
		u.count[key.Section]++
	}
	u.items[key] = now
	delete(u.pages, key.Section) // another page may have had it
	u.dirty = true
	if now.held && (old == nil || !old.held || old.item.Hash != now.item.Hash) || len(now.kinds) > 0 && (old == nil || old.item.Hash != now.item.Hash) {
		u.report(key, now)
	}
	return now.held && !u.s.Observing
}

// item is the accepted one, if that is what the server shows, else a new one.
func (u *surface) item(key pin.Key, raw []byte) (pin.Item, error) {
	accepted, pinned := u.accepted().Items[key]
	if pinned && len(raw) <= pin.MaxDefinition {
		var err error
		if u.scratch, err = pin.Canonical(u.scratch[:0], raw); err != nil {
			return pin.Item{}, err
		}
		if bytes.Equal(u.scratch, accepted.Definition) {
			return accepted, nil
		}
	}
	item, err := pin.NewItem(raw)
	if u.bytes += len(item.Definition); u.bytes > maxBytes {
		return pin.Item{}, fmt.Errorf("the server shows more than %d bytes that nobody has accepted", maxBytes)
	}
	return item, err
}

// weigh compares an item with what a human accepted, or, where nobody did, with what the server said first.
func (u *surface) weigh(key pin.Key, now, old *seen) {
	accepted, pinned := u.accepted().Items[key]
	switch {
	case pinned:
		u.compare(key, now, accepted)
		now.sticky = now.held
	case u.accepted().Accepted():
		kind := addedKind(key.Section)
		now.kinds = []drift.Kind{kind}
		now.held, now.why = !u.Pass[kind], whyNew
		if !now.held && old != nil && old.item.Hash != "" {
			u.compare(key, now, old.item) // new ones pass, but they are not to become something else
		}
		if what, found := hides(key, now.item.Definition); found {
			now.held, now.why = true, "it holds "+what
		}
	case old != nil && old.item.Hash != "" && old.item.Hash != now.item.Hash:
		u.compare(key, now, old.item)
		now.held, now.sticky = true, true
		now.why = "the server said something else of it a moment ago"
	default:
		now.held, now.why = u.First == Hold, "nobody has accepted this server"
		if what, found := hides(key, now.item.Definition); found {
			now.held, now.why = true, "it holds "+what
		}
	}
	if old != nil && old.sticky && !now.held {
		now.held, now.sticky, now.why = true, true, "the server said something else of it a moment ago; it is held until \"sallyport pin accept\" is run again"
	}
}

const (
	whyChanged = "it changed since it was accepted"
	whyNew     = "nobody has accepted it"
)

// addedKind is the kind of drift that a new item is: what speaks for the server as a whole is more than one more tool.
func addedKind(section pin.Section) drift.Kind {
	switch section {
	case pin.Instructions:
		return drift.Instructions
	case pin.ServerInfo:
		return drift.Info
	case pin.Capabilities:
		return drift.Capability
	}
	return drift.Added
}

// hides is what cannot be seen in an item, in its name as well.
func hides(key pin.Key, definition []byte) (what string, found bool) {
	if f, found := scan.HiddenJSON(definition); found {
		return f.What, true
	}
	if shown := scan.VisibleLine(key.Name, 0); shown != key.Name {
		return "what cannot be seen in its name", true
	}
	return "", false
}

// compare finds how an item differs from what was accepted. One kind of change that the rules do not let pass is enough.
func (u *surface) compare(key pin.Key, now *seen, accepted pin.Item) {
	if accepted.Hash == now.item.Hash {
		return
	}
	if len(accepted.Definition)+len(now.item.Definition) <= maxCompared && u.reports <= maxReports {
		now.changes = drift.Compare(string(key.Section), accepted.Definition, now.item.Definition)
	}
	now.kinds = pin.KindsOf(now.changes)
	for _, kind := range now.kinds {
		now.held = now.held || !u.Pass[kind] || len(now.changes) == 0
	}
	if finding, found := scan.HiddenJSON(now.item.Definition); found && !now.held {
		now.held, now.why = true, "it now holds "+finding.What
		return
	}
	now.why = whyChanged
}

// gate says whether a request may use an item: against the pin, whatever was listed last. Free is what need not be listed.
func (u *surface) gate(key pin.Key, free bool) rules.Decision {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.items[key]
	_, pinned := u.accepted().Items[key]
	switch {
	case u.overfull[key.Section] && now == nil && !pinned:
		return u.refusal("pins/new", "the server lists too much to tell")
	case now != nil && now.held && now.why == whyChanged:
		return u.refusal("pins/drift", now.why)
	case !u.accepted().Accepted():
		return u.refusal("pins/first-sight", "nobody has accepted server \""+u.s.Server+"\" yet")
	case now != nil && now.held:
		return u.refusal("pins/new", now.why)
	case now == nil && !pinned && !free && !u.Pass[drift.Added]:
		return u.refusal("pins/new", "it is neither accepted nor does the server list it")
	}
	return rules.Decision{Action: rules.Allow}
}

// refusal is the decision about a request that pins refuse.
func (u *surface) refusal(rule string, why string) rules.Decision {
	return rules.Decision{Rule: rule, Because: why}
}

// acceptedItem is what was accepted of an item.
func (u *surface) acceptedItem(key pin.Key) pin.Item {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.accepted().Items[key]
}

// class is what a human took a tool for.
func (u *surface) class(tool string) rules.Class {
	if tool == "" {
		return rules.Unknown
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return rules.ClassNamed(u.accepted().Items[pin.Key{Section: pin.Tools, Name: tool}].Class)
}

// pinned judges a request by what was accepted of the thing that it uses. Where the server has not shown that in this session, or
// announced a change of it, the request waits until we have looked.
func (p *pump) pinned(c *call) judged {
	use := usedItems[c.method]
	name := text(p.f.Get(use.member))
	if c.method == "completion/complete" {
		use, name = p.completed()
	}
	if use.list == "" || c.method == "resources/unsubscribe" {
		return allowed
	}
	key := pin.Key{Section: sectionOf[use.list], Name: name}
	w := rules.World{On: rules.List, Method: use.list, Tool: c.tool, Time: p.entry.Time}
	// What may be read is not only what is listed, and completion is for what a person types.
	free := key.Section == pin.Resources || c.method == "completion/complete"
	u := p.s.surface
	d := u.gate(key, free)
	switch {
	case p.s.Observing && (u.settled() || u.whole()):
		return p.observe(d, w)
	case p.s.Observing:
		p.s.look(c.era)
		return allowed
	case d.Action != rules.Allow && u.settled(), d.Action == rules.Allow && u.current(key.Section):
		if askable(d) {
			p.asks = append(p.asks, func() { p.s.raise(d) })
		}
		j := p.observe(d, w)
		j.gate = func() rules.Decision { return u.gate(key, free) }
		return j
	}
	j := allowed
	j.gate = func() rules.Decision { return u.gate(key, free) }
	j.check = p.s.known(key, c.era, free)
	return j
}

// muted refuses what a server wants to say or ask of its own while nobody has accepted it and it is to show nothing.
func (p *pump) muted(method string) judged {
	u := p.s.surface
	if method == "ping" || u.First != Hold || u.settled() {
		return allowed
	}
	return p.observe(u.refusal("pins/first-sight", "nobody has accepted server \""+p.s.Server+"\" yet"), rules.World{Method: method})
}

// unaccepted reports whether a definition stays out of the list at hand.
func (p *pump) unaccepted(key pin.Key, val jsonrpc.Span) bool {
	if !p.s.surface.see(key, p.f.Raw[val.Start:val.End]) {
		return false
	}
	p.edited("hold " + scan.VisibleLine(key.String(), 80) + " by pins")
	return true
}

// serverInfo puts what was accepted of the server's description in the place of what was not: a legacy client needs one.
func (p *pump) serverInfo(at jsonrpc.Span) {
	key := pin.Key{Section: pin.ServerInfo}
	if !at.OK() || !p.unaccepted(key, at) {
		return
	}
	with := p.s.surface.definition(key)
	if with == nil {
		with = []byte(`{"name":"server","version":"0"}`)
	}
	p.v.edits = append(p.v.edits, jsonrpc.Edit{Span: at, With: with})
}

// definition is what was accepted of an item; nil if nothing was.
func (u *surface) definition(key pin.Key) []byte { return u.acceptedItem(key).Definition }

// handshake holds back what the result of an initialize or a discover says to the model and nobody accepted: instructions, extensions.
func (p *pump) handshake() (why string) {
	capabilities := p.f.Span("capabilities")
	p.cutCapabilities(capabilities, p.s.serverMay)
	names := map[string]bool{}
	for m := range jsonrpc.Members(p.f.Raw, capabilities) {
		name := m.Name(p.f.Raw)
		names[name] = true
		if name != "extensions" && name != "experimental" {
			continue // what else it has is pinned item by item
		}
		p.v.edits = append(p.v.edits, jsonrpc.CutMembers(p.f.Raw, m.Val, func(extension string, val jsonrpc.Span) bool {
			return p.unaccepted(pin.Key{Section: pin.Capabilities, Name: name + "/" + extension}, val)
		})...)
	}
	p.s.surface.offered(names)
	at := p.f.Span("instructions")
	cut := at.OK() && p.unaccepted(pin.Key{Section: pin.Instructions}, at)
	p.cutMembers(func(name string) bool { return cut && name == "instructions" || !slices.Contains(helloMembers, name) })
	p.s.surface.keep()
	return ""
}

// The members that the revisions know of the results that are pinned. Any other could say to a model what nobody accepted.
var (
	helloMembers = []string{"protocolVersion", "supportedVersions", "capabilities", "serverInfo", "instructions", "_meta", "resultType", "ttlMs", "cacheScope"}
	listMembers  = []string{"tools", "prompts", "resources", "resourceTemplates", "nextCursor", "_meta", "resultType", "ttlMs", "cacheScope"}
)

// cutMembers takes members out of the result.
func (p *pump) cutMembers(drop func(name string) bool) {
	p.v.edits = append(p.v.edits, jsonrpc.CutMembers(p.f.Raw, p.f.Result, func(name string, _ jsonrpc.Span) bool {
		if !drop(name) {
			return false
		}
		p.edited("take out " + scan.VisibleLine(name, 80))
		return !p.s.Observing
	})...)
}

// pages is where the client's walk through a list is followed, or ours.
func (c *call) pages(s *Session) *run {
	if c.own != nil {
		return c.own.run
	}
	return &s.surface.lists[sectionOf[c.method]].run
}

// whole reports whether all lists that the server is known to have were seen.
func (u *surface) whole() bool { return len(u.lacking()) == 0 }

// commandOfPins is what a human types about a request that pins refuse.
func commandOfPins(rule, server string) string {
	switch rule {
	case "pins/first-sight":
		return "sallyport pin accept " + ShellWord(server)
	case "pins/unknown":
		return "sallyport log show"
	}
	return "sallyport pin diff " + ShellWord(server)
}

// remedyOfPins is what a human can do about a request that pins refuse.
func remedyOfPins(rule, server string) string {
	command := commandOfPins(rule, server)
	switch rule {
	case "pins/first-sight":
		return fmt.Sprintf("Tell the user to run \"%s\" in a terminal, and repeat the identical call only when they say so", command)
	case "pins/unknown":
		return fmt.Sprintf("Tell the user that server %q does not say what it has; \"%s\" has the details", server, command)
	}
	return fmt.Sprintf("Go on without it. Tell the user that \"%s\" in a terminal shows what changed and how to accept it", command)
}
