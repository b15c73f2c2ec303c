//go:build unix

package origin

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// bare is a world without a registry.
func bare(t *testing.T) *world {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{home: top, dir: top + "/work"}
	w.env = []string{"PATH=" + top + "/bin:/usr/bin:/bin", "HOME=" + top}
	w.Store = &Store{Dir: top + "/store", Find: func(name string) (string, error) {
		if strings.Contains(name, "/") {
			return filepath.Join(w.dir, name), nil
		}
		if path := top + "/bin/" + name; exists(path) {
			return path, nil
		}
		return find(name)
	}}
	write(t, w.dir+"/README", "")
	return w
}

func TestProgramIsItsBytesAndItsPlace(t *testing.T) {
	w := bare(t)
	write(t, w.home+"/bin/real", "#!/bin/sh\necho one $1\n")
	os.Symlink("real", w.home+"/bin/server")
	l := w.launch("env", "A=b", "server", "x")
	r := w.resolved(t, l.Args...)
	if o := r.Origin; o.Kind != Program || o.Path != w.home+"/bin/real" || o.Digest != digest([]byte("#!/bin/sh\necho one $1\n")) {
		t.Errorf("%+v", r.Origin)
	}
	if got := w.output(t, r.Command); got != "one x\n" {
		t.Errorf("it printed %q", got)
	}
	write(t, w.home+"/bin/real", "#!/bin/sh\necho two $1\n")
	_, err := w.Prepare(t.Context(), l, r.Origin, nil)
	wantChanged(t, err, "executable", "")
	write(t, w.home+"/bin/other", "#!/bin/sh\necho one $1\n")
	os.Remove(w.home + "/bin/server")
	os.Symlink("other", w.home+"/bin/server")
	_, err = w.Prepare(t.Context(), l, r.Origin, nil)
	wantChanged(t, err, "executable", "")
}

func TestScriptIsFoundAsItsInterpreterFindsIt(t *testing.T) {
	w := bare(t)
	for name, text := range map[string]string{
		"a.py": "", "dist/index.js": "", "dist/cli.js": "", "main/package.json": `{"main":"lib/start"}`, "main/lib/start.js": "", "s.sh": "echo $0",
	} {
		write(t, w.dir+"/"+name, text)
	}
	os.Symlink("s.sh", w.dir+"/link.sh")
	for _, name := range []string{"node", "python3"} {
		write(t, w.home+"/bin/"+name, "#!/bin/sh\necho v1.2.3\n")
	}
	for line, want := range map[string]string{
		"python3 a.py": "a.py", "node dist": "dist/index.js", "node ./dist/cli": "dist/cli.js", "node main": "main/lib/start.js", "sh link.sh": "s.sh", "node dist/cli.js x": "dist/cli.js",
	} {
		r := w.resolved(t, strings.Fields(line)...)
		if r.Origin.Kind != Script || r.Origin.Path != w.dir+"/"+want || !slices.Contains(r.Command.Args, r.Origin.Path) {
			t.Errorf("%s: %+v, %q", line, r.Origin, r.Command)
		}
		if strings.HasPrefix(line, "node") && (r.Origin.RuntimeVersion != "v1.2.3" || r.Origin.Runtime != w.home+"/bin/node") {
			t.Errorf("%s: runtime %q %q", line, r.Origin.Runtime, r.Origin.RuntimeVersion)
		}
	}
	l := w.launch("python3", "a.py")
	r := w.resolved(t, l.Args...)
	write(t, w.dir+"/a.py", "evil")
	_, err := w.Prepare(t.Context(), l, r.Origin, nil)
	wantChanged(t, err, "script", "")
	os.Remove(w.dir + "/a.py")
	_, err = w.Prepare(t.Context(), l, r.Origin, nil)
	wantChanged(t, err, "script", "")
	if _, err := w.Resolve(t.Context(), l); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("Resolve: %v", err)
	}
}

func TestOriginOfAnotherKindIsRefused(t *testing.T) {
	w := bare(t)
	write(t, w.dir+"/server", "#!/bin/sh\n")
	l := w.launch("./server")
	for _, o := range []Origin{{}, {Kind: Script}, {Kind: Package}, {Kind: Image}, {Kind: "later"}, {Kind: Program}, {Kind: Program, Path: w.dir + "/server"}} {
		if c, err := w.Prepare(t.Context(), l, o, nil); err == nil {
			t.Errorf("Prepare(%+v) = %q", o, c)
		}
	}
}

func TestUnresolvedIsStartedAsItStands(t *testing.T) {
	w := bare(t)
	r := w.resolved(t, "sh", "-c", "echo $A x")
	if r.Origin.Kind != Unresolved || r.Origin.Why == "" || r.Command.Path == "" || !slices.Equal(r.Command.Args, []string{"sh", "-c", "echo $A x"}) {
		t.Errorf("%+v", r)
	}
}

// docker stands in for the engine: it knows the images that files in its home name, and pulls those of "remote".
const docker = `#!/bin/sh
case "$1 $2" in
"image inspect") cat "$HOME/images/$(echo "$5" | tr /: __)" 2>/dev/null || { echo no such image >&2; exit 1; } ;;
"pull -q") cp "$HOME/remote/$(echo "$3" | tr /: __)" "$HOME/images/" ;;
run*) echo "$@" ;;
*) exit 1 ;;
esac
`

func TestImageIsStartedByItsDigest(t *testing.T) {
	w := bare(t)
	write(t, w.home+"/bin/docker", docker)
	id, sum, other := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64), "sha256:"+strings.Repeat("3", 64)
	write(t, w.home+"/images/a_b_1", id+` ["elsewhere/x@`+other+`","a/b@`+sum+"\"]\n")
	write(t, w.home+"/images/built", id+" []\n")
	write(t, w.home+"/images/odd", "<no value> []\n")
	write(t, w.home+"/remote/far", id+` ["docker.io/library/far@`+sum+`"]`)
	for line, want := range map[string]string{
		"docker run -i --rm a/b:1 -x": "run -i --rm a/b@" + sum + " -x\n",
		"docker run built":            "run " + id + "\n",
		"docker run far":              "run docker.io/library/far@" + sum + "\n",
		"docker run odd":              "run odd\n",
		"docker run nowhere":          "run nowhere\n",
	} {
		r := w.resolved(t, strings.Fields(line)...)
		if got := w.output(t, r.Command); got != want {
			t.Errorf("%s: it got %q", line, got)
		}
		if unresolved := strings.HasSuffix(line, "odd") || strings.HasSuffix(line, "nowhere"); unresolved != (r.Origin.Kind == Unresolved) || unresolved && r.Origin.Why == "" {
			t.Errorf("%s: %+v", line, r.Origin)
		}
	}
	r := w.resolved(t, "docker", "run", "a/b:1")
	_, err := w.Prepare(t.Context(), w.launch("docker", "run", "a/b:2"), r.Origin, nil)
	wantChanged(t, err, "image", "")
	r.Origin.Digest = "--privileged"
	if _, err := w.Prepare(t.Context(), w.launch("docker", "run", "a/b:1"), r.Origin, nil); err == nil {
		t.Error("a digest that is none was started")
	}
}

func TestPullNeverIsObeyed(t *testing.T) {
	w := bare(t)
	write(t, w.home+"/bin/docker", docker)
	write(t, w.home+"/remote/far", "sha256:"+strings.Repeat("1", 64)+" []")
	write(t, w.home+"/images/x", "")
	if r := w.resolved(t, "docker", "run", "--pull=never", "far"); r.Origin.Kind != Unresolved || exists(w.home+"/images/far") {
		t.Errorf("%+v", r.Origin)
	}
}

func TestPackagesOfThePublicRegistry(t *testing.T) {
	need(t, "npm", "node")
	w := newWorld(t)
	os.Remove(w.home + "/.npmrc")
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	w.env[1] = "HOME=" + home // whose .npmrc and cache say where packages come from
	ping := exec.CommandContext(t.Context(), "npm", "view", "semver@7.6.0", "version", "--fetch-retries=0")
	ping.WaitDelay = time.Second
	if out, err := ping.CombinedOutput(); err != nil {
		if os.Getenv("SALLYPORT_MUST_RUN") != "" {
			t.Fatalf("the registry does not answer: %v\n%s", err, out)
		}
		t.Skipf("the registry does not answer: %v", err)
	}
	r := w.resolved(t, "npx", "-y", "semver@7.6.0", "-r", ">=1.0.0", "1.2.3")
	if got := w.output(t, r.Command); got != "1.2.3\n" || r.Origin.Version != "7.6.0" {
		t.Errorf("it printed %q; %+v", got, r.Origin)
	}
	os.RemoveAll(w.Dir)
	if _, err := w.Prepare(t.Context(), w.launch("npx", "-y", "semver@7.6.0", "-r", ">=1.0.0", "1.2.3"), r.Origin, r.Lock); err != nil {
		t.Errorf("restoring: %v", err)
	}
}

func TestChangedSaysWhatWasAndWhatIs(t *testing.T) {
	for _, test := range []struct {
		c    Changed
		want string
	}{
		{Changed{What: "executable", Name: "/x", Old: "h1:a", New: "h1:b"}, `executable "/x" is not what was accepted: it was h1:a and is h1:b`},
		{Changed{What: "package", Name: "a@1.0.0", File: "node_modules/a/x.js", Old: "absent", New: "new"}, `package "a@1.0.0" is not what was accepted: the file "node_modules/a/x.js" was absent and is new`},
	} {
		if got := test.c.Error(); got != test.want {
			t.Errorf("%s\nwant %s", got, test.want)
		}
	}
	if errors.Unwrap(&Changed{}) != nil {
		t.Error("it wraps something")
	}
}
