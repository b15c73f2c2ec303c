package approve

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// dir is short, because paths of sockets are.
func dir(t testing.TB) string {
	t.Helper()
	d, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(d) })
	return d
}

func listen(t testing.TB, dir, name string, s Served) *Listener {
	t.Helper()
	l, err := Listen(dir, name, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestSessionsAreFoundToldAndEnded(t *testing.T) {
	d := dir(t)
	var pins atomic.Int32
	var reason atomic.Value
	listen(t, d, "one", Served{
		Status:      func() Status { return Status{Session: "one", Server: "s", PID: 7} },
		PinsChanged: func() error { pins.Add(1); return nil },
		End:         func(r string) error { reason.Store(r); return nil },
	})
	listen(t, d, "two", Served{Status: func() Status { return Status{Session: "two"} }})
	os.WriteFile(filepath.Join(d, "file.sock"), nil, 0o600)
	sessions, odd, err := Live(t.Context(), d)
	if err != nil || len(odd) != 0 || len(sessions) != 2 {
		t.Fatalf("%v, %v, %v", sessions, odd, err)
	}
	for _, s := range sessions {
		errPins, errEnd := s.PinsChanged(t.Context()), s.End(t.Context(), "be\x1b[31mcause")
		if s.Session == "one" && (errPins != nil || errEnd != nil) || s.Session == "two" && (errPins == nil || errEnd == nil) {
			t.Errorf("%s: %v, %v", s.Session, errPins, errEnd)
		}
	}
	if pins.Load() != 1 || strings.ContainsRune(reason.Load().(string), 0x1b) {
		t.Errorf("%d, %q", pins.Load(), reason.Load())
	}
}

func TestSocketsOfKilledSessionsAreRemoved(t *testing.T) {
	d := dir(t)
	l := listen(t, d, "gone", Served{})
	l.ln.SetUnlinkOnClose(false)
	l.Close()
	if _, err := os.Lstat(filepath.Join(d, "gone.sock")); err != nil {
		t.Fatal(err)
	}
	if sessions, odd, err := Live(t.Context(), d); len(sessions) != 0 || len(odd) != 0 || err != nil {
		t.Errorf("%v, %v, %v", sessions, odd, err)
	}
	if _, err := os.Lstat(filepath.Join(d, "gone.sock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestNonsenseIsAnsweredAndCostsLittle(t *testing.T) {
	d := dir(t)
	l := listen(t, d, "s", Served{Status: func() Status { return Status{Session: "s"} }})
	say := func(text string) string {
		conn, err := net.Dial("unix", l.path)
		if err != nil {
			return err.Error()
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		go conn.Write([]byte(text))
		var buf [4096]byte
		n, err := conn.Read(buf[:])
		if err != nil {
			return err.Error()
		}
		return string(buf[:n])
	}
	for text, want := range map[string]string{
		"hello\n":                            "that is no request",
		"{\"version\":2,\"verb\":\"x\"}\n":   "speaks version 1, and you version 2: restart its client",
		"{\"version\":1,\"verb\":\"x\"}\n":   "cannot do that",
		"{\"version\":1,\"verb\":\"end\"}\n": "cannot do that",
		strings.Repeat("x", 1<<20):           "no line of at most 1024 KiB",
	} {
		if got := say(text); !strings.Contains(got, want) {
			t.Errorf("%.30q: got %q, want %q", text, got, want)
		}
	}
	// Peers that say nothing do not keep others out once there are few enough, and Close does not wait for ever.
	var silent []net.Conn
	for range maxPeers + 4 {
		conn, err := net.Dial("unix", l.path)
		if err == nil {
			silent = append(silent, conn)
		}
	}
	for _, conn := range silent {
		conn.Close()
	}
	for range 50 {
		if strings.Contains(say("{\"version\":1,\"verb\":\"status\"}\n"), `"session":"s"`) {
			return
		}
	}
	t.Error("silent peers keep everybody out")
}

func TestFoldersOfOthersAreRefused(t *testing.T) {
	d := dir(t)
	os.Chmod(d, 0o777)
	if _, err := Listen(d, "s", Served{}); err == nil {
		t.Error("a socket in a folder that others can write to")
	}
	os.WriteFile(filepath.Join(d, "x.sock"), nil, 0o600)
	if _, _, err := Live(t.Context(), d); err == nil {
		t.Error("sessions from a folder that others can write to")
	}
	if _, err := Listen(filepath.Join(dir(t), strings.Repeat("x", 120)), "s", Served{}); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a long path: %v", err)
	}
	if sessions, odd, err := Live(t.Context(), filepath.Join(d, "none")); sessions != nil || odd != nil || err != nil {
		t.Errorf("no folder: %v, %v, %v", sessions, odd, err)
	}
}

func TestFoldersAndSocketsAreTheUsersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are lists there")
	}
	d := filepath.Join(dir(t), "run")
	l := listen(t, d, "s", Served{Status: func() Status { return Status{Session: "s"} }})
	for path, want := range map[string]os.FileMode{d: 0o700, l.path: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if _, err := Listen(d, "s", Served{}); err == nil {
		t.Error("two sessions have one socket")
	}
	if sessions, _, err := Live(t.Context(), d); len(sessions) != 1 || err != nil {
		t.Errorf("after an attempt to take its socket: %v, %v", sessions, err)
	}
	for _, mode := range []os.FileMode{0o710, 0o701, 0o750, 0o770, 0o777} {
		if err := os.Chmod(d, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Listen(d, "x", Served{}); err == nil {
			t.Errorf("a socket in a folder of mode %o", mode)
		}
		if sessions, _, err := Live(t.Context(), d); sessions != nil || err == nil {
			t.Errorf("sessions %v from a folder of mode %o", sessions, mode)
		}
	}
}

func TestManyAskAtOnce(t *testing.T) {
	d := dir(t)
	for _, name := range strings.Fields("a b c d e f g h i j") {
		listen(t, d, name, Served{Status: func() Status { return Status{Session: name} }})
	}
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			if sessions, odd, err := Live(context.Background(), d); len(sessions) != 10 || len(odd) != 0 || err != nil {
				t.Errorf("%d sessions, %v, %v", len(sessions), odd, err)
			}
		}()
	}
	all.Wait()
}

func BenchmarkLive20(b *testing.B) {
	d := dir(b)
	for i := range 20 {
		listen(b, d, string(rune('a'+i)), Served{Status: func() Status { return Status{} }})
	}
	for b.Loop() {
		if s, _, _ := Live(b.Context(), d); len(s) != 20 {
			b.Fatal(len(s))
		}
	}
}
