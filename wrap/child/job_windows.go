package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// terminate is sent by Stop. Windows knows no SIGTERM; CTRL_BREAK is the nearest that console programs see.
var terminate = os.Interrupt

// Main does nothing: the job object does the supervisor's work.
func Main() {}

// Supervisor is the job object of a child to come. Start or Discard is called once; they are not to be called
// concurrently.
type Supervisor struct {
	stdin, stdout, stderr *os.File
	used                  bool

	mu  sync.Mutex
	job windows.Handle // under mu; not inheritable, so its end is ours; 0 when closed
	pid uint32         // under mu; 0 when the child has ended
}

// Prepare makes the job object.
func Prepare() (*Supervisor, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("making a job object: %v", err)
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		windows.CloseHandle(job)
		return nil, fmt.Errorf("limiting the job object: %v", err)
	}
	return &Supervisor{job: job}, nil
}

// Start starts the child suspended, puts it into the job, and lets it run: no moment remains in which it could start a
// process outside the job. An error says why the program does not run and what to do about it.
func (s *Supervisor) Start(c Command) (*Process, error) {
	if s.used {
		return nil, errors.New("starting the server: this supervisor has started one already")
	}
	c, err := c.check()
	if err == nil {
		err = checkBatch(c)
	}
	if err != nil {
		s.Discard()
		return nil, err
	}
	s.used = true
	cmd := &exec.Cmd{Path: c.Path, Args: c.Args, Env: c.Env, Dir: c.Dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags: windows.CREATE_SUSPENDED | windows.CREATE_NEW_PROCESS_GROUP,
	}
	theirs, err := s.open(cmd)
	if err == nil {
		err = cmd.Start()
	}
	for _, f := range theirs {
		f.Close()
	}
	if err != nil {
		s.closeAll()
		if bad := checkProgram(c.Path); bad != nil {
			err = bad
		}
		return nil, fmt.Errorf("starting %q: %v", c.Path, reason(err))
	}
	if err := s.enrol(uint32(cmd.Process.Pid)); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		s.closeAll()
		return nil, fmt.Errorf("starting %q: %v", c.Path, err)
	}
	p := newProcess(s, cmd.Process.Pid)
	go p.watch(cmd)
	return p, nil
}

// checkBatch: the system runs batch files with cmd.exe, a shell, whose quoting nothing can pass in safety.
func checkBatch(c Command) error {
	switch strings.ToLower(filepath.Ext(c.Path)) {
	case ".bat", ".cmd":
	default:
		return nil
	}
	for _, a := range c.Args[1:] {
		if strings.ContainsAny(a, "\"%!&|<>^()\r\n") {
			return fmt.Errorf("starting %q: it is a batch file, and the argument %q would be read as commands; start the program behind it instead (for npx: node and the script)", c.Path, a)
		}
	}
	return nil
}

func (s *Supervisor) open(cmd *exec.Cmd) (theirs []*os.File, err error) {
	in, ourIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdin, s.stdin, theirs = in, ourIn, append(theirs, in)
	ourOut, out, err := os.Pipe()
	if err != nil {
		return theirs, err
	}
	cmd.Stdout, s.stdout, theirs = out, ourOut, append(theirs, out)
	ourErr, errs, err := os.Pipe()
	if err != nil {
		return theirs, err
	}
	cmd.Stderr, s.stderr, theirs = errs, ourErr, append(theirs, errs)
	return theirs, nil
}

func (s *Supervisor) enrol(pid uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, pid)
	if err != nil {
		return fmt.Errorf("opening the process: %v", err)
	}
	defer windows.CloseHandle(h)
	if err := windows.AssignProcessToJobObject(s.job, h); err != nil {
		return fmt.Errorf("putting it into the job object: %v", err)
	}
	s.pid = pid
	return resume(pid)
}

// resume lets the only thread of a suspended process run.
func resume(pid uint32) error {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return fmt.Errorf("listing threads: %v", err)
	}
	defer windows.CloseHandle(snapshot)
	var entry windows.ThreadEntry32
	entry.Size = uint32(unsafe.Sizeof(entry))
	for err = windows.Thread32First(snapshot, &entry); err == nil; err = windows.Thread32Next(snapshot, &entry) {
		if entry.OwnerProcessID != pid {
			continue
		}
		h, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, entry.ThreadID)
		if err != nil {
			return fmt.Errorf("opening its thread: %v", err)
		}
		defer windows.CloseHandle(h)
		if _, err := windows.ResumeThread(h); err != nil {
			return fmt.Errorf("resuming its thread: %v", err)
		}
		return nil
	}
	return errors.New("it has no thread to resume")
}

// Discard ends a supervisor that never got a command. After Start it does nothing.
func (s *Supervisor) Discard() {
	if !s.used {
		s.used = true
		s.closeAll()
	}
}

func (s *Supervisor) closeAll() {
	for _, f := range []*os.File{s.stdin, s.stdout, s.stderr} {
		if f != nil {
			f.Close()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job != 0 {
		windows.CloseHandle(s.job)
		s.job = 0
	}
}

// signal: os.Kill ends the job, everything else becomes CTRL_BREAK for the child's group.
func (s *Supervisor) signal(sig os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job == 0 {
		return os.ErrProcessDone
	}
	if sig == os.Kill {
		return windows.TerminateJobObject(s.job, 1)
	}
	if s.pid == 0 {
		return os.ErrProcessDone
	}
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, s.pid)
}

func (s *Supervisor) sever() { s.signal(os.Kill) }

// kill closes the job's last handle, which ends what TerminateJobObject did not.
func (s *Supervisor) kill() { s.closeAll() }

// watch is the one goroutine of a Process: it waits for the child, then ends and awaits what is left of the job.
func (p *Process) watch(cmd *exec.Cmd) {
	defer close(p.gone)
	err := cmd.Wait()
	p.super.mu.Lock()
	p.super.pid = 0
	p.super.mu.Unlock()
	status := Status{Code: 1, Err: err}
	if state := cmd.ProcessState; state != nil {
		status = Status{Code: state.ExitCode()}
	}
	p.setStatus(status)
	close(p.done)

	// Windows has no polite word for processes without a console, so what is left has half a second to end by itself.
	deadline := time.Now().Add(leftoverGrace)
	for p.super.active() > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	p.super.signal(os.Kill)
	for deadline = time.Now().Add(killLimit); p.super.active() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			status.Err = errors.New("processes of the server could not be ended; see the task manager")
			p.setStatus(status)
			break
		}
	}
	p.super.mu.Lock()
	defer p.super.mu.Unlock()
	if p.super.job != 0 {
		windows.CloseHandle(p.super.job)
		p.super.job = 0
	}
}

// active counts the processes of the job.
func (s *Supervisor) active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job == 0 {
		return 0
	}
	var info struct {
		userTime, kernelTime, periodUserTime, periodKernelTime int64
		faults, total, active, terminated                      uint32
	}
	const basicAccounting = 1 // JobObjectBasicAccountingInformation
	err := windows.QueryInformationJobObject(s.job, basicAccounting, uintptr(unsafe.Pointer(&info)),
		uint32(unsafe.Sizeof(info)), nil)
	if err != nil {
		return 0
	}
	return int(info.active)
}
