package client

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

type fixture struct {
	file, client, title string
	tokens              int
	want                string // servers: name, command, number of arguments and variables
}

// samples are a configuration of each kind, as the vendors' documentation shows them. Strings with TOKEN-N are to be found and replaced.
var samples = []fixture{
	{"claude-desktop.json", "claude-desktop", "Claude Desktop", 1, "github npx 2 2; filesystem npx 3 0"},
	{"claude-code.json", "claude-code", "Claude Code", 3, "search npx 3 0; remote  0 0; db uvx 1 1"},
	{"vscode.json", "vscode", "VS Code", 2, "weather node 3 2"},
	{"codex.toml", "codex", "Codex CLI", 4, "github npx 3 2; with.dots uvx 0 2; dotted x 0 1 off"},
	{"goose.yaml", "goose", "Goose", 5, "github npx 3 4; memory  0 0 off odd; dashed uvx 2 0"},
	{"zed.json", "zed", "Zed", 2, "new npx 2 1; old node 1 1"},
	{"opencode.json", "opencode", "opencode", 3, "gh npx 3 1; far  0 0"},
	{"cline.json", "cline", "Cline", 2, "flat npx 0 1 off; nested npx 1 1"},
	{"cursor.json", "cursor", "Cursor", 2, "github npx 2 2; filesystem npx 3 0; remote  0 0"},
	{"gemini.json", "gemini", "Gemini CLI", 1, "pythonTools python 4 2; httpServer  0 0"},
	{"windsurf.json", "windsurf", "Windsurf", 2, "github npx 4 1 off; remote  0 0"},
	{"lm-studio.json", "lm-studio", "LM Studio", 1, "hf-mcp-server  0 0; time uvx 2 0"},
}

func rowOf(t testing.TB, title string) Row {
	t.Helper()
	for _, r := range Clients {
		if r.Title == title {
			return r
		}
	}
	t.Fatalf("there is no %q", title)
	return Row{}
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// put writes a configuration, and reads it as a client's.
func put(t testing.TB, row Row, data []byte) *Document {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, data, 0o640); err != nil {
		t.Fatal(err)
	}
	d, err := Read(File{row, path})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// strings of a document, with where they are.
func allTexts(d *Document) (list []Text) {
	for _, e := range d.Entries {
		list = append(list, e.Args...)
		for _, vars := range [][]Variable{e.Env, e.Headers} {
			for _, v := range vars {
				list = append(list, v.Text)
			}
		}
	}
	return list
}

func summary(d *Document) string {
	var words []string
	for _, e := range d.Entries {
		s := fmt.Sprintf("%s %s %d %d", e.Server, e.Command.Value, len(e.Args), len(e.Env))
		if e.Disabled {
			s += " off"
		}
		if e.Odd() != "" {
			s += " odd"
		}
		words = append(words, s)
	}
	return strings.Join(words, "; ")
}

// Every client has a place on each system, its own way to say things, and a fixture.
func TestEveryClientIsKnownEverywhere(t *testing.T) {
	for _, r := range Clients {
		for _, system := range []string{"linux", "darwin", "windows"} {
			paths, ok := r.Paths[system]
			if !ok {
				paths = r.Paths[""]
			}
			if len(paths) == 0 {
				t.Errorf("%s has no place on %s", r.Title, system)
			}
		}
		if len(r.Programs()) == 0 || r.command == "" || r.env == "" {
			t.Errorf("%s: %+v", r.Title, r)
		}
		if !slices.ContainsFunc(samples, func(s fixture) bool { return s.client == r.Client }) {
			t.Errorf("%s has no fixture", r.Title)
		}
	}
}

// spellings of a file that mean the same.
var spellings = map[string]func([]byte) []byte{
	"as it is":             func(b []byte) []byte { return b },
	"CRLF":                 func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
	"with a BOM":           func(b []byte) []byte { return append([]byte("\ufeff"), b...) },
	"without a final line": func(b []byte) []byte { return bytes.TrimRight(b, "\n") },
}

func TestConfigurationsAreReadAndEditedInPlace(t *testing.T) {
	for _, s := range samples {
		for spelling, spell := range spellings {
			t.Run(s.title+" "+spelling, func(t *testing.T) {
				data := spell(sample(t, s.file))
				d := put(t, rowOf(t, s.title), data)
				if got := summary(d); got != s.want || d.Client != s.client {
					t.Fatalf("%s: %s\nwant %s", d.Client, got, s.want)
				}
				found := 0
				want := data
				for _, text := range allTexts(d) {
					at := strings.Index(text.Value, "TOKEN-")
					if at < 0 {
						continue
					}
					found++
					token := text.Value[at : at+7]
					if err := d.Set(text, text.Value[:at]+"keyring:x"); err != nil {
						t.Fatal(err)
					}
					// What stands there now is the token with its quotes, whatever these are.
					old := data[text.node.start:text.node.end]
					if !bytes.Contains(old, []byte(token)) || bytes.ContainsAny(old, "\n") {
						t.Fatalf("%q stands at %q", text.Value, old)
					}
					quoted, _ := quote(text.Value[:at] + "keyring:x")
					want = bytes.Replace(want, old, []byte(quoted), 1)
				}
				if found != s.tokens {
					t.Errorf("%d of %d tokens", found, s.tokens)
				}
				got, err := d.Edited()
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%v\n%s\nwant\n%s", err, got, want)
				}
				if err := d.Write(got); err != nil {
					t.Fatal(err)
				}
				if info, err := os.Stat(d.Path); err != nil || info.Mode().Perm() != 0o640 && runtime.GOOS != "windows" {
					t.Error("another mode", err)
				}
			})
		}
	}
}

// Whatever is set, in whatever order, and set back, gives the bytes that were there, where the quotes are the ones that we write.
func TestSetBackIsByteEqual(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	values := []string{"", "keyring:x", "a \"quote\" and \\ and ü", "line\nfeed\ttab", "# no comment", "{[}", "'", "<&>", "\u2028"}
	for _, s := range samples {
		row := rowOf(t, s.title)
		first := put(t, row, sample(t, s.file))
		for _, text := range allTexts(first) { // to our quotes
			if text.Editable() {
				first.Set(text, text.Value)
			}
		}
		start, err := first.Edited()
		if err != nil {
			t.Fatal(s.title, err)
		}
		for range 50 {
			d := put(t, row, start)
			list := allTexts(d)
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			list = list[:r.IntN(len(list)+1)]
			for _, text := range list {
				if err := d.Set(text, values[r.IntN(len(values))]); err != nil {
					t.Fatal(s.title, err)
				}
			}
			changed, err := d.Edited()
			if err != nil {
				t.Fatal(s.title, err)
			}
			back := put(t, row, changed)
			was, is := allTexts(put(t, row, start)), allTexts(back)
			for i := range is {
				if is[i].Value != was[i].Value {
					back.Set(is[i], was[i].Value)
				}
			}
			if again, err := back.Edited(); err != nil || !bytes.Equal(again, start) {
				t.Fatalf("%s: %v\n%s\nwas\n%s", s.title, err, again, start)
			}
		}
	}
}

func TestOddConfigurationsAreRefusedInWords(t *testing.T) {
	desktop, codex, goose := rowOf(t, "Claude Desktop"), rowOf(t, "Codex CLI"), rowOf(t, "Goose")
	for _, tt := range []struct {
		name string
		row  Row
		data string
		want string // in the error; "" for none
	}{
		{"empty", desktop, "", ""},
		{"blank", desktop, " \n", ""},
		{"no servers", desktop, "{}", ""},
		{"servers null", desktop, `{"mcpServers": null}`, ""},
		{"broken", desktop, `{"mcpServers": {`, "it is no JSON"},
		{"twice", desktop, `{"mcpServers": {}, "mcpServers": {}}`, `"mcpServers" stands twice`},
		{"a server twice", desktop, `{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}`, `"a" stands twice`},
		{"a command twice", desktop, `{"mcpServers": {"a": {"command": "x", "command": "y"}}}`, `"command" stands twice`},
		{"another case", desktop, `{"mcpservers": {}, "mcpServers": {}}`, "case only"},
		{"a list", desktop, `{"mcpServers": []}`, "no mapping"},
		{"a scalar", desktop, `3`, "no mapping"},
		{"no UTF-8", desktop, "{\"a\": \"\xff\"}", "no UTF-8"},
		{"a variable twice", desktop, `{"mcpServers": {"a": {"command": "x", "env": {"K": "1", "K": "2"}}}}`, `"K" stands twice`},
		{"broken TOML", codex, "a = \n", "it is no TOML"},
		{"twice in TOML", codex, "[mcp_servers.a]\ncommand = \"x\"\n[mcp_servers.a]\n", "it is no TOML"},
		{"broken YAML", goose, "a: [\n", "it is no YAML"},
		{"two documents", goose, "a: 1\n---\nb: 2\n", "several documents"},
		{"a merge", goose, "x: &x {cmd: a}\nextensions:\n  s:\n    <<: *x\n", "merges"},
	} {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte(tt.data), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Read(File{tt.row, path})
		switch {
		case tt.want == "" && (err != nil || len(d.Entries) != 0):
			t.Errorf("%s: %v, %v", tt.name, d, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	d := put(t, goose, []byte("base: &key TOKEN\nextensions:\n  s:\n    cmd: x\n    envs:\n      K: *key\n      L: &l v\n      M: |\n        several\n        lines\n"))
	for _, v := range d.Entries[0].Env {
		if v.Editable() || d.Set(v.Text, "x") == nil {
			t.Errorf("%s can be edited", v.Name)
		}
	}
	if _, err := Read(File{desktop, t.TempDir()}); err == nil {
		t.Error("a folder was read")
	}
}

func TestAFileThatChangedIsNotWritten(t *testing.T) {
	d := put(t, rowOf(t, "Claude Desktop"), sample(t, "claude-desktop.json"))
	d.Set(d.Entries[0].Env[0].Text, "keyring:x")
	edited, err := d.Edited()
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(d.Path, []byte("{}"), 0o600)
	if err := d.Write(edited); err == nil || !strings.Contains(err.Error(), "was changed meanwhile") {
		t.Error(err)
	}
	if b, _ := os.ReadFile(d.Path); string(b) != "{}" {
		t.Error("it was written")
	}
	d.Set(d.Entries[0].Env[0].Text, "again")
	if _, err := d.Edited(); err == nil {
		t.Error("two changes of one place")
	}
}

func TestFilesAreFoundWhereClientsLook(t *testing.T) {
	home, cwd := t.TempDir(), t.TempDir()
	write := func(path string) {
		os.MkdirAll(filepath.Dir(path), 0o700)
		os.WriteFile(path, []byte("{}"), 0o600)
	}
	vars := map[string]string{"CODEX_HOME": filepath.Join(home, "codex"), "APPDATA": filepath.Join(home, "AppData")}
	write(filepath.Join(home, ".claude.json"))
	write(filepath.Join(home, ".codex", "config.toml"))
	write(filepath.Join(home, "codex", "config.toml"))
	write(filepath.Join(cwd, ".mcp.json"))
	write(filepath.Join(home, "AppData", "Claude", "claude_desktop_config.json"))
	env := Environment{System: "linux", Home: home, Cwd: cwd, Getenv: func(n string) string { return vars[n] }}
	var got []string
	for _, f := range Find(env) {
		got = append(got, f.Title+" "+f.Scope)
	}
	if want := []string{"Claude Code user", "Claude Code (project) project", "Codex CLI user"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if f := Find(env); f[2].Path != filepath.Join(home, "codex", "config.toml") {
		t.Error(f[2].Path)
	}
	env.System = "windows"
	if f := Find(env); len(f) == 0 || f[0].Title != "Claude Desktop" {
		t.Errorf("%+v", f)
	}
}

// FuzzEdit states the promise: what is edited reads as the same servers with the one string changed, and no byte outside of it differs.
func FuzzEdit(f *testing.F) {
	for _, s := range samples {
		f.Add(sample(f, s.file), s.title, uint8(0), "keyring:x")
	}
	f.Fuzz(func(t *testing.T, data []byte, title string, which uint8, value string) {
		i := slices.IndexFunc(Clients, func(r Row) bool { return r.Title == title })
		if i < 0 || strings.ToValidUTF8(value, "") != value {
			return
		}
		file := File{Clients[i], "x"}
		entries, err := file.entries(data)
		if err != nil {
			return
		}
		d := &Document{File: file, Entries: entries, data: data, now: cloned(entries)}
		list := allTexts(d)
		if len(list) == 0 {
			return
		}
		text := list[int(which)%len(list)]
		if d.Set(text, value) != nil {
			return
		}
		got, err := d.Edited()
		if err != nil {
			return
		}
		if !bytes.HasPrefix(got, data[:text.node.start]) || !bytes.HasSuffix(got, data[text.node.end:]) {
			t.Errorf("%q became %q", data, got)
		}
		again, err := file.entries(got)
		if err != nil {
			t.Fatal(err)
		}
		if now := allTexts(&Document{File: file, Entries: again}); now[int(which)%len(list)].Value != value {
			t.Errorf("it reads %q, not %q", now[int(which)%len(list)].Value, value)
		}
	})
}

func BenchmarkFindAndRead(b *testing.B) {
	home := b.TempDir()
	write := func(path string, data []byte) {
		os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	var five strings.Builder
	for i := range 5 {
		fmt.Fprintf(&five, `%s"s%d": {"command": "npx", "args": ["-y", "x"], "env": {"A": "b"}}`, map[bool]string{true: ",", false: ""}[i > 0], i)
	}
	usual := []byte(`{"mcpServers": {` + five.String() + `}}`)
	for _, path := range []string{".config/Claude/claude_desktop_config.json", ".cursor/mcp.json", ".gemini/settings.json", ".codeium/windsurf/mcp_config.json", ".lmstudio/mcp.json"} {
		write(filepath.Join(home, path), usual)
	}
	history := strings.Repeat(`{"display": "some words that were typed", "pasted": {}},`, 90_000)
	write(filepath.Join(home, ".claude.json"), []byte(`{"history": [`+history+`{}], "mcpServers": {`+five.String()+`}}`))
	env := Environment{System: "linux", Home: home, Getenv: func(string) string { return "" }}
	for b.Loop() {
		for _, f := range Find(env) {
			if _, err := Read(f); err != nil {
				b.Fatal(err)
			}
		}
	}
}
