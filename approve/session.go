package approve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"sallyport/rules/scan"
	"sallyport/wrap/file"
)

// A Status is what a session says of itself. Text in it may be foreign.
type Status struct {
	Session   string    `json:"session"`
	Server    string    `json:"server"`
	Client    string    `json:"client"`
	Version   string    `json:"version"` // of sallyport
	PID       int       `json:"pid"`
	Started   time.Time `json:"started"`
	Observing bool      `json:"observing"`
	Calls     uint64    `json:"calls"` // that passed
	Refused   uint64    `json:"refused"`
	Held      uint64    `json:"held"`
	Rules     string    `json:"rules"` // digest of the rule files
}

// Served is what a session lets others do. The functions may be called concurrently; one that is nil is refused.
type Served struct {
	Status      func() Status
	PinsChanged func() error
	End         func(reason string) error
}

const (
	version   = 1
	maxLine   = 64 << 10
	maxPeers  = 16
	peerTime  = 5 * time.Second // for a whole request
	extension = ".sock"
)

type request struct {
	Version int    `json:"version"`
	Verb    string `json:"verb"`
	Reason  string `json:"reason,omitempty"`
}

type reply struct {
	Version int     `json:"version"`
	Error   string  `json:"error,omitempty"`
	Status  *Status `json:"status,omitempty"`
}

// A Listener is the socket of one session. Close may be called concurrently, and more than once.
type Listener struct {
	ln    *net.UnixListener
	path  string
	s     Served
	peers chan struct{}
	done  sync.WaitGroup
	once  sync.Once
}

// Listen makes the socket of a session in dir, which is made private to the user, and serves it until Close.
func Listen(dir, session string, s Served) (*Listener, error) {
	if err := file.MkdirPrivate(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, session+extension)
	if len(path) > maxPath {
		return nil, fmt.Errorf("the path %q of the socket is longer than the %d bytes that systems take; set a shorter runtime folder", path, maxPath)
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("making the socket of the session: %w", err)
	}
	ln.SetUnlinkOnClose(true)
	if err := os.Chmod(path, 0o600); err != nil {
		ln.Close()
		return nil, fmt.Errorf("making the socket of the session: %w", err)
	}
	l := &Listener{ln: ln, path: path, s: s, peers: make(chan struct{}, maxPeers)}
	l.done.Add(1)
	go l.accept()
	return l, nil
}

// maxPath is how long the path of a socket may be: 104 bytes with the final NUL on macOS, 108 on Linux.
const maxPath = 103

// Close removes the socket and waits for those who are being served.
func (l *Listener) Close() error {
	var err error
	l.once.Do(func() { err = l.ln.Close() })
	l.done.Wait()
	return err
}

func (l *Listener) accept() {
	defer l.done.Done()
	for {
		conn, err := l.ln.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(100 * time.Millisecond) // out of descriptors, most likely
			continue
		}
		select {
		case l.peers <- struct{}{}:
		default:
			conn.Close() // a peer that is told nothing tries again
			continue
		}
		l.done.Add(1)
		go func() {
			defer l.done.Done()
			defer func() { <-l.peers }()
			defer conn.Close()
			l.serve(conn)
		}()
	}
}

// serve answers one request.
func (l *Listener) serve(conn *net.UnixConn) {
	conn.SetDeadline(time.Now().Add(peerTime))
	if err := samePeer(conn); err != nil {
		return
	}
	var q request
	r := reply{Version: version}
	switch err := readLine(conn, &q); {
	case err != nil:
		r.Error = err.Error()
	case q.Version != version:
		r.Error = fmt.Sprintf("this session speaks version %d, and you version %d: restart its client", version, q.Version)
	default:
		l.do(&q, &r)
	}
	b, err := json.Marshal(r)
	if err == nil {
		conn.Write(append(b, '\n'))
	}
}

var errCannot = errors.New("this session cannot do that")

func (l *Listener) do(q *request, r *reply) {
	err := errCannot
	switch {
	case q.Verb == "status" && l.s.Status != nil:
		status := l.s.Status()
		r.Status, err = &status, nil
	case q.Verb == "pins" && l.s.PinsChanged != nil:
		err = l.s.PinsChanged()
	case q.Verb == "end" && l.s.End != nil:
		err = l.s.End(scan.VisibleLine(q.Reason, 300))
	}
	if err != nil {
		r.Error = err.Error()
	}
}

// readLine reads one JSON object on a line.
func readLine(r io.Reader, into any) error {
	line, err := bufio.NewReader(io.LimitReader(r, maxLine)).ReadBytes('\n')
	if err != nil {
		return errors.New("that is no line of at most 64 KiB")
	}
	if json.Unmarshal(line, into) != nil {
		return errors.New("that is no request")
	}
	return nil
}

// A Session is one that lives, as another process sees it.
type Session struct {
	Status
	path string
}

// Live finds the sessions whose sockets are in dir and asks each how it is. odd says what there is besides. Sockets that nobody listens
// on any more are removed.
func Live(ctx context.Context, dir string) (sessions []Session, odd []error, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if err := file.MkdirPrivate(dir); err != nil {
		return nil, nil, err // others could have put sockets there
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if filepath.Ext(path) != extension || e.Type()&fs.ModeSocket == 0 {
			continue
		}
		all.Add(1)
		go func() {
			defer all.Done()
			r, err := ask(ctx, path, request{Verb: "status"})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case refused(err):
				os.Remove(path) // its session was killed
			case err != nil:
				odd = append(odd, fmt.Errorf("asking %q: %w", path, err))
			case r.Status != nil:
				sessions = append(sessions, Session{*r.Status, path})
			}
		}()
	}
	all.Wait()
	return sessions, odd, nil
}

// PinsChanged has the session read the pin of its server anew.
func (s Session) PinsChanged(ctx context.Context) error {
	_, err := ask(ctx, s.path, request{Verb: "pins"})
	return err
}

// End ends the session.
func (s Session) End(ctx context.Context, reason string) error {
	_, err := ask(ctx, s.path, request{Verb: "end", Reason: reason})
	return err
}

// ask sends a request and reads the reply.
func ask(ctx context.Context, path string, q request) (r reply, err error) {
	// Connecting to a Unix socket never waits. A net.Dialer would bring the whole resolver into a program that has no use for one.
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return r, err
	}
	defer conn.Close()
	end := time.Now().Add(peerTime)
	if t, ok := ctx.Deadline(); ok && t.Before(end) {
		end = t
	}
	conn.SetDeadline(end)
	if err := samePeer(conn); err != nil {
		return r, err
	}
	q.Version = version
	b, err := json.Marshal(q)
	if err != nil {
		return r, err
	}
	if _, err = conn.Write(append(b, '\n')); err != nil {
		return r, err
	}
	if err := readLine(conn, &r); err != nil {
		return r, errors.New("it does not answer")
	}
	if r.Error != "" {
		return r, errors.New(scan.VisibleLine(r.Error, 300))
	}
	return r, nil
}
