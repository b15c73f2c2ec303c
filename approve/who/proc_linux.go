package who

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sallyport/rules/scan"
)

// A process as /proc/PID/stat describes it (proc_pid_stat(5)).
type process struct {
	pid, parent, session int
	tty                  uint32 // device number; 0 for none
	start                uint64 // clock ticks after boot
	uid                  uint32
	name                 string
}

// same reports whether two looks were at one process: numbers are used again.
func (p process) same(o process) bool { return p.pid == o.pid && p.start == o.start }

// look reads what /proc says of a process.
func look(pid int) (p process, err error) {
	dir := "/proc/" + strconv.Itoa(pid)
	b, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return p, err
	}
	open, closing := strings.IndexByte(string(b), '('), strings.LastIndexByte(string(b), ')')
	if open < 0 || closing < open {
		return p, errors.New("what the system says of it makes no sense")
	}
	f := strings.Fields(string(b[closing+1:]))
	if len(f) < 20 {
		return p, errors.New("what the system says of it makes no sense")
	}
	p.pid, p.name = pid, string(b[open+1:closing])
	for _, field := range []struct {
		at   int
		into *int
	}{{1, &p.parent}, {3, &p.session}} {
		if *field.into, err = strconv.Atoi(f[field.at]); err != nil {
			return p, err
		}
	}
	tty, err := strconv.ParseInt(f[4], 10, 64)
	if err != nil {
		return p, err
	}
	p.tty = uint32(tty)
	if p.start, err = strconv.ParseUint(f[19], 10, 64); err != nil {
		return p, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return p, err
	}
	p.uid = info.Sys().(*syscall.Stat_t).Uid
	return p, nil
}

// ancestry is a process and its ancestors, nearest first, as far as they are there.
func ancestry(pid int) ([]process, error) {
	var chain []process
	for len(chain) < maxChain && pid > 0 {
		p, err := look(pid)
		if err != nil {
			if len(chain) == 0 {
				return nil, err
			}
			return chain, fmt.Errorf("looking at its ancestors: %w", err)
		}
		chain = append(chain, p)
		pid = p.parent
	}
	if pid > 0 {
		return chain, errors.New("it has too many ancestors")
	}
	return chain, nil
}

// arguments are the command line of a process, none where it cannot be read.
func arguments(pid int) []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil || len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}

// cgroup is where the unified hierarchy has a process; "" where it cannot be said.
func cgroup(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			return path
		}
	}
	return ""
}

// words are a chain for people.
func words(chain []process) []string {
	var out []string
	for i, p := range chain {
		if i == maxShown {
			out = append(out, "…")
			break
		}
		out = append(out, fmt.Sprintf("%s %d", scan.VisibleLine(p.name, 40), p.pid))
	}
	return out
}

// ttyName names a terminal by its device number (proc_pid_stat(5): minor in bits 31 to 20 and 7 to 0, major in 15 to 8).
func ttyName(device uint32) string {
	if device == 0 {
		return ""
	}
	major, minor := device>>8&0xff, device&0xff|device>>12&0xfff00
	switch {
	case major >= 136 && major <= 143:
		return fmt.Sprintf("pts/%d", (major-136)<<8|minor)
	case major == 4 && minor < 64:
		return fmt.Sprintf("tty%d", minor)
	case major == 4:
		return fmt.Sprintf("ttyS%d", minor-64)
	}
	return fmt.Sprintf("terminal %d:%d", major, minor)
}

// ticks is the unit of process start times: 100 per second wherever Linux runs, whatever the kernel's own clock is.
const ticks = 100

// began is when a process started.
func (p process) began() (time.Time, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}, err
	}
	for line := range strings.Lines(string(b)) {
		if text, ok := strings.CutPrefix(line, "btime "); ok {
			boot, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			if err != nil {
				return time.Time{}, err
			}
			return time.Unix(boot, 0).Add(time.Duration(p.start) * time.Second / ticks), nil
		}
	}
	return time.Time{}, errors.New("the system does not say when it was started")
}
