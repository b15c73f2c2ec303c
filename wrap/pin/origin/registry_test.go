//go:build unix

package origin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A registry serves packages that a test made, on loopback.
type registry struct {
	mu    sync.Mutex
	packs map[string]map[string]pack // by name and version
	asked []string
	*httptest.Server
}

type pack struct {
	manifest map[string]any
	tarball  []byte
}

func newRegistry(t testing.TB) *registry {
	r := &registry{packs: map[string]map[string]pack{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// publish adds files as a version; files has its package.json without name and version.
func (r *registry) publish(name, version string, files map[string]string) {
	manifest := map[string]any{}
	if err := json.Unmarshal([]byte(files["package.json"]), &manifest); err != nil {
		panic(err)
	}
	manifest["name"], manifest["version"] = name, version
	text, _ := json.Marshal(manifest)
	files = maps.Clone(files)
	files["package.json"] = string(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packs[name] == nil {
		r.packs[name] = map[string]pack{}
	}
	r.packs[name][version] = pack{manifest, tarballOf(files)}
}

func tarballOf(files map[string]string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w.WriteHeader(&tar.Header{Name: "package/" + name, Mode: 0o644, Size: int64(len(files[name]))})
		w.Write([]byte(files[name]))
	}
	w.Close()
	z.Close()
	return b.Bytes()
}

func (r *registry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	path, _ := url.PathUnescape(strings.TrimPrefix(q.URL.EscapedPath(), "/"))
	r.asked = append(r.asked, path)
	if name, file, ok := strings.Cut(path, "/-/"); ok {
		w.Write(r.packs[name][strings.TrimSuffix(file, ".tgz")].tarball)
		return
	}
	versions, latest := map[string]any{}, ""
	for _, version := range slices.Sorted(maps.Keys(r.packs[path])) {
		p := r.packs[path][version]
		sum := sha512.Sum512(p.tarball)
		m := maps.Clone(p.manifest)
		if m["scripts"] != nil {
			m["hasInstallScript"] = true
		}
		m["dist"] = map[string]string{
			"tarball":   r.URL + "/" + path + "/-/" + version + ".tgz",
			"integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		}
		versions[version], latest = m, version
	}
	if latest == "" {
		http.NotFound(w, q)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"name": path, "dist-tags": map[string]string{"latest": latest}, "versions": versions})
}

// A world is a user with a home, a registry, a working folder and a store.
type world struct {
	*Store
	reg       *registry
	home, dir string
	env       []string
	said      []string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	need(t, "npm", "node")
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{reg: newRegistry(t), home: top + "/home", dir: top + "/work"}
	write(t, w.home+"/.npmrc", "registry="+w.reg.URL+"/\n")
	write(t, w.dir+"/README", "")
	w.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.home}
	w.Store = &Store{Dir: top + "/store", Find: find, Progress: func(s string) { w.said = append(w.said, s) }}
	return w
}

func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// need skips a test without programs that it uses, unless SALLYPORT_MUST_RUN is set.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("SALLYPORT_MUST_RUN") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (w *world) launch(args ...string) Launch { return Launch{Args: args, Env: w.env, Dir: w.dir} }

// resolved resolves and checks what holds of every result: Prepare gives the same command.
func (w *world) resolved(t testing.TB, args ...string) Resolved {
	t.Helper()
	r, err := w.Resolve(t.Context(), w.launch(args...))
	if err != nil {
		t.Fatalf("Resolve: %v", err)
	}
	c, err := w.Prepare(t.Context(), w.launch(args...), r.Origin, r.Lock)
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	if c.Path != r.Command.Path || !slices.Equal(c.Args, r.Command.Args) {
		t.Fatalf("Prepare = %q\nResolve = %q", c, r.Command)
	}
	if !filepath.IsAbs(c.Path) {
		t.Fatalf("the path %q is relative", c.Path)
	}
	return r
}

// folder is where the store keeps r.
func (w *world) folder(r Resolved) string { return filepath.Join(w.Dir, r.Origin.id()) }

// output runs a command in the working folder.
func (w *world) output(t testing.TB, c Command) string {
	t.Helper()
	cmd := exec.Command(c.Path)
	cmd.Args, cmd.Dir, cmd.Env = c.Args, w.dir, w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("running %q: %v\n%s", c.Args, err, out)
	}
	return string(out)
}

// server publishes @scope/server, which prints its version, that of a dependency, and its arguments.
func (w *world) server(version string) {
	w.reg.publish("dep", "1.0.0", map[string]string{"package.json": `{}`, "index.js": `module.exports = "dep one"`, "data.txt": "x"})
	w.reg.publish("@scope/server", version, map[string]string{
		"package.json":  `{"bin":{"server":"dist/index.js","other":"dist/other.js"},"dependencies":{"dep":"^1.0.0"}}`,
		"dist/index.js": fmt.Sprintf("#!/usr/bin/env node\nconsole.log(%q, require('dep'), process.argv.slice(2).join())\n", version),
		"dist/other.js": "#!/usr/bin/env node\nconsole.log('other')\n",
		"lib/a.b.js":    "",
	})
}
