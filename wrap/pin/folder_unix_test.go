//go:build unix

package pin

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFilesOfOthersAndOddOnesAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, want string
		make       func(f Folder, path string) error
	}{
		{"a file that the group can write", "write", func(f Folder, path string) error {
			return errors.Join(os.Rename(f.Path("s2"), path), os.Chmod(path, 0o660))
		}},
		{"a file that everybody can write", "write", func(f Folder, path string) error {
			return errors.Join(os.Rename(f.Path("s2"), path), os.Chmod(path, 0o602))
		}},
		{"a FIFO", "not a regular file", func(f Folder, path string) error { return syscall.Mkfifo(path, 0o600) }},
		{"a link to a FIFO", "not a regular file", func(f Folder, path string) error {
			return errors.Join(syscall.Mkfifo(filepath.Join(f.Home, "fifo"), 0o600), os.Symlink(filepath.Join(f.Home, "fifo"), path))
		}},
		{"a dangling link", "it is a link to what is not there", func(f Folder, path string) error { return os.Symlink(filepath.Join(f.Home, "none"), path) }},
		{"a link to itself", "it is a link to what is not there", func(f Folder, path string) error { return os.Symlink(path, path) }},
		{"a link to a device", "not under your home folder", func(f Folder, path string) error { return os.Symlink(os.DevNull, path) }},
		{"a link to the pin of another server", `it is of server "s2"`, func(f Folder, path string) error { return os.Symlink("s2.json", path) }},
		{"a folder that others can write", "others may write to the folder", func(f Folder, path string) error { return os.Chmod(f.Dir, 0o770) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := folder(t, "s2")
			if info, err := os.Stat(f.Path("s2")); err != nil || c.name == "a file that the group can write" && ownGroup(info) {
				t.Skip("the group is nobody else", err)
			}
			if err := c.make(f, f.Path("s")); err != nil {
				t.Fatal(err)
			}
			refused(t, f, c.want)
		})
	}
}

// ownGroup tells files of a group that is its user's alone, which may be writable for it.
func ownGroup(info os.FileInfo) bool {
	st := info.Sys().(*syscall.Stat_t)
	return st.Uid != 0 && st.Uid == st.Gid
}

func TestFilesThatCannotBeReadAreNoAbsenceOfPins(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	f := folder(t, "s")
	if err := os.Chmod(f.Path("s"), 0); err != nil {
		t.Fatal(err)
	}
	refused(t, f, "permission")
	if err := os.Chmod(f.Dir, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(f.Dir, 0o700)
	refused(t, f, "permission")
}

func TestLinksLeadOnlyToTheUsersOwnFiles(t *testing.T) {
	f := folder(t, "s")
	at := func(dir string) error {
		target := filepath.Join(dir, "elsewhere.json")
		data, err := os.ReadFile(f.Path("s"))
		return errors.Join(err, os.WriteFile(target, data, 0o600), os.Remove(f.Path("s")), os.Symlink(target, f.Path("s")))
	}
	if err := at(f.Home); err != nil {
		t.Fatal(err)
	}
	if p, err := f.Load("s"); err != nil || p == nil || p.Server != "s" {
		t.Errorf("a link to a file in the home folder: %v, %v", p, err)
	}
	if err := f.Update("s", func(p *Pin) (*Pin, error) { p = p.Clone(); p.Blocked = "why"; return p, nil }); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(f.Path("s")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
	if p, err := f.Load("s"); err != nil || p.Blocked != "why" {
		t.Errorf("a change through a link: %v, %v", p, err)
	}
	f.Home += "2" // a sibling whose name begins alike
	refused(t, f, "not under your home folder")
	f.Home = ""
	refused(t, f, "not under your home folder")
	f.Home = filepath.Join(f.Dir, "..", "..")
	if err := at(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	refused(t, f, "not under your home folder")
}

func TestFoldersThatAreLinksToNothingAreNoAbsenceOfPins(t *testing.T) {
	for _, c := range []struct{ name, link, dir string }{
		{"the folder itself", "pins", "pins"},
		{"a folder above", "config", "config/a/pins"},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			if err := os.Symlink(filepath.Join(home, "not mounted"), filepath.Join(home, c.link)); err != nil {
				t.Fatal(err)
			}
			f := Folder{Dir: filepath.Join(home, c.dir), Home: home}
			refused(t, f, "is a link to what is not there")
			if names, err := f.List(); names != nil || err == nil {
				t.Errorf("it has the pins %q, %v", names, err)
			}
			if err := os.Mkdir(filepath.Join(home, "not mounted"), 0o700); err != nil {
				t.Fatal(err)
			}
			if p, err := f.Load("s"); p != nil || err != nil {
				t.Errorf("with the folder there: %v, %v", p, err)
			}
		})
	}
}

func TestNewFilesAreTheUsersAlone(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	f := folder(t, "s")
	for path, want := range map[string]os.FileMode{f.Path("s"): 0o600, f.Dir: 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}
