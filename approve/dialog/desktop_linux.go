package dialog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// A system is what Find looks at; tests have another one.
type system struct {
	folders []string // of programs
	owner   uint32   // who may have put them there
	runtime string   // where this person's sockets are
	home    string
}

func find(environ []string) (*Dialogs, error) {
	uid := strconv.Itoa(os.Getuid())
	s := system{folders: []string{"/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"}, runtime: "/run/user/" + uid}
	// Not $HOME: what the desktop's libraries load is configured there.
	if u, err := user.LookupId(uid); err == nil {
		s.home = u.HomeDir
	}
	return s.find(environ)
}

func (s system) find(environ []string) (*Dialogs, error) {
	env, err := s.environment(environ)
	if err != nil {
		return nil, err
	}
	d := &Dialogs{env: env.list, guard: guardTime}
	if path := s.program("notify-send"); path != "" && env.bus {
		d.notifier = notifier{path, notifySend}
	}
	known := []program{
		{name: "zenity", room: wide, most: asksSession, command: zenity},
		{name: "kdialog", room: wide, most: asksSession, command: kdialog},
	}
	if env.kde {
		known[0], known[1] = known[1], known[0]
	}
	for _, p := range known {
		if p.path = s.program(p.name); p.path != "" {
			d.program = p
			return d, nil
		}
	}
	err = fmt.Errorf("looking for a program that shows dialogs: neither zenity nor kdialog is in %s; install one of them", strings.Join(s.folders, ", "))
	if d.notifier.path == "" {
		return nil, err
	}
	return d, err
}

// program finds a program that nobody but the system's owner can have put there or can change; "" for none.
func (s system) program(name string) string {
	for _, folder := range s.folders {
		path, err := filepath.EvalSymlinks(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		info, err := os.Stat(path)
		if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 && s.firm(info) && s.firmFolder(folder) && s.firmFolder(filepath.Dir(path)) {
			return path
		}
	}
	return ""
}

func (s system) firmFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() && s.firm(info)
}

// firm tells whether only the owner of the system's programs can write a file.
func (s system) firm(info fs.FileInfo) bool {
	return info.Mode().Perm()&0o022 == 0 && owned(info, s.owner)
}

func owned(info fs.FileInfo, uid uint32) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Uid == uid
}

// An environment is what the programs get, and what it says.
type environment struct {
	list []string
	bus  bool // of the session, where notifications go
	kde  bool
}

// The forms that variables may have. A display is one of this machine, a Wayland socket one in the person's own folder.
var (
	displayForm = regexp.MustCompile(`^:[0-9]{1,5}(\.[0-9]{1,2})?$`)
	waylandForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	wordsForm   = regexp.MustCompile(`^[A-Za-z0-9:_-]{1,100}$`)
	busForm     = regexp.MustCompile(`^unix:path=(/[A-Za-z0-9_./-]{1,200})(,guid=[0-9a-f]{32})?$`)
)

// environment makes the environment of the programs from that of the client. Nothing else of it reaches them.
func (s system) environment(environ []string) (environment, error) {
	given := map[string]string{}
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		given[name] = value
	}
	// The characters of a dialog are UTF-8, whatever the person's own locale, which may not be installed.
	e := environment{list: []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}}
	set := func(name, value string) { e.list = append(e.list, name+"="+value) }
	display := false
	if v := given["DISPLAY"]; displayForm.MatchString(v) {
		set("DISPLAY", v)
		display = true
		if v := given["XAUTHORITY"]; ownFile(v) {
			set("XAUTHORITY", v)
		}
	}
	if s.ownRuntime() {
		set("XDG_RUNTIME_DIR", s.runtime)
		if v := given["WAYLAND_DISPLAY"]; waylandForm.MatchString(v) && isSocket(filepath.Join(s.runtime, v)) {
			set("WAYLAND_DISPLAY", v)
			display = true
		}
	}
	if !display {
		return e, errors.New("looking for a display of this machine: DISPLAY and WAYLAND_DISPLAY name none")
	}
	if s.home != "" {
		set("HOME", s.home)
	}
	for _, name := range []string{"XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP"} {
		if v := given[name]; wordsForm.MatchString(v) {
			set(name, v)
			e.kde = e.kde || strings.Contains(":"+v+":", ":KDE:")
		}
	}
	bus := s.bus(given["DBUS_SESSION_BUS_ADDRESS"])
	if e.bus = bus != ""; !e.bus {
		// Otherwise the libraries would start a bus of their own, and leave it behind.
		bus = "disabled:"
		set("NO_AT_BRIDGE", "1")
	}
	set("DBUS_SESSION_BUS_ADDRESS", bus)
	return e, nil
}

// bus gives the address of the person's session bus: the one that is named, if it is in their own folder, or the usual one; "" for none.
func (s system) bus(address string) string {
	if !s.ownRuntime() {
		return ""
	}
	if m := busForm.FindStringSubmatch(address); m != nil {
		if filepath.Clean(m[1]) == m[1] && strings.HasPrefix(m[1], s.runtime+"/") && isSocket(m[1]) {
			return address
		}
	}
	if usual := s.runtime + "/bus"; isSocket(usual) {
		return "unix:path=" + usual
	}
	return ""
}

func (s system) ownRuntime() bool {
	info, err := os.Lstat(s.runtime)
	return err == nil && info.IsDir() && info.Mode().Perm()&0o077 == 0 && owned(info, uint32(os.Getuid()))
}

func isSocket(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSocket != 0 && owned(info, uint32(os.Getuid()))
}

func ownFile(path string) bool {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular() && owned(info, uint32(os.Getuid()))
}
