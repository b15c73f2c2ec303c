package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"sallyport/approve"
	"sallyport/approve/card"
	"sallyport/approve/dialog"
	"sallyport/approve/grants"
	"sallyport/approve/who"
	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/audit"
	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
)

const (
	// usualBudget is how long a client waits that has not said so: the 60 s of the TypeScript SDK.
	usualBudget = 60 * time.Second
	// maxMargin is how much sooner the client is answered.
	maxMargin = 10 * time.Second
	// maxKept is how large the arguments of a call may be whose question outlives it.
	maxKept = 1 << 20
	// maxCauses and maxScopes, in bytes, bound what a question holds beside its card: all questions of a session go into one reply.
	maxCauses = 20
	maxScopes = 16 << 10
	// maxHosts bounds what is remembered of calls that passed.
	maxHosts = 10_000
	// workers is how many calls are looked at at once before people see them.
	workers = 2
	// sessionGrant is how long an answer for the session holds.
	sessionGrant = 8 * time.Hour
)

// waitFor is how long a frame may wait for a person.
func waitFor(o rules.ApproveOptions, budget time.Duration) time.Duration {
	if o.Wait >= 0 {
		return o.Wait
	}
	if budget <= 0 {
		budget = usualBudget
	}
	return budget - min(maxMargin, budget/6)
}

// An asker joins a session's questions with those who can answer them.
type asker struct {
	l       *launch
	view    *rules.View
	options rules.ApproveOptions
	desk    *approve.Desk
	guard   func() *who.Guard
	grants  func() *grants.Store
	dialogs func() *dialog.Dialogs

	working chan struct{} // taken by who works out what a call would do

	mu      sync.Mutex
	hosts   map[string]bool // that calls which passed have named
	refused time.Time       // when an attempt to answer was logged last
}

// newAsker begins to find out who the client is, while that is still there to be seen.
func newAsker(l *launch, environ []string) *asker {
	a := &asker{l: l, view: l.set.policy.View(l.flags.name, l.flags.client), options: l.set.policy.Approve(), hosts: map[string]bool{}, working: make(chan struct{}, workers)}
	a.desk = approve.NewDesk(l.log.ID(), a.told)
	a.guard = sync.OnceValue(who.New)
	go a.guard()
	a.grants = sync.OnceValue(func() *grants.Store {
		return grants.New(l.set.places.answersFile(), l.flags.name, l.flags.client, l.set.facts)
	})
	a.dialogs = sync.OnceValue(func() *dialog.Dialogs {
		d, _ := dialog.Find(environ) // doctor says why there is none
		return d
	})
	return a
}

// Ask implements wrap.Asker.
func (a *asker) Ask(ctx context.Context, q wrap.Question) wrap.Answer {
	var o approve.Outcome
	if q.Surface != nil {
		o = a.desk.Ask(ctx, a.surface(q))
	} else if o = a.call(ctx, q); o.Allowed {
		a.named(q)
	}
	return wrap.Answer{Allowed: o.Allowed, Pending: o.Pending, By: o.By, Reason: o.Reason, Shown: o.Shown, Granted: o.Granted}
}

// call asks about a frame. What it would do is worked out for a few at a time, and for none for which there is no room: a flood is to
// cost little more than its frames.
func (a *asker) call(ctx context.Context, q wrap.Question) approve.Outcome {
	if q.Whole {
		if o, ok := a.granted(q.Questions, &q.World); ok {
			return o
		}
	}
	select {
	case a.working <- struct{}{}:
	case <-ctx.Done():
		return approve.Outcome{Reason: "too much waited before it"}
	}
	key := keyOf(q)
	if !a.desk.Room(key) {
		<-a.working
		return approve.Crowded()
	}
	h := a.held(q, key)
	<-a.working
	return a.desk.Ask(ctx, h)
}

// told takes note of what a person answered, and logs it where no frame has taken it yet. Whoever sits at the desktop is told, since it
// may have been an agent.
func (a *asker) told(q approve.Question, o approve.Outcome, waited bool) {
	said := map[bool]string{true: "allowed", false: "refused"}[o.Allowed]
	if !waited {
		a.note(audit.Entry{
			Method: q.Method, Tool: q.Tool, Decision: "note", Reason: "answered while nobody waited", By: o.By, Shown: o.Shown, Granted: o.Granted,
			Answer: said,
		})
	}
	if a.options.Notify {
		go a.dialogs().Notify("sallyport: "+said, q.Summary+"\nby "+o.By)
	}
}

// note logs what is about no frame of its own.
func (a *asker) note(e audit.Entry) {
	a.l.log.Append(&e)
	if err := a.l.log.Flush(); err != nil {
		warningf("writing the log: %v", err)
	}
}

// turnedAway logs who tried to answer and was refused, once a second at most: whoever may not answer is not to fill the log either.
func (a *asker) turnedAway(by approve.By, err error) {
	a.mu.Lock()
	recent := time.Since(a.refused) < time.Second
	if !recent {
		a.refused = time.Now()
	}
	a.mu.Unlock()
	if !recent {
		a.note(audit.Entry{Decision: "note", Reason: "an answer was refused: " + err.Error(), By: by.String()})
	}
}

// named remembers the hosts of a call that passed.
func (a *asker) named(q wrap.Question) {
	_, hosts := a.view.Touched(a.l.set.facts, q.World.Args)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, h := range hosts {
		if len(a.hosts) < maxHosts {
			a.hosts[h] = true
		}
	}
}

func (a *asker) newHost(host string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.hosts[host]
}

// held is what the desk keeps of a frame.
func (a *asker) held(q wrap.Question, key string) *approve.Held {
	world := q.World
	h := &approve.Held{
		Question: approve.Question{
			Server: q.Server, Client: q.Client, Kind: approve.KindCall, Method: q.Method, Tool: q.Tool, Class: classText(q.Class),
		},
		Key: key, Again: q.Again && len(world.Args)+len(world.Beside) <= maxKept,
	}
	for _, d := range q.Questions[:min(len(q.Questions), maxCauses)] {
		h.Question.Rules = append(h.Question.Rules, approve.Cause{Rule: d.Rule, At: d.At, Because: scan.VisibleLine(d.Because, 300)})
	}
	show := card.Call{
		Args: world.Args, Beside: world.Beside, Definition: q.Definition, View: a.view, Facts: a.l.set.facts, NewHost: a.newHost,
	}
	if world.On == rules.Result {
		show.Args = world.Result
	}
	// Secrets go before anything is cut to fit. What is no JSON any more is cleaned where it is shown.
	if clean, found := a.l.guard.Text(show.Args); len(found) > 0 && json.Valid(clean) {
		show.Args = clean
	}
	h.Args = show.Args
	show.Question = h.Question
	h.Question.Summary, h.Question.Word = a.l.guard.Clean(card.Summary(show)), card.Word(show)
	h.Card = func(near []byte) approve.Card {
		c := show
		c.Near, c.Who = near, a.guard().Client()
		return a.cleanCard(card.Of(c))
	}
	// What a grant says would hold the secret.
	if q.Whole && len(q.Questions) <= maxCauses && !a.l.guard.Holds(world.Args) {
		a.grantable(h, q.Questions, world)
	}
	h.Opened = func(ctx context.Context, open approve.Question) { a.doors(ctx, open, h, q.Elicit) }
	return h
}

// cleanCard takes secrets out of a card: a model may have come by one in another way.
func (a *asker) cleanCard(c approve.Card) approve.Card {
	for i := range c.Blocks {
		lines := c.Blocks[i].Lines
		for j := range lines {
			text := a.l.guard.Clean(lines[j].Text)
			if lines[j].Name = a.l.guard.Clean(lines[j].Name); text != lines[j].Text {
				lines[j].Text, lines[j].Spans = text, nil // which spell it
			}
		}
	}
	return c
}

// classText is a class for people: what is not known counts as a write.
func classText(c rules.Class) string {
	if c == rules.Unknown {
		c = rules.Write
	}
	return c.String()
}

// grantable lets a question be answered in advance.
func (a *asker) grantable(h *approve.Held, questions []rules.Decision, world rules.World) {
	sorted := world // the order of arguments makes no other question
	if canonical, err := pin.Canonical(nil, world.Args); err == nil {
		sorted.Args = canonical
	}
	scopes := a.view.NewJudge(a.l.set.facts).Scopes(&sorted)
	size := 0
	for _, sc := range scopes {
		text, err := a.grants().Text(questions, &world, sc)
		if size += len(text) + len(sc.Words); err != nil || size > maxScopes {
			break // what cannot be written cannot be granted, nor what nobody reads
		}
		h.Question.Scopes = append(h.Question.Scopes, approve.Scope{Words: a.words(sc), Text: text, Whole: sc.Whole})
	}
	h.Known = func() (approve.Outcome, bool) { return a.granted(questions, &world) }
	h.Grant = func(answer approve.Answer, by approve.By) (undo string, err error) {
		if answer.Scope < 0 || answer.Scope >= len(h.Question.Scopes) {
			return "", errors.New("there is no such scope")
		}
		sc, always := scopes[answer.Scope], answer.For == approve.ForAlways
		given := fmt.Sprintf("%s, %s", by.Door, time.Now().Format(time.DateTime))
		if by.TTY != "" {
			given = fmt.Sprintf("%s on %s, %s", by.Door, by.TTY, time.Now().Format(time.DateTime))
		}
		if always {
			defer func() { a.reread() }()
		}
		switch {
		case !answer.Allow:
			return a.grants().Deny(questions, &world, sc, always, given)
		case always:
			return a.grants().Always(questions, &world, sc, given)
		case answer.For == approve.ForSession:
			return a.grants().Session(questions, &world, sc, time.Now().Add(sessionGrant))
		}
		return "", errors.New("that is no time to grant something for")
	}
}

// words say what a scope covers. A grant that is made in a session whose client is not known holds under every client.
func (a *asker) words(sc rules.Scope) string {
	if a.l.flags.client == "" {
		return sc.Words + "\nunder any client that starts this server"
	}
	return sc.Words
}

// granted is what people answered in advance to all that is asked about a frame.
func (a *asker) granted(questions []rules.Decision, w *rules.World) (approve.Outcome, bool) {
	allow, deny, by := a.grants().Answered(questions, w, time.Now())
	switch {
	case deny:
		return approve.Outcome{By: by, Reason: "a person refused it in advance"}, true
	case allow:
		return approve.Outcome{Allowed: true, By: by}, true
	}
	return approve.Outcome{}, false
}

// keyOf is what makes two frames the same question: server, method, tool, what was accepted of it, and the arguments in canonical form,
// without what the protocol adds to each request.
func keyOf(q wrap.Question) string {
	if !q.Again {
		return "frame " + rand.Text()
	}
	args := q.World.Args
	if q.World.On != rules.Call {
		args = withoutMeta(args)
	}
	canonical, err := pin.Canonical(nil, args)
	if err != nil {
		canonical = args
	}
	beside, err := pin.Canonical(nil, q.World.Beside)
	if err != nil {
		beside = q.World.Beside
	}
	sum := sha256.New()
	for _, part := range []string{q.Server, q.Method, q.Tool, q.Pin, string(canonical), string(beside)} {
		fmt.Fprintf(sum, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func withoutMeta(params []byte) []byte {
	if len(params) == 0 {
		return params
	}
	edits := jsonrpc.CutMembers(params, jsonrpc.Span{Start: 0, End: len(params)}, func(name string, _ jsonrpc.Span) bool { return name == "_meta" })
	return jsonrpc.Splice(params, edits)
}

// who says who is at the other end of a connection, and whether they may answer.
func (a *asker) who(conn *net.UnixConn, asked time.Time) (approve.By, error) {
	peer, err := a.guard().Judge(conn, asked)
	return approve.By{TTY: peer.TTY, PID: peer.PID, Chain: peer.Chain, Notes: peer.Notes}, err
}

// reread reads the file of answers: what it holds now counts, not what it held when the session started.
func (a *asker) reread() error {
	err := a.grants().Reload()
	if err == nil {
		a.l.session.GrantsChanged()
	}
	return err
}

// serve adds to what the session lets others do.
func (a *asker) serve(s approve.Served) approve.Served {
	s.Desk, s.Who = a.desk, a.who
	s.Refused = a.turnedAway
	s.Undo = func(undo string, by approve.By) error {
		err := a.grants().Undo(undo)
		if err == nil {
			a.reread()
			a.note(audit.Entry{Decision: "note", Reason: "taken back: " + undo, By: by.String()})
		}
		return err
	}
	s.Granted = func() error {
		err := a.reread()
		a.desk.Recheck()
		return err
	}
	return s
}
