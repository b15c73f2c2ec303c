package tui

import (
	"fmt"
	"strings"

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

// A screen is a title, a rule where there is room for one, what it is about, a rule, the status, and keys.

func (m *model) topRule() int {
	if m.height >= 14 {
		return 1
	}
	return 0
}

// maxKeys bounds the rows of keys.
func (m *model) maxKeys() int {
	if m.height >= 11 {
		return 3
	}
	return 2
}

// keyRows are the keys that matter here, none broken in two, as many as there is room for.
func (m *model) keyRows() []row {
	rows, used := []row{nil}, 0
	for _, s := range m.keys() {
		w := widthOf(s.text)
		if used > 0 && used+w > m.width {
			rows, used = append(rows, nil), 0
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], s, span{" ", plain})
		used += w + 1
	}
	return rows[:min(len(rows), m.maxKeys())]
}

// maxStatus bounds the rows of the status.
const maxStatus = 3

// room is how many rows are left for what the screen is about.
func (m *model) room() int {
	return max(1, m.height-2-m.topRule()-len(m.statusRows())-len(m.keyRows()))
}

// screen is what the terminal shows: as many lines as it has, none wider than it is.
func (m *model) screen() string {
	if !m.fits() {
		lines := []string{fit("too small:", m.width), fit("make it 30x8", m.width)}
		return strings.Join(lines[:max(0, min(len(lines), m.height))], "\n")
	}
	rows := []row{m.title()}
	if m.topRule() > 0 {
		rows = append(rows, m.rule(""))
	}
	room := m.room()
	body, more := m.queueRows, ""
	if p := m.page(); p != nil {
		body = func() []row { return p.rows[min(p.scroll, len(p.rows)):min(p.scroll+room, len(p.rows))] }
		if below := len(p.rows) - p.scroll - room; below > 0 {
			more = count(below, "more line") + " below"
		} else if p.scroll > 0 {
			more = "the end"
		}
	} else if below := len(m.list) - m.top - m.queueRoom(); below > 0 {
		more = fmt.Sprintf("%d more below", below)
	}
	shown := body()
	rows = append(rows, shown[:min(len(shown), room)]...)
	for range room - len(shown) {
		rows = append(rows, nil)
	}
	rows = append(append(rows, m.rule(more)), m.statusRows()...)
	rows = append(rows, m.keyRows()...)
	lines := make([]string, 0, m.height)
	for _, r := range rows[:min(len(rows), m.height)] {
		lines = append(lines, m.draw(r))
	}
	return strings.Join(lines, "\n")
}

// rule is a line across the screen, with a word in it.
func (m *model) rule(text string) row {
	if text != "" {
		text = " " + fit(text, m.width-6) + " ──"
	}
	return row{{strings.Repeat("─", max(0, m.width-widthOf(text))) + text, plain}}
}

func (m *model) title() row {
	if m.mode == inHelp {
		return row{{"sallyport: keys", bold}}
	}
	if m.shown == nil {
		return m.queueTitle()
	}
	s := m.shown
	q := &s.questions[0]
	head := row{{label(q.ID) + "  ", bold}}
	if len(s.questions) > 1 {
		head = row{{fmt.Sprintf("%d calls  ", len(s.questions)), bold}}
	}
	waits := m.wait(q)
	if q.Waiting == 0 {
		waits = "client told to come back"
	}
	what := clean(q.Tool)
	if what == "" {
		what = clean(q.Method)
	}
	if q.Kind == approve.KindSurface {
		what = "what it shows"
	}
	return append(head, span{fit(clean(q.Class), 11), classStyle(q.Class)}, span{"  " + waits + "  ", plain}, span{clean(q.Server) + " · " + what, bold})
}

func (m *model) queueTitle() row {
	title := row{{"sallyport  ", bold}, {count(len(m.questions), "question"), bold}, {"  " + count(len(m.sessions), "live session"), plain}}
	var observing []string
	for _, s := range m.sessions {
		if s.Observing && len(observing) < 5 {
			observing = append(observing, clean(s.Server))
		}
	}
	if n := len(observing); n > 0 && m.width < 60 {
		title[0], title[2] = span{}, span{fmt.Sprintf("  %d live", len(m.sessions)), plain}
		title = append(title, span{"  OBSERVING", warn})
	} else if n > 0 {
		title = append(title, span{"  OBSERVING: " + strings.Join(observing, ", "), warn})
	}
	if len(m.odd) > 0 {
		title = append(title, span{"  " + count(len(m.odd), "problem"), warn})
	}
	return title
}

func classStyle(class string) style {
	switch class {
	case "destructive":
		return red
	case "read":
		return green
	}
	return warn
}

// statusRows say what came of the last key or answer, or hold what is being typed. There is always one.
func (m *model) statusRows() []row {
	var rows []row
	switch {
	case m.mode == inConfirm && m.shown.questions[0].Word != "":
		rows = []row{{{"word: ", bold}, {tail(m.check.typed, m.width-8) + "▏", plain}}}
	case m.mode == inQueue && m.typing:
		rows = []row{{{"search: ", bold}, {tail(m.filter, m.width-10) + "▏", plain}}}
	case m.status == "" && m.mode == inQueue && m.filter != "":
		return []row{{{"only " + fit(m.filter, m.width-24) + " (Esc shows all)", plain}}}
	}
	if m.status != "" || len(rows) == 0 {
		text := wrapped(m.width, 0, span{m.status, warn})
		if len(text) > maxStatus-len(rows) {
			text = text[:maxStatus-len(rows)]
			text[len(text)-1] = append(row{}, append(text[len(text)-1], span{"…", warn})...)
		}
		rows = append(rows, text...)
	}
	return rows
}

// tail is the end of a text that fits.
func tail(text string, room int) string {
	for widthOf(text) > max(1, room) {
		char, _ := first(text)
		text = text[len(char):]
	}
	return text
}

// keys are the ones that matter here.
func (m *model) keys() []span {
	switch m.mode {
	case inHelp:
		return plainly("j k scroll", "any other key goes back")
	case inScope:
		return plainly("Enter or y confirm", "+ wider", "- narrower", "Esc back", "? help")
	case inConfirm:
		if m.shown.questions[0].Word != "" {
			return plainly("type the word, then Enter", "Esc back")
		}
		return plainly("y accept", "Esc back")
	case inQueue:
		if m.typing {
			return plainly("Enter keeps the search", "Esc shows all")
		}
		return plainly("Enter open", "Space mark", "a answer marked", "/ search", "u undo", "? help", "q quit")
	}
	var keys []span
	for i, b := range m.buttons() {
		if i == m.shown.focus {
			keys = append(keys, span{"[" + b.key + " " + b.text + "]", reverse})
		} else {
			keys = append(keys, plainly(b.key+" "+b.text)...)
		}
	}
	if len(m.shown.items()) > 0 {
		keys = append(keys, plainly("Space check", "c class", "n p items")...)
	}
	return append(keys, plainly("Tab queue", "? help")...)
}

func plainly(texts ...string) []span {
	var spans []span
	for _, text := range texts {
		spans = append(spans, span{" " + text, plain})
	}
	return spans
}

// helpRows explain the keys.
func helpRows(width int) []row {
	var rows []row
	for _, l := range helpText {
		if l[1] == "" {
			rows = append(rows, wrapped(width, 0, span{l[0], bold})...)
			continue
		}
		rows = append(rows, wrapped(width, 14, span{fmt.Sprintf("  %-12s", l[0]), bold}, span{l[1], plain})...)
	}
	return rows
}

var helpText = [][2]string{
	{"Answers, on a card (dead for 0.4 s after it comes up or changes)", ""},
	{"d", "deny"},
	{"a", "allow once; on what a server shows: accept what is checked"},
	{"A", "allow all calls that wait at this question"},
	{"s", "allow for this session: shows first for what it would hold"},
	{"w", "allow always: shows first what would be written"},
	{"D", "deny always: shows first what would be written"},
	{"Enter", "press the button in brackets, which is deny at first"},
	{"left right", "go to another button"},
	{"+ -", "a wider, a narrower scope; y or Enter confirms it, Esc goes back"},
	{"u", "take back the last grant"},
	{"Moving", ""},
	{"j k, arrows", "down, up"},
	{"PgDn PgUp", "a screen down, up; also Space and b on a card"},
	{"g G", "to the start, to the end"},
	{"Tab, Esc", "from a card to the queue; Tab or Enter from the queue to a card"},
	{"n p", "the next, the previous card; on what a server shows: item"},
	{"On what a server shows", ""},
	{"Space", "check or uncheck the item under the cursor"},
	{"c", "another class for that tool: read, write, destructive"},
	{"In the queue", ""},
	{"Space, a", "mark calls that are alike; then answer all of them at once"},
	{"/", "search by server, tool and summary; Esc shows all"},
	{"q, Ctrl+C", "quit; that answers nothing, and questions stay open"},
}
