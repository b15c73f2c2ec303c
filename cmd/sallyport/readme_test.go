package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sallyport/rules"
)

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```")

// TestReadmeShowsWhatIs holds the README's transcript, rules and configuration against the program.
func TestReadmeShowsWhatIs(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, block := range fence.FindAllStringSubmatch(string(readme), -1) {
		seen[block[1]]++
		switch block[1] {
		case "text":
			var out bytes.Buffer
			if err := runDemo(&out); err != nil {
				t.Fatal(err)
			}
			for part := range strings.SplitSeq(block[2], "\n\n") {
				if !strings.Contains(out.String(), strings.TrimSpace(part)) {
					t.Errorf("the demo does not show:\n%s\nbut:\n%s", part, out.String())
				}
			}
		case "yaml":
			path := filepath.Join(t.TempDir(), "rules.yaml")
			if err := os.WriteFile(path, []byte(block[2]), 0o600); err != nil {
				t.Fatal(err)
			}
			checkRules(t, rules.Source{Path: path, Trust: rules.User})
		case "json":
			checkConfiguration(t, []byte(block[2]))
		case "console":
			// What the script readme-install.txtar sees.
			script, err := os.ReadFile("testdata/script/readme-install.txtar")
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(block[2]) {
				if !strings.HasPrefix(line, "$ ") && !strings.Contains(string(script), "\n"+line) {
					t.Errorf("no script sees: %s", line)
				}
			}
		}
	}
	if seen["text"] == 0 || seen["console"] == 0 || seen["yaml"] == 0 || seen["json"] == 0 {
		t.Errorf("blocks: %v", seen)
	}
}

func checkRules(t *testing.T, source rules.Source) {
	t.Helper()
	policy, err := rules.Load(os.ReadFile, source)
	if err != nil {
		t.Error(err)
		return
	}
	results := policy.Test(rules.Facts{Home: "/home/you", Cwd: "/home/you/project"})
	if len(results) == 0 {
		t.Errorf("%s has no tests", source.Path)
	}
	for _, r := range results {
		if !r.OK() {
			t.Errorf("%s: %v", source.Path, r)
		}
	}
}

// checkConfiguration parses each entry's command line as the program would.
func checkConfiguration(t *testing.T, b []byte) {
	t.Helper()
	var config struct {
		MCPServers map[string]struct {
			Command string
			Args    []string
		}
	}
	if err := json.Unmarshal(b, &config); err != nil {
		t.Fatal(err)
	}
	if len(config.MCPServers) == 0 {
		t.Error("no servers")
	}
	for name, entry := range config.MCPServers {
		cmd, args, err := newRootCommand().Find(entry.Args)
		if err != nil || cmd.Name() != "wrap" || filepath.Base(entry.Command) != "sallyport" {
			t.Errorf("%s: starts %q, %v", name, entry.Command, err)
			continue
		}
		if err := cmd.ParseFlags(args); err != nil || cmd.Flags().NArg() == 0 {
			t.Errorf("%s: %v, and the command %q", name, err, cmd.Flags().Args())
		}
	}
}
