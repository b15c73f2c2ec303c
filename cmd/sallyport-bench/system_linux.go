package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func checkSystem() error { return nil }

func kernel() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return "unknown"
	}
	return "Linux " + unix.ByteSliceToString(name.Release[:])
}

// allowedCPUs are those that this process may use, in order.
func allowedCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("reading the CPU affinity: %v", err)
	}
	var cpus []int
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

// pinThread ties the calling thread, and with it every process that is started from it, to
// one CPU until undo is called. The caller has locked its goroutine to the thread.
func pinThread(cpu int) (undo func(), err error) {
	var before, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, fmt.Errorf("reading the CPU affinity: %v", err)
	}
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("pinning to CPU %d: %v", cpu, err)
	}
	return func() { unix.SchedSetaffinity(0, &before) }, nil
}

// yieldToAll ties the calling goroutine to cpu with the policy SCHED_IDLE.
func yieldToAll(cpu int) error {
	runtime.LockOSThread()
	if _, err := pinThread(cpu); err != nil {
		return err
	}
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}
	if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
		return fmt.Errorf("asking for SCHED_IDLE: %v", err)
	}
	return nil
}

// standApart gives this process a session of its own, with the least weight.
//
// Where the kernel groups processes by session (sched_autogroup), a policy counts within
// the group alone and groups share a CPU evenly; a wrapped server, which has a session of its
// own, would then wait milliseconds for a busy loop that was meant to yield.
func standApart() error {
	if _, err := unix.Setsid(); err != nil {
		return fmt.Errorf("beginning a session: %v", err)
	}
	for range 20 {
		err := os.WriteFile("/proc/self/autogroup", []byte("19"), 0)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, unix.EAGAIN) {
			return fmt.Errorf("lowering the weight of the session: %v", err)
		}
		time.Sleep(100 * time.Millisecond) // the kernel takes ten such wishes a second, of all processes
	}
	return errors.New("lowering the weight of the session: the kernel had no time for it")
}

// cpuTime is what the process used so far, user and system, of all its threads, those that
// ended too. It reads the process's CPU clock, because the ticks of /proc are 10 ms long.
func cpuTime(pid int) (time.Duration, error) {
	const cpuClockSched = 2 // CPUCLOCK_SCHED of linux/posix-timers.h
	clock := int32(^pid<<3 | cpuClockSched)
	var spec unix.Timespec
	if err := unix.ClockGettime(clock, &spec); err != nil {
		return 0, fmt.Errorf("reading the CPU time of process %d: %v", pid, err)
	}
	return time.Duration(spec.Nano()), nil
}

// peakMemory is the largest resident size of the process so far, in bytes.
func peakMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the peak memory of process %d: %v", pid, err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("reading the peak memory of process %d: no VmHWM in its status", pid)
}

// descendants are the processes below root, without it. Processes that come and go while
// it looks may be missed.
func descendants(root int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if parent, ok := parentOf(pid); ok {
			children[parent] = append(children[parent], pid)
		}
	}
	found := children[root]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found, nil
}

func parentOf(pid int) (int, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The name stands in parentheses and may hold any byte, so fields count from its end.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return parent, err == nil
}

// runsAs tells whether the process is this binary in the given role.
func runsAs(pid int, self, role string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.HasPrefix(line, []byte(self+"\x00"+role+"\x00"))
}
