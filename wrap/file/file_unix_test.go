//go:build unix

package file

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func mode(t testing.TB, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func symlink(t testing.TB, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func TestWriteFileGivesPermissionsToNewFilesOnly(t *testing.T) {
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "f")
	for _, perm := range []os.FileMode{0o644, 0o600} {
		if err := WriteFile(path, nil, perm); err != nil {
			t.Fatal(err)
		}
		if got := mode(t, path); got != 0o644 {
			t.Errorf("mode %04o after writing with %04o, want 0644", got, perm)
		}
	}
}

func TestWriteFileReplacesTheTargetOfASymlink(t *testing.T) {
	dir := t.TempDir()
	target, link, chain := filepath.Join(dir, "dotfiles"), filepath.Join(dir, "link"), filepath.Join(dir, "chain")
	write(t, target, "old", 0o640)
	symlink(t, "dotfiles", link)
	symlink(t, link, chain)
	if err := WriteFile(chain, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := content(t, target); got != "new" || mode(t, target) != 0o640 {
		t.Errorf("target has %q, mode %04o", got, mode(t, target))
	}
	for _, l := range []string{link, chain} {
		if info, err := os.Lstat(l); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no symlink any more: %v", l, err)
		}
	}
}

// odd makes things at path that are no regular files of this user.
var odd = []struct {
	name string
	make func(t *testing.T, path string)
	want string
}{
	{"named pipe", func(t *testing.T, path string) {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}, "a named pipe, not a regular file"},
	{"socket", func(t *testing.T, path string) {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { l.Close() })
	}, "a socket, not a regular file"},
	{"link to a device", func(t *testing.T, path string) { symlink(t, "/dev/null", path) }, "a device, not a regular file"},
	{"link to a folder", func(t *testing.T, path string) { symlink(t, ".", path) }, "a folder, not a regular file"},
	{"link to itself", func(t *testing.T, path string) { symlink(t, filepath.Base(path), path) }, "links"},
	{"another user's file", func(t *testing.T, path string) {
		write(t, path, "x", 0o644)
		if err := os.Chown(path, 12345, -1); err != nil {
			t.Skip("only root can give a file away")
		}
	}, "it belongs to user 12345, not to you"},
	{"link to another user's file", func(t *testing.T, path string) {
		write(t, path+".target", "x", 0o644)
		if err := os.Chown(path+".target", 12345, -1); err != nil {
			t.Skip("only root can give a file away")
		}
		symlink(t, path+".target", path)
	}, "it belongs to user 12345, not to you"},
}

func TestOddTargetsAreRefused(t *testing.T) {
	for _, tt := range odd {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			tt.make(t, path)
			before, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, WriteFile(path, []byte("new"), 0o600), tt.want)
			_, err = ReadFile(path, 100)
			wantError(t, err, tt.want)
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("it was replaced: %v", err)
			}
		})
	}
}

func TestDanglingSymlinkIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	symlink(t, "nothing", path)
	wantError(t, WriteFile(path, nil, 0o600), "it is a symlink to nothing; create its target or remove it")
}

func TestReadFileRefusesWhatOthersMayWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with space")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path, link := filepath.Join(dir, "f"), filepath.Join(dir, "link")
	symlink(t, "f", link)
	for _, m := range []os.FileMode{0o620, 0o602, 0o666} {
		write(t, path, "x", m)
		for _, p := range []string{path, link} {
			_, err := ReadFile(p, 100)
			wantError(t, err, "run: chmod go-w '"+p+"'")
		}
	}
	write(t, path, "x", 0o644)
	if _, err := ReadFile(link, 100); err != nil {
		t.Error(err)
	}
}

func TestFailedWriteLeavesTheOldFileAndNoOther(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	write(t, path, "old", 0o600)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	wantError(t, WriteFile(path, []byte("new"), 0o600), "permission denied")
	if got := content(t, path); got != "old" {
		t.Errorf("content %q", got)
	}
}

func TestMkdirPrivateRefusesFoldersOfOthers(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"open to the group", func(t *testing.T, path string) {
			if err := os.Chmod(path, 0o710); err != nil {
				t.Fatal(err)
			}
		}, "run: chmod 700 "},
		{"of another user", func(t *testing.T, path string) {
			if err := os.Chown(path, 12345, -1); err != nil {
				t.Skip("only root can give a folder away")
			}
		}, "it belongs to user 12345, not to you"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "d")
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
			tt.make(t, path)
			wantError(t, MkdirPrivate(path), tt.want)
		})
	}
	path := filepath.Join(t.TempDir(), "a", "b")
	if err := MkdirPrivate(path); err != nil {
		t.Fatal(err)
	}
	if a, b := mode(t, filepath.Dir(path)), mode(t, path); a != 0o700 || b != 0o700 {
		t.Errorf("modes %04o and %04o, want 0700", a, b)
	}
}

func TestErrorsNameThePathOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "f")
	for name, err := range map[string]error{
		"read":  func() error { _, err := ReadFile(path, 1); return err }(),
		"write": WriteFile(path, nil, 0o600),
		"lock":  func() error { _, err := Lock(path); return err }(),
	} {
		if n := strings.Count(err.Error(), "none"); n != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
