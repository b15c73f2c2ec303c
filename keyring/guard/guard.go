package guard

import (
	"bytes"
	"slices"
	"sync"
)

// A Secret is a value that was given to somebody. Name stands in its place.
type Secret struct {
	Name  string
	Value []byte
}

// A Guard looks for the values of secrets. A nil Guard finds nothing. Methods may be called concurrently.
type Guard struct {
	names    []string // of secrets
	marks    [][]byte // what stands in their place
	table    table
	alphabet [256]bool // bytes of patterns
	run      [256]bool // those, and bytes of escapes
	idle     [256]bool // what a single backslash may stand before without being of interest
	longest  int       // of patterns, in bytes
	scratch  sync.Pool
}

// New makes a guard of secrets. weak are the names of those of which nothing can be told from other text, since they are short or plain
// words. The guard is nil where nothing is left to guard. Names hold letters, digits, and . _ / @ - only; of others these are left.
func New(secrets []Secret) (g *Guard, weak []string) {
	g = &Guard{scratch: sync.Pool{New: func() any { return new(scratch) }}}
	var patterns []pattern
	known := map[string]bool{}
	for _, s := range secrets {
		parts := pieces(s.Value)
		if len(parts) == 0 {
			weak = append(weak, s.Name)
			continue
		}
		g.names = append(g.names, s.Name)
		g.marks = append(g.marks, []byte("‹secret:"+plain(s.Name)+"›"))
		for _, piece := range parts {
			if !known[string(piece)] && len(patterns) < maxPatterns {
				known[string(piece)] = true
				patterns = appendForms(patterns, piece, len(g.names)-1)
			}
		}
	}
	if len(patterns) == 0 {
		return nil, weak
	}
	for _, p := range patterns {
		g.longest = max(g.longest, len(p.text))
		for _, b := range p.text {
			g.alphabet[b] = true
			if p.fold {
				g.alphabet[upper(b)] = true
			}
		}
	}
	g.run = g.alphabet
	for _, b := range []byte(`0123456789abcdefABCDEFux\%`) {
		g.run[b] = true
	}
	for _, b := range []byte(`"/nrtbf`) {
		stands, _ := simpleEscape(b)
		g.idle[b] = !g.alphabet[stands]
	}
	g.table = newTable(patterns)
	return g, weak
}

// Weak reports whether nothing of a value can be told from other text. New says so too, and is slower.
func Weak(value []byte) bool { return len(pieces(value)) == 0 }

// maxPatterns is more than anybody's secrets have; their numbers have 16 bits.
const maxPatterns = 1 << 15

// plain leaves what does no harm in a string of JSON, nor in anything else.
func plain(name string) string {
	ok := func(b byte) bool {
		return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || bytes.IndexByte([]byte("._/@-"), b) >= 0
	}
	return string(slices.DeleteFunc([]byte(name), func(b byte) bool { return !ok(b) }))
}

// A hit is a place where a secret stands: [start, end) of the text that was searched.
type hit struct{ start, end, secret int }

// scratch is what a search needs besides its text.
type scratch struct {
	hits    []hit
	windows [][2]int
	letters bool   // an escape stands for a letter that needs none
	joined  []byte // texts of a frame, one behind the other
	pieces  []piece
}

// find gives all places of text, without those that lie within others, in order. Of places that overlap it makes one. In the source of
// JSON, what looks like a form and begins within an escape is none.
func (g *Guard) find(sc *scratch, text []byte, source bool) []hit {
	sc.hits = sc.hits[:0]
	g.table.search(text, func(start, end, secret int) {
		if !source || !insideEscape(text, start) && !insideEscape(text, end) {
			sc.hits = append(sc.hits, hit{start, end, secret})
		}
	})
	g.escaped(sc, text)
	return merge(sc.hits)
}

// merge sorts hits and joins those that overlap.
func merge(hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	kept := hits[:0]
	for _, h := range hits {
		if n := len(kept); n > 0 && h.start < kept[n-1].end {
			kept[n-1].end = max(kept[n-1].end, h.end)
			continue
		}
		kept = append(kept, h)
	}
	return kept
}

// Holds reports whether a frame holds a form of a secret, in one string or over several.
func (g *Guard) Holds(frame []byte) bool {
	if g == nil || len(frame) < g.table.shortest {
		return false
	}
	sc := g.scratch.Get().(*scratch)
	defer g.release(sc)
	return len(g.find(sc, frame, true)) > 0 || len(g.seams(sc, frame)) > 0
}

// release gives a scratch back, without the texts that it has seen.
func (g *Guard) release(sc *scratch) {
	clear(sc.joined)
	if sc.joined = sc.joined[:0]; cap(sc.joined) > maxScratch {
		*sc = scratch{}
	}
	g.scratch.Put(sc)
}

const maxScratch = 1 << 20

// rounds is how often what is left is looked at again: a mark may bring together what stood around a form.
const rounds = 4

// Text takes all forms out of a text, and gives the names of the secrets that it found. A line of JSON stays one. Where nothing is found
// it returns text itself; where taking out does not come to an end, nothing of it.
func (g *Guard) Text(text []byte) (clean []byte, found []string) {
	if g == nil || len(text) < g.table.shortest {
		return text, nil // an escape is longer than what it stands for
	}
	sc := g.scratch.Get().(*scratch)
	defer g.release(sc)
	for range rounds {
		hits := g.find(sc, text, false)
		if len(hits) == 0 {
			return text, found
		}
		var out []byte
		end := 0
		for _, h := range hits {
			out = append(append(out, text[end:h.start]...), g.marks[h.secret]...)
			end = h.end
			found = g.note(found, h.secret)
		}
		text = append(out, text[end:]...)
	}
	return []byte("‹secret›"), found
}

// Clean is Text for a string.
func (g *Guard) Clean(text string) string {
	if g == nil || len(text) < g.table.shortest {
		return text
	}
	clean, found := g.Text([]byte(text))
	if len(found) == 0 {
		return text
	}
	return string(clean)
}

func (g *Guard) note(found []string, secret int) []string {
	if !slices.Contains(found, g.names[secret]) {
		found = append(found, g.names[secret])
	}
	return found
}
