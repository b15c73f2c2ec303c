package dialog

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sallyport/approve"
)

func TestADialogShowsTheWholeQuestion(t *testing.T) {
	q := approve.Question{
		ID: "s.q1", Server: "files", Kind: approve.KindCall, Tool: "write_file", Class: "write", Summary: "writes a.txt",
		Rules:  []approve.Cause{{Rule: "ask-writes", At: "rules.yaml:12", Because: "it writes"}, {Rule: "default"}},
		Scopes: []approve.Scope{{Words: "write_file\nbelow /home/u/x"}},
	}
	card := approve.Card{ID: "s.q1", Digest: "h1:x", Blocks: []approve.Block{
		{Title: "question", Kind: approve.BlockFacts, Lines: []approve.Line{{Name: "server", Text: "files"}, {Name: "class", Text: "write, by your rule files"}}},
		{Title: "deserves a look", Kind: approve.BlockWarning, Lines: []approve.Line{{Text: "a new host", Warn: true}}},
		{Title: "a.txt", Kind: approve.BlockDiff, Lines: []approve.Line{{Mark: "-", Text: "old"}, {Mark: "+", Text: "new\ttab"}}},
		{Kind: approve.BlockText, Lines: []approve.Line{{Name: "path", Text: strings.Repeat("/abcdefgh", 20)}}},
	}}
	want := opening + `

writes a.txt

  tool: write_file
  held by: ask-writes at rules.yaml:12: it writes
  held by: default
question
  server: files
  class: write, by your rule files
deserves a look
  ! a new host
a.txt
  - old
  + new<U+0009>tab
  path: /abcdefgh/abcdefgh/abcdefgh/abcdefgh/abcdefgh/abcdefgh/abcdefgh/abcdefgh
    » /abcdefgh/abcdefgh/abcdefgh/abcdefgh/abcdefgh/abcdefgh/abcdefgh/abcdefgh/a
    » bcdefgh/abcdefgh/abcdefgh/abcdefgh

Allow for this session lets through, until it ends:
  write_file
  below /home/u/x`
	got, b := compose(q, card, program{room: room{30, 80, 2000}, most: asksSession})
	if got != want || b != asksSession {
		t.Errorf("%d\n%s\nwant\n%s", b, got, want)
	}
	if got, b := compose(q, card, program{room: room{30, 80, 2000}, most: asksOnce}); b != asksOnce || strings.Contains(got, labelSession) {
		t.Errorf("without a third button: %d\n%s", b, got)
	}
}

func TestNoTextLeavesTheRoomOfADialog(t *testing.T) {
	room := room{20, 60, 900}
	for name, text := range map[string]string{
		"nothing": "", "a word": "x", "long": strings.Repeat("x", 800), "very long": strings.Repeat("x", 1<<20), "line feeds": strings.Repeat("\n", 50),
		"blanks": strings.Repeat(" ", 700), "wide": strings.Repeat("漢", 300), "no width": strings.Repeat("a\u0301\u0302", 100), "bytes": strings.Repeat("\xff", 50),
		"very wide": strings.Repeat("﷽", 40), "emoji": strings.Repeat("🙂", 100),
	} {
		q := approve.Question{ID: "a", Kind: approve.KindCall, Class: "write", Summary: "x"}
		card := approve.Card{ID: "a", Digest: "x", Blocks: []approve.Block{{Kind: approve.BlockText, Lines: []approve.Line{{Text: text}, {Text: "the end"}}}}}
		got, b := compose(q, card, program{room: room, most: asksSession})
		lines := strings.Split(got, "\n")
		if n := utf8.RuneCountInString(got); len(lines) > room.lines || n > room.chars {
			t.Errorf("%s: %d lines, %d characters", name, len(lines), n)
		}
		for _, line := range lines {
			columns := 0
			for _, r := range line {
				columns += width(r)
			}
			if columns > room.columns {
				t.Errorf("%s: a line has %d columns: %q", name, columns, line)
			}
		}
		if ends := strings.HasSuffix(got, "\n  the end"); ends != (b == asksOnce) {
			t.Errorf("%s: offered %d, and the end is shown: %v\n%s", name, b, ends, got)
		}
	}
}

func BenchmarkALongCard(b *testing.B) {
	q := approve.Question{ID: "a", Kind: approve.KindCall, Class: "write", Summary: "x"}
	card := approve.Card{ID: "a", Digest: "x", Blocks: []approve.Block{{Lines: []approve.Line{{Text: strings.Repeat("\u202e", 1<<20)}}}}}
	for b.Loop() {
		compose(q, card, program{room: room{30, 80, 2000}, most: asksSession})
	}
}
