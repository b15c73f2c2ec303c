package approve

import (
	"errors"
	"fmt"
	"time"
)

// Errors of an answer. They are for people, and say what to do.
var (
	ErrGone    = errors.New("the question is gone: it was answered, or its session has ended")
	errBusy    = errors.New("somebody else is answering it at this moment")
	errChanged = errors.New("what it would do has changed since it was shown: look at it again")
	errWord    = errors.New("the word that has to be typed is another one")
	errNoScope = errors.New("nothing like it can be granted: answer once")
)

// Card says what the frame of a question would do now.
func (d *Desk) Card(id string) (Card, error) {
	p, err := d.find(id)
	if err != nil {
		return Card{}, err
	}
	card, _ := d.card(p)
	return card, nil
}

func (d *Desk) find(id string) (*pending, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tidy()
	if p := d.open[id]; p != nil {
		return p, nil
	}
	return nil, ErrGone
}

// card gives the card of a question, and the arguments that were approved last for a call that is nearly the same.
func (d *Desk) card(p *pending) (c Card, near []byte) {
	d.mu.Lock()
	var last time.Time
	for _, e := range d.early {
		if p.q.Kind == KindCall && e.outcome.Allowed && e.like == like(p.q) && e.until.After(last) {
			near, last = e.args, e.until
		}
	}
	d.mu.Unlock()
	return p.card(near), near
}

func (p *pending) card(near []byte) Card {
	c := p.held.Card(near)
	c.ID, c.Digest = p.q.ID, p.q.Digest(c)
	return c
}

// like is what two calls have in common of which the one may be a near miss of the other.
func like(q Question) string { return q.Server + "\x00" + q.Method + "\x00" + q.Tool }

// Asked is when a question was asked first.
func (d *Desk) Asked(id string) (time.Time, error) {
	p, err := d.find(id)
	if err != nil {
		return time.Time{}, err
	}
	return p.q.Asked, nil
}

// Answer lets frames go, or refuses them. What is shown is computed once more, so that nobody allows what they have not seen. The first
// answer counts.
func (d *Desk) Answer(a Answer, by By) (Receipt, error) {
	p, err := d.claim(a.ID)
	if err != nil {
		return Receipt{}, err
	}
	r, err := d.answer(p, a, by)
	switch {
	case err != nil:
		defer d.recheck(p) // what came meanwhile was left to this answer
	case a.For != ForOnce:
		defer d.Recheck()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p.answering = false
	if d.open[a.ID] == p && len(p.waiters) == 0 && !p.held.Again {
		d.remove(p)
	}
	d.tell()
	return r, err
}

// claim keeps others from answering too.
func (d *Desk) claim(id string) (*pending, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tidy()
	p := d.open[id]
	switch {
	case p == nil:
		return nil, ErrGone
	case p.answering:
		return nil, errBusy
	}
	p.answering = true
	return p, nil
}

func (d *Desk) answer(p *pending, a Answer, by By) (r Receipt, err error) {
	h := p.held
	var near []byte
	o := Outcome{Allowed: a.Allow, By: by.String(), Shown: a.Digest}
	if a.Allow {
		var shown Card
		if shown, near = d.card(p); shown.Digest == "" || shown.Digest != a.Digest {
			return r, errChanged
		}
		if h.Question.Word != "" && a.Typed != h.Question.Word {
			return r, errWord
		}
	} else {
		o.Reason = "a person refused it"
	}
	switch {
	case h.Accept != nil && a.Allow:
		err = h.Accept(p.q, a, by)
	case a.For == ForOnce:
	case h.Grant == nil || a.Scope < 0 || a.Scope >= len(h.Question.Scopes):
		err = errNoScope
	default:
		if r.Undo, err = h.Grant(a, by); err == nil {
			o.Granted = a.For + ": " + h.Question.Scopes[a.Scope].Words
		}
	}
	if err != nil {
		return Receipt{}, err
	}
	text, nobody := d.deliver(p, near, a, o)
	r.Text = text
	d.told(p.q, o, !nobody)
	return r, nil
}

// deliver gives an outcome to those whom it is for, and keeps what is for the next. nobody says that none was there.
func (d *Desk) deliver(p *pending, near []byte, a Answer, o Outcome) (text string, nobody bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h, n := p.held, len(p.waiters)
	if a.Allow && a.For == ForOnce && h.Accept == nil {
		n = min(n, max(1, a.Count))
	}
	for _, w := range p.waiters[:n] {
		w.outcome <- o
	}
	left := len(p.waiters) - n
	if p.waiters = p.waiters[n:]; left == 0 {
		d.remove(p)
	}
	switch {
	case !a.Allow && h.Again && a.For == ForOnce:
		refused := o
		refused.Reason = "a person refused the same a moment ago"
		d.early[h.key()] = early{outcome: refused, until: time.Now().Add(denyTime)}
		return "denied", n == 0
	case !a.Allow:
		return "denied", n == 0
	case n == 0 && a.For == ForOnce && h.Accept == nil && h.Again:
		o.By += ", before it was asked again"
		d.early[h.key()] = early{o, time.Now().Add(lateTime), like(p.q), h.Args, func() string { return p.card(near).Digest }}
		return fmt.Sprintf("the client no longer waits; the same call passes once within %v", lateTime), true
	case n == 0 && a.For == ForOnce && h.Accept == nil:
		return "nobody waits for it any more: nothing was done", true
	case left > 0:
		return fmt.Sprintf("allowed %d; %d more of the same wait", n, left), false
	case p.q.Kind == KindSecret:
		return "given", n == 0
	case h.Accept != nil:
		return "accepted", n == 0
	case n > 1:
		return fmt.Sprintf("allowed %d", n), false
	}
	return "allowed", n == 0
}
