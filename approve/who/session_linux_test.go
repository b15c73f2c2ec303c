package who

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is when a test gives up on other processes.
const patience = 20 * time.Second

// A session is a client and what it started.
type session struct {
	t        *testing.T
	dir      string
	us       string // the tests, which stand for sallyport
	term     string // another program
	in       io.Writer
	verdicts chan verdict
	client   []string
	pid      int
}

// clean is an environment with no marks in it.
func clean(more ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		if mark([]byte(v)) == "" && !strings.HasPrefix(v, "TMUX") {
			env = append(env, v)
		}
	}
	// Programs with a race detector stay for a second when they end.
	return append(append(env, "GORACE=atexit_sleep_ms=0"), more...)
}

// another makes a program that does as the tests do, and is not the same.
func another(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	return write(t, path, append(b, 'x'))
}

func write(t testing.TB, path string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(path, b, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// How a client is started.
type how struct {
	name     string   // of its program; "claude" where it is empty
	terminal bool     // whether it has one
	via      []string // what it starts us with
	env      []string // instead of its environment
	args     []string // for us
}

func start(t *testing.T, h how) *session {
	t.Helper()
	dir, err := os.MkdirTemp("", "who")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	us, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if h.name == "" {
		h.name = "claude"
	}
	s := &session{t: t, dir: dir, us: us, verdicts: make(chan verdict, 100)}
	s.term = another(t, filepath.Join(dir, "term"))
	args := slices.Concat([]string{"role-client"}, h.via, []string{us, "role-wrap", s.socket()}, h.args)
	cmd := exec.Command(another(t, filepath.Join(dir, h.name)), args...)
	cmd.Env = clean(h.env...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // the tests may have a terminal
	if h.terminal {
		master := inTerminal(cmd)
		slave := cmd.Stdin.(*os.File)
		defer slave.Close()
		cmd.ExtraFiles, cmd.SysProcAttr.Ctty = []*os.File{slave}, 3 // its input is a pipe nevertheless
		t.Cleanup(func() { master.Close() })
	}
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	s.in, s.pid = w, cmd.Process.Pid
	t.Cleanup(func() {
		w.Close()
		cmd.Wait()
	})
	go s.read(out)
	s.client = s.verdict("").Client
	return s
}

func (s *session) socket() string { return filepath.Join(s.dir, "s") }

func (s *session) read(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var v verdict
		if json.Unmarshal(lines.Bytes(), &v) == nil {
			s.verdicts <- v
		}
	}
}

func (s *session) verdict(tag string) verdict {
	s.t.Helper()
	select {
	case v := <-s.verdicts:
		if v.Tag != tag {
			s.t.Fatalf("judged %q, want %q", v.Tag, tag)
		}
		return v
	case <-time.After(patience):
		s.t.Fatal("nobody was judged")
	}
	return verdict{}
}

// peer is the command of one who answers what was asked just now.
func (s *session) peer(tag string, more ...string) string {
	return s.peerWith(s.us, time.Now(), tag, more...)
}

func (s *session) peerWith(program string, asked time.Time, tag string, more ...string) string {
	return strings.Join(append([]string{program, "role-answer", s.socket(), tag, fmt.Sprint(asked.UnixNano())}, more...), " ")
}

// agent lets the client run a line in a shell.
func (s *session) agent(line string) { fmt.Fprintln(s.in, line) }

// server lets us run a line in a shell.
func (s *session) server(line string) { fmt.Fprintln(s.in, "!"+line) }

// person runs a line in a shell in a terminal of its own, which is no descendant of the client.
func (s *session) person(line string) {
	s.t.Helper()
	cmd := exec.Command(s.term, "role-term", "sh", "-c", line)
	cmd.Env = clean()
	if err := cmd.Run(); err != nil {
		s.t.Fatal(err)
	}
}
