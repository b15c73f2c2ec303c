package child

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reapFlags: awaitAnyExit does the waiting, so that a process is reaped only under the supervisor's mutex, and the
// number of a group is never signalled after the system could give it to another.
const reapFlags = syscall.WNOHANG

func awaitAnyExit() { waitNoReap(unix.P_ALL, 0) }

func awaitExit(pid int) { waitNoReap(unix.P_PID, pid) }

func waitNoReap(kind, id int) {
	for unix.Waitid(kind, id, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// harden makes this process the one to which the child's orphans fall, closes its memory, which is going to hold the
// child's environment, and lets no descriptor that the client left open reach the child.
func harden() {
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	// Executed as /proc/self/exe, the process would be called "exe" in top and killall.
	name := []byte("sallyport\x00")
	unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) != nil {
		closeOnExec("/proc/self/fd")
	}
}

// signal reaches the group, and once its leader has ended all that descends from here. SIGCONT follows, for a stopped
// process does not see a signal before it goes on.
func (s *supervisor) signal(sig syscall.Signal) {
	if s.signalGroup(sig) {
		if sig == syscall.SIGTERM || sig == syscall.SIGHUP {
			s.signalGroup(syscall.SIGCONT)
		}
		return
	}
	for _, d := range descendants() {
		d.signal(sig)
		if sig == syscall.SIGTERM || sig == syscall.SIGHUP {
			d.signal(syscall.SIGCONT)
		}
	}
}

// empty is asked when no child process is left; a subreaper then has no descendants either.
func (s *supervisor) empty() bool { return true }

// killAll ends every descendant, and counts those that it could not end. Each round stops them all first, so that none
// can start another between being listed and being killed.
func (s *supervisor) killAll() (left int) {
	within(s.none, func() bool {
		if wait(s.none, 0) {
			return true
		}
		// Without /proc this is all we can do, and with it it is the quickest.
		s.signalGroup(syscall.SIGKILL)
		for _, d := range freeze() {
			d.signal(syscall.SIGKILL)
		}
		return false
	})
	if wait(s.none, 0) {
		return 0
	}
	return max(1, len(descendants()))
}

// freeze stops all descendants, and those that they started meanwhile, and lists them. The rounds are limited because
// one that may not be stopped, another user's, can go on starting others.
func freeze() []process {
	stopped := make(map[int]bool)
	list := descendants()
	for range 20 {
		fresh := false
		for _, d := range list {
			if !stopped[d.pid] {
				stopped[d.pid], fresh = true, true
				d.signal(syscall.SIGSTOP)
			}
		}
		if !fresh {
			break
		}
		list = descendants()
	}
	return list
}

// process is a descendant, told apart from a later one of the same number by when it started.
type process struct {
	pid, parent int
	start       string
}

// signal uses a pidfd, so that a number that changed hands since the listing is not hit. Kernels before 5.3 have none;
// there the race of a few microseconds is accepted.
func (d process) signal(sig syscall.Signal) {
	fd, err := unix.PidfdOpen(d.pid, 0)
	if err == unix.ENOSYS || err == unix.EPERM {
		syscall.Kill(d.pid, sig)
		return
	}
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if now, ok := readProcess(d.pid); ok && now.start == d.start {
		unix.PidfdSendSignal(fd, sig, nil, 0)
	}
}

// descendants lists the living processes below this one.
func descendants() []process {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // what was read before an error is better than nothing
	children := make(map[int][]process)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, ok := readProcess(pid); ok {
			children[p.parent] = append(children[p.parent], p)
		}
	}
	list := children[os.Getpid()]
	for i := 0; i < len(list); i++ {
		list = append(list, children[list[i].pid]...)
	}
	return list
}

// readProcess reads /proc/PID/stat; a zombie does not count.
func readProcess(pid int) (process, bool) {
	fd, err := syscall.Open("/proc/"+strconv.Itoa(pid)+"/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return process{}, false
	}
	defer syscall.Close(fd)
	var buf [1024]byte
	n, err := syscall.Read(fd, buf[:])
	if err != nil {
		return process{}, false
	}
	return parseStat(pid, buf[:n])
}

// parseStat takes state (3rd), parent (4th) and start time (22nd field). The 2nd is a name in parentheses that may hold
// anything, parentheses too, so fields are counted from the last one.
func parseStat(pid int, b []byte) (process, bool) {
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return process{}, false
	}
	f := bytes.Fields(b[i+1:])
	if len(f) < 20 || f[0][0] == 'Z' || f[0][0] == 'X' {
		return process{}, false
	}
	parent, err := strconv.Atoi(string(f[1]))
	return process{pid: pid, parent: parent, start: string(f[19])}, err == nil
}
