package tui

import (
	"os"

	"golang.org/x/sys/windows"
)

// needsTerm: consoles have no TERM.
const needsTerm = false

func isTerminal(f *os.File) bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(f.Fd()), &mode) == nil
}
