//go:build unix

package keyring

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// What a program has started holds the pipe open until it has ended too.
func TestAProgramEndsWithWhatItStarted(t *testing.T) {
	r := programs(t, map[string]string{"slow": `sh -c 'echo started; exec sleep 60' >"$HOME_OF_TEST/pipe" & exec sleep 60`})
	r.Exec = append(r.Exec, "HOME_OF_TEST="+r.Home)
	pipe := filepath.Join(r.Home, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ref := run("slow")
	ref.Timeout = 500 * time.Millisecond
	_, err = r.Resolve(t.Context(), []Reference{ref})
	wantError(t, "slow", err, "has not answered within 500ms")
	f.SetReadDeadline(time.Now().Add(20 * time.Second))
	if b, err := io.ReadAll(f); err != nil || string(b) != "started\n" {
		t.Errorf("it printed %q, and did not end: %v", b, err)
	}
}

// A launch has less time than a program is allowed.
func TestAProgramHasNoMoreTimeThanTheLaunch(t *testing.T) {
	r := programs(t, map[string]string{"slow": "exec sleep 60"})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	ref := run("slow")
	ref.Timeout = 20 * time.Second
	_, err := r.Resolve(ctx, []Reference{ref})
	wantError(t, "slow", err, "has not answered within 300ms")
}
