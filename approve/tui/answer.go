package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

const (
	// guardTime is how long keys that answer are dead after what they would answer has come up: a person cannot have read it.
	guardTime = 400 * time.Millisecond
	// holdTime is how long the key that has just done something does nothing more: keyboards wait up to this long before they repeat a
	// key that is held down.
	holdTime = time.Second
)

// An answer that was sent, and what was known of its question then.
type sent struct {
	name           string
	times, waiting int
	done           bool // the session has taken it
}

// A tally counts what came of answers that were sent together.
type tally struct {
	want, took int
	text       string // of the last receipt
	errors     []string
	ids        map[string]bool
}

// A button is something to answer.
type button struct{ key, text string }

// buttons are the answers that a card can have. The first is preselected.
func (m *model) buttons() []button {
	s := m.shown
	q := s.questions[0]
	all := []button{{"d", "deny"}}
	switch {
	case len(s.items()) > 0:
		keys, _ := s.chosen()
		return append(all, button{"a", fmt.Sprintf("accept the %d checked", len(keys))})
	case q.Kind == approve.KindSurface:
		return append(all, button{"a", "accept"})
	case q.Kind == approve.KindSecret:
		return append(all, button{"a", "give it to this command"})
	case len(s.questions) > 1:
		return append(all, button{"a", fmt.Sprintf("allow all %d calls once", len(s.questions))})
	}
	all = append(all, button{"a", "allow once"})
	if q.Waiting > 1 {
		all = append(all, button{"A", fmt.Sprintf("allow all %d", q.Waiting)})
	}
	if len(q.Scopes) > 0 {
		all = append(all, button{"s", "this session…"}, button{"w", "always…"}, button{"D", "deny always…"})
	}
	return all
}

// held reports whether a key is the one that has just done something, and may be held down still.
func (m *model) held(name string) bool {
	if m.acted.key != name || m.now().Sub(m.acted.at) >= holdTime {
		return false
	}
	m.acted.at = m.now()
	m.status = "the same key again, so soon: not taken"
	return true
}

// acts notes that the key that was pressed does something.
func (m *model) acts() { m.acted.key, m.acted.at = m.pressed, m.now() }

// tooSoon reports whether a page has come up too short a time ago to be answered.
func (m *model) tooSoon(p *page) bool {
	if !p.fresh && m.now().Sub(p.since) >= guardTime {
		return false
	}
	m.status = "too soon: read it first"
	return true
}

// answerKey answers what is on the screen, or opens the screen that does.
func (m *model) answerKey(name string) tea.Cmd {
	s := m.shown
	if m.held(name) || m.tooSoon(&s.page) {
		return nil
	}
	for _, q := range s.questions {
		if m.sent[q.ID] != nil {
			m.status = nameOf(q) + ": the answer is on its way"
			return nil
		}
	}
	buttons := m.buttons()
	if name == "enter" {
		name = buttons[min(s.focus, len(buttons)-1)].key
	}
	switch name {
	case "d":
		return m.sendAll(approve.Answer{})
	case "D":
		m.openScope(approve.Answer{For: approve.ForAlways})
	case "a":
		return m.allow(approve.Answer{Allow: true, Count: 1})
	case "A":
		return m.allowWaiting()
	case "s":
		m.openScope(approve.Answer{Allow: true, For: approve.ForSession})
	case "w":
		m.openScope(approve.Answer{Allow: true, For: approve.ForAlways})
	}
	return nil
}

// allowWaiting allows as many frames as the screen says that wait.
func (m *model) allowWaiting() tea.Cmd {
	s := m.shown
	switch q := s.questions[0]; {
	case len(s.questions) > 1 || q.Kind != approve.KindCall:
		m.status = "here a is the key that allows"
	case m.now().Sub(s.counted) < guardTime:
		m.status = "too soon: how many wait has just changed"
	default:
		return m.allow(approve.Answer{Allow: true, Count: max(1, q.Waiting)})
	}
	return nil
}

// mayAllow reports whether what is on the card was looked at and can be allowed.
func (m *model) mayAllow() bool {
	s := m.shown
	for i, card := range s.cards {
		switch {
		case !s.seen:
			m.status = "there is more below: go to its end first (G or Space)"
		case card.Digest == "":
			m.status = "the session cannot say what it would do: it can only be denied"
		case len(s.cards) > 1 && s.questions[i].Word != "":
			m.status = nameOf(s.questions[i]) + " needs a word that is typed: answer it alone"
		default:
			continue
		}
		return false
	}
	return true
}

// allow sends an allowance, or asks for the word that it needs.
func (m *model) allow(a approve.Answer) tea.Cmd {
	s := m.shown
	if !m.mayAllow() {
		return nil
	}
	var doubtful []approve.Item
	if len(s.items()) > 0 {
		if a.Items, doubtful = s.chosen(); len(a.Items) == 0 {
			m.status = "nothing is checked: Space checks what is under the cursor, d leaves all of it out"
			return nil
		}
		a.Count, a.Classes = 0, s.givenTo(a.Items)
	}
	if s.questions[0].Word != "" || len(doubtful) > 0 {
		m.openCheck(a)
		return nil
	}
	return m.sendAll(a)
}

// sendAll answers what is on the screen. Each question is answered once, whatever keys follow.
func (m *model) sendAll(a approve.Answer) tea.Cmd {
	s := m.shown
	m.acts()
	m.tally = tally{want: len(s.questions), ids: map[string]bool{}}
	var all []tea.Cmd
	for i, q := range s.questions {
		m.sent[q.ID] = &sent{name: nameOf(q), times: q.Times, waiting: q.Waiting}
		m.tally.ids[q.ID] = true
		delete(m.marked, q.ID)
		one := a
		one.ID, one.Digest, one.Door = q.ID, m.digest(q, s.cards[i]), "tui"
		send := m.send
		all = append(all, func() tea.Msg {
			r, err := send(one)
			return sentMsg{one.ID, r, err}
		})
	}
	m.status, m.mode, m.draft = "sending the answer …", inCard, approve.Answer{}
	s.focus = 0
	return tea.Batch(all...)
}

// answered takes in what came of an answer.
func (m *model) answered(msg sentMsg) tea.Cmd {
	s := m.sent[msg.id]
	if s == nil {
		return nil
	}
	if s.done = true; msg.err != nil {
		delete(m.sent, msg.id)
	}
	if msg.receipt.Undo != "" && msg.err == nil {
		m.last.session, m.last.undo, m.last.text = sessionOf(msg.id), msg.receipt.Undo, "the grant of "+s.name
	}
	m.say(s.name, msg)
	now := m.find(msg.id)
	if s.done && (now.ID == "" || now.Times != s.times || now.Waiting != s.waiting) {
		delete(m.sent, msg.id)
	}
	if m.shown == nil {
		return nil
	}
	for _, q := range m.shown.questions {
		if q.ID == msg.id {
			if m.shown.fresh, m.shown.focus = true, 0; msg.err != nil {
				return m.get(msg.id)
			}
		}
	}
	return nil
}

// say shows what came of an answer, or of several that were sent together.
func (m *model) say(name string, msg sentMsg) {
	undo := ""
	if msg.err == nil && msg.receipt.Undo != "" {
		undo = "; u takes the grant back"
	}
	t := &m.tally
	if !t.ids[msg.id] || t.want == 1 {
		if m.status = name + ": " + msg.receipt.Text + undo; msg.err != nil {
			m.status = name + ": " + msg.err.Error()
		}
		return
	}
	if msg.err != nil {
		t.errors = append(t.errors, name+": "+msg.err.Error())
	} else {
		t.took++
		t.text = msg.receipt.Text
	}
	m.status = fmt.Sprintf("%d of %d answered: %s", t.took, t.want, t.text)
	if t.took == 0 {
		m.status = fmt.Sprintf("0 of %d answered", t.want)
	}
	if n := len(t.errors); n > 0 {
		m.status += fmt.Sprintf("; %d not: %s", n, strings.Join(t.errors[:min(n, 3)], "; "))
	}
}

// forgetSent forgets answers whose questions are gone, or have changed since.
func (m *model) forgetSent(open map[string]*approve.Question) {
	for id, s := range m.sent {
		if q := open[id]; s.done && (q == nil || q.Times != s.times || q.Waiting != s.waiting) {
			delete(m.sent, id)
		}
	}
}

// missed says that a question is gone which nobody here answered.
func (m *model) missed(q *approve.Question) {
	if m.sent[q.ID] == nil {
		m.status = nameOf(*q) + " is gone: it was answered elsewhere, cancelled, or its session has ended"
	}
}

// nameOf is what people call a question.
func nameOf(q approve.Question) string { return fit(clean(q.Server), 20) + " " + label(q.ID) }

// underWay are the questions whose answers nobody has taken yet.
func (m *model) underWay() (ids []string) {
	for id, s := range m.sent {
		if !s.done {
			ids = append(ids, id)
		}
	}
	return ids
}

// quit ends the program, after the answers that are on their way. It answers nothing.
func (m *model) quit() tea.Cmd {
	if m.quitting || len(m.underWay()) == 0 {
		return tea.Quit
	}
	m.quitting, m.status = true, "an answer is on its way: it ends when that is there; once more, and it ends now"
	return nil
}

// takeBack undoes the last grant.
func (m *model) takeBack() tea.Cmd {
	if m.last.undo == "" {
		m.status = "there is no grant to take back"
		return nil
	}
	undo, session, token := m.undo, m.last.session, m.last.undo
	m.last.undo, m.status = "", "taking it back …"
	return func() tea.Msg { return undoneMsg{session, token, undo(session, token)} }
}

// sessionOf is the session that asks. A question says it too, but the inbox looks only at its id.
func sessionOf(id string) string {
	session, _, _ := strings.Cut(id, ".")
	return session
}
