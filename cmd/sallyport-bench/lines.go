package main

import (
	"bytes"
	"io"
)

// lineReader cuts a stream into lines in one buffer that grows and is kept, so that a line
// of 16 MiB costs no copy beyond the read itself.
type lineReader struct {
	from       io.Reader
	buf        []byte
	start, end int // the unread part of buf
	seen       int // no line feed in buf[start:seen]
}

func newLineReader(from io.Reader) *lineReader {
	return &lineReader{from: from, buf: make([]byte, 256<<10)}
}

// reset begins another stream in the buffer that grew for the last.
func (r *lineReader) reset(from io.Reader) {
	*r = lineReader{from: from, buf: r.buf}
}

// next returns the next line with its line feed, valid until the call after it.
func (r *lineReader) next() ([]byte, error) {
	for {
		if line := r.buffered(); line != nil {
			return line, nil
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// buffered returns the next line if it is here already, else nil.
func (r *lineReader) buffered() []byte {
	i := bytes.IndexByte(r.buf[r.seen:r.end], '\n')
	if i < 0 {
		r.seen = r.end
		return nil
	}
	line := r.buf[r.start : r.seen+i+1]
	r.start = r.seen + i + 1
	r.seen = r.start
	return line
}

func (r *lineReader) fill() error {
	if r.start == r.end {
		r.start, r.end, r.seen = 0, 0, 0
	}
	if r.end == len(r.buf) {
		buf := r.buf
		if r.start < len(buf)/2 {
			buf = make([]byte, 2*len(buf))
		}
		copy(buf, r.buf[r.start:r.end])
		r.buf, r.seen, r.end, r.start = buf, r.seen-r.start, r.end-r.start, 0
	}
	n, err := r.from.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}
