package card

import (
	"fmt"
	"strings"

	"sallyport/approve"
)

// argumentsBlock shows all arguments.
func argumentsBlock(raw []byte, t *tree) (approve.Block, bool) {
	b := approve.Block{Title: "arguments", Kind: approve.BlockText}
	if len(raw) == 0 {
		b.Lines = []approve.Line{{Text: "none"}}
		return b, false
	}
	const reserve = 12 << 10 // for the end of what could not be shown
	s := sink{left: argsBudget - reserve}
	shown := t.show(&s)
	if len(t.nodes) == 1 && t.nodes[0].isObject() && t.whole {
		s.lines = []approve.Line{{Text: "none"}}
	}
	if s.cut || !t.whole {
		s.cut = true
		s.left = reserve
		s.warn(leftOut, fmt.Sprintf("more than the %s shown; all arguments are %s; they end in:", plural(shown, "value"), sized(raw)))
		s.text("(end)", fitting(string(lastBytes(string(raw[max(0, len(raw)-reserve):]), reserve)), s.left-1024, lastBytes))
	}
	b.Lines = s.lines
	return b, s.cut
}

// show writes one line for every scalar, more for texts of several lines, and tells how many there were.
func (t *tree) show(s *sink) (shown int) {
	for i := range t.nodes {
		n := &t.nodes[i]
		if len(n.key) > maxKeyShown {
			s.text(t.name(int32(i))+" (its name)", n.key)
		}
		if (n.isObject() || n.isArray()) && n.end > int32(i)+1 {
			continue
		}
		if s.left < 1024 { // nothing of use fits any more
			s.cut = true
			return shown
		}
		shown++
		s.text(t.name(int32(i)), n.spelled())
	}
	return shown
}

// spelled gives a scalar, or an empty object or array, as it is shown: what is no string as it was written.
func (n *node) spelled() string {
	switch n.raw[0] {
	case '{', '[':
		return strings.Join(strings.Fields(string(n.raw)), "")
	case '"':
		if text := n.text(); !ambiguous(text) {
			return text
		}
	}
	return string(n.raw)
}

// ambiguous tells texts that look like something else without quotes.
func ambiguous(s string) bool {
	switch {
	case strings.Contains(s, "\n"):
		return false
	case s == "", s == "true", s == "false", s == "null", s == "{}", s == "[]", s[0] == '"', strings.TrimSpace(s) != s:
		return true
	}
	return strings.Trim(s, "0123456789+-.eE") == ""
}

// nearBlock shows in what the arguments differ from those that were approved.
func nearBlock(near []byte, t *tree) (approve.Block, bool) {
	before, after := sink{left: argsBudget}, sink{left: argsBudget}
	old := readTree(near)
	old.show(&before)
	t.show(&after)
	b := approve.Block{Title: "not quite what was approved a moment ago: - approved, + now", Kind: approve.BlockDiff}
	s := sink{left: nearBudget - 256}
	if before.cut || after.cut || !old.whole || !t.whole {
		s.cut = true
		s.warn(leftOut, "a part of the arguments, which are too large to be compared; approved were "+sized(near))
	}
	writeDiff(&s, flat(before.lines), flat(after.lines))
	if len(s.lines) == 0 {
		s.say("", "the same values, written in another way")
	}
	b.Lines = s.lines
	return b, s.cut
}

func flat(lines []approve.Line) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		if out[i] = l.Text; l.Name != "" {
			out[i] = l.Name + ": " + l.Text
		}
	}
	return out
}
