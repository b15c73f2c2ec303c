package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sallyport/wrap/file"
)

const (
	headsName = "heads.jsonl"
	lockName  = "lock"
	ext       = ".jsonl"
	nameTime  = "20060102T150405Z"

	// maxHead bounds a line of heads.jsonl. Every text in it is cut, so that it stays far below.
	maxHead = 64 << 10
)

// A head is a record of heads.jsonl.
type head struct {
	Time    time.Time `json:"time"`
	Seq     uint64    `json:"seq"`
	Event   string    `json:"event"`
	Session string    `json:"session"`
	File    string    `json:"file"`
	Client  string    `json:"client"`
	Server  string    `json:"server"`
	Lines   uint64    `json:"lines"`   // of the session's file
	Head    string    `json:"head"`    // hash of its last line
	Reason  string    `json:"reason"`  // of end and remove
	Dropped int       `json:"dropped"` // repair: bytes that were cut off
	Text    string    `json:"text"`    // repair: the beginning of them
}

func (h *head) appendTo(b []byte) []byte {
	b = appendMember(b, "event", h.Event, shortText)
	b = appendMember(b, "session", h.Session, shortText)
	b = appendMember(b, "file", h.File, shortText)
	b = appendMember(b, "client", h.Client, shortText)
	b = appendMember(b, "server", h.Server, shortText)
	b = appendNumber(b, "lines", int64(h.Lines))
	b = appendMember(b, "head", h.Head, shortText)
	b = appendMember(b, "reason", h.Reason, longText)
	b = appendNumber(b, "dropped", int64(h.Dropped))
	return appendMember(b, "text", h.Text, longText)
}

// appendHead writes records to heads.jsonl. The caller holds the folder's lock.
//
// An incomplete last line, which a machine that stopped can leave, is cut off and quoted in a repair
// record, so that one bad moment does not keep all servers from starting for ever.
func appendHead(dir string, records ...head) error {
	path := filepath.Join(dir, headsName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	c, size, torn, err := lastHead(f)
	if err != nil {
		return fmt.Errorf("%w: %q: %v; run: sallyport log verify, then move the folder %q aside to begin a new log",
			ErrBroken, path, err, dir)
	}
	if len(torn) > 0 {
		repair := head{Time: time.Now(), Event: "repair", Dropped: len(torn), Text: string(torn)}
		records = append([]head{repair}, records...)
		if err := f.Truncate(size); err != nil {
			return err
		}
	}
	var lines []byte
	for i := range records {
		lines = c.end(lines, records[i].appendTo(c.begin(records[i].Time)))
	}
	if _, err := f.WriteAt(lines, size); err != nil {
		f.Truncate(size) // half a record would only be in the way of the next one
		return err
	}
	return nil
}

// lastHead finds the end of heads.jsonl: the chain there, the offset behind the last whole line, and
// what follows that.
func lastHead(f *os.File) (c chain, size int64, torn []byte, err error) {
	c.prev = noHash
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return c, 0, nil, err
	}
	from := max(0, size-2*maxHead)
	end := make([]byte, size-from)
	if _, err := f.ReadAt(end, from); err != nil {
		return c, 0, nil, err
	}
	whole := bytes.LastIndexByte(end, '\n') + 1
	torn, size = end[whole:], from+int64(whole)
	if whole == 0 {
		if from > 0 {
			return c, 0, nil, errors.New("its last line is too long")
		}
		return c, 0, torn, nil
	}
	line := end[:whole-1]
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	_, hash, ok := splitLine(line)
	var last struct {
		Seq uint64 `json:"seq"`
	}
	if !ok || json.Unmarshal(line, &last) != nil || last.Seq == 0 {
		return c, 0, nil, errors.New("its last line is no line of a log")
	}
	return chain{seq: last.Seq, prev: hash}, size, torn, nil
}

// headState is what heads.jsonl says of one session's file.
type headState struct {
	start, end, removed *head
}

// heads is the content of heads.jsonl.
type heads struct {
	scan   scanned
	files  map[string]*headState
	order  []string // names of the files, in the order of their first records
	hashes map[string]bool
}

// readHeads reads and checks heads.jsonl. A missing one is an empty one.
func readHeads(dir string) (*heads, error) {
	h := &heads{files: map[string]*headState{}, hashes: map[string]bool{noHash.String(): true}}
	f, err := file.Open(filepath.Join(dir, headsName))
	if errors.Is(err, os.ErrNotExist) {
		h.scan.last = noHash
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h.scan, err = scan(headsName, f, func(n int, line []byte, hash chainHash) string {
		h.hashes[hash.String()] = true
		return h.add(line)
	})
	return h, err
}

// add takes one record, and says what is wrong with it.
func (h *heads) add(line []byte) string {
	r := new(head)
	if json.Unmarshal(line, r) != nil {
		return "it is not a record of heads.jsonl"
	}
	if r.Event == "repair" {
		return ""
	}
	s := h.files[r.File]
	if s == nil {
		s = new(headState)
		h.files[r.File] = s
		h.order = append(h.order, r.File)
	}
	switch r.Event {
	case "start":
		s.start = r
	case "end", "lost":
		s.end = r
	case "remove":
		s.removed = r
	default:
		return "it has an unknown event"
	}
	return ""
}
