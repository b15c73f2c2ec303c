//go:build unix

package audit

import (
	"errors"
	"io/fs"
	"syscall"
)

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// private refuses a file that others can read.
func private(info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 != 0 {
		return fs.ErrPermission
	}
	return nil
}
