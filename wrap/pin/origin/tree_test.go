//go:build unix

package origin

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestChangesInTheStoreAreFound(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	l := w.launch("npx", "@scope/server@1.0.0")
	r := w.resolved(t, l.Args...)
	master := w.Dir
	const pkg = "node_modules/@scope/server/"
	link := func(target string) func(string) error {
		return func(path string) error { return os.Symlink(target, path) }
	}
	put := func(text string) func(string) error {
		return func(path string) error {
			return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600))
		}
	}
	mkdir := func(path string) error { return os.MkdirAll(path, 0o700) }
	for name, test := range map[string]struct {
		file    string
		change  func(path string) error
		refused bool
	}{
		"an edit":                           {pkg + "dist/index.js", put("x"), true},
		"an edit of the same size and time": {pkg + "dist/index.js", editQuietly, true},
		"an edit of a dependency":           {"node_modules/dep/index.js", editQuietly, true},
		"an edit of listed data":            {"node_modules/dep/data.txt", editQuietly, true},
		"a file that is gone":               {"node_modules/dep/data.txt", os.Remove, true},
		"a package that is gone":            {"node_modules/dep", os.RemoveAll, true},
		"a link in place of a file": {pkg + "dist/index.js", func(path string) error {
			return errors.Join(os.Rename(path, path+".txt"), os.Symlink(path+".txt", path))
		}, true},
		"a file in place of a link": {"node_modules/.bin/server", func(path string) error { return errors.Join(os.Remove(path), put("#!/bin/sh\n")(path)) }, true},
		"another target":            {"node_modules/.bin/server", func(path string) error { return errors.Join(os.Remove(path), link("../dep/index.js")(path)) }, true},
		"a folder in place of a file": {pkg + "dist/index.js", func(path string) error {
			return errors.Join(os.Remove(path), mkdir(path))
		}, true},
		"new code":                          {pkg + "dist/memory.js", put(""), true},
		"new code of another case":          {pkg + "dist/memory.JS", put(""), true},
		"new native code":                   {pkg + "dist/memory.node", put(""), true},
		"new file without an ending":        {pkg + "dist/index", put(""), true},
		"new package.json":                  {pkg + "dist/package.json", put(`{"type":"module"}`), true},
		"new package":                       {"node_modules/bufferutil/index.json", put("{}"), true},
		"new package, empty":                {"node_modules/bufferutil", mkdir, false},
		"new package of a scope":            {"node_modules/@scope/next/data.txt", put(""), true},
		"new node_modules":                  {pkg + "dist/node_modules", mkdir, false},
		"new link":                          {pkg + "dist/x.txt", link("index.js"), true},
		"new FIFO":                          {pkg + "dist/x.txt", func(path string) error { return syscall.Mkfifo(path, 0o600) }, true},
		"new file that shadows code":        {pkg + "lib/a.b", put(""), true},
		"new JSON that shadows a folder":    {pkg + "dist.json", put("{}"), true},
		"new file beside node_modules":      {"index.js", put(""), true},
		"an edit of the list":               {"files", put(""), true},
		"no list":                           {"files", os.Remove, true},
		"an edit of the lock":               {"package-lock.json", put("{}"), true},
		"an edit of package.json":           {"package.json", put(`{"type":"module"}`), true},
		"a link in place of node_modules":   {"node_modules", func(path string) error { return errors.Join(os.Rename(path, path+"2"), link("node_modules2")(path)) }, true},
		"no node_modules":                   {"node_modules", os.RemoveAll, true},
		"new data":                          {pkg + "dist/memory.json", put("{}"), false},
		"new data of lines":                 {pkg + "dist/memory.jsonl", put("{}"), false},
		"new data in a new folder":          {pkg + "data/db/x.sqlite", put(""), false},
		"new folder":                        {pkg + "data", mkdir, false},
		"an edit of the copy of the lock":   {hidden, put("{}"), false},
		"another time":                      {pkg + "dist/index.js", func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) }, false},
		"code in a data folder of a server": {pkg + "data/x.mjs", put(""), true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Store{Dir: t.TempDir() + "/store", Find: find}
			if out, err := exec.Command("cp", "-a", master, s.Dir).CombinedOutput(); err != nil {
				t.Fatalf("copying: %v\n%s", err, out)
			}
			if _, err := s.Prepare(t.Context(), l, r.Origin, r.Lock); err != nil {
				t.Fatalf("before: %v", err)
			}
			if err := test.change(filepath.Join(s.Dir, r.Origin.id(), test.file)); err != nil {
				t.Fatal(err)
			}
			_, err := s.Prepare(t.Context(), l, r.Origin, r.Lock)
			var c *Changed
			if test.refused && (!errors.As(err, &c) || c.What != "package" || c.Name != "@scope/server@1.0.0" || c.File == "") || !test.refused && err != nil {
				t.Fatalf("Prepare: %v", err)
			}
		})
	}
}

// editQuietly changes the last byte of a file and nothing that stat shows but ctime.
func editQuietly(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	data[len(data)-1] ^= 1
	return errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, time.Time{}, info.ModTime()))
}

func TestResolveReplacesAChangedFolder(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	r := w.resolved(t, "npx", "@scope/server@1.0.0")
	write(t, w.folder(r)+"/node_modules/dep/index.js", "evil")
	if again := w.resolved(t, "npx", "@scope/server@1.0.0"); again.Origin != r.Origin || w.output(t, again.Command) != "1.0.0 dep one \n" {
		t.Errorf("%+v", again.Origin)
	}
}

func TestFolderOfModulesInTheStoreIsRefused(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	r := w.resolved(t, "npx", "@scope/server@1.0.0")
	write(t, w.Dir+"/node_modules/optional/index.js", "")
	if _, err := w.Prepare(t.Context(), w.launch("npx", "@scope/server@1.0.0"), r.Origin, r.Lock); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("Prepare: %v", err)
	}
}

func TestRecipeGivesTheDigests(t *testing.T) {
	need(t, "sh", "find", "sha256sum", "openssl", "base64")
	w := newWorld(t)
	w.server("1.0.0")
	r := w.resolved(t, "npx", "@scope/server@1.0.0")
	var recipe strings.Builder
	for line := range strings.Lines(read(t, "doc.go")) {
		if text, ok := strings.CutPrefix(line, "//\t"); ok && (recipe.Len() > 0 || strings.HasPrefix(text, "openssl")) {
			recipe.WriteString(text)
		}
	}
	cmd := exec.Command("sh", "-c", recipe.String())
	cmd.Dir = w.folder(r)
	out, err := cmd.Output()
	if want := strings.ReplaceAll(r.Origin.Lock+"\n"+r.Origin.Tree+"\n", "h1:", ""); err != nil || string(out) != want {
		t.Errorf("%v; the recipe prints\n%swant\n%s", err, out, want)
	}
}

func TestLinksThatLeadOutAreNotAccepted(t *testing.T) {
	for name, target := range map[string]string{"absolute": "/etc/passwd", "upwards": "../../outside", "nowhere": "none"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir+"/outside", "")
			write(t, dir+"/node_modules/a/x.js", "")
			if err := os.Symlink(target, dir+"/node_modules/a/link"); err != nil {
				t.Fatal(err)
			}
			if _, err := list(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "leads out") {
				t.Errorf("list: %v", err)
			}
		})
	}
}

func TestListIsReadStrictly(t *testing.T) {
	sum := strings.Repeat("0", 64)
	for _, text := range []string{"x", sum, sum + " node_modules/a\n", sum + "  ../a\n", sum + "  node_modules/../../a\n", sum + "  /node_modules/a\n", "\n"} {
		if _, err := parseList([]byte(text)); err == nil {
			t.Errorf("parseList(%q) succeeded", text)
		}
	}
}

// BenchmarkPrepare verifies a tree of 2,500 files, of 22 MB.
func BenchmarkPrepare(b *testing.B) {
	w := newWorld(b)
	random := rand.New(rand.NewPCG(1, 2))
	files := map[string]string{"package.json": `{"bin":"index.js"}`, "index.js": "#!/usr/bin/env node\n"}
	for i := range 2498 {
		text := make([]byte, random.IntN(18_000))
		for j := range text {
			text[j] = byte(random.Uint32())
		}
		files[fmt.Sprintf("lib/%d/%d.js", i%50, i)] = string(text)
	}
	w.reg.publish("large", "1.0.0", files)
	l := w.launch("npx", "large@1.0.0")
	r, err := w.Resolve(b.Context(), l)
	if err != nil {
		b.Fatal(err)
	}
	bytes := int64(0)
	filepath.WalkDir(w.folder(r), func(_ string, d fs.DirEntry, _ error) error {
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
		return nil
	})
	b.SetBytes(bytes)
	for b.Loop() {
		if _, err := w.Prepare(b.Context(), l, r.Origin, r.Lock); err != nil {
			b.Fatal(err)
		}
	}
}
