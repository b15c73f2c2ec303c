package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"
)

// answerLimit is how long one measurement may take before the target is ended: a held or
// lost call must not hang the run.
const answerLimit = time.Minute

// A session is one started target and the client's two ends of its pipes. The ends are
// blocking descriptors: the poller of the Go runtime would add its own wake-ups to every
// round trip.
type session struct {
	target   string
	cmd      *exec.Cmd
	in, out  *os.File
	lines    *lineReader
	said     excerpt
	id       int
	watchdog *time.Timer
	late     atomic.Bool
}

// excerpt keeps the beginning of what a target writes to stderr. It is read after the process
// was waited for.
type excerpt struct{ text []byte }

func (t *excerpt) Write(p []byte) (int, error) {
	const limit = 4 << 10
	t.text = append(t.text, p[:min(len(p), limit-len(t.text))]...)
	return len(p), nil
}

// open starts the target and shakes hands; took is the time from before the start until
// `initialize` was answered.
func open(target string, cmd *exec.Cmd, lines *lineReader) (s *session, took time.Duration, err error) {
	s = &session{target: target, cmd: cmd, lines: lines, id: firstID}
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, 0, err
	}
	defer childIn.Close()
	out, childOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, 0, err
	}
	defer childOut.Close()
	in.Fd() // makes it blocking
	out.Fd()
	s.in, s.out = in, out
	lines.reset(out)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = childIn, childOut, &s.said
	s.cmd.WaitDelay = 5 * time.Second

	hello := newRequest("initialize", `{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"sallyport-bench","version":"1"}}`)
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		in.Close()
		out.Close()
		return nil, 0, fmt.Errorf("starting %s: %v", target, err)
	}
	childIn.Close()
	childOut.Close()
	s.watchdog = time.AfterFunc(answerLimit, s.expire)
	line, err := s.roundTrip(hello)
	took = time.Since(start)
	if err == nil {
		_, err = s.check(line, 0)
	}
	if err == nil {
		_, err = s.in.WriteString(`{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n")
	}
	if err != nil {
		return nil, 0, s.fail("initialize", err)
	}
	return s, took, nil
}

func (s *session) expire() {
	s.late.Store(true)
	s.cmd.Process.Kill()
}

// fail ends the target and returns what went wrong with what the target said of it.
func (s *session) fail(doing string, err error) error {
	s.watchdog.Stop()
	s.cmd.Process.Kill()
	s.in.Close()
	state := s.cmd.Wait()
	s.out.Close()
	if s.late.Load() {
		err = fmt.Errorf("no answer within %v", answerLimit)
	}
	return fmt.Errorf("%s: %s: %v (process: %v)\nstderr of %s:\n%s", s.target, doing, err, state, s.target, s.said.text)
}

// close ends the session as a client does, by closing stdin.
func (s *session) close() error {
	s.watchdog.Reset(answerLimit)
	s.in.Close()
	err := s.cmd.Wait()
	s.watchdog.Stop()
	s.out.Close()
	if err != nil {
		return fmt.Errorf("%s: ending: %v\nstderr of %s:\n%s", s.target, err, s.target, s.said.text)
	}
	return nil
}

func (s *session) roundTrip(req *request) ([]byte, error) {
	s.id++
	if _, err := s.in.Write(req.frame(s.id)); err != nil {
		return nil, err
	}
	return s.lines.next()
}

// check returns the id of a successful response of size bytes; any size will do where size
// is 0.
func (s *session) check(line []byte, size int) (int, error) {
	const result = `,"result":`
	rest, ok := bytes.CutPrefix(line, []byte(head))
	if ok && len(rest) > idDigits && bytes.HasPrefix(rest[idDigits:], []byte(result)) && (size == 0 || len(line) == size) {
		if id, err := strconv.Atoi(string(rest[:idDigits])); err == nil {
			return id, nil
		}
	}
	want := "a result"
	if size > 0 {
		want = fmt.Sprintf("a result in a frame of %d bytes", size)
	}
	return 0, fmt.Errorf("want %s, got %d bytes: %.2000q", want, len(line), line)
}

// repeat makes n calls, one after the other, each answered in size bytes, and returns how
// long each took.
func (s *session) repeat(req *request, size, n int) ([]time.Duration, error) {
	s.watchdog.Reset(answerLimit)
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		line, err := s.roundTrip(req)
		took[i] = time.Since(start)
		if err != nil {
			return nil, s.fail("calling", err)
		}
		id, err := s.check(line, size)
		if err == nil && id != s.id {
			err = fmt.Errorf("want the answer to %d, got that to %d: %.2000q", s.id, id, line)
		}
		if err != nil {
			return nil, s.fail("calling", err)
		}
	}
	return took, nil
}

// flood makes n calls with depth of them in flight, each written by itself, and returns how
// long all took. Answers may come in any order, each once.
func (s *session) flood(req *request, size, n, depth int) (time.Duration, error) {
	s.watchdog.Reset(answerLimit)
	open := make(map[int]bool, depth)
	start := time.Now()
	for sent, done := 0, 0; done < n; done++ {
		for ; sent < n && len(open) < depth; sent++ {
			s.id++
			open[s.id] = true
			if _, err := s.in.Write(req.frame(s.id)); err != nil {
				return 0, s.fail("calling", err)
			}
		}
		line, err := s.lines.next()
		if err != nil {
			return 0, s.fail("calling", err)
		}
		id, err := s.check(line, size)
		if err == nil && !open[id] {
			err = fmt.Errorf("answer to %d, which is not open: %.2000q", id, line)
		}
		if err != nil {
			return 0, s.fail("calling", err)
		}
		delete(open, id)
	}
	return time.Since(start), nil
}

// verify makes one call and compares the answer byte for byte.
func (s *session) verify(req *request, want *answer) error {
	s.watchdog.Reset(answerLimit)
	line, err := s.roundTrip(req)
	if err != nil {
		return s.fail("calling", err)
	}
	if frame := want.frame(strconv.AppendInt(nil, int64(s.id), 10)); !bytes.Equal(line, frame) {
		i := 0
		for i < min(len(line), len(frame)) && line[i] == frame[i] {
			i++
		}
		return s.fail("calling", fmt.Errorf("the answer is not the server's, from byte %d on: want %d bytes, got %d: %.2000q", i, len(frame), len(line), line))
	}
	return nil
}
