package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// places are the folders that are ours. They come from the user's passwd entry and uid, not from HOME or XDG_*: clients pass only
// some of these, those of a desktop and of a terminal differ, and a client's configuration may set them.
type places struct {
	home    string
	config  string // rules.yaml
	state   string // log
	runtime string // sockets
}

func (p places) logDir() string    { return filepath.Join(p.state, "log") }
func (p places) rulesFile() string { return filepath.Join(p.config, "rules.yaml") }

// placeVariables override the places, in wrap only as trust.go says.
var placeVariables = map[string]string{
	"config": "SALLYPORT_CONFIG_DIR", "state": "SALLYPORT_STATE_DIR", "runtime": "SALLYPORT_RUNTIME_DIR",
}

// ownPlaces are the user's, whatever the environment says.
func ownPlaces() (places, error) {
	home, uid, err := passwdHome()
	if err != nil {
		return places{}, err
	}
	p := places{home: home}
	switch runtime.GOOS {
	case "darwin":
		p.config = filepath.Join(home, "Library", "Application Support", "sallyport")
		p.state = filepath.Join(home, "Library", "Application Support", "sallyport", "state")
	case "windows":
		p.config = filepath.Join(home, "AppData", "Roaming", "sallyport")
		p.state = filepath.Join(home, "AppData", "Local", "sallyport")
	default:
		p.config = filepath.Join(home, ".config", "sallyport")
		p.state = filepath.Join(home, ".local", "state", "sallyport")
	}
	p.runtime = filepath.Join(p.state, "run")
	if dir := filepath.Join("/run/user", strconv.Itoa(uid)); runtime.GOOS == "linux" && isDir(dir) {
		p.runtime = filepath.Join(dir, "sallyport")
	}
	return p, nil
}

// passwdHome is the home folder of the user we run as.
func passwdHome() (home string, uid int, err error) {
	uid = os.Getuid()
	var u *user.User
	if uid < 0 { // Windows
		u, err = user.Current()
	} else {
		u, err = user.LookupId(strconv.Itoa(uid))
	}
	if err != nil && uid >= 0 {
		u, err = fromDirectory(uid)
	}
	if err != nil {
		return "", 0, withHint(`set SALLYPORT_CONFIG_DIR, SALLYPORT_STATE_DIR and SALLYPORT_RUNTIME_DIR, or add the user to the passwd database`,
			"looking up the home folder of user %d: %v", uid, err)
	}
	if !filepath.IsAbs(u.HomeDir) {
		return "", 0, fmt.Errorf("the home folder %q of user %d is not an absolute path", u.HomeDir, uid)
	}
	return u.HomeDir, uid, nil
}

// fromDirectory asks the system's own tool: a binary without cgo reads /etc/passwd only, and users may be in a directory service.
func fromDirectory(uid int) (*user.User, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, tool := range []string{"/usr/bin/getent", "/bin/getent"} {
		out, err := exec.CommandContext(ctx, tool, "passwd", strconv.Itoa(uid)).Output()
		if fields := strings.Split(strings.TrimSpace(string(out)), ":"); err == nil && len(fields) == 7 && fields[2] == strconv.Itoa(uid) {
			return &user.User{Uid: fields[2], Username: fields[0], HomeDir: fields[5]}, nil
		}
	}
	return nil, user.UnknownUserIdError(uid)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// currentPlaces are the places of every verb but wrap: the user's own with the variables applied.
func currentPlaces() (places, error) {
	p, err := ownPlaces()
	if err != nil && !overridden() {
		return places{}, err
	}
	return p.with(os.Getenv)
}

// overridden reports whether the variables name all places, so that none has to be looked up.
func overridden() bool {
	for _, name := range placeVariables {
		if os.Getenv(name) == "" {
			return false
		}
	}
	return true
}

// with applies the variables.
func (p places) with(getenv func(string) string) (places, error) {
	for what, at := range map[string]*string{"config": &p.config, "state": &p.state, "runtime": &p.runtime} {
		dir := getenv(placeVariables[what])
		if dir == "" {
			continue
		}
		if !filepath.IsAbs(dir) {
			return places{}, fmt.Errorf("%s is %q: not an absolute path", placeVariables[what], dir)
		}
		*at = filepath.Clean(dir)
	}
	return p, nil
}
