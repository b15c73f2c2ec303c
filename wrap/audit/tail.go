package audit

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"

	"sallyport/wrap/file"
)

// A Tail reads what live sessions write from now on. It is for one goroutine.
type Tail struct {
	dir   string
	files map[string]*tailed // a nil one needs no look any more
}

type tailed struct {
	f    *os.File
	rest []byte // the beginning of a line whose end is not there yet
}

// NewTail looks at the sessions in dir. What they have written so far is passed over. A folder that does
// not exist yet has no sessions yet.
func NewTail(dir string) (*Tail, error) {
	t := &Tail{dir: dir, files: map[string]*tailed{}}
	files, err := List(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, f := range files {
		t.files[f.Name] = nil
		if !isLive(f.Path) {
			continue
		}
		in, err := file.Open(f.Path)
		if err != nil {
			continue // it ended and was removed
		}
		if _, err := in.Seek(0, io.SeekEnd); err != nil {
			in.Close()
			continue
		}
		t.files[f.Name] = &tailed{f: in}
	}
	return t, nil
}

// Poll returns the records that were written since the last call, of one session after the other and
// within a session in order. Lines that are no records are left out: Verify reports them.
func (t *Tail) Poll() ([]Record, error) {
	files, err := List(t.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var records []Record
	for _, f := range files {
		tl, known := t.files[f.Name]
		if !known {
			in, err := file.Open(f.Path)
			if err != nil {
				continue // the next Poll tries again
			}
			tl = &tailed{f: in}
			t.files[f.Name] = tl
		}
		if tl == nil {
			continue
		}
		n := len(records)
		if records, err = tl.read(records); err != nil {
			return records, err
		}
		ended := slices.ContainsFunc(records[n:], func(r Record) bool { return r.Event == "end" })
		if ended {
			tl.f.Close()
			t.files[f.Name] = nil
		}
	}
	return records, nil
}

func (tl *tailed) read(records []Record) ([]Record, error) {
	data, err := io.ReadAll(io.LimitReader(tl.f, maxLine))
	if err != nil {
		return records, err
	}
	tl.rest = append(tl.rest, data...)
	for {
		line, rest, whole := bytes.Cut(tl.rest, []byte{'\n'})
		if !whole {
			if len(tl.rest) > maxLine {
				tl.rest = nil
			}
			tl.rest = bytes.Clone(tl.rest) // and not the whole buffer that it is the end of
			return records, nil
		}
		tl.rest = rest
		if r, err := parseRecord(line); err == nil {
			records = append(records, r)
		}
	}
}

// Close ends the reading.
func (t *Tail) Close() error {
	for _, tl := range t.files {
		if tl != nil {
			tl.f.Close()
		}
	}
	t.files = nil
	return nil
}
