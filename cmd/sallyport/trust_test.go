package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestResolveFollowsLinksAsTheKernelDoes(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "keys/deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"link": "keys/deep", "chain": "link", "dangling": "keys/new", "over": "dangling", "abs": filepath.Join(dir, "keys"),
		"loop": "pool", "pool": "loop", "up": "keys/deep/..",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"a/b":          "a/b",
		"link/x":       "keys/deep/x",
		"link/../x":    "keys/x", // not x: the parent of what the link points to
		"chain/y":      "keys/deep/y",
		"dangling":     "keys/new",
		"over":         "keys/new",
		"abs/./z":      "keys/z",
		"up/q":         "keys/q",
		"new/../link":  "keys/deep",
		"loop/x":       "loop/x",
		"keys//deep//": "keys/deep",
	} {
		if path == "loop/x" {
			if got := resolve(dir + "/" + path); got != "" {
				t.Errorf("a loop is %s", got)
			}
			continue
		}
		if got := resolve(dir + "/" + path); got != filepath.Join(dir, want) && got != dir+"/"+want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

func TestNamesAreDerivedAsAPersonWould(t *testing.T) {
	for want, argv := range map[string][]string{
		"filesystem": {"npx", "-y", "@modelcontextprotocol/server-filesystem@2026.8.31", "/tmp"},
		"postgres":   {"uvx", "postgres-mcp"},
		"github":     {"/usr/local/bin/github-mcp-server", "stdio"},
		"time":       {"python3", "-m", "mcp-server-time"},
		"memory":     {"node", "/x/node_modules/@modelcontextprotocol/server-memory/dist/index.js"},
		"fetch":      {"docker", "run", "-i", "--rm", "mcp/fetch"},
		"everything": {`C:\tools\everything-server.exe`},
	} {
		if got := deriveName(argv); got != want || !validName(got) {
			t.Errorf("%q is %q, want %q", argv, got, want)
		}
	}
}
