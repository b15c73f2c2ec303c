package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A pinned is a server of npm that starts without an account: a line of testdata/servers.tsv.
type pinned struct {
	name, version, older string
	args, env            []string
}

func pinnedServers(t *testing.T) []pinned {
	t.Helper()
	f, err := os.Open("testdata/servers.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []pinned
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 5 {
			t.Fatalf("a line of %d fields: %s", len(fields), lines.Text())
		}
		for i, f := range fields {
			if f == "-" {
				fields[i] = ""
			}
		}
		all = append(all, pinned{fields[0], fields[1], fields[2], strings.Fields(fields[3]), strings.Fields(fields[4])})
	}
	return all
}

// TestPinsOfRealServersDoNotDrift pins real servers of npm and starts them again: nothing of them may be taken for changed. SALLYPORT_PINS
// says how many servers, and how often: "4x3" by default, "all x10" takes half an hour.
func TestPinsOfRealServersDoNotDrift(t *testing.T) {
	npm(t)
	servers, runs := pinnedServers(t), 3
	if all, count, found := strings.Cut(os.Getenv("SALLYPORT_PINS"), "x"); found {
		runs, _ = strconv.Atoi(count)
		if n, err := strconv.Atoi(strings.TrimSpace(all)); err == nil {
			servers = servers[:min(n, len(servers))]
		}
	} else {
		servers = servers[:4]
	}
	for _, s := range servers {
		t.Run(strings.ReplaceAll(s.name, "/", "_"), func(t *testing.T) { s.pinAndRestart(t, runs) })
	}
}

// home is where one run of sallyport keeps everything.
func (s pinned) home(t *testing.T) (environ []string, dir string) {
	t.Helper()
	root, err := os.MkdirTemp("", "pins") // short: there will be sockets in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	dir = subfolder(t, root, "work")
	environ = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, s.env...)
	for _, what := range []string{"config", "state", "runtime"} {
		environ = append(environ, "SALLYPORT_"+strings.ToUpper(what)+"_DIR="+subfolder(t, root, what))
	}
	rules := filepath.Join(root, "config", "rules.yaml")
	if err := os.WriteFile(rules, []byte("version: 1\nuse: [base]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return environ, dir
}

func (s pinned) command(version, dir string) []string {
	command := []string{"npx", "-y", s.name + "@" + version}
	for _, arg := range s.args {
		command = append(command, strings.ReplaceAll(arg, "{DIR}", dir))
	}
	return command
}

func (s pinned) flags() (flags []string) {
	for _, v := range s.env {
		name, _, _ := strings.Cut(v, "=")
		flags = append(flags, "--env", name)
	}
	return flags
}

func (s pinned) pinAndRestart(t *testing.T, runs int) {
	environ, dir := s.home(t)
	accept := slices.Concat([]string{"pin", "accept", "--yes"}, s.flags(), []string{"s", "--"}, s.command(s.version, dir))
	out, err := s.run(t, environ, dir, accept...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var counts string
	for i := range runs {
		argv := slices.Concat([]string{wrapper(t), "wrap"}, s.flags(), []string{"--name", "s", "--"}, s.command(s.version, dir))
		got, stderr := s.list(t, environ, dir, argv)
		if counts == "" {
			counts = got
		}
		if strings.Contains(stderr, "SECURITY") || got != counts {
			t.Errorf("start %d: %s, then %s\n%s", i+1, counts, got, stderr)
		}
	}
	t.Logf("%s@%s: %s, %d starts", s.name, s.version, counts, runs)
}

func (s pinned) run(t *testing.T, environ []string, dir string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, wrapper(t), args...)
	cmd.Env, cmd.Dir = environ, dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// list connects a client and lists everything, as a count of each kind.
func (s pinned) list(t *testing.T, environ []string, dir string, argv []string) (counts, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = environ, dir
	var errors strings.Builder
	cmd.Stderr = &errors
	cs, err := mcp.NewClient(&mcp.Implementation{Name: "peer", Version: "1"}, nil).Connect(ctx, &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatalf("connecting: %v\n%s", err, errors.String())
	}
	has := cs.InitializeResult().Capabilities
	n := map[string]int{}
	if has.Tools != nil {
		for _, err := range cs.Tools(ctx, nil) {
			count(n, "tools", err)
		}
	}
	if has.Prompts != nil {
		for _, err := range cs.Prompts(ctx, nil) {
			count(n, "prompts", err)
		}
	}
	if has.Resources != nil {
		for _, err := range cs.Resources(ctx, nil) {
			count(n, "resources", err)
		}
	}
	instructions := len(cs.InitializeResult().Instructions)
	cs.Close()
	b, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s, %d bytes of instructions", b, instructions), errors.String()
}

func count(n map[string]int, what string, err error) {
	if err != nil {
		what += " refused" // by the server: some declare lists that they have not
	}
	n[what]++
}

// TestPinShowsWhatAnUpgradeChanges goes from one release of a real server to the next.
func TestPinShowsWhatAnUpgradeChanges(t *testing.T) {
	npm(t)
	for _, s := range pinnedServers(t) {
		if s.older == "" || os.Getenv("SALLYPORT_PINS") == "" && s.name != "@modelcontextprotocol/server-memory" {
			continue
		}
		t.Run(strings.ReplaceAll(s.name, "/", "_"), func(t *testing.T) {
			environ, dir := s.home(t)
			accept := slices.Concat([]string{"pin", "accept", "--yes"}, s.flags(), []string{"s", "--"}, s.command(s.older, dir))
			if out, err := s.run(t, environ, dir, accept...); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			// The client's entry names the newer one now: it is not started, and nothing is installed.
			wrap := slices.Concat([]string{"wrap"}, s.flags(), []string{"--name", "s", "--"}, s.command(s.version, dir))
			if out, err := s.run(t, environ, dir, wrap...); err == nil || !strings.Contains(out, "its command line changed since it was accepted") {
				t.Errorf("the newer release was started: %v\n%s", err, out)
			}
			diff := slices.Concat([]string{"pin", "diff"}, s.flags(), []string{"s", "--"}, s.command(s.version, dir))
			out, err := s.run(t, environ, dir, diff...)
			if err == nil || !strings.Contains(out, s.name+" [-"+s.older+"-]{+"+s.version+"+}") && !strings.Contains(out, "{+") {
				t.Errorf("the difference is not shown: %v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
