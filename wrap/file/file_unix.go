//go:build unix

package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openNonblock keeps the opening of a FIFO from waiting for its other end, and a terminal from
// becoming ours.
const openNonblock = unix.O_NONBLOCK | unix.O_NOCTTY

// checkOwner refuses a file of another user. Root's files are as good as ours for reading only.
func checkOwner(path string, info fs.FileInfo, rootToo bool) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("its owner is unknown")
	}
	uid := os.Getuid()
	if int(st.Uid) == uid || rootToo && st.Uid == 0 {
		return nil
	}
	return fmt.Errorf("it belongs to user %d, not to you (%d); if it should be yours: sudo chown %d %s",
		st.Uid, uid, uid, quote(path))
}

// checkWriters refuses a file that others than its owner may write. Where each user has a group of their own, whose number is the
// user's, files are made writable for it by default (umask 002): that group is nobody else.
func checkWriters(path string, info fs.FileInfo) error {
	writers := info.Mode().Perm() & 0o022
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && st.Gid == st.Uid {
		writers &^= 0o020
	}
	if writers == 0 {
		return nil
	}
	return fmt.Errorf("others may write to it (mode %04o); run: chmod go-w %s", info.Mode().Perm(), quote(path))
}

// checkPrivate refuses a folder that others may enter, list or write.
func checkPrivate(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return fmt.Errorf("folder %q is open to others (mode %04o); run: chmod 700 %s", path, info.Mode().Perm(), quote(path))
}

// tryLock takes the lock of f if it is free, exclusively or shared.
func tryLock(f *os.File, exclusive bool) (bool, error) {
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX
	}
	err := flock(f, how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

func unlock(f *os.File) error { return flock(f, unix.LOCK_UN) }

// flock goes through SyscallConn and not Fd, which would make the file blocking.
func flock(f *os.File, how int) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	err = conn.Control(func(fd uintptr) {
		for {
			if result = unix.Flock(int(fd), how); result != unix.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return result
}

// OfSystem reports whether root owns a file and nobody else may write to it.
func OfSystem(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Uid == 0 && info.Mode().Perm()&0o022 == 0
}

func rename(from, to string) error { return os.Rename(from, to) }

// syncDir makes a rename in dir durable. File systems that cannot sync a folder are no reason to
// report a write that has been made as one that has not.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}
