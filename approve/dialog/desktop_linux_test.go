package dialog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestDisplaysOfThisMachineOnly(t *testing.T) {
	s := staged(t, map[string]string{"zenity": ""})
	if err := syscall.Mknod(filepath.Join(s.runtime, "wayland-0"), syscall.S_IFSOCK|0o600, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.runtime, "wayland-1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for variable, want := range map[string]bool{
		"DISPLAY=:0": true, "DISPLAY=:0.0": true, "DISPLAY=:1024": true, "WAYLAND_DISPLAY=wayland-0": true,
		"": false, "DISPLAY=": false, "DISPLAY=localhost:10.0": false, "DISPLAY=evil.example:0": false, "DISPLAY=tcp/evil.example:0": false,
		"DISPLAY=unix/x:0": false, "DISPLAY=/tmp/evil:0": false, "DISPLAY=:0/../x": false, "DISPLAY=:0\nX=y": false, "DISPLAY=:999999": false,
		"WAYLAND_DISPLAY=/tmp/wayland-0": false, "WAYLAND_DISPLAY=../wayland-0": false, "WAYLAND_DISPLAY=wayland-1": false, "WAYLAND_DISPLAY=wayland-2": false,
	} {
		d, err := s.find([]string{variable})
		if (err == nil) != want || (d.Name() == "zenity") != want {
			t.Errorf("%q: %v", variable, err)
		}
		if want && !slices.Contains(d.env, variable) {
			t.Errorf("%q does not reach the program", variable)
		}
	}
	if d, err := Find([]string{"DISPLAY=evil.example:0"}); d != nil || err == nil {
		t.Errorf("the display of another machine is used: %v", err)
	}
	if _, err := s.find(nil); err == nil || err.Error() != "looking for a display of this machine: DISPLAY and WAYLAND_DISPLAY name none" {
		t.Error(err)
	}
}

func TestTheSessionBusOfThisPersonOnly(t *testing.T) {
	s := staged(t, nil)
	usual := "unix:path=" + s.runtime + "/bus"
	if got := s.bus(usual); got != "" {
		t.Errorf("a bus that is not there: %q", got)
	}
	withBus(t, s)
	if err := syscall.Mknod(filepath.Join(s.runtime, "dbus-x"), syscall.S_IFSOCK|0o600, 0); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(s.seen, "bus")
	if err := syscall.Mknod(outside, syscall.S_IFSOCK|0o600, 0); err != nil {
		t.Fatal(err)
	}
	guid := ",guid=" + strings.Repeat("0a", 16)
	for address, want := range map[string]string{
		"": usual, usual: usual, usual + guid: usual + guid,
		"unix:path=" + s.runtime + "/dbus-x":                  "unix:path=" + s.runtime + "/dbus-x",
		"unix:path=" + outside:                                usual,
		"unix:path=" + s.runtime + "/../seen/bus":             usual,
		"unixexec:path=/bin/sh":                               usual,
		"tcp:host=evil.example,port=1":                        usual,
		"unix:abstract=/tmp/x":                                usual,
		"unix:path=" + outside + ";" + usual:                  usual,
		usual + ";tcp:host=evil.example":                      usual,
		"unix:path=" + s.runtime + "/%2e%2e/seen/bus":         usual,
		"unix:path=" + s.runtime + "/dbus-x,guid=x":           usual,
		"launchd:env=X":                                       usual,
		"autolaunch:":                                         usual,
		"unix:path=" + s.runtime + "/dbus-x\nLD_PRELOAD=evil": usual,
	} {
		if got := s.bus(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	if err := os.Chmod(s.runtime, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := s.bus(usual); got != "" {
		t.Errorf("a folder that others can read: %q", got)
	}
}

func TestProgramsThatOthersCanReplaceAreNotStarted(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, s *stage, path string) error{
		"writable by others":  func(_ *testing.T, _ *stage, path string) error { return os.Chmod(path, 0o757) },
		"writable by a group": func(_ *testing.T, _ *stage, path string) error { return os.Chmod(path, 0o775) },
		"not executable":      func(_ *testing.T, _ *stage, path string) error { return os.Chmod(path, 0o644) },
		"in a folder that others can write": func(_ *testing.T, s *stage, _ string) error {
			return os.Chmod(s.folders[0], 0o777)
		},
		"of somebody else": func(_ *testing.T, s *stage, _ string) error {
			s.owner++
			return nil
		},
		"a folder": func(_ *testing.T, _ *stage, path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o755)
		},
		"a link to what others can replace": func(t *testing.T, _ *stage, path string) error {
			loose := t.TempDir()
			if err := os.Chmod(loose, 0o777); err != nil {
				return err
			}
			to := filepath.Join(loose, "zenity")
			if err := os.Rename(path, to); err != nil {
				return err
			}
			return os.Symlink(to, path)
		},
		"only in PATH": func(t *testing.T, s *stage, _ string) error {
			s.environ = append(s.environ, "PATH="+s.folders[0])
			s.folders = []string{t.TempDir()}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := staged(t, map[string]string{"zenity": ""})
			if err := change(t, &s, filepath.Join(s.folders[0], "zenity")); err != nil {
				t.Fatal(err)
			}
			if d, err := s.find(s.environ); err == nil || d.Name() != "" {
				t.Errorf("%q is used", d.program.path)
			}
		})
	}
}

func TestTheDesktopsOwnProgramGoesFirst(t *testing.T) {
	s := staged(t, map[string]string{"zenity": "", "kdialog": ""})
	for desktop, want := range map[string]string{"": "zenity", "ubuntu:GNOME": "zenity", "KDE": "kdialog", "X-Other:KDE": "kdialog", "KDEx": "zenity"} {
		d, err := s.find(append(s.environ, "XDG_CURRENT_DESKTOP="+desktop))
		if err != nil || d.Name() != want {
			t.Errorf("%q: %q, %v", desktop, d.Name(), err)
		}
	}
}

func TestTheAuthorityOfADisplayIsAFileOfThisPerson(t *testing.T) {
	s := staged(t, nil)
	own := filepath.Join(s.home, "x y")
	if err := os.WriteFile(own, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(own, own+"-link"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{own: true, own + "-link": false, own + "\n": false, s.home: false, "x y": false, s.home + "/../home/x y": false, "": false} {
		e, err := s.environment([]string{"DISPLAY=:1", "XAUTHORITY=" + path})
		if err != nil || slices.Contains(e.list, "XAUTHORITY="+path) != want {
			t.Errorf("%q: %q, %v", path, e.list, err)
		}
	}
}
