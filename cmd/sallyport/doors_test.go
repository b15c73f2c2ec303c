package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"sallyport/approve"
)

// TestLinesOfAnArgumentLookLikeNoOtherArgument prints a card whose argument goes on in lines that look like arguments.
func TestLinesOfAnArgumentLookLikeNoOtherArgument(t *testing.T) {
	text := cardText(approve.Card{Blocks: []approve.Block{{Title: "arguments", Kind: approve.BlockText, Lines: []approve.Line{
		{Name: "note", Text: "cleanup"}, {Text: "dry_run: true"}, {Name: "zone", Text: "prod"},
	}}}})
	if want := "arguments\n  note: cleanup\n    | dry_run: true\n  zone: prod\n"; text != want {
		t.Errorf("got\n%swant\n%s", text, want)
	}
}

func TestJSONMovesNoCursor(t *testing.T) {
	hostile := "\u009b2J\u202egnp\u200b\u2028\U000e0041\x1b[2J é 漢 \u00ad"
	var b bytes.Buffer
	if err := writeJSON(&b, []string{hostile}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\u009b\u202e\u200b\u2028\U000e0041\x1b\u00ad") || !strings.Contains(b.String(), "é 漢") {
		t.Errorf("got %q", b.String())
	}
	var back []string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back) != 1 || back[0] != hostile {
		t.Errorf("it reads back as %q, %v", back, err)
	}
}
