package guard

import (
	"encoding/binary"
	"math"
	"slices"
)

// A pattern is one form of a piece of a secret.
type pattern struct {
	text        []byte
	fold        bool // in lower case here; upper case counts too
	left, right bool // the byte before it, behind it, holds bits of the secret as well
	secret      int
}

// table finds patterns by the method of Wu and Manber (A Fast Algorithm for Multi-Pattern Searching, 1994): it looks at blocks of three
// bytes, and skips by how far the block is from the end of all patterns, cut to the length of the shortest. Blocks are compared without
// case, since one kind of pattern has none.
type table struct {
	patterns []pattern
	shortest int
	shift    []uint8  // by the hash of a block: how far one may go on
	first    []uint16 // by the hash of the block at the end of the window: where the patterns that have it there begin in last
	last     []uint16
}

const (
	block    = 3
	hashBits = 14
)

// hash is that of the block at b[i:]; b has a byte more.
func hash(b []byte, i int) uint32 {
	return ((binary.LittleEndian.Uint32(b[i:]) & 0xffffff) | 0x202020) * 0x9e3779b1 >> (32 - hashBits)
}

func newTable(patterns []pattern) table {
	t := table{patterns: patterns, shortest: math.MaxUint8, shift: make([]uint8, 1<<hashBits), first: make([]uint16, 1<<hashBits+1)}
	for _, p := range patterns {
		t.shortest = min(t.shortest, len(p.text))
	}
	for i := range t.shift {
		t.shift[i] = uint8(t.shortest - block + 1)
	}
	ends := make([]uint32, len(patterns))
	for n, p := range patterns {
		padded := append(append([]byte{}, p.text[:t.shortest]...), 0)
		for i := 0; i+block <= t.shortest; i++ {
			h := hash(padded, i)
			t.shift[h] = min(t.shift[h], uint8(t.shortest-block-i))
			ends[n] = h
		}
	}
	for _, h := range ends {
		t.first[h+1]++
	}
	for h := range t.shift {
		t.first[h+1] += t.first[h]
	}
	t.last = make([]uint16, len(patterns))
	next := slices.Clone(t.first)
	for n, h := range ends {
		t.last[next[h]] = uint16(n)
		next[h]++
	}
	return t
}

// search calls found for every place of a pattern.
func (t *table) search(text []byte, found func(start, end, secret int)) {
	from := t.shortest - block // of the block at the end of the window
	i := from
	for ; i+block < len(text); i++ {
		h := hash(text, i)
		if far := t.shift[h]; far > 0 {
			i += int(far) - 1
			continue
		}
		t.compare(text, i-from, h, found)
	}
	if i+block == len(text) { // no byte behind the last block
		tail := append(append(make([]byte, 0, block+1), text[i:]...), 0)
		t.compare(text, i-from, hash(tail, 0), found)
	}
}

func (t *table) compare(text []byte, start int, h uint32, found func(start, end, secret int)) {
	for _, n := range t.last[t.first[h]:t.first[h+1]] {
		p := &t.patterns[n]
		end := start + len(p.text)
		if end > len(text) || !p.equal(text[start:end]) {
			continue
		}
		from := start
		if p.left && from > 0 && isBase64(text[from-1]) {
			from--
		}
		if p.right && end < len(text) && isBase64(text[end]) {
			end++
		}
		found(from, end, p.secret)
	}
}

func (p *pattern) equal(text []byte) bool {
	if !p.fold {
		return string(p.text) == string(text)
	}
	for i, b := range text {
		if b >= 'A' && b <= 'Z' {
			b |= 0x20
		}
		if b != p.text[i] {
			return false
		}
	}
	return true
}

func upper(b byte) byte {
	if b >= 'a' && b <= 'z' {
		return b &^ 0x20
	}
	return b
}

func isBase64(b byte) bool {
	switch {
	case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '+', b == '/', b == '-', b == '_':
		return true
	}
	return false
}
