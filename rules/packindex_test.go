package rules

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// readPack reads a pack from its YAML, as any other file.
func readPack(t testing.TB, name string) *Policy {
	t.Helper()
	text, err := Pack(name)
	if err != nil {
		t.Fatal(err)
	}
	l := newLoader(nil)
	if err := l.file(packSource(name), text); err != nil {
		t.Fatal(err)
	}
	return l.policy
}

// recordedServers gives what testdata/tools holds, by pack, after a look at the classes: every tool that a server really has is known to
// the pack that claims the server.
func recordedServers(t *testing.T) map[string][]Written {
	t.Helper()
	files, err := filepath.Glob("testdata/tools/*.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d recorded servers: %v", len(files), err)
	}
	out := map[string][]Written{}
	for _, path := range files {
		var server struct {
			Written
			Tools []struct{ Name string } `json:"tools"`
		}
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &server)
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		w := server.Written
		w.Tools = len(server.Tools)
		out[w.Pack] = append(out[w.Pack], w)
		classes := readPack(t, w.Pack).classes[w.Server]
		for _, tool := range server.Tools {
			if classes[tool.Name].class == Unknown {
				t.Errorf("%s: the pack %s has no class for %s", path, w.Pack, tool.Name)
			}
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b Written) int {
			return cmp.Or(strings.Compare(a.Server, b.Server), strings.Compare(a.Package, b.Package))
		})
	}
	return out
}

// What sallyport goes by is what people read: the index of a pack is made of its YAML. Run with -update to make it anew.
func TestIndexesOfPacksAreMadeOfTheirYAML(t *testing.T) {
	recorded := recordedServers(t)
	for _, name := range Packs() {
		p := readPack(t, name)
		for _, r := range p.rules {
			if r.edit != nil {
				t.Fatalf("%s: the index holds no edits", r.name)
			}
		}
		index := p.pack()
		index.Against = recorded[name]
		want, err := json.Marshal(index)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, '\n')
		path := "packs/" + name + ".json"
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what %s.yaml says (%v): run go test ./rules -run Indexes -update", path, name, err)
		}
		if !*update {
			for _, r := range load(t, "version: 1\nuse: ["+name+"]\n").rules {
				if err := r.code().err; err != nil {
					t.Errorf("%s: %v", r.name, err)
				}
			}
		}
	}
}

// A pack that is edited in the index only, or whose expression does not compile, denies.
func TestAnExpressionThatCompilesLateAndFailsDenies(t *testing.T) {
	p := load(t, "version: 1\nuse: []\ndefault: {write: allow}\n")
	p.rules = append(p.rules, &rule{name: "r", on: 1 << Call, do: Allow, source: "nonsense(", late: &translator{}, compiled: always})
	if d := p.View("s", "c").NewJudge(testFacts).Decide(&World{Tool: "t"}); d.Action != Deny {
		t.Errorf("%+v", d)
	}
}
