package who

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What this system shows of processes, and whether one of ours that does not show its environment is refused.
const seesTerminals, seesEnvironments, mustShow = true, true, true

// A system is where processes are looked up: a proc file system.
type system struct{ root string }

func thisSystem() system { return system{"/proc"} }

// maxFile bounds what is read of a file of /proc. The kernel allows 6 MiB for arguments and variables together.
const maxFile = 8 << 20

func (s system) file(pid int, name string) string {
	return s.root + "/" + strconv.Itoa(pid) + "/" + name
}

func (s system) read(pid int, name string) ([]byte, error) {
	f, err := os.Open(s.file(pid, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err == nil && len(b) == maxFile {
		err = errors.New("it is too large")
	}
	return b, err
}

var errStat = errors.New("what the system says of it makes no sense")

// look reads stat and the user of a process.
func (s system) look(pid int) (process, error) {
	b, err := s.read(pid, "stat")
	if err != nil {
		return process{}, err
	}
	p, err := parseStat(string(b))
	if err != nil || p.pid != pid {
		return process{}, errStat
	}
	if p.uid, err = s.user(pid); err != nil {
		return process{}, err
	}
	return p, nil
}

// parseStat reads proc_pid_stat(5). The name, in brackets, may hold brackets, blanks and line feeds itself; what follows it may not.
func parseStat(stat string) (p process, err error) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 1 || end < open {
		return p, errStat
	}
	f := strings.Fields(stat[end+1:])
	if len(f) < 20 {
		return p, errStat
	}
	p.name = stat[open+1 : end]
	tty, err := strconv.ParseInt(f[4], 10, 64)
	p.tty = ttyName(uint32(tty))
	start, err2 := strconv.ParseUint(f[19], 10, 64)
	p.start = start
	err = errors.Join(err, err2, number(stat[:open-1], &p.pid), number(f[1], &p.parent), number(f[3], &p.session))
	return p, err
}

func number(text string, into *int) (err error) {
	*into, err = strconv.Atoi(text)
	return err
}

// user is the real user of a process.
func (s system) user(pid int) (int, error) {
	b, err := s.read(pid, "status")
	if err != nil {
		return 0, err
	}
	_, text, ok := strings.Cut(string(b), "\nUid:\t")
	text, _, more := strings.Cut(text, "\t")
	if !ok || !more {
		return 0, errStat
	}
	return strconv.Atoi(text)
}

// ttyName names a terminal by its device number: the minor number in bits 31 to 20 and 7 to 0, the major one in 15 to 8.
func ttyName(device uint32) string {
	if device == 0 {
		return ""
	}
	major, minor := device>>8&0xfff, device&0xff|device>>12&0xfff00
	switch {
	case major == 136:
		return fmt.Sprintf("pts/%d", minor)
	case major == 4 && minor < 64:
		return fmt.Sprintf("tty%d", minor)
	case major == 4:
		return fmt.Sprintf("ttyS%d", minor-64)
	}
	return fmt.Sprintf("terminal %d:%d", major, minor)
}

// environ is what a process was started with, unless it has written over it.
func (s system) environ(pid int) ([]byte, error) { return s.read(pid, "environ") }

func (s system) commandLine(pid int) []string {
	b, err := s.read(pid, "cmdline")
	if err != nil {
		return nil
	}
	return fields(b)
}

func (s system) path(pid int) (string, error) {
	path, err := os.Readlink(s.file(pid, "exe"))
	return strings.TrimSuffix(path, " (deleted)"), err
}

// program is what a process runs, also where its file is gone or lies in another file system.
func (s system) program(pid int) (program, error) {
	path, err := s.path(pid)
	if err != nil {
		return program{}, err
	}
	file := s.file(pid, "exe")
	info, err := os.Stat(file)
	return program{path, file, info}, err
}

// cgroup is where the unified hierarchy has a process; empty where there is none.
func (s system) cgroup(pid int) (string, error) {
	b, err := s.read(pid, "cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			return path, nil
		}
	}
	return "", nil
}

// handsOn reports whether a process has our standard input as its own. The client's side of it is another descriptor.
func (s system) handsOn(self, pid int) bool {
	ours, err := os.Readlink(s.file(self, "fd/0"))
	if err != nil || !strings.HasPrefix(ours, "pipe:") && !strings.HasPrefix(ours, "socket:") {
		return false
	}
	theirs, err := os.Readlink(s.file(pid, "fd/0"))
	return err == nil && theirs == ours
}

// ticks are the unit of start times, 100 a second wherever Linux runs, whatever the kernel's own clock does.
const ticks = 100

// began is when a process started at the latest, for its last tick is not known better. Both clocks count the time that the machine sleeps.
func (s system) began(p process) (time.Time, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return time.Time{}, err
	}
	age := time.Duration(now.Nano()) - time.Duration(p.start+1)*(time.Second/ticks)
	return time.Now().Round(0).Add(-age), nil
}

// An end is the other end of a connection.
type end struct {
	pid, fd int // fd stands for that very process; -1 where the kernel has no such thing
}

func (e end) close() {
	if e.fd >= 0 {
		unix.Close(e.fd)
	}
}

// gone reports whether the process has ended.
func (e end) gone() bool {
	if e.fd < 0 {
		return false
	}
	poll := []unix.PollFd{{Fd: int32(e.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	for err == unix.EINTR {
		n, err = unix.Poll(poll, 0)
	}
	return err != nil || n > 0
}

// other is the process that connected.
func (s system) other(conn *net.UnixConn) (end, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return end{}, err
	}
	e := end{fd: -1}
	var cred *unix.Ucred
	var errCred, errFD error
	if err := raw.Control(func(fd uintptr) {
		cred, errCred = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PEERPIDFD); err == nil {
			e.fd = n
		} else if err != unix.ENOPROTOOPT {
			errFD = err // the process has ended
		}
	}); err != nil {
		return end{}, err
	}
	switch {
	case errCred != nil || errFD != nil:
		err = errors.New("the process that asked to has ended")
	case int(cred.Uid) != os.Getuid():
		err = fmt.Errorf("this process belongs to user %d", cred.Uid)
	case cred.Pid <= 0:
		err = errors.New("this process is outside of the container that the session runs in; run it in a terminal inside of that")
	}
	if err != nil {
		e.close()
		return end{}, err
	}
	e.pid = int(cred.Pid)
	return e, nil
}
