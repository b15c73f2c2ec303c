package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"sallyport/wrap/client"
)

// runs reports whether a process of a client seems to run. It is a hint for people: a name is no proof.
func runs(row client.Row) bool {
	return slices.ContainsFunc(row.Programs(), func(name string) bool { return slices.Contains(processNames(), name) })
}

// processNames are the names of the user's processes, in lower case.
var processNames = sync.OnceValue(func() (names []string) {
	if runtime.GOOS == "linux" {
		return linuxProcesses()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	args := []string{"ps", "-axo", "comm="}
	if runtime.GOOS == "windows" {
		args = []string{"tasklist", "/fo", "csv", "/nh"}
	}
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).Output()
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(out)) {
		line = strings.ToLower(strings.TrimSpace(line))
		if first, _, ok := strings.Cut(strings.TrimPrefix(line, `"`), `"`); ok && runtime.GOOS == "windows" {
			line = first
		}
		names = append(names, filepath.Base(line))
		if at := strings.Index(line, ".app/"); at >= 0 { // /Applications/Claude.app/Contents/MacOS/Claude
			names = append(names, filepath.Base(line[:at+4]))
		}
	}
	return names
})

// linuxProcesses reads the process table. A program that node runs shows by its script.
func linuxProcesses() (names []string) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.Name()[0] < '0' || e.Name()[0] > '9' {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err != nil {
			continue
		}
		words := strings.SplitN(string(line), "\x00", 3)
		for _, w := range words[:min(2, len(words))] {
			names = append(names, strings.ToLower(filepath.Base(w)))
		}
	}
	return names
}
