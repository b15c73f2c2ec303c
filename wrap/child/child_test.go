//go:build linux

package child

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const long = 20 * time.Second // a limit that a passing test never reaches

func TestStopEndsAChildThatReadsToTheEnd(t *testing.T) {
	p := start(t, "cat")
	if _, err := io.WriteString(p.Stdin, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if got := line(t, bufio.NewReader(p.Stdout)); got != "hello" {
		t.Fatalf("the child echoed %q", got)
	}
	select {
	case <-p.Done():
		t.Fatal("done while it lives")
	default:
	}
	if got := p.Stop(long, long); got != (Status{}) {
		t.Fatalf("Stop() = %+v, want an exit with 0", got)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatalf("second Close: %v", err)
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("Signal after the end: %v", err)
	}
}

func TestStatusIsTheChilds(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		want   Status
	}{
		"exit 0":             {"exit 0", Status{}},
		"exit 7":             {"exit 7", Status{Code: 7}},
		"exit 255":           {"exit 255", Status{Code: 255}},
		"signal to itself":   {"kill -USR1 $$", Status{Code: 138, Signal: syscall.SIGUSR1}},
		"kill -9 to itself":  {"kill -9 $$", Status{Code: 137, Signal: syscall.SIGKILL}},
		"with a daemon left": {"sleep 100 & exit 3", Status{Code: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			p := shell(t, test.script)
			<-p.Done()
			if got := p.Stop(long, long); got != test.want {
				t.Fatalf("Status = %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestStopGoesOnToSignals(t *testing.T) {
	for name, test := range map[string]struct {
		mode string
		want Status
	}{
		"TERM ends what ignores the end of its input": {"deaf", Status{Code: 143, Signal: syscall.SIGTERM}},
		"TERM may be handled":                         {"polite", Status{}},
		"KILL ends what ignores TERM":                 {"stubborn", Status{Code: 137, Signal: syscall.SIGKILL}},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, test.mode)
			line(t, bufio.NewReader(p.Stdout))
			kill := long
			if test.mode == "stubborn" {
				kill = 50 * time.Millisecond
			}
			if got := p.Stop(time.Millisecond, kill); got != test.want {
				t.Fatalf("Stop() = %+v, want %+v", got, test.want)
			}
			if alive(p.PID()) {
				t.Fatal("the child lives")
			}
		})
	}
}

func TestStopReachesTheServerBehindLaunchers(t *testing.T) {
	// Like npx: a launcher that waits for a shell that waits for the server, here a stopped one.
	p := shell(t, `sh -c 'sleep 1000; :' & echo $!; kill -STOP $!; wait`)
	pid := number(t, line(t, bufio.NewReader(p.Stdout)))
	if got := p.Stop(time.Millisecond, long); got.Code != 143 || got.Err != nil {
		t.Fatalf("Stop() = %+v", got)
	}
	if alive(pid) {
		t.Fatal("the inner shell lives")
	}
}

func TestSignalReachesTheGroup(t *testing.T) {
	p := shell(t, modeVar+`=polite "$SELF" & trap 'echo shell' HUP; wait; wait; wait`)
	r := bufio.NewReader(p.Stdout)
	if got := line(t, r); got != "ready" {
		t.Fatal(got)
	}
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{line(t, r): true, line(t, r): true}
	if !got["hangup"] || !got["shell"] {
		t.Fatalf("the group said %v", got)
	}
	if err := p.Signal(os.Kill); err != nil {
		t.Fatal(err)
	}
	if <-p.Done(); p.Status().Signal != syscall.SIGKILL {
		t.Fatalf("after os.Kill: %+v", p.Status())
	}
}

func TestLeftoversGetTermAndThenKill(t *testing.T) {
	p := shell(t, `setsid sh -c 'trap "echo term" TERM; echo $$; while :; do sleep 1000 & wait; done' & read x; exit 4`)
	r := bufio.NewReader(p.Stdout)
	daemon := number(t, line(t, r))
	io.WriteString(p.Stdin, "go\n")
	if got := line(t, r); got != "term" {
		t.Fatalf("the daemon said %q", got)
	}
	if got := p.Stop(long, long); got != (Status{Code: 4}) {
		t.Fatalf("Stop() = %+v", got)
	}
	if alive(daemon) {
		t.Fatal("the daemon lives")
	}
}

func TestChildIsGivenOnlyWhatItShouldHave(t *testing.T) {
	// A descriptor without close-on-exec stands for what a client leaves open.
	leak, err := os.CreateTemp(t.TempDir(), "leak")
	if err != nil {
		t.Fatal(err)
	}
	defer leak.Close()
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, leak.Fd(), syscall.F_SETFD, 0); errno != 0 {
		t.Fatal(errno)
	}
	dir := t.TempDir()
	env := append(testEnv("describe"), "PWD=/elsewhere", "BYTES=\xff\xfe")
	p := startCommand(t, Command{Path: self(), Args: []string{"name", "", "a b", "\xff"}, Env: env, Dir: dir})
	text, _ := io.ReadAll(p.Stdout)
	got := string(text)
	for _, want := range []string{
		"fd 0\nfd 1\nfd 2\nargs", `args ["name" "" "a b" "\xff"]`, `"BYTES=\xff\xfe"`, `"PWD=` + dir + `"`,
		"dir \"" + dir + "\"", "SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000",
		"leads its group true tty 0", "stdin nonblocking false",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "/elsewhere") || strings.Contains(got, "SALLYPORT") {
		t.Errorf("too much in\n%s", got)
	}
}

func TestSupervisorKnowsNoSecrets(t *testing.T) {
	p := startCommand(t, Command{Path: self(), Args: []string{"hush-argument"}, Env: append(testEnv("deaf"), "KEY=hush")})
	line(t, bufio.NewReader(p.Stdout))
	for _, file := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(filepath.Join("/proc", decimal(p.super.pid), file))
		if err != nil && !errors.Is(err, os.ErrPermission) {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "hush") || file == "environ" && len(text) != 0 {
			t.Errorf("%s of the supervisor: %q", file, text)
		}
	}
}

func TestChildThatNeverReadsDoesNotHoldUpTheEnd(t *testing.T) {
	p := start(t, "deaf")
	line(t, bufio.NewReader(p.Stdout))
	written := make(chan error)
	go func() {
		_, err := p.Stdin.Write(make([]byte, 1<<20))
		written <- err
	}()
	if got := p.Stop(time.Millisecond, long); got.Signal != syscall.SIGTERM {
		t.Fatalf("Stop() = %+v", got)
	}
	if err := <-written; err == nil {
		t.Fatal("a write to nobody succeeded")
	}
}

func TestChildMayCloseItsOutputEarly(t *testing.T) {
	p := start(t, "shy")
	if text, err := io.ReadAll(p.Stdout); err != nil || len(text) != 0 {
		t.Fatalf("read %q, %v", text, err)
	}
	if _, err := io.WriteString(p.Stdin, "still here\n"); err != nil {
		t.Fatal(err)
	}
	if got := p.Stop(long, long); got != (Status{Code: 5}) {
		t.Fatalf("Stop() = %+v", got)
	}
}

func TestOutputCanBeReadAfterTheEnd(t *testing.T) {
	p := shell(t, "echo out; echo err >&2")
	<-p.Done()
	p.Stop(long, long)
	out, _ := io.ReadAll(p.Stdout)
	errs, _ := io.ReadAll(p.Stderr)
	if string(out) != "out\n" || string(errs) != "err\n" {
		t.Fatalf("out %q, err %q", out, errs)
	}
}

func TestCloseEndsAtOnceAndEndsReaders(t *testing.T) {
	p := start(t, "stubborn")
	r := bufio.NewReader(p.Stdout)
	line(t, r)
	read := make(chan error)
	go func() {
		_, err := r.ReadByte()
		read <- err
	}()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err == nil {
		t.Fatal("read a byte from nobody")
	}
	if alive(p.PID()) {
		t.Fatal("the child lives")
	}
}

func TestStoppedSupervisorCannotHoldUpTheEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes six seconds")
	}
	p := start(t, "deaf")
	line(t, bufio.NewReader(p.Stdout))
	syscall.Kill(p.super.pid, syscall.SIGSTOP)
	if err := p.Close(); err == nil {
		t.Fatal("nothing said of the lost supervisor")
	}
	awaitEnd(t, p.PID())
}
