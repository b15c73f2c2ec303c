package card

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/approve"
)

func quotedJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func writeArgs(path, content string) string {
	return `{"path":` + quotedJSON(filepath.ToSlash(path)) + `,"content":` + quotedJSON(content) + `}`
}

// said joins what the lines of a name say, over all blocks.
func said(card approve.Card, name string) string {
	var out []string
	for _, b := range card.Blocks {
		for _, l := range b.Lines {
			if l.Name == name {
				out = append(out, l.Text)
			}
		}
	}
	return strings.Join(out, "\n")
}

func warned(card approve.Card) string {
	var out []string
	for _, b := range card.Blocks {
		if b.Kind == approve.BlockWarning {
			for _, l := range b.Lines {
				out = append(out, l.Text)
			}
		}
	}
	return strings.Join(out, "\n")
}

func want(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("%q does not stand in %q", p, got)
		}
	}
}

func TestDigestChangesWithTheFile(t *testing.T) {
	w := newWorld(t)
	c := w.call(t, "filesystem", "write_file", `{"path":"notes.txt","content":"new\n"}`)
	first := Of(c).Digest
	if Of(c).Digest != first || !strings.HasPrefix(first, "h1:") || len(first) != 3+64 {
		t.Fatalf("digest %q is not stable or no digest", first)
	}
	w.write(t, "project/notes.txt", "one\ntwo\nthree!\n")
	second := Of(c).Digest
	if second == first {
		t.Error("the digest stayed while the file changed")
	}
	if err := os.Remove(filepath.Join(w.project, "notes.txt")); err != nil {
		t.Fatal(err)
	}
	if third := Of(c).Digest; third == second || third == first {
		t.Error("the digest stayed while the file went away")
	}
}

func TestDigestChangesWithALargeFile(t *testing.T) {
	w := newWorld(t)
	big := bytes.Repeat([]byte("0123456789abcde\n"), 200<<10/16*10)
	p := w.write(t, "project/big.log", string(big))
	c := w.call(t, "filesystem", "write_file", `{"path":"big.log","content":"new\n"}`)
	card := Of(c)
	sum := sha256.Sum256(big)
	want(t, said(card, "now"), "2,048,000 bytes", hex.EncodeToString(sum[:]))
	big[len(big)-2] = 'X'
	if err := os.WriteFile(p, big, 0o600); err != nil {
		t.Fatal(err)
	}
	if Of(c).Digest == card.Digest {
		t.Error("the digest stayed while the file changed")
	}
}

func TestDigestSpellsStructure(t *testing.T) {
	one := func(lines ...approve.Line) string {
		return approve.Question{}.Digest(approve.Card{Blocks: []approve.Block{{Lines: lines}}})
	}
	seen := map[string]bool{}
	for _, d := range []string{
		one(), one(approve.Line{}), one(approve.Line{}, approve.Line{}), one(approve.Line{Name: "ab"}), one(approve.Line{Text: "ab"}),
		one(approve.Line{Name: "a", Text: "b"}), one(approve.Line{Mark: "a", Name: "b"}), one(approve.Line{Warn: true}),
		one(approve.Line{Spans: []approve.Span{{Text: "a"}}}), one(approve.Line{Spans: []approve.Span{{Mark: "a"}}}),
		approve.Question{}.Digest(approve.Card{Items: []approve.Item{{Key: "a"}}}), approve.Question{}.Digest(approve.Card{Items: []approve.Item{{Doubts: []string{"a"}}}}),
	} {
		if seen[d] {
			t.Errorf("two cards have the digest %s", d)
		}
		seen[d] = true
	}
}

func TestSymlinksAreShownWithWhatTheyLeadTo(t *testing.T) {
	w := newWorld(t)
	if err := os.Symlink(filepath.Join(w.home, ".ssh", "id_rsa"), filepath.Join(w.project, "harmless.txt")); err != nil {
		t.Skip(err)
	}
	card := Of(w.call(t, "filesystem", "write_file", `{"path":"harmless.txt","content":"new\n"}`))
	want(t, said(card, "file"), "harmless.txt → ~/.ssh/id_rsa (outside of the project)")
	want(t, warned(card), "harmless.txt → ~/.ssh/id_rsa")
	want(t, printed(w.call(t, "filesystem", "write_file", `{"path":"harmless.txt","content":"new\n"}`)), "-secret", "+new")
}

func TestBlanksAtTheEndsOfAPathArePartOfIt(t *testing.T) {
	for _, blank := range []string{" ", "\t", "\u00a0"} {
		w := newWorld(t)
		w.write(t, "notes.txt", "mine\n")
		if err := os.Symlink(filepath.Join(w.home, ".ssh", "id_rsa"), filepath.Join(w.project, "notes.txt"+blank)); err != nil {
			t.Skip(err)
		}
		card := Of(w.call(t, "filesystem", "write_file", writeArgs("notes.txt"+blank, "new\n")))
		want(t, said(card, "file"), "~/.ssh/id_rsa (outside of the project)")
		want(t, warned(card), "begins or ends with a blank")
	}
}

func TestStepsBackFromBehindASymlinkAreFollowed(t *testing.T) {
	w := newWorld(t)
	if err := os.Symlink(filepath.Join(w.home, ".ssh"), filepath.Join(w.project, "sub")); err != nil {
		t.Skip(err)
	}
	w.write(t, "x", "x")
	card := Of(w.call(t, "filesystem", "read_file", `{"path":"sub/../x"}`))
	want(t, said(card, "path"), "x → ~/x (outside of the project)")
}

func TestWhatIsNoRegularFileIsNotRead(t *testing.T) {
	w := newWorld(t)
	card := Of(w.call(t, "filesystem", "write_file", writeArgs(w.project, "x")))
	want(t, said(card, "now"), "a folder")
	if _, err := os.Stat("/dev/zero"); err == nil {
		card = Of(w.call(t, "filesystem", "write_file", writeArgs("/dev/zero", "x")))
		want(t, said(card, "now"), "a device")
	}
}

func TestUnreadableFilesAreSaidSo(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("this user reads everything")
	}
	w := newWorld(t)
	if err := os.Chmod(filepath.Join(w.project, "notes.txt"), 0); err != nil {
		t.Fatal(err)
	}
	card := Of(w.call(t, "filesystem", "write_file", `{"path":"notes.txt","content":"x"}`))
	want(t, said(card, "now"), "cannot be looked at: permission denied")
}

func TestBinaryFilesAreSaidSo(t *testing.T) {
	w := newWorld(t)
	w.write(t, "project/a.bin", "\x00\x01\xff")
	card := Of(w.call(t, "filesystem", "write_file", `{"path":"a.bin","content":"text\n"}`))
	want(t, said(card, "now"), "binary, 3 bytes, sha256 "+sum("\x00\x01\xff"))
	card = Of(w.call(t, "filesystem", "write_file", `{"path":"notes.txt","content":"AAEC/w==","encoding":"base64"}`))
	want(t, said(card, "then"), "binary, 4 bytes, sha256 "+sum("\x00\x01\x02\xff"))
}

func TestARelativePathThatMayBeTwoFilesIsSaidSo(t *testing.T) {
	w := newWorld(t)
	w.write(t, "other/notes.txt", "other\n")
	c := w.call(t, "filesystem", "write_file", `{"path":"notes.txt","content":"x\n"}`)
	c.Facts.Roots = []string{filepath.Join(w.home, "other")}
	want(t, said(Of(c), "or"), "~/other/notes.txt")
}

func TestEditsAreMadeAsServersDo(t *testing.T) {
	w := newWorld(t)
	w.write(t, "project/crlf.txt", "a\r\nb\r\na\r\n")
	for _, tc := range []struct{ name, args, then string }{
		{"first of two places", `{"path":"crlf.txt","old_str":"a","new_str":"A"}`, "3 lines, 9 bytes"},
		{"all places", `{"path":"crlf.txt","old_str":"a","new_str":"AA","replace_all":true}`, "3 lines, 11 bytes"},
		{"line feeds for returns", `{"path":"crlf.txt","old_str":"a\nb","new_str":"x\ny\nz"}`, "4 lines, 12 bytes"},
		{"one after the other", `{"path":"notes.txt","edits":[{"old":"one","new":"1"},{"old":"1","new":"11"}]}`, "3 lines, 13 bytes"},
		{"insert", `{"command":"insert","path":"notes.txt","insert_line":1,"new_str":"x"}`, "4 lines, 16 bytes"},
		{"insert first", `{"path":"notes.txt","insert_line":0,"text":"x\n"}`, "4 lines, 16 bytes"},
		{"append", `{"path":"notes.txt","content":"x\n","mode":"append"}`, "4 lines, 16 bytes"},
		{"a part", `{"path":"notes.txt","start_line":1,"end_line":2,"content":"x\n"}`, "a part of it is written"},
		{"the same", `{"path":"notes.txt","content":"one\ntwo\nthree\n"}`, "nothing would change"},
		{"file map", `{"files":{"notes.txt":"x\n"}}`, "1 line, 2 bytes"},
		{"patch", `{"path":"notes.txt","patch":"@@ -1 +1 @@\n-one\n+1\n"}`, "changed by the patch"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want(t, said(Of(w.call(t, "x", "edit", tc.args)), "then"), tc.then)
		})
	}
}

func TestEditsCannotBlowAFileUp(t *testing.T) {
	w := newWorld(t)
	w.write(t, "project/a.txt", strings.Repeat("a", 1<<20))
	card := Of(w.call(t, "x", "edit", `{"path":"a.txt","old_str":"a","replace_all":true,"new_str":"`+strings.Repeat("b", 100<<10)+`"}`))
	want(t, said(card, "edit 1"), "larger than can be compared")
}

func TestRemoteFilesAreNotHeldAgainstLocalOnes(t *testing.T) {
	w := newWorld(t)
	text := printed(w.call(t, "github", "create_or_update_file", `{"owner":"a","repo":"b","path":"notes.txt","content":"x\n","message":"m","branch":"main"}`))
	want(t, text, "not on this machine")
	if strings.Contains(text, "-one") {
		t.Error("a local file is shown")
	}
}
