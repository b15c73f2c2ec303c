package main

import (
	"context"
	"fmt"
	"strings"

	"sallyport/approve"
	"sallyport/approve/dialog"
)

// doors brings a question to a person where no screen is open: by a dialog of the desktop, or else by a form of the client. Both are for
// writes that can be seen whole, and for this once or this session.
func (a *asker) doors(ctx context.Context, q approve.Question, h *approve.Held, elicit func(context.Context, string) (bool, error)) {
	if a.desk.Watched() {
		return
	}
	desktop := a.dialogs()
	answerable := q.Kind == approve.KindCall && q.Class == "write" && q.Word == ""
	dialogs := answerable && a.options.Dialog && desktop.Name() != ""
	if a.options.Notify && !dialogs {
		desktop.Notify("sallyport: "+q.Server+" waits for you", q.Summary)
	}
	if !answerable {
		return
	}
	c, err := a.desk.Card(q.ID)
	if err != nil {
		return
	}
	switch {
	case dialogs:
		verdict, err := desktop.Ask(ctx, q, c)
		if err != nil && ctx.Err() == nil {
			warningf("asking by a dialog: %v", err)
		}
		if err != nil || verdict == dialog.None {
			return
		}
		answer := approve.Answer{ID: q.ID, Digest: c.Digest, Allow: verdict != dialog.Deny}
		if verdict == dialog.Session {
			answer.For = approve.ForSession
		}
		a.answer(answer, "dialog")
	case a.options.Form && elicit != nil && whole(c):
		allowed, err := elicit(ctx, formText(q, c))
		if err == nil {
			a.answer(approve.Answer{ID: q.ID, Digest: c.Digest, Allow: allowed}, "form of the client")
		}
	}
}

// answer gives an answer that came by a door of our own.
func (a *asker) answer(answer approve.Answer, door string) {
	if _, err := a.desk.Answer(answer, approve.By{Door: door}); err != nil {
		a.dialogs().Notify("sallyport: not answered", err.Error())
	}
}

// A form holds what a person reads at once.
const (
	maxFormLines = 40
	maxFormText  = 3000
)

func whole(c approve.Card) bool {
	text := cardText(c)
	return len(text) <= maxFormText && strings.Count(text, "\n") <= maxFormLines
}

func formText(q approve.Question, c approve.Card) string {
	return fmt.Sprintf("sallyport, your firewall, asks: may server %q do this once?\n\n%s\n\n%s", q.Server, q.Summary, cardText(c))
}

// cardText is a card as plain lines.
func cardText(c approve.Card) string {
	var b strings.Builder
	for _, block := range c.Blocks {
		if block.Title != "" {
			fmt.Fprintf(&b, "%s\n", block.Title)
		}
		for _, line := range block.Lines {
			b.WriteString("  " + lineText(block.Kind, line) + "\n")
		}
	}
	for _, item := range c.Items {
		fmt.Fprintf(&b, "%s  %s", item.Key, item.Change)
		if item.Class != "" {
			fmt.Fprintf(&b, "  class %s", item.Class)
		}
		b.WriteString("\n")
		for _, doubt := range item.Doubts {
			fmt.Fprintf(&b, "  ! %s\n", doubt)
		}
		for _, line := range item.Lines {
			b.WriteString("  " + lineText("", line) + "\n")
		}
	}
	return b.String()
}

// lineText is a line of a card. What goes on from the line above is set off, so that it looks like no argument of its own.
func lineText(kind string, l approve.Line) string {
	if kind == approve.BlockText && l.Name == "" {
		l.Text = "  | " + l.Text
	}
	return l.String()
}
