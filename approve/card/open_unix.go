//go:build unix

package card

import (
	"os"
	"syscall"
)

// openTarget opens for reading without waiting for the other end of a pipe, without following a symlink, and without taking a terminal.
func openTarget(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW|syscall.O_NOCTTY, 0)
}
