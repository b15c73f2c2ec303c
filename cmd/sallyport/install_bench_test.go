package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// manyClients makes a home with 50 servers in 10 clients, one of whose files has a history of 5 MB.
func manyClients(b *testing.B) (home string) {
	b.Helper()
	home = b.TempDir()
	entry := func(i int) string {
		return fmt.Sprintf(`"s%d": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/home/ann/%d"], "env": {"API_TOKEN": "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q%03d", "LOG": "x"}}`, i, i, i)
	}
	n := 0
	five := func() string {
		var list []string
		for range 5 {
			list = append(list, entry(n))
			n++
		}
		return strings.Join(list, ",\n    ")
	}
	write := func(path, text string) {
		path = filepath.Join(home, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for _, path := range []string{
		".config/Claude/claude_desktop_config.json", ".cursor/mcp.json", ".gemini/settings.json", ".codeium/windsurf/mcp_config.json",
		".lmstudio/mcp.json", ".cline/data/settings/cline_mcp_settings.json",
	} {
		write(path, "{\n  \"mcpServers\": {\n    "+five()+"\n  }\n}\n")
	}
	history := strings.Repeat(`{"display": "some words that were typed", "pasted": {}},`, 90_000)
	write(".claude.json", `{"history": [`+history+`{}], "mcpServers": {`+five()+`}}`)
	write(".config/Code/User/mcp.json", "{\n  // mine\n  \"servers\": {"+five()+"}\n}\n")
	write(".config/zed/settings.json", "{\n  // mine\n  \"context_servers\": {"+five()+"}\n}\n")
	var toml strings.Builder
	for range 5 {
		fmt.Fprintf(&toml, "[mcp_servers.s%d]\ncommand = \"npx\"\nargs = [\"-y\", \"x\"]\n", n)
		n++
	}
	write(".codex/config.toml", toml.String())
	return home
}

// benchmarkVerb measures a verb as a user meets it: from the start of the program to its end.
func benchmarkVerb(b *testing.B, args ...string) {
	home, bin := manyClients(b), filepath.Join(b.TempDir(), "sallyport")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	env := append(os.Environ(), "HOME="+home)
	for _, name := range placeVariables {
		env = append(env, name+"="+filepath.Join(home, "own"))
	}
	for b.Loop() {
		cmd := exec.Command(bin, args...)
		cmd.Env, cmd.Dir = env, home
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
}

func BenchmarkInstallDryRun(b *testing.B) { benchmarkVerb(b, "install", "--dry-run") }

func BenchmarkScan(b *testing.B) { benchmarkVerb(b, "scan") }
