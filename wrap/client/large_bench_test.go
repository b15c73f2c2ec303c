package client

import (
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
