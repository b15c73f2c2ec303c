package jsonrpc

import (
	"bytes"
	"io"
)

const (
	smallBuffer = 64 << 10 // what a pipe holds
	largeBuffer = 1 << 20
	// calmReads is the number of times that the buffer was empty since it last grew after which a grown one is given back.
	calmReads = 256
	// edge is how much of a line that is too long is kept at either end, to find out whose it was.
	edge = 4 << 10
)

// A Reader cuts a stream into lines. It keeps one buffer, which grows with the longest line and is reused: giving it back after each
// frame costs more than half of the bandwidth. Not for concurrent use.
type Reader struct {
	r          io.Reader
	buf        buffer
	limit      int
	start, end int // what has been read and not handed out
	scanned    int // bytes behind start that hold no line feed
	calm       int

	skipping   bool // in the middle of a line that is too long
	head, tail []byte
}

// NewReader returns a reader of lines of at most limit bytes.
func NewReader(r io.Reader, limit int) *Reader {
	if limit <= 0 {
		limit = DefaultLimits.Frame
	}
	return &Reader{r: r, limit: limit}
}

// A Line is what a Reader found. Bytes holds until the next Fill.
type Line struct {
	Bytes []byte // without its line feed
	From  int    // where it begins in the buffer, for Slice
	// TooLong marks a line over the limit. Bytes is its beginning and Tail its end, both short.
	TooLong bool
	Tail    []byte
}

// Next returns the next whole line that has been read, and whether there is one.
func (r *Reader) Next() (Line, bool) {
	data := r.buf.data[r.start:r.end]
	n := bytes.IndexByte(data[r.scanned:], '\n')
	if n < 0 {
		r.scanned = len(data)
		if len(data) > r.limit || r.skipping {
			r.skip(data)
		}
		return Line{}, false
	}
	n += r.scanned
	line, from := data[:n], r.start
	r.start += n + 1
	r.scanned = 0
	if r.skipping || n > r.limit {
		r.skip(line)
		r.skipping = false
		return Line{Bytes: r.head, TooLong: true, Tail: r.tail}, true
	}
	return Line{Bytes: line, From: from}, true
}

// Slice returns what lies in the buffer between two offsets: whole lines that follow one another, with their line feeds.
func (r *Reader) Slice(from, to int) []byte { return r.buf.data[from:to] }

// skip forgets a piece of a line that is too long, but for the line's two ends.
func (r *Reader) skip(piece []byte) {
	if !r.skipping {
		r.head = append(r.head[:0], piece[:min(len(piece), edge)]...)
		r.tail = r.tail[:0]
		r.skipping = true
	}
	if len(piece) >= edge {
		r.tail = append(r.tail[:0], piece[len(piece)-edge:]...)
	} else {
		keep := max(0, len(r.tail)+len(piece)-edge)
		r.tail = append(r.tail[:copy(r.tail, r.tail[keep:])], piece...)
	}
	if r.scanned != 0 {
		r.start, r.end, r.scanned = 0, 0, 0
	}
}

// Fill blocks for one read. Lines that were handed out are gone afterwards. At the end of the stream it returns io.EOF, and what is
// left without a line feed is no frame: two of the SDKs would run it, the others not.
func (r *Reader) Fill() error {
	if err := r.room(); err != nil {
		return err
	}
	n, err := r.r.Read(r.buf.data[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	return err
}

// Rest returns what has been read of a line that has no end yet.
func (r *Reader) Rest() []byte { return r.buf.data[r.start:r.end] }

// room makes space for a read.
func (r *Reader) room() error {
	if r.start == r.end {
		r.start, r.end = 0, 0
		if r.calm++; r.calm > calmReads && len(r.buf.data) > largeBuffer {
			r.Close()
		}
	}
	if len(r.buf.data) == 0 {
		return r.buf.resize(smallBuffer)
	}
	if r.start > 0 && r.end == len(r.buf.data) {
		copy(r.buf.data, r.buf.data[r.start:r.end])
		r.start, r.end = 0, r.end-r.start
	}
	if r.end < len(r.buf.data) {
		return nil
	}
	r.calm = 0
	return r.buf.resize(2 * len(r.buf.data))
}

// Close gives the buffer back. The Reader may be used again.
func (r *Reader) Close() {
	r.buf.free()
	r.start, r.end, r.scanned, r.calm = 0, 0, 0, 0
}
