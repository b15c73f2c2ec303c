package file

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

const openNonblock = 0

// On Windows the folders that we use stand below the user's profile, whose access list admits the
// user, administrators and the system; mode bits say nothing there.
func checkOwner(string, fs.FileInfo, bool) error { return nil }
func checkWriters(string, fs.FileInfo) error     { return nil }
func checkPrivate(string, fs.FileInfo) error     { return nil }

// OfSystem is always true here: who may write where is in lists that this does not read.
func OfSystem(fs.FileInfo) bool { return true }

// lockAt is the byte that stands for the lock. It lies beyond any content, because locks are
// mandatory here: one on the content would keep others from reading it.
const lockAt = 0x7fffffff

// tryLock takes the lock of f if it is free, exclusively or shared.
func tryLock(f *os.File, exclusive bool) (bool, error) {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	at := windows.Overlapped{OffsetHigh: lockAt}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

func unlock(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: lockAt}
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &at)
}

// rename tries for half a second, because virus scanners and indexers hold a file for a moment after
// it was written.
func rename(from, to string) error {
	var err error
	for range 20 {
		err = os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return err
		}
		time.Sleep(25 * time.Millisecond)
	}
	return err
}

func syncDir(string) error { return nil }
