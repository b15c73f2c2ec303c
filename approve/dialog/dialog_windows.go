package dialog

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/windows"
)

func (d *Dialogs) find([]string) error {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return err
	}
	path := filepath.Join(system, "WindowsPowerShell", "v1.0", "powershell.exe")
	if _, err := os.Stat(path); err != nil {
		return errors.New("there is no powershell")
	}
	d.tool = tool{"powershell", path, ask, verdict}
	d.env = []string{"SystemRoot=" + filepath.Dir(system), "PATH=" + system}
	return nil
}

// The script is fixed; what a server says reaches it as variables. Yes is 6, No is 7; the second button is preselected.
const script = `Add-Type -AssemblyName System.Windows.Forms
exit [int][System.Windows.Forms.MessageBox]::Show($env:SALLYPORT_TEXT, $env:SALLYPORT_TITLE, 'YesNo', 'Warning', 'Button2')`

func ask(d *Dialogs, ctx context.Context, title, text string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, d.tool.path, "-NoProfile", "-NonInteractive", "-STA", "-Command", script)
	cmd.Env = []string{"SALLYPORT_TITLE=" + title, "SALLYPORT_TEXT=" + text + "\nYes allows it once."}
	return cmd
}

func verdict(status int, _ string) Verdict {
	switch status {
	case 6:
		return Once
	case 7:
		return Deny
	}
	return None
}

func (d *Dialogs) notification(ctx context.Context, _, _ string) *exec.Cmd {
	return exec.CommandContext(ctx, d.notify)
}

func apart(*exec.Cmd) {}
