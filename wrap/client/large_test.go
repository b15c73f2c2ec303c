package client

import (
	"bytes"
	"strings"
	"testing"
)

// A history of 5 MB beside the servers.
func BenchmarkReadLarge(b *testing.B) {
	history := strings.Repeat(`{"display": "some words that were typed", "pasted": {}},`, 90_000)
	data := []byte(`{"history": [` + history + `{}], "mcpServers": {"a": {"command": "npx"}}}`)
	f := File{rowOf(b, "Claude Code"), "x"}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := f.entries(data); err != nil {
			b.Fatal(err)
		}
	}
}

// A large file is read without its history, and says the same.
func TestALargeFileReadsTheSame(t *testing.T) {
	row := rowOf(t, "Claude Code")
	small := sample(t, "claude-code.json")
	history := `"history": [` + strings.Repeat(`{"a": "words \" } ] \\", "n": [1, -2.5e3, true, null, {}]}, `, 3000) + `{}], "x": 5, "y" : null ,`
	big := bytes.Replace(small, []byte("{"), []byte("{\n "+history), 1)
	if len(big) < large {
		t.Fatal(len(big))
	}
	if a, b := describe(parsed(t, row, small).Entries), describe(parsed(t, row, big).Entries); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	d := parsed(t, row, big)
	for _, e := range d.Entries {
		if e.Command.Value != "" {
			front(t, d, e)
		}
	}
	parsed(t, row, edited(t, d))
	for _, broken := range []string{`{"mcpServers": {}, "mcpServers": {}, ` + history[:len(history)-1] + `}`, `{"mcpServers": [], ` + history[:len(history)-1] + `}`} {
		if _, err := (File{row, "x"}).entries([]byte(broken)); err == nil {
			t.Error("it was read")
		}
	}
}
