package pin

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"sallyport/wrap/file"
)

// A Folder holds the pins of one user, a file for each server. Home is where links in it may lead. Its methods may be called
// concurrently, by several processes too.
type Folder struct{ Dir, Home string }

// maxFile bounds a pin file, in bytes.
const maxFile = 256 << 20

const ext = ".json"

// Path is the file of a server, whose name has to be one that can stand in file names.
func (f Folder) Path(server string) string { return filepath.Join(f.Dir, server+ext) }

// Load reads the pin of a server; nil without an error where there is none.
func (f Folder) Load(server string) (*Pin, error) {
	path := f.Path(server)
	if dir, err := os.Stat(f.Dir); err == nil && runtime.GOOS != "windows" && dir.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("reading pins: others may write to the folder %q: run \"chmod go-w\" on it", f.Dir)
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.dangling()
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		err = f.checkLink(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the pin %q: %w", path, err)
	}
	data, err := file.ReadFile(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading a pin: %w", err)
	}
	p, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("reading the pin %q, %w", path, err)
	}
	if p.Server != server {
		return nil, fmt.Errorf("reading the pin %q: it is of server %q", path, p.Server)
	}
	return p, nil
}

// dangling is an error where the folder itself is a link to what is not there now: pins that cannot be seen are no absence of pins.
func (f Folder) dangling() error {
	for dir := f.Dir; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err == nil {
			if _, err := os.Stat(dir); err != nil {
				return fmt.Errorf("reading pins: %q is a link to what is not there", dir)
			}
			return nil
		}
	}
	return nil
}

// checkLink refuses a link that leads out of the user's home and the folder.
func (f Folder) checkLink(path string) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return errors.New("it is a link to what is not there")
	}
	for _, root := range []string{f.Home, f.Dir} {
		if real, err := filepath.EvalSymlinks(root); err == nil && root != "" {
			if rel, err := filepath.Rel(real, target); err == nil && filepath.IsLocal(rel) {
				return nil
			}
		}
	}
	return fmt.Errorf("it is a link to %q, which is not under your home folder", target)
}

// Update reads the pin of a server, nil where there is none, lets change make the new one, and writes that, with nobody else writing
// meanwhile. A nil result changes nothing; an error of change leaves the old file as it was.
func (f Folder) Update(server string, change func(old *Pin) (*Pin, error)) error {
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	old, err := f.Load(server)
	if err != nil {
		return err
	}
	p, err := change(old)
	if err != nil || p == nil {
		return err
	}
	p.Server = server
	data := p.Encode()
	if old != nil && bytes.Equal(old.Encode(), data) {
		return nil
	}
	return file.WriteFile(f.Path(server), data, 0o600)
}

// Remove forgets a server.
func (f Folder) Remove(server string) error {
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.Remove(f.Path(server)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the pin: %v", err)
	}
	return nil
}

func (f Folder) lock() (func() error, error) {
	if err := file.MkdirPrivate(f.Dir); err != nil {
		return nil, err
	}
	return file.Lock(filepath.Join(f.Dir, ".lock"))
}

// List are the names of the servers that have a file, in order.
func (f Folder) List() ([]string, error) {
	entries, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.dangling()
	}
	if err != nil {
		return nil, fmt.Errorf("reading pins: %v", err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ext); ok && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// EnvKey returns the key of the digests of values of the environment, which it makes where there is none.
func EnvKey(stateDir string) ([]byte, error) {
	path := filepath.Join(stateDir, "key")
	key, err := file.ReadFile(path, 64)
	if err == nil && len(key) == 32 {
		return key, nil
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the key of pins: %w", cmpErr(err, fmt.Errorf("%q is damaged: remove it, and accept the launches anew", path)))
	}
	if err := file.MkdirPrivate(stateDir); err != nil {
		return nil, err
	}
	unlock, err := file.Lock(filepath.Join(stateDir, "key.lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if key, err := file.ReadFile(path, 64); err == nil && len(key) == 32 {
		return key, nil // another session was faster
	}
	key = make([]byte, 32)
	rand.Read(key)
	return key, file.WriteFile(path, key, 0o600)
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// EnvDigest is what a launch keeps of a variable that is no secret.
func EnvDigest(key []byte, name, value string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name + "=" + value))
	return "k1:" + hex.EncodeToString(mac.Sum(nil)[:16])
}
