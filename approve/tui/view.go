package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

// View implements tea.Model.
func (m *model) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen = true
	return v
}

// The least that a card can be read on.
const (
	minWidth  = 30
	minHeight = 8
)

// fits reports whether the screen shows anything of a card.
func (m *model) fits() bool { return m.width >= minWidth && m.height >= minHeight }

// frame is what stands around the middle of the screen: a title and a rule above, a rule, a status, and two rows of keys below.
const frame = 6

// room is how many rows the middle has.
func (m *model) room() int { return max(1, m.height-frame) }

// screen is what the terminal shows: as many lines as it has, none wider than it is.
func (m *model) screen() string {
	if !m.fits() {
		return clipLines([]string{fit("too small", m.width), fit("make it 30x8", m.width)}, m.height)
	}
	title, body := m.title(), []row{}
	switch m.mode {
	case inHelp:
		body = helpRows(m.width)
	case inQueue:
		body = m.queueRows()
	case inScope:
		body = m.scopeRows()
	default:
		body = m.sheetRows()
	}
	lines := []string{m.draw(title), strings.Repeat("─", m.width)}
	for i := range m.room() {
		line := ""
		if i < len(body) {
			line = m.draw(body[i])
		}
		lines = append(lines, line)
	}
	lines = append(lines, strings.Repeat("─", m.width), m.draw(m.statusRow()))
	keys := wrapped(m.width, 0, m.keys()...)
	for i := range 2 {
		line := ""
		if i < len(keys) {
			line = m.draw(keys[i])
		}
		lines = append(lines, line)
	}
	return clipLines(lines, m.height)
}

func clipLines(lines []string, height int) string {
	return strings.Join(lines[:min(len(lines), max(0, height))], "\n")
}

// label is the end of a question's id, which is enough for people.
func label(id string) string {
	if i := strings.LastIndexByte(id, '.'); i >= 0 {
		return clean(id[i+1:])
	}
	return clean(id)
}

func sessionOf(id string) string {
	session, _, _ := strings.Cut(id, ".")
	return session
}

func (m *model) title() row {
	if s := m.shown; s != nil && m.mode != inQueue && m.mode != inHelp {
		q := s.questions[0]
		what := fmt.Sprintf("%s  %s  %s", label(q.ID), q.Server, q.Tool)
		if q.Kind == approve.KindSurface {
			what = fmt.Sprintf("%s  %s: what it shows", label(q.ID), q.Server)
		}
		if len(s.questions) > 1 {
			what = fmt.Sprintf("%d calls of %s  %s", len(s.questions), q.Server, q.Tool)
		}
		return row{{"sallyport  ", bold}, {what, bold}, {"  " + q.Class, classStyle(q.Class)}, {m.waits(q), dim}}
	}
	observing := ""
	for _, s := range m.sessions {
		if s.Observing {
			observing = "  OBSERVING"
		}
	}
	return row{{"sallyport  ", bold}, {count(len(m.questions), "question"), bold}, {"  " + count(len(m.sessions), "live session"), dim}, {observing, yellow}}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func classStyle(class string) style {
	switch class {
	case "destructive":
		return red
	case "read":
		return green
	}
	return yellow
}

// waits says how long the client of a question waits.
func (m *model) waits(q approve.Question) string {
	switch {
	case q.Waiting == 0:
		return "  the client was told to come back"
	case q.Until.IsZero():
		return ""
	}
	left := max(0, q.Until.Sub(m.now())).Truncate(time.Second)
	text := fmt.Sprintf("  %v left", left)
	if q.Waiting > 1 {
		text += fmt.Sprintf(", %d wait", q.Waiting)
	}
	return text
}

// visible are the questions that the filter lets through.
func (m *model) visible() []approve.Question {
	if m.filter == "" {
		return m.questions
	}
	var list []approve.Question
	want := strings.ToLower(m.filter)
	for _, q := range m.questions {
		if strings.Contains(strings.ToLower(q.Server+" "+q.Tool+" "+q.Summary), want) {
			list = append(list, q)
		}
	}
	return list
}

func (m *model) index(list []approve.Question) int {
	for i, q := range list {
		if q.ID == m.at {
			return i
		}
	}
	return 0
}

// queueRows are the questions, as many as there is room for.
func (m *model) queueRows() []row {
	var rows []row
	for _, odd := range m.odd {
		rows = append(rows, row{{"! " + odd, yellow}})
	}
	rows = rows[:min(len(rows), 3)]
	list := m.visible()
	if len(list) == 0 {
		for _, text := range m.nothing() {
			rows = append(rows, wrapped(m.width, 0, span{text, plain})...)
		}
		return rows
	}
	room := max(1, m.room()-len(rows))
	at := m.index(list)
	m.top = max(0, min(m.top, len(list)-room))
	if at < m.top {
		m.top = at
	} else if at >= m.top+room {
		m.top = at - room + 1
	}
	for i := m.top; i < min(len(list), m.top+room); i++ {
		rows = append(rows, m.queueRow(list[i], i == at))
	}
	return rows
}

func (m *model) queueRow(q approve.Question, cursor bool) row {
	mark, style := "  ", plain
	if cursor {
		mark, style = "> ", reverse
	}
	if m.marked[q.ID] {
		mark = mark[:1] + "*"
	}
	wait := "back"
	if q.Waiting > 0 {
		wait = max(0, q.Until.Sub(m.now())).Truncate(time.Second).String()
	}
	if q.Waiting > 1 {
		wait += fmt.Sprintf(" ×%d", q.Waiting)
	}
	head := fmt.Sprintf("%s%-5s %-11s %-9s ", mark, label(q.ID), clean(q.Class), wait)
	return row{{head, style}, {clean(q.Server) + "  ", bold}, {q.Summary, plain}}
}

// nothing is what an empty queue says.
func (m *model) nothing() []string {
	if m.filter != "" {
		return []string{fmt.Sprintf("No question has %q.", m.filter)}
	}
	if len(m.sessions) == 0 {
		return []string{"No questions, and no live session: no client has started a wrapped server.", "Questions come up here by themselves."}
	}
	text := []string{"No questions.", ""}
	for _, s := range m.sessions {
		line := fmt.Sprintf("%s  %s  %d calls, %d refused", clean(s.Server), clean(s.Client), s.Calls, s.Refused)
		if s.Observing {
			line += "  OBSERVING"
		}
		text = append(text, line)
	}
	return text
}

// sheetRows is the part of the sheet that shows.
func (m *model) sheetRows() []row {
	s := m.shown
	if s == nil {
		return nil
	}
	end := min(len(s.rows), s.scroll+m.room())
	return s.rows[min(s.scroll, end):end]
}

func (m *model) scopeRows() []row {
	q := m.shown.questions[0]
	sc := q.Scopes[m.draft.Scope]
	what := "Allow, until the session ends (8 hours at most),"
	switch {
	case m.draft.For == approve.ForAlways && m.draft.Allow:
		what = "Allow, always,"
	case m.draft.For == approve.ForAlways:
		what = "Refuse, always,"
	}
	rows := wrapped(m.width, 0, span{fmt.Sprintf("%s calls of %s  %s with:", what, q.Server, q.Tool), bold})
	style := plain
	if sc.Whole {
		style = yellow
	}
	for _, text := range strings.Split(sc.Words, "\n") {
		rows = append(rows, wrapped(m.width, 2, span{"  " + text, style})...)
	}
	if sc.Whole {
		rows = append(rows, wrapped(m.width, 0, span{"! every call of this tool, whatever its arguments", yellow})...)
	}
	rows = append(rows, row{{fmt.Sprintf("step %d of %d, the narrowest first", m.draft.Scope+1, len(q.Scopes)), dim}}, row{})
	if m.draft.For == approve.ForAlways {
		rows = append(rows, row{{"This is written to answers.yaml:", dim}})
	}
	for _, text := range strings.Split(sc.Text, "\n") {
		rows = append(rows, wrapped(m.width, 4, span{text, dim})...)
	}
	return rows
}

func (m *model) statusRow() row {
	switch {
	case m.mode == inWord:
		return row{{fmt.Sprintf("type %s to allow it: ", m.shown.questions[0].Word), bold}, {m.typed + "▏", plain}, {"  " + m.status, yellow}}
	case m.typing:
		return row{{"search: ", bold}, {m.filter + "▏", plain}}
	case m.status != "":
		return row{{m.status, yellow}}
	case m.mode == inCard || m.mode == inBatch:
		s := m.shown
		if end := s.scroll + m.room(); end < len(s.rows) {
			return row{{fmt.Sprintf("%d more lines below (Space, G)", len(s.rows)-end), dim}}
		}
		return row{{"the end", dim}}
	case m.filter != "":
		return row{{"only " + m.filter + " (Esc shows all)", dim}}
	}
	return nil
}

// keys are the ones that matter here.
func (m *model) keys() []span {
	switch m.mode {
	case inHelp:
		return []span{{"any key goes back", dim}}
	case inScope:
		return []span{{"[Esc back]", reverse}, {"  y confirm  + wider  - narrower", plain}}
	case inWord:
		return []span{{"[Esc back]", reverse}, {"  Enter sends it", plain}}
	case inQueue:
		return []span{{"Enter open  Space mark  a answer marked  / search  u undo  ? help  q quit", plain}}
	}
	s := m.shown
	if len(s.cards[0].Items) > 0 {
		return []span{{"[d deny]", reverse}, {"  a accept what is checked  Tab next item  Space check  c class  Esc back  ? help", plain}}
	}
	keys := []span{{"[d deny]", reverse}, {"  a allow once", plain}}
	if n := s.questions[0].Waiting; n > 1 && m.mode == inCard {
		keys = append(keys, span{fmt.Sprintf("  A allow all %d", n), plain})
	}
	if m.mode == inBatch {
		return append(keys, span{" (all of these)  Esc back  ? help", plain})
	}
	if len(s.questions[0].Scopes) > 0 {
		keys = append(keys, span{"  s this session  w always  D deny always", plain})
	}
	return append(keys, span{"  n next  Esc back  ? help", plain})
}

// helpRows explain the keys.
func helpRows(width int) []row {
	var rows []row
	for _, l := range [][2]string{
		{"Enter, d", "on a card: deny"},
		{"a", "allow once; A all of the same that wait"},
		{"s, w", "allow for this session, always: shows the scope first"},
		{"D", "deny always: shows the scope first"},
		{"+, -", "a wider, a narrower scope"},
		{"u", "take the last grant back"},
		{"j k, arrows", "move; Space, f, b a screen; g, G start, end"},
		{"n, p, Tab", "next card, card before; items of a server"},
		{"Space", "in the queue: mark, for one answer to several alike"},
		{"Space, c", "on what a server shows: check, change the class"},
		{"/", "search the queue; Esc shows all"},
		{"Esc, q", "back; q in the queue quits, and answers nothing"},
	} {
		rows = append(rows, wrapped(width, 14, span{fmt.Sprintf("%-12s  ", l[0]), bold}, span{l[1], plain})...)
	}
	return rows
}
