//go:build unix

package tui

import (
	"os"

	"golang.org/x/sys/unix"
)

// needsTerm: without TERM nobody knows what a terminal understands.
const needsTerm = true

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}
