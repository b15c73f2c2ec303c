package peers

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A server is one that the clients talk to, with the script of what they ask it.
type server struct {
	name   string
	script string
	// command returns the argv that starts it on a folder of its own.
	command func(t *testing.T, dir string) []string
	env     func(dir string) map[string]string
}

var servers = []server{
	{name: "go-sdk", script: "gosdk", command: goServer},
	{name: "server-everything", script: "everything", command: npmServer("server-everything", "stdio")},
	{name: "server-filesystem", script: "filesystem", command: npmServer("server-filesystem", "${dir}")},
	{name: "server-memory", script: "memory", command: npmServer("server-memory"), env: func(dir string) map[string]string {
		return map[string]string{"MEMORY_FILE_PATH": filepath.Join(dir, "graph.jsonl")}
	}},
}

func goServer(t *testing.T, _ string) []string {
	t.Helper()
	path, err := buildGoServer()
	if err != nil {
		t.Fatal(err)
	}
	return []string{path}
}

func npmServer(name string, args ...string) func(*testing.T, string) []string {
	return func(t *testing.T, dir string) []string {
		t.Helper()
		argv := []string{node(t), filepath.Join(npm(t), "@modelcontextprotocol", name, "dist", "index.js")}
		for _, arg := range args {
			argv = append(argv, strings.ReplaceAll(arg, "${dir}", dir))
		}
		return argv
	}
}

// A step is one request of a script. Steps of one era only are left out in the other.
type step struct {
	Method   string          `json:"method"`
	Params   json.RawMessage `json:"params,omitempty"`
	Progress bool            `json:"progress,omitempty"`
	Legacy   bool            `json:"legacy,omitempty"`
	Modern   bool            `json:"modern,omitempty"`
	// CLI marks the steps that a client runs that starts a process for each.
	CLI bool `json:"cli,omitempty"`
}

// steps reads a script for one era, with the server's folder filled in.
func steps(t *testing.T, script, dir string, modern bool) []step {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "scripts", script+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var all, kept []step
	if err := json.Unmarshal(bytes.ReplaceAll(text, []byte("${dir}"), []byte(filepath.ToSlash(dir))), &all); err != nil {
		t.Fatalf("reading script %q: %v", script, err)
	}
	for _, s := range all {
		if s.Legacy && modern || s.Modern && !modern {
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// folder makes the folder that a server works on. Two runs get the same path and the same files,
// with the same times, so that only what a server invents can differ.
func folder(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"hello.txt": "hello\nworld\n",
		"big.txt":   strings.Repeat("0123456789abcdef \"quoted\" \\ back\n", 48<<10),
		"odd.txt":   "\u202ertl\u202c \u200bzero\u200dwidth \U000e0041tag \x1b[31mred\x1b[0m \x00nul \ufeffbom\r\n",
		"dot.png":   "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff",
	}
	when := time.Date(2026, 7, 28, 12, 0, 0, 0, time.UTC)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
}
