// Package tui shows the questions of all live sessions on a terminal, and answers them.
//
// It has two screens: the queue, one line for each question, and the card of one question (or of several that are alike), with all that
// the call says and would do. A grant beyond this once, a word that has to be typed, and doubts have screens of their own before an
// answer is sent.
//
// # Guarantees
//
// Nothing is allowed by a slip. Deny is preselected. Keys that answer are dead for 400 ms after a card has come up, has changed, or was
// answered, and a key that is held down does not answer twice. A card, a list of cards, and a grant can be allowed only after their end
// has been on the screen. What needs a word needs it typed, not pasted. Each answer names the digest of the card that was looked at.
// Quitting answers nothing.
//
// All text was made visible by the session that asks, and is made visible once more here, since another process of the user may have
// put a socket into the folder: no control, bidirectional or invisible character reaches the terminal, and no line takes more cells than
// the screen has columns. Colours never say what a mark or a word does not say too.
//
// Nothing is laid out or drawn while nothing changes: the clock runs once a second while a client waits, twice a minute while questions are open
// for which nobody waits, and else not at all.
//
// # What it does not protect against
//
// A program that types into the terminal, and a terminal that does not draw what it is told. Who may answer is decided by the session.
package tui

import (
	"context"
	"errors"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

// errNoScreen says what works without a screen.
var errNoScreen = errors.New(`this is no terminal that can show a screen: use "sallyport approve list", "sallyport approve show ID", ` +
	`"sallyport approve allow ID" and "sallyport approve deny ID"`)

// answerTime bounds what a session may take for a card or an answer.
const answerTime = 30 * time.Second

// frames is how often in a second the library looks whether there is something to draw: no more than a person notices, since it looks while
// nothing happens too.
const frames = 15

// Run shows the questions of an inbox on the terminal of the process until the user quits or ctx ends. It takes the keyboard and the
// whole screen meanwhile, and gives both back. It returns an error that says what to use instead where there is no such terminal.
func Run(ctx context.Context, in *approve.Inbox) error {
	if kind := os.Getenv("TERM"); kind == "dumb" || kind == "" && needsTerm || !isTerminal(os.Stdin) || !isTerminal(os.Stdout) {
		return errNoScreen
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := newModel(time.Now)
	m.connect(ctx, in)
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithFPS(frames)).Run()
	if errors.Is(err, tea.ErrInterrupted) || errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil
	}
	return err
}

// connect makes a model show an inbox.
func (m *model) connect(ctx context.Context, in *approve.Inbox) {
	m.refresh = func() { m.questions, m.sessions, m.odd = in.Questions(), in.Sessions(), in.Odd() }
	m.changed = func() tea.Msg {
		select {
		case <-in.Changed():
			return changedMsg{}
		case <-ctx.Done():
			return nil
		}
	}
	m.fetch = func(id string) (approve.Card, error) {
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		return in.Card(ctx, id)
	}
	m.send = func(a approve.Answer) (approve.Receipt, error) {
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		return in.Answer(ctx, a)
	}
	m.undo = func(session, undo string) error {
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		return in.Undo(ctx, session, undo)
	}
}
