package wrap

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"sallyport/rules"
	"sallyport/wrap/audit"
	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
)

// What we ask the server ourselves: its lists, since a client may call a tool that it knows from an earlier session.

const (
	maxPages  = 1000
	fetchTime = 20 * time.Second // for all pages of one list
)

// An ownPage is the answer to a request of ours: where the list goes on, or why it cannot be used.
type ownPage struct {
	next string
	err  error
}

// fetch lists a section, unless a run of ours is under way already, which it waits for. A run does not end with the call that began it.
func (s *Session) fetch(ctx context.Context, section pin.Section, e era) error {
	u := s.surface
	u.mu.Lock()
	l := u.lists[section]
	run := l.asking
	if run == nil {
		if !s.begin() {
			u.mu.Unlock()
			return errEnding
		}
		run = &inquiry{done: make(chan struct{})}
		l.asking, l.stale = run, false
		go func() {
			defer s.asking.Done()
			err := s.list(section, e)
			u.mu.Lock()
			l.asking, l.stale = nil, l.stale || err != nil
			u.mu.Unlock()
			run.err = err
			close(run.done)
		}()
	}
	u.mu.Unlock()
	select {
	case <-run.done:
		return run.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errEnding = errors.New("the session is ending")

// begin notes that there is one more goroutine for Run to wait for, unless it is over.
func (s *Session) begin() bool {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if !s.st.ending {
		s.asking.Add(1)
	}
	return !s.st.ending
}

// list asks for all pages of a section.
func (s *Session) list(section pin.Section, e era) error {
	ctx, cancel := context.WithTimeout(s.ctx, fetchTime)
	defer cancel()
	var r run
	asked := map[string]bool{}
	for cursor := ""; ; {
		next, err := s.ask(ctx, &ownRequest{method: listOf[section], section: section, era: e, cursor: cursor, run: &r})
		if err != nil || next == "" {
			return err
		}
		if asked[next] || len(asked) >= maxPages {
			return fmt.Errorf("it repeats a cursor of %s, or never ends", listOf[section])
		}
		asked[next], cursor = true, next
	}
}

// fetchAll lists everything that the server has and that was not seen yet, and keeps what came of it.
func (s *Session) fetchAll(ctx context.Context, e era) error {
	var first error
	if e == modern && !s.surface.greeted() {
		// A modern client need not ask what the server is.
		ctx, cancel := context.WithTimeout(ctx, fetchTime)
		defer cancel()
		_, first = s.ask(ctx, &ownRequest{method: "server/discover", era: e})
	}
	sections := s.surface.lacking()
	for _, section := range append(sections, sections...) {
		if s.surface.seenWhole(section) {
			continue // the second time is for servers that add to a list while we look
		}
		err := s.fetch(ctx, section, e)
		switch {
		case err == nil:
		case section == pin.Tools || ctx.Err() != nil:
			if first == nil {
				first = err
			}
		default:
			// A server may need an account, or a database, to say what there is to read. What it shows one day is new then.
			s.warnf("server %q: %v: what it has of these is not known", s.Server, err)
			s.surface.refuse(section)
		}
	}
	if first != nil {
		s.surface.save()
		return first
	}
	return s.surface.save()
}

// An ownRequest is one of ours: for a page of a list, or for what a modern server says of itself.
type ownRequest struct {
	method  string
	section pin.Section // of a list
	era     era
	cursor  string
	run     *run
	page    chan ownPage // has room for one
}

// give hands over the answer, unless there was one already.
func (r *ownRequest) give(p ownPage) {
	select {
	case r.page <- p:
	default:
	}
}

// ask sends a request of our own and waits for the page. Its id is random, so that neither side's requests have it.
func (s *Session) ask(ctx context.Context, r *ownRequest) (next string, err error) {
	var name [12]byte
	rand.Read(name[:])
	id, _ := jsonrpc.ParseID(jsonrpc.AppendString(nil, "sallyport-"+hex.EncodeToString(name[:])))
	r.page = make(chan ownPage, 1)
	c := &call{id: id, method: r.method, era: r.era, stage: forwarded, void: noQuestion, own: r, cursor: r.cursor}
	s.st.mu.Lock()
	if s.st.ending {
		s.st.mu.Unlock()
		return "", errEnding
	}
	s.st.client.open(c)
	s.st.mu.Unlock()
	s.Log.Append(&audit.Entry{Direction: "c2s", Method: c.method, ID: id.Raw(), Decision: "note", Reason: "sallyport asks for the list itself"})
	if err := s.Log.Flush(); err != nil {
		s.fail(fmt.Errorf("writing the log: %w", err))
		return "", err
	}
	if !s.toS.post(r.frame(c)) {
		s.forget(c)
		return "", errors.New("it does not read")
	}
	select {
	case page := <-r.page:
		return page.next, page.err
	case <-ctx.Done():
		s.forget(c)
		return "", fmt.Errorf("it has not answered %s", c.method)
	}
}

// forget gives up a request of ours; its late answer is dropped.
func (s *Session) forget(c *call) {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if s.st.client.find(c.id) == c {
		s.st.cancel(c)
	}
}

func (r *ownRequest) frame(c *call) []byte {
	b := append([]byte(`{"jsonrpc":"2.0","id":`), c.id.Raw()...)
	b = append(b, `,"method":`...)
	b = jsonrpc.AppendString(b, c.method)
	b = append(b, `,"params":{`...)
	if r.cursor != "" {
		b = jsonrpc.AppendString(append(b, `"cursor":`...), r.cursor)
	}
	if r.era == modern {
		if r.cursor != "" {
			b = append(b, ',')
		}
		b = append(b, `"_meta":{"`+metaVersion+`":`+strconv.Quote(modernVersions[0])+`,"`+metaCapabilities+`":{}}`...)
	}
	return append(b, "}}\n"...)
}

// ownResponse takes in the answer to a request of ours. It goes nowhere else.
func (p *pump) ownResponse(c *call) {
	page := ownPage{err: errors.New("it answered " + c.method + " with an error")}
	if p.f.Kind == jsonrpc.Error && c.own.run != nil && c.cursor == "" && string(p.f.Get("code")) == strconv.Itoa(codeMethodNotFound) {
		page.err = nil // it has no such list: what it shows later all the same is new
		p.s.surface.page(c.own.run, c.own.section, "", "", nil)
	}
	if p.f.Kind == jsonrpc.Result {
		page.err = nil
		why := p.resultType(c)
		switch {
		case why != "":
		case c.own.run == nil:
			why = p.discoverResult()
		default:
			page.next, why = p.listResult(c)
		}
		if why != "" {
			page.err = errors.New("its answer to " + c.method + " " + why)
		}
	}
	p.v = verdict{edits: p.v.edits[:0]}
	p.entry.Decision, p.entry.Reason = "note", "asked for by sallyport"
	if page.err != nil {
		p.entry.Reason += ": " + page.err.Error()
	}
	st := p.s.st
	st.mu.Lock()
	st.client.settle(c)
	st.mu.Unlock()
	c.own.give(page)
}

// known waits until the server has shown what a request wants to use, and judges that.
func (s *Session) known(key pin.Key, e era, free bool) check {
	return func(ctx context.Context) rules.Decision {
		var err error
		if s.surface.settled() {
			if !s.surface.current(key.Section) {
				err = s.fetch(ctx, key.Section, e)
			}
			s.surface.keep()
		} else {
			err = s.fetchAll(ctx, e)
		}
		if err != nil {
			return s.surface.refusal("pins/unknown", "what the server shows could not be compared with what was accepted: "+err.Error())
		}
		return s.surface.gate(key, free)
	}
}

// settled reports whether a human, or the first sight, has accepted the server.
func (u *surface) settled() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.accepted().Accepted()
}

// keep writes a proposal soon, if there is something new.
func (u *surface) keep() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.dirty && u.keeper == nil {
		pause := keepPause
		if since := time.Since(u.kept); since < keepLong {
			pause = keepLong - since // a server that changes all the time is written down now and then
		}
		u.keeper = time.AfterFunc(pause, func() {
			u.mu.Lock()
			u.keeper, u.kept = nil, time.Now()
			u.mu.Unlock()
			if err := u.save(); err != nil {
				u.s.warnf("keeping what server %q says for you to look at: %v", u.s.Server, err)
			}
		})
	}
}

// keepPause is how long a proposal waits for more to come, keepLong how long after the one before.
const (
	keepPause = 200 * time.Millisecond
	keepLong  = 2 * time.Second
)

// look lists what a server has a while after its handshake, if its client has not: so there is something to accept before the first
// call, and a change shows even where the client never lists.
func (s *Session) look(e era) {
	s.looking.Do(func() {
		s.looker = time.AfterFunc(lookPause, func() {
			if !s.begin() {
				return
			}
			defer s.asking.Done()
			if err := s.fetchAll(s.ctx, e); err != nil {
				s.warnf("listing what server %q has: %v", s.Server, err)
			}
		})
	})
}

// lookPause leaves the server to its client first.
const lookPause = time.Second
