package who

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sallyport/rules/scan"
)

// A process as the system describes it.
type process struct {
	pid, parent int
	session     int    // 0 where it is not known
	tty         string // its controlling terminal; empty for none
	start       uint64 // in a unit of the system's: to be compared, and for began
	uid         int
	name        string // as the system calls it, of any bytes
}

// same reports whether two looks were at one process: numbers are used again.
func (p process) same(o process) bool { return p.pid != 0 && p.pid == o.pid && p.start == o.start }

// among is where a process stands in a chain, or -1.
func (p process) among(chain []process) int { return slices.IndexFunc(chain, p.same) }

// A program is the file that a process runs.
type program struct {
	path string // as the system names it; it may be gone
	file string // what to open in order to read it
	info os.FileInfo
}

func (p program) is(o program) bool {
	return p.info != nil && o.info != nil && os.SameFile(p.info, o.info)
}

// ancestry is a process and its ancestors, nearest first. On an error it is as much of it as could be seen.
func (s system) ancestry(pid int) ([]process, error) {
	var chain []process
	for pid > 0 {
		if len(chain) == maxChain {
			return chain, errors.New("it has too many ancestors")
		}
		p, err := s.look(pid)
		if err != nil {
			return chain, fmt.Errorf("process %d cannot be seen: %v", pid, err)
		}
		// A parent is older than its children. Else its number was used again between two looks.
		if n := len(chain); n > 0 && p.start > chain[n-1].start {
			return chain, errors.New("its parent has just ended; try again")
		}
		chain = append(chain, p)
		pid = p.parent
	}
	return chain, nil
}

// unchanged reports whether two looks saw the same processes, with the same parents and in the same sessions.
func unchanged(a, b []process) bool {
	return slices.EqualFunc(a, b, func(p, q process) bool {
		return p.same(q) && p.parent == q.parent && p.session == q.session && p.tty == q.tty && p.uid == q.uid
	})
}

// words are a chain for people.
func (s system) words(chain []process) []string {
	var out []string
	for _, p := range chain[:min(len(chain), maxShown)] {
		out = append(out, fmt.Sprintf("%s %d", s.title(p), p.pid))
	}
	return out
}

// interpreters are programs whose own name says little.
var interpreters = []string{"node", "bun", "deno", "python", "ruby", "perl", "java", "electron", "php"}

// title names a process for people: by its program, and in brackets by what it calls itself or by the script that it runs.
func (s system) title(p process) string {
	base := p.name
	if path, err := s.path(p.pid); err == nil {
		base = filepath.Base(path)
	}
	if slices.Contains(shells, base) && slices.Contains(shells, p.name) {
		return p.name // sh, which is dash
	}
	hint := p.name
	interpreted := slices.Contains(interpreters, strings.TrimRight(base, "0123456789."))
	if strings.HasPrefix(base, hint) || strings.HasSuffix(hint, "MainThread") {
		hint = ""
		if args := s.arguments(p.pid); interpreted && slices.ContainsFunc(args, isPlain) {
			hint = filepath.Base(args[slices.IndexFunc(args, isPlain)])
		}
	}
	base = scan.VisibleLine(base, maxName)
	if hint == "" {
		return base
	}
	return base + " (" + scan.VisibleLine(hint, maxName) + ")"
}

func isPlain(arg string) bool { return arg != "" && !strings.HasPrefix(arg, "-") }

// arguments are those of a process behind its name, none where they cannot be read.
func (s system) arguments(pid int) []string {
	if all := s.commandLine(pid); len(all) > 0 {
		return all[1:]
	}
	return nil
}

// fields are parts that each end in NUL.
func fields(b []byte) []string {
	if b = bytes.TrimSuffix(b, []byte{0}); len(b) == 0 {
		return nil
	}
	return strings.Split(string(b), "\x00")
}
