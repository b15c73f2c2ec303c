//go:build unix

package child

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const supervisorName = "sallyport: supervisor"

// The descriptors of the supervisor; the package comment lists them.
const (
	fdControl = iota
	fdStatus
	_
	fdStdin
	fdStdout
	fdStderr
)

func init() {
	// The kernel's parent-death signal follows the thread that started the child. Only the main thread lives as long as
	// the process, and only an init can hold the main goroutine on it.
	if isSupervisor() {
		runtime.LockOSThread()
	}
}

func isSupervisor() bool { return len(os.Args) == 1 && os.Args[0] == supervisorName }

// Main is called first thing in main. In a process that Prepare re-executed it is the supervisor, and does not return;
// in any other it does nothing.
func Main() {
	if !isSupervisor() {
		return
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(fdControl, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFIFO {
		return
	}
	// Not os.Exit, which waits a second under the race detector: there is nothing to flush here.
	syscall.Exit(supervise())
}

// supervisor is the state of the process that started the child.
type supervisor struct {
	pid    int       // the child, and its process group
	signs  chan byte // signals from us; closed when the life pipe is
	exited chan syscall.WaitStatus
	none   chan struct{} // closed when there is no child process left

	mu    sync.Mutex
	ended bool // under mu: the child was reaped
}

// supervise runs one child from its command to the end of its last descendant.
func supervise() int {
	shield()
	harden()
	control := os.NewFile(fdControl, "control")
	c, err := readCommand(control)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return 0 // we were discarded, or killed
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "sallyport: error: starting the server: %v\n", err)
		return 1
	}
	s := &supervisor{
		signs: make(chan byte, 16), exited: make(chan syscall.WaitStatus, 1), none: make(chan struct{}),
	}
	if err := s.start(c); err != nil {
		errno, ok := err.(syscall.Errno)
		if !ok {
			errno = syscall.EINVAL
		}
		report(message{kind: msgFailed, a: int(errno)})
		return 0
	}
	report(message{kind: msgStarted, a: s.pid})
	go s.listen(control)
	go s.reap()
	s.run()
	return 0
}

// shield makes the supervisor deaf to the signals that end a session. They are caught, not ignored: a child inherits
// what its parent ignores.
func shield() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGPIPE, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGUSR1, syscall.SIGUSR2)
}

func (s *supervisor) start(c Command) error {
	attr := &syscall.ProcAttr{
		Dir: c.Dir, Env: c.Env,
		Files: []uintptr{fdStdin, fdStdout, fdStderr},
		Sys:   childAttr(),
	}
	pid, err := syscall.ForkExec(c.Path, c.Args, attr)
	for fd := fdStdin; fd <= fdStderr; fd++ {
		syscall.Close(fd) // or nobody would ever see the end of the child's streams
	}
	s.pid = pid
	return err
}

// report may meet a reader who is gone; then there is nobody to tell.
func report(m message) { syscall.Write(fdStatus, m.encode()) }

// listen passes on what we say, byte by byte, until we are gone.
func (s *supervisor) listen(control io.Reader) {
	defer close(s.signs)
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(control, b); err != nil {
			return
		}
		s.signs <- b[0]
	}
}

// reap collects the child, and on Linux whatever else became ours, until no child process is left.
func (s *supervisor) reap() {
	defer close(s.none)
	for {
		awaitAnyExit()
		s.mu.Lock()
		for {
			var ws syscall.WaitStatus
			pid, err := syscall.Wait4(-1, &ws, reapFlags, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil {
				s.mu.Unlock()
				return
			}
			if pid == s.pid {
				s.ended = true
				s.exited <- ws
			}
			if pid == 0 {
				break
			}
		}
		s.mu.Unlock()
	}
}

// run is the life of the supervisor while there is a child.
func (s *supervisor) run() {
	signs, exited, none := s.signs, s.exited, s.none
	var term, kill, look <-chan time.Time
	for {
		select {
		case n, ok := <-signs:
			if !ok || syscall.Signal(n) == syscall.SIGKILL {
				s.finish()
				return
			}
			s.signal(syscall.Signal(n))
		case ws := <-exited:
			reportExit(ws)
			exited = nil
			// The reaper is about to learn whether anything is left; nearly always nothing is.
			term, kill = time.After(time.Millisecond), time.After(leftoverGrace)
		case <-term:
			s.signal(syscall.SIGTERM)
		case <-kill:
			s.finish()
			return
		case <-none:
			none, look = nil, time.After(0)
		case <-look:
			if s.empty() {
				s.finish()
				return
			}
			look = time.After(20 * time.Millisecond)
		}
	}
}

// finish ends everything, and says so.
func (s *supervisor) finish() {
	left := s.killAll()
	select {
	case ws := <-s.exited:
		reportExit(ws)
	default:
	}
	report(message{kind: msgGone, a: left})
}

func reportExit(ws syscall.WaitStatus) {
	m := message{kind: msgExited, a: ws.ExitStatus()}
	if ws.Signaled() {
		m = message{kind: msgExited, a: -1, b: int(ws.Signal())}
	}
	report(m)
}

// signalGroup signals the child's process group while the child is known to hold its number.
func (s *supervisor) signalGroup(sig syscall.Signal) (sent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	syscall.Kill(-s.pid, sig)
	return true
}

// within calls step, which says whether all is done, until it is or killLimit has passed, less and less often.
func within(none <-chan struct{}, step func() bool) {
	limit := time.Now().Add(killLimit)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if step() || time.Now().After(limit) {
			return
		}
		wait(none, pause)
	}
}

// closeOnExec marks every descriptor above the standard ones, as listed in dir, on systems without close_range.
func closeOnExec(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		for fd := 3; fd < 1024; fd++ {
			syscall.CloseOnExec(fd)
		}
		return
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}
