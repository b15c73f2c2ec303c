package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"sallyport/approve"
)

var update = flag.Bool("update", false, "write the screens of testdata anew")

func questionFacts(tool, class, held string) approve.Block {
	return approve.Block{Kind: approve.BlockFacts, Title: "question", Lines: []approve.Line{
		{Name: "server", Text: "filesystem"}, {Name: "tool", Text: tool}, {Name: "class", Text: class}, {Name: "client", Text: "editor"},
		{Name: "started by", Text: "node editor.js (41) ← bash (40)"}, {Name: "method", Text: "tools/call"}, {Name: "held by", Text: held},
	}}
}

func writeCard(id string) approve.Card {
	return approve.Card{ID: id, Digest: "h1:write", Blocks: []approve.Block{
		questionFacts("write_file", "write, by a pack of rules", "default/write: no rule speaks of it"),
		{Kind: approve.BlockFacts, Title: "would write main.go", Lines: []approve.Line{{Name: "file", Text: "main.go"}, {Name: "then", Text: "7 lines, 64 bytes"}}},
		{Kind: approve.BlockDiff, Title: "difference of main.go", Lines: []approve.Line{
			{Mark: "@", Text: "-3,5 +3,5"}, {Mark: " ", Text: `import "fmt"`}, {Mark: " "}, {Mark: "-", Text: "// says hello"},
			{Mark: "+", Text: "// says bye, in a line that is so long that it does not fit on a narrow screen and goes on in the next row"},
			{Mark: "-", Text: `→   fmt.Println("hello")`, Spans: []approve.Span{{Text: `→   fmt.Println("`}, {Mark: "-", Text: "hello"}, {Text: `")`}}},
			{Mark: "+", Text: `→   fmt.Println("bye")`, Spans: []approve.Span{{Text: `→   fmt.Println("`}, {Mark: "+", Text: "bye"}, {Text: `")`}}},
		}},
		{Kind: approve.BlockText, Title: "arguments", Lines: []approve.Line{
			{Name: "path", Text: "~/project/main.go"}, {Name: "content", Text: "package main"}, {}, {Text: `→   fmt.Println("漢字 bye")`},
		}},
	}}
}

func deleteCard(id string) approve.Card {
	return approve.Card{ID: id, Digest: "h1:delete", Blocks: []approve.Block{
		questionFacts("delete_file", "destructive, as the tool was accepted", "confirm-deletes: deletes are confirmed"),
		{Kind: approve.BlockWarning, Title: "deserves a look", Lines: []approve.Line{{Text: "~/.ssh (outside of the project)", Warn: true}}},
		{Kind: approve.BlockFacts, Title: "would delete", Lines: []approve.Line{{Name: "now", Text: "a folder, with all that is in it", Warn: true}}},
		{Kind: approve.BlockText, Title: "arguments", Lines: []approve.Line{{Name: "path", Text: "../.ssh"}}},
	}}
}

// mixed is a queue of all that there is.
func mixed(t testing.TB) *desk {
	read := call("q2")
	read.Tool, read.Class, read.Summary, read.Asked = "read_text_file", "read", "read_text_file: reads notes.txt", noon.Add(-10*time.Minute)
	back := destructive("q5", "push")
	back.Server, back.Tool, back.Summary, back.Waiting, back.Until = "shell", "execute", "execute (destroys): runs git push --force origin main", 0, time.Time{}
	many := call("q1")
	many.Waiting, many.Times = 3, 3
	d := newDesk(t, many, read, destructive("q3", "delete"), surface("q4"), back)
	d.cards["s1.q1"], d.cards["s1.q3"], d.cards["s1.q4"] = writeCard("s1.q1"), deleteCard("s1.q3"), surfaceCard("s1.q4")
	d.sessions = append(d.sessions, approve.Status{Session: "s2", Server: "tracker", Client: "editor", Observing: true})
	d.odd = []string{"old.sock: it does not say what it is"}
	d.changed()
	return d
}

var screens = []struct {
	name string
	make func(t testing.TB) *desk
	keys []string
}{
	{"empty", func(t testing.TB) *desk { return newDesk(t) }, nil},
	{"queue", mixed, []string{"j", "space"}},
	{"write", mixed, []string{"enter"}},
	{"write-end", mixed, []string{"enter", "G"}},
	{"destructive", mixed, []string{"G", "k", "k", "enter"}},
	{"word", mixed, []string{"G", "k", "k", "enter", "G", "a", "d", "e"}},
	{"surface", mixed, []string{"G", "k", "enter", "n", "c"}},
	{"doubts", mixed, []string{"G", "k", "enter", "p", "space", "G", "a"}},
	{"scope", mixed, []string{"enter", "G", "w"}},
	{"scope-whole", mixed, []string{"enter", "G", "s", "+", "+"}},
	{"help", mixed, []string{"?"}},
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 12}, {200, 60}} {
		for _, c := range screens {
			name := fmt.Sprintf("%s-%dx%d", c.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				d := c.make(t)
				d.size(size[0], size[1])
				for _, key := range c.keys {
					d.key(key)
					d.wait(guardTime)
				}
				d.time = noon // so that keys more or less do not change the clock on the screen
				compare(t, name, d)
			})
		}
	}
}

func compare(t *testing.T, name string, d *desk) {
	t.Helper()
	got := d.m.screen()
	checkScreen(t, d.m, got)
	d.m.plain = false
	if styled := ansi.Strip(d.m.screen()); styled != got {
		t.Errorf("with styles it says something else:\n%s", styled)
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got+"\n" != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("it shows\n%s\nnot\n%s", got, want)
	}
}

func TestStylesAreOfThoseThatEveryTerminalHas(t *testing.T) {
	for _, c := range screens {
		d := c.make(t)
		for _, key := range c.keys {
			d.key(key)
			d.wait(guardTime)
		}
		d.m.plain = false
		for part := range strings.SplitSeq(d.m.screen(), "\x1b[") {
			code, _, ok := strings.Cut(part, "m")
			if !ok || len(code) > 5 {
				continue
			}
			switch code {
			case "", "0", "1", "7", "31", "32", "1;35":
			default:
				t.Errorf("%s has the style %q", c.name, code)
			}
		}
	}
}
