package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// values are the figures of one target in one round, by key. A key that is not there has no
// meaning for the target.
type values map[string]float64

// counts say how much is done in one round.
type counts struct {
	warm   int // calls before any measurement of small ones
	calls  int // one after the other
	pinned int // the same on one CPU
	flood  int // with floodDepth in flight
	medium int // frames of 1 MiB
	large  int // frames of 16 MiB
	lists  int // after the first
	starts int
}

const floodDepth = 32

var (
	fullCounts  = counts{warm: 300, calls: 10_000, pinned: 5_000, flood: 30_000, medium: 40, large: 5, lists: 9, starts: 5}
	quickCounts = counts{warm: 10, calls: 200, pinned: 100, flood: 500, medium: 3, large: 1, lists: 2, starts: 1}
)

// measure runs all rounds, or stops between two measurements when ctx ends. It keeps its thread, so that pinning reaches what it starts.
func (b *bench) measure(ctx context.Context, progress io.Writer) (*report, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if b.opts.pin {
		undo, err := b.pin()
		if err != nil {
			return nil, err
		}
		defer undo()
	}
	for _, t := range b.targets {
		if err := b.verify(t); err != nil {
			return nil, err
		}
	}
	report := newReport(b)
	groups := []func(*bench, target) (values, error){
		(*bench).measureSmall, (*bench).measurePinned, (*bench).measureLarge, (*bench).measureLists, (*bench).measureStart,
	}
	for round := range b.opts.rounds {
		fmt.Fprintf(progress, "round %d of %d\n", round+1, b.opts.rounds)
		for _, group := range groups {
			for i := range b.targets {
				if ctx.Err() != nil {
					return nil, errors.New("interrupted")
				}
				// Nobody always runs first, or always after the same one.
				t := b.targets[(i+round)%len(b.targets)]
				got, err := group(b, t)
				if err != nil {
					return nil, err
				}
				t.clean()
				report.add(t.name, got)
			}
		}
	}
	return report, nil
}

// verify sees each kind of answer through the target once, byte for byte.
func (b *bench) verify(t target) error {
	s, _, err := b.open(t, fewTools)
	if err != nil {
		return err
	}
	for _, kind := range []struct {
		req  *request
		want *answer
	}{
		{newRequest("tools/list", "{}"), callTools()},
		{b.echoCall, b.echo}, {b.pathCall, b.echo},
		{b.textCall, b.text}, {b.recordsCall, b.records}, {b.largeCall, b.large},
	} {
		if err := s.verify(kind.req, kind.want); err != nil {
			return err
		}
	}
	if err := s.close(); err != nil {
		return err
	}
	if s, _, err = b.open(t, allTools); err != nil {
		return err
	}
	if err := s.verify(b.listCall, b.list); err != nil {
		return err
	}
	return s.close()
}

// open starts a session on the thread of the caller, and so on its CPUs.
func (b *bench) open(t target, tools surface) (*session, time.Duration, error) {
	cmd := t.command(tools)
	if b.pinned {
		// A Go runtime that sees one CPU runs one goroutine at a time and loses that slot to
		// every blocking read. What is wanted is one CPU, not that.
		cmd.Env = append(cmd.Environ(), "GOMAXPROCS="+strconv.Itoa(b.cpus))
	}
	return open(t.name, cmd, b.lines)
}

// pin ties the calling thread and all that is opened from it to one CPU until undo is called.
func (b *bench) pin() (undo func(), err error) {
	before := b.pinned
	restore, err := pinThread(b.cpu)
	if err != nil {
		return nil, err
	}
	b.pinned = true
	return func() { restore(); b.pinned = before }, nil
}

// measureSmall gives what calls of 1 KiB cost.
func (b *bench) measureSmall(t target) (values, error) {
	s, _, err := b.open(t, fewTools)
	if err != nil {
		return nil, err
	}
	if _, err := s.repeat(b.echoCall, b.echo.size(), b.counts.warm); err != nil {
		return nil, err
	}
	got, took, err := b.sequential(s, b.counts.calls)
	if err != nil {
		return nil, err
	}
	got[callP50], got[callP99] = micro(percentile(took, 50)), micro(percentile(took, 99))
	if took, err = s.repeat(b.pathCall, b.echo.size(), b.counts.pinned); err != nil {
		return nil, err
	}
	got[pathP50] = micro(percentile(took, 50))
	all, err := s.flood(b.echoCall, b.echo.size(), b.counts.flood, floodDepth)
	if err != nil {
		return nil, err
	}
	got[inFlight] = float64(b.counts.flood) / all.Seconds()
	wrapper, supervisors, err := b.between(s)
	if err != nil {
		return nil, s.fail("looking at its processes", err)
	}
	for key, pids := range map[string][]int{memorySmall: wrapper, memorySecondary: supervisors} {
		if err := got.memory(key, pids); err != nil {
			return nil, s.fail("looking at its processes", err)
		}
	}
	return got, s.close()
}

// measurePinned gives what calls of 1 KiB cost where client, wrapper and server share a CPU.
func (b *bench) measurePinned(t target) (values, error) {
	undo, err := b.pin()
	if err != nil {
		return nil, err
	}
	defer undo()
	s, _, err := b.open(t, fewTools)
	if err != nil {
		return nil, err
	}
	if _, err := s.repeat(b.echoCall, b.echo.size(), b.counts.warm); err != nil {
		return nil, err
	}
	cost, took, err := b.sequential(s, b.counts.pinned)
	if err != nil {
		return nil, err
	}
	got := values{pinnedP50: micro(percentile(took, 50))}
	if cpu, ok := cost[cpuAll]; ok {
		got[cpuPinned] = cpu
	}
	return got, s.close()
}

// sequential makes n calls and gives how long each took and the CPU time of what stands
// between client and server.
func (b *bench) sequential(s *session, n int) (values, []time.Duration, error) {
	wrapper, supervisors, err := b.between(s)
	if err != nil {
		return nil, nil, s.fail("looking at its processes", err)
	}
	var before, after [2]time.Duration
	if before, err = cpuTimes(wrapper, supervisors); err != nil {
		return nil, nil, s.fail("looking at its processes", err)
	}
	took, err := s.repeat(b.echoCall, b.echo.size(), n)
	if err != nil {
		return nil, nil, err
	}
	if after, err = cpuTimes(wrapper, supervisors); err != nil {
		return nil, nil, s.fail("looking at its processes", err)
	}
	got := values{}
	if len(wrapper) > 0 {
		scale := 10_000 / float64(n)
		got[cpuWrapper] = (after[0] - before[0]).Seconds() * scale
		got[cpuAll] = (after[0] - before[0] + after[1] - before[1]).Seconds() * scale
	}
	return got, took, nil
}

// measureLarge gives the rates of large results, and the memory that they take.
func (b *bench) measureLarge(t target) (values, error) {
	s, _, err := b.open(t, fewTools)
	if err != nil {
		return nil, err
	}
	got := values{}
	for _, kind := range []struct {
		key  string
		req  *request
		size int
		n    int
	}{
		{textMedium, b.textCall, b.text.size(), b.counts.medium},
		{records, b.recordsCall, b.records.size(), b.counts.medium},
		{textLarge, b.largeCall, b.large.size(), b.counts.large},
	} {
		// The first call makes the server render the answer and the buffers grow.
		took, err := s.repeat(kind.req, kind.size, kind.n+1)
		if err != nil {
			return nil, err
		}
		var all time.Duration
		for _, one := range took[1:] {
			all += one
		}
		got[kind.key] = float64(kind.size) * float64(kind.n) / all.Seconds() / 1e6
	}
	wrapper, _, err := b.between(s)
	if err == nil {
		err = got.memory(memoryLarge, wrapper)
	}
	if err != nil {
		return nil, s.fail("looking at its processes", err)
	}
	return got, s.close()
}

// measureLists gives the times of a large list, the first and later ones.
func (b *bench) measureLists(t target) (values, error) {
	s, _, err := b.open(t, allTools)
	if err != nil {
		return nil, err
	}
	took, err := s.repeat(b.listCall, b.list.size(), 1+b.counts.lists)
	if err != nil {
		return nil, err
	}
	got := values{listFirst: milli(took[0]), listLater: milli(percentile(took[1:], 50))}
	return got, s.close()
}

// measureStart gives the time of a fresh process until it has answered.
func (b *bench) measureStart(t target) (values, error) {
	var all []time.Duration
	for range b.counts.starts {
		s, took, err := b.open(t, fewTools)
		if err != nil {
			return nil, err
		}
		if err := s.close(); err != nil {
			return nil, err
		}
		all = append(all, took)
	}
	return values{startTime: milli(percentile(all, 50))}, nil
}

// between finds the processes of the session that are not the server: first the one that
// the client started, then those below it.
func (b *bench) between(s *session) (wrapper, supervisors []int, err error) {
	if s.target == bare {
		return nil, nil, nil
	}
	below, err := descendants(s.cmd.Process.Pid)
	if err != nil {
		return nil, nil, err
	}
	servers := 0
	for _, pid := range below {
		if runsAs(pid, b.self, roleServer) {
			servers++
		} else {
			supervisors = append(supervisors, pid)
		}
	}
	if servers != 1 {
		return nil, nil, fmt.Errorf("want one server below process %d, found %d", s.cmd.Process.Pid, servers)
	}
	return []int{s.cmd.Process.Pid}, supervisors, nil
}

func cpuTimes(groups ...[]int) (sums [2]time.Duration, err error) {
	for i, pids := range groups {
		for _, pid := range pids {
			used, err := cpuTime(pid)
			if err != nil {
				return sums, err
			}
			sums[i] += used
		}
	}
	return sums, nil
}

// memory sets key to the peak of the processes together, in MiB, if there are any.
func (v values) memory(key string, pids []int) error {
	for _, pid := range pids {
		peak, err := peakMemory(pid)
		if err != nil {
			return err
		}
		v[key] += float64(peak) / (1 << 20)
	}
	return nil
}

func percentile(took []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func milli(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
