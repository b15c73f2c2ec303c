package card

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"sallyport/approve"
)

// hostile are arguments that would cost much if anything but bounded work were done for them.
func hostile() map[string]string {
	many := func(n int, f func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = f(i)
		}
		return strings.Join(parts, ",")
	}
	big := strings.Repeat("x", 10<<20)
	return map[string]string{
		"deep arrays":      `{"a":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + `}`,
		"deep objects":     strings.Repeat(`{"path":"x","content":"y","a":`, 100_000) + `1` + strings.Repeat("}", 100_000),
		"a million keys":   `{` + many(1_000_000, func(i int) string { return `"k` + strconv.Itoa(i) + `":1` }) + `}`,
		"many paths":       `{"paths":[` + many(30_000, func(i int) string { return `"/p/` + strconv.Itoa(i) + `"` }) + `]}`,
		"many hosts":       `{"urls":[` + many(20_000, func(i int) string { return `"http://h` + strconv.Itoa(i) + `.example"` }) + `]}`,
		"many edits":       `{"path":"notes.txt","edits":[` + many(9_000, func(i int) string { return `{"oldText":"o","newText":"oo` + strconv.Itoa(i) + `"}` }) + `]}`,
		"many files":       `{"files":[` + many(5_000, func(i int) string { return `{"path":"f` + strconv.Itoa(i) + `","content":"x"}` }) + `]}`,
		"many named":       `{` + many(30_000, func(i int) string { return `"path` + strconv.Itoa(i) + `":"/a/` + strconv.Itoa(i) + `","to":"b"` }) + `}`,
		"long string":      `{"path":"notes.txt","content":"` + big + `"}`,
		"long key":         `{"` + big + `":1}`,
		"long path":        `{"path":"` + strings.Repeat("a/", 5<<20) + `"}`,
		"long number":      `{"n":` + strings.Repeat("9", 10<<20) + `}`,
		"controls":         `{"content":"` + strings.Repeat(`\u0001`, 1<<20) + `"}`,
		"line feeds":       `{"path":"a","content":"` + strings.Repeat(`\n`, 1<<20) + `"}`,
		"marks":            `{"content":"a` + strings.Repeat("\u0301", 1<<20) + `"}`,
		"escaped quotes":   `{"content":"` + strings.Repeat(`\"`, 1<<20) + `"}`,
		"commands":         `{"command":"` + strings.Repeat("rm -rf a; ", 20_000) + `"}`,
		"nested commands":  `{"command":"` + strings.Repeat("$(", 20_000) + strings.Repeat(")", 20_000) + `"}`,
		"many commands":    `{"commands":[` + many(20_000, func(i int) string { return `"ls ` + strconv.Itoa(i) + `"` }) + `]}`,
		"argv":             `{"command":"x","args":[` + many(30_000, func(int) string { return `"a"` }) + `]}`,
		"statements":       `{"sql":"` + strings.Repeat("drop table a;", 50_000) + `"}`,
		"recipients":       `{"to":"` + strings.Repeat("a@b.example,", 100_000) + `"}`,
		"wide then hidden": `{"a":"` + strings.Repeat("x", 500<<10) + `","command":"rm -rf /","b":"` + strings.Repeat("x", 500<<10) + `"}`,
	}
}

func size(card approve.Card) (n int) {
	for _, b := range card.Blocks {
		n += len(b.Title)
		for _, l := range b.Lines {
			n += cost(l) - lineCost
		}
	}
	return n
}

func TestCardsAreBounded(t *testing.T) {
	w := newWorld(t)
	for name, args := range hostile() {
		t.Run(name, func(t *testing.T) {
			c := w.call(t, "x", "run_sql_delete_move", args)
			if name == "wide then hidden" || name == "a million keys" || name == "line feeds" {
				c.Near = c.Args
			}
			card, cut := made(c)
			if n := size(card); n > 512<<10 {
				t.Errorf("%d bytes of text", n)
			}
			safe(t, card)
			word := Word(c)
			if cut && word == "" {
				t.Error("a card that does not show all needs no word")
			}
			if n := len([]rune(Summary(c))); n > 120 {
				t.Errorf("a summary of %d runes", n)
			}
		})
	}
}

func TestWhatIsLeftOutIsNamed(t *testing.T) {
	w := newWorld(t)
	args := `{"path":"notes.txt","content":"first` + strings.Repeat("x", 2<<20) + `last"}`
	c := w.call(t, "x", "write", args)
	card := Of(c)
	var content string
	if err := json.Unmarshal([]byte(args), &struct{ Content *string }{&content}); err != nil {
		t.Fatal(err)
	}
	text := said(card, leftOut)
	want(t, text, "all of it are 2,097,161 bytes, sha256 "+sum(content), "all arguments are "+sized(args))
	want(t, said(card, "content"), "firstxxxx")
	want(t, said(card, "(goes on)"), "xxxxlast")
	want(t, warned(card), "this card does not show all of the call")
	if Word(c) != unseen {
		t.Errorf("the word is %q", Word(c))
	}
}

func TestWordsAreAskedForWhatDestroys(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct{ name, server, tool, class, args, word string }{
		{"harmless", "x", "list", "read", `{"path":"a"}`, ""},
		{"class", "x", "fs.delete_file", "destructive", `{"path":"a"}`, "delete"},
		{"class, another name", "x", "runEverything", "destructive", `{}`, "everything"},
		{"class, a name that cannot be typed", "x", "лист", "destructive", `{}`, "delete"},
		{"rm -r", "x", "sh", "write", `{"command":"rm -r x"}`, "delete"},
		{"rm", "x", "sh", "write", `{"command":"rm x"}`, ""},
		{"rm -r in an array", "x", "sh", "write", `{"argv":["sudo","rm","-rf","x"]}`, "delete"},
		{"force push", "x", "sh", "write", `{"cmd":"git push origin +main"}`, "push"},
		{"drop", "x", "sh", "write", `{"sql":"select 1; drop table x"}`, "drop"},
		{"delete without where", "db", "query", "write", `{"query":"delete from x"}`, "delete"},
		{"delete with where", "db", "query", "write", `{"query":"delete from x where id = 3"}`, ""},
		{"a search", "web", "find", "read", `{"query":"drop table manners"}`, "drop"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := w.call(t, tc.server, tc.tool, tc.args)
			c.Question.Class = tc.class
			if got := Word(c); got != tc.word {
				t.Errorf("word %q, want %q", got, tc.word)
			}
		})
	}
}

func TestAFaultShowsTheArgumentsRaw(t *testing.T) {
	w := newWorld(t)
	c := w.call(t, "x", "write", "{\"path\":\"a\",\"content\":\"x\u202ey\"}")
	c.Facts.Resolve = func(string) string { panic("no\nsuch disk") }
	card := Of(c)
	want(t, warned(card), "what this would do cannot be shown: no<U+000A>such disk")
	want(t, card.Blocks[2].Lines[0].Text, `{"path":"a","content":"x<U+202E>y"}`)
	safe(t, card)
	if Word(c) != unseen {
		t.Error("no word is asked for")
	}
	want(t, Summary(c), "cannot be shown")
	if card.Digest == "" {
		t.Error("no digest")
	}
}

func TestWhatIsNoJSONIsShownAllTheSame(t *testing.T) {
	w := newWorld(t)
	for _, args := range []string{"{", `{"a`, `{"a":`, `{"a":1`, `{"a" 1}`, `{"a":1}}`, `]`, `x`, `{"a":"\`, `{"a":"b}`, `[1,`, `{1:2}`, "\xff", `{}{}`, " ", `{"a":[}`, `{"a":tru}`} {
		c := w.call(t, "x", "write", args)
		card, cut := made(c)
		if !cut || Word(c) != unseen {
			t.Errorf("%q passes for whole", args)
		}
		want(t, said(card, "(end)"), line(args))
	}
}

func TestNoArgumentsAreNone(t *testing.T) {
	w := newWorld(t)
	c := w.call(t, "x", "list", "")
	c.Args = nil
	if card, cut := made(c); cut || Word(c) != "" || card.Blocks[1].Lines[0].Text != "none" {
		t.Errorf("cut %v, word %q, card %+v", cut, Word(c), card)
	}
}

func TestTheDifferenceFromWhatWasApprovedIsShown(t *testing.T) {
	w := newWorld(t)
	c := w.call(t, "mail", "send", `{"to":"ann@example.com","text":"a\nb","n":2}`)
	c.Near = []byte(`{"to":"bob@example.com","text":"a\nb","n":2}`)
	card := Of(c)
	last := card.Blocks[len(card.Blocks)-1]
	if last.Kind != approve.BlockDiff || len(last.Lines) < 3 || last.Lines[1].Mark+last.Lines[1].Text != "-to: bob@example.com" ||
		last.Lines[2].Mark+last.Lines[2].Text != "+to: ann@example.com" || len(last.Lines[2].Spans) != 3 {
		t.Errorf("%+v", last)
	}
	c.Near = []byte(`{"to": "ann@example.com","text":"a\u000ab","n":2}`)
	card = Of(c)
	want(t, card.Blocks[len(card.Blocks)-1].Lines[0].Text, "the same values")
}

func TestTitlesThatCouldMisleadAreLeftOut(t *testing.T) {
	for _, tc := range []struct{ title, want string }{
		{"Write a file", "Write a file"}, {"x\u202ey", ""}, {"a (approved by you)", ""}, {strings.Repeat("x", 61), ""}, {"write", ""}, {"pаypal", ""},
	} {
		if got := title([]byte(`{"title":`+quotedJSON(tc.title)+`}`), "write"); got != tc.want {
			t.Errorf("%q gives %q", tc.title, got)
		}
	}
	if got := title([]byte(`{"annotations":{"title":"T"}}`), "x"); got != "T" {
		t.Errorf("the title of annotations is %q", got)
	}
}

func TestAZeroCallHasACard(t *testing.T) {
	for _, args := range []string{"", `{"path":"x","content":"y","command":"ls > z","url":"https://a.example","to":"b@c.example"}`} {
		card := Of(Call{Args: []byte(args)})
		if strings.Contains(warned(card), "cannot be shown") {
			t.Errorf("%s: %s", args, warned(card))
		}
		if args != "" {
			want(t, warned(card), "which file would be written cannot be told")
		}
	}
}
