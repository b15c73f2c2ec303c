package card

import (
	"fmt"
	"slices"

	"sallyport/approve"
)

const (
	contextLines = 3
	maxDistance  = 512     // of two stretches between anchors; what is further apart is shown as replaced
	maxDiffWork  = 8 << 20 // steps of all stretches of one difference
)

// A hunk says that a[a0:a1] became b[b0:b1].
type hunk struct{ a0, a1, b0, b1 int }

// differences gives what changed from a to b, in order. Lines that stand once in both and in the same order are anchors; between them
// the shortest difference is looked for, by the greedy algorithm of Myers, and where that takes too long the stretch counts as replaced.
func differences(a, b []string) []hunk {
	ia, ib := numbers(a, b)
	d := differ{a: ia, b: ib, work: maxDiffWork}
	a0, b0 := 0, 0
	for _, anchor := range append(anchors(ia, ib), [2]int{len(a), len(b)}) {
		d.stretch(hunk{a0, anchor[0], b0, anchor[1]})
		a0, b0 = anchor[0]+1, anchor[1]+1
	}
	return d.out
}

// numbers gives equal lines equal numbers.
func numbers(a, b []string) (ia, ib []int32) {
	known := make(map[string]int32, len(a))
	number := func(lines []string) []int32 {
		out := make([]int32, len(lines))
		for i, l := range lines {
			n, ok := known[l]
			if !ok {
				n = int32(len(known))
				known[l] = n
			}
			out[i] = n
		}
		return out
	}
	return number(a), number(b)
}

// anchors gives the longest rising sequence of lines that stand once in a and once in b.
func anchors(a, b []int32) [][2]int {
	type place struct{ inA, inB, a, b int32 }
	places := make([]place, len(a)+len(b))
	for i, n := range a {
		places[n].inA++
		places[n].a = int32(i)
	}
	for i, n := range b {
		places[n].inB++
		places[n].b = int32(i)
	}
	var tails []int32 // b of the last of the best sequence of each length
	var ends []int32  // a of the same
	before := make([]int32, len(a))
	for i, n := range a {
		p := &places[n]
		if p.inA != 1 || p.inB != 1 {
			continue
		}
		at, _ := slices.BinarySearch(tails, p.b)
		before[i] = -1
		if at > 0 {
			before[i] = ends[at-1]
		}
		if at == len(tails) {
			tails, ends = append(tails, p.b), append(ends, int32(i))
		} else {
			tails[at], ends[at] = p.b, int32(i)
		}
	}
	out := make([][2]int, len(tails))
	if len(ends) == 0 {
		return nil
	}
	for i, at := len(out)-1, ends[len(ends)-1]; i >= 0; i-- {
		out[i] = [2]int{int(at), int(places[a[at]].b)}
		at = before[at]
	}
	return out
}

type differ struct {
	a, b []int32
	work int
	out  []hunk
}

// changed adds a hunk, to the last one where they touch.
func (d *differ) changed(h hunk) {
	if n := len(d.out); n > 0 && d.out[n-1].a1 == h.a0 && d.out[n-1].b1 == h.b0 {
		d.out[n-1].a1, d.out[n-1].b1 = h.a1, h.b1
		return
	}
	d.out = append(d.out, h)
}

// stretch compares what lies between two anchors.
func (d *differ) stretch(h hunk) {
	for h.a0 < h.a1 && h.b0 < h.b1 && d.a[h.a0] == d.b[h.b0] {
		h.a0, h.b0 = h.a0+1, h.b0+1
	}
	for h.a0 < h.a1 && h.b0 < h.b1 && d.a[h.a1-1] == d.b[h.b1-1] {
		h.a1, h.b1 = h.a1-1, h.b1-1
	}
	switch {
	case h.a0 == h.a1 && h.b0 == h.b1:
		return
	case h.a0 == h.a1 || h.b0 == h.b1:
		d.changed(h)
		return
	}
	trace, found := d.search(d.a[h.a0:h.a1], d.b[h.b0:h.b1])
	if !found {
		d.changed(h)
		return
	}
	for _, part := range walkBack(trace, h.a1-h.a0, h.b1-h.b0) {
		d.changed(hunk{h.a0 + part.a0, h.a0 + part.a1, h.b0 + part.b0, h.b0 + part.b1})
	}
}

// search finds the shortest way from a to b. trace[d] holds how far each diagonal -d, -d+2, … d gets with d changes.
func (d *differ) search(a, b []int32) (trace [][]int32, found bool) {
	n, m := len(a), len(b)
	far := make([]int32, 2*maxDistance+3)
	const zero = maxDistance + 1
	for step := 0; step <= min(maxDistance, n+m); step++ {
		row := make([]int32, 0, step+1)
		for k := -step; k <= step; k += 2 {
			x := int(far[zero+k-1]) + 1
			if k == -step || k != step && far[zero+k-1] < far[zero+k+1] {
				x = int(far[zero+k+1])
			}
			if step == 0 {
				x = 0
			}
			start := x
			for y := x - k; x < n && y < m && y >= 0 && a[x] == b[y]; y++ {
				x++
			}
			d.work -= x - start + 1
			far[zero+k] = int32(x)
			row = append(row, int32(x))
			if x >= n && x-k >= m {
				return append(trace, row), true
			}
		}
		if trace = append(trace, row); d.work < 0 {
			return nil, false
		}
	}
	return nil, false
}

// walkBack gives the changes of a trace, in order.
func walkBack(trace [][]int32, n, m int) []hunk {
	var out []hunk
	x, y := n, m
	for step := len(trace) - 1; step > 0; step-- {
		prev := trace[step-1]
		at := func(k int) int { // how far diagonal k got one step before
			if i := (k + step - 1) / 2; k >= -(step-1) && k <= step-1 {
				return int(prev[i])
			}
			return -1
		}
		k := x - y
		from := k - 1 // a line of a is gone
		if k == -step || k != step && at(k-1) < at(k+1) {
			from = k + 1 // a line of b is new
		}
		px := at(from)
		py := px - from
		if from == k+1 {
			out = append(out, hunk{px, px, py, py + 1})
		} else {
			out = append(out, hunk{px, px + 1, py, py})
		}
		x, y = px, py
	}
	slices.Reverse(out)
	return out
}

// writeDiff writes the differences with some lines around them, as far as there is room, and tells how many lines are new and gone.
func writeDiff(s *sink, a, b []string) (plus, minus int) {
	all := differences(a, b)
	for _, h := range all {
		plus, minus = plus+h.b1-h.b0, minus+h.a1-h.a0
	}
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].a0-all[j-1].a1 <= 2*contextLines {
			j++
		}
		if !writeGroup(s, a, b, all[i:j]) {
			s.left = max(s.left, 256)
			s.warn(leftOut, "the rest of a difference of +"+count(plus)+" −"+count(minus)+" lines")
			return plus, minus
		}
		i = j
	}
	return plus, minus
}

func writeGroup(s *sink, a, b []string, group []hunk) bool {
	first, last := group[0], group[len(group)-1]
	a0, a1 := max(0, first.a0-contextLines), min(len(a), last.a1+contextLines)
	b0, b1 := first.b0-(first.a0-a0), last.b1+(a1-last.a1)
	from := func(first, behind int) int { // an empty stretch goes by the line before it
		return min(first+1, behind)
	}
	ok := s.add(approve.Line{Mark: "@", Text: fmt.Sprintf("-%d,%d +%d,%d", from(a0, a1), a1-a0, from(b0, b1), b1-b0)})
	at := a0
	for _, h := range group {
		for ; ok && at < h.a0; at++ {
			ok = s.add(diffLine(" ", a[at]))
		}
		ok = ok && writeHunk(s, a[h.a0:h.a1], b[h.b0:h.b1])
		at = h.a1
	}
	for ; ok && at < a1; at++ {
		ok = s.add(diffLine(" ", a[at]))
	}
	return ok
}

// writeHunk writes what is gone, then what is new. Where both are as many, each pair shows in what it differs.
func writeHunk(s *sink, gone, fresh []string) bool {
	var olds, news []approve.Line
	for _, l := range gone[:min(len(gone), s.left/lineCost)] { // no more are prepared than may fit
		olds = append(olds, diffLine("-", l))
	}
	for _, l := range fresh[:min(len(fresh), s.left/lineCost)] {
		news = append(news, diffLine("+", l))
	}
	if len(olds) == len(news) {
		for i := range olds {
			wordDiff(&olds[i], &news[i])
		}
	}
	for _, l := range slices.Concat(olds, news) {
		if !s.add(l) {
			return false
		}
	}
	if len(olds) < len(gone) || len(news) < len(fresh) {
		s.cut = true
		return false
	}
	return true
}

func diffLine(mark, text string) approve.Line {
	return approve.Line{Mark: mark, Text: line(text), Warn: mark != " " && hides(text)}
}
