//go:build unix

package child

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

const terminate = syscall.SIGTERM

// Supervisor is our side of the process that starts the child and outlives us by a moment. Start or Discard is called
// once; they are not to be called concurrently.
type Supervisor struct {
	pid                   int
	control               *os.File // its only writer: closing it ends the child and all it started
	status                *os.File
	stdin, stdout, stderr *os.File
	used                  bool

	mu     sync.Mutex
	reaped bool // under mu: pid may be somebody else's
}

// Prepare re-executes our own binary as the supervisor, which waits for a command. It returns without waiting for it, so
// that its start overlaps other work.
func Prepare() (*Supervisor, error) {
	s := new(Supervisor)
	files, err := s.open()
	if err == nil {
		attr := &syscall.ProcAttr{
			Env:   []string{}, // not nil, which would mean ours
			Files: []uintptr{files[0].Fd(), files[1].Fd(), 2, files[2].Fd(), files[3].Fd(), files[4].Fd()},
			// Without a terminal a server can neither read what the user types nor be stopped for trying.
			Sys: &syscall.SysProcAttr{Setsid: true},
		}
		s.pid, err = execute(attr)
	}
	for _, f := range files {
		f.Close()
	}
	if err != nil {
		s.closeAll()
		return nil, fmt.Errorf("starting the supervisor: %v", err)
	}
	return s, nil
}

// open makes the five pipes, keeps our ends, and returns the supervisor's in the order control, status, stdin, stdout,
// stderr. On an error it returns what it opened so far.
func (s *Supervisor) open() (theirs []*os.File, err error) {
	for _, end := range []struct {
		ours  **os.File
		write bool // our end is the writing one
	}{{&s.control, true}, {&s.status, false}, {&s.stdin, true}, {&s.stdout, false}, {&s.stderr, false}} {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		their := w
		if *end.ours = r; end.write {
			*end.ours, their = w, r
		}
		theirs = append(theirs, their)
		// Servers do not expect EAGAIN on their standard input and output.
		if err := syscall.SetNonblock(int(their.Fd()), false); err != nil {
			return theirs, err
		}
	}
	return theirs, nil
}

// execute starts the running binary, and on Linux not what an upgrade meanwhile put in its place.
func execute(attr *syscall.ProcAttr) (pid int, err error) {
	if runtime.GOOS == "linux" {
		if pid, err := syscall.ForkExec("/proc/self/exe", []string{supervisorName}, attr); err == nil {
			return pid, nil
		}
	}
	path, err := os.Executable()
	if err != nil {
		return 0, err
	}
	return syscall.ForkExec(path, []string{supervisorName}, attr)
}

// Start hands the command over and returns when the program runs, or with the reason why it does not and what to do
// about it. The supervisor is used up in both cases.
func (s *Supervisor) Start(c Command) (*Process, error) {
	if s.used {
		return nil, errors.New("starting the server: this supervisor has started one already")
	}
	c, err := c.check()
	if err != nil {
		s.Discard()
		return nil, err
	}
	s.used = true
	m, err := s.hand(c)
	if err == nil && m.kind == msgStarted {
		p := newProcess(s, m.a)
		go p.watch()
		return p, nil
	}
	s.abandon()
	switch {
	case err != nil:
		return nil, fmt.Errorf("starting %q: the supervisor ended: %v", c.Path, err)
	case m.kind == msgFailed:
		return nil, explain(c, syscall.Errno(m.a))
	}
	return nil, fmt.Errorf("starting %q: the supervisor answered with a message of kind %q", c.Path, m.kind)
}

func (s *Supervisor) hand(c Command) (message, error) {
	if _, err := s.control.Write(c.encode()); err != nil {
		return message{}, err
	}
	m, err := readMessage(s.status)
	if err == io.EOF {
		err = errors.New("it said nothing")
	}
	return m, err
}

// Discard ends a supervisor that never got a command, and waits for it. After Start it does nothing.
func (s *Supervisor) Discard() {
	if s.used {
		return
	}
	s.used = true
	s.abandon()
}

// abandon ends a supervisor that has no child.
func (s *Supervisor) abandon() {
	s.kill()
	s.reap()
	s.closeAll()
}

func (s *Supervisor) closeAll() {
	for _, f := range []*os.File{s.control, s.status, s.stdin, s.stdout, s.stderr} {
		if f != nil {
			f.Close()
		}
	}
}

// signal asks the supervisor to signal the child's group.
func (s *Supervisor) signal(sig os.Signal) error {
	n, ok := sig.(syscall.Signal)
	if !ok || n <= 0 || n > 127 {
		return fmt.Errorf("signalling the server: %v is no signal", sig)
	}
	// A supervisor that somebody stopped does not read; the pipe is large, but not endless.
	s.control.SetWriteDeadline(time.Now().Add(time.Second))
	_, err := s.control.Write([]byte{byte(n)})
	if errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE) {
		return os.ErrProcessDone
	}
	return err
}

func (s *Supervisor) sever() { s.control.Close() }

func (s *Supervisor) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.reaped {
		syscall.Kill(s.pid, syscall.SIGKILL)
	}
}

// reap waits for the supervisor's end. It holds no lock while the supervisor lives, so that kill can help.
func (s *Supervisor) reap() {
	awaitExit(s.pid)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reaped = true
	for {
		if _, err := syscall.Wait4(s.pid, nil, 0, nil); err != syscall.EINTR {
			return
		}
	}
}

// watch is the one goroutine of a Process: it follows the supervisor's messages until the last.
func (p *Process) watch() {
	defer close(p.gone)
	var exited, gone bool
	for {
		m, err := readMessage(p.super.status)
		if err != nil {
			break
		}
		switch m.kind {
		case msgExited:
			if !exited {
				exited = true
				p.setStatus(statusOf(m))
				close(p.done)
			}
		case msgGone:
			gone = true
			if m.a > 0 {
				p.fault(fmt.Errorf("%d processes of the server could not be ended; see \"ps -ef\"", m.a))
			}
		}
	}
	if !gone {
		// Whoever killed the supervisor did not kill the group. Its number can be another's by now only if all of it
		// ended in this instant and the system handed out every other number since.
		syscall.Kill(-p.pid, syscall.SIGKILL)
		p.fault(errors.New("the supervisor was killed, and the server with it; processes that the server put into the background may be left"))
	}
	if !exited {
		p.mu.Lock()
		p.status.Code = 1
		p.mu.Unlock()
		close(p.done)
	}
	p.super.control.Close()
	p.super.reap()
	p.super.status.Close()
}

func (p *Process) fault(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.Err = err
}

func statusOf(m message) Status {
	if m.b != 0 {
		return Status{Code: 128 + m.b, Signal: syscall.Signal(m.b)}
	}
	return Status{Code: m.a}
}
