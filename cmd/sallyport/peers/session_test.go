package peers

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// permissive lets everything through, so that whatever still changes is the wrapper's own doing.
const permissive = `version: 1
use: []
first_sight: accept
drift: {wording: pass, parameter: pass, wider: pass, narrower: pass, schema: pass, hint: pass, output: pass, instructions: pass, info: pass,
  capability: pass, other: pass, added: pass}
default: {read: allow, write: allow, destructive: allow}
rules:
  - name: all
    on: any
    when: 'true'
    do: allow
`

// A session is what a client has to know to start its server: bare, or behind the wrapper.
type session struct {
	argv []string
	env  map[string]string
	dir  string // the server's working material
	near string // recordings at the client's side
	far  string // recordings at the server's side; empty where there is no wrapper
}

// pair prepares the same server bare and wrapped. The two share a folder: prepare makes it new
// before each run.
func pair(t *testing.T, s server) (bare, wrapped session) {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "work")
	command := s.command(t, dir)
	env := map[string]string{"TZ": "UTC", "PATH": os.Getenv("PATH")}
	if s.env != nil {
		maps.Copy(env, s.env(dir))
	}
	bare = session{env: env, dir: dir, near: subfolder(t, root, "bare")}
	bare.argv = recorder(t, bare.near, command)

	wrapped = session{env: maps.Clone(env), dir: dir, near: subfolder(t, root, "near"), far: subfolder(t, root, "far")}
	argv, own := wrap(t, root, recorder(t, wrapped.far, command))
	maps.Copy(wrapped.env, own)
	wrapped.argv = recorder(t, wrapped.near, argv)
	return bare, wrapped
}

// wrap returns the command line that puts the wrapper before command, and the environment that
// keeps the wrapper off the user's own configuration. Its folders do not exist yet.
func wrap(t *testing.T, root string, command []string) (argv []string, env map[string]string) {
	t.Helper()
	rules := filepath.Join(root, "permissive.yaml")
	if err := os.WriteFile(rules, []byte(permissive), 0o600); err != nil {
		t.Fatal(err)
	}
	argv = append([]string{wrapper(t), "wrap", "--name", "peer", "--rules", rules, "--"}, command...)
	own := filepath.Join(root, "own")
	return argv, map[string]string{
		"SALLYPORT_CONFIG_DIR":  filepath.Join(own, "config"),
		"SALLYPORT_STATE_DIR":   filepath.Join(own, "state"),
		"SALLYPORT_RUNTIME_DIR": filepath.Join(own, "run"),
	}
}

func subfolder(t *testing.T, root, name string) string {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// environ returns the session's environment in the form of package os/exec, in one order, because
// servers show it.
func (s session) environ() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.env)) {
		all = append(all, name+"="+s.env[name])
	}
	return all
}

// compare runs the client bare and wrapped, and checks what the wire and the client's caller saw.
func compare(t *testing.T, s server, client func(*testing.T, session) []string) {
	t.Helper()
	bare, wrapped := pair(t, s)
	folder(t, bare.dir)
	was := client(t, bare)
	folder(t, wrapped.dir)
	is := client(t, wrapped)

	direct, near, far := recordings(t, bare.near), recordings(t, wrapped.near), recordings(t, wrapped.far)
	if kept := checkRelayed(t, near, far); len(kept) > 0 {
		t.Errorf("kept from the server:\n%s", strings.Join(kept, "\n"))
	}
	checkSame(t, "frames of the server", said(direct), said(near))
	checkSame(t, "outcomes at the client", was, is)
	t.Logf("%d sessions, %d outcomes, %d frames from the server", len(near), len(is), len(said(near)))
}
