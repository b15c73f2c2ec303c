package dialog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// folders are where the system keeps its programs; tests put others in their place.
var folders = []string{"/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"}

// trusted is who may own a program that asks people; tests run as somebody else.
var trusted uint32

// program finds a program that nobody but the system's owner can have put there.
func program(name string) string {
	for _, dir := range folders {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 || info.Mode().Perm()&0o022 != 0 {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid == trusted {
			return path
		}
	}
	return ""
}

// variables are what a program of the desktop needs, and the form that each may have: displays of this machine only.
func variables() map[string]*regexp.Regexp {
	forms := map[string]*regexp.Regexp{}
	for name, form := range map[string]string{
		"DISPLAY":                  `^:[0-9]+(\.[0-9]+)?$`,
		"WAYLAND_DISPLAY":          `^[A-Za-z0-9_-]+$`,
		"XAUTHORITY":               `^/[^\x00]*$`,
		"XDG_SESSION_TYPE":         `^[a-z0-9]+$`,
		"XDG_CURRENT_DESKTOP":      `^[A-Za-z0-9:_-]+$`,
		"LANG":                     `^[A-Za-z0-9_.@-]+$`,
		"LC_ALL":                   `^[A-Za-z0-9_.@-]+$`,
		"DBUS_SESSION_BUS_ADDRESS": fmt.Sprintf(`^unix:path=/run/user/%d/bus$`, os.Getuid()),
	} {
		forms[name] = regexp.MustCompile(form)
	}
	return forms
}

func (d *Dialogs) find(environ []string) error {
	display, forms := false, variables()
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		form := forms[name]
		if form == nil || !form.MatchString(value) {
			continue
		}
		d.env = append(d.env, v)
		display = display || name == "DISPLAY" || name == "WAYLAND_DISPLAY"
	}
	if !display {
		return errors.New("there is no display: the client has none, or one of another machine")
	}
	d.env = append(d.env, "PATH=/usr/bin:/bin", "NO_AT_BRIDGE=1", fmt.Sprintf("XDG_RUNTIME_DIR=/run/user/%d", os.Getuid()))
	d.notify = program("notify-send")
	switch {
	case program("zenity") != "":
		d.tool = tool{"zenity", program("zenity"), zenity, zenityVerdict}
	case program("kdialog") != "":
		d.tool = tool{"kdialog", program("kdialog"), kdialog, kdialogVerdict}
	case d.notify == "":
		return errors.New("there is neither zenity nor kdialog nor notify-send")
	}
	return nil
}

// The labels of zenity's buttons; the extra one is printed when it is pressed.
const (
	labelOnce    = "Allow once"
	labelSession = "Allow for this session"
	labelDeny    = "Deny"
)

func zenity(d *Dialogs, ctx context.Context, title, text string) *exec.Cmd {
	return exec.CommandContext(ctx, d.tool.path, "--question", "--no-markup", "--default-cancel", "--no-wrap", "--title="+title, "--text="+text,
		"--ok-label="+labelOnce, "--cancel-label="+labelDeny, "--extra-button="+labelSession)
}

func zenityVerdict(status int, out string) Verdict {
	switch {
	case status == 0 && out == "":
		return Once
	case status == 1 && out == labelSession:
		return Session
	case status == 1 && out == "":
		return Deny
	}
	return None
}

// kdialog takes what looks like markup for it, so nothing that does is left.
var plainText = strings.NewReplacer("<", "‹", ">", "›", "&", "＆")

func kdialog(d *Dialogs, ctx context.Context, title, text string) *exec.Cmd {
	return exec.CommandContext(ctx, d.tool.path, "--title="+plainText.Replace(title), "--yes-label="+labelOnce, "--no-label="+labelSession, "--cancel-label="+labelDeny,
		"--default=cancel", "--warningyesnocancel="+plainText.Replace(text))
}

func kdialogVerdict(status int, _ string) Verdict {
	switch status {
	case 0:
		return Once
	case 1:
		return Session
	case 2:
		return Deny
	}
	return None
}

// pango is the markup of notifications.
var pango = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (d *Dialogs) notification(ctx context.Context, title, text string) *exec.Cmd {
	return exec.CommandContext(ctx, d.notify, "--app-name=sallyport", "--", title, pango.Replace(text))
}

// apart keeps the signals of a terminal from a program.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
