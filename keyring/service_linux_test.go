package keyring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a session is about, for the test binary that is started in it.
const aboutVariable = "SALLYPORT_TEST_KEYRING"

const (
	unlockIt = "printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "
	startIt  = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1; "
)

// sessions have a bus of their own, and a folder for what GNOME Keyring keeps.
type sessions struct{ dir string }

func newSessions(t *testing.T) sessions {
	t.Helper()
	for _, name := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("SALLYPORT_MUST_RUN") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	dir, err := os.MkdirTemp("", "kr") // short: sockets are in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return sessions{dir}
}

// service has the bus start a program for a name.
func (s sessions) service(t *testing.T, name, program string) {
	t.Helper()
	folder := filepath.Join(s.dir, "dbus-1", "services")
	text := "[D-BUS Service]\nName=" + name + "\nExec=" + program + "\n"
	if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, name+".service"), []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// play runs TestInASession with this binary, behind a command before it. Without before there is no bus.
func (s sessions) play(t *testing.T, about, before string, without ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{self, "-test.run=^TestInASession$", "-test.v", fmt.Sprintf("-test.short=%v", testing.Short())}
	if before != "" {
		args = append([]string{"dbus-run-session", "--", "sh", "-c", before + `exec "$@"`, "sh"}, args...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	without = append(without, "DISPLAY", "WAYLAND_DISPLAY")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { name, _, _ := strings.Cut(v, "="); return slices.Contains(without, name) })
	cmd.Env = append(cmd.Env, aboutVariable+"="+about, "HOME="+s.dir, "XDG_DATA_HOME="+s.dir, "XDG_CACHE_HOME="+s.dir, "XDG_RUNTIME_DIR="+s.dir)
	cmd.WaitDelay = time.Second // programs that the bus started keep our pipe
	out, err := cmd.CombinedOutput()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) || !strings.Contains(string(out), "--- PASS: TestInASession") {
		t.Errorf("%s: %v\n%s", about, err, out)
	}
}

// The real Secret Service, through the real bus.
func TestTheSecretServiceKeepsAnyValue(t *testing.T) {
	s := newSessions(t)
	s.play(t, "unlocked", unlockIt)
	s.service(t, "org.gnome.keyring.SystemPrompter", "/bin/false")
	s.play(t, "locked", startIt)
	s.service(t, "org.gnome.keyring.SystemPrompter", "/bin/sleep 4")
	s.play(t, "asks for a password", startIt)
	s.play(t, "kept", unlockIt)
}

func TestAKeyringThatIsNotThereIsTold(t *testing.T) {
	newSessions(t).play(t, "none yet", startIt)
	s := newSessions(t)
	s.service(t, "org.freedesktop.secrets", "/bin/false")
	s.play(t, "no service", ":; ")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+s.dir+"/locked")
	s.play(t, "no bus", "")
}

// The D-Bus library would run dbus-launch.
func TestNoBusIsStarted(t *testing.T) {
	s := newSessions(t)
	launch := filepath.Join(s.dir, "dbus-launch")
	if err := os.WriteFile(launch, []byte("#!/bin/sh\ntouch \"$HOME/launched\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", s.dir+":"+os.Getenv("PATH"))
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	if found, _ := filepath.Glob(fmt.Sprintf("/run/user/%d/*bus*", os.Getuid())); len(found) > 0 {
		t.Skip("this user has a session bus")
	}
	s.play(t, "no bus", "", "DBUS_SESSION_BUS_ADDRESS")
	if _, err := os.Stat(filepath.Join(s.dir, "launched")); err == nil {
		t.Error("a bus was started")
	}
}

// TestInASession is what the test binary does inside of a session.
func TestInASession(t *testing.T) {
	about := os.Getenv(aboutVariable)
	s := OS().(*osStore)
	switch about {
	case "":
		t.Skip("not in a session")
	case "unlocked":
		keepsAnyValue(t, s)
		noticesTornParts(t, s)
		leavesNoParts(t, s)
		readersSeeOldOrNew(t, s, OS())
		mustSet(t, s, "kept", strings.Repeat("kept", 1000))
	case "kept":
		wantValue(t, s, "kept", strings.Repeat("kept", 1000))
	case "locked":
		refuses(t, s, ErrLocked, "unlock it")
	case "none yet":
		refuses(t, s, ErrLocked, "or there is no keyring yet")
	case "no service", "no bus":
		refuses(t, s, ErrNoKeyring, `write "secrets: {store: file}"`)
	case "asks for a password":
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := s.Get(ctx, "kept")
		if !errors.Is(err, ErrLocked) {
			t.Error(err)
		}
		wantError(t, "get", err, "has not answered in time")
	default:
		t.Fatalf("nothing is known about %q", about)
	}
}

// refuses wants the same error of each operation.
func refuses(t *testing.T, s Store, want error, words string) {
	t.Helper()
	_, get := s.Get(t.Context(), "kept")
	for what, err := range map[string]error{"get": get, "set": s.Set(t.Context(), "kept", NewValue([]byte("x"))), "remove": s.Remove(t.Context(), "kept")} {
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		wantError(t, what, err, words)
	}
}
