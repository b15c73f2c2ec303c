package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"

	"sallyport/keyring/guard"
)

// A tee writes a copy of all lines, each with its direction before it, to the file that "log: {debug: FILE}" of the user's rules
// names. The nil tee writes nothing.
type tee struct {
	mu    sync.Mutex
	w     io.Writer
	clean func([]byte) []byte // takes secrets out
}

func openTee(path string, p places) (*tee, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(absolute(path, p.config, p.home), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the debug file: %v", err)
	}
	warningf("all frames are written to %q", f.Name())
	return &tee{w: f, clean: func(line []byte) []byte { return line }}, nil
}

// of copies what is read from r.
func (t *tee) of(direction string, r io.Reader) io.Reader {
	if t == nil {
		return r
	}
	return io.TeeReader(r, &teeLines{t: t, direction: direction})
}

// teeLines cuts one direction into lines, so that the two do not mix.
type teeLines struct {
	t         *tee
	direction string
	rest      []byte
}

// Write never fails: a debug file that is full must not end the session.
func (l *teeLines) Write(b []byte) (int, error) {
	if l.rest = append(l.rest, b...); len(l.rest) > maxTeeLine {
		l.rest = append(l.rest[:0], "(a longer line was left out)"...)
	}
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 {
			return len(b), nil
		}
		l.t.mu.Lock()
		fmt.Fprintf(l.t.w, "%s %s\n", l.direction, l.t.clean(l.rest[:end]))
		l.t.mu.Unlock()
		l.rest = append(l.rest[:0], l.rest[end+1:]...)
	}
}

// maxTeeLine is more than a frame may have by default.
const maxTeeLine = 80 << 20

// frameCleaner takes secrets out of frames, also those that are split over texts. Of one where nothing can be taken out, nothing is left.
func frameCleaner(g *guard.Guard) func([]byte) []byte {
	return func(line []byte) []byte {
		if !g.Holds(line) {
			return line
		}
		if clean, _, err := g.Frame(line, false); err == nil {
			return clean
		}
		return []byte("(a frame that holds a secret)")
	}
}
