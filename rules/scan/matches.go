package scan

import (
	"slices"
	"strings"
)

// Match is a place in a text: from byte Start to before byte End.
type Match struct {
	Kind       string // one of Kinds
	Start, End int
}

// masked is what stands in the place of a match when a text is gone through again.
const masked = "‹masked›"

// maxRounds is how often a text is gone through once more, with what was found taken
// out: what touches a token hides, as both seem to be one that is too long. So what is
// masked once need not be masked twice, unless someone piled up more than that.
const maxRounds = 4

// settled gives what is found, and what is found behind it.
func settled(text string, find func(string) []Match) []Match {
	found := find(text)
	for round, more := 0, found; len(more) > 0 && round < maxRounds; round++ {
		more = behind(text, found, find)
		found = disjoint(append(found, more...))
	}
	return found
}

// behind finds what shows when the matches are masked, at its places in the text.
func behind(text string, found []Match, find func(string) []Match) []Match {
	var b strings.Builder
	ends := make([]int, len(found)) // of the masks
	last := 0
	for i, m := range found {
		b.WriteString(text[last:m.Start])
		b.WriteString(masked)
		ends[i], last = b.Len(), m.End
	}
	b.WriteString(text[last:])
	more := find(b.String())
	place := func(at int) int {
		k, _ := slices.BinarySearch(ends, at+1) // masks that end at the place or before
		if k > 0 {
			at += found[k-1].End - ends[k-1]
		}
		if k < len(found) {
			at = min(at, found[k].Start) // no value has a mask in it
		}
		return at
	}
	for i, m := range more {
		more[i] = Match{m.Kind, place(m.Start), place(m.End)}
	}
	return slices.DeleteFunc(more, func(m Match) bool { return m.Start >= m.End })
}

// vague are the kinds that any other one beats where they overlap.
func vague(kind string) bool {
	switch kind {
	case "assignment", "bearer", "url-password", "netrc", "pgpass":
		return true
	}
	return false
}

// disjoint sorts matches and joins those that overlap.
func disjoint(all []Match) []Match {
	if len(all) < 2 {
		return all
	}
	slices.SortStableFunc(all, func(a, b Match) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	out := all[:1]
	for _, m := range all[1:] {
		last := &out[len(out)-1]
		if m.Start >= last.End {
			out = append(out, m)
			continue
		}
		if vague(last.Kind) && !vague(m.Kind) {
			last.Kind = m.Kind
		}
		last.End = max(last.End, m.End)
	}
	return out
}
