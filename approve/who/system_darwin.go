package who

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What this system shows of processes, and whether one of ours that does not show its environment is refused: the system's own shells
// do not.
const seesTerminals, seesEnvironments, mustShow = true, true, false

// A system is where processes are looked up: sysctl(3).
type system struct{}

func thisSystem() system { return system{} }

// look reads kern.proc.pid.
func (s system) look(pid int) (process, error) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return process{}, err
	}
	if int(k.Proc.P_pid) != pid {
		return process{}, errors.New("there is no such process")
	}
	p := process{pid: pid, parent: int(k.Eproc.Ppid), uid: int(k.Eproc.Pcred.P_ruid), name: unix.ByteSliceToString(k.Proc.P_comm[:])}
	p.start = uint64(k.Proc.P_starttime.Sec)*1e6 + uint64(k.Proc.P_starttime.Usec)
	if dev := k.Eproc.Tdev; dev != -1 && dev != 0 {
		p.tty = ttyName(uint64(uint32(dev)))
	}
	p.session, _ = unix.Getsid(pid)
	return p, nil
}

// ttyName finds a terminal by its device number. A terminal that cannot be found is one nevertheless.
func ttyName(dev uint64) string {
	paths, _ := filepath.Glob("/dev/ttys[0-9]*")
	for _, path := range paths {
		var st unix.Stat_t
		if unix.Stat(path, &st) == nil && uint64(uint32(st.Rdev)) == dev {
			return filepath.Base(path)
		}
	}
	return fmt.Sprintf("terminal %d:%d", unix.Major(dev), unix.Minor(dev))
}

var errArguments = errors.New("the system does not say what it runs")

// procargs reads kern.procargs2: the number of arguments, the program's path, zeros, the arguments, the variables.
func procargs(pid int) (path string, args []string, environ []byte, err error) {
	b, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil {
		return "", nil, nil, err
	}
	if len(b) < 4 {
		return "", nil, nil, errArguments
	}
	count, rest := int(binary.NativeEndian.Uint32(b)), string(b[4:])
	path, rest, ok := strings.Cut(rest, "\x00")
	if !ok || path == "" {
		return "", nil, nil, errArguments
	}
	rest = strings.TrimLeft(rest, "\x00")
	for range count {
		var a string
		if a, rest, ok = strings.Cut(rest, "\x00"); !ok {
			return "", nil, nil, errArguments
		}
		args = append(args, a)
	}
	return path, args, []byte(rest), nil
}

// environ is what a process was started with; nothing where the system protects it.
func (s system) environ(pid int) ([]byte, error) {
	_, _, environ, err := procargs(pid)
	if err == nil && blank(environ) && pid != os.Getpid() {
		return nil, errors.New("it is not shown")
	}
	return environ, err
}

func (s system) commandLine(pid int) []string {
	_, args, _, _ := procargs(pid)
	return args
}

func (s system) path(pid int) (string, error) {
	path, _, _, err := procargs(pid)
	return path, err
}

// program is what a process runs, by its path: what lies there now may be another file, which is then not ours.
func (s system) program(pid int) (program, error) {
	path, err := s.path(pid)
	if err != nil {
		return program{}, err
	}
	if !filepath.IsAbs(path) {
		return program{}, fmt.Errorf("%q is no full path", path)
	}
	info, err := os.Stat(path)
	return program{path, path, info}, err
}

func (s system) cgroup(int) (string, error) { return "", nil }

func (s system) handsOn(int, int) bool { return false }

func (s system) began(p process) (time.Time, error) { return time.UnixMicro(int64(p.start)), nil }

// An end is the other end of a connection.
type end struct{ pid int }

func (e end) close() {}

// gone is for where the kernel gives more than a number: here the start time has to do.
func (e end) gone() bool { return false }

// other is the process that connected.
func (s system) other(conn *net.UnixConn) (end, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return end{}, err
	}
	var pid int
	var cred *unix.Xucred
	var errPID, errCred error
	if err := raw.Control(func(fd uintptr) {
		pid, errPID = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		cred, errCred = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	}); err != nil {
		return end{}, err
	}
	switch {
	case errPID != nil || errCred != nil || pid <= 0:
		return end{}, errors.New("the process that asked to has ended")
	case int(cred.Uid) != os.Getuid():
		return end{}, fmt.Errorf("this process belongs to user %d", cred.Uid)
	}
	return end{pid}, nil
}
