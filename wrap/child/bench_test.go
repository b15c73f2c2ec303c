//go:build linux

package child

import (
	"bufio"
	"os/exec"
	"syscall"
	"testing"
)

// The floor: what the system takes for a child that is started and waited for.
func BenchmarkPlainStart(b *testing.B) {
	for b.Loop() {
		if err := exec.Command("/bin/true").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPrepareStartStop(b *testing.B) {
	for b.Loop() {
		p := prepared(b)
		p.Stop(long, long)
		p.Close()
	}
}

// What the session waits for when nothing overlaps: until the server's program runs.
func BenchmarkPrepareStart(b *testing.B) {
	for b.Loop() {
		p := prepared(b)
		b.StopTimer()
		p.Close()
		b.StartTimer()
	}
}

func BenchmarkPrepareAlone(b *testing.B) {
	for b.Loop() {
		s, err := Prepare()
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		s.Discard()
		b.StartTimer()
	}
}

func prepared(b *testing.B) *Process {
	b.Helper()
	s, err := Prepare()
	if err != nil {
		b.Fatal(err)
	}
	p, err := s.Start(Command{Path: "/bin/true", Env: []string{}})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func BenchmarkKillUntilAllIsGone(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		wrapper, _, _, tree := owned(b, trees["double-forked daemon"])
		b.StartTimer()
		syscall.Kill(wrapper, syscall.SIGKILL)
		tree.Read(make([]byte, 1))
	}
}

func BenchmarkStopOfAChildThatIgnoresTerm(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		p := start(b, "stubborn")
		line(b, bufio.NewReader(p.Stdout))
		b.StartTimer()
		p.Stop(0, 0)
		b.StopTimer()
		p.Close()
		b.StartTimer()
	}
}

func BenchmarkDescendants(b *testing.B) {
	for b.Loop() {
		descendants()
	}
}
