package who

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A Guard knows, from the time when a session started, who its client is. Its methods may be called concurrently. The zero Guard
// refuses everybody.
type Guard struct {
	sys     system
	self    process
	program program // that we run
	path    string  // of it, when we started
	sum     func() ([sha256.Size]byte, error)

	client    process   // its pid is 0 where nothing is left of it
	known     bool      // whether that is the client, and no mere launcher
	ancestors []process // of the client, nearest first; it is the first itself
	group     string    // the client's own cgroup; empty for none
	shown     []string

	mu    sync.Mutex
	child process
}

// New notes who started us. It is called once and early, while they are still there, and starts nothing.
func New() *Guard { return newGuard(thisSystem(), os.Getpid()) }

func newGuard(sys system, pid int) *Guard {
	g := &Guard{sys: sys}
	self, err := sys.look(pid)
	if err != nil {
		return g
	}
	g.program, _ = sys.program(pid)
	g.path, _ = os.Executable()
	file, size := g.program.file, int64(0)
	if g.program.info != nil {
		size = g.program.info.Size()
	}
	g.sum = sync.OnceValues(func() ([sha256.Size]byte, error) { return digest(file, size) })
	g.self = self
	chain, _ := sys.ancestry(self.parent) // what cannot be seen of it is missing
	if at, known := g.findClient(chain); at >= 0 {
		g.client, g.known, g.ancestors = chain[at], known, chain[at:]
		g.group = g.ownGroup(g.ancestors)
		g.shown = sys.words(g.ancestors)
	}
	return g
}

// Client is the client and its ancestors for people, nearest first, at most 8: "node (claude) 1234". It is nil where the client is not
// known.
func (g *Guard) Client() []string {
	if !g.known {
		return nil
	}
	return append([]string(nil), g.shown...)
}

// SetChild names the process that runs the server: its descendants may not answer. Ours may not in any case.
func (g *Guard) SetChild(pid int) {
	child, err := g.sys.look(pid)
	if err != nil {
		return // it has ended, and its descendants, if there are any, are no longer to be told from others
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.child = child
}

// Identify describes the process at the other end of a connection, as far as it can be seen. It is no judgement.
func (g *Guard) Identify(conn *net.UnixConn) (Peer, error) {
	e, err := g.sys.other(conn)
	if err != nil {
		return Peer{}, err
	}
	defer e.close()
	chain, err := g.sys.ancestry(e.pid)
	peer := g.peer(e.pid, chain)
	if len(chain) > 0 {
		err = nil
	}
	return peer, err
}

func (g *Guard) peer(pid int, chain []process) Peer {
	peer := Peer{PID: pid, Chain: g.sys.words(chain)}
	if len(chain) > 0 {
		peer.TTY = chain[0].tty
	}
	return peer
}

// Judge says whether the process at the other end of a connection may answer questions that were asked at a time. The error is one
// sentence for people. The Peer is filled in as far as it is known in both cases.
func (g *Guard) Judge(conn *net.UnixConn, asked time.Time) (Peer, error) {
	e, err := g.sys.other(conn)
	if err != nil {
		return Peer{}, refusal("%v", err)
	}
	defer e.close()
	peer, err := g.judge(e.pid, asked)
	if err == nil && e.gone() {
		err = refusal("the process that asked to has ended")
	}
	return peer, err
}

// own is what a person is to do instead.
const own = "run it in a terminal of your own"

func refusal(format string, args ...any) error {
	return fmt.Errorf("you may not answer: "+format, args...)
}

// judge says whether a process may answer.
func (g *Guard) judge(pid int, asked time.Time) (Peer, error) {
	if g.self.pid == 0 {
		return Peer{PID: pid}, refusal("this session could not see its own process")
	}
	chain, err := g.sys.ancestry(pid)
	peer := g.peer(pid, chain)
	if err != nil {
		return peer, refusal("%v", err)
	}
	if err := g.refuse(chain, &peer); err != nil {
		return peer, err
	}
	g.remark(chain, &peer, asked)
	if again, err := g.sys.ancestry(pid); err != nil || !unchanged(chain, again) {
		return peer, refusal("what can be seen of this process changed meanwhile; try again")
	}
	return peer, nil
}

// refuse says why a process may not answer.
func (g *Guard) refuse(chain []process, peer *Peer) error {
	p := chain[0]
	if p.uid != g.self.uid {
		return refusal("this process belongs to user %d", p.uid)
	}
	for _, check := range []func([]process, *Peer) error{g.runsUs, g.hasTerminal, g.isNoDescendant, g.isElsewhere, g.isOutside, g.isUnmarked, g.isHeld} {
		if err := check(chain, peer); err != nil {
			return err
		}
	}
	return nil
}

// runsUs refuses another program than ours.
func (g *Guard) runsUs(chain []process, peer *Peer) error {
	theirs, err := g.sys.program(chain[0].pid)
	if err != nil || g.program.info == nil {
		return refusal("it cannot be seen which program this process runs")
	}
	if theirs.is(g.program) {
		return nil
	}
	// It was replaced by another version after we started. Its path alone says nothing: it may be one of another file system.
	if now, err := os.Stat(g.path); err == nil && os.SameFile(now, theirs.info) {
		return nil
	}
	if theirs.info.Size() == g.program.info.Size() {
		ours, err := g.sum()
		if err != nil {
			return refusal("the program of this session cannot be read")
		}
		if sum, err := digest(theirs.file, theirs.info.Size()); err == nil && sum == ours {
			peer.note("it runs a copy of sallyport, %s", quote(theirs.path))
			return nil
		}
	}
	return refusal("it takes the sallyport that the session runs; this is an answer with another program, or another build, %s; run %s approve, or restart the client", quote(theirs.path), quote(g.path))
}

// digest reads a program of a size.
func digest(path string, size int64) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if n, err := io.Copy(h, io.LimitReader(f, size+1)); err != nil || n != size {
		return sum, errors.New("its size is another")
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
