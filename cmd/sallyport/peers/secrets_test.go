package peers

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// secretService starts a bus and an unlocked keyring on it, and gives the variables that lead there.
func secretService(t *testing.T) map[string]string {
	t.Helper()
	for _, name := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
	}
	home, err := os.MkdirTemp("", "keys-") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	env := map[string]string{"HOME": home, "XDG_RUNTIME_DIR": home, "XDG_DATA_HOME": filepath.Join(home, "data"), "XDG_CACHE_HOME": filepath.Join(home, "cache")}
	environ := append(os.Environ(), session{env: env}.environ()...)
	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address")
	bus.Env = environ
	out, err := bus.StdoutPipe()
	if err == nil {
		err = bus.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Process.Kill(); bus.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	env["DBUS_SESSION_BUS_ADDRESS"] = strings.TrimSpace(address)
	keys := exec.Command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	keys.Env = append(environ, "DBUS_SESSION_BUS_ADDRESS="+env["DBUS_SESSION_BUS_ADDRESS"])
	keys.Stdin = strings.NewReader("password")
	ready, err := keys.StdoutPipe() // it says where it listens once it does
	if err == nil {
		err = keys.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Process.Kill(); keys.Wait() })
	bufio.NewReader(ready).ReadString('\n')
	return env
}

// A server from npm that prints its environment gets a secret from a real keyring, works with it, and its client never sees the value.
func TestASecretOfARealKeyringDoesNotComeBack(t *testing.T) {
	const value = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
	root := t.TempDir()
	dir := subfolder(t, root, "work")
	command := npmServer("server-everything")(t, dir)
	argv, env := wrap(t, root, command)
	for name, folder := range secretService(t) {
		env[name] = folder
	}
	env["PATH"], env["API_TOKEN"] = os.Getenv("PATH"), "keyring:everything"
	verb := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command(argv[0], args...)
		cmd.Env, cmd.Dir, cmd.Stdin = session{env: env}.environ(), dir, strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), value) {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	verb(value+"\n", "secret", "set", "everything", "--for", "peer:API_TOKEN")
	verb("", append([]string{"secret", "tie", "everything", "peer:API_TOKEN", "--"}, command...)...)

	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = session{env: env}.environ(), dir
	var said strings.Builder
	cmd.Stderr = &said
	client, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(context.Background(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	text := func(tool string, args map[string]any) string {
		t.Helper()
		r, err := client.CallTool(context.Background(), &mcp.CallToolParams{Name: tool, Arguments: args})
		if err != nil || len(r.Content) == 0 {
			t.Fatalf("%s: %v", tool, err)
		}
		return r.Content[0].(*mcp.TextContent).Text
	}
	if got := text("get-env", map[string]any{}); !strings.Contains(got, `"API_TOKEN": "‹secret:everything›"`) || strings.Contains(got, "ghp_") {
		t.Errorf("its environment is\n%s", got)
	}
	if got := text("echo", map[string]any{"message": "hello"}); !strings.Contains(got, "hello") {
		t.Errorf("it says %q", got)
	}
	client.Close()
	if !strings.Contains(said.String(), "sent the secret everything back") || strings.Contains(said.String(), "ghp_") {
		t.Errorf("the user read\n%s", &said)
	}
	nowhere(t, root, value)
}

// nowhere fails where a file below a folder holds a text.
func nowhere(t *testing.T, root, text string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), text) {
			t.Errorf("%s holds the value", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
