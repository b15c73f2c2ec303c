//go:build unix

package child

import (
	"os"
	"strings"
)

func hasSeparator(command string) bool { return strings.Contains(command, "/") }

// complete adds what may be left off a program's name: nothing, here.
func complete(path string, env []string) (string, error) { return path, nil }

// exists is true for a dangling symbolic link too, which deserves its own error.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
