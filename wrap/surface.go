package wrap

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"

	"sallyport/wrap/pin"
)

// A surface is what a session knows of all that its server shows.
type surface struct {
	Pins
	s *Session

	mu       sync.Mutex
	seed     maphash.Seed
	scratch  []byte                          // of see
	pages    map[pin.Section]map[string]page // that passed whole, by cursor
	items    map[pin.Key]*seen
	count    map[pin.Section]int
	overfull map[pin.Section]bool
	lists    map[pin.Section]*listing
	offers   map[pin.Section]bool // lists that the server has, by its capabilities; nil until it has said
	bytes    int                  // of what was not as accepted, over the whole session
	dirty    bool                 // something was seen that the last proposal does not have
	reports  int
	goneTold map[pin.Key]bool
	kept     time.Time
	keeper   *time.Timer // to write a proposal; nil if none is due
	saving   sync.Mutex  // held while a proposal is written
}

// A listing is how far a section has been listed in this session.
type listing struct {
	run      run       // of the client
	complete bool      // all pages were seen once
	refused  bool      // the server does not say what is in it
	stale    bool      // the server announced a change since our last run began
	at       time.Time // of the last page
	names    map[string]bool
	asking   *inquiry // our run; nil if there is none
}

// An inquiry is a run of ours. done is closed when it is over, and err set before that.
type inquiry struct {
	done chan struct{}
	err  error
}

// A run follows the pages of one list.
type run struct {
	cursor string // that the next page has to be asked for with
	open   bool
	names  map[string]bool
}

func newSurface(s *Session, p Pins) *surface {
	u := &surface{Pins: p, s: s, seed: maphash.MakeSeed(), pages: map[pin.Section]map[string]page{}, items: map[pin.Key]*seen{}, count: map[pin.Section]int{}, overfull: map[pin.Section]bool{}, lists: map[pin.Section]*listing{}}
	for section := range listOf {
		u.lists[section] = &listing{}
	}
	return u
}

var nobody = &pin.Pin{}

// accepted is the pin in force, an empty one where there is none.
func (u *surface) accepted() *pin.Pin {
	if u.Accepted == nil {
		return nobody
	}
	return u.Accepted
}

// page notes a page of a list, and gives the names that an earlier page of it had already. A run begins with a page that was asked for
// without a cursor and ends with one that names no next.
func (u *surface) page(r *run, section pin.Section, cursor, next string, names []string) (twice map[string]bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if cursor == "" {
		*r = run{open: true, names: map[string]bool{}}
	} else if !r.open || cursor != r.cursor {
		r.open = false
		return nil
	}
	for _, name := range names {
		if r.names[name] {
			if twice == nil {
				twice = map[string]bool{}
			}
			twice[name] = true
			u.twice(pin.Key{Section: section, Name: name})
		}
		if len(r.names) <= maxSeen {
			r.names[name] = true
		}
	}
	if r.cursor = next; next == "" {
		r.open = false
		u.listed(section, r.names)
	}
	return twice
}

// twice holds what the server defines more than once: which of the two a client takes nobody knows.
func (u *surface) twice(key pin.Key) {
	if now := u.items[key]; now != nil && !now.sticky {
		now.held, now.sticky, now.why = true, true, "the server lists it twice"
		delete(u.pages, key.Section)
		u.report(key, now)
	}
}

// listed notes that a whole list has been seen, and reports what is gone from it.
func (u *surface) listed(section pin.Section, names map[string]bool) {
	l := u.lists[section]
	l.complete, l.at, l.names = true, time.Now(), names
	u.dirty = true
	if u.overfull[section] {
		return
	}
	var gone []pin.Key
	for _, key := range u.accepted().Keys(section) {
		if !names[key.Name] {
			gone = append(gone, key)
		}
	}
	u.reportGone(gone)
}

// changed notes that the server announced another list.
func (u *surface) changed(sections ...pin.Section) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, section := range sections {
		u.lists[section].stale = true
	}
}

// current reports whether a section needs no look before a request is let through. A server that announces changes all the time makes us
// look once a second at most.
func (u *surface) current(section pin.Section) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	l := u.lists[section]
	return l == nil || l.asking == nil && l.complete && (!l.stale || time.Since(l.at) < stormPause)
}

// offered notes which lists the server has.
func (u *surface) offered(names map[string]bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.offers = map[pin.Section]bool{
		pin.Tools: names["tools"], pin.Prompts: names["prompts"], pin.Resources: names["resources"], pin.Templates: names["resources"],
	}
}

// refuse notes that the server does not say what is in a section: nothing is known of it.
func (u *surface) refuse(section pin.Section) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.lists[section].refused = true
}

// seenWhole reports whether nothing is known to be missing of a section.
func (u *surface) seenWhole(section pin.Section) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	l := u.lists[section]
	return l.refused || l.complete && !l.stale
}

// greeted reports whether the server has said what it is.
func (u *surface) greeted() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.offers != nil
}

// lacking are the lists that the server has, as far as we know, and that have not been seen whole.
func (u *surface) lacking() []pin.Section {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.lackingNow(true)
}

// lackingNow is lacking, with the lists that the server announced a change of, or without.
func (u *surface) lackingNow(stale bool) []pin.Section {
	var sections []pin.Section
	for _, section := range pin.Sections {
		if l := u.lists[section]; l != nil && !l.refused && (!l.complete || stale && l.stale) && (u.offers[section] || u.offers == nil && section == pin.Tools) {
			sections = append(sections, section)
		}
	}
	return sections
}

// proposal is what the server says now, as a pin: what a human could accept.
func (u *surface) proposal() *pin.Pin {
	p := u.accepted().Clone()
	p.Server, p.Blocked = u.s.Server, ""
	if u.s.Client != "" && !slices.Contains(p.Clients, u.s.Client) {
		p.Clients = append(p.Clients, u.s.Client)
	}
	p.AddLaunch(u.Launch, u.Lock)
	for section, l := range u.lists {
		if l.complete {
			maps.DeleteFunc(p.Items, func(k pin.Key, _ pin.Item) bool { return k.Section == section && !l.names[k.Name] })
		}
	}
	for key, now := range u.items {
		if now.item.Hash == "" || u.lists[key.Section] != nil && u.lists[key.Section].complete && !u.lists[key.Section].names[key.Name] {
			continue
		}
		item := now.item
		item.Class = p.Items[key].Class
		p.Items[key] = item
	}
	return p
}

// save writes the proposal, if there is something new to look at, or, at the first sight of a server that may be accepted unseen, the
// pin, once all that it has was listed. Until either has been written, it is tried again.
func (u *surface) save() error {
	u.saving.Lock()
	defer u.saving.Unlock()
	u.mu.Lock()
	if !u.dirty {
		u.mu.Unlock()
		return nil
	}
	u.dirty = false
	p, accepted := u.proposal(), u.accepted()
	accept := !accepted.Accepted() && u.First == Accept && !u.s.Observing && len(u.items) > 0 && len(u.lackingNow(false)) == 0
	if accept {
		maps.DeleteFunc(p.Items, func(k pin.Key, _ pin.Item) bool { return u.items[k] != nil && u.items[k].held })
	}
	u.mu.Unlock()
	var err error
	switch {
	case accept:
		if p, err = u.Accept(p); err == nil {
			u.s.PinsChanged(p)
			return nil
		}
		err = fmt.Errorf("accepting server %q as it was seen first: %w", u.s.Server, err)
	case accepted.Accepted() && len(pin.Diff(accepted, p)) == 0:
		err = u.Propose(accepted) // what was proposed earlier is over
	default:
		err = u.Propose(p)
	}
	if err != nil {
		u.mu.Lock()
		u.dirty = true
		u.mu.Unlock()
	}
	return err
}
