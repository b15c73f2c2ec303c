package client

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const program = "/home/ann/.local/bin/sallyport"

// parsed reads data as the file of a client, without a file.
func parsed(t testing.TB, row Row, data []byte) *Document {
	t.Helper()
	f := File{row, "x"}
	entries, err := f.entries(data)
	if err != nil {
		t.Fatalf("%s: %v\n%s", row.Title, err, data)
	}
	return &Document{File: f, Entries: entries, data: data, now: cloned(entries)}
}

// put in front, as install does it: with a reference in place of each token.
func front(t testing.TB, d *Document, e Entry) []Change {
	t.Helper()
	words := []string{"wrap", "--name", e.Server, "--client", d.Client}
	for _, v := range e.Env {
		words = append(words, "--env", v.Name)
	}
	limit, raise := d.Limit(e, 10*time.Minute)
	if !raise {
		limit = 0
	}
	changes, err := d.Front(e, program, append(words, "--"), limit)
	if err != nil {
		t.Fatalf("%s %s: %v", d.Title, e.Server, err)
	}
	all := slices.Clone(e.Env)
	for _, arg := range e.Args {
		all = append(all, Variable{Text: arg})
	}
	for _, v := range all {
		if at := strings.Index(v.Value, "TOKEN-"); at >= 0 {
			if v.Name != "" {
				at = 0
			}
			name := fmt.Sprintf("s%x", v.Value[at:])
			c, err := d.SetSecret(v, v.Value[:at], name)
			if err != nil {
				t.Fatal(err)
			}
			changes = append(changes, c)
		}
	}
	return changes
}

func secretOf(name, _ string) (string, bool, error) {
	b, err := hex.DecodeString(name[1:])
	return string(b), true, err
}

func firstOf(e Entry) int {
	return slices.IndexFunc(e.Args, func(a Text) bool { return a.Value == "--" }) + 1
}

func isWrapped(e Entry) bool {
	return e.Command.Value == program && len(e.Args) > 0 && e.Args[0].Value == "wrap"
}

func edited(t testing.TB, d *Document) []byte {
	t.Helper()
	out, err := d.Edited()
	if err != nil {
		raw, _ := d.spliced()
		t.Fatalf("%s: %v\n%s", d.Title, err, raw)
	}
	return out
}

// Whatever is installed and uninstalled, in whatever order and for whatever subset, what is uninstalled in the end has the bytes that it had.
func TestInstallAndUninstallInAnyOrderIsByteEqual(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range samples {
		row := rowOf(t, s.title)
		for spelling, spell := range spellings {
			start := spell(sample(t, s.file))
			data, kept := start, map[string][]Change{}
			for step := range 40 {
				d := parsed(t, row, data)
				for _, e := range d.Entries {
					key := e.Section + " " + e.Server
					switch {
					case e.Command.Value == "" || step < 39 && r.IntN(2) == 0:
					case isWrapped(e):
						if err := d.Undo(e, kept[key], firstOf(e), secretOf); err != nil {
							t.Fatal(err)
						}
						delete(kept, key)
					case step < 39:
						kept[key] = front(t, d, e)
					}
				}
				data = edited(t, d)
			}
			if !bytes.Equal(data, start) {
				t.Fatalf("%s, %s:\n%s\nwas\n%s", s.title, spelling, data, start)
			}
		}
	}
}

// What is wrapped starts the same command line, through us, and no token is left.
func TestWhatIsWrappedSaysTheSame(t *testing.T) {
	for _, s := range samples {
		d := parsed(t, rowOf(t, s.title), sample(t, s.file))
		was := cloned(d.Entries)
		for _, e := range d.Entries {
			if e.Command.Value != "" {
				front(t, d, e)
			}
		}
		data := edited(t, d)
		if os.Getenv("SHOW") != "" {
			t.Logf("%s\n%s", s.title, data)
		}
		if local := bytes.Count(data, []byte("TOKEN-")); local > 1 { // of a header
			t.Errorf("%s: %d tokens are left\n%s", s.title, local, data)
		}
		for i, e := range parsed(t, d.Row, data).Entries {
			if was[i].Command.Value == "" {
				continue
			}
			var line []string
			for _, a := range e.Args[firstOf(e):] {
				before, name, _ := strings.Cut(a.Value, "keyring:")
				secret := ""
				if name != "" {
					secret, _, _ = secretOf(name, "")
				}
				line = append(line, before+secret)
			}
			want := []string{was[i].Command.Value}
			for _, a := range was[i].Args {
				want = append(want, a.Value)
			}
			if !isWrapped(e) || !slices.Equal(line, want) {
				t.Errorf("%s %s: %q, want %q", s.title, e.Server, line, want)
			}
			if limit, raise := d.Limit(was[i], 10*time.Minute); raise && e.Timeout != limit {
				t.Errorf("%s %s: %v, want %v", s.title, e.Server, e.Timeout, limit)
			}
		}
	}
}

// Without a record, or where somebody edited the entry since, what is left says what was there.
func TestUndoWithoutARecordSaysTheSame(t *testing.T) {
	for _, s := range samples {
		row := rowOf(t, s.title)
		start := sample(t, s.file)
		for _, reformat := range []func([]byte) []byte{
			func(b []byte) []byte { return b },
			func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"wrap"`), []byte(`"wrap" `)) },
			func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"--client"`), []byte(`"--customer"`)) },
		} {
			d := parsed(t, row, start)
			for _, e := range d.Entries {
				if e.Command.Value != "" {
					front(t, d, e)
				}
			}
			d = parsed(t, row, reformat(edited(t, d)))
			for _, e := range d.Entries {
				if isWrapped(e) {
					if err := d.Undo(e, nil, firstOf(e), secretOf); err != nil {
						t.Fatalf("%s %s: %v", s.title, e.Server, err)
					}
				}
			}
			now, was := parsed(t, row, edited(t, d)).Entries, parsed(t, row, start).Entries
			for i := range now {
				now[i].Timeout, was[i].Timeout = 0, 0
			}
			if describe(now) != describe(was) {
				t.Errorf("%s:\n%s\nwas\n%s", s.title, describe(now), describe(was))
			}
		}
	}
}

// Lists of arguments are written in many ways.
func TestWordsGoInFrontOfAnyList(t *testing.T) {
	desktop, codex, goose := rowOf(t, "Claude Desktop"), rowOf(t, "Codex CLI"), rowOf(t, "Goose")
	for _, tt := range []struct {
		name string
		row  Row
		data string
	}{
		{"none", desktop, `{"mcpServers": {"a": {"command": "x"}}}`},
		{"none, tight", desktop, `{"mcpServers":{"a":{"command":"x"}}}`},
		{"none, on lines", desktop, "{\r\n\t\"mcpServers\": {\r\n\t\t\"a\": {\r\n\t\t\t\"command\": \"x\", // this\r\n\t\t},\r\n\t}\r\n}"},
		{"empty", desktop, `{"mcpServers": {"a": {"args": [], "command": "x"}}}`},
		{"empty with a comment", desktop, "{\"mcpServers\": {\"a\": {\"args\": [ // none\n], \"command\": \"x\"}}}"},
		{"comments", desktop, "{\"mcpServers\": {\"a\": {\"args\": [ /* one */ \"y\" /* two */, // three\n \"z\", ], \"command\": \"x\"}}}"},
		{"lines", desktop, "{\"mcpServers\": {\"a\": {\"command\": \"x\",\n  \"args\": [\n    \"y\",\n    \"z\"\n  ]}}}"},
		{"a number", desktop, `{"mcpServers": {"a": {"command": "x", "args": [8080, "y"]}}}`},
		{"none in TOML", codex, "[mcp_servers.a]\ncommand = \"x\" # this\n\n[mcp_servers.a.env]\nK = \"v\"\n"},
		{"none at the end of TOML", codex, "[mcp_servers.a]\n  command = 'x'"},
		{"dotted", codex, "mcp_servers.a.command = \"x\"\nmcp_servers.a.env.K = \"v\"\n"},
		{"indented and dotted", codex, "[mcp_servers]\n a.command = \"x\"\n b.command = \"y\"\n b.args = []\n"},
		{"inline", codex, "mcp_servers = {a = {command = \"x\"}, b = { command = \"y\", args = [ ], tool_timeout_sec = 5.5 } }\n"},
		{"lines in TOML", codex, "[mcp_servers.a]\nargs = [\n  # first\n  \"y\", # why\n  'z'\n]\ncommand = \"x\"\n"},
		{"dashes", goose, "extensions:\n  a:\n    cmd: x # this\n    args:\n    - y\n    - \"z\"\n    timeout: 10\n"},
		{"dashes, far", goose, "extensions:\r\n  a:\r\n    args:\r\n      -   y\r\n      - 'z z'\r\n    cmd: x\r\n"},
		{"none in YAML", goose, "extensions:\n  a:\n    cmd: x # this\n    envs:\n      K: v\n"},
		{"none at the end of YAML", goose, "extensions:\n  a:\n    envs: {K: v}\n    cmd: x"},
		{"flow", goose, "extensions: {a: {cmd: x, args: [y, 'z']}, b: {cmd: y}, c: {cmd: z, args: []}}\n"},
		{"flow over lines", goose, "extensions:\n  a:\n    cmd: x\n    args: [\n      y,\n      z,\n    ]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parsed(t, tt.row, []byte(tt.data))
			changes := map[string][]Change{}
			for _, e := range d.Entries {
				changes[e.Server] = front(t, d, e)
			}
			data := edited(t, d)
			if os.Getenv("SHOW") != "" {
				t.Logf("\n%s", data)
			}
			for _, keep := range []bool{true, false} {
				d = parsed(t, tt.row, data)
				for _, e := range d.Entries {
					if !isWrapped(e) {
						t.Fatalf("%s\n%s", e.Server, data)
					}
					if !keep {
						changes[e.Server] = nil
					}
					if err := d.Undo(e, changes[e.Server], firstOf(e), secretOf); err != nil {
						t.Fatal(err)
					}
				}
				if back := edited(t, d); keep && string(back) != tt.data {
					t.Errorf("%s\nwas\n%s", back, tt.data)
				}
			}
		})
	}
}

func TestWhatCannotBeEditedIsRefused(t *testing.T) {
	goose := rowOf(t, "Goose")
	for name, data := range map[string]string{
		"a command with an anchor": "extensions:\n  a:\n    cmd: &c x\n    args: [y]\n",
		"a list with an alias":     "extensions:\n  a:\n    cmd: x\n    args: &l [y]\n  b:\n    cmd: x\n    args: *l\n",
		"an element with a tag":    "extensions:\n  a:\n    cmd: x\n    args:\n      - !!str y\n",
		"a dash on its own":        "extensions:\n  a:\n    cmd: x\n    args:\n      -\n        y\n",
		"a block":                  "extensions:\n  a:\n    cmd: |\n      x\n",
	} {
		d := parsed(t, goose, []byte(data))
		for _, e := range d.Entries {
			if e.Odd() != "" {
				continue
			}
			if _, err := d.Front(e, program, []string{"wrap", "--"}, 0); err == nil {
				if out, err := d.Edited(); err == nil {
					if got := parsed(t, goose, out).Entries; !isWrapped(got[0]) {
						t.Errorf("%s: %s", name, out)
					}
				}
			}
		}
	}
}

// What a client or a user changed since stays as they want it; what is ours goes.
func TestUndoOfWhatSomebodyChanged(t *testing.T) {
	cline, codex := rowOf(t, "Cline"), rowOf(t, "Codex CLI")
	for _, tt := range []struct {
		name   string
		row    Row
		data   string
		change func([]byte) []byte
		want   string // parts of the entry
	}{
		{"another program", cline, `{"mcpServers": {"a": {"command": "npx", "args": ["x"]}}}`,
			func(b []byte) []byte { return bytes.Replace(b, []byte(`"npx"`), []byte(`"bunx"`), 1) }, `"bunx" "x" 0s`},
		{"written anew", cline, `{"mcpServers": {"a": {"command": "npx", "args": ["x"]}}}`, func(b []byte) []byte {
			var out bytes.Buffer
			json.Indent(&out, b, "", "    ")
			return out.Bytes()
		}, `"npx" "x" 0s`},
		{"written anew, with another time", cline, `{"mcpServers": {"a": {"command": "npx", "args": ["x"]}}}`, func(b []byte) []byte {
			var out bytes.Buffer
			json.Indent(&out, bytes.Replace(b, []byte("600"), []byte("700"), 1), "", "    ")
			return out.Bytes()
		}, `"npx" "x" 11m40s`},
		{"lines moved", codex, "[mcp_servers.a]\ncommand = \"npx\"\nargs = [\"x\"]\n", func(b []byte) []byte {
			return bytes.Replace(bytes.Replace(b, []byte("tool_timeout_sec = 600\n"), nil, 1), []byte("args"), []byte("# mine\ntool_timeout_sec = 600\nargs"), 1)
		}, `"npx" "x" 0s`},
	} {
		d := parsed(t, tt.row, []byte(tt.data))
		changes := front(t, d, d.Entries[0])
		d = parsed(t, tt.row, tt.change(edited(t, d)))
		if err := d.Undo(d.Entries[0], changes, firstOf(d.Entries[0]), secretOf); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		e := parsed(t, tt.row, edited(t, d)).Entries[0]
		if got := fmt.Sprintf("%q %q %v", e.Command.Value, e.Args[0].Value, e.Timeout); got != tt.want || len(e.Args) != 1 {
			t.Errorf("%s: %s\n%s", tt.name, got, edited(t, d))
		}
	}
}

// A key comes back as it was spelled.
func TestSpellingsOfKeysComeBack(t *testing.T) {
	row := rowOf(t, "Cursor")
	for _, raw := range []string{`"q7Zk2\u002Bv9\/xT4"`, `"a\u00e4b\u00E4\"c"`, `"plain"`, `"with \\ and \u0041"`} {
		data := `{"mcpServers": {"a": {"command": "x", "env": {"K": ` + raw + `}}}}`
		d := parsed(t, row, []byte(data))
		value := d.Entries[0].Env[0].Value
		c, err := d.SetSecret(d.Entries[0].Env[0], "", "k")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.styled("", value); err != nil || got != raw || strings.Contains(fmt.Sprint(c), value) {
			t.Errorf("%s: %s %v %+v", raw, got, err, c)
		}
	}
}

// Only Cline has its command in transport, and only Zed a mapping as command: elsewhere they would hide what a client starts.
func TestWhatOneClientNestsHidesNothingInAnother(t *testing.T) {
	const entry = `{"a": {"command": "sh", "args": ["-c", "x"], "transport": {"url": "https://mcp.example.com"}}}`
	e := parsed(t, rowOf(t, "Cursor"), []byte(`{"mcpServers": `+entry+`}`)).Entries[0]
	if e.Remote() || e.Command.Value != "sh" || len(e.Args) != 2 {
		t.Errorf("%+v", e)
	}
	for title, text := range map[string]string{"Cline": `{"mcpServers": ` + entry + `}`, "Cursor": `{"mcpServers": {"a": {"command": {"path": "x"}}}}`} {
		if e := parsed(t, rowOf(t, title), []byte(text)).Entries[0]; e.Odd() == "" {
			t.Errorf("%s: %+v", title, e)
		}
	}
}

// What would exhaust a parser is refused.
func TestWhatIsTooDeepIsRefused(t *testing.T) {
	for title, data := range map[string]string{
		"Cursor": `{"a":` + strings.Repeat("[", 8_000_000), "Claude Code": `{"mcpServers": ` + strings.Repeat(`{"a":`, 1_000_000), "Goose": "a: " + strings.Repeat("[", 1_000_000),
		"Codex CLI": "a = " + strings.Repeat("[", 1_000_000), "Goose (dashes)": "a:\n  " + strings.Repeat("- ", 1_000_000) + "x",
	} {
		title, _, _ = strings.Cut(title, " (dashes)")
		if _, err := (File{rowOf(t, title), "x"}).entries([]byte(data)); err == nil {
			t.Errorf("%s: it was read", title)
		}
	}
}

func TestRecordsAreKept(t *testing.T) {
	records := Records(filepath.Join(t.TempDir(), "undo"))
	f := File{rowOf(t, "Cursor"), filepath.Join(t.TempDir(), "mcp.json")}
	r, err := records.Load(f)
	if err != nil || len(r.Entries) != 0 {
		t.Fatal(r, err)
	}
	r.Original = Hash([]byte("x"))
	r.Entries = []Undone{{Server: "a", Changes: []Change{{At: atCommand, Old: `"npx"`, New: `"y"`}}}}
	if err := records.Save(f, r); err != nil {
		t.Fatal(err)
	}
	again, err := records.Load(f)
	if err != nil || again.Original != r.Original || len(again.Entries) != 1 || again.Entries[0].Changes[0] != r.Entries[0].Changes[0] {
		t.Errorf("%+v, %v", again, err)
	}
	os.WriteFile(records.path(f), []byte(`{"version": 2}`), 0o600)
	if _, err := records.Load(f); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Error(err)
	}
	os.WriteFile(records.path(f), []byte(`{`), 0o600)
	if _, err := records.Load(f); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
	again.Without(Entry{Server: "a"})
	if err := records.Save(f, again); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(records.path(f)); !os.IsNotExist(err) {
		t.Error("it is still there")
	}
}
