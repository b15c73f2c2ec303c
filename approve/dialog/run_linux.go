package dialog

import (
	"os/exec"
	"syscall"
)

// apart keeps the signals of a terminal from a program, and ends it with this process, even where that is killed.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup kills a program and its group. It may run at the moment when the program has just been waited for; the number of its group
// would have to be in use again by then to hit another.
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// root is where programs run: not in the folder that the client works in.
func root() string { return "/" }
