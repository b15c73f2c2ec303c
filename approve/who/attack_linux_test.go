package who

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wants checks a verdict: an error that says want, or, where want is empty, none.
func wants(t *testing.T, v verdict, want string, notes ...string) {
	t.Helper()
	if want == "" && v.Err != "" || !strings.Contains(v.Err, want) {
		t.Errorf("%s: got %q, want %q; %q", v.Tag, v.Err, want, v.Peer.Chain)
	}
	if want != "" {
		return
	}
	for _, n := range notes {
		if !slices.ContainsFunc(v.Peer.Notes, func(s string) bool { return strings.Contains(s, n) }) {
			t.Errorf("%s: the notes are %q, want one with %q; %q", v.Tag, v.Peer.Notes, n, v.Peer.Chain)
		}
	}
	if v.Peer.TTY == "" || len(v.Peer.Chain) == 0 || v.Peer.PID == 0 {
		t.Errorf("%s: the peer is %+v", v.Tag, v.Peer)
	}
}

func TestAgentsShellMayNotAnswer(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		s := start(t, how{terminal: terminal})
		const client, stray, alone = "started by the client", "stray one in the client's own terminal", "nobody looks at"
		first, nohup := "has no terminal", "has no terminal"
		if terminal {
			first, nohup = client, client
		}
		script := func(line string) string { return "script -qec '" + line + "' /dev/null >/dev/null" }
		for _, c := range []struct{ name, line, want string }{
			{"plainly", "%s", first},
			{"with setsid", "setsid -w %s", "has no terminal"},
			{"with nohup", "nohup %s", nohup},
			{"with script", script("%s"), client},
			{"with script in a session of its own", "setsid -w " + script("%s"), client},
			{"in a double fork", "setsid -f %s", "has no terminal"},
			{"with script in a double fork", "setsid -f " + script("%s"), alone},
			{"with script in a double fork, and no environment", "setsid -f env -i " + script("%s"), alone},
			{"with script in a double fork, marked", "CLAUDECODE=1 setsid -f " + script("%s"), "CLAUDECODE is set"},
			{"with a mark that only a shell below has", "GEMINI_CLI=1 setsid -f " + script("env -u GEMINI_CLI %s"), "GEMINI_CLI is set"},
			{"with a terminal of python's", "setsid -f python3 -c \"import pty; pty.spawn('%s'.split())\" >/dev/null", alone},
		} {
			t.Run(fmt.Sprintf("terminal %t, %s", terminal, c.name), func(t *testing.T) {
				s.t = t
				s.agent(fmt.Sprintf(c.line, s.peer("x")))
				wants(t, s.verdict("x"), c.want)
			})
		}
		if terminal {
			t.Run("as an orphan in the client's terminal", func(t *testing.T) {
				s.t = t
				s.agent("(" + s.peer("x", "orphan") + " &)")
				wants(t, s.verdict("x"), stray)
			})
		}
	}
}

func TestServerMayNotAnswer(t *testing.T) {
	s := start(t, how{})
	s.server("script -qec '" + s.peer("x") + "' /dev/null >/dev/null")
	wants(t, s.verdict("x"), "started by the server")
}

// TestChildMayNotAnswer has a child that does not descend from us.
func TestChildMayNotAnswer(t *testing.T) {
	cmd := exec.Command("sh")
	cmd.Env = clean()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	s := start(t, how{args: []string{fmt.Sprint(cmd.Process.Pid)}})
	fmt.Fprintln(in, "script -qec '"+s.peer("x")+"' /dev/null >/dev/null")
	wants(t, s.verdict("x"), "started by the server")
}

func TestPersonInTerminalMayAnswer(t *testing.T) {
	dir := t.TempDir()
	gate, ready := filepath.Join(dir, "gate"), filepath.Join(dir, "ready")
	if err := exec.Command("mkfifo", gate, ready).Run(); err != nil {
		t.Fatal(err)
	}
	term := another(t, filepath.Join(dir, "term"))
	line := filepath.Join(dir, "line")
	early := exec.Command(term, "role-term", "sh", "-c", ": >"+ready+"; read x <"+gate+"; . "+line)
	early.Env = clean()
	if err := early.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(ready); err != nil {
		t.Fatal(err)
	}
	tick(t)
	s := start(t, how{})
	write(t, line, []byte(s.peerWith(s.us, time.Now(), "early")))
	write(t, gate, []byte("\n"))
	v := s.verdict("early")
	wants(t, v, "")
	if len(v.Peer.Notes) != 1 || !strings.Contains(v.Peer.Notes[0], "for this command alone") {
		t.Errorf("a terminal that was there before the client: %q", v.Peer.Notes)
	}

	s.person(s.peerWith(s.us, time.Now().Add(-time.Minute), "late"))
	wants(t, s.verdict("late"), "", "opened after the question", "term", "younger than the client")

	s.person("CLAUDECODE=1 TERM_PROGRAM=vscode " + s.peer("editor"))
	wants(t, s.verdict("editor"), "")
}

// tick waits until the clock of start times has moved on.
func tick(t testing.TB) {
	t.Helper()
	now := func() uint64 {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
			t.Fatal(err)
		}
		return uint64(ts.Nano()) * ticks / 1e9
	}
	for then := now(); now() == then; {
		runtime.Gosched()
	}
}

func TestOtherProgramsMayNotAnswer(t *testing.T) {
	s := start(t, how{})
	const python = `import json, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(json.dumps({"Tag": "python", "Asked": 0}).encode() + b"\n")
s.recv(1)
`
	s.person("python3 " + write(t, filepath.Join(s.dir, "speak.py"), []byte(python)) + " " + s.socket())
	wants(t, s.verdict("python"), "with another program")
	s.person(s.peerWith(s.term, time.Now(), "build"))
	wants(t, s.verdict("build"), "with another program")
	s.agent("script -qec 'python3 " + filepath.Join(s.dir, "speak.py") + " " + s.socket() + "' /dev/null >/dev/null")
	wants(t, s.verdict("python"), "with another program")
}

func TestCopyMayAnswerAndIsNoted(t *testing.T) {
	s := start(t, how{})
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	program := write(t, filepath.Join(s.dir, "copy"), b)
	s.person(s.peerWith(program, time.Now(), "copy"))
	wants(t, s.verdict("copy"), "", "it runs a copy of sallyport, "+`"`+program)
	s.agent("script -qec '" + s.peerWith(program, time.Now(), "agent") + "' /dev/null >/dev/null")
	wants(t, s.verdict("agent"), "started by the client")
}

func TestPeerThatEndsIsRefused(t *testing.T) {
	s := start(t, how{})
	s.person(s.peer("x", "late"))
	v := s.verdict("x")
	if v.Err == "" {
		t.Errorf("a process passes that has ended: %+v", v.Peer)
	}
}

// TestCarefulAgent shows a limit: what an agent started with care cannot be told from a person's.
func TestCarefulAgent(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip(err)
	}
	s := start(t, how{})
	conf := write(t, filepath.Join(s.dir, "conf"), []byte("set -g default-shell /bin/sh\n"))
	tmux := func(before, name, line string) string {
		return fmt.Sprintf("%stmux -S %s/%s -f %s new-session -d '%s'", before, s.dir, name, conf, line)
	}
	s.agent(tmux("CURSOR_AGENT=1 ", "a", s.peer("marked")))
	wants(t, s.verdict("marked"), "CURSOR_AGENT is set")
	s.agent(tmux("", "b", s.peer("plain")))
	wants(t, s.verdict("plain"), "", "opened after the question", "younger than the client")
	s.agent(tmux("CURSOR_AGENT=1 env -i $(dirname $(command -v tmux))/", "c", s.peer("washed")))
	wants(t, s.verdict("washed"), "", "was started with an empty environment", "opened after the question", "younger than the client")
	s.agent(s.term + " role-term " + s.peer("pty"))
	wants(t, s.verdict("pty"), "", "opened after the question", "for this command alone", "younger than the client")
	cmd := exec.Command("sh", "-c", tmux("", "d", s.peer("person")))
	cmd.Env = clean()
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	wants(t, s.verdict("person"), "")
}

func TestClientIsFoundBehindLaunchers(t *testing.T) {
	launch := another(t, filepath.Join(t.TempDir(), "mywrapper"))
	for _, c := range []struct {
		name string
		via  []string
	}{
		{"nothing", nil},
		{"sh", []string{"sh", "-c", `"$@"; exit $?`, "sh"}},
		{"sh and timeout", []string{"sh", "-c", `timeout 100 "$@"; exit $?`, "sh"}},
		{"a wrapper that hands its input on", []string{launch, "role-launch"}},
		{"a script", []string{"bash", "+x", write(t, filepath.Join(t.TempDir(), "start"), []byte(`"$@"; exit $?`))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, how{via: c.via})
			if len(s.client) == 0 || s.client[0] != fmt.Sprintf("claude %d", s.pid) || len(s.client) > 8 {
				t.Errorf("the client is %q, want claude %d", s.client, s.pid)
			}
			s.agent("script -qec '" + s.peer("x") + "' /dev/null >/dev/null")
			wants(t, s.verdict("x"), "started by the client (claude")
		})
	}
}

// TestPersonsShellMayAnswer has a client that was started in the background of a person's own shell, which then answers.
func TestPersonsShellMayAnswer(t *testing.T) {
	s := start(t, how{})
	answers := filepath.Join(s.dir, "answers")
	inner := strings.Join([]string{filepath.Join(s.dir, "claude"), "role-client", s.us, "role-wrap", s.socket() + "2"}, " ")
	ready, fifo := filepath.Join(s.dir, "ready"), filepath.Join(s.dir, "fifo")
	if err := exec.Command("mkfifo", ready, fifo).Run(); err != nil {
		t.Fatal(err)
	}
	second := &session{t: t, dir: s.dir, us: s.us, verdicts: make(chan verdict, 10)}
	line := second.peer("own")
	line = strings.Replace(line, s.socket(), s.socket()+"2", 1)
	write(t, answers, []byte(inner+" <"+fifo+" >"+ready+" & read x <"+ready+"b; "+line))
	if err := exec.Command("mkfifo", ready+"b").Run(); err != nil {
		t.Fatal(err)
	}
	s.person(". " + answers)
	in, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Open(ready)
	if err != nil {
		t.Fatal(err)
	}
	go second.read(out)
	if v := second.verdict(""); len(v.Client) == 0 || !strings.HasPrefix(v.Client[0], "claude ") {
		t.Errorf("the client is %q", v.Client)
	}
	write(t, ready+"b", []byte("\n"))
	wants(t, second.verdict("own"), "")
}

// TestNumberOfAnEndedPeerIsNotTrusted has a peer whose number may be used again at once.
func TestNumberOfAnEndedPeerIsNotTrusted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	us, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(us, "role-answer", path, "x", "0", "late")
	cmd.Env = clean()
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	conn, err := ln.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	e, err := thisSystem().other(conn)
	defer e.close()
	if err == nil && e.fd < 0 {
		t.Skip("this kernel has no SO_PEERPIDFD")
	}
	if err == nil && !e.gone() {
		t.Error("it counts as running")
	}
	if _, err := New().Judge(conn, time.Now()); err == nil {
		t.Error("it may answer")
	}
}
