package dialog

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

const osascript = "/usr/bin/osascript" // on the sealed volume of the system

func find([]string) (*Dialogs, error) {
	info, err := os.Lstat(osascript)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o022 != 0 {
		return nil, errors.New("looking for a program that shows dialogs: there is no " + osascript)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != 0 {
		return nil, errors.New("looking for a program that shows dialogs: " + osascript + " is not the system's")
	}
	return &Dialogs{
		program:  program{"osascript", osascript, room{lines: 24, columns: 60, chars: 1200}, asksSession, appleDialog},
		notifier: notifier{osascript, appleNote},
		env:      []string{"PATH=/usr/bin:/bin", "LANG=en_US.UTF-8"},
		guard:    guardTime,
	}, nil
}

// apart keeps the signals of a terminal from a program. The system has no way to end it where this process is killed: the script gives up.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills a program and its group. It may run at the moment when the program has just been waited for; the number of its group
// would have to be in use again by then to hit another.
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// root is where programs run: not in the folder that the client works in.
func root() string { return "/" }
