//go:build unix

package card

import (
	"path/filepath"
	"syscall"
	"testing"
)

func TestAPipeAsTargetIsNotOpened(t *testing.T) {
	w := newWorld(t)
	p := filepath.Join(w.project, "pipe")
	if err := syscall.Mkfifo(p, 0o600); err != nil {
		t.Skip(err)
	}
	card := Of(w.call(t, "filesystem", "write_file", writeArgs(p, "x")))
	want(t, said(card, "now"), "a named pipe")
}

func TestOpeningAPipeDoesNotWait(t *testing.T) {
	p := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(p, 0o600); err != nil {
		t.Skip(err)
	}
	f, err := openTarget(p) // as if it had been put there after the look
	if err == nil {
		f.Close()
	}
	if _, _, err := hashFile(p, 1<<20); err == nil {
		t.Error("a pipe was hashed")
	}
}

func TestASymlinkIsNotOpened(t *testing.T) {
	w := newWorld(t)
	p := filepath.Join(w.project, "link")
	if err := syscall.Symlink("notes.txt", p); err != nil {
		t.Skip(err)
	}
	if f, err := openTarget(p); err == nil {
		f.Close()
		t.Error("a symlink was followed")
	}
	if got := read(p); got.what != "a symlink" || got.data != nil {
		t.Errorf("read gave %+v", got)
	}
}
