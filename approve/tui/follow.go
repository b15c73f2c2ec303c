package tui

import (
	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

// follow brings the screen up to date with the questions that there are now.
func (m *model) follow() tea.Cmd {
	open := make(map[string]*approve.Question, len(m.questions))
	for i := range m.questions {
		open[m.questions[i].ID] = &m.questions[i]
	}
	for id := range m.marked {
		if open[id] == nil {
			delete(m.marked, id)
		}
	}
	m.search()
	cmds := []tea.Cmd{m.tick()}
	if m.shown != nil {
		cmds = append(cmds, m.followShown(open))
	}
	m.forgetSent(open)
	if m.mode == inQueue && m.at == "" && len(m.questions) == 1 && len(m.list) == 1 && !m.typing {
		m.status = ""
		cmds = append(cmds, m.open(m.list[0].ID)) // somebody waits for the first one
	}
	return tea.Batch(cmds...)
}

// followShown brings the card on the screen up to date.
func (m *model) followShown(open map[string]*approve.Question) tea.Cmd {
	var cmds []tea.Cmd
	own, removed := false, false
	s := m.shown
	for i := 0; i < len(s.questions); i++ {
		old := s.questions[i]
		q := open[old.ID]
		if q == nil {
			own, removed = own || m.sent[old.ID] != nil, true
			m.missed(&old)
			s.remove(i)
			i--
			continue
		}
		if q.Times == old.Times && q.Waiting == old.Waiting && sameQuestion(*q, old) {
			continue
		}
		s.questions[i] = *q
		if s.counted = m.now(); !sameQuestion(*q, old) {
			m.lookAgain()
		}
		cmds = append(cmds, m.get(q.ID)) // what it would do may have changed
	}
	if len(s.questions) > 0 {
		if removed {
			s.choose()
			m.lookAgain()
		}
		return tea.Batch(cmds...)
	}
	m.leave()
	if own && len(m.list) > 0 {
		m.keepCursor()
		cmds = append(cmds, m.open(m.list[m.pos].ID))
	}
	return tea.Batch(cmds...)
}

// tookBack says what came of taking a grant back.
func (m *model) tookBack(msg undoneMsg) {
	if msg.err == nil {
		m.status = "taken back: " + m.last.text
		return
	}
	m.status = m.last.text + " was not taken back: " + msg.err.Error()
	if m.last.undo == "" && m.last.session == msg.session {
		m.last.undo = msg.undo
	}
}

// lookAgain takes the user back to the card, which is another one than it was.
func (m *model) lookAgain() {
	m.mode, m.draft = inCard, approve.Answer{}
	m.shown.again()
	m.shown.focus = 0
	m.shown.layOut(m.width)
}

// find is the question of an id, the zero one if it is gone.
func (m *model) find(id string) approve.Question {
	for i := range m.questions {
		if m.questions[i].ID == id {
			return m.questions[i]
		}
	}
	return approve.Question{}
}

// leave goes back to the queue.
func (m *model) leave() {
	m.mode, m.shown, m.wanted, m.draft = inQueue, nil, nil, approve.Answer{}
}

// open fetches cards and shows them when all are there.
func (m *model) open(ids ...string) tea.Cmd {
	m.wanted = ids
	clear(m.got)
	var all []tea.Cmd
	for _, id := range ids {
		all = append(all, m.get(id))
	}
	return tea.Batch(all...)
}

// get fetches a card, one at a time of each question.
func (m *model) get(id string) tea.Cmd {
	if _, ok := m.fetching[id]; ok {
		m.fetching[id] = false
		return nil
	}
	m.fetching[id] = true
	fetch := m.fetch
	return func() tea.Msg {
		card, err := fetch(id)
		return cardMsg{id, card, err}
	}
}

// arrived takes in a card.
func (m *model) arrived(msg cardMsg) tea.Cmd {
	current := m.fetching[msg.id]
	delete(m.fetching, msg.id)
	if !current && m.find(msg.id).ID != "" {
		return m.get(msg.id)
	}
	if m.shown != nil && msg.err == nil && m.shown.replace(msg.card) {
		m.lookAgain()
		if m.sent[msg.id] == nil { // else it may be the answer that changed it
			m.status = "what it would do has changed: look again"
		}
	}
	wanted := false
	for _, id := range m.wanted {
		wanted = wanted || id == msg.id
	}
	if !wanted {
		return nil
	}
	if msg.err != nil {
		m.status, m.wanted = nameOf(m.find(msg.id))+": "+msg.err.Error(), nil
		return nil
	}
	if m.got[msg.id] = msg.card; len(m.got) < len(m.wanted) {
		return nil
	}
	m.show()
	return nil
}

// show puts the cards on the screen that were fetched.
func (m *model) show() {
	s := &sheet{counted: m.now()}
	for _, id := range m.wanted {
		if q := m.find(id); q.ID != "" {
			s.questions, s.cards = append(s.questions, q), append(s.cards, m.got[id])
		}
	}
	if m.wanted = nil; len(s.cards) == 0 {
		return
	}
	if len(s.cards) == 1 {
		m.at = s.questions[0].ID
		m.keepCursor()
	}
	s.choose()
	s.again()
	s.layOut(m.width)
	m.shown, m.mode, m.typing, m.draft = s, inCard, false, approve.Answer{}
	if m.status == fetchingText {
		m.status = ""
	}
}

const fetchingText = "fetching what it would do …"
