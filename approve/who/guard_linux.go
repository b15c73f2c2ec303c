package who

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Guard knows, from the time when a session started, who its client is. All methods may be called concurrently.
type Guard struct {
	self      process
	ancestors []process // of the client, nearest first, itself among them
	client    process   // its pid is 0 where it is not known
	group     string    // the client's own cgroup, "" where it has none
	path      string    // of our program, as we were started
	program   os.FileInfo
	sum       func() ([sha256.Size]byte, error)
}

// New notes who started us. It is called early, while they are still there.
func New() *Guard {
	g := &Guard{}
	g.self, _ = look(os.Getpid())
	g.path, _ = os.Executable()
	g.program, _ = os.Stat("/proc/self/exe")
	g.sum = sync.OnceValues(func() ([sha256.Size]byte, error) { return digest("/proc/self/exe") })
	chain, _ := ancestry(os.Getppid())
	for len(chain) > 1 && launcher(chain[0]) {
		chain = chain[1:]
	}
	if len(chain) == 0 || chain[0].pid == 1 && isInit(chain[0].name) {
		return g
	}
	g.client, g.ancestors = chain[0], chain
	g.group = ownGroup(chain)
	return g
}

// launcher reports whether a process only starts another: a shell with a command or a script, or a wrapper.
func launcher(p process) bool {
	args := arguments(p.pid)
	switch p.name {
	case "sallyport", "env", "nice", "timeout", "stdbuf", "setsid", "ionice", "xargs":
		return true
	case "sh", "bash", "dash", "zsh", "fish", "ash", "busybox", "ksh":
		return slices.ContainsFunc(args[min(1, len(args)):], func(a string) bool { return !strings.HasPrefix(a, "-") })
	}
	return false
}

// isInit tells the first process of a system from a client that is the first one of a container.
func isInit(name string) bool {
	return slices.Contains([]string{"systemd", "init", "dumb-init", "tini", "catatonit", "docker-init", "s6-svscan", "runit"}, name)
}

// ownGroup is the cgroup of a client that was started by a desktop, with nobody's terminal in it.
func ownGroup(chain []process) string {
	group := cgroup(chain[0].pid)
	base := filepath.Base(group)
	if group == "" || group == "/" || strings.HasPrefix(base, "session-") || strings.HasPrefix(base, "user@") || strings.HasPrefix(base, "vte-spawn-") || base == "init.scope" {
		return ""
	}
	for _, p := range chain {
		if cgroup(p.pid) != group {
			break
		}
		if p.tty != 0 || p.pid == 1 {
			return ""
		}
	}
	return group
}

// Client is the client's process chain for people, nearest first.
func (g *Guard) Client() []string { return words(g.ancestors) }

// Identify only describes the process at the other end.
func (g *Guard) Identify(conn *net.UnixConn) (Peer, error) {
	pid, _, err := peerOf(conn)
	if err != nil {
		return Peer{}, err
	}
	chain, err := ancestry(pid)
	if len(chain) == 0 {
		return Peer{PID: pid}, err
	}
	return Peer{PID: pid, TTY: ttyName(chain[0].tty), Chain: words(chain)}, nil
}

// peerOf gives the process at the other end of a connection, and, where the kernel has it, a descriptor that stands for that very process;
// else -1.
func peerOf(conn *net.UnixConn) (pid, fd int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, -1, err
	}
	fd = -1
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(s uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(s), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if n, err := unix.GetsockoptInt(int(s), unix.SOL_SOCKET, unix.SO_PEERPIDFD); err == nil {
			fd = n
		}
	})
	if err == nil {
		err = credErr
	}
	if err == nil && (int(cred.Uid) != os.Getuid() || cred.Pid <= 0) {
		err = fmt.Errorf("it belongs to user %d", cred.Uid)
	}
	if err != nil {
		if fd >= 0 {
			unix.Close(fd)
		}
		return 0, -1, err
	}
	return int(cred.Pid), fd, nil
}

// gone reports whether the process of a descriptor has ended.
func gone(fd int) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err != nil || n > 0
}

// Judge says whether the process at the other end of a connection may answer what was asked at a time. The error is one sentence for
// people.
func (g *Guard) Judge(conn *net.UnixConn, asked time.Time) (Peer, error) {
	pid, fd, err := peerOf(conn)
	if err != nil {
		return Peer{}, fmt.Errorf("nobody may answer whom the system does not name: %w", err)
	}
	if fd >= 0 {
		defer unix.Close(fd)
	}
	chain, err := ancestry(pid)
	if err != nil {
		return Peer{PID: pid}, fmt.Errorf("you may not answer: %w", err)
	}
	peer := Peer{PID: pid, TTY: ttyName(chain[0].tty), Chain: words(chain)}
	if err := g.judge(chain, &peer); err != nil {
		return peer, err
	}
	g.remark(chain, &peer, asked)
	if now, err := look(pid); err != nil || !now.same(chain[0]) || fd >= 0 && gone(fd) {
		return peer, errors.New("you may not answer: the process that asked to is gone")
	}
	return peer, nil
}

func (g *Guard) judge(chain []process, peer *Peer) error {
	p := chain[0]
	if err := g.runsUs(p.pid, peer); err != nil {
		return err
	}
	if p.tty == 0 {
		return errors.New("you may not answer: this process has no terminal; run it in a terminal of your own")
	}
	for _, a := range chain {
		switch {
		case g.client.pid != 0 && a.same(g.client):
			return fmt.Errorf("you may not answer: this process was started by the client (%s %d), whose call it is; run it in a terminal of your own", g.client.name, g.client.pid)
		case a.same(g.self):
			return errors.New("you may not answer: this process was started by the server; run it in a terminal of your own")
		}
	}
	if err := g.outside(chain); err != nil {
		return err
	}
	for i, a := range chain {
		environ, err := os.ReadFile("/proc/" + strconv.Itoa(a.pid) + "/environ")
		if err != nil && i == 0 {
			return errors.New("you may not answer: this process hides its environment")
		}
		if m := marker(string(environ)); m != "" {
			return fmt.Errorf("you may not answer: this terminal was started by an agent (%s is set in its environment); run it in a terminal of your own", m)
		}
	}
	return nil
}

// runsUs reports whether a process runs sallyport: this very file, the one that lies where we were started from, or a copy.
func (g *Guard) runsUs(pid int, peer *Peer) error {
	exe := "/proc/" + strconv.Itoa(pid) + "/exe"
	info, err := os.Stat(exe)
	if err != nil || g.program == nil {
		return errors.New("you may not answer: it cannot be seen which program you run")
	}
	path, _ := os.Readlink(exe)
	if os.SameFile(info, g.program) || path != "" && path == g.path {
		return nil
	}
	ours, err := g.sum()
	if err != nil {
		return errors.New("you may not answer: it cannot be seen which program you run")
	}
	if theirs, err := digest(exe); err != nil || theirs != ours {
		return fmt.Errorf("you may not answer with another program, or another build of sallyport, than the session runs; run %s approve, or restart the client", g.path)
	}
	peer.Notes = append(peer.Notes, "a copy of sallyport at "+strconv.Quote(path))
	return nil
}

// maxProgram bounds how much of a program is read.
const maxProgram = 256 << 20

func digest(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if n, err := io.Copy(h, io.LimitReader(f, maxProgram)); err != nil || n == maxProgram {
		return sum, errors.New("it is too large, or cannot be read")
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// outside refuses who lives in the client's own cgroup, but for the descendants of what started the client there.
func (g *Guard) outside(chain []process) error {
	group := cgroup(chain[0].pid)
	if g.group == "" || group != g.group && !strings.HasPrefix(group, g.group+"/") {
		return nil
	}
	for _, p := range chain {
		for _, a := range g.ancestors[1:] {
			if p.same(a) && cgroup(p.pid) == g.group {
				return nil
			}
		}
	}
	return errors.New("you may not answer: this process belongs to the client; run it in a terminal of your own")
}

// remark notes what is odd about who may answer.
func (g *Guard) remark(chain []process, peer *Peer, asked time.Time) {
	if g.client.pid == 0 {
		peer.Notes = append(peer.Notes, "the client was not found")
	}
	if leader, err := look(chain[0].session); err == nil {
		if began, err := leader.began(); err == nil && began.After(asked) {
			peer.Notes = append(peer.Notes, "its terminal was opened after the question came")
		}
	}
	// Programs that log people in run as root.
	for i := len(chain) - 1; i >= 0; i-- {
		if p := chain[i]; p.pid != 1 && p.uid != 0 && i == len(chain)-2 && g.client.pid != 0 && p.start > g.client.start {
			peer.Notes = append(peer.Notes, fmt.Sprintf("its terminal belongs to %s, which no login started and which is younger than the client", words(chain[i : i+1])[0]))
		}
	}
}
