package client

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

// FuzzFront states the promise: what is put in front of every entry is read there, and taken back it leaves the bytes that were there; no
// byte outside of what is reported as changed differs.
func FuzzFront(f *testing.F) {
	for _, s := range samples {
		f.Add(sample(f, s.file), s.title)
	}
	for _, text := range []string{"{\"mcpServers\":{\"a\":{\"args\":[ ],\"command\":\"x\",\"timeout\":3}}}", "extensions: {a: {cmd: x, args: [y, 'z']}}\n", "mcp_servers.a.command = \"x\"\n"} {
		f.Add([]byte(text), map[byte]string{'{': "Cline", 'e': "Goose", 'm': "Codex CLI"}[text[0]])
	}
	f.Fuzz(func(t *testing.T, data []byte, title string) {
		i := slices.IndexFunc(Clients, func(r Row) bool { return r.Title == title })
		if i < 0 {
			return
		}
		file := File{Clients[i], "x"}
		entries, err := file.entries(data)
		if err != nil {
			return
		}
		d := &Document{File: file, Entries: entries, data: data, now: cloned(entries)}
		done := map[string][]Change{}
		for _, e := range entries {
			if e.Command.Value == "" || e.odd != "" || isWrapped(e) {
				continue
			}
			limit, raise := d.Limit(e, 10*time.Minute)
			if !raise {
				limit = 0
			}
			if changes, err := d.Front(e, program, []string{"wrap", "--name", "x", "--"}, limit); err == nil {
				done[e.Section+"\x00"+e.Server] = changes
			}
		}
		out, err := d.Edited()
		if err != nil || len(done) == 0 {
			return // refused
		}
		if entries, err = file.entries(out); err != nil {
			t.Fatalf("%q became %q: %v", data, out, err)
		}
		back := &Document{File: file, Entries: entries, data: out, now: cloned(entries)}
		for _, e := range entries {
			changes, ours := done[e.Section+"\x00"+e.Server]
			if !ours {
				continue
			}
			if !isWrapped(e) {
				t.Fatalf("%q became %q", data, out)
			}
			if err := back.Undo(e, changes, firstOf(e), nil); err != nil {
				t.Fatalf("%q became %q: %v", data, out, err)
			}
		}
		if again, err := back.Edited(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q became %q and then %q: %v", data, out, again, err)
		}
	})
}
