package dialog

import (
	"strings"
	"unicode/utf8"

	"sallyport/approve"
	"sallyport/rules/scan"
)

// A room is what a dialog can show at once.
type room struct{ lines, columns, chars int }

// opening begins every dialog. It is ours, so that no program judges by foreign text what kind of text comes.
const opening = "An MCP server wants to do what your rules hold until a person has answered."

const whereToAnswer = `Answer it with "sallyport approve" in a terminal.`

// compose writes the text of a dialog, and says which buttons go with it.
func compose(q approve.Question, card approve.Card, by program) (string, buttons) {
	r := by.room
	if b := min(offered(q, card), by.most); b != tells {
		p := &page{room: r}
		question(p, q, card)
		if b == asksSession {
			p.add("")
			p.add(labelSession + " lets through, until it ends:")
			for words := range strings.Lines(q.Scopes[0].Words) {
				p.add("  " + strings.TrimSuffix(words, "\n"))
			}
		}
		if !p.full {
			return p.text(), b
		}
	}
	const more = "\n… There is more than this shows.\n" + whereToAnswer
	r.lines -= strings.Count(more, "\n")
	r.chars -= utf8.RuneCountInString(more)
	p := &page{room: r}
	question(p, q, card)
	if p.full {
		return p.text() + more, tells
	}
	return p.text() + "\n\n" + whereToAnswer, tells
}

// offered says what a dialog may offer for a question, provided that all of it is shown.
func offered(q approve.Question, card approve.Card) buttons {
	switch {
	case q.Kind != approve.KindCall, q.Class != "write", q.Word != "":
		return tells
	case card.ID != q.ID, card.Digest == "", len(card.Blocks) == 0, len(card.Items) > 0:
		return tells
	case len(q.Scopes) == 0, q.Scopes[0].Whole, q.Scopes[0].Words == "":
		return asksOnce // the next calls would be of any kind, or nobody could say of which
	}
	return asksSession
}

// question writes what is asked, and the card.
func question(p *page, q approve.Question, card approve.Card) {
	p.add(opening)
	p.add("")
	p.add(q.Summary)
	p.add("")
	fact := func(name, value string) {
		if value != "" && !says(card, name, value) {
			p.add("  " + name + ": " + value)
		}
	}
	fact("server", q.Server)
	fact("tool", q.Tool)
	fact("class", q.Class)
	for _, c := range q.Rules {
		text := c.Rule
		if c.At != "" {
			text += " at " + c.At
		}
		if c.Because != "" {
			text += ": " + c.Because
		}
		fact("held by", text)
	}
	for _, b := range card.Blocks {
		if b.Title != "" {
			p.add(b.Title)
		}
		for _, l := range b.Lines {
			p.add("  " + l.String())
		}
		if p.full {
			return
		}
	}
	for _, i := range card.Items {
		p.add("  " + i.Key + " " + i.Change)
	}
}

// says tells whether the facts of a card say something of the question already.
func says(card approve.Card, name, value string) bool {
	for _, b := range card.Blocks {
		if b.Kind != approve.BlockFacts {
			continue
		}
		for _, l := range b.Lines {
			if l.Name == name && strings.HasPrefix(l.Text, value) {
				return true
			}
		}
	}
	return false
}

// A page is filled with lines until it is full; from then on it takes nothing.
type page struct {
	room
	b     strings.Builder
	used  int // lines
	count int // characters
	full  bool
}

// continued begins what did not fit in the line before, so that no foreign text stands where a line of ours begins.
const continued = "    » "

// add makes a text visible and writes it as a line, or as several where it is too long for one.
func (p *page) add(text string) {
	if p.full || !p.begin("") {
		return
	}
	column := 0
	// One character more than there is room for fills the page; the rest need not be looked at.
	for _, r := range scan.VisibleLine(text, p.chars+1) {
		w := width(r)
		if column+w > p.columns {
			if !p.begin(continued) {
				return
			}
			column = utf8.RuneCountInString(continued)
		}
		if p.count++; p.count > p.chars {
			p.full = true
			return
		}
		p.b.WriteRune(r)
		column += w
	}
}

// begin begins a line; it reports whether there is room for one.
func (p *page) begin(with string) bool {
	p.used++
	p.count += 1 + utf8.RuneCountInString(with)
	if p.used > p.lines || p.count > p.chars {
		p.full = true
		return false
	}
	if p.used > 1 {
		p.b.WriteByte('\n')
	}
	p.b.WriteString(with)
	return true
}

func (p *page) text() string { return p.b.String() }

// width bounds from above how many columns a character takes in a proportional font, so that no line leaves the window: some have glyphs
// as wide as a word.
func width(r rune) int {
	switch {
	case r < 0x0250:
		return 1
	case r < 0x0900, r >= 0x1e00 && r < 0x2000, r == '…':
		return 2
	case r >= 0x1100 && r < 0x1200, r >= 0x2000 && r < 0x2e00 && r != '⸺' && r != '⸻':
		return 3
	case r >= 0x2e80 && r < 0xa4d0, r >= 0xac00 && r < 0xd7a4, r >= 0xf900 && r < 0xfb00, r >= 0xfe30 && r < 0xfe70, r >= 0xff00 && r < 0xfff0:
		return 2
	case r >= 0x1f300 && r < 0x1fb00, r >= 0x20000 && r < 0x40000:
		return 3
	}
	return 12
}

// A notification is read in passing.
const (
	noteLines = 4
	noteChars = 300
	titleSize = 100
)

func noteTitle(q approve.Question) string { return "sallyport: " + q.Server + " waits for you" }

// markupLike are what a notification service might read in a title, which by its specification has no markup.
var markupLike = strings.NewReplacer("<", "‹", ">", "›", "&", "＆")

func noteLine(text string) string { return markupLike.Replace(scan.VisibleLine(text, titleSize)) }

// noteText gives the first lines of a text, made visible.
func noteText(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if len(out) == noteLines {
			return strings.Join(append(out, "…"), "\n")
		}
		out = append(out, scan.VisibleLine(strings.TrimSuffix(line, "\n"), noteChars))
	}
	return strings.Join(out, "\n")
}
