//go:build unix

package keyring

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

// program is a command in a process group of its own, which ends as a whole when ctx does.
func program(ctx context.Context, path string, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, argv[1:]...)
	cmd.Args[0] = argv[0]
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

func readableByOthers(path string) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o077 != 0, err
}
