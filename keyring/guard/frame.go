package guard

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// ErrPlace is that of a frame that holds a secret where nothing can be taken out.
var ErrPlace = errors.New("a secret stands where it cannot be taken out")

// readable are the members whose strings people or models read: one may stand for another there.
var readable = map[string]bool{
	"text": true, "message": true, "description": true, "title": true, "instructions": true, "reason": true, "statusMessage": true,
}

// opaque are members that programs read, wherever they stand, with all below.
var opaque = map[string]bool{"blob": true, "data": true, "uri": true, "url": true, "mimeType": true, "icons": true}

// Frame takes all forms out of a frame, which is one valid JSON text, and gives the names of the secrets that it found. What it changes
// are strings: those that are the member text, message, description, title, instructions, reason or statusMessage of an object, all below
// structuredContent unless strict, and all below data of an error or a notification. Where a form stands elsewhere the error is
// [ErrPlace], with the member where it was found. Where nothing is found it returns frame itself.
func (g *Guard) Frame(frame []byte, strict bool) (clean []byte, found []string, err error) {
	if g == nil {
		return frame, nil, nil
	}
	sc := g.scratch.Get().(*scratch)
	defer g.release(sc)
	for range rounds {
		hits := slices.Clone(g.find(sc, frame, true))
		if hits = append(hits, g.seams(sc, frame)...); len(hits) == 0 {
			return frame, found, nil
		}
		hits = merge(hits)
		for _, h := range hits {
			found = g.note(found, h.secret)
		}
		frame, err = g.cut(frame, hits, strict)
		if err != nil {
			return nil, found, err
		}
	}
	return nil, found, ErrPlace
}

// cut puts marks in the place of hits, each of which lies within one string or over several texts. Both come in order.
func (g *Guard) cut(frame []byte, hits []hit, strict bool) ([]byte, error) {
	var out []byte
	end := 0
	w := walker{text: frame}
	for s, ok := w.next(); ok && len(hits) > 0; s, ok = w.next() {
		for len(hits) > 0 && hits[0].start < s.end {
			h := hits[0]
			if h.start < s.start {
				return nil, fmt.Errorf("%w: between strings", ErrPlace)
			}
			if s.key {
				return nil, fmt.Errorf("%w: in the name of a member", ErrPlace)
			}
			if !s.mayChange(strict) {
				return nil, fmt.Errorf("%w: in %q", ErrPlace, s.member)
			}
			out = append(append(out, frame[end:h.start]...), g.marks[h.secret]...)
			if end = min(h.end, s.end); h.end <= s.end {
				hits = hits[1:]
				continue
			}
			// It goes on in another text: seams gave the rest as a hit of its own.
			return nil, fmt.Errorf("%w: over the end of %q", ErrPlace, s.member)
		}
	}
	if len(hits) > 0 {
		return nil, fmt.Errorf("%w: outside of strings", ErrPlace)
	}
	return append(out, frame[end:]...), nil
}

// A piece of what texts were joined of: joined from at on is the frame from there on.
type piece struct {
	at, from int
	text     int // the end of the text that it belongs to, in the frame
}

// seams finds forms that are split over texts that follow each other: each part is a hit of its own.
func (g *Guard) seams(sc *scratch, frame []byte) (parts []hit) {
	if sc.letters { // a name may be escaped
		g.joinAll(sc, frame)
	} else {
		g.join(sc, frame)
	}
	if len(sc.pieces) < 2 {
		return nil
	}
	for _, h := range g.find(sc, sc.joined, true) {
		parts = append(parts, sc.split(h)...)
	}
	return parts
}

// join puts all texts of a frame behind each other. A name in quotes that a colon and a quote follow stands in no string: there its quotes
// would be escaped.
func (g *Guard) join(sc *scratch, frame []byte) {
	sc.joined, sc.pieces = sc.joined[:0], sc.pieces[:0]
	name := []byte(`"text"`)
	first := [2]int{}
	for at := 0; ; {
		n := bytes.Index(frame[at:], name)
		if n < 0 {
			return
		}
		at += n + len(name)
		i := blanks(frame, at)
		if i == len(frame) || frame[i] != ':' {
			continue
		}
		if i = blanks(frame, i+1); i == len(frame) || frame[i] != '"' {
			continue
		}
		start := i + 1
		end := endOfString(frame, start)
		at = end
		switch {
		case start == end:
		case first[1] == 0:
			first = [2]int{start, end} // alone it needs no joining
		default:
			if len(sc.pieces) == 0 {
				g.add(sc, frame, first[0], first[1])
			}
			g.add(sc, frame, start, end)
		}
	}
}

// blanks is where something else than white space stands, from i on.
func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// joinAll is join where names are escaped.
func (g *Guard) joinAll(sc *scratch, frame []byte) {
	sc.joined, sc.pieces = sc.joined[:0], sc.pieces[:0]
	w := walker{text: frame}
	for s, ok := w.next(); ok; s, ok = w.next() {
		if !s.key && string(s.member) == "text" && s.start < s.end {
			g.add(sc, frame, s.start, s.end)
		}
	}
}

// add joins a text, of a long one only what a form can reach into. A byte that no form has stands in the gap.
func (g *Guard) add(sc *scratch, frame []byte, start, end int) {
	reach := (g.longest + margin) * longestEscape
	if end-start <= 2*reach {
		sc.take(frame, start, end, end)
		return
	}
	sc.take(frame, start, start+reach, end)
	sc.joined = append(sc.joined, 0)
	sc.take(frame, end-reach, end, end)
}

const (
	// longestEscape is how many bytes one of a form takes at most when it is escaped twice (\\u0067).
	longestEscape = 8
	// margin is for a text that is cut within an escape: what is decoded wrongly then stands apart from the form.
	margin = 16
)

func (sc *scratch) take(frame []byte, from, to, end int) {
	sc.pieces = append(sc.pieces, piece{len(sc.joined), from, end})
	sc.joined = append(sc.joined, frame[from:to]...)
}

// split cuts a place of the joined texts into what stands in each of them. One within a single text is none that find has not seen.
func (sc *scratch) split(h hit) (parts []hit) {
	n, _ := slices.BinarySearchFunc(sc.pieces, h.start+1, func(p piece, at int) int { return p.at - at })
	n-- // the last one that begins at or before the place
	for ; n < len(sc.pieces) && sc.pieces[n].at < h.end; n++ {
		p := sc.pieces[n]
		from, to := p.from+max(0, h.start-p.at), p.text
		if n+1 == len(sc.pieces) || sc.pieces[n+1].at >= h.end {
			to = p.from + h.end - p.at
		}
		parts = append(parts, hit{from, min(to, p.text), h.secret})
	}
	if len(parts) < 2 {
		return nil
	}
	return parts
}
