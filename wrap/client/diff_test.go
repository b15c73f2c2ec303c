package client

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the diff says, patch does.
func TestTheDiffMakesTheEditedFile(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("there is no patch")
	}
	for _, s := range samples {
		for spelling, spell := range spellings {
			d := parsed(t, rowOf(t, s.title), spell(sample(t, s.file)))
			for _, e := range d.Entries {
				if e.Command.Value != "" {
					front(t, d, e)
				}
			}
			want := edited(t, d)
			path := filepath.Join(t.TempDir(), "x")
			os.WriteFile(path, d.data, 0o600)
			diff := d.Diff(func(s string) string { return s })
			if strings.Contains(diff, "…") {
				continue
			}
			cmd := exec.Command(patch, "--binary", path)
			cmd.Stdin = strings.NewReader(diff)
			out, err := cmd.CombinedOutput()
			if got, _ := os.ReadFile(path); err != nil || string(got) != string(want) {
				t.Errorf("%s, %s: %v %s\n%s\n%s", s.title, spelling, err, out, diff, got)
			}
		}
	}
}

func TestTheDiffOfOneLongLineIsShort(t *testing.T) {
	d := parsed(t, rowOf(t, "Claude Desktop"), []byte(`{"a": "`+strings.Repeat("x", 100_000)+`", "mcpServers": {"a": {"command": "npx"}}}`))
	front(t, d, d.Entries[0])
	diff := d.Diff(func(s string) string { return s })
	if len(diff) > 3000 || !strings.Contains(diff, `"command": "/home/ann`) {
		t.Errorf("%d bytes: %.2000s", len(diff), diff)
	}
}

func TestFilesThatGitTracksAreKnown(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("there is no git")
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command(git, append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	write := func(name string) string {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o700)
		os.WriteFile(path, []byte("{}"), 0o600)
		return path
	}
	shared, own := write(".vscode/mcp.json"), write(".mcp.json")
	run("init", "-q")
	if Tracked(shared) {
		t.Error("nothing was added")
	}
	run("add", ".vscode/mcp.json")
	if !Tracked(shared) || Tracked(own) {
		t.Error(Tracked(shared), Tracked(own))
	}
	run("commit", "-qm", "x")
	run("worktree", "add", "-q", filepath.Join(dir, "tree"))
	if !Tracked(filepath.Join(dir, "tree", ".vscode", "mcp.json")) || Tracked(filepath.Join(dir, "tree", "x")) {
		t.Error("of another working tree")
	}
	run("update-index", "--index-version", "4")
	if !Tracked(shared) || !Tracked(own) {
		t.Error("an index that cannot be looked through holds everything")
	}
	if Tracked(filepath.Join(t.TempDir(), "x")) {
		t.Error("there is no repository")
	}
}
