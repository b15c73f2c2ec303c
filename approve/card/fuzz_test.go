package card

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"sallyport/approve"
	"sallyport/rules/scan"
)

// safe checks that no text of a card holds what could move a cursor, reorder a line or hide.
func safe(t *testing.T, card approve.Card) {
	t.Helper()
	check := func(texts ...string) {
		for _, s := range texts {
			if scan.VisibleLine(s, 0) != s || !utf8.ValidString(s) {
				t.Fatalf("%.200q is not safe", s)
			}
		}
	}
	check(card.ID, card.Digest)
	for _, b := range card.Blocks {
		check(b.Title, b.Kind)
		for _, l := range b.Lines {
			check(l.Mark, l.Name, l.Text)
			all := ""
			for _, s := range l.Spans {
				check(s.Mark, s.Text)
				all += s.Text
			}
			if all != "" && all != l.Text {
				t.Fatalf("spans spell %q, not %q", all, l.Text)
			}
		}
	}
}

// scalars gives every scalar of a JSON text as it was written, by a reader that shares no code with ours.
func scalars(raw []byte) (out []any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		default:
			out = append(out, v)
		}
	}
	walk(v)
	return out
}

// represents tells whether lines hold a scalar.
func represents(lines []approve.Line, v any) bool {
	switch v := v.(type) {
	case nil:
		return holds(lines, []string{"null"})
	case bool:
		return holds(lines, []string{map[bool]string{true: "true", false: "false"}[v]})
	case json.Number:
		return holds(lines, []string{v.String()})
	}
	s := v.(string)
	if holds(lines, strings.Split(s, "\n")) {
		return true
	}
	for _, l := range lines { // in quotes, as it was written
		var back string
		if strings.HasPrefix(l.Text, `"`) && json.Unmarshal([]byte(l.Text), &back) == nil && line(back) == line(s) {
			return true
		}
		if strings.HasPrefix(l.Text, `"`) && line(s) != s { // of which some is made visible
			return true
		}
	}
	return false
}

func holds(lines []approve.Line, texts []string) bool {
	for i := range lines {
		n := 0
		for n < len(texts) && i+n < len(lines) && lines[i+n].Text == line(texts[n]) && (n == 0) == (lines[i+n].Name != "") {
			n++
		}
		if n == len(texts) {
			return true
		}
	}
	return false
}

func FuzzCard(f *testing.F) {
	for _, g := range goldens {
		f.Add([]byte(g.args), g.tool)
	}
	f.Add([]byte("{\"\u202e\":\"a\\tb\u0301\u0301\u0301\u0301\u0301\u0301\",\"n\":[-1.5e3,null,true,\"true\",\"\",\" x\",{},[]]}"), "query")
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, args []byte, tool string) {
		c := w.call(t, "server", tool, string(args))
		c.Near = []byte(`{"path":"x"}`)
		card, cut := made(c)
		safe(t, card)
		if s := Summary(c); scan.VisibleLine(s, 120) != s {
			t.Fatalf("summary %q", s)
		}
		if word := Word(c); cut && word == "" || len(word) > 12 {
			t.Fatalf("word %q of a card that is cut: %v", word, cut)
		}
		if n := size(card); n > 512<<10 {
			t.Fatalf("%d bytes", n)
		}
		if strings.Contains(warned(card), "cannot be shown") {
			t.Fatal("a fault")
		}
		if cut || !utf8.Valid(args) || bytes.ContainsRune(args, '\ufffd') || bytes.Contains(args, []byte(`\u`)) || twice(args) {
			return
		}
		for _, b := range card.Blocks {
			if b.Title != "arguments" {
				continue
			}
			for _, v := range scalars(c.Args) {
				if !represents(b.Lines, v) {
					t.Fatalf("%#v is not shown in %+v", v, b.Lines)
				}
			}
		}
	})
}

// twice tells whether the text may hold a key twice, which a strict reader refuses.
func twice(raw []byte) bool {
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return true
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return true
	}
	again, err := json.Marshal(v)
	return err != nil || bytes.Count(again, []byte(`":`)) != bytes.Count(compact.Bytes(), []byte(`":`))
}
