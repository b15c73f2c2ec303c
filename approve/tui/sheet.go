package tui

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"sallyport/approve"
)

// A sheet is what a person reads before they answer: a card, or several of a batch.
type sheet struct {
	page
	questions []approve.Question
	cards     []approve.Card
	counted   time.Time // how many wait has been on the screen
	focus     int       // of the buttons; the first is Deny

	item    int // of a surface: under the cursor
	checked map[string]bool
	classes map[string]string
	itemRow []int
}

// replace puts a card in the place of an older one of the same question, and reports whether it is another. What a session says of its
// digest is not enough.
func (s *sheet) replace(card approve.Card) bool {
	for i := range s.questions {
		if s.questions[i].ID == card.ID && !reflect.DeepEqual(s.cards[i], card) {
			s.cards[i] = card
			s.choose()
			return true
		}
	}
	return false
}

// remove drops a question that is gone.
func (s *sheet) remove(i int) {
	s.questions, s.cards = slices.Delete(s.questions, i, i+1), slices.Delete(s.cards, i, i+1)
}

// sameQuestion compares two versions of a question, but for who waits.
func sameQuestion(a, b approve.Question) bool {
	for _, q := range []*approve.Question{&a, &b} {
		q.Times, q.Waiting, q.Until = 0, 0, time.Time{}
	}
	return reflect.DeepEqual(a, b)
}

// items are what a surface asks about one by one. A batch has none.
func (s *sheet) items() []approve.Item {
	if len(s.cards) != 1 {
		return nil
	}
	return s.cards[0].Items
}

// choose checks what may be accepted without a doubt.
func (s *sheet) choose() {
	s.item, s.checked, s.classes = 0, map[string]bool{}, map[string]string{}
	for _, item := range s.items() {
		s.checked[item.Key] = len(item.Doubts) == 0
	}
}

// chosen are the items that are checked.
func (s *sheet) chosen() (keys []string, doubtful []approve.Item) {
	for _, item := range s.items() {
		if !s.checked[item.Key] {
			continue
		}
		if keys = append(keys, item.Key); len(item.Doubts) > 0 {
			doubtful = append(doubtful, item)
		}
	}
	return keys, doubtful
}

// givenTo are the classes that the user gave to what is checked.
func (s *sheet) givenTo(keys []string) map[string]string {
	given := maps.Clone(s.classes)
	maps.DeleteFunc(given, func(key, _ string) bool { return !slices.Contains(keys, key) })
	if len(given) == 0 {
		return nil
	}
	return given
}

// layOut breaks the sheet into rows of the screen's width.
func (s *sheet) layOut(width int) {
	s.rows, s.itemRow = nil, nil
	if len(s.cards) > 1 {
		s.rows = append(s.rows, wrapped(width, 0, span{fmt.Sprintf("%d calls, one answer for all of them:", len(s.cards)), bold})...)
		for i, q := range s.questions {
			s.rows = append(s.rows, wrapped(width, 4, span{fmt.Sprintf("%3d ", i+1), plain}, span{q.Summary, plain})...)
		}
	}
	for i, card := range s.cards {
		head := []span{{s.questions[i].Summary, bold}}
		if len(s.cards) > 1 {
			s.rows = append(s.rows, row{})
			head = []span{{fmt.Sprintf("── %d of %d: ", i+1, len(s.cards)), bold}, head[0]}
		}
		if s.questions[i].Summary != "" {
			s.rows = append(s.rows, wrapped(width, 2, head...)...)
		}
		for _, block := range card.Blocks {
			s.block(width, block)
		}
		if len(s.cards) == 1 {
			s.layOutItems(width)
		}
	}
}

func (s *sheet) block(width int, b approve.Block) {
	if len(s.rows) > 0 {
		s.rows = append(s.rows, row{})
	}
	title := []span{{b.Title, bold}}
	if b.Kind == approve.BlockWarning {
		if b.Title == "" {
			b.Title = "deserves a look"
		}
		title = []span{{"! " + b.Title, warn}}
	}
	if b.Title != "" {
		s.rows = append(s.rows, wrapped(width, 2, title...)...)
	}
	named := slices.ContainsFunc(b.Lines, func(l approve.Line) bool { return l.Name != "" })
	for _, l := range b.Lines {
		indent := 2
		if named && l.Name == "" && b.Kind == approve.BlockText {
			indent = 4 // what goes on in the next line must not look like another name
		}
		s.rows = append(s.rows, lineRows(width, indent, b.Kind, l)...)
	}
}

var markStyles = map[string]style{"+": green, "-": red}

// lineRows shows a line of a card: its mark, its name, and its text, whole. Only our own words begin at the left margin.
func lineRows(width, indent int, kind string, l approve.Line) []row {
	style := plain
	lead := fmt.Sprintf("%*s", indent, "")
	switch {
	case l.Warn && indent >= 2:
		lead, style = lead[2:]+"! ", warn
	case l.Warn:
		lead, style = "! ", warn
	case kind == approve.BlockWarning:
		style = bold
	}
	if kind == approve.BlockDiff {
		if l.Mark == "" {
			l.Mark = " "
		}
		if l.Mark != " " && style == plain {
			style = bold // "@"
		}
		if of, ok := markStyles[l.Mark]; ok {
			style = of
		}
	}
	spans := []span{{lead, warn}}
	if l.Mark != "" {
		spans = append(spans, span{l.Mark + " ", style})
	}
	if l.Name != "" {
		spans = append(spans, span{l.Name + ": ", bold})
	}
	rest := indent + 2
	if len(l.Spans) == 0 {
		return wrapped(width, rest, append(spans, span{l.Text, style})...)
	}
	for _, p := range l.Spans {
		switch p.Mark {
		case "+":
			spans = append(spans, span{"{+" + p.Text + "+}", green})
		case "-":
			spans = append(spans, span{"[-" + p.Text + "-]", red})
		default:
			spans = append(spans, span{p.Text, plain})
		}
	}
	return wrapped(width, rest, spans...)
}

// layOutItems lists what a surface asks about.
func (s *sheet) layOutItems(width int) {
	items := s.items()
	if len(items) == 0 {
		return
	}
	s.rows = append(s.rows, row{})
	s.rows = append(s.rows, wrapped(width, 2, span{"What to accept: Space checks, n and p go from one to the next", bold})...)
	for n, item := range items {
		box, cursor, style := "[ ] ", "  ", plain
		if s.checked[item.Key] {
			box = "[x] "
		}
		if n == s.item {
			cursor, style = "> ", reverse
		}
		spans := []span{{cursor, bold}, {box + item.Key, style}, {"  " + item.Change, bold}}
		if item.Class != "" {
			text := "  class " + item.Class
			if given := s.classes[item.Key]; given != "" {
				text = "  class " + given + " (you say so; proposed: " + item.Class + ")"
			}
			spans = append(spans, span{text, plain})
		}
		s.itemRow = append(s.itemRow, len(s.rows))
		s.rows = append(s.rows, wrapped(width, 6, spans...)...)
		for _, doubt := range item.Doubts {
			s.rows = append(s.rows, wrapped(width, 6, span{"    ! " + doubt, warn})...)
		}
		for _, l := range item.Lines {
			s.rows = append(s.rows, lineRows(width, 6, kindOf(l), l)...)
		}
	}
}

// kindOf is the kind of block that a line of an item reads like.
func kindOf(l approve.Line) string {
	if l.Mark != "" {
		return approve.BlockDiff
	}
	return approve.BlockText
}

// to puts the cursor on an item and scrolls so that it shows.
func (s *sheet) to(item, width, room int) {
	if len(s.itemRow) == 0 {
		return
	}
	s.item = (item + len(s.itemRow)) % len(s.itemRow)
	s.layOut(width)
	if at := s.itemRow[s.item]; at < s.scroll || at >= s.scroll+room {
		s.scroll = at
	}
}

// cursorFollows keeps the cursor on an item that shows, so that nothing is checked out of sight.
func (s *sheet) cursorFollows(width, room int) {
	s.scroll = max(0, min(s.scroll, len(s.rows)-room))
	if len(s.itemRow) == 0 {
		return
	}
	if at := s.itemRow[s.item]; at >= s.scroll && at < s.scroll+room {
		return
	}
	item := 0
	for n, at := range s.itemRow {
		if at < s.scroll+room {
			item = n // the last that begins above the end
		}
		if at >= s.scroll {
			break
		}
	}
	s.item = item
	s.layOut(width)
}
