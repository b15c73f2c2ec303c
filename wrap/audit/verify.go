package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"sallyport/wrap/file"
)

// State is what Verify found out about a session.
type State string

const (
	OK      State = "ok"      // whole, from its start to its end
	Live    State = "open"    // whole so far; its process lives
	Unended State = "unended" // whole as far as it goes; its process is gone and wrote no end
	Broken  State = "broken"
)

// A Finding is a place where the log is not what was written. Text is a phrase without foreign words.
type Finding struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // from 1; 0 stands for the whole file
	Text string `json:"text"`
}

func (f Finding) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Text
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
}

// SessionReport is the result for one session. Client and Server are as heads.jsonl has them.
type SessionReport struct {
	ID       string    `json:"id"`
	File     string    `json:"file"`
	Client   string    `json:"client,omitempty"`
	Server   string    `json:"server,omitempty"`
	Started  time.Time `json:"started,omitzero"`
	Lines    int       `json:"lines"`
	State    State     `json:"state"`
	Findings []Finding `json:"findings,omitempty"`
}

// Report is the result of Verify.
type Report struct {
	Sessions []SessionReport // as heads.jsonl names them, then those that it does not name
	Removed  int             // sessions that Prune removed and that are gone
	Findings []Finding       // in heads.jsonl
	Lines    int             // of heads.jsonl
	Head     string          // hash of the last line of heads.jsonl: the one to save elsewhere

	hashes map[string]bool
}

// Err returns an error that matches ErrBroken if anything is broken, else nil.
func (r Report) Err() error {
	n := len(r.Findings)
	first := r.Findings
	for _, s := range r.Sessions {
		if s.State == Broken {
			n += len(s.Findings)
			first = append(first[:len(first):len(first)], s.Findings...)
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d findings, the first one: %v", ErrBroken, n, first[0])
}

// Knows says whether head, as an earlier report had it, is still in the chain. If it is not, the log
// was cut or written anew since. It says something only if Err returns nil.
func (r Report) Knows(head string) bool { return r.hashes[head] }

// Verify reads the whole log in the folder dir and reports on every session. Its error means that the
// log could not be read; what is wrong with the log stands in the report.
//
// It may run beside live sessions. It holds the folder's lock only while it reads heads.jsonl; sessions
// that Prune removes after that are left out.
func Verify(dir string) (Report, error) {
	r, err := verify(dir)
	if err != nil {
		return r, fmt.Errorf("verifying the log in %q: %w", dir, err)
	}
	return r, nil
}

func verify(dir string) (Report, error) {
	snap, err := takeSnapshot(dir)
	if err != nil {
		return Report{}, err
	}
	h := snap.heads
	r := Report{Findings: h.scan.findings, Lines: h.scan.lines, Head: h.scan.last.String(), hashes: h.hashes}
	if h.scan.torn > 0 {
		r.Findings = append(r.Findings, Finding{headsName, h.scan.lines + 1,
			fmt.Sprintf("the last line is incomplete (%d bytes); the next session cuts it off and says so", h.scan.torn)})
	}
	for _, name := range h.order {
		if s := h.files[name]; s.removed != nil && !snap.there[name] {
			r.Removed++
			continue
		}
		r.Sessions = append(r.Sessions, SessionReport{File: name})
	}
	for _, name := range snap.names {
		if h.files[name] == nil {
			r.Sessions = append(r.Sessions, SessionReport{File: name})
		}
	}
	kept := r.Sessions[:0]
	for _, s := range r.Sessions {
		gone, err := snap.check(dir, &s)
		if err != nil {
			return r, err
		}
		if !gone {
			kept = append(kept, s)
		}
	}
	r.Sessions = kept
	return r, nil
}

// A snapshot is the state of the folder at one moment.
type snapshot struct {
	heads *heads
	names []string
	there map[string]bool
	live  map[string]bool // only of files without an end record
}

func takeSnapshot(dir string) (*snapshot, error) {
	unlock, err := lockToRead(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	s := &snapshot{there: map[string]bool{}, live: map[string]bool{}}
	if s.heads, err = readHeads(dir); err != nil {
		return nil, err
	}
	files, err := List(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		s.names = append(s.names, f.Name)
		s.there[f.Name] = true
		if st := s.heads.files[f.Name]; st == nil || st.end == nil {
			s.live[f.Name] = isLive(f.Path)
		}
	}
	return s, nil
}

// lockToRead takes the folder's lock, but does without where the folder cannot be written: a copy on a
// read-only medium has no sessions.
func lockToRead(dir string) (func() error, error) {
	unlock, err := file.Lock(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrPermission) || isReadOnly(err) {
		return func() error { return nil }, nil
	}
	return unlock, err
}

// isLive says whether a process holds the session file open for writing.
func isLive(path string) bool {
	f, err := file.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	held, err := file.Held(f)
	return err == nil && held
}

// check fills in the report on one session. It reports gone for a file that vanished since the
// snapshot.
func (snap *snapshot) check(dir string, s *SessionReport) (gone bool, err error) {
	st := snap.heads.files[s.File]
	if st == nil {
		st = new(headState)
	}
	s.describe(st)
	if !snap.there[s.File] {
		s.broken(0, "the file is missing, and no record says that it was removed")
		return false, nil
	}
	f, err := file.Open(filepath.Join(dir, s.File))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		s.broken(0, "it cannot be read safely: "+err.Error())
		return false, nil
	}
	defer f.Close()
	var first chainHash
	sc, err := scan(s.File, f, func(n int, line []byte, hash chainHash) string {
		if n == 1 {
			first = hash
		}
		if st.end != nil && uint64(n) == st.end.Lines && hash.String() != st.end.Head {
			return fmt.Sprintf("it is not the last line that heads.jsonl line %d names", st.end.Seq)
		}
		return ""
	})
	if err != nil {
		return false, err
	}
	s.Lines, s.Findings = sc.lines, sc.findings
	if len(sc.findings) > 0 {
		s.State = Broken
	}
	s.compare(st, sc, first)
	s.conclude(st, sc, snap.live[s.File])
	return false, nil
}

func (s *SessionReport) describe(st *headState) {
	if _, id, ok := parseName(s.File); ok {
		s.ID = id
	}
	if st.start != nil {
		s.Client, s.Server, s.Started = st.start.Client, st.start.Server, st.start.Time
	}
}

func (s *SessionReport) broken(line int, text string) {
	s.State = Broken
	s.Findings = append(s.Findings, Finding{s.File, line, text})
}

// compare holds the file against its records in heads.jsonl.
func (s *SessionReport) compare(st *headState, sc scanned, first chainHash) {
	if st.start == nil && st.removed == nil && sc.lines > 1 {
		s.broken(0, "no record in heads.jsonl names it")
	}
	if st.start != nil && (sc.lines == 0 || first.String() != st.start.Head) {
		s.broken(1, fmt.Sprintf("it is not the first line that heads.jsonl line %d names", st.start.Seq))
	}
	if st.end == nil {
		return
	}
	switch want := int(st.end.Lines); {
	case sc.lines < want:
		s.broken(sc.lines, fmt.Sprintf("the file ends here; heads.jsonl line %d says that it has %d lines", st.end.Seq, want))
	case sc.lines > want:
		s.broken(want+1, fmt.Sprintf("it was added after the end; heads.jsonl line %d says that the file has %d lines", st.end.Seq, want))
	}
	if sc.torn > 0 && st.end.Event == "end" {
		s.broken(sc.lines+1, fmt.Sprintf("the last line is incomplete (%d bytes)", sc.torn))
	}
}

// conclude names the state of a session that has nothing broken, and mentions what is odd all the same.
func (s *SessionReport) conclude(st *headState, sc scanned, live bool) {
	if s.State == Broken {
		return
	}
	mention := func(line int, text string) { s.Findings = append(s.Findings, Finding{s.File, line, text}) }
	if st.removed != nil {
		mention(0, "it was to be removed, and is still there")
	}
	switch {
	case st.end != nil && st.end.Event == "end":
		s.State = OK
		return
	case st.end == nil && live:
		s.State = Live
		return
	}
	s.State = Unended
	if sc.torn > 0 {
		mention(sc.lines+1, fmt.Sprintf("the last line is incomplete (%d bytes): its writing was cut off", sc.torn))
	}
	switch {
	case st.end != nil:
		mention(sc.lines, fmt.Sprintf("the session ended without an end record; heads.jsonl line %d fixed its %d lines later", st.end.Seq, st.end.Lines))
	case st.start == nil:
		mention(0, "no record in heads.jsonl names it: its process was stopped while it began")
	default:
		mention(sc.lines, "the session ended without an end record; lines at its end could be missing")
	}
}
