package audit

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"sallyport/wrap/file"
)

const (
	shortText  = 256
	longText   = 1 << 10
	traceText  = 128
	valuesSize = 1 << 20
	keepBuffer = 256 << 10 // larger buffers are given back
)

// A Log is the open log of one session. All its methods may be called concurrently.
type Log struct {
	dir  string
	name string // of the file within dir
	key  []byte

	arguments bool
	id        string
	constant  []byte // session, client, server, observing: the same in every line

	mu     sync.Mutex
	f      *os.File
	chain  chain
	batch  []byte // lines that are not written yet
	err    error  // of the first failure; nothing is written after it
	closed bool
	clean  func(string) string // nil: nothing is taken out
}

// Open begins the log of a session: it makes the folder dir where it is missing, starts a new
// file, and notes the start in heads.jsonl.
//
// A process that is killed between the two leaves a file of at most one line that heads.jsonl does not
// name; Verify mentions it and does not call it broken.
func Open(dir string, s Session) (*Log, error) {
	if s.ID == "" {
		var id [6]byte
		rand.Read(id[:])
		s.ID = hex.EncodeToString(id[:])
	}
	if !validID(s.ID) {
		return nil, fmt.Errorf("opening the log: session id %q has to be 1 to 64 letters, digits, \"-\" or \"_\"", s.ID)
	}
	if err := file.MkdirPrivate(dir); err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	unlock, err := file.Lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	defer unlock()
	l, err := open(dir, s, time.Now())
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return l, nil
}

// open does what Open says. The caller holds the folder's lock.
func open(dir string, s Session, now time.Time) (*Log, error) {
	key, err := folderKey(dir)
	if err != nil {
		return nil, err
	}
	l := &Log{
		dir:       dir,
		name:      now.UTC().Format(nameTime) + "-" + s.ID + ext,
		key:       key,
		arguments: s.Arguments,
		id:        s.ID,
		constant:  constantPart(s),
		chain:     chain{prev: noHash},
	}
	l.f, err = os.OpenFile(filepath.Join(dir, l.name), os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("session %q exists already", s.ID)
	}
	if err != nil {
		return nil, err
	}
	if err := l.start(s, now); err != nil {
		l.f.Close()
		return nil, err
	}
	return l, nil
}

// start writes the first line of the session and its start record.
func (l *Log) start(s Session, now time.Time) error {
	if err := file.Hold(l.f); err != nil {
		return err
	}
	b := append(l.chain.begin(now), l.constant...)
	b = append(b, `,"event":"start"`...)
	b = appendMember(b, "version", s.Version, shortText)
	b = appendMember(b, "rules", s.Rules, shortText)
	b = appendMember(b, "cwd", s.Cwd, longText)
	b = appendMember(b, "home", s.Home, longText)
	if len(s.Roots) > 0 {
		b = append(b, `,"roots":[`...)
		for i, r := range s.Roots {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, r, longText)
		}
		b = append(b, ']')
	}
	if s.Arguments {
		b = append(b, `,"arguments":true`...)
	}
	l.batch = l.chain.end(l.batch, b)
	if err := l.flush(); err != nil {
		return err
	}
	return appendHead(l.dir, l.head("start", now, s))
}

// head describes the session as it stands now in a record of heads.jsonl.
func (l *Log) head(event string, now time.Time, s Session) head {
	return head{Time: now, Event: event, Session: l.id, File: l.name, Client: s.Client, Server: s.Server,
		Lines: l.chain.seq, Head: l.chain.prev.String()}
}

func constantPart(s Session) []byte {
	b := appendMember(nil, "session", s.ID, shortText)
	b = appendMember(b, "client", s.Client, shortText)
	b = appendMember(b, "server", s.Server, shortText)
	if s.Observing {
		b = append(b, `,"observing":true`...)
	}
	return b
}

func validID(id string) bool {
	for _, c := range []byte(id) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 64
}

// NewDigester returns a Digester with the key of the log's folder, for one goroutine.
func (l *Log) NewDigester() *Digester { return newDigester(l.key) }

// ID returns the id of the session.
func (l *Log) ID() string { return l.id }

// Path returns the file of the session.
func (l *Log) Path() string { return filepath.Join(l.dir, l.name) }

// Append adds e to the batch that the next Flush writes, and gives it its place in the chain. It
// keeps nothing of e. It does no I/O, and after an error or Close it does nothing.
func (l *Log) Append(e *Entry) {
	t := e.Time
	if t.IsZero() {
		t = time.Now()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || l.closed {
		return
	}
	if l.clean != nil {
		e = l.cleaned(e)
	}
	b := append(l.chain.begin(t), l.constant...)
	l.batch = l.chain.end(l.batch, l.appendEntry(b, e))
}

func (l *Log) appendEntry(b []byte, e *Entry) []byte {
	b = appendMember(b, "dir", e.Direction, shortText)
	b = appendMember(b, "method", e.Method, shortText)
	b = appendMember(b, "tool", e.Tool, shortText)
	b = appendID(b, e.ID)
	b = appendDigest(b, "args", e.Args)
	b = appendDigest(b, "frame", e.Frame)
	b = appendNumber(b, "size", int64(e.Size))
	b = append(b, `,"decision":`...)
	b = appendString(b, e.Decision, shortText)
	b = appendMember(b, "rule", e.Rule, shortText)
	b = appendMember(b, "at", e.At, longText)
	b = appendMember(b, "ref", e.Ref, traceText)
	b = appendMember(b, "edits", e.Edits, longText)
	b = appendMember(b, "reason", e.Reason, longText)
	b = appendMember(b, "answer", e.Answer, shortText)
	b = appendMember(b, "by", e.By, longText)
	b = appendMember(b, "shown", e.Shown, shortText)
	b = appendMember(b, "granted", e.Granted, longText)
	b = appendNumber(b, "judge_ns", int64(e.Judge))
	b = appendNumber(b, "wait_ns", int64(e.Wait))
	b = appendMember(b, "trace", e.Trace, traceText)
	switch {
	case !l.arguments || len(e.Values) == 0:
	case len(e.Values) > valuesSize:
		b = appendNumber(b, "values_size", int64(len(e.Values)))
	default:
		b = append(b, `,"values":`...)
		b = appendJSON(b, e.Values)
	}
	return b
}

func appendDigest(b []byte, name string, d Digest) []byte {
	if d == (Digest{}) {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `":"k1:`...)
	b = hex.AppendEncode(b, d[:])
	return append(b, '"')
}

func appendNumber(b []byte, name string, n int64) []byte {
	if n == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendInt(b, n, 10)
}

// Flush writes the batch with one write. After an error, here or before, it returns that error always,
// and the session has to end: what happens from then on would not be in the log.
func (l *Log) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed && l.err == nil {
		return fmt.Errorf("writing the log: %w", os.ErrClosed)
	}
	return l.flush()
}

func (l *Log) flush() error {
	if l.err != nil || len(l.batch) == 0 {
		return l.err
	}
	if _, err := l.f.Write(l.batch); err != nil {
		l.err = fmt.Errorf("writing the log: %w", err)
	}
	if l.batch = l.batch[:0]; cap(l.batch) > keepBuffer {
		l.batch = nil
	}
	return l.err
}

// Close writes the last line with the reason, and the end of the session into heads.jsonl. After an
// error it closes the file and returns that error; the log of the session is then without an
// end. A second call returns what the first one did.
func (l *Log) Close(reason string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.err
	}
	l.closed = true
	// The file, and with it the lock, goes last: whoever sees it free finds the end record.
	defer l.f.Close()
	if l.err != nil {
		return l.err
	}
	now := time.Now()
	b := append(l.chain.begin(now), l.constant...)
	b = append(b, `,"event":"end"`...)
	b = appendMember(b, "reason", reason, longText)
	l.batch = l.chain.end(l.batch, b)
	if l.flush() != nil {
		return l.err
	}
	if err := l.writeEnd(now, reason); err != nil {
		l.err = fmt.Errorf("closing the log: %w", err)
	}
	return l.err
}

func (l *Log) writeEnd(now time.Time, reason string) error {
	unlock, err := file.Lock(filepath.Join(l.dir, lockName))
	if err != nil {
		return err
	}
	defer unlock()
	h := l.head("end", now, Session{})
	h.Reason = reason
	return appendHead(l.dir, h)
}
