package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"sallyport/approve"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/pin"
)

// surface is the question about what a server shows, one for all calls that wait for it.
func (a *asker) surface(q wrap.Question) *approve.Held {
	first := q.Questions[0].Rule == "pins/first-sight"
	cause := approve.Cause{Rule: "pins/drift", Because: "it is not what was accepted"} // one question, whichever part of it was called
	if first {
		cause = approve.Cause{Rule: q.Questions[0].Rule, Because: q.Questions[0].Because}
	}
	h := &approve.Held{
		Question: approve.Question{Server: q.Server, Client: q.Client, Kind: approve.KindSurface, Class: "write", Rules: []approve.Cause{cause}},
		Key:      "surface", Again: true,
	}
	if r, err := a.review(q); err == nil {
		h.Question.Summary = r.headline()
	}
	h.Card = func([]byte) approve.Card {
		r, err := a.review(q)
		if err != nil {
			return approve.Card{Blocks: []approve.Block{{Kind: approve.BlockWarning, Lines: []approve.Line{{Text: scan.VisibleLine(err.Error(), 300)}}}}}
		}
		return r.card(a.guard().Client())
	}
	h.Known = func() (approve.Outcome, bool) {
		r, err := a.review(q)
		settled := err == nil && (r.empty() || first && r.old.Accepted())
		return approve.Outcome{Allowed: settled, By: "sallyport pin accept"}, settled
	}
	h.Accept = func(open approve.Question, answer approve.Answer, _ approve.By) error {
		return a.accept(q, open, answer)
	}
	h.Opened = func(ctx context.Context, open approve.Question) { a.doors(ctx, open, h, nil) }
	return h
}

// review compares what the server shows now with what was accepted.
func (a *asker) review(q wrap.Question) (*review, error) {
	p := a.l.set.places
	accepted, err := p.pins().Load(q.Server)
	if err != nil {
		return nil, err
	}
	if accepted != nil && accepted.Blocked != "" {
		return nil, fmt.Errorf("server %q is blocked: %s", q.Server, accepted.Blocked)
	}
	r, err := newReview(accepted, q.Surface(), othersOf(p, q.Server))
	if err == nil {
		err = r.classify(nil)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// headline is a review in one line.
func (r *review) headline() string {
	if !r.old.Accepted() {
		return scan.VisibleLine(fmt.Sprintf("nobody has accepted this server yet: %s", counts(r.new)), 120)
	}
	return scan.VisibleLine(fmt.Sprintf("it changed since it was accepted: %s", r.summary()), 120)
}

// card shows a review as a question does.
func (r *review) card(client []string) approve.Card {
	var c approve.Card
	facts := approve.Block{Kind: approve.BlockFacts, Lines: []approve.Line{
		{Name: "server", Text: scan.VisibleLine(r.name, 80)},
		{Name: "started by", Text: strings.Join(client, " ← ")},
		{Name: "what", Text: r.headline()},
	}}
	c.Blocks = append(c.Blocks, facts)
	for _, l := range append(slices.Clone(r.launches), r.others...) {
		c.Blocks = append(c.Blocks, approve.Block{Kind: approve.BlockText, Lines: linesOf(func(p *page) { r.printLaunch(p, l) })})
	}
	for _, d := range r.differences {
		item := approve.Item{Key: itemKey(d), Change: kindsText(d), Lines: linesOf(func(p *page) { r.printContent(p, d) })}
		if d.Key.Section == pin.Tools && d.New != nil {
			item.Class = r.classes[d.Key.Name].Class
			item.Lines = append([]approve.Line{{Text: scan.VisibleLine("class "+item.Class+": "+r.classes[d.Key.Name].Why, 0)}}, item.Lines...)
		}
		if why := r.doubt(d); why != "" {
			item.Doubts = []string{scan.VisibleLine(why, 200)}
		}
		c.Items = append(c.Items, item)
	}
	return c
}

// itemKey names a difference as review.find takes it.
func itemKey(d pin.Difference) string {
	key := d.Key.String()
	if shown := scan.VisibleLine(key, 0); shown != key && d.New != nil {
		return "@" + wrap.Short(d.New.Hash)
	}
	return key
}

func kindsText(d pin.Difference) string {
	kinds := make([]string, len(d.Kinds))
	for i, k := range d.Kinds {
		kinds[i] = string(k)
	}
	return strings.Join(kinds, ", ")
}

// linesOf are the lines of a page.
func linesOf(print func(*page)) []approve.Line {
	var b bytes.Buffer
	print(&page{out: &b})
	var lines []approve.Line
	for text := range strings.Lines(strings.Trim(b.String(), "\n")) {
		lines = append(lines, approve.Line{Text: strings.TrimSuffix(text, "\n")})
	}
	return lines
}

// accept writes the pin, as far as a person allowed it, and takes it into force.
func (a *asker) accept(q wrap.Question, open approve.Question, answer approve.Answer) error {
	r, err := a.review(q)
	if err != nil {
		return err
	}
	if digest := open.Digest(r.card(a.guard().Client())); digest == "" || digest != answer.Digest {
		return withHint("look at it again", "what the server shows has changed since it was shown")
	}
	var classes []string
	for _, d := range r.differences {
		if class := answer.Classes[itemKey(d)]; class != "" && d.Key.Section == pin.Tools {
			classes = append(classes, d.Key.Name+"="+class)
		}
	}
	if len(classes) != len(answer.Classes) {
		return withHint("look at it again", "a class was given for what is no tool of it")
	}
	if len(answer.Items) > 0 && !r.old.Accepted() {
		answer.Items = append(answer.Items, "launch") // a server is accepted with what it runs
	}
	if err = r.choose(answer.Items); err == nil {
		err = r.classify(classes)
	}
	if err != nil {
		return err
	}
	if !r.named {
		r.leaveOtherLaunches()
	}
	if r.empty() {
		return withHint("choose what to accept", "nothing of it was chosen")
	}
	accept := acceptance{flags: wrapFlags{name: q.Server}}
	if err := accept.write(io.Discard, a.l.set.places, r.old, r); err != nil {
		return err
	}
	return a.l.reload() // whether or not our own socket could be reached
}
