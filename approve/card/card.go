package card

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/approve"
	"sallyport/rules"
	"sallyport/rules/scan"
)

// A Call is a held frame.
type Call struct {
	Question   approve.Question // Server, Client, Method, Tool, Class, Rules are used
	Args       []byte           // raw JSON object that a strict reader accepted; may be nil
	Beside     []byte           // what else the request holds, raw JSON object; nil for nothing
	Definition []byte           // the accepted definition of the tool, raw JSON; nil where there is none
	View       *rules.View
	Facts      rules.Facts            // Cwd, Home, Roots, Resolve
	Who        []string               // the client's process chain, nearest first
	Near       []byte                 // arguments that a person approved a moment ago and that these are not quite; nil
	NewHost    func(host string) bool // reports that no call that passed named it; nil: unknown
}

// Of says what a call would do. It reads files that the call names as targets, nothing else; it never writes, never uses the network and
// blocks on no device or FIFO. It may be called concurrently, as far as Facts.Resolve and NewHost may.
func Of(c Call) (card approve.Card) {
	card, _ = made(c)
	return card
}

// Summary is that in one line of at most 120 runes, for a queue, a dialog or a notification. It reads no files.
func Summary(c Call) (text string) {
	name := short(orElse(c.Question.Tool, c.Question.Method), 60)
	defer func() {
		if recover() != nil {
			text = scan.VisibleLine(name+": what this would do cannot be shown", maxSummary)
		}
	}()
	e := newEffects(&c, readTree(c.Args))
	e.find(false)
	parts := e.summary
	if len(parts) == 0 {
		for i := range e.t.nodes {
			if n := &e.t.nodes[i]; n.parent >= 0 && n.raw[0] != '{' && n.raw[0] != '[' && len(parts) < 6 {
				parts = append(parts, short(e.t.name(int32(i)), 40)+"="+short(n.spelled(), 60))
			}
		}
	}
	if e.word != "" || c.Question.Class == "destructive" {
		name += " (destroys)"
	}
	if len(parts) > 0 {
		name += ": " + strings.Join(parts, "; ")
	}
	return scan.VisibleLine(name, maxSummary)
}

const maxSummary = 120 // runes

// unseen is the word for a card that does not show all.
const unseen = "unseen"

// Word is what has to be typed before a call is let go: for what destroys, by its class or plainly by its commands or statements, and for
// what a card does not show in full. It is "" for all else, and at most 12 small letters.
func Word(c Call) (text string) {
	defer func() {
		if recover() != nil {
			text = unseen
		}
	}()
	e := newEffects(&c, readTree(c.Args))
	e.find(false)
	if e.word != "" {
		return e.word
	}
	if c.Question.Class == "destructive" {
		return wordOf(e.toolWords)
	}
	if _, cut := made(c); cut {
		return unseen
	}
	return ""
}

// wordOf gives the word of a destructive tool: what it does, or the end of its name.
func wordOf(toolWords []string) string {
	for _, w := range toolWords {
		if deleteTools[w] || slices.Contains([]string{"drop", "truncate", "reset", "wipe", "overwrite", "force", "push", "kill", "terminate"}, w) {
			return w
		}
	}
	for _, w := range slices.Backward(toolWords) {
		if len(w) > 1 && len(w) <= 12 && strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "" {
			return w
		}
	}
	return "delete"
}

// made makes the card; cut tells that it does not show all.
func made(c Call) (card approve.Card, cut bool) {
	card.ID = line(c.Question.ID)
	defer func() {
		if fault := recover(); fault != nil {
			card.Blocks, cut = failed(&c, fault), true
		}
		card.Digest = c.Question.Digest(card)
	}()
	t := readTree(c.Args)
	facts := sink{left: factsBudget}
	factsBlock(&c, &facts)
	card.Blocks = []approve.Block{{Title: "question", Kind: approve.BlockFacts, Lines: facts.lines}}

	e := newEffects(&c, t)
	e.find(true)
	args, argsCut := argumentsBlock(c.Args, t)
	var beside approve.Block
	if len(c.Beside) > 0 {
		besideCut := false
		beside, besideCut = argumentsBlock(c.Beside, readTree(c.Beside))
		beside.Title, argsCut = "and, beside the arguments", argsCut || besideCut
		e.warn("the request holds more than its arguments: it is shown below them")
	}
	var near approve.Block
	nearCut := false
	if c.Near != nil {
		near, nearCut = nearBlock(c.Near, t)
	}
	if cut = e.cut || argsCut || nearCut || facts.cut; cut {
		e.warn("this card does not show all of the call")
	}
	if len(e.warnings) > 0 {
		card.Blocks = append(card.Blocks, warningBlock(e.warnings))
	}
	card.Blocks = append(append(card.Blocks, e.blocks...), args)
	if len(c.Beside) > 0 {
		card.Blocks = append(card.Blocks, beside)
	}
	if c.Near != nil {
		card.Blocks = append(card.Blocks, near)
	}
	return card, cut
}

func warningBlock(texts []string) approve.Block {
	s := sink{left: factsBudget / 2}
	for _, t := range texts {
		s.warn("", firstBytes(t, 2000))
	}
	return approve.Block{Title: "deserves a look", Kind: approve.BlockWarning, Lines: s.lines}
}

// failed is the card of a call that could not be looked at: little code, so that little can go wrong.
func failed(c *Call, fault any) []approve.Block {
	s := sink{left: argsBudget}
	s.text("", string(c.Args))
	return []approve.Block{
		{Title: "question", Kind: approve.BlockFacts, Lines: []approve.Line{
			{Name: "server", Text: short(c.Question.Server, 200)}, {Name: "tool", Text: short(c.Question.Tool, 300)},
			{Name: "client", Text: short(c.Question.Client, 200)}, {Name: "method", Text: short(c.Question.Method, 100)},
		}},
		{Title: "deserves a look", Kind: approve.BlockWarning, Lines: []approve.Line{
			{Text: "what this would do cannot be shown: " + short(fmt.Sprint(fault), 300), Warn: true},
		}},
		{Title: "arguments, as they came", Kind: approve.BlockText, Lines: s.lines},
	}
}
