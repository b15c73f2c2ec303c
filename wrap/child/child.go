package child

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// leftoverGrace is how long what a child left behind has between SIGTERM and SIGKILL.
	leftoverGrace = 500 * time.Millisecond
	// killLimit bounds the hunt for processes that do not die of SIGKILL (another user's, or in an uninterruptible wait).
	killLimit = 5 * time.Second
)

// Command is what to start.
type Command struct {
	Path string   // absolute; Find gives it
	Args []string // the whole argument vector, Args[0] included; empty means Path alone
	Env  []string // "NAME=value"; exactly what the child gets, but for PWD, which follows Dir
	Dir  string   // absolute; empty is our own working folder
}

// check refuses what no system call should see and completes what may be left out.
func (c Command) check() (Command, error) {
	if !filepath.IsAbs(c.Path) {
		return c, fmt.Errorf("starting %q: not an absolute path", c.Path)
	}
	if c.Dir != "" && !filepath.IsAbs(c.Dir) {
		return c, fmt.Errorf("starting %q: the folder %q is not an absolute path", c.Path, c.Dir)
	}
	if len(c.Args) == 0 {
		c.Args = []string{c.Path}
	}
	for _, list := range [][]string{{c.Path, c.Dir}, c.Args, c.Env} {
		for _, s := range list {
			if strings.ContainsRune(s, 0) {
				return c, fmt.Errorf("starting %q: an argument, a variable or the folder holds a NUL byte", c.Path)
			}
		}
	}
	if c.Dir == "" {
		return c, nil
	}
	info, err := os.Stat(c.Dir)
	if err != nil {
		return c, fmt.Errorf("starting %q in the folder %q: %v", c.Path, c.Dir, reason(err))
	}
	if !info.IsDir() {
		return c, fmt.Errorf("starting %q in the folder %q: it is not a folder", c.Path, c.Dir)
	}
	// A PWD that contradicts the working folder misleads shells and build tools.
	env := make([]string, 0, len(c.Env)+1)
	for _, v := range c.Env {
		if !strings.HasPrefix(v, "PWD=") {
			env = append(env, v)
		}
	}
	c.Env = append(env, "PWD="+c.Dir)
	return c, nil
}

// Status is how a child ended.
type Status struct {
	Code   int       // its exit code, or 128+n when signal n ended it; 1 when that is not known
	Signal os.Signal // nil when it exited by itself
	Err    error     // not nil when the supervisor was lost, or processes are left that could not be ended
}

// Process is a running child. Its methods may be called concurrently; Stop and Close may run while others read and
// write the three files, whose operations then end with os.ErrClosed.
type Process struct {
	Stdin  *os.File // write end of the child's standard input
	Stdout *os.File // read end of its standard output
	Stderr *os.File // read end of its standard error

	super *Supervisor
	pid   int
	done  chan struct{} // the child has ended
	gone  chan struct{} // so has everything else, and the watcher

	mu     sync.Mutex
	status Status
}

func newProcess(s *Supervisor, pid int) *Process {
	return &Process{
		Stdin: s.stdin, Stdout: s.stdout, Stderr: s.stderr,
		super: s, pid: pid,
		done: make(chan struct{}), gone: make(chan struct{}),
	}
}

// PID is the child's process id; on unix its process group's too.
func (p *Process) PID() int { return p.pid }

// Done is closed when the child itself has ended. What it left behind may still be ending, and its output may still be
// unread.
func (p *Process) Done() <-chan struct{} { return p.done }

// Status is how the child ended; before Done is closed it is the zero Status. Err may be added later, until Stop or
// Close returns.
func (p *Process) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

func (p *Process) setStatus(s Status) {
	p.mu.Lock()
	p.status = s
	p.mu.Unlock()
}

// Signal sends sig to the child's whole process group; os.Kill ends everything that descends from it. It fails with
// os.ErrProcessDone once all is gone.
func (p *Process) Signal(sig os.Signal) error {
	select {
	case <-p.gone:
		return os.ErrProcessDone
	default:
	}
	return p.super.signal(sig)
}

// Stop ends the child in the order that the protocol asks for, and returns when everything is gone:
//
//	For the stdio transport, the client SHOULD initiate shutdown by:
//
//	 1. First, closing the input stream to the child process (the server)
//	 2. Waiting for the server to exit, or sending SIGTERM if the server does not exit within a reasonable time
//	 3. Sending SIGKILL if the server does not exit within a reasonable time after SIGTERM
//
// The reasonable times are grace and kill. SIGTERM goes to the group, since a launcher such as npx dies of it and leaves
// the server; SIGKILL goes to all descendants. Closing the input is safe while another goroutine writes to it. Stop does
// not read the child's output: a child that blocks on a full pipe needs a reader, or it will be killed.
func (p *Process) Stop(grace, kill time.Duration) Status {
	p.Stdin.Close() // a second close is no error that anyone could act on

	if !p.ended(grace) {
		// An error here means that the child is ending already, or that the supervisor is lost and the group killed.
		p.Signal(terminate)
		p.ended(kill)
	}
	select {
	case <-p.done:
		// The supervisor now ends what is left, politely, and takes no longer than this.
		wait(p.gone, leftoverGrace+killLimit)
	default:
	}
	p.end()
	return p.Status()
}

func (p *Process) ended(d time.Duration) bool { return wait(p.done, d) }

// Close ends at once all that is left, waits until it is gone, and closes the three files. It returns Status().Err. A
// second Close does nothing and returns the same.
func (p *Process) Close() error {
	p.end()
	p.Stdin.Close()
	p.Stdout.Close()
	p.Stderr.Close()
	return p.Status().Err
}

// end breaks the life line, waits, and shoots the supervisor when it does not do its work (when it was stopped by
// someone, for one).
func (p *Process) end() {
	p.super.sever()
	if !wait(p.gone, killLimit+time.Second) {
		p.super.kill()
		<-p.gone
	}
}

func wait(c <-chan struct{}, d time.Duration) bool {
	select {
	case <-c:
		return true
	default:
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c:
		return true
	case <-t.C:
		return false
	}
}
