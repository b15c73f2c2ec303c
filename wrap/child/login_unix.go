//go:build unix

package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	loginLimit = 4 * time.Second
	// loginMarker is set while the login shell runs, so that start files can leave out what takes long.
	loginMarker = "SALLYPORT_LOGIN_SHELL=1"
	// loginScript needs little of the login shell's own syntax: to start one program with one quoted argument, and to
	// redirect its output (which the program cannot: an interactive bash closes 3 to it). Descriptor 3 keeps apart what
	// start files print.
	loginScript = `/bin/sh -c 'printf "%s\0" "$PATH"' >/dev/fd/3`
)

// account is the user's entry in the password database: the client's variables can name any home and any shell.
type account struct{ name, home, shell string }

func loginShellPath() (string, error) {
	a, err := ownAccount()
	if err != nil {
		return "", err
	}
	return a.path(loginLimit)
}

// path asks the account's login shell for its PATH. Its environment is the account's alone: nothing that a client's
// configuration sets, and no secret, reaches the start files. It has a session of its own, for an interactive shell that
// shares a terminal's session is stopped when it asks for the terminal.
func (a account) path(limit time.Duration) (string, error) {
	shell := filepath.Base(a.shell)
	if !filepath.IsAbs(a.shell) || shell == "nologin" || shell == "false" {
		return "", fmt.Errorf("the account %q has no login shell to ask (%q)", a.name, a.shell)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return "", fmt.Errorf("asking the login shell %q for PATH: %v", a.shell, err)
	}
	defer r.Close()
	cmd := exec.Command(a.shell, loginFlags(shell), loginScript)
	cmd.Env = []string{
		"HOME=" + a.home, "USER=" + a.name, "LOGNAME=" + a.name, "SHELL=" + a.shell, "TERM=dumb",
		"PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", loginMarker,
	}
	cmd.Dir = "/" // not a folder that may hold a cloned repository's start files
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return "", fmt.Errorf("asking the login shell %q for PATH: %v", a.shell, reason(err))
	}
	path, err := answer(cmd, r, limit)
	if err != nil {
		return "", fmt.Errorf("the login shell %q gave no PATH: %v", a.shell, err)
	}
	return path, nil
}

// loginFlags: nvm and the like stand behind bash's test for an interactive shell, so that -l alone misses them, and -i
// alone misses the profiles. The C shells take no -l beside -c.
func loginFlags(shell string) string {
	switch shell {
	case "bash", "zsh", "fish":
		return "-lic"
	case "csh", "tcsh":
		return "-c"
	}
	return "-lc"
}

// answer reads up to the NUL that ends PATH. A shell that does not end then is killed with its group; what start files
// put into the background of one that does end stays, as it would after closing a terminal. Such a process may hold the
// pipe open, so the end of the shell ends the reading as well.
func answer(cmd *exec.Cmd, r *os.File, limit time.Duration) (string, error) {
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		// What the shell's last command wrote is in the pipe by now.
		r.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		close(ended)
	}()
	r.SetReadDeadline(time.Now().Add(limit))
	text, err := readRecord(r)
	late := errors.Is(err, os.ErrDeadlineExceeded) && !wait(ended, 0)
	if err == nil {
		wait(ended, limit/8) // its logout files may run
	}
	if !wait(ended, 0) {
		// The leader is not reaped yet, or just was: its number cannot be another group's already.
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	}
	switch {
	case late:
		return "", fmt.Errorf("it took longer than %v; look at its start files", limit)
	case err != nil:
		return "", errors.New("it ended without a word; a start file that ends in \"exec\" or \"exit\" does that")
	case text == "":
		return "", errors.New("it is empty there")
	}
	return text, nil
}

const maxPath = 1 << 20

func readRecord(r io.Reader) (string, error) {
	var all []byte
	buf := make([]byte, 4096)
	for len(all) < maxPath {
		n, err := r.Read(buf)
		all = append(all, buf[:n]...)
		if i := bytes.IndexByte(all, 0); i >= 0 {
			return string(all[:i]), nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", errors.New("more than 1 MiB")
}

// ownAccount reads /etc/passwd, else asks the system's directory by its own program. $SHELL is the last resort, and
// only if the system lists it as a shell.
func ownAccount() (account, error) {
	uid := strconv.Itoa(os.Getuid())
	if text, err := os.ReadFile("/etc/passwd"); err == nil {
		if a, ok := parsePasswd(string(text), uid); ok {
			return a, nil
		}
	}
	ask := []string{"/usr/bin/id", "-P"}
	if runtime.GOOS == "linux" {
		ask = []string{"/usr/bin/getent", "passwd", uid}
	}
	ctx, cancel := context.WithTimeout(context.Background(), loginLimit/2)
	defer cancel()
	cmd := exec.CommandContext(ctx, ask[0], ask[1:]...)
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second
	if text, err := cmd.Output(); err == nil {
		if a, ok := parsePasswd(string(text), uid); ok {
			return a, nil
		}
	}
	shell, home := os.Getenv("SHELL"), os.Getenv("HOME")
	if listed, err := os.ReadFile("/etc/shells"); err == nil && home != "" &&
		slices.Contains(strings.Fields(string(listed)), shell) {
		return account{name: os.Getenv("USER"), home: home, shell: shell}, nil
	}
	return account{}, fmt.Errorf("there is no login shell to ask: user id %s has no entry in the password database", uid)
}

// parsePasswd finds the entry of uid. Home and shell are the last two fields, of seven in /etc/passwd and of ten in what
// the BSDs' "id -P" prints. An entry without a shell means /bin/sh.
func parsePasswd(text, uid string) (account, bool) {
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		n := len(f)
		if n < 7 || f[2] != uid || strings.HasPrefix(line, "#") {
			continue
		}
		a := account{name: f[0], home: f[n-2], shell: f[n-1]}
		if a.shell == "" {
			a.shell = "/bin/sh"
		}
		return a, true
	}
	return account{}, false
}
