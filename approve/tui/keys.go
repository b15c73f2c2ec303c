package tui

import (
	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

// key does what a key means where the user is.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if name == "ctrl+c" {
		return m.quit()
	}
	if !m.fits() || k.IsRepeat && answers(name) && m.mode != inQueue {
		return nil // nobody has read what it would answer
	}
	m.status, m.pressed = "", name
	switch {
	case m.mode == inHelp:
		return m.helpKey(name)
	case m.mode == inConfirm:
		return m.checkKey(k, name)
	case m.typing:
		m.filterKey(k, name)
		return nil
	case name == "?":
		m.before, m.mode = m.mode, inHelp
		m.help = page{rows: helpRows(m.width)}
		return nil
	case m.mode == inScope:
		return m.scopeKey(name)
	case m.mode == inCard:
		return m.cardKey(name)
	}
	return m.queueKey(name)
}

// answers reports whether a key answers something on some screen.
func answers(name string) bool {
	switch name {
	case "enter", "a", "A", "d", "D", "s", "w", "y":
		return true
	}
	return false
}

func (m *model) helpKey(name string) tea.Cmd {
	if !m.help.move(name, m.room()) {
		m.mode, m.before = m.before, inQueue
	}
	return nil
}

// move scrolls a page, if the key is one that does.
func (p *page) move(name string, room int) bool {
	switch name {
	case "j", "down":
		p.scroll++
	case "k", "up":
		p.scroll--
	case "pgdown", "ctrl+f", "f", "space":
		p.scroll += max(1, room-1)
	case "pgup", "ctrl+b", "b":
		p.scroll -= max(1, room-1)
	case "g", "home":
		p.scroll = 0
	case "G", "end":
		p.scroll = len(p.rows)
	default:
		return false
	}
	p.scroll = max(0, min(p.scroll, len(p.rows)-room))
	return true
}

// cardKey moves in a card, or answers it.
func (m *model) cardKey(name string) tea.Cmd {
	s := m.shown
	items := s.items()
	switch name {
	case "q":
		return m.quit()
	case "esc", "tab", "shift+tab":
		m.leave()
	case "left", "h", "right", "l":
		if !m.held(name) { // it may have opened the card
			m.moveFocus(name)
		}
	case "n":
		return m.beside(1)
	case "p":
		return m.beside(-1)
	case "c":
		m.cycle()
	case "u":
		return m.takeBack()
	case "enter", "a", "A", "d", "D", "s", "w":
		return m.answerKey(name)
	case "space":
		if len(items) > 0 {
			key := items[s.item].Key
			s.checked[key] = !s.checked[key]
			s.layOut(m.width)
			return nil
		}
		fallthrough
	default:
		if s.move(name, m.room()) {
			s.cursorFollows(m.width, m.room())
		}
	}
	return nil
}

// moveFocus goes to the button beside.
func (m *model) moveFocus(name string) {
	step := 1
	if name == "left" || name == "h" {
		step = -1
	}
	m.shown.focus = max(0, min(m.shown.focus+step, len(m.buttons())-1))
}

// beside goes to the next item of a surface, else to the next question.
func (m *model) beside(step int) tea.Cmd {
	s := m.shown
	if len(s.items()) > 0 {
		s.to(s.item+step, m.width, m.room())
		return nil
	}
	if len(m.list) < 2 || len(s.questions) > 1 {
		return nil
	}
	m.status = fetchingText
	return m.open(m.list[(m.pos+step+len(m.list))%len(m.list)].ID)
}

// cycle gives the tool under the cursor another class than was proposed.
func (m *model) cycle() {
	s := m.shown
	if len(s.items()) == 0 || s.items()[s.item].Class == "" {
		return
	}
	item := s.items()[s.item]
	class := item.Class
	if given := s.classes[item.Key]; given != "" {
		class = given
	}
	next := map[string]string{"read": "write", "write": "destructive", "destructive": "read"}[class]
	if next == "" {
		next = "destructive"
	}
	if s.classes[item.Key] = next; next == item.Class {
		delete(s.classes, item.Key)
	}
	s.layOut(m.width)
}

func (m *model) queueKey(name string) tea.Cmd {
	m.wanted = nil // the user does something else
	list := m.list
	switch name {
	case "q":
		return m.quit()
	case "j", "down":
		m.pos++
	case "k", "up":
		m.pos--
	case "g", "home":
		m.pos = 0
	case "G", "end":
		m.pos = len(list) - 1
	case "pgdown", "ctrl+f", "f":
		m.pos += m.queueRoom()
	case "pgup", "ctrl+b", "b":
		m.pos -= m.queueRoom()
	case "/":
		m.typing = true
	case "esc":
		m.filter = ""
		clear(m.marked)
		m.search()
		return nil
	case "space":
		if len(list) > 0 && m.mark(list[m.pos]) {
			m.pos++
		}
	case "a":
		return m.batch()
	case "u":
		return m.takeBack()
	case "enter", "l", "right", "tab":
		if len(list) > 0 {
			m.acts()
			m.status = fetchingText
			return m.open(list[m.pos].ID)
		}
	}
	if m.pos = max(0, min(m.pos, len(list)-1)); len(list) > 0 {
		m.at = list[m.pos].ID
	}
	return nil
}

// mark sets a question aside for one answer together with others that are alike, or takes it back.
func (m *model) mark(q approve.Question) bool {
	if m.marked[q.ID] {
		delete(m.marked, q.ID)
		return true
	}
	if q.Kind != approve.KindCall || q.Word != "" {
		m.status = "this one is answered alone: Enter opens it"
		return false
	}
	for id := range m.marked {
		if !alike(m.find(id), q) {
			m.status = "only calls of one tool of one server are answered together"
			return false
		}
	}
	m.marked[q.ID] = true
	return true
}

func alike(a, b approve.Question) bool {
	return a.Kind == b.Kind && a.Server == b.Server && a.Method == b.Method && a.Tool == b.Tool && a.Class == b.Class && a.Word == b.Word
}

// batch opens all that are marked and shown.
func (m *model) batch() tea.Cmd {
	var ids []string
	for i := range m.list {
		if m.marked[m.list[i].ID] {
			ids = append(ids, m.list[i].ID)
		}
	}
	if len(ids) == 0 {
		m.status = "open a question with Enter, or mark several with Space"
		return nil
	}
	for _, id := range ids {
		if q := m.find(id); q.Kind != approve.KindCall || q.Word != "" || !alike(q, m.find(ids[0])) {
			m.status = nameOf(q) + " is no longer like the others: unmark it"
			return nil
		}
	}
	m.acts()
	m.status = fetchingText
	return m.open(ids...)
}

// filterKey edits what the queue is searched for.
func (m *model) filterKey(k tea.KeyPressMsg, name string) {
	switch name {
	case "esc":
		m.filter, m.typing = "", false
	case "enter", "tab":
		m.typing = false
	case "backspace":
		m.filter = shorter(m.filter)
	default:
		if len(m.filter) < maxTyped {
			m.filter += clean(k.Text)
		}
	}
	m.search()
}
