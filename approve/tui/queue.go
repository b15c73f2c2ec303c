package tui

import (
	"fmt"
	"strings"
	"time"

	"sallyport/approve"
)

// search sets the list to the questions that the filter lets through.
func (m *model) search() {
	if m.list = m.questions; m.filter == "" {
		return
	}
	m.list = nil
	want := strings.ToLower(m.filter)
	for i := range m.questions {
		q := &m.questions[i]
		if has(q.Server, want) || has(q.Tool, want) || has(q.Summary, want) {
			m.list = append(m.list, *q)
		}
	}
}

func has(text, want string) bool { return strings.Contains(strings.ToLower(text), want) }

// keepCursor keeps the cursor on its question, or where that was, and within what shows.
func (m *model) keepCursor() {
	if len(m.list) == 0 {
		m.at, m.pos, m.top = "", 0, 0
		return
	}
	if m.pos >= len(m.list) || m.list[m.pos].ID != m.at {
		for i := range m.list {
			if m.list[i].ID == m.at {
				m.pos = i
				break
			}
		}
		m.pos = min(m.pos, len(m.list)-1)
		m.at = m.list[m.pos].ID
	}
	room := m.queueRoom()
	m.top = max(m.pos-room+1, min(m.top, m.pos, len(m.list)-room), 0)
}

// details is how many rows say more of the question under the cursor.
func (m *model) details() int {
	if len(m.list) == 0 || m.height < 16 {
		return 0
	}
	return 4
}

// maxOdd bounds the rows that say what is wrong.
const maxOdd = 3

// queueRoom is how many questions show.
func (m *model) queueRoom() int {
	return max(1, m.room()-m.details()-min(len(m.odd), maxOdd))
}

// queueRows are the questions, as many as there is room for, and what is wrong.
func (m *model) queueRows() []row {
	var rows []row
	for i, odd := range m.odd[:min(len(m.odd), maxOdd)] {
		if i == maxOdd-1 && len(m.odd) > maxOdd {
			odd = fmt.Sprintf("and %d more problems", len(m.odd)-i)
		}
		rows = append(rows, row{{"! " + odd, warn}})
	}
	if len(m.list) == 0 {
		return append(rows, m.nothing(m.room()-len(rows))...)
	}
	room := m.queueRoom()
	for i := m.top; i < min(len(m.list), m.top+room); i++ {
		rows = append(rows, m.queueRow(&m.list[i], i == m.pos))
	}
	if m.details() == 0 {
		return rows
	}
	for len(rows) < m.room()-m.details() {
		rows = append(rows, nil)
	}
	return append(rows, m.detailRows(&m.list[m.pos])...)
}

func (m *model) queueRow(q *approve.Question, cursor bool) row {
	mark, style := []byte("  "), plain
	if cursor {
		mark[0], style = '>', reverse
	}
	if m.marked[q.ID] {
		mark[1] = '*'
	}
	what := clean(q.Server)
	summary := strings.TrimPrefix(clean(q.Summary), clean(q.Tool)+": ")
	switch {
	case q.Kind == approve.KindSurface:
		what += " · what it shows"
	case q.Tool != "":
		what += " · " + clean(q.Tool)
	default:
		what += " · " + clean(q.Method)
	}
	class := row{{pad(clean(q.Class), 11), classStyle(q.Class)}, {" ", plain}}
	lead := span{string(mark) + pad(m.wait(q), 10) + " ", style}
	switch {
	case m.width < 60: // the summary says what, and the card the rest
		if q.Kind != approve.KindSurface {
			what = clean(q.Summary)
		}
		return row{{string(mark) + pad(m.wait(q), 9) + " ", style}, {pad(clean(q.Class), 6) + " ", classStyle(q.Class)}, {what, plain}}
	case m.width < 110:
		lead.text += pad(m.age(q), 4) + " "
		return append(row{lead}, append(class, span{pad(what, 26) + " ", bold}, span{summary, plain})...)
	}
	lead.text += pad(label(q.ID), 5) + pad(m.age(q), 5) + " "
	side := 24
	return append(row{lead}, append(class, span{pad(what, 36) + " ", bold}, span{pad(summary, m.width-73-side) + " ", plain}, span{fit(clean(ruleOf(q)), side), plain})...)
}

func ruleOf(q *approve.Question) string {
	var names []string
	for _, c := range q.Rules {
		names = append(names, c.Rule)
	}
	return strings.Join(names, ", ")
}

// wait says how long the client waits.
func (m *model) wait(q *approve.Question) string {
	if q.Waiting == 0 {
		return "came back"
	}
	text := "waits"
	if !q.Until.IsZero() {
		text = short(q.Until.Sub(m.now())) + " left"
	}
	if q.Waiting > 1 {
		text = strings.TrimSuffix(text, " left") + fmt.Sprintf(" ×%d", q.Waiting)
	}
	return text
}

func (m *model) age(q *approve.Question) string { return short(m.now().Sub(q.Asked)) }

// short is a time in its largest unit.
func short(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", min(d/(24*time.Hour), 999))
}

// detailRows say more of the question under the cursor.
func (m *model) detailRows(q *approve.Question) []row {
	waits := "its client waits for an answer"
	switch {
	case q.Waiting == 0:
		waits = "its client was told to come back; nothing was executed"
	case q.Waiting > 1:
		waits = fmt.Sprintf("%d of the same wait for an answer", q.Waiting)
	}
	why := "held by: " + ruleOf(q)
	for _, c := range q.Rules {
		if c.At != "" {
			why += "  at " + c.At
		}
		if c.Because != "" {
			why += "  " + c.Because
		}
	}
	return []row{
		m.rule(""),
		{{clean(q.Summary), bold}},
		{{why, plain}},
		{{fmt.Sprintf("%s  asked %s ago by %s; %s", label(q.ID), m.age(q), clean(q.Client), waits), plain}},
	}
}

// nothing is what an empty queue says.
func (m *model) nothing(room int) []row {
	say := func(text string) []row { return wrapped(m.width, 0, span{text, plain}) }
	if m.filter != "" {
		return say(fmt.Sprintf("No question has %q in its server, tool or summary. Esc shows all.", m.filter))
	}
	if len(m.sessions) == 0 {
		rows := append(say("No questions, and no live session: no client has started a wrapped server yet."), nil)
		return append(rows, say("Leave this open: questions come up here by themselves.")...)
	}
	rows := append(say("No questions. They come up here by themselves."), nil)
	rows = append(rows, row{{"Live sessions:", bold}})
	for i, s := range m.sessions {
		if left := len(m.sessions) - i; left > 1 && len(rows) >= room-1 {
			return append(rows, row{{fmt.Sprintf("  and %d more", left), plain}})
		}
		mark := span{"  ", plain}
		if s.Observing {
			mark = span{"  OBSERVING ", warn}
		}
		text := clean(s.Server)
		if s.Client != "" {
			text += " for " + clean(s.Client)
		}
		text += fmt.Sprintf(": %s, %d refused", count(int(min(s.Calls, 1<<40)), "call"), s.Refused)
		rows = append(rows, row{mark, {text, plain}})
	}
	return rows
}
