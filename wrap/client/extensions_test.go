package client

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// extensionsHome is a home folder as testdata/extensions has it.
func extensionsHome(t testing.TB, home string) Environment {
	t.Helper()
	if err := os.CopyFS(home, os.DirFS(filepath.Join("testdata", "extensions"))); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(home, ".claude", "plugins", "installed_plugins.json")
	text, err := os.ReadFile(list)
	if err == nil {
		err = os.WriteFile(list, bytes.ReplaceAll(text, []byte("HOMEFOLDER"), []byte(filepath.ToSlash(home))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return Environment{System: "linux", Home: home, Getenv: func(string) string { return "" }}
}

// described are extensions, one a line.
func described(list []Extension) (lines []string) {
	for _, e := range list {
		line := fmt.Sprintf("%s %s %q %q", e.Client, e.Name, e.Command, e.Args)
		if e.Off {
			line += " off"
		}
		if e.Problem != "" {
			line += " problem"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestExtensionsOfEachKind(t *testing.T) {
	lines := described(Extensions(extensionsHome(t, t.TempDir())))
	for _, c := range []struct{ name, want string }{
		{"a desktop extension", `claude-desktop notes "node" ["${__dirname}/server/index.js"]`},
		{"one that is switched off", `claude-desktop switched-off "x" [] off`},
		{"one without a name has that of its folder", `claude-desktop nameless "x" []`},
		{"one that is no JSON", `claude-desktop broken "" [] problem`},
		{"one that is no mapping", `claude-desktop list "" [] problem`},
		{"one with another command on this system", `claude-desktop systems "for-linux" []`},
		{"a plugin's file", `claude-code db "${CLAUDE_PLUGIN_ROOT}/db" ["--a" "b"]`},
		{"a plugin's manifest", `claude-code api "api" ["--port" "8080"]`},
		{"a plugin that is switched off", `claude-code idle "x" [] off`},
		{"an extension of Gemini", `gemini g "node" ["${extensionPath}/x.js"]`},
		{"a server beside one that cannot be read", `gemini beside-it "y" []`},
		{"what an extension of an editor announces", `vscode vendor.servers "" []`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !slices.Contains(lines, c.want) {
				t.Errorf("no %s", c.want)
			}
		})
	}
	for _, c := range []struct{ name, server string }{
		{"what a marketplace offers is not installed", "never-installed"}, {"another version than the installed one", "db-of-an-older-version"},
		{"an extension without servers", "none"}, {"an editor's extension without servers", "theme"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, c.server) }); i >= 0 {
				t.Error(lines[i])
			}
		})
	}
}

func TestExtensionsComeInTheSameOrder(t *testing.T) {
	env := extensionsHome(t, t.TempDir())
	want := described(Extensions(env))
	for range 20 {
		if got := described(Extensions(env)); !slices.Equal(got, want) {
			t.Fatalf("%q, and %q before", got, want)
		}
	}
}

func TestExtensionsAreFoundWhateverTheHomeIsCalled(t *testing.T) {
	want := len(Extensions(extensionsHome(t, t.TempDir())))
	for _, name := range []string{"a b", "[a]", "a[", "ä", "{a,b}"} {
		t.Run(name, func(t *testing.T) {
			home := filepath.Join(t.TempDir(), name)
			if got := len(Extensions(extensionsHome(t, home))); got != want {
				t.Errorf("%d, want %d", got, want)
			}
		})
	}
}

func TestAnExtensionThatCannotBeReadHidesNoOther(t *testing.T) {
	const folder = ".config/Claude/Claude Extensions/bad/manifest.json"
	for name, file := range map[string]*fstest.MapFile{
		"empty": {}, "a string": {Data: []byte(`"x"`)},
		"a server that is a list": {Data: []byte(`{"server": []}`)}, "arguments that are no list": {Data: []byte(`{"server": {"mcp_config": {"command": "x", "args": "y"}}}`)},
		"a command given twice":      {Data: []byte(`{"server": {"mcp_config": {"command": "x", "command": "y"}}}`)},
		"a command in other letters": {Data: []byte(`{"server": {"mcp_config": {"command": "x", "COMMAND": "y"}}}`)},
		"deep":                       {Data: []byte(strings.Repeat(`{"server":`, 100_000))}, "larger than any": {Data: bytes.Repeat([]byte(" "), maxSize+1)},
		"a folder": nil,
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			env := extensionsHome(t, home)
			before := described(Extensions(env))
			tree := fstest.MapFS{folder: file}
			if file == nil {
				tree = fstest.MapFS{folder + "/x": {}}
			}
			for _, f := range tree {
				f.Mode, f.ModTime = 0o600, time.Time{}
			}
			if err := os.CopyFS(home, tree); err != nil {
				t.Fatal(err)
			}
			after := described(Extensions(env))
			added := slices.DeleteFunc(slices.Clone(after), func(line string) bool { return slices.Contains(before, line) })
			if len(after) != len(before)+1 || len(added) != 1 || !strings.HasSuffix(added[0], " problem") {
				t.Errorf("added %q to %d, now %d", added, len(before), len(after))
			}
		})
	}
}

func TestExtensionsOfNobody(t *testing.T) {
	for name, env := range map[string]Environment{
		"an empty home": {System: "linux", Home: t.TempDir()}, "no home": {System: "linux"}, "no such home": {System: "linux", Home: filepath.Join(t.TempDir(), "x")},
		"Windows without its variable": {System: "windows", Home: t.TempDir()}, "another system": {System: "plan9", Home: t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			env.Getenv = func(string) string { return "" }
			if list := Extensions(env); len(list) > 0 {
				t.Error(described(list))
			}
		})
	}
}
