package card

import (
	"strings"
	"unicode"

	"github.com/tidwall/gjson"

	"sallyport/approve"
	"sallyport/rules"
	"sallyport/rules/scan"
)

// maxFindingText bounds the texts that are searched for what should not be in them, together.
const maxFindingText = 2 << 20

// factsBlock says who asks for what, and what holds it.
func factsBlock(c *Call, s *sink) {
	q := &c.Question
	s.say("server", short(q.Server, 200))
	if q.Tool != "" {
		odd := hides(q.Tool) || scan.MixedScripts(q.Tool) != ""
		text := short(q.Tool, 300)
		if title := title(c.Definition, q.Tool); title != "" {
			text += " (" + title + ")"
		}
		s.add(approve.Line{Name: "tool", Text: text, Warn: odd})
	}
	if q.Tool != "" || q.Class != "" {
		s.add(approve.Line{Name: "class", Text: class(c), Warn: q.Class == "destructive"})
	}
	if hints := hints(c.Definition); hints != "" {
		s.say("the server says", hints)
	}
	if q.Client != "" {
		s.say("client", short(q.Client, 200))
	}
	if len(c.Who) > 0 {
		who := make([]string, 0, len(c.Who))
		for _, w := range c.Who[:min(16, len(c.Who))] {
			who = append(who, strings.ReplaceAll(short(w, 200), "←", "?")) // names are theirs, arrows ours
		}
		s.say("started by", strings.Join(who, " ← "))
	}
	if q.Method != "tools/call" {
		s.say("method", short(q.Method, 100))
	}
	for _, r := range q.Rules {
		text := short(r.Rule, 200)
		if r.At != "" {
			text += " at " + short(r.At, 400)
		}
		if r.Because != "" {
			text += ": " + short(r.Because, 1000)
		}
		if !s.say("held by", text) {
			s.left = 256
			s.warn(leftOut, "more rules ask")
			return
		}
	}
}

// title gives the title that a definition shows for its tool, if it is plainly harmless: short, of letters, digits and little else.
func title(definition []byte, tool string) string {
	if len(definition) == 0 || !gjson.ValidBytes(definition) {
		return ""
	}
	t := gjson.GetBytes(definition, "title").Str
	if t == "" {
		t = gjson.GetBytes(definition, "annotations.title").Str
	}
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' || r == '-' || r == '_' || r == '.' || r == ',' || r == '/'
	}
	if t == "" || t == tool || len(t) > 60 || scan.Visible(t) != t || scan.MixedScripts(t) != "" ||
		strings.ContainsFunc(t, func(r rune) bool { return !plain(r) }) {
		return ""
	}
	return t
}

// class says what class a tool has and who says so.
func class(c *Call) string {
	q := &c.Question
	switch q.Class {
	case "", "unknown":
		return "unknown, judged as write: nobody said what this does"
	}
	name := short(q.Class, 40)
	if c.View == nil || q.Tool == "" {
		return name
	}
	own := c.View.Class(q.Tool, rules.Read)
	if own != rules.Read || c.View.Class(q.Tool, rules.Write) == rules.Read {
		return name + ", by your rule files"
	}
	if c.View.Class(q.Tool, rules.Unknown) == rules.ClassNamed(q.Class) {
		return name + ", by a pack of rules or as it was accepted"
	}
	return name + ", as the tool was accepted"
}

// hints gives what the server claims of its tool.
func hints(definition []byte) string {
	if len(definition) == 0 || !gjson.ValidBytes(definition) {
		return ""
	}
	var out []string
	for _, h := range []struct{ name, yes, no string }{
		{"readOnlyHint", "it only reads", "it changes something"}, {"destructiveHint", "it may destroy", "it destroys nothing"},
		{"openWorldHint", "it reaches others", "it stays here"},
	} {
		switch v := gjson.GetBytes(definition, "annotations."+h.name); v.Type {
		case gjson.True:
			out = append(out, h.yes)
		case gjson.False:
			out = append(out, h.no)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return strings.Join(out, ", ") + " (a claim that nobody has checked)"
}

// findings warns of what stands in the arguments and should not: characters that hide something, credentials.
func (e *effects) findings() {
	left := maxFindingText
	hidden, kinds := 0, map[string]bool{}
	for i := range e.t.nodes {
		n := &e.t.nodes[i]
		if f, found := scan.Hidden(n.key); found && hidden < 5 {
			hidden++
			e.warn("the name of an argument hides something: " + line(f.What))
		}
		if !n.isString() {
			continue
		}
		text := n.text()
		if left -= len(text); left < 0 {
			text = firstBytes(text, left+len(text))
			e.warn("only the first " + count(maxFindingText) + " bytes of the texts were searched for credentials and hidden characters")
		}
		if f, found := scan.Hidden(text); found && hidden < 5 {
			hidden++
			e.warn(e.t.name(int32(i)) + " hides something: " + line(f.What))
		}
		for _, m := range scan.Secrets(text) {
			if !kinds[m.Kind] && len(kinds) < 10 {
				kinds[m.Kind] = true
				e.warn("what looks like a credential (" + line(m.Kind) + ") stands in " + e.t.name(int32(i)))
			}
		}
		if left < 0 {
			return
		}
	}
}
