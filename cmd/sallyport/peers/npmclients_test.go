package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTypeScriptClientsSeeTheSameServer(t *testing.T) {
	for _, driver := range []string{"v1", "v2"} {
		for _, s := range servers {
			t.Run(driver+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				drivers := driverFolder(t)
				modern := driver == "v2" && s.name == "go-sdk"
				compare(t, s, func(t *testing.T, run session) []string {
					return typeScript(t, filepath.Join(drivers, driver+".mjs"), run, steps(t, s.script, run.dir, modern))
				})
			})
		}
	}
}

// driverFolder copies the drivers beside a link to node_modules, where Node looks for packages.
func driverFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "ts"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(npm(t), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// typeScript runs a driver and returns the lines that it prints, one for each step.
func typeScript(t *testing.T, driver string, run session, script []step) []string {
	t.Helper()
	job := filepath.Join(t.TempDir(), "job.json")
	writeJSON(t, job, map[string]any{"command": run.argv[0], "args": run.argv[1:], "env": run.env, "steps": script})
	out := output(t, exec.Command(node(t), driver, job))
	outcomes := lines(out)
	if len(outcomes) != len(script) {
		t.Fatalf("%d outcomes of %d steps:\n%s", len(outcomes), len(script), out)
	}
	return outcomes
}

func TestInspectorSeesTheSameServer(t *testing.T) {
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			compare(t, s, func(t *testing.T, run session) []string {
				var outcomes []string
				for _, st := range steps(t, s.script, run.dir, false) {
					if st.CLI {
						outcomes = append(outcomes, inspector(t, run, st))
					}
				}
				return outcomes
			})
		})
	}
}

// inspector runs one step as a user of the Inspector's command line would, from a configuration
// file as clients have it, and returns what was printed.
func inspector(t *testing.T, run session, st step) string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "mcp.json")
	writeJSON(t, config, map[string]any{"mcpServers": map[string]any{
		"peer": map[string]any{"command": run.argv[0], "args": run.argv[1:], "env": run.env},
	}})
	launcher := filepath.Join(npm(t), "@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js")
	args := []string{launcher, "--cli", "--config", config, "--server", "peer", "--method", st.Method}
	var params struct {
		Name      string         `json:"name"`
		URI       string         `json:"uri"`
		Arguments map[string]any `json:"arguments"`
	}
	if st.Params != nil {
		if err := json.Unmarshal(st.Params, &params); err != nil {
			t.Fatal(err)
		}
	}
	what := strings.TrimSuffix(strings.TrimSuffix(st.Method, "s/call"), "s/get")
	if params.Name != "" {
		args = append(args, "--"+what+"-name", params.Name)
	}
	if params.URI != "" {
		args = append(args, "--uri", params.URI)
	}
	for name, value := range params.Arguments {
		argument := fmt.Sprintf("%s=%v", name, value)
		args = append(args, map[string]string{"tool": "--tool-arg", "prompt": "--prompt-args"}[what], argument)
	}
	cmd := exec.Command(node(t), args...)
	cmd.Env = append(os.Environ(), "MCP_INSPECTOR_SECRET_STORE=memory")
	return outcome(t, cmd)
}

// outcome runs the command and returns how it ended and what it printed last: a peer that is told
// of an error may print it on stderr, below words of its own, and leave with a status.
func outcome(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	stdout, stderr, err := finish(t, cmd)
	if err == nil {
		return string(stdout)
	}
	words := lines(stderr)
	return fmt.Sprintf("%s\n%s\n%v", stdout, words[max(0, len(words)-1):], err)
}

// output runs the command, which has to end well, and returns its stdout.
func output(t *testing.T, cmd *exec.Cmd) []byte {
	t.Helper()
	stdout, stderr, err := finish(t, cmd)
	if err != nil {
		t.Fatalf("running %q: %v\n%s\n%s", cmd.Args, err, stdout, stderr)
	}
	return stdout
}

func finish(t *testing.T, cmd *exec.Cmd) (stdout, stderr []byte, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	bounded := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	bounded.Env = cmd.Env
	// Grandchildren that keep the pipe open must not keep the test.
	bounded.WaitDelay = 5 * time.Second
	var out, words bytes.Buffer
	bounded.Stdout, bounded.Stderr = &out, &words
	err = bounded.Run()
	if ctx.Err() != nil {
		t.Fatalf("running %q: no end in sight\n%s\n%s", cmd.Args, out.Bytes(), words.Bytes())
	}
	return out.Bytes(), words.Bytes(), err
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
