package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

// key does what a key means where the user is.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if name == "ctrl+c" {
		return tea.Quit
	}
	m.status = ""
	switch {
	case m.mode == inHelp:
		m.mode = m.before
		return nil
	case m.mode == inWord:
		return m.wordKey(k, name)
	case m.typing:
		return m.filterKey(k, name)
	case name == "?":
		m.before, m.mode = m.mode, inHelp
		return nil
	case m.mode == inScope:
		return m.scopeKey(name)
	case m.mode == inCard || m.mode == inBatch:
		return m.cardKey(name)
	}
	return m.queueKey(name)
}

func (m *model) queueKey(name string) tea.Cmd {
	list := m.visible()
	at := m.index(list)
	switch name {
	case "q":
		return tea.Quit
	case "j", "down", "tab":
		at++
	case "k", "up", "shift+tab":
		at--
	case "g", "home":
		at = 0
	case "G", "end":
		at = len(list) - 1
	case "pgdown", "ctrl+f":
		at += m.room()
	case "pgup", "ctrl+b":
		at -= m.room()
	case "/":
		m.typing = true
	case "esc":
		m.filter, m.status = "", ""
		clear(m.marked)
	case "space":
		m.mark(list, at)
		at++
	case "a":
		return m.batch(list)
	case "u":
		return m.takeBack()
	case "enter", "l", "right":
		if len(list) > 0 {
			return m.open(list[at].ID)
		}
	}
	if len(list) > 0 {
		m.at = list[max(0, min(at, len(list)-1))].ID
	}
	return nil
}

// mark sets a question aside for an answer together with others that are alike.
func (m *model) mark(list []approve.Question, at int) {
	if len(list) == 0 {
		return
	}
	q := list[at]
	if m.marked[q.ID] {
		delete(m.marked, q.ID)
		return
	}
	if q.Kind != approve.KindCall || q.Word != "" {
		m.status = "this one is answered alone"
		return
	}
	for id := range m.marked {
		if o := m.find(id); o.Server != q.Server || o.Tool != q.Tool || o.Class != q.Class || o.Method != q.Method {
			m.status = "only calls of one tool are answered together"
			return
		}
	}
	m.marked[q.ID] = true
}

// batch opens all that were marked.
func (m *model) batch(list []approve.Question) tea.Cmd {
	var ids []string
	for _, q := range list {
		if m.marked[q.ID] {
			ids = append(ids, q.ID)
		}
	}
	if len(ids) == 0 {
		m.status = "open a question with Enter, or mark several with Space"
		return nil
	}
	return m.open(ids...)
}

// filterKey edits what the queue is searched for.
func (m *model) filterKey(k tea.KeyPressMsg, name string) tea.Cmd {
	switch name {
	case "esc":
		m.filter, m.typing = "", false
	case "enter":
		m.typing = false
	case "backspace":
		m.filter = shorter(m.filter)
	default:
		m.filter += clean(k.Text)
	}
	if list := m.visible(); len(list) > 0 && m.index(list) == 0 {
		m.at = list[0].ID
	}
	return nil
}

func shorter(text string) string {
	runes := []rune(text)
	return string(runes[:max(0, len(runes)-1)])
}

// cardKey moves in a card, or answers it.
func (m *model) cardKey(name string) tea.Cmd {
	s := m.shown
	surface := len(s.cards[0].Items) > 0
	switch name {
	case "esc", "h", "left", "q":
		m.leave()
		return nil
	case "j", "down":
		s.scroll++
	case "k", "up":
		s.scroll--
	case "pgdown", "ctrl+f", "f":
		s.scroll += m.room()
	case "pgup", "ctrl+b", "b":
		s.scroll -= m.room()
	case "g", "home":
		s.scroll = 0
	case "G", "end":
		s.scroll = len(s.rows)
	case "space":
		if !surface {
			s.scroll += m.room()
			break
		}
		key := s.cards[0].Items[s.item].Key
		s.checked[key] = !s.checked[key]
		s.to(m, s.item)
		return nil
	case "tab", "n":
		if surface {
			s.to(m, s.item+1)
			return nil
		}
		return m.neighbour(1)
	case "shift+tab", "p":
		if surface {
			s.to(m, s.item-1)
			return nil
		}
		return m.neighbour(-1)
	case "c":
		m.cycle()
		return nil
	case "u":
		return m.takeBack()
	default:
		return m.answerKey(name)
	}
	s.moved(m)
	return nil
}

// neighbour opens the card of another question.
func (m *model) neighbour(step int) tea.Cmd {
	list := m.visible()
	if len(list) < 2 || m.mode != inCard {
		return nil
	}
	m.at = list[(m.index(list)+step+len(list))%len(list)].ID
	return m.open(m.at)
}

// cycle gives a tool another class than was proposed.
func (m *model) cycle() {
	s := m.shown
	if len(s.cards[0].Items) == 0 || s.cards[0].Items[s.item].Class == "" {
		return
	}
	item := s.cards[0].Items[s.item]
	class := item.Class
	if given := s.classes[item.Key]; given != "" {
		class = given
	}
	next := map[string]string{"read": "write", "write": "destructive", "destructive": "read"}[class]
	if s.classes[item.Key] = next; next == item.Class {
		delete(s.classes, item.Key)
	}
	s.to(m, s.item)
}

// answerKey answers, unless the card has just come up.
func (m *model) answerKey(name string) tea.Cmd {
	s := m.shown
	if !strings.Contains(" enter d D a A s w ", " "+name+" ") || len(s.cards) == 0 {
		return nil
	}
	if s.guarded(m) {
		m.status = "too soon: read it first"
		return nil
	}
	switch name {
	case "enter", "d":
		return m.sendAll(approve.Answer{})
	case "D":
		m.scopes(approve.Answer{For: approve.ForAlways})
		return nil
	}
	if !s.seen {
		m.status = "there is more below: go to its end first (G)"
		return nil
	}
	switch name {
	case "a":
		return m.allow(approve.Answer{Allow: true, Count: 1})
	case "A":
		return m.allow(approve.Answer{Allow: true, Count: max(1, s.questions[0].Waiting)})
	case "s":
		m.scopes(approve.Answer{Allow: true, For: approve.ForSession})
	case "w":
		m.scopes(approve.Answer{Allow: true, For: approve.ForAlways})
	}
	return nil
}

// allow sends an allowance, or asks for the word that it needs.
func (m *model) allow(a approve.Answer) tea.Cmd {
	s := m.shown
	if items := s.cards[0].Items; len(items) > 0 {
		a.Classes = s.classes
		for _, item := range items {
			if s.checked[item.Key] {
				a.Items = append(a.Items, item.Key)
			}
		}
		if len(a.Items) == 0 {
			m.status = "nothing is checked: Space checks what is under the cursor, d leaves all of it out"
			return nil
		}
	}
	if s.questions[0].Word != "" {
		if m.mode != inScope {
			m.before = m.mode
		}
		m.draft, m.typed, m.mode = a, "", inWord
		return nil
	}
	return m.sendAll(a)
}

// wordKey edits the word that allows.
func (m *model) wordKey(k tea.KeyPressMsg, name string) tea.Cmd {
	switch name {
	case "esc":
		m.mode, m.draft = m.before, approve.Answer{}
	case "backspace":
		m.typed = shorter(m.typed)
	case "enter":
		if m.typed != m.shown.questions[0].Word {
			m.status = "that is another word: nothing was allowed"
			m.typed = ""
			return nil
		}
		a := m.draft
		a.Typed, m.mode = m.typed, m.before
		return m.sendAll(a)
	default:
		m.typed += clean(k.Text)
	}
	return nil
}

// scopes shows what a grant would hold for.
func (m *model) scopes(a approve.Answer) {
	if m.mode == inBatch || len(m.shown.questions[0].Scopes) == 0 {
		m.status = "nothing like it can be granted: answer once"
		return
	}
	m.draft, m.before, m.mode, m.since = a, m.mode, inScope, m.now()
}

func (m *model) scopeKey(name string) tea.Cmd {
	n := len(m.shown.questions[0].Scopes)
	switch name {
	case "esc", "q", "left", "h":
		m.mode, m.draft = m.before, approve.Answer{}
	case "+", "=", "j", "down", "right", "l":
		if m.draft.Scope < n-1 {
			m.draft.Scope++
			m.since = m.now()
		}
	case "-", "k", "up":
		if m.draft.Scope > 0 {
			m.draft.Scope--
			m.since = m.now()
		}
	case "y", "enter":
		if m.now().Sub(m.since) < guardTime {
			m.status = "too soon: read it first"
			return nil
		}
		if m.draft.Allow {
			return m.allow(m.draft)
		}
		return m.sendAll(m.draft)
	}
	return nil
}

// sendAll answers what is on the screen. Each question is answered once, whatever keys follow.
func (m *model) sendAll(a approve.Answer) tea.Cmd {
	var all []tea.Cmd
	for i, q := range m.shown.questions {
		if m.sending[q.ID] {
			continue
		}
		m.sending[q.ID] = true
		one := a
		one.ID, one.Digest, one.Door = q.ID, m.shown.cards[i].Digest, "tui"
		if i > 0 || m.mode == inBatch {
			one.Count = max(1, one.Count)
		}
		send := m.send
		all = append(all, func() tea.Msg {
			r, err := send(one)
			return sentMsg{one.ID, r, err}
		})
		delete(m.marked, q.ID)
	}
	m.status = "…"
	if m.mode == inScope || m.mode == inWord {
		m.mode = m.before
	}
	return tea.Batch(all...)
}

// takeBack undoes the last grant.
func (m *model) takeBack() tea.Cmd {
	if m.last.undo == "" {
		m.status = "there is no grant to take back"
		return nil
	}
	undo, session, token := m.undo, m.last.session, m.last.undo
	return func() tea.Msg { return undoneMsg{undo(session, token)} }
}
