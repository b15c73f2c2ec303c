package dialog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A stage is a system whose programs the test has put there, with a display.
type stage struct {
	system
	environ []string
	seen    string // where they write down how they were called: NAME.args, NAME.env, ended by NUL each
}

// staged makes a stage of programs: their names, and the shell commands they end with.
func staged(t *testing.T, programs map[string]string) stage {
	t.Helper()
	dir := t.TempDir()
	s := stage{
		system{[]string{filepath.Join(dir, "bin")}, uint32(os.Getuid()), filepath.Join(dir, "run"), filepath.Join(dir, "home")},
		[]string{"DISPLAY=:7"}, filepath.Join(dir, "seen"),
	}
	for _, folder := range []string{s.folders[0], s.seen, s.home} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(folder, 0o755); err != nil { // whatever the umask
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(s.runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, ending := range programs {
		to := filepath.Join(s.seen, name)
		text := "#!/bin/sh\nprintf '%s\\0' \"$@\" >" + to + ".part\nenv -0 >" + to + ".env\npwd >" + to + ".pwd\nmv " + to + ".part " + to + ".args\n" + ending + "\n"
		path := filepath.Join(s.folders[0], name)
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// dialogs finds the programs of a stage. Answers count at once.
func (s stage) dialogs(t *testing.T) *Dialogs {
	t.Helper()
	d, err := s.find(s.environ)
	if err != nil {
		t.Fatal(err)
	}
	d.guard = 0
	return d
}

// strings gives what a program has written down.
func (s stage) strings(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.seen, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}
