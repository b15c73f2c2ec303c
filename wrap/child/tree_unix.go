//go:build unix && !linux

package child

import "syscall"

// Between the reaping of the child and the note of it, its group's number is free in theory. The race is accepted:
// waitid with WNOWAIT is not to be had everywhere, and a number is not given out again while its group has members.
const reapFlags = 0

func awaitAnyExit() {}

func awaitExit(pid int) {
	for {
		if _, err := syscall.Wait4(pid, nil, 0, nil); err != syscall.EINTR {
			return
		}
	}
}

func childAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func harden() { closeOnExec("/dev/fd") }

// signal reaches the child's group, also when the child has ended and others of the group have not.
func (s *supervisor) signal(sig syscall.Signal) {
	syscall.Kill(-s.pid, sig)
	if sig == syscall.SIGTERM || sig == syscall.SIGHUP {
		syscall.Kill(-s.pid, syscall.SIGCONT)
	}
}

// empty is asked when the child has been reaped: others of its group may live on.
func (s *supervisor) empty() bool { return syscall.Kill(-s.pid, 0) == syscall.ESRCH }

// killAll kills the group, which is all that these systems let us find, and reports whether any of it is left.
func (s *supervisor) killAll() (left int) {
	within(nil, func() bool {
		left = 1
		if syscall.Kill(-s.pid, syscall.SIGKILL) == syscall.ESRCH {
			left = 0
		}
		return left == 0
	})
	return left
}
