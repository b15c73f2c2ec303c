package peers

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A suite is an official conformance suite, with what it is asked to run.
type suite struct {
	name, pkg string
	args      []string
	// kept are the methods of the frames that the wrapper answers itself, each once: the suites
	// also send what the protocol forbids.
	kept []string
}

var suites = []suite{
	{name: "0.1.16 active", pkg: "conformance-2025-11-25"},
	{name: "0.2.0-alpha.12 of 2025-11-25", pkg: "conformance-2026-07-28", args: []string{"--spec-version", "2025-11-25"}},
	{name: "0.2.0-alpha.12 of 2026-07-28", pkg: "conformance-2026-07-28", args: []string{"--spec-version", "2026-07-28"}},
	{
		name: "0.2.0-alpha.12 required by 2026-07-28", pkg: "conformance-2026-07-28", args: []string{"--requirements", "2026-07-28"},
		// Methods that the modern era removed, and a revision that does not exist.
		kept: []string{"initialize", "logging/setLevel", "ping", "resources/subscribe", "resources/unsubscribe",
			"server/discover", "tasks/list", "tasks/result"},
	},
}

// Some checks fail without the wrapper too, because they are about HTTP, or about extensions that
// the server lacks. They have to fail alike.
func TestConformanceIsTheSame(t *testing.T) {
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			var differ []string
			for range attempts {
				if differ = compareSuite(t, s, differ); len(differ) == 0 {
					return
				}
			}
			t.Errorf("%d attempts, and these checks were the same in none:\n%s", attempts, strings.Join(differ, "\n"))
		})
	}
}

// attempts is how often a suite runs before a difference counts: its windows of time, of 0.8 s and
// more for a notification to arrive, are too short for a busy machine now and then.
const attempts = 3

// compareSuite runs a suite bare and wrapped, and returns the checks that came out differently, of
// the suspects where there are any.
func compareSuite(t *testing.T, s suite, suspects []string) []string {
	t.Helper()
	bare, wrapped := pair(t, servers[0])
	folder(t, bare.dir)
	was := conformance(t, s, bare)
	is := conformance(t, s, wrapped)
	if len(was) == 0 {
		t.Fatal("the suite reported no check")
	}
	t.Logf("bare %s; wrapped %s", totals(was), totals(is))
	var kept []string
	for _, frame := range checkRelayed(t, recordings(t, wrapped.near), recordings(t, wrapped.far)) {
		kept = append(kept, envelopeOf(t, frame).Method)
	}
	slices.Sort(kept)
	if kept = slices.Compact(kept); !slices.Equal(kept, s.kept) {
		t.Errorf("kept from the server: %q, want %q", kept, s.kept)
	}
	if suspects == nil {
		suspects = slices.Sorted(maps.Keys(merged(was, is)))
	}
	var differ []string
	for _, check := range suspects {
		if was[check] != is[check] {
			t.Logf("%s: %q bare, %q wrapped", check, was[check], is[check])
			differ = append(differ, check)
		}
	}
	return differ
}

// conformance runs a suite against the server behind a bridge, and returns the status of each
// check by scenario, check and place.
func conformance(t *testing.T, s suite, run session) map[string]string {
	t.Helper()
	b := newBridge(run)
	defer b.stop()
	server := httptest.NewServer(b)
	defer server.Close()
	out := t.TempDir()
	argv := append([]string{filepath.Join(npm(t), s.pkg, "dist", "index.js"), "server", "--url", server.URL + "/mcp", "-o", out}, s.args...)
	// The suite's status tells of failed checks, which is for the caller to judge.
	if _, stderr, err := finish(t, exec.Command(node(t), argv...)); err != nil && len(stderr) > 0 {
		t.Logf("%v: %s", err, stderr)
	}
	return checks(t, out)
}

var stamp = regexp.MustCompile(`-\d{4}-\d\d-\d\dT[\dTZ.-]*$`)

func checks(t *testing.T, out string) map[string]string {
	t.Helper()
	statuses := map[string]string{}
	err := fs.WalkDir(os.DirFS(out), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "checks.json" {
			return err
		}
		text, err := os.ReadFile(filepath.Join(out, path))
		if err != nil {
			return err
		}
		var list []struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		}
		if err := json.Unmarshal(text, &list); err != nil {
			return fmt.Errorf("reading %q: %v", path, err)
		}
		scenario := stamp.ReplaceAllString(filepath.Base(filepath.Dir(path)), "")
		for i, check := range list {
			statuses[fmt.Sprintf("%s/%s/%d", scenario, check.ID, i)] = check.Status
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return statuses
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func totals(statuses map[string]string) string {
	count := map[string]int{}
	for _, status := range statuses {
		count[status]++
	}
	return fmt.Sprint(count)
}
