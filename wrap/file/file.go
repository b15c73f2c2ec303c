// Package file opens, replaces and locks the files of one user.
//
// Guarantees. WriteFile leaves either the old content or the new one, never a part of either, also when
// the machine stops in between. ReadFile returns content only of a regular file that nobody but
// its owner, who is this user or root, can write; what was checked is what was read, because
// the checks are made on the open file. Lock and Hold are advisory locks that end with the process.
//
// Not protected against: code that runs as the same user, and root. Folders above a file are not
// examined: where others may write to one of them they can replace the file by another one of
// ours, but not by one of theirs.
package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// lockWait bounds how long Lock and Hold wait for another process.
const lockWait = 5 * time.Second

// lockPoll is the time between two attempts at a lock. The system's own waiting call cannot be
// given a bound.
const lockPoll = 5 * time.Millisecond

// WriteFile replaces the content of path with data, atomically and durably: the data goes to a new
// file in the same folder, is synced, and is renamed over the old one.
//
// A file that exists keeps its permissions; a new one gets exactly perm, whatever the umask. A
// symlink is followed, and what it points to is replaced. Anything but a regular file of this user is
// refused, a dangling symlink too. Other hard links to an old file keep the old content.
//
// It may be called concurrently; of two calls for one path the later rename wins. Callers that read,
// change and write hold a Lock.
func WriteFile(path string, data []byte, perm os.FileMode) error {
	target, perm, err := writeTarget(path, perm)
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	if err := replace(target, data, perm); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return nil
}

// writeTarget returns the file that a write to path replaces and the permissions it is to have.
func writeTarget(path string, perm os.FileMode) (string, os.FileMode, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, perm.Perm(), nil
	}
	if err != nil {
		return "", 0, cause(err)
	}
	target := path
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err = filepath.EvalSymlinks(path)
		if errors.Is(err, fs.ErrNotExist) {
			return "", 0, errors.New("it is a symlink to nothing; create its target or remove it")
		}
		if err != nil {
			return "", 0, cause(err)
		}
		if info, err = os.Lstat(target); err != nil {
			return "", 0, cause(err)
		}
	}
	if !info.Mode().IsRegular() {
		return "", 0, fmt.Errorf("%q is %s, not a regular file", target, kind(info.Mode()))
	}
	if err := checkOwner(target, info, false); err != nil {
		return "", 0, err
	}
	return target, info.Mode().Perm(), nil
}

// replace writes data to a new file beside target and renames it over target.
func replace(target string, data []byte, perm os.FileMode) (err error) {
	dir := filepath.Dir(target)
	f, err := os.CreateTemp(dir, "."+filepath.Base(target)+".*.tmp")
	if err != nil {
		return cause(err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return cause(err)
	}
	if err := f.Chmod(perm); err != nil {
		return cause(err)
	}
	if err := f.Sync(); err != nil {
		return cause(err)
	}
	if err := f.Close(); err != nil {
		return cause(err)
	}
	if err := rename(f.Name(), target); err != nil {
		return cause(err)
	}
	return syncDir(dir)
}

// ReadFile returns the content of path, at most limit bytes. It refuses what is not a regular file, a
// file of another user than this one and root, one that others may write to, and one that is
// larger than limit. A symlink is followed, and its target has to fulfil all that. It never
// waits, not even for a FIFO. A missing file matches fs.ErrNotExist.
//
// It may be called concurrently.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := openTrusted(path)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", path, cause(err))
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("reading %q: it is larger than %d bytes", path, limit)
	}
	return data, nil
}

// Open opens path for reading, on the conditions of ReadFile but its limit.
func Open(path string) (*os.File, error) {
	f, err := openTrusted(path)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", path, err)
	}
	return f, nil
}

// openTrusted looks before it opens, too, because opening a device can have effects.
func openTrusted(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cause(err)
	}
	if err := checkTrusted(path, info); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, cause(err)
	}
	if info, err = f.Stat(); err == nil {
		err = checkTrusted(path, info)
	}
	if err != nil {
		f.Close()
		return nil, cause(err)
	}
	return f, nil
}

// checkTrusted says why info is not that of a regular file that only this user or root can write.
func checkTrusted(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("it is %s, not a regular file", kind(info.Mode()))
	}
	if err := checkOwner(path, info, true); err != nil {
		return err
	}
	return checkWriters(path, info)
}

// Lock takes the lock file path, which it creates where it is missing, and waits up to 5 s for
// another holder. The lock file is a file of its own, never the data, because WriteFile puts a
// new file in the place of the data. It ends with unlock or with the process.
//
// It may be called concurrently, within one process too: the second caller waits.
func Lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|openNonblock, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking %q: %w", path, cause(err))
	}
	if err := Hold(f); err != nil {
		f.Close()
		return nil, err
	}
	return f.Close, nil
}

// Hold takes the lock of an open file exclusively and keeps it until f is closed. It waits up to
// 5 s for another holder.
func Hold(f *os.File) error {
	for end := time.Now().Add(lockWait); ; time.Sleep(lockPoll) {
		held, err := tryLock(f, true)
		switch {
		case err != nil:
			return fmt.Errorf("locking %q: %v", f.Name(), err)
		case held:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("locking %q: another process has held it for %v", f.Name(), lockWait)
		}
	}
}

// Held says whether another open file, of this process or any other, has the lock that Hold takes.
// Such a holder must not be f itself. It takes the lock shared for a moment, which a Hold at
// the same time outwaits.
func Held(f *os.File) (bool, error) {
	free, err := tryLock(f, false)
	if err != nil {
		return false, fmt.Errorf("looking at the lock of %q: %v", f.Name(), err)
	}
	if !free {
		return true, nil
	}
	if err := unlock(f); err != nil {
		return false, fmt.Errorf("unlocking %q: %v", f.Name(), err)
	}
	return false, nil
}

// MkdirPrivate makes the folder path, and the missing ones above it, for this user alone (0700). A
// folder that exists has to belong to this user and be closed to all others.
func MkdirPrivate(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("making folder %q: %w", path, cause(err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("making folder %q: %w", path, cause(err))
	}
	if err := checkOwner(path, info, false); err != nil {
		return fmt.Errorf("folder %q: %w", path, err)
	}
	return checkPrivate(path, info)
}

// cause removes the operation and the path from an error of package os: ours name them.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}

// kind names what is no regular file.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something odd"
}
