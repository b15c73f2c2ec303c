package tui

import (
	"fmt"
	"time"

	"sallyport/approve"
)

// A sheet is what a person reads before they answer: a card, or several of a batch.
type sheet struct {
	questions []approve.Question
	cards     []approve.Card
	since     time.Time // it has been on the screen as it is
	rows      []row
	scroll    int
	seen      bool // to its end

	item    int // of a surface: under the cursor
	checked map[string]bool
	classes map[string]string
	itemRow []int
}

// replace puts a card in the place of an older one of the same question. What was seen counts no more if it differs.
func (s *sheet) replace(m *model, card approve.Card) {
	for i, q := range s.questions {
		if q.ID != card.ID || s.cards[i].Digest == card.Digest {
			continue
		}
		s.cards[i] = card
		s.since, s.seen, s.scroll = m.now(), false, 0
		s.choose()
		s.layOut(m)
		m.status = "what it would do has changed: look again"
		if m.mode == inScope || m.mode == inWord {
			m.mode = m.before
		}
	}
}

// choose checks what may be accepted without a doubt.
func (s *sheet) choose() {
	s.item, s.checked, s.classes = 0, map[string]bool{}, map[string]string{}
	for _, item := range s.cards[0].Items {
		s.checked[item.Key] = len(item.Doubts) == 0
	}
}

// guarded reports whether the sheet has been there for too short a time to be answered.
func (s *sheet) guarded(m *model) bool { return m.now().Sub(s.since) < guardTime }

// layOut breaks the sheet into rows of the screen's width.
func (s *sheet) layOut(m *model) {
	s.rows, s.itemRow = nil, nil
	for i, card := range s.cards {
		if len(s.cards) > 1 {
			s.rows = append(s.rows, row{{text: fmt.Sprintf("── %d of %d: %s", i+1, len(s.cards), s.questions[i].Summary), style: bold}})
		}
		for _, block := range card.Blocks {
			s.block(m.width, block)
		}
		for n, item := range card.Items {
			s.layOutItem(m.width, n, item)
		}
	}
	s.moved(m)
}

func (s *sheet) block(width int, b approve.Block) {
	style := plain
	if b.Kind == approve.BlockWarning {
		style = yellow
	}
	if b.Title != "" {
		s.rows = append(s.rows, wrapped(width, 0, span{b.Title, bold})...)
	}
	for _, l := range b.Lines {
		s.rows = append(s.rows, lineRows(width, b.Kind, l, style)...)
	}
}

// lineRows shows a line of a card: its mark, its name, and its text, whole.
func lineRows(width int, kind string, l approve.Line, style style) []row {
	var spans []span
	if l.Warn {
		spans, style = append(spans, span{"! ", yellow}), yellow
	}
	if kind == approve.BlockDiff {
		switch l.Mark {
		case "+":
			style = green
		case "-":
			style = red
		case "@":
			style = dim
		}
		if l.Mark == "" {
			l.Mark = " "
		}
	}
	if l.Mark != "" {
		spans = append(spans, span{l.Mark + " ", style})
	}
	if l.Name != "" {
		spans = append(spans, span{l.Name + ": ", dim})
	}
	if len(l.Spans) == 0 {
		return wrapped(width, 2, append(spans, span{l.Text, style})...)
	}
	for _, p := range l.Spans {
		switch p.Mark {
		case "+":
			spans = append(spans, span{"{+" + p.Text + "+}", green})
		case "-":
			spans = append(spans, span{"[-" + p.Text + "-]", red})
		default:
			spans = append(spans, span{p.Text, style})
		}
	}
	return wrapped(width, 2, spans...)
}

func (s *sheet) layOutItem(width, n int, item approve.Item) {
	box, cursor := "[ ] ", "  "
	if s.checked[item.Key] {
		box = "[x] "
	}
	if n == s.item {
		cursor = "> "
	}
	spans := []span{{cursor + box, bold}, {item.Key, bold}, {"  " + item.Change, yellow}}
	if item.Class != "" {
		class := item.Class
		if given := s.classes[item.Key]; given != "" {
			class = given + " (you)"
		}
		spans = append(spans, span{"  class " + class, plain})
	}
	s.itemRow = append(s.itemRow, len(s.rows))
	s.rows = append(s.rows, wrapped(width, 0, spans...)...)
	for _, doubt := range item.Doubts {
		s.rows = append(s.rows, wrapped(width, 6, span{"! " + doubt, yellow})...)
	}
	for _, l := range item.Lines {
		s.rows = append(s.rows, lineRows(width, approve.BlockText, l, plain)...)
	}
}

// moved keeps the sheet within the screen, and notes when its end has been there.
func (s *sheet) moved(m *model) {
	room := m.room()
	s.scroll = max(0, min(s.scroll, len(s.rows)-room))
	if s.scroll+room >= len(s.rows) && m.fits() {
		s.seen = true
	}
}

// to scrolls so that an item shows.
func (s *sheet) to(m *model, item int) {
	if len(s.itemRow) == 0 {
		return
	}
	s.item = (item + len(s.itemRow)) % len(s.itemRow)
	scroll := s.scroll
	s.layOut(m)
	if at := s.itemRow[s.item]; at < scroll || at >= scroll+m.room() {
		scroll = at
	}
	s.scroll = scroll
	s.moved(m)
}
