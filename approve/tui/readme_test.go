package tui

import (
	"os"
	"strings"
	"testing"

	"sallyport/approve"
)

// TestReadmeShowsTheScreen holds the README's picture of a question against what is drawn.
func TestReadmeShowsTheScreen(t *testing.T) {
	q := call("q2")
	q.Summary = "write_file: writes notes.txt"
	q.Scopes = []approve.Scope{{Words: "exactly these arguments"}}
	d := newDesk(t)
	d.size(80, 32)
	d.cards[q.ID] = approve.Card{ID: q.ID, Digest: "h1:x", Blocks: []approve.Block{
		{Kind: approve.BlockFacts, Title: "question", Lines: []approve.Line{
			{Name: "server", Text: "filesystem"}, {Name: "tool", Text: "write_file"}, {Name: "class", Text: "write, as the tool was accepted"},
			{Name: "started by", Text: "claude 4711 ← zsh 4502 ← login 4490"},
			{Name: "held by", Text: "default/write: no rule matches, and the tool is known to write"},
		}},
		{Kind: approve.BlockFacts, Title: "would write notes.txt", Lines: []approve.Line{{Name: "now", Text: "1 line, 6 bytes"}, {Name: "then", Text: "2 lines, 9 bytes"}}},
		{Kind: approve.BlockDiff, Title: "difference of notes.txt", Lines: []approve.Line{
			{Mark: "@", Text: "-1,1 +1,2"}, {Mark: "-", Text: "hello"}, {Mark: "+", Text: "hi"}, {Mark: "+", Text: "there"},
		}},
		{Kind: approve.BlockText, Title: "arguments", Lines: []approve.Line{
			{Name: "path", Text: "notes.txt"}, {Name: "content", Text: "hi"}, {Text: "there"},
		}},
	}}
	d.questions = []approve.Question{q}
	d.changed()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	screen := trimmed(d.m.screen())
	if !strings.Contains(trimmed(string(readme)), screen) {
		t.Errorf("the README does not show\n%s", screen)
	}
}

// trimmed takes blanks off the ends of lines, which editors do too.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
