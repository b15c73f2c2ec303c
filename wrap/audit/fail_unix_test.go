//go:build linux || darwin

package audit

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// limitDir names the folder for the process that TestFullDisk starts with a limit on file sizes.
const limitDir = "AUDIT_TEST_LIMIT_DIR"

func TestFullDiskEndsTheSessionAndShowsWhere(t *testing.T) {
	if dir := os.Getenv(limitDir); dir != "" {
		logUntilFull(t, dir)
		return
	}
	dir := filepath.Join(t.TempDir(), "log")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), limitDir+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r := verifyDir(t, dir)
	s := r.Sessions[0]
	if r.Err() != nil || s.State != Unended {
		t.Fatalf("%v %+v", r.Err(), s)
	}
	if text := s.Findings[0].Text; s.Findings[0].Line != s.Lines+1 || !strings.Contains(text, "the last line is incomplete") {
		t.Errorf("%+v", s)
	}
	closeLog(t, openLog(t, filepath.Dir(dir), Session{ID: "next"}))
	if err := verifyDir(t, dir).Err(); err != nil {
		t.Error(err)
	}
}

// logUntilFull appends until the limit cuts a line, and checks what the log says then.
func logUntilFull(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	l, err := Open(dir, Session{ID: "full"})
	if err != nil {
		t.Fatal(err)
	}
	limit := syscall.Rlimit{Cur: 4000, Max: 4000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		l.Append(call())
		if err = l.Flush(); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("Flush: %v", err)
	}
	if again := l.Flush(); again != err {
		t.Errorf("Flush again: %v", again)
	}
	if again := l.Close("end of input"); again != err {
		t.Errorf("Close: %v", again)
	}
}

func TestFilesAndFolderAreForTheUserAlone(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	l := openLog(t, t.TempDir(), Session{})
	closeLog(t, l)
	for name, want := range map[string]os.FileMode{".": 0o700, "key": 0o600, lockName: 0o600, headsName: 0o600, l.name: 0o600} {
		info, err := os.Stat(filepath.Join(l.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %04o, want %04o", name, got, want)
		}
	}
}

func TestOpenRefusesWhatOthersCanUse(t *testing.T) {
	tests := []struct {
		name, file string
		mode       os.FileMode
		want       string
	}{
		{"a folder that others can list", ".", 0o750, "run: chmod 700 "},
		{"a key that others can read", "key", 0o640, "run: chmod 600 "},
		{"a key that others can write", "key", 0o620, "run: chmod go-w "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := openLog(t, t.TempDir(), Session{})
			closeLog(t, l)
			if err := os.Chmod(filepath.Join(l.dir, tt.file), tt.mode); err != nil {
				t.Fatal(err)
			}
			if l, err := Open(l.dir, Session{}); err == nil {
				l.Close("")
				t.Error("it opened")
			} else if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}
