package dialog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"sallyport/rules/scan"
)

// An ending is how a program ended.
type ending struct {
	status   int    // -1 for a signal
	out, err string // the beginning of what it wrote, without the last line feed
}

func (e ending) String() string {
	text := fmt.Sprintf("status %d", e.status)
	if e.status < 0 {
		text = "a signal"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(e.err), "\n")
	if line != "" {
		text += ": " + scan.VisibleLine(line, 200)
	}
	return text
}

const (
	// pipeTime is how long what a program has left behind may hold its output.
	pipeTime = time.Second
	// maxOutput bounds what is kept of an output.
	maxOutput = 4096
)

// run starts a program and waits for its end. With the end of ctx the program and all of its group are killed.
func run(ctx context.Context, path string, args, env []string) (ending, error) {
	// The system kills the program when the thread that started it ends: with this process, if that is killed, but not sooner.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var out, errs head
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Dir = env, root()
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Cancel = func() error { return killGroup(cmd) }
	cmd.WaitDelay = pipeTime
	apart(cmd)
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		killGroup(cmd) // whoever holds the pipe is of the group, most likely, which keeps its number from being used again
	}
	if cmd.ProcessState == nil {
		return ending{}, err
	}
	return ending{cmd.ProcessState.ExitCode(), out.text(), errs.text()}, nil
}

// head keeps the beginning of what is written to it.
type head struct{ b bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	h.b.Write(p[:min(len(p), max(0, maxOutput-h.b.Len()))])
	return len(p), nil
}

func (h *head) text() string {
	return strings.TrimSuffix(strings.TrimSuffix(h.b.String(), "\n"), "\r")
}
