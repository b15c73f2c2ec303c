package audit

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sallyport/wrap/file"
)

// A Record is one line of a session's file as it is read back. What it holds was escaped when it was
// written, but the file may have been changed: it is foreign text.
type Record struct {
	Time      time.Time       `json:"time"`
	Seq       uint64          `json:"seq"`
	Session   string          `json:"session"`
	Client    string          `json:"client"`
	Server    string          `json:"server"`
	Observing bool            `json:"observing"`
	Event     string          `json:"event"` // start, end; "" for a decision
	Version   string          `json:"version"`
	Rules     string          `json:"rules"`
	Arguments bool            `json:"arguments"`
	Cwd       string          `json:"cwd"`
	Home      string          `json:"home"`
	Roots     []string        `json:"roots"`
	Direction string          `json:"dir"`
	Method    string          `json:"method"`
	Tool      string          `json:"tool"`
	ID        json.RawMessage `json:"id"`
	Args      string          `json:"args"`  // k1:…
	Frame     string          `json:"frame"` // k1:…
	Size      int             `json:"size"`
	Decision  string          `json:"decision"`
	Rule      string          `json:"rule"`
	At        string          `json:"at"`
	Ref       string          `json:"ref"`
	Edits     string          `json:"edits"`
	Reason    string          `json:"reason"`
	Answer    string          `json:"answer"`
	By        string          `json:"by"`
	Shown     string          `json:"shown"`
	Granted   string          `json:"granted"`
	Judge     time.Duration   `json:"judge_ns"`
	Wait      time.Duration   `json:"wait_ns"`
	Trace     string          `json:"trace"`
	Values    json.RawMessage `json:"values"`
	Hash      string          `json:"hash"`

	// Raw is the line as JSON that is safe to print.
	Raw json.RawMessage `json:"-"`
}

func parseRecord(line []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(line, &r); err != nil {
		return Record{}, errors.New("it is not a line of this log")
	}
	r.Raw = appendJSON(nil, line)
	return r, nil
}

// File is a session's file.
type File struct {
	ID      string // of the session
	Name    string // within the folder
	Path    string
	Started time.Time // to the second
	written time.Time // tells the order of those that began in one second
}

// List returns the sessions' files in the folder dir, the oldest first. A folder that does not exist
// matches fs.ErrNotExist.
func List(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, e := range entries {
		if t, id, ok := parseName(e.Name()); ok {
			f := File{ID: id, Name: e.Name(), Path: filepath.Join(dir, e.Name()), Started: t}
			if info, err := e.Info(); err == nil {
				f.written = info.ModTime()
			}
			files = append(files, f)
		}
	}
	slices.SortStableFunc(files, func(a, b File) int {
		return cmp.Or(a.Started.Compare(b.Started), a.written.Compare(b.written))
	})
	return files, nil
}

// parseName takes the name of a session's file apart.
func parseName(name string) (t time.Time, id string, ok bool) {
	stamp, rest, ok := strings.Cut(name, "-")
	id, isLog := strings.CutSuffix(rest, ext)
	t, err := time.Parse(nameTime, stamp)
	return t, id, ok && isLog && err == nil && validID(id)
}

// Read yields the records of one session's file in order, with an error in place of each line that
// is none. The chain is not checked. An incomplete last line is left out: a live session may be about
// to write the rest.
func Read(path string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		f, err := file.Open(path)
		if err != nil {
			yield(Record{}, fmt.Errorf("reading %q: %w", path, err))
			return
		}
		defer f.Close()
		br := bufio.NewReaderSize(f, 64<<10)
		var buf []byte
		for n := 1; ; n++ {
			line, whole, err := readLine(br, buf)
			if err != nil && !errors.Is(err, errLongLine) {
				yield(Record{}, fmt.Errorf("reading %q: %w", path, err))
				return
			}
			if !whole {
				return
			}
			buf = line
			var r Record
			if err == nil {
				r, err = parseRecord(line)
			}
			if err != nil {
				err = fmt.Errorf("reading %q, line %d: %v", path, n, err)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
