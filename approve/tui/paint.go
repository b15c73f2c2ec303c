package tui

import (
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"sallyport/rules/scan"
)

// A style is one of the few that every terminal has and that can be read on dark and on light backgrounds. None says anything that a
// mark or a word does not say too.
type style uint8

const (
	plain style = iota
	bold
	red
	green
	warn
	reverse
)

var styles = map[style]lipgloss.Style{
	bold: lipgloss.NewStyle().Bold(true), reverse: lipgloss.NewStyle().Reverse(true),
	red: lipgloss.NewStyle().Foreground(lipgloss.Red), green: lipgloss.NewStyle().Foreground(lipgloss.Green),
	warn: lipgloss.NewStyle().Foreground(lipgloss.Magenta).Bold(true),
}

// A span is text in one style; a row is one line of the screen.
type span struct {
	text  string
	style style
}

type row []span

// clean makes foreign text safe to draw on one line.
func clean(text string) string { return scan.VisibleLine(text, 0) }

// maxCluster bounds the bytes of what counts as one character, so that long runs of what joins cost no more than their length.
const maxCluster = 64

// first is the first character of a text, as people see it, and the most cells that a terminal may give it: some count by characters,
// some by code points.
func first(text string) (char string, cells int) {
	if text[0] < utf8.RuneSelf && (len(text) == 1 || text[1] < utf8.RuneSelf) {
		return text[:1], 1
	}
	head := text
	if len(head) > maxCluster {
		n := maxCluster
		for n > 0 && !utf8.RuneStart(head[n]) {
			n--
		}
		head = head[:n]
	}
	char, cells = ansi.FirstGraphemeCluster(head, ansi.GraphemeWidth)
	cells = max(cells, ansi.WcWidth.StringWidth(char))
	if cells > 4 {
		_, n := utf8.DecodeRuneInString(char)
		char = char[:n]
		cells = max(1, ansi.GraphemeWidth.StringWidth(char), ansi.WcWidth.StringWidth(char))
	}
	return char, cells
}

// widthOf is how many cells a text takes at most.
func widthOf(text string) int {
	n := 0
	for text != "" {
		char, cells := first(text)
		n += cells
		text = text[len(char):]
	}
	return n
}

// prefix splits a text behind what fits into a number of cells.
func prefix(text string, room int) (head, rest string, cells int) {
	i := 0
	for i < len(text) {
		char, w := first(text[i:])
		if cells+w > room {
			break
		}
		cells += w
		i += len(char)
	}
	return text[:i], text[i:], cells
}

// fit cuts text to a number of cells, and says so with "…".
func fit(text string, room int) string {
	head, rest, _ := prefix(text, room)
	if rest == "" {
		return text
	}
	if room < 1 {
		return ""
	}
	head, _, _ = prefix(head, room-1)
	return head + "…"
}

// pad fits text into a column.
func pad(text string, cells int) string {
	text = fit(text, cells)
	return text + strings.Repeat(" ", max(0, cells-widthOf(text)))
}

// A wrapper breaks spans into rows. Nothing is left out.
type wrapper struct {
	width, indent int
	rows          []row
	current       row
	used          int
}

// wrapped breaks text into rows of at most width cells, between words where they are short. Rows after the first are indented.
func wrapped(width, indent int, spans ...span) []row {
	w := wrapper{width: max(width, 4), indent: min(indent, width/3)}
	for _, s := range spans {
		text := clean(s.text)
		for text != "" {
			n := token(text)
			w.put(text[:n], s.style)
			text = text[n:]
		}
	}
	return append(w.rows, w.current)
}

// token is the length of the run of blanks, or of other characters, that a text begins with.
func token(text string) int {
	blank := text[0] == ' '
	for i := range len(text) {
		if text[i] == ' ' != blank {
			return i
		}
	}
	return len(text)
}

func (w *wrapper) put(text string, style style) {
	head, rest, cells := prefix(text, w.width-w.used)
	if rest != "" && text[0] != ' ' && w.used > w.indent && len(text) <= 4*w.width {
		if widthOf(text) <= min(w.width-w.indent, 24) || head == "" {
			w.newRow()
			head, rest, cells = prefix(text, w.width-w.used)
		}
	}
	for {
		if head != "" {
			w.add(head, style)
			w.used += cells
		}
		if rest == "" {
			return
		}
		if w.newRow(); head == "" && w.width-w.used < 4 {
			w.indent = 0
		}
		head, rest, cells = prefix(rest, w.width-w.used)
	}
}

func (w *wrapper) add(text string, style style) {
	if n := len(w.current); n > 0 && w.current[n-1].style == style {
		w.current[n-1].text += text
		return
	}
	w.current = append(w.current, span{text, style})
}

func (w *wrapper) newRow() {
	w.rows, w.current, w.used = append(w.rows, w.current), nil, 0
	if w.indent > 0 {
		w.current, w.used = row{{strings.Repeat(" ", w.indent), plain}}, w.indent
	}
}

// draw gives a row as text of at most width cells.
func (m *model) draw(r row) string {
	var b strings.Builder
	left := m.width
	for _, s := range r {
		text := fit(clean(s.text), left)
		if text == "" {
			continue
		}
		left -= widthOf(text)
		if st, ok := styles[s.style]; ok && !m.plain {
			text = st.Render(text)
		}
		b.WriteString(text)
	}
	return b.String()
}
