package approve

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
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
	Open      int       `json:"open"`  // questions
	Rules     string    `json:"rules"` // digest of the rule files
}

// Served is what a session lets others do. The functions may be called concurrently; one that is nil is refused.
type Served struct {
	Status      func() Status
	PinsChanged func() error
	End         func(reason string) error
	Desk        *Desk // nil: there are no questions
	// Who says who is at the other end, and refuses those that may not answer what was asked at that time.
	Who func(conn *net.UnixConn, asked time.Time) (By, error)
	// Refused is told of answers that were not taken; nil: nobody wants to know.
	Refused func(by By, err error)
	// Undo takes back a grant.
	Undo func(undo string, by By) error
	// Granted reads grants anew that were given elsewhere.
	Granted func() error
}

const (
	version     = 1
	maxLine     = 1 << 20 // of a request
	maxReply    = 8 << 20
	maxPeers    = 16
	maxWatchers = 8

	maxStrangers = 4

	peerTime  = 5 * time.Second  // for a request to come, and for a reply to be taken
	workTime  = 30 * time.Second // for what a request asks for
	extension = ".sock"
)

type request struct {
	Version int    `json:"version"`
	Verb    string `json:"verb"`
	Reason  string `json:"reason,omitempty"`
	ID      string `json:"id,omitempty"`
	Screen  bool   `json:"screen,omitempty"`
	Undo    string `json:"undo,omitempty"`
	Answer  Answer `json:"answer,omitzero"`
}

type reply struct {
	Version int     `json:"version"`
	Error   string  `json:"error,omitempty"`
	Status  *Status `json:"status,omitempty"`

	Questions []Question `json:"questions,omitempty"`
	Card      *Card      `json:"card,omitempty"`
	Receipt   *Receipt   `json:"receipt,omitempty"`
}

// A Listener is the socket of one session. Close may be called concurrently, and more than once.
type Listener struct {
	ln    *net.UnixListener
	path  string
	s     Served
	peers chan struct{}
	done  sync.WaitGroup
	once  sync.Once

	watchers  atomic.Int32
	strangers atomic.Int32 // watchers that may not answer
	closing   chan struct{}
	mu        sync.Mutex
	silent    map[*net.UnixConn]time.Time // those that have not said yet what they want, since when
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
	l := &Listener{ln: ln, path: path, s: s, peers: make(chan struct{}, maxPeers+maxWatchers+maxStrangers), closing: make(chan struct{}), silent: map[*net.UnixConn]time.Time{}}
	l.done.Add(1)
	go l.accept()
	return l, nil
}

// maxPath is how long the path of a socket may be: 104 bytes with the final NUL on macOS, 108 on Linux.
const maxPath = 103

// Close removes the socket and waits for those who are being served. Who has not said yet what they want is sent away.
func (l *Listener) Close() error {
	var err error
	l.once.Do(func() {
		err = l.ln.Close()
		close(l.closing)
		l.mu.Lock()
		defer l.mu.Unlock()
		for conn := range l.silent {
			conn.SetReadDeadline(time.Now())
		}
	})
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
			l.dropOldest()
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
	err := l.listenTo(conn, &q)
	switch {
	case err != nil:
		r.Error = err.Error()
	case q.Version != version:
		r.Error = fmt.Sprintf("this session speaks version %d, and you version %d: restart its client", version, q.Version)
	case q.Verb == "watch" && l.s.Desk != nil:
		l.watch(conn, &q)
		return
	default:
		l.do(conn, &q, &r)
	}
	write(conn, r)
}

// dropOldest makes room where peers say nothing: who wants something says so at once.
func (l *Listener) dropOldest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	var oldest *net.UnixConn
	for conn, since := range l.silent {
		if oldest == nil || since.Before(l.silent[oldest]) {
			oldest = conn
		}
	}
	if oldest != nil {
		oldest.SetReadDeadline(time.Now())
	}
}

// listenTo reads what a peer wants, unless the session ends first.
func (l *Listener) listenTo(conn *net.UnixConn, q *request) error {
	l.mu.Lock()
	l.silent[conn] = time.Now()
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.silent, conn)
	}()
	select {
	case <-l.closing:
		return net.ErrClosed
	default:
		return readLine(conn, maxLine, q)
	}
}

func write(conn *net.UnixConn, r reply) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(b) >= maxReply {
		b = []byte(`{"version":1,"error":"what this session has to say is too long"}`)
	}
	conn.SetWriteDeadline(time.Now().Add(peerTime))
	_, err = conn.Write(append(b, '\n'))
	return err
}

var errCannot = errors.New("this session cannot do that")

func (l *Listener) do(conn *net.UnixConn, q *request, r *reply) {
	err := errCannot
	switch {
	case q.Verb == "status" && l.s.Status != nil:
		status := l.s.Status()
		r.Status, err = &status, nil
	case q.Verb == "pins" && l.s.PinsChanged != nil:
		err = l.s.PinsChanged()
	case q.Verb == "granted" && l.s.Granted != nil:
		err = l.s.Granted()
	case q.Verb == "end" && l.s.End != nil:
		err = l.s.End(scan.VisibleLine(q.Reason, 300))
	case l.s.Desk != nil:
		err = l.desk(conn, q, r)
	}
	if err != nil {
		r.Error = err.Error()
	}
}

// desk does what is about questions.
func (l *Listener) desk(conn *net.UnixConn, q *request, r *reply) error {
	switch q.Verb {
	case "questions":
		r.Questions = l.s.Desk.Questions()
	case "card":
		card, err := l.s.Desk.Card(q.ID)
		r.Card = &card
		return err
	case "answer", "undo":
		by, err := l.who(conn, q)
		switch {
		case err != nil:
		case q.Verb == "answer":
			var receipt Receipt
			receipt, err = l.s.Desk.Answer(q.Answer, by)
			r.Receipt = &receipt
		case l.s.Undo == nil:
			err = errCannot
		default:
			err = l.s.Undo(q.Undo, by)
		}
		if err != nil && l.s.Refused != nil {
			l.s.Refused(by, err)
		}
		return err
	default:
		return errCannot
	}
	return nil
}

// who finds out who answers. Nobody may where that is not known.
func (l *Listener) who(conn *net.UnixConn, q *request) (By, error) {
	if l.s.Who == nil {
		return By{}, errCannot
	}
	asked := time.Now()
	if q.Verb == "answer" {
		var err error
		if asked, err = l.s.Desk.Asked(q.Answer.ID); err != nil {
			return By{}, err
		}
	}
	by, err := l.s.Who(conn, asked)
	if by.Door = "command"; q.Answer.Door == "tui" {
		by.Door = "tui"
	}
	return by, err
}

// watch tells a peer of every change until it goes away or the session ends. Only who may answer counts as a screen: else a program
// could keep dialogs away. Those who may not have few places, and none of the others'.
func (l *Listener) watch(conn *net.UnixConn, q *request) {
	screen, most := false, int32(maxStrangers)
	watchers := &l.strangers
	if l.s.Who != nil {
		if _, err := l.s.Who(conn, time.Now()); err == nil {
			screen, most, watchers = q.Screen, maxWatchers, &l.watchers
		}
	}
	defer watchers.Add(-1)
	if watchers.Add(1) > most {
		write(conn, reply{Version: version, Error: fmt.Sprintf("%d others watch this session already", most)})
		return
	}
	changed, stop := l.s.Desk.Watch(screen)
	defer stop()
	gone := make(chan struct{})
	conn.SetReadDeadline(time.Time{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, io.LimitReader(conn, maxLine))
	}()
	for {
		if write(conn, reply{Version: version, Questions: l.s.Desk.Questions()}) != nil {
			break
		}
		select {
		case <-changed:
			continue
		case <-gone:
		case <-l.closing:
		}
		break
	}
	conn.Close()
	<-gone
}

// readLine reads one JSON object on a line.
func readLine(r io.Reader, limit int64, into any) error {
	line, err := bufio.NewReader(io.LimitReader(r, limit)).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("that is no line of at most %d KiB", limit>>10)
	}
	if json.Unmarshal(line, into) != nil {
		return errors.New("that is no request")
	}
	return nil
}
