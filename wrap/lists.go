package wrap

import (
	"hash/maphash"
	"slices"
	"strings"
	"unicode"

	"sallyport/rules/scan"
	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
)

// A page is one of a list that passed whole: clients ask for the same one again and again.
type page struct {
	spelled uint64 // keyed hash of the result
	names   []string
}

// spelled is a hash of bytes that nobody else can compute.
func (u *surface) spelled(b []byte) uint64 { return maphash.Bytes(u.seed, b) }

// known gives the names of a page that passed whole before, and that nothing has been learned against since; nil for any other.
func (u *surface) known(section pin.Section, cursor string, spelled uint64) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if known, has := u.pages[section][cursor]; has && known.spelled == spelled {
		return known.names
	}
	return nil
}

// clean notes a page that passed whole. Only the first pages are worth it.
func (u *surface) clean(section pin.Section, cursor string, p page) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(p.names) == 0 || len(u.pages[section]) >= maxCleanPages {
		return
	}
	if u.pages[section] == nil {
		u.pages[section] = map[string]page{}
	}
	u.pages[section][cursor] = p
}

const maxCleanPages = 8

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
	u, section := p.s.surface, sectionOf[method]
	spelled := u.spelled(p.f.Bytes(p.f.Result))
	if names := u.known(section, c.cursor, spelled); names != nil && !p.s.view.Hides(method) {
		if len(u.page(c.pages(p.s), section, c.cursor, next, names)) > 0 {
			return "", "defines one name twice"
		}
		return next, ""
	}
	seen := make(map[string]bool, 64)
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
		away = p.unaccepted(pin.Key{Section: section, Name: name}, val) || away
		items, names, out = append(items, val), append(names, name), append(out, away || odd && !p.s.Observing)
	}
	twice := u.page(c.pages(p.s), section, c.cursor, next, names)
	for i, name := range names {
		out[i] = out[i] || twice[name] && !p.s.Observing
	}
	u.keep()
	p.cutMembers(func(name string) bool {
		return !slices.Contains(listMembers, name) || name != list.member && isList(name)
	})
	edits := jsonrpc.Cut(items, out)
	if len(edits)+len(p.v.edits)+len(twice) == 0 {
		u.clean(section, c.cursor, page{spelled, names})
	}
	if len(edits) > 0 {
		p.v.edits = append(p.v.edits, edits...)
		if scope := p.f.Span("cacheScope"); text(p.f.Bytes(scope)) == "public" {
			// What we filtered for this user is nobody else's.
			p.v.edits = append(p.v.edits, jsonrpc.Edit{Span: scope, With: []byte(`"private"`)})
		}
	}
	return next, ""
}

// isList reports whether a member is that of some list.
func isList(member string) bool {
	for _, l := range lists {
		if l.member == member {
			return true
		}
	}
	return false
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
