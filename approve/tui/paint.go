package tui

import (
	"strings"

	"charm.land/lipgloss/v2"

	"sallyport/rules/scan"
)

// A style is one of the few that every terminal has, on dark and light backgrounds.
type style uint8

const (
	plain style = iota
	bold
	dim
	red
	green
	yellow
	reverse
)

var styles = map[style]lipgloss.Style{
	bold: lipgloss.NewStyle().Bold(true), dim: lipgloss.NewStyle().Faint(true), reverse: lipgloss.NewStyle().Reverse(true),
	red: lipgloss.NewStyle().Foreground(lipgloss.Red), green: lipgloss.NewStyle().Foreground(lipgloss.Green),
	yellow: lipgloss.NewStyle().Foreground(lipgloss.Yellow).Bold(true),
}

// A span is text in one style; a row is one line of the screen.
type span struct {
	text  string
	style style
}

type row []span

// clean makes foreign text safe to draw.
func clean(text string) string { return scan.VisibleLine(text, 0) }

// wrapped breaks text into rows of at most width cells, behind blanks where words allow it. Rows after the first are indented.
func wrapped(width, indent int, spans ...span) []row {
	width = max(width-1, 8)
	indent = min(indent, width/2)
	pad := strings.Repeat(" ", indent)
	current := row{{pad, plain}}
	used := indent
	var rows []row
	for _, s := range spans {
		for text := clean(s.text); text != ""; {
			piece, rest := cut(text, width-used)
			if piece == "" {
				rows, current, used = append(rows, current), row{{pad + "  ", plain}}, indent+2
				text = strings.TrimLeft(text, " ")
				continue
			}
			current = append(current, span{piece, s.style})
			used += lipgloss.Width(piece)
			text = rest
		}
	}
	return append(rows, current)
}

// cut takes off what fits into a number of cells, up to a blank if there is one. Nothing fits where a word could go whole into the next
// row.
func cut(text string, room int) (piece, rest string) {
	if lipgloss.Width(text) <= room {
		return text, ""
	}
	end, blank, cells := 0, 0, 0
	for i, r := range text {
		w := lipgloss.Width(string(r))
		if cells+w > room {
			break
		}
		cells += w
		end = i + len(string(r))
		if r == ' ' {
			blank = end
		}
	}
	word := text
	if i := strings.IndexByte(text, ' '); i > 0 {
		word = text[:i]
	}
	switch {
	case blank > 0:
		return text[:blank], text[blank:]
	case len(word) < 40 && lipgloss.Width(word) > room && room < 30:
		return "", text
	case end == 0 && room >= 2:
		_, size := firstRune(text)
		return text[:size], text[size:] // wider than it says: it is cut when it is drawn
	}
	return text[:end], text[end:]
}

func firstRune(text string) (r rune, size int) {
	for i, c := range text {
		if i > 0 {
			return r, i
		}
		r = c
	}
	return r, len(text)
}

// draw gives a row as text of at most width cells.
func (m *model) draw(r row) string {
	var b strings.Builder
	left := m.width
	for _, s := range r {
		text := clean(s.text)
		if lipgloss.Width(text) > left {
			text = fit(text, left)
		}
		if text == "" {
			continue
		}
		left -= lipgloss.Width(text)
		if st, ok := styles[s.style]; ok && !m.plain {
			text = st.Render(text)
		}
		b.WriteString(text)
	}
	return b.String()
}

// fit cuts text to a number of cells.
func fit(text string, room int) string {
	if lipgloss.Width(text) <= room {
		return text
	}
	cells, out := 0, 0
	for i, r := range text {
		w := lipgloss.Width(string(r))
		if cells+w > room-1 {
			break
		}
		cells, out = cells+w, i+len(string(r))
	}
	if room < 1 {
		return ""
	}
	return text[:out] + "…"
}
