package dialog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

func find([]string) (*Dialogs, error) {
	path, err := powershell()
	if err != nil {
		return nil, fmt.Errorf("looking for a program that shows dialogs: %v", err)
	}
	system := root()
	return &Dialogs{
		program: program{"powershell", path, room{lines: 30, columns: 80, chars: 2000}, asksOnce, windowsDialog},
		env:     []string{"SystemRoot=" + filepath.Dir(system), "windir=" + filepath.Dir(system), "PATH=" + system},
		guard:   guardTime,
	}, nil
}

func powershell() (string, error) {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return "", err
	}
	path := filepath.Join(system, "WindowsPowerShell", "v1.0", "powershell.exe")
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("there is no %s", path)
	}
	return path, nil
}

// apart gives a program no console and keeps the signals of ours from it.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW}
}

// killGroup kills the program; it starts no others.
func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

// root is where programs run: not in the folder that the client works in.
func root() string {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return `C:\Windows\System32`
	}
	return system
}
