package peers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A reader of the clients' own files, mcporter from npm, finds each server where install left it: it lists and calls all of them through
// us, and after uninstall without us. The key of one of them is in a real keyring meanwhile.
func TestMCPorterCallsEveryServerThroughUs(t *testing.T) {
	const value = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
	root, home := t.TempDir(), t.TempDir()
	own := filepath.Join(root, "own")
	env := secretService(t)
	for name, text := range map[string]string{
		"HOME": home, "PATH": os.Getenv("PATH"), "SALLYPORT_CONFIG_DIR": filepath.Join(own, "config"),
		"SALLYPORT_STATE_DIR": filepath.Join(own, "state"), "SALLYPORT_RUNTIME_DIR": filepath.Join(own, "run"),
	} {
		env[name] = text
	}
	files := configure(t, home, value)
	write(t, filepath.Join(own, "config", "rules.yaml"), "version: 1\ndefault: {read: allow, write: allow, destructive: allow}\n")

	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env, cmd.Dir = session{env: env}.environ(), home
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v\n%s\n%s", args, err, out, &said)
		}
		return string(out)
	}
	porter := func(args ...string) string {
		t.Helper()
		return run(node(t), append([]string{filepath.Join(npm(t), "mcporter", "dist", "cli.js")}, args...)...)
	}
	// use lists all, calls each, and gives what they said.
	use := func() (said []string) {
		t.Helper()
		var list struct {
			Servers []struct {
				Name, Status, Error string
				Tools               []struct{ Name string }
			}
		}
		if err := json.Unmarshal([]byte(porter("list", "--json")), &list); err != nil || len(list.Servers) != 4 {
			t.Fatalf("%v: %+v", err, list)
		}
		for _, s := range list.Servers {
			said = append(said, fmt.Sprint(s.Name, s.Status, s.Tools))
			if s.Status != "ok" {
				t.Errorf("%s: %s: %s", s.Name, s.Status, s.Error)
			}
		}
		for _, call := range [][]string{
			{"cursor-everything.echo", "message:hello"}, {"claude-memory.read_graph"}, {"vscode-files.list_allowed_directories"}, {"codex-everything.get-sum", "a:2", "b:3"},
		} {
			said = append(said, porter(append([]string{"call"}, call...)...))
		}
		return said
	}
	calls := func() int {
		n := 0
		logs, _ := filepath.Glob(filepath.Join(own, "state", "log", "*.jsonl"))
		for _, path := range logs {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, tool := range []string{"echo", "read_graph", "list_allowed_directories", "get-sum"} {
				n += strings.Count(string(text), `"tool":"`+tool+`"`)
			}
		}
		return n
	}

	bare := use()
	if n := calls(); n != 0 {
		t.Errorf("%d calls without us are in our log", n)
	}
	out := run(wrapper(t), "install", "--yes")
	if strings.Contains(out, value) || strings.Count(out, "Wrote ") != 4 {
		t.Errorf("%s", out)
	}
	for path := range files {
		if text, _ := os.ReadFile(path); bytes.Contains(text, []byte(value)) || !bytes.Contains(text, []byte(`"wrap"`)) {
			t.Errorf("%s:\n%s", path, text)
		}
	}
	if wrapped := use(); fmt.Sprint(wrapped) != fmt.Sprint(bare) {
		t.Errorf("through us:\n%q\nwithout:\n%q", wrapped, bare)
	}
	if n := calls(); n < 4 {
		t.Errorf("%d calls are in our log", n)
	}
	if env := porter("call", "cursor-everything.get-env"); strings.Contains(env, value) || !strings.Contains(env, "‹secret:cursor-everything›") {
		t.Errorf("%s", env)
	}
	if out := run(wrapper(t), "doctor", "cursor", "claude-code", "vscode", "codex"); strings.Count(out, "enforced") != 4 {
		t.Errorf("%s", out)
	}

	n := calls()
	if out := run(wrapper(t), "uninstall", "--yes"); strings.Count(out, "as it was, to the byte") != 4 {
		t.Errorf("%s", out)
	}
	for path, was := range files {
		if text, _ := os.ReadFile(path); string(text) != was {
			t.Errorf("%s:\n%s", path, text)
		}
	}
	if again := use(); fmt.Sprint(again) != fmt.Sprint(bare) || calls() != n {
		t.Errorf("after uninstall:\n%q\nbefore:\n%q", again, bare)
	}
}

// configure writes the configurations of four clients, in three formats, and gives their texts.
func configure(t *testing.T, home, value string) map[string]string {
	t.Helper()
	script := func(name string) string {
		return filepath.Join(npm(t), "@modelcontextprotocol", name, "dist", "index.js")
	}
	files := map[string]string{
		filepath.Join(home, ".cursor", "mcp.json"): fmt.Sprintf("{\r\n  // mine\r\n  \"mcpServers\": {\r\n    \"cursor-everything\": {\r\n      \"command\": %q,\r\n      \"args\": [%q],\r\n      \"env\": {\"GITHUB_TOKEN\": %q},\r\n    },\r\n  }\r\n}",
			node(t), script("server-everything"), value),
		filepath.Join(home, ".claude.json"): fmt.Sprintf(`{"numStartups": 3, "mcpServers": {"claude-memory": {"type": "stdio", "command": %q, "args": [%q], "env": {"MEMORY_FILE_PATH": %q}}}}`+"\n",
			node(t), script("server-memory"), filepath.Join(home, "memory.jsonl")),
		filepath.Join(home, ".config", "Code", "User", "mcp.json"): fmt.Sprintf("{\n\t\"servers\": {\n\t\t\"vscode-files\": {\n\t\t\t\"type\": \"stdio\",\n\t\t\t\"command\": %q,\n\t\t\t\"args\": [\n\t\t\t\t%q,\n\t\t\t\t%q, // all of it\n\t\t\t],\n\t\t},\n\t},\n}\n",
			node(t), script("server-filesystem"), home),
		filepath.Join(home, ".codex", "config.toml"): fmt.Sprintf("model = \"gpt-5\"\n\n[mcp_servers.codex-everything] # mine\ncommand = %q\nargs = ['%s']\n", node(t), script("server-everything")),
	}
	for path, text := range files {
		write(t, path, text)
	}
	return files
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
