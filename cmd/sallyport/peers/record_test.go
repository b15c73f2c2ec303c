package peers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// recordVerb makes the test binary a recorder: record FOLDER COMMAND [ARG…] runs the command and
// copies both directions between its own and the command's standard streams, and into
// FOLDER/N.c2s and FOLDER/N.s2c, N counting the recorders that used the folder.
const recordVerb = "record"

func record(args []string) int {
	code, err := recordCommand(args[0], exec.Command(args[1], args[2:]...))
	if err != nil {
		fmt.Fprintf(os.Stderr, "recorder: %v\n", err)
		return 1
	}
	return code
}

func recordCommand(folder string, cmd *exec.Cmd) (int, error) {
	c2s, s2c, err := openRecording(folder)
	if err != nil {
		return 0, err
	}
	defer c2s.Close()
	defer s2c.Close()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = os.Stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	// The copy ends with the process where the child goes before our stdin does.
	go func() {
		_, _ = io.Copy(io.MultiWriter(c2s, stdin), os.Stdin)
		_ = stdin.Close()
	}()
	// A client that has gone reads no more, but what the child still says is recorded.
	if _, err := io.Copy(os.Stdout, io.TeeReader(stdout, s2c)); err != nil {
		_, _ = io.Copy(s2c, stdout)
	}
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// openRecording takes the first free number of the folder.
func openRecording(folder string) (c2s, s2c *os.File, err error) {
	const create = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	for n := 0; ; n++ {
		base := filepath.Join(folder, strconv.Itoa(n))
		c2s, err = os.OpenFile(base+".c2s", create, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		s2c, err = os.OpenFile(base+".s2c", create, 0o600)
		return c2s, s2c, err
	}
}

// recorder returns the command line that records command into folder.
func recorder(t *testing.T, folder string, command []string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{self, recordVerb, folder}, command...)
}

// A recording is what passed one recorder in one session, as it was on the wire.
type recording struct{ c2s, s2c []byte }

// foreign leaves out what the wrapper asks the server itself, to compare it with what was accepted.
func foreign(frame string) bool { return !own.MatchString(frame) }

var own = regexp.MustCompile(`"id":"sallyport-[0-9a-f]{24}"`)

// ordered puts the client's frames in an order of their own: a call that waits until the server has been looked at holds no other up.
func ordered(stream []byte) []byte {
	frames := bytes.SplitAfter(stream, []byte("\n"))
	slices.SortFunc(frames, bytes.Compare)
	return bytes.Join(frames, nil)
}

// recordings reads what the recorders of the folder saw, in the order in which they started.
func recordings(t *testing.T, folder string) []recording {
	t.Helper()
	var all []recording
	for n := 0; ; n++ {
		base := filepath.Join(folder, strconv.Itoa(n))
		c2s, err := os.ReadFile(base + ".c2s")
		if errors.Is(err, os.ErrNotExist) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		s2c, err := os.ReadFile(base + ".s2c")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, recording{c2s: ordered(filter(c2s, foreign)), s2c: filter(s2c, foreign)})
	}
}
