//go:build unix

package child

import (
	"bytes"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

func mayExecute(path string) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS) == nil
}

// explain turns the error number of a start into words. The number alone does not say whether the file, its interpreter
// or the folder was meant, so they are looked at again.
func explain(c Command, errno syscall.Errno) error {
	if _, err := c.check(); err != nil {
		return err
	}
	if err := checkProgram(c.Path); err != nil {
		return fmt.Errorf("starting the server: %v", err)
	}
	switch errno {
	case syscall.ENOENT:
		return fmt.Errorf("starting %q: its loader does not exist; the program was built for another C library or system, install one built for this", c.Path)
	case syscall.ENOEXEC:
		return fmt.Errorf("starting %q: %s", c.Path, notProgram(c.Path))
	case syscall.EACCES:
		return fmt.Errorf("starting %q: permission denied; look at the rights of its folders and of the server's working folder, and whether \"mount\" shows noexec", c.Path)
	case syscall.E2BIG:
		return fmt.Errorf("starting %q: arguments and environment are too long; pass fewer variables with --env", c.Path)
	case syscall.ETXTBSY:
		return fmt.Errorf("starting %q: the file is being written; try again when it is installed", c.Path)
	case syscall.EAGAIN, syscall.ENOMEM:
		return fmt.Errorf("starting %q: %v; end other processes, or raise \"ulimit -u\"", c.Path, errno)
	}
	return fmt.Errorf("starting %q: %v", c.Path, errno)
}

func notProgram(path string) string {
	head := firstBytes(path, 4)
	switch {
	case len(head) == 0:
		return "the file is empty; install the program again"
	case bytes.HasPrefix(head, []byte("\x7fELF")), bytes.HasPrefix(head, []byte("\xcf\xfa\xed\xfe")), bytes.HasPrefix(head, []byte("MZ")):
		return "a program for another kind of machine or system; install the one for this"
	}
	return "neither a program nor a script with a \"#!\" line; give it one, or start it through its interpreter"
}
