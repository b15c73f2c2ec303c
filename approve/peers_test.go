package approve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// limit is when a test gives up. Nothing here waits so long unless it hangs.
const limit = 20 * time.Second

func connect(t testing.TB, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(limit))
	return conn
}

// exchange says something, ends its side if asked to, and reads to the end.
func exchange(t testing.TB, path, text string, end bool) string {
	t.Helper()
	conn := connect(t, path)
	go func() {
		io.WriteString(conn, text)
		if end {
			conn.CloseWrite()
		}
	}()
	answer, err := io.ReadAll(conn)
	if err != nil && len(answer) == 0 {
		return err.Error()
	}
	return string(answer)
}

func TestEveryRequestHasOneAnswer(t *testing.T) {
	l := listen(t, dir(t), "s", Served{
		Status:      func() Status { return Status{Session: "s", Server: "a\nb\x1b"} },
		PinsChanged: func() error { return errors.New("the pin is damaged") },
	})
	const cannot = `{"version":1,"error":"this session cannot do that"}` + "\n"
	const noLine = `{"version":1,"error":"that is no line of at most 1024 KiB"}` + "\n"
	const noRequest = `{"version":1,"error":"that is no request"}` + "\n"
	status := exchange(t, l.path, `{"version":1,"verb":"status"}`+"\n", false)
	if !strings.Contains(status, `"server":"a\nb\u001b"`) || strings.Count(status, "\n") != 1 {
		t.Errorf("the status is %s", status)
	}
	for _, c := range []struct {
		name, text string
		end        bool
		want       string
	}{
		{"a request and the end", `{"version":1,"verb":"status"}` + "\n", true, status},
		{"more members", `{"version":1,"verb":"status","more":[1]}` + "\n", false, status},
		{"a line end of Windows", `{"version":1,"verb":"status"}` + "\r\n", false, status},
		{"an error of the session", `{"version":1,"verb":"pins"}` + "\n", false, `{"version":1,"error":"the pin is damaged"}` + "\n"},
		{"an unknown verb", `{"version":1,"verb":"kill"}` + "\n", false, cannot},
		{"no verb", `{"version":1}` + "\n", false, cannot},
		{"a verb in capitals", `{"version":1,"verb":"STATUS"}` + "\n", false, cannot},
		{"what this session does not let others do", `{"version":1,"verb":"end","reason":"x"}` + "\n", false, cannot},
		{"a later version", `{"version":2,"verb":"status"}` + "\n", false, `{"version":1,"error":"this session speaks version 1, and you version 2: restart its client"}` + "\n"},
		{"no version", `{"verb":"status"}` + "\n", false, `{"version":1,"error":"this session speaks version 1, and you version 0: restart its client"}` + "\n"},
		{"a version in words", `{"version":"1","verb":"status"}` + "\n", false, noRequest},
		{"no JSON", "status\n", false, noRequest},
		{"a list", "[1]\n", false, noRequest},
		{"an empty line", "\n", false, noRequest},
		{"bytes", "\x00\xff\xfe\n", false, noRequest},
		{"two objects on a line", `{"version":1,"verb":"status"}{}` + "\n", false, noRequest},
		{"deep nesting", strings.Repeat("[", 60_000) + "\n", false, noRequest},
		{"the end at once", "", true, noLine},
		{"half a line and the end", `{"version":1,"verb":"status"}`, true, noLine},
		{"a line of 1 MiB", `{"version":1,"verb":"status","more":"` + strings.Repeat("x", maxLine-40) + "\"}\n", false, status},
		{"a flood", strings.Repeat("x", 2<<20), false, noLine},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := exchange(t, l.path, c.text, c.end); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestOnlyTheFirstRequestIsServed(t *testing.T) {
	ended := make(chan string, 2)
	l := listen(t, dir(t), "s", Served{End: func(reason string) error { ended <- reason; return nil }})
	line := func(reason string) string { return `{"version":1,"verb":"end","reason":"` + reason + `"}` + "\n" }
	if got := exchange(t, l.path, line("one")+line("two"), false); strings.Count(got, "\n") != 1 {
		t.Errorf("got %s", got)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if len(ended) != 1 || <-ended != "one" {
		t.Error("the second was served too")
	}
}

func TestReasonsAreMadeVisibleAndShort(t *testing.T) {
	reasons := make(chan string, 1)
	d := dir(t)
	listen(t, d, "s", Served{Status: func() Status { return Status{} }, End: func(reason string) error { reasons <- reason; return errors.New(reason) }})
	sessions, _, _ := Live(t.Context(), d)
	for _, reason := range []string{"\x1b]0;x\x07", "a\nb", "\u202egnp", strings.Repeat("x", 5000)} {
		err := sessions[0].End(t.Context(), reason)
		got := <-reasons
		if strings.ContainsAny(got, "\x1b\x07\n\u202e") || len(got) > 400 || err == nil || len(err.Error()) > 400 {
			t.Errorf("%.20q: got %q, %v", reason, got, err)
		}
	}
	if err := sessions[0].End(t.Context(), strings.Repeat("x", maxLine)); err == nil {
		t.Error("a reason that fits no line")
	}
}

func TestFortyPeersAtOnceAreServedOrSentAway(t *testing.T) {
	l := listen(t, dir(t), "s", Served{Status: func() Status { return Status{Session: "s"} }})
	var all sync.WaitGroup
	var mu sync.Mutex
	served := 0
	for range 40 {
		conn := connect(t, l.path)
		all.Go(func() {
			io.WriteString(conn, `{"version":1,"verb":"status"}`+"\n")
			answer, err := io.ReadAll(conn)
			mu.Lock()
			defer mu.Unlock()
			var r reply
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded):
				t.Error("a peer was kept waiting")
			case len(answer) > 0 && (json.Unmarshal(answer, &r) != nil || r.Status == nil):
				t.Errorf("got %s", answer)
			case len(answer) > 0:
				served++
			}
		})
	}
	all.Wait()
	if served == 0 {
		t.Error("nobody was served")
	}
	if got := exchange(t, l.path, `{"version":1,"verb":"status"}`+"\n", false); !strings.Contains(got, `"session":"s"`) {
		t.Errorf("afterwards: %s", got)
	}
}

func TestSilentPeersLeaveRoomForOthers(t *testing.T) {
	l := listen(t, dir(t), "s", Served{Status: func() Status { return Status{Session: "s"} }})
	var silent []net.Conn
	for range maxPeers + maxWatchers + maxStrangers - 1 {
		silent = append(silent, connect(t, l.path))
	}
	if got := exchange(t, l.path, `{"version":1,"verb":"status"}`+"\n", false); !strings.Contains(got, `"session":"s"`) {
		t.Errorf("got %s", got)
	}
	for _, conn := range silent {
		conn.Close()
	}
}

// TestSilentPeersAreSentAway waits as long as a silent peer may.
func TestSilentPeersAreSentAway(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 5 s")
	}
	t.Parallel()
	l := listen(t, dir(t), "s", Served{})
	conn := connect(t, l.path)
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a silent peer stays")
	}
}

func TestCloseEndsTheSocketAndComesOften(t *testing.T) {
	d := dir(t)
	started, release := make(chan bool), make(chan bool)
	l := listen(t, d, "s", Served{Status: func() Status { close(started); <-release; return Status{Session: "s"} }})
	conn := connect(t, l.path)
	io.WriteString(conn, `{"version":1,"verb":"status"}`+"\n")
	<-started
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	close(release)
	if answer, err := io.ReadAll(conn); err != nil || !strings.Contains(string(answer), `"session":"s"`) {
		t.Errorf("who was being served got %s, %v", answer, err)
	}
	all.Wait()
	if _, err := os.Lstat(l.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if sessions, odd, err := Live(t.Context(), d); sessions != nil || odd != nil || err != nil {
		t.Errorf("%v, %v, %v", sessions, odd, err)
	}
	slow := listen(t, d, "slow", Served{})
	connect(t, slow.path)
	exchange(t, slow.path, "\n", false) // behind it the silent one was accepted
	start := time.Now()
	if slow.Close(); time.Since(start) > peerTime/2 {
		t.Error("a silent peer holds Close up")
	}
}

func TestLiveTouchesNothingButDeadSockets(t *testing.T) {
	d := dir(t)
	dead := listen(t, d, "dead", Served{})
	dead.ln.SetUnlinkOnClose(false)
	dead.Close()
	other := listen(t, d, "other", Served{})
	other.ln.SetUnlinkOnClose(false)
	other.Close()
	for _, err := range []error{
		os.Rename(filepath.Join(d, "other.sock"), filepath.Join(d, "other.socket")),
		os.WriteFile(filepath.Join(d, "file.sock"), []byte("x"), 0o600),
		os.Mkdir(filepath.Join(d, "folder.sock"), 0o700),
		os.Symlink(filepath.Join(d, "other.socket"), filepath.Join(d, "link.sock")),
		os.Symlink("none", filepath.Join(d, "dangling.sock")),
		os.WriteFile(filepath.Join(d, "notes"), nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if sessions, odd, err := Live(t.Context(), d); sessions != nil || odd != nil || err != nil {
		t.Errorf("%v, %v, %v", sessions, odd, err)
	}
	entries, err := os.ReadDir(d)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"dangling.sock", "file.sock", "folder.sock", "link.sock", "notes", "other.socket"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("got %q, %v, want %q", names, err, want)
	}
}

// TestSessionsThatAnswerOddlyAreNamed has a listener that is no session.
func TestSessionsThatAnswerOddlyAreNamed(t *testing.T) {
	for _, c := range []struct{ name, answer, want string }{
		{"nothing", "", "it does not answer"},
		{"no JSON", "hello\n", "it does not answer"},
		{"half a line", `{"version":1`, "it does not answer"},
		{"a list", "[]\n", "it does not answer"},
		{"a flood", strings.Repeat("x", 2<<20), "it does not answer"},
		{"an error with marks", `{"version":1,"error":"a\u001b[31m\u202e"}` + "\n", "a<U+001B>[31m<U+202E>"},
		// {"nothing but braces", "{}\n", "it does not answer"}, // taken for success: PinsChanged and End return nil, and Live leaves it out
		// {"a later version", `{"version":7,"status":{"session":"x"}}` + "\n", "version"}, // the version of a reply is not looked at
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dir(t)
			path := filepath.Join(d, "odd.sock")
			ln, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			all.Go(func() {
				for conn, err := ln.Accept(); err == nil; conn, err = ln.Accept() {
					conn.Read(make([]byte, 100))
					io.WriteString(conn, c.answer)
					conn.Close()
				}
			})
			defer all.Wait()
			defer ln.Close()
			sessions, odd, err := Live(t.Context(), d)
			if sessions != nil || err != nil || len(odd) != 1 || !strings.Contains(odd[0].Error(), c.want) || !strings.Contains(odd[0].Error(), fmt.Sprintf("%q", path)) {
				t.Errorf("%v, %q, %v", sessions, odd, err)
			}
			for verb, err := range map[string]error{"pins": (Session{path: path}).PinsChanged(t.Context()), "end": (Session{path: path}).End(t.Context(), "x")} {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v", verb, err)
				}
			}
			if _, err := os.Lstat(path); err != nil {
				t.Errorf("its socket was removed: %v", err)
			}
		})
	}
}

func BenchmarkStatus(b *testing.B) {
	l := listen(b, dir(b), "s", Served{Status: func() Status { return Status{Session: "s"} }})
	for b.Loop() {
		if r, err := ask(b.Context(), l.path, request{Verb: "status"}); err != nil || r.Status == nil {
			b.Fatal(err)
		}
	}
}
