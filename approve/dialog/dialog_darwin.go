package dialog

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

const osascript = "/usr/bin/osascript"

func (d *Dialogs) find([]string) error {
	if _, err := os.Stat(osascript); err != nil {
		return errors.New("there is no osascript")
	}
	d.tool = tool{"osascript", osascript, ask, verdict}
	d.notify = osascript
	d.env = []string{"PATH=/usr/bin:/bin", "LANG=en_US.UTF-8"}
	return nil
}

// The scripts are fixed; what a server says reaches them as arguments.
const (
	askScript = `on run argv
	set answer to display dialog (item 2 of argv) with title (item 1 of argv) buttons {"Allow for this session", "Allow once", "Deny"} default button "Deny" cancel button "Deny" with icon caution
	return button returned of answer
end run`
	notifyScript = `on run argv
	display notification (item 2 of argv) with title (item 1 of argv)
end run`
)

func ask(d *Dialogs, ctx context.Context, title, text string) *exec.Cmd {
	return exec.CommandContext(ctx, osascript, "-e", askScript, "--", title, text)
}

func verdict(status int, out string) Verdict {
	switch {
	case status == 0 && out == "Allow once":
		return Once
	case status == 0 && out == "Allow for this session":
		return Session
	case status == 1:
		return Deny
	}
	return None
}

func (d *Dialogs) notification(ctx context.Context, title, text string) *exec.Cmd {
	return exec.CommandContext(ctx, osascript, "-e", notifyScript, "--", title, text)
}

func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
