//go:build unix

package origin

import (
	"os/exec"
	"syscall"
)

// openNonblock keeps an open from waiting for the other end of a FIFO.
const openNonblock = syscall.O_NONBLOCK

// group puts what cmd starts into a process group of its own, so that the end of the context reaches install scripts too.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
