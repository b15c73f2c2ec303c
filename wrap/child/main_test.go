//go:build linux

package child

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// modeVar selects what the test binary does when it is re-executed as somebody else's child.
const modeVar = "CHILD_TEST_MODE"

func TestMain(m *testing.M) {
	Main()
	if mode := os.Getenv(modeVar); mode != "" {
		modes[mode]()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var modes = map[string]func(){
	"cat":      func() { io.Copy(os.Stdout, os.Stdin) },
	"true":     func() {},
	"owner":    owner,
	"stubborn": func() { signal.Ignore(syscall.SIGTERM); say("ready"); block() },
	"polite":   polite,
	"deaf":     func() { say("ready"); block() },
	"shy":      func() { os.Stdout.Close(); io.Copy(io.Discard, os.Stdin); os.Exit(5) },
	"describe": describe,
}

func say(s string) { fmt.Println(s) }

// block is no empty select, which the runtime would call a deadlock.
func block() { time.Sleep(time.Hour) }

// polite names the signals it gets, and ends at SIGTERM.
func polite() {
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGTERM)
	say("ready")
	for s := range c {
		say(s.String())
		if s == syscall.SIGTERM {
			os.Exit(0)
		}
	}
}

// describe prints what the child was given.
func describe() {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, l := range links {
		if n, _ := strconv.Atoi(filepath.Base(l)); n <= 2 {
			fmt.Println("fd", n)
		} else if to, err := os.Readlink(l); err == nil && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "/sys/fs/cgroup/") {
			// The Go runtime's own are left out.
			fmt.Println("fd", n, to)
		}
	}
	dir, _ := os.Getwd()
	fmt.Printf("args %q\nenv %q\ndir %q\n", os.Args, os.Environ(), dir)
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "SigIgn") || strings.HasPrefix(line, "SigBlk") {
			fmt.Print(line)
		}
	}
	stat, _ := os.ReadFile("/proc/self/stat")
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	fmt.Println("leads its group", f[2] == strconv.Itoa(os.Getpid()), "tty", f[4])
	var st syscall.Stat_t
	syscall.Fstat(0, &st)
	fl, _, _ := syscall.Syscall(syscall.SYS_FCNTL, 0, syscall.F_GETFL, 0)
	fmt.Println("stdin nonblocking", fl&syscall.O_NONBLOCK != 0)
}

// owner is a wrapper of the shell command in its arguments: it prints its supervisor's pid, the child's, and what the
// child says, and is there to be killed.
func owner() {
	s, err := Prepare()
	if err == nil {
		var p *Process
		if p, err = s.Start(Command{Path: "/bin/sh", Args: append([]string{"sh", "-c"}, os.Args[1:]...), Env: testEnv("")}); err == nil {
			fmt.Println(s.pid, p.PID())
			io.Copy(os.Stdout, p.Stdout)
			block()
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

func testEnv(mode string) []string {
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "SELF=" + self()}
	if mode != "" {
		env = append(env, modeVar+"="+mode)
	}
	return env
}

func self() string {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return path
}

// start runs the test binary in one of its modes.
func start(t testing.TB, mode string) *Process {
	t.Helper()
	return startCommand(t, Command{Path: self(), Args: []string{mode}, Env: testEnv(mode)})
}

func shell(t testing.TB, script string) *Process {
	t.Helper()
	return startCommand(t, Command{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: testEnv("")})
}

func startCommand(t testing.TB, c Command) *Process {
	t.Helper()
	s, err := Prepare()
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// line reads one line of what the child says.
func line(t testing.TB, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("reading the child's output: %v (%q so far)", err, s)
	}
	return strings.TrimSuffix(s, "\n")
}

func alive(pid int) bool {
	_, ok := readProcess(pid)
	return ok
}

// awaitEnd waits for processes that need be no children of ours.
func awaitEnd(t testing.TB, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		fd, err := unix.PidfdOpen(pid, 0)
		if err == unix.ESRCH {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		n, err := 0, error(unix.EINTR)
		for err == unix.EINTR {
			n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(long.Milliseconds()))
		}
		unix.Close(fd)
		if n != 1 || err != nil {
			t.Fatalf("process %d lives on (%v)", pid, err)
		}
	}
}
