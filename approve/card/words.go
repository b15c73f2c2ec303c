package card

import (
	"strings"
	"unicode/utf8"

	"sallyport/approve"
)

// maxWordDiff is the longest line in which the changed part is marked.
const maxWordDiff = 4 << 10

// wordDiff marks what changed within a line, where the two have enough in common to be one line that was edited.
func wordDiff(old, fresh *approve.Line) {
	a, b := old.Text, fresh.Text
	if a == b || len(a) > maxWordDiff || len(b) > maxWordDiff {
		return
	}
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	for head > 0 && (head < len(a) && !utf8.RuneStart(a[head]) || head < len(b) && !utf8.RuneStart(b[head])) {
		head--
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	for tail > 0 && !utf8.RuneStart(a[len(a)-tail]) {
		tail--
	}
	if common := strings.TrimSpace(a[:head] + a[len(a)-tail:]); 3*len(common) < max(len(a), len(b)) {
		return
	}
	old.Spans, fresh.Spans = spans(a, head, tail, "-"), spans(b, head, tail, "+")
}

func spans(s string, head, tail int, mark string) (out []approve.Span) {
	for _, part := range []approve.Span{{Text: s[:head]}, {Mark: mark, Text: s[head : len(s)-tail]}, {Text: s[len(s)-tail:]}} {
		if part.Text != "" {
			out = append(out, part)
		}
	}
	return out
}
