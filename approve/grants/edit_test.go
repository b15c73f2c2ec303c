package grants

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sallyport/rules"
)

// Files as people keep them. What stands there stays, and an answer that is undone leaves no trace.
func TestWhatStandsInTheFileStaysByteForByte(t *testing.T) {
	element := "  - {name: mine, answers: default/write, server: s, tool: t} # for Tuesdays\n"
	block := "  - name: mine\n    answers: default/write\n    server: s\n    tool: t\n    when: |\n      args.x == 1\n\n      and true\n"
	tests := []struct{ name, text string }{
		{"one grant", "version: 1\ngrants:\n" + element},
		{"comments", "# mine\nversion: 1 # ever\n\ngrants: # all of them\n" + element + "\n  # the end\n# really\n"},
		{"tests behind", "version: 1\ngrants:\n" + element + "\n# tests\ntests:\n  - {call: {server: s, tool: t}, want: allow, by: grant/mine}\n"},
		{"a test of a rule elsewhere", "version: 1\ngrants:\n" + element + "tests:\n  - {call: {server: s, tool: t}, want: ask, by: my-rule}\n"},
		{"tests before", "tests:\n  - {call: {server: s, tool: t, args: {grants: 1}}, want: allow}\nversion: 1\ngrants:\n" + element},
		{"no list", "version: 1\ntests: []\n"},
		{"not indented", "version: 1\ngrants:\n" + strings.TrimPrefix(element, "  ")},
		{"indented more", "version: 1\ngrants:\n      " + strings.TrimPrefix(element, "  ") + "# end\n"},
		{"a block at the end", "version: 1\ngrants:\n" + block},
		{"a block and blank lines", "version: 1\ngrants:\n" + block + "\n\n"},
		{"umlauts", "version: 1\n# für später\ngrants:\n" + element},
	}
	questions, sc := folderOf(t, write)
	for _, tt := range tests {
		for _, variant := range []string{"as it is", "CRLF", "no final newline", "both"} {
			text := tt.text
			if variant == "no final newline" || variant == "both" {
				text = strings.TrimRight(text, "\n")
			}
			if variant == "CRLF" || variant == "both" {
				text = strings.ReplaceAll(text, "\n", "\r\n")
			}
			t.Run(tt.name+", "+variant, func(t *testing.T) {
				s := store(t)
				if err := os.WriteFile(s.file, []byte(text), 0o640); err != nil {
					t.Fatal(err)
				}
				undo, err := s.Always(questions, call(write), sc, "a test")
				must(t, undo, err)
				got := content(t, s)
				added := s.added[undo].text
				if before, after, ok := strings.Cut(got, added); !ok || !holdsPieces(text, before, after) {
					t.Fatalf("%q\nbecame\n%q", text, got)
				}
				if crlf := strings.Count(got, "\r\n"); crlf > 0 != strings.Contains(text, "\r\n") || crlf > 0 && crlf != strings.Count(got, "\n") {
					t.Errorf("line ends are mixed: %q", got)
				}
				expect(t, s, questions, other, "allow by grant/answer-1")
				second, err := s.Deny(questions, call(write), sc, true, "a test")
				must(t, second, err)
				for _, u := range []string{undo, second} {
					if err := s.Undo(u); err != nil {
						t.Fatal(err)
					}
				}
				if got := content(t, s); got != text {
					t.Errorf("%q\nis left as\n%q", text, got)
				}
			})
		}
	}
}

// holdsPieces tells whether a text is what stands before and behind an addition, but for the key and the line ends that it needed.
func holdsPieces(text, before, after string) bool {
	for _, head := range []string{"", "grants:\n", "grants:\r\n", "\ngrants:\n", "\r\ngrants:\r\n", "\n", "\r\n"} {
		rest, ok := strings.CutSuffix(before, head)
		for _, end := range []string{"", "\n", "\r\n"} {
			if behind, ok2 := strings.CutPrefix(after, end); ok && ok2 && rest+behind == text {
				return true
			}
		}
	}
	return false
}

func TestAFileThatIsMissingOrEmptyBeginsWithAVersion(t *testing.T) {
	questions, sc := folderOf(t, write)
	for name, text := range map[string]string{"empty": "", "blank": "\n\n", "comments": "# mine\n", "a comment without an end": "# mine"} {
		s := store(t)
		if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		undo, err := s.Always(questions, call(write), sc, "")
		must(t, undo, err)
		if got := content(t, s); !strings.HasPrefix(got, text) || !strings.Contains(got, heading) {
			t.Errorf("%s: %q", name, got)
		}
		expect(t, s, questions, other, "allow by grant/answer-1")
		if err := s.Undo(undo); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := rules.LoadAnswers("", []byte(content(t, s))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFileThatCannotTakeAnAnswerIsLeftAsItIs(t *testing.T) {
	questions, sc := folderOf(t, write)
	for name, tt := range map[string]struct{ text, want string }{
		"broken":           {"version: 1\ngrants: {\n", "does not load"},
		"rules":            {"version: 1\nrules: []\n", "does not load"},
		"no version":       {"grants:\n  - {name: a, answers: q, server: s, tool: t}\n", "does not load"},
		"no UTF-8":         {"version: 1\n# \xff\n", "does not load"},
		"an empty list":    {"version: 1\ngrants:\n", "does not load"},
		"brackets":         {"version: 1\ngrants: []\n", "in brackets"},
		"brackets below":   {"version: 1\ngrants:\n  [ ]\n", "in brackets"},
		"a quoted key":     {"version: 1\n\"grants\": []\n", "in brackets"},
		"all in brackets":  {"{version: 1, grants: []}\n", "would not load"},
		"an end of a file": {"version: 1\n...\n", "would not load"},
		"a comment in an expression": {"version: 1\ngrants:\n  - name: a\n    answers: q\n    server: s\n    tool: t\n    when: |\n      \"x\" in args\n      # and more\n",
			"left as it is"},
	} {
		s := store(t)
		if err := os.WriteFile(s.file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		undo, err := s.Always(questions, call(write), sc, "")
		if err == nil || undo != "" || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q, %v", name, undo, err)
		}
		if got := content(t, s); got != tt.text {
			t.Errorf("%s: %q became %q", name, tt.text, got)
		}
		expect(t, s, questions, write, "nothing")
	}
}

func TestOddTargetsAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions and symlinks are others there")
	}
	questions, sc := folderOf(t, write)
	for name, make := range map[string]func(path string) error{
		"a folder":             func(p string) error { return os.Mkdir(p, 0o700) },
		"a symlink to nothing": func(p string) error { return os.Symlink(p+".gone", p) },
		"a symlink to itself":  func(p string) error { return os.Symlink(p, p) },
		"read-only":            func(p string) error { return os.WriteFile(p, []byte("version: 1\n"), 0o400) },
		"writable by all": func(p string) error {
			if err := os.WriteFile(p, []byte("version: 1\n"), 0o600); err != nil {
				return err
			}
			return os.Chmod(p, 0o666)
		},
	} {
		s := store(t)
		if err := make(s.file); err != nil {
			t.Fatal(err)
		}
		if undo, err := s.Always(questions, call(write), sc, ""); err == nil {
			t.Errorf("%s: %q", name, undo)
		}
		expect(t, s, questions, write, "nothing")
	}
}

func TestASymlinkIntoDotfilesIsFollowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symlinks need rights there")
	}
	s := store(t)
	target := filepath.Join(t.TempDir(), "dotfiles.yaml")
	if err := os.WriteFile(target, []byte("version: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, s.file); err != nil {
		t.Fatal(err)
	}
	questions, sc := folderOf(t, write)
	undo, err := s.Always(questions, call(write), sc, "")
	must(t, undo, err)
	if info, err := os.Lstat(s.file); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the symlink is gone", err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o644 {
		t.Error(info, err)
	}
	if data, _ := os.ReadFile(target); !strings.Contains(string(data), "answer-1") {
		t.Errorf("%s", data)
	}
}

func TestUndoLeavesAloneWhatSomebodyChanged(t *testing.T) {
	questions, sc := folderOf(t, write)
	for name, change := range map[string]struct {
		edit func(string) string
		ok   bool
	}{
		"the grant":          {func(s string) string { return strings.Replace(s, "/home/u/work/src", "/home/u/work", 1) }, false},
		"a line within":      {func(s string) string { return strings.Replace(s, "    tool:", "    # mine\n    tool:", 1) }, false},
		"a line of it below": {func(s string) string { return s + "    on: call\n" }, false},
		"twice":              {func(s string) string { return s + "# " + s }, false},
		"taken out":          {func(string) string { return "version: 1\n" }, false},
		"a comment above":    {func(s string) string { return "# mine\n" + s }, true},
		"a grant below": {func(s string) string {
			return s + "  - {name: mine, answers: default/write, server: s, tool: t}\n"
		}, true},
		"a comment behind": {func(s string) string { return s + "# mine\n" }, true},
	} {
		s := store(t)
		undo, err := s.Always(questions, call(write), sc, "a test")
		must(t, undo, err)
		text := change.edit(content(t, s))
		if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err = s.Undo(undo)
		if (err == nil) != change.ok {
			t.Errorf("%s: %v", name, err)
		}
		got := content(t, s)
		if !change.ok && got != text {
			t.Errorf("%s: %q became %q", name, text, got)
		}
		if change.ok && (strings.Contains(got, "answer-1") || !strings.Contains(got, "mine")) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func BenchmarkAnswered(b *testing.B) {
	s := store(b)
	questions, sc := folderOf(b, write)
	for range 100 {
		if _, err := s.Session(questions, call(write), sc, time.Now().Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
	w := call(outside)
	b.ReportAllocs()
	for b.Loop() {
		s.Answered(questions, w, time.Now())
	}
}

func BenchmarkText(b *testing.B) {
	s := store(b)
	questions, sc := folderOf(b, write)
	w := call(write)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Text(questions, w, sc); err != nil {
			b.Fatal(err)
		}
	}
}
