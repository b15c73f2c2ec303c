package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func write(t testing.TB, path, data string, perm os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), perm); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, perm); err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// wantError checks that err says want.
func wantError(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want one with %q", err, want)
	}
}

func TestWriteFileReplacesTheContentAndLeavesNothingElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, data := range []string{"first", "second and longer", ""} {
		if err := WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != data {
			t.Errorf("content %q, want %q", got, data)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestWriteFileRefusesAFolder(t *testing.T) {
	dir := t.TempDir()
	wantError(t, WriteFile(dir, nil, 0o600), "is a folder, not a regular file")
}

func TestWriteFileIntoMissingFolderMatchesNotExist(t *testing.T) {
	err := WriteFile(filepath.Join(t.TempDir(), "none", "f"), nil, 0o600)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestReadFileKeepsTheLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "12345", 0o600)
	if data, err := ReadFile(path, 5); err != nil || string(data) != "12345" {
		t.Errorf("%q, %v", data, err)
	}
	_, err := ReadFile(path, 4)
	wantError(t, err, "it is larger than 4 bytes")
	if _, err := ReadFile(path+"x", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	_, err = ReadFile(filepath.Dir(path), 4)
	wantError(t, err, "it is a folder, not a regular file")
}

func TestLockAdmitsOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var inside atomic.Int32 // the race detector does not know of file locks
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			unlock, err := Lock(path)
			if err != nil {
				t.Error(err)
				return
			}
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d at once", n)
			}
			inside.Add(-1)
			if err := unlock(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestLockGivesUpAndNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	synctest.Test(t, func(t *testing.T) {
		unlock, err := Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		_, err = Lock(path)
		wantError(t, err, `lock": another process has held it for 5s`)
	})
}

func TestHeldSeesOnlyAHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	holder, looker := open(), open()
	look := func(want bool) {
		t.Helper()
		// Twice: looking must not leave a lock behind.
		for range 2 {
			if got, err := Held(looker); got != want || err != nil {
				t.Errorf("held %v, %v; want %v", got, err, want)
			}
		}
	}
	look(false)
	if err := Hold(holder); err != nil {
		t.Fatal(err)
	}
	look(true)
	if _, err := holder.WriteString("the content stays free to write and read"); err != nil {
		t.Error(err)
	}
	if got := content(t, path); !strings.HasPrefix(got, "the content") {
		t.Errorf("content %q", got)
	}
	holder.Close()
	look(false)
}

func TestMkdirPrivateMakesAllMissingFolders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := MkdirPrivate(path); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(path, "f"), "", 0o600)
	if err := MkdirPrivate(filepath.Join(path, "f")); err == nil {
		t.Error("a file passed as a folder")
	}
}

func TestQuoteGivesOneWord(t *testing.T) {
	for in, want := range map[string]string{
		"/a/b-c.yaml": "/a/b-c.yaml",
		"":            "''",
		"-rf":         "'-rf'",
		"/a b":        "'/a b'",
		"/it's":       `'/it'\''s'`,
		"$(x)":        "'$(x)'",
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}
