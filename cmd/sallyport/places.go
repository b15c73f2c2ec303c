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

// answersFile holds the grants that answers of people became.
func (p places) answersFile() string { return filepath.Join(p.config, "answers.yaml") }

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
		p.config = filepath.Join(home, "Library", "Application Support", "sallyport", "config")
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

// passwdHome is the home folder of the user we run as, from the account and from nothing that a client's configuration can set. Without
// cgo os/user takes HOME and USER where /etc/passwd does not know the user, so on Linux we look ourselves.
func passwdHome() (home string, uid int, err error) {
	uid = os.Getuid()
	if runtime.GOOS == "linux" {
		home, err = linuxHome(uid)
	} else {
		var u *user.User
		if u, err = user.Current(); err == nil {
			home = u.HomeDir
		}
	}
	if err != nil {
		return "", 0, withHint("add the user to the passwd database", "looking up the home folder of user %d: %v", uid, err)
	}
	if !filepath.IsAbs(home) {
		return "", 0, fmt.Errorf("the home folder %q of user %d is not an absolute path", home, uid)
	}
	return home, uid, nil
}

// linuxHome reads /etc/passwd, and asks getent where users are in a directory service.
func linuxHome(uid int) (string, error) {
	number := strconv.Itoa(uid)
	if b, err := os.ReadFile("/etc/passwd"); err == nil {
		for line := range strings.Lines(string(b)) {
			if fields := strings.Split(strings.TrimSuffix(line, "\n"), ":"); len(fields) == 7 && fields[2] == number {
				return fields[5], nil
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, tool := range []string{"/usr/bin/getent", "/bin/getent"} {
		cmd := exec.CommandContext(ctx, tool, "passwd", number)
		cmd.Env = []string{} // nothing of the client's
		out, err := cmd.Output()
		if fields := strings.Split(strings.TrimSpace(string(out)), ":"); err == nil && len(fields) == 7 && fields[2] == number {
			return fields[5], nil
		}
	}
	return "", user.UnknownUserIdError(uid)
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
