package who

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sallyport/rules/scan"
)

// A Guard knows, from the time when a session started, who its client is. All methods may be called concurrently.
type Guard struct {
	self   process
	client []process // and its ancestors
	path   string    // of our program
}

// A process as sysctl(3) describes it with kern.proc.pid.
type process struct {
	pid, parent int
	tty         int32 // device number; -1 for none
	start       unix.Timeval
	name        string
}

func (p process) same(o process) bool { return p.pid == o.pid && p.start == o.start }

func look(pid int) (process, error) {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return process{}, err
	}
	if int(k.Proc.P_pid) != pid {
		return process{}, errors.New("there is no such process")
	}
	return process{pid, int(k.Eproc.Ppid), k.Eproc.Tdev, k.Proc.P_starttime, unix.ByteSliceToString(k.Proc.P_comm[:])}, nil
}

func ancestry(pid int) ([]process, error) {
	var chain []process
	for len(chain) < maxChain && pid > 0 {
		p, err := look(pid)
		if err != nil {
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

// programAndEnviron are what kern.procargs2 holds of a process: its program's path, then its arguments and variables.
func programAndEnviron(pid int) (path, rest string, err error) {
	b, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(b) < 4 {
		return "", "", errors.New("the system does not say what it runs")
	}
	path, rest, _ = strings.Cut(string(b[4:]), "\x00")
	return path, rest, nil
}

// New notes who started us. It is called early, while they are still there.
func New() *Guard {
	g := &Guard{}
	g.self, _ = look(os.Getpid())
	g.path, _ = os.Executable()
	chain, _ := ancestry(os.Getppid())
	for len(chain) > 1 && (chain[0].name == "sallyport" || chain[0].name == "env" || chain[0].name == "sh") {
		chain = chain[1:]
	}
	if len(chain) > 0 && chain[0].pid != 1 {
		g.client = chain
	}
	return g
}

// Client is the client's process chain for people, nearest first.
func (g *Guard) Client() []string { return words(g.client) }

func peerOf(conn *net.UnixConn) (pid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var pidErr error
	err = raw.Control(func(s uintptr) { pid, pidErr = unix.GetsockoptInt(int(s), unix.SOL_LOCAL, unix.LOCAL_PEERPID) })
	if err == nil {
		err = pidErr
	}
	return pid, err
}

// Identify only describes the process at the other end.
func (g *Guard) Identify(conn *net.UnixConn) (Peer, error) {
	pid, err := peerOf(conn)
	if err != nil {
		return Peer{}, err
	}
	chain, err := ancestry(pid)
	if len(chain) == 0 {
		return Peer{PID: pid}, err
	}
	return peerFrom(chain), nil
}

func peerFrom(chain []process) Peer {
	peer := Peer{PID: chain[0].pid, Chain: words(chain)}
	if chain[0].tty > 0 {
		peer.TTY = fmt.Sprintf("terminal %d", chain[0].tty)
	}
	return peer
}

// Judge says whether the process at the other end of a connection may answer what was asked at a time. The error is one sentence for
// people.
func (g *Guard) Judge(conn *net.UnixConn, asked time.Time) (Peer, error) {
	pid, err := peerOf(conn)
	if err != nil {
		return Peer{}, fmt.Errorf("nobody may answer whom the system does not name: %w", err)
	}
	chain, err := ancestry(pid)
	if err != nil {
		return Peer{PID: pid}, fmt.Errorf("you may not answer: %w", err)
	}
	peer := peerFrom(chain)
	if peer.TTY == "" {
		return peer, errors.New("you may not answer: this process has no terminal; run it in a terminal of your own")
	}
	if path, _, err := programAndEnviron(pid); err != nil || path != g.path {
		return peer, fmt.Errorf("you may not answer with another program than the session runs; run %s approve", g.path)
	}
	for _, a := range chain {
		if len(g.client) > 0 && a.same(g.client[0]) || a.same(g.self) {
			return peer, errors.New("you may not answer: this process was started by the client or the server; run it in a terminal of your own")
		}
		if _, rest, err := programAndEnviron(a.pid); err == nil {
			if m := marker(rest); m != "" {
				return peer, fmt.Errorf("you may not answer: this terminal was started by an agent (%s is set in its environment); run it in a terminal of your own", m)
			}
		}
	}
	if len(g.client) == 0 {
		peer.Notes = append(peer.Notes, "the client was not found")
	}
	if now, err := look(pid); err != nil || !now.same(chain[0]) {
		return peer, errors.New("you may not answer: the process that asked to is gone")
	}
	return peer, nil
}
