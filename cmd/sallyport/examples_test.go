package main

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sallyport/keyring"
	"sallyport/rules"
	"sallyport/wrap/client"
	"sallyport/wrap/pin"
)

var update = flag.Bool("update-examples", false, "write what install makes of the examples' configurations")

const examples = "../../examples"

// TestEveryExampleIsLoaded goes through the folder, and fails where nothing loads a file.
func TestEveryExampleIsLoaded(t *testing.T) {
	n := map[string]int{}
	err := filepath.WalkDir(examples, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(examples, path)
		rel = filepath.ToSlash(rel)
		switch folder, _, _ := strings.Cut(rel, "/"); {
		case rel == "rules/team.yaml":
			checkRules(t, rules.Source{Path: path, Trust: rules.Folder})
		case folder == "rules", strings.HasSuffix(rel, "rules.d/work.yaml"), rel == "dotfiles/.config/sallyport/rules.yaml":
			checkRules(t, rules.Source{Path: path, Trust: rules.User})
		case rel == "dotfiles/.config/sallyport/.gitignore":
			checkIgnored(t, path)
		case folder == "clients" && strings.HasPrefix(filepath.Base(rel), "before."):
			checkInstall(t, filepath.Base(filepath.Dir(path)), path)
		case folder == "clients" && strings.HasPrefix(filepath.Base(rel), "after."):
			return nil // with the one before
		default:
			t.Errorf("%s: no test loads it", rel)
			return nil
		}
		n[strings.SplitN(rel, "/", 2)[0]]++
		return nil
	})
	if err != nil || n["rules"] < 6 || n["clients"] != 12 || n["dotfiles"] != 3 {
		t.Errorf("%v, %v", n, err)
	}
}

// checkIgnored holds what a repository shall not have against what sallyport writes beside the rules.
func checkIgnored(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	p := places{config: "x"}
	for _, own := range []string{p.secretsFile(), p.vaultFile()} {
		if err != nil || !slices.Contains(strings.Split(string(text), "\n"), filepath.Base(own)) {
			t.Errorf("%s does not name %s: %v", path, filepath.Base(own), err)
		}
	}
}

// checkInstall compares what install makes of a configuration with the one that lies beside it, and takes it back.
func checkInstall(t *testing.T, name, path string) {
	t.Helper()
	i := slices.IndexFunc(client.Clients, func(r client.Row) bool { return r.Client == name && r.Scope == client.User })
	if i < 0 {
		t.Errorf("there is no client %q", name)
		return
	}
	row := client.Clients[i]
	d, err := client.Read(client.File{Row: row, Path: path})
	if err != nil {
		t.Error(err)
		return
	}
	p := planner{program: "/home/you/.local/bin/sallyport", home: "/home/you", workspace: "/home/you/project", chosen: map[string]bool{},
		programs: map[string]string{}, pins: pin.Folder{Dir: t.TempDir()}}
	j := &job{in: &installation{dryRun: true}, program: p.program, list: p.plan([]*client.Document{d}), edited: map[*client.Document][]byte{}}
	s := secrets{places: places{config: t.TempDir()}, kind: keyring.Keyring}
	for _, n := range j.list {
		if err := s.name(n.moves); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.edit(); err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	after := strings.Replace(path, "before.", "after.", 1)
	if *update {
		if err := os.WriteFile(after, j.edited[d], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(after)
	if err != nil || string(want) != string(j.edited[d]) {
		t.Errorf("%s: %v; install makes\n%s", after, err, j.edited[d])
		return
	}
	back, err := client.Read(client.File{Row: row, Path: after})
	if err != nil {
		t.Error(err)
		return
	}
	for _, n := range j.list {
		for _, e := range back.Entries {
			if w, ok := unwrap(e); ok && e.Server == n.entry.Server && e.Section == n.entry.Section {
				if err := back.Undo(e, n.changes, w.first, func(name, _ string) (string, bool, error) { return movedValue(n, name), true, nil }); err != nil {
					t.Errorf("%s: %v", after, err)
				}
			}
		}
	}
	before, _ := os.ReadFile(path)
	if got, err := back.Edited(); err != nil || string(got) != string(before) {
		t.Errorf("%s: %v; uninstall makes\n%s", after, err, got)
	}
}

func movedValue(n *planned, name string) string {
	for _, f := range n.moves {
		if f.name == name {
			return f.value
		}
	}
	return ""
}
