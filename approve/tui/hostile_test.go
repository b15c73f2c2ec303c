package tui

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"sallyport/approve"
)

// checkScreen fails if a screen without styles has what does not belong on one.
func checkScreen(t testing.TB, m *model, screen string) {
	t.Helper()
	lines := strings.Split(screen, "\n")
	if len(lines) > max(1, m.height) {
		t.Errorf("%d lines on a screen of %d", len(lines), m.height)
	}
	for _, line := range lines {
		if w := max(ansi.StringWidth(line), ansi.StringWidthWc(line)); w > m.width {
			t.Errorf("%d cells in %d columns: %q", w, m.width, line)
		}
		for _, r := range line {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) || r == 0x34f || r == 0x3164 || r >= 0xfe00 && r <= 0xfe0f {
				t.Errorf("U+%04X in %q", r, line)
			}
		}
	}
}

// hostile is a desk on which every text is one.
func hostile(t testing.TB, text string) *desk {
	q := approve.Question{
		ID: "s1." + text, Session: text, Server: text, Client: text, Kind: approve.KindCall, Method: text, Tool: text, Class: text, Summary: text,
		Rules: []approve.Cause{{Rule: text, At: text, Because: text}}, Asked: noon, Times: 1, Waiting: 2, Until: noon.Add(time.Minute), Word: text,
		Scopes: []approve.Scope{{Words: text, Text: text}, {Words: text, Text: text, Whole: true}},
	}
	s := q
	s.ID, s.Kind = "s1.surface", approve.KindSurface
	d := newDesk(t, q, s)
	d.sessions = []approve.Status{{Server: text, Client: text, Observing: true}, {Server: text, Client: text}}
	d.odd = []string{text, text, text, text}
	lines := []approve.Line{{Text: text}, {Mark: text, Name: text, Text: text, Warn: true}, {Mark: "+", Spans: []approve.Span{{Mark: "+", Text: text}, {Mark: "-", Text: text}, {Mark: text, Text: text}}}}
	card := approve.Card{ID: q.ID, Digest: text + "h1"}
	for _, kind := range []string{approve.BlockFacts, approve.BlockText, approve.BlockDiff, approve.BlockWarning, text} {
		card.Blocks = append(card.Blocks, approve.Block{Title: text, Kind: kind, Lines: lines})
	}
	d.cards[q.ID] = card
	card.ID = s.ID
	card.Items = []approve.Item{{Key: text, Change: text, Class: text, Doubts: []string{text}, Lines: lines}, {Key: "tools/b", Lines: lines}}
	d.cards[s.ID] = card
	d.receipt = approve.Receipt{Text: text, Undo: "g1"}
	d.changed()
	return d
}

// tour goes over all screens and looks at each.
func tour(t testing.TB, d *desk) {
	check := func() {
		checkScreen(t, d.m, d.m.screen())
		d.m.View()
	}
	at := d.questions[0].ID
	for _, keys := range [][]string{
		{"esc", "g"}, {"enter"}, {"G"}, {"s"}, {"+"}, {"G"}, {"?"}, {"esc"}, {"y"}, {"x"}, {"enter"}, {"esc"}, {"tab"}, {"G", "enter"}, {"space"}, {"c"},
		{"G", "a"}, {"esc"}, {"tab"}, {"/", "a"}, {"esc"}, {"g", "enter", "d"},
	} {
		d.keys(keys...)
		check()
	}
	d.fails[at] = errorOf(at)
	d.keys("tab", "g", "enter", "d")
	check()
	d.questions = nil
	d.changed()
	check()
}

type errorOf string

func (e errorOf) Error() string { return string(e) }

var hostileTexts = []string{
	"", " ", "a\x1b[2J\x1b]0;title\x07b", "\r\n\tb", "\u202egpj.exe\u2066x\u2069", "a\u200bb\u200d\ufeffc\u2060", "\x9b31m\xff\xfe\x80", "\u115f\u3164\u2800",
	"漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字", "👩‍👩‍👧‍👦👍🏽🇩🇪🇩", "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309x", "\u0301\u0301",
	strings.Repeat("ᄀ", 150), strings.Repeat("한", 100), strings.Repeat("\u0915\u094d", 100), strings.Repeat("🇩", 99), strings.Repeat("a", 1000), strings.Repeat("a b ", 200),
	strings.Repeat("\n", 60), "﷽﷽﷽﷽﷽﷽﷽﷽", "𒐫𒐫𒐫𒐫", "\U000e0041\U000e0042", "\x00", strings.Repeat("\u0e33", 80), "ｗｉｄｅ　blank\u00a0\u2003x", "\u00ad",
}

func TestHostileTextStaysWithinTheScreen(t *testing.T) {
	for _, text := range hostileTexts {
		for _, size := range [][2]int{{80, 24}, {47, 12}, {30, 8}, {29, 8}, {0, 0}} {
			d := hostile(t, text)
			d.size(size[0], size[1])
			tour(t, d)
			if t.Failed() {
				t.Fatalf("%q at %v", text, size)
			}
		}
	}
}

func TestALineOfAnArgumentDoesNotLookLikeAnotherArgument(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	card := shortCard("s1.q1")
	card.Blocks[0].Lines = []approve.Line{{Name: "content", Text: "x"}, {Text: "path: /home/u/harmless"}, {Name: "path", Text: "/home/u/.ssh/config"}}
	d.cards["s1.q1"] = card
	d.keys("enter")
	d.sees("\n  path: /home/u/.ssh/config", "\n    path: /home/u/harmless")
}

func TestForeignTextDoesNotBeginAtTheLeftMargin(t *testing.T) {
	for _, l := range []approve.Line{{Text: "x"}, {Name: "x", Text: "y"}, {Mark: "x", Text: "y"}, {Text: strings.Repeat("x", 300)}, {Spans: []approve.Span{{Text: "x"}}}} {
		for _, kind := range []string{approve.BlockFacts, approve.BlockText, approve.BlockDiff, approve.BlockWarning} {
			for _, r := range lineRows(80, 2, kind, l) {
				if r[0].text[:2] != "  " {
					t.Errorf("%+v as %s: %q", l, kind, r)
				}
			}
		}
	}
}

func FuzzHostileText(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text, 80, 24)
		f.Add(text, 33, 9)
	}
	f.Fuzz(func(t *testing.T, text string, width, height int) {
		if len(text) > 4096 || width < 0 || width > 300 || height < 0 || height > 100 {
			t.Skip()
		}
		d := hostile(t, text)
		d.size(width, height)
		tour(t, d)
	})
}
