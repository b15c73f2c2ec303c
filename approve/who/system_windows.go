package who

import (
	"errors"
	"net"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// What this system shows of processes, and whether one of ours that does not show its environment is refused.
const seesTerminals, seesEnvironments, mustShow = false, false, false

// A system is where processes are looked up: a snapshot of them all.
type system struct{}

func thisSystem() system { return system{} }

// look finds a process. Its parent is 0 where that has ended, for its number stays and may be another's by now.
func (s system) look(pid int) (process, error) {
	all, err := snapshot()
	if err != nil {
		return process{}, err
	}
	entry, ok := all[uint32(pid)]
	if !ok {
		return process{}, errors.New("there is no such process")
	}
	p := process{pid: pid, name: windows.UTF16ToString(entry.ExeFile[:])}
	if p.start, p.uid, err = startAndUser(uint32(pid)); err != nil {
		return process{}, err
	}
	if _, ok := all[entry.ParentProcessID]; !ok || entry.ParentProcessID == uint32(pid) {
		return p, nil
	}
	if start, _, err := startAndUser(entry.ParentProcessID); err == nil && start <= p.start {
		p.parent = int(entry.ParentProcessID)
	}
	return p, nil
}

func snapshot() (map[uint32]windows.ProcessEntry32, error) {
	h, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(h)
	all := map[uint32]windows.ProcessEntry32{}
	e := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(h, &e); err == nil; err = windows.Process32Next(h, &e) {
		all[e.ProcessID] = e
	}
	return all, nil
}

// startAndUser are when a process started, in units of 100 ns, and whether it is ours: uid is 0 for our own user, 1 for another.
func startAndUser(pid uint32) (start uint64, uid int, err error) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err == windows.ERROR_ACCESS_DENIED {
		return 0, 1, nil // a process of the system's, and older than all that it starts
	}
	if err != nil {
		return 0, 1, err
	}
	defer windows.CloseHandle(h)
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(h, &created, &exited, &kernel, &user); err != nil {
		return 0, 1, err
	}
	start = uint64(created.HighDateTime)<<32 | uint64(created.LowDateTime)
	var token windows.Token
	if err := windows.OpenProcessToken(h, windows.TOKEN_QUERY, &token); err != nil {
		return start, 1, nil
	}
	defer token.Close()
	theirs, err := token.GetTokenUser()
	if err != nil {
		return start, 1, nil
	}
	ours, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil || !windows.EqualSid(ours.User.Sid, theirs.User.Sid) {
		return start, 1, nil
	}
	return start, 0, nil
}

func (s system) environ(int) ([]byte, error) { return nil, errors.New("it is not shown") }

func (s system) commandLine(int) []string { return nil }

func (s system) path(pid int) (string, error) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return "", err
	}
	defer windows.CloseHandle(h)
	buf := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(buf))
	if err := windows.QueryFullProcessImageName(h, 0, &buf[0], &n); err != nil {
		return "", err
	}
	return windows.UTF16ToString(buf[:n]), nil
}

// program is what a process runs, by its path: a program that runs cannot be replaced, only renamed.
func (s system) program(pid int) (program, error) {
	path, err := s.path(pid)
	if err != nil {
		return program{}, err
	}
	info, err := os.Stat(path)
	return program{path, path, info}, err
}

func (s system) cgroup(int) (string, error) { return "", nil }

func (s system) handsOn(int, int) bool { return false }

func (s system) began(p process) (time.Time, error) {
	t := windows.Filetime{LowDateTime: uint32(p.start), HighDateTime: uint32(p.start >> 32)}
	return time.Unix(0, t.Nanoseconds()), nil
}

// An end is the other end of a connection.
type end struct{ pid int }

func (e end) close() {}

// gone is for where the kernel gives more than a number: here the start time has to do.
func (e end) gone() bool { return false }

// peerPID is SIO_AF_UNIX_GETPEERPID.
const peerPID = 0x58000100

// other is the process that connected.
func (s system) other(conn *net.UnixConn) (end, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return end{}, err
	}
	var pid, n uint32
	var errPID error
	if err := raw.Control(func(fd uintptr) {
		errPID = windows.WSAIoctl(windows.Handle(fd), peerPID, nil, 0, (*byte)(unsafe.Pointer(&pid)), uint32(unsafe.Sizeof(pid)), &n, nil, 0)
	}); err != nil {
		return end{}, err
	}
	if errPID != nil || n != uint32(unsafe.Sizeof(pid)) || pid == 0 {
		return end{}, errors.New("this system does not say which process asks to; answer the dialog")
	}
	return end{int(pid)}, nil
}
