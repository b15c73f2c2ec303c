package keyring

import (
	"context"
	"os/exec"
)

func program(ctx context.Context, path string, argv []string) *exec.Cmd {
	return exec.CommandContext(ctx, path, argv[1:]...)
}

// readableByOthers knows nothing of access lists: a profile's folder is its user's alone unless somebody changed that.
func readableByOthers(string) (bool, error) { return false, nil }
