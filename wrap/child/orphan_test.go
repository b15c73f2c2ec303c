//go:build linux

package child

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func number(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func decimal(n int) string { return strconv.Itoa(n) }

// trees are what servers turn into. Each prints "up" when all of it runs, and the pids of its processes before that.
var trees = map[string]string{
	"launcher, shell, server":        `sh -c 'sh -c "echo \$\$; echo up; sleep 1000; :"; :' ; :`,
	"child that ignores TERM":        `trap '' TERM; echo up; while :; do sleep 1000; done`,
	"grandchild that ignores TERM":   `sh -c 'trap "" TERM; echo $$; echo up; while :; do sleep 1000; done' & wait`,
	"double-forked daemon":           `(setsid sh -c 'trap "" TERM HUP; echo $$; echo up; while :; do sleep 1000; done' &) ; sleep 1000; :`,
	"daemon without the streams":     `(setsid sh -c 'echo $$; echo up; exec sleep 1000 <&- >&- 2>&-' &) ; sleep 1000; :`,
	"stopped grandchild":             `sh -c 'echo $$; echo up; kill -STOP $$; sleep 1000' & wait`,
	"processes that start processes": `(while :; do sleep 0.01; done) & (while :; do setsid sleep 1000 & sleep 0.01; done) & echo up; wait`,
}

// owned starts a wrapper of script in a process of its own, and waits until the tree is up. Every process of the tree
// holds the writing end of tree, also those whose pids nobody knows.
func owned(t testing.TB, script string) (wrapper, supervisor int, pids []int, tree *os.File) {
	t.Helper()
	fifo := filepath.Join(t.TempDir(), "tree")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	tree, err := os.OpenFile(fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	cmd := exec.Command(self(), `exec 9>"$0"; `+script, fifo)
	cmd.Env = append(os.Environ(), modeVar+"=owner")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	r := bufio.NewReader(out)
	head := strings.Fields(line(t, r))
	if len(head) != 2 {
		t.Fatalf("the wrapper said %q", head)
	}
	supervisor = number(t, head[0])
	pids = append(pids, number(t, head[1]))
	for s := line(t, r); s != "up"; s = line(t, r) {
		pids = append(pids, number(t, s))
	}
	return cmd.Process.Pid, supervisor, pids, tree
}

// below lists supervisor and all its descendants.
func below(supervisor int) []int {
	all := []int{supervisor}
	for i := 0; i < len(all); i++ {
		dirs, _ := filepath.Glob("/proc/[0-9]*")
		for _, d := range dirs {
			pid, _ := strconv.Atoi(filepath.Base(d))
			if p, ok := readProcess(pid); ok && p.parent == all[i] {
				all = append(all, pid)
			}
		}
	}
	return all
}

func TestKillingUsLeavesNoOrphan(t *testing.T) {
	for name, script := range trees {
		t.Run(name, func(t *testing.T) {
			wrapper, supervisor, pids, tree := owned(t, script)
			for _, pid := range pids {
				if !alive(pid) {
					t.Fatalf("process %d ended before its time", pid)
				}
			}
			pids = append(pids, below(supervisor)...)
			begin := time.Now()
			if err := syscall.Kill(wrapper, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			tree.SetReadDeadline(begin.Add(long))
			if _, err := tree.Read(make([]byte, 1)); err != io.EOF {
				t.Fatalf("waiting for the tree's end: %v", err)
			}
			awaitEnd(t, pids...)
			t.Logf("%d processes gone after %v", len(pids), time.Since(begin).Round(100*time.Microsecond))
		})
	}
}

func TestSupervisorIsDeafToOrdinarySignals(t *testing.T) {
	p := start(t, "polite")
	r := bufio.NewReader(p.Stdout)
	line(t, r)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTSTP} {
		if err := syscall.Kill(p.super.pid, sig); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if got := line(t, r); got != "user defined signal 1" {
		t.Fatalf("the child got %q", got)
	}
}

func TestKillingTheSupervisorEndsTheChild(t *testing.T) {
	for name, script := range map[string]string{
		"child":                        `echo up; sleep 1000`,
		"child that ignores TERM":      trees["child that ignores TERM"],
		"grandchild that ignores TERM": trees["grandchild that ignores TERM"],
	} {
		t.Run(name, func(t *testing.T) {
			p := shell(t, script)
			r := bufio.NewReader(p.Stdout)
			pids := []int{p.PID()}
			for s := line(t, r); s != "up"; s = line(t, r) {
				pids = append(pids, number(t, s))
			}
			syscall.Kill(p.super.pid, syscall.SIGKILL)
			<-p.Done()
			awaitEnd(t, pids...)
			if got := p.Stop(long, long); got.Err == nil || got.Code != 1 {
				t.Fatalf("Status = %+v, want an error and 1", got)
			}
		})
	}
}

func TestSupervisorWithoutACommandEndsWithUs(t *testing.T) {
	for name, said := range map[string]string{"nothing said": "", "half a command": magic + "\x00\x00"} {
		t.Run(name, func(t *testing.T) {
			s, err := Prepare()
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(s.control, said)
			s.control.Close() // as the kernel does when we are killed
			s.reap()
			s.closeAll()
		})
	}
}

func TestDiscardEndsTheSupervisor(t *testing.T) {
	s, err := Prepare()
	if err != nil {
		t.Fatal(err)
	}
	s.Discard()
	s.Discard()
	if alive(s.pid) {
		t.Fatal("the supervisor lives")
	}
	if _, err := s.Start(Command{Path: "/bin/true"}); err == nil {
		t.Fatal("started from a discarded supervisor")
	}
}

func TestNothingIsLeftAfterManyStarts(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 50
	}
	cycle := func() {
		p := startCommand(t, Command{Path: "/bin/cat", Env: []string{}})
		if got := p.Stop(long, long); got != (Status{}) {
			t.Fatalf("Stop() = %+v", got)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle() // whatever the runtime opens once is open now
	before := descriptors(t)
	for range rounds {
		cycle()
	}
	if after := descriptors(t); after != before {
		t.Errorf("descriptors before:\n%s\nafter:\n%s", before, after)
	}
	if left := below(os.Getpid())[1:]; len(left) != 0 {
		t.Errorf("processes left: %v", left)
	}
}

func descriptors(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for fd := range 256 {
		if to, err := os.Readlink("/proc/self/fd/" + decimal(fd)); err == nil {
			b.WriteString(decimal(fd) + " " + to + "\n")
		}
	}
	return b.String()
}
