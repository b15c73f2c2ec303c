package wrap

import (
	"bytes"
	"errors"

	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
)

// ErrBlocked is returned by Run when a human has blocked the server meanwhile.
var ErrBlocked = errors.New("the server has been blocked")

// GrantsChanged says that the file of answers was changed: what its grants answer the Asker knows from here on, who is asked instead.
func (s *Session) GrantsChanged() { s.view.ForgetGrants() }

// PinsChanged takes a new pin into force, nil for none: what was held and is accepted now is shown from here on, and the client hears that
// lists have changed. What the server has shown is not asked for again. The same pin once more is a human who looked again: what changed
// back to what was accepted is believed. It may be called concurrently.
func (s *Session) PinsChanged(p *pin.Pin) {
	if p != nil && p.Blocked != "" {
		s.fail(ErrBlocked)
		return
	}
	u := s.surface
	u.mu.Lock()
	before := u.accepted()
	u.Accepted = p
	again := bytes.Equal(before.Encode(), u.accepted().Encode())
	clear(u.pages)
	changed := map[pin.Section]bool{}
	for key, now := range u.items {
		if now.item.Hash == "" || now.sticky && !again && before.Items[key].Hash == u.accepted().Items[key].Hash {
			continue // nobody has looked at this one
		}
		was := now.held
		fresh := &seen{spelled: now.spelled, item: now.item}
		u.weigh(key, fresh, nil)
		u.items[key] = fresh
		changed[key.Section] = changed[key.Section] || was != fresh.held
	}
	u.dirty = true
	u.mu.Unlock()
	u.keep()
	s.announce(changed)
}

// End ends the session: the server may not go on. It may be called concurrently, and more than once.
func (s *Session) End() { s.fail(ErrBlocked) }

// A Tally counts what a session has judged.
type Tally struct{ Calls, Refused, Held uint64 }

// Tally may be called concurrently.
func (s *Session) Tally() Tally {
	return Tally{s.calls.Load(), s.refused.Load(), s.held.Load()}
}

// count adds a log line to the tally.
func (s *Session) count(method, decision string) {
	switch {
	case decision == "refuse" || decision == "drop":
		s.refused.Add(1)
	case decision == "hold":
		s.held.Add(1)
	case method == "tools/call":
		s.calls.Add(1)
	}
}

// announce tells the client that lists have changed, where it would hear so from the server.
func (s *Session) announce(changed map[pin.Section]bool) {
	for method, sections := range changesList {
		if !changed[sections[0]] && !changed[sections[len(sections)-1]] {
			continue
		}
		s.st.mu.Lock()
		var frames []byte
		if s.st.initialized {
			frames = append(jsonrpc.AppendString([]byte(`{"jsonrpc":"2.0","method":`), method), "}\n"...)
		}
		for _, c := range s.st.client.calls {
			if c.method == "subscriptions/listen" && c.acked && c.stage == forwarded {
				frames = append(jsonrpc.AppendString(append(frames, `{"jsonrpc":"2.0","method":`...), method), `,"params":{"_meta":{"`+metaSubscription+`":`...)
				frames = append(append(frames, c.id.Raw()...), "}}}\n"...)
			}
		}
		s.st.mu.Unlock()
		s.toC.post(frames)
	}
}

// Surface lists all that the server has and gives it as a pin that a human could accept. The handshake has been made.
func (s *Session) Surface(modernEra bool) (*pin.Pin, error) {
	e := legacy
	if modernEra {
		e = modern
	}
	if err := s.fetchAll(s.ctx, e); err != nil {
		return nil, err
	}
	s.surface.mu.Lock()
	defer s.surface.mu.Unlock()
	return s.surface.proposal(), nil
}
