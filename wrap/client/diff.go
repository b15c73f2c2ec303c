package client

import (
	"bytes"
	"fmt"
	"strings"
)

const (
	diffContext = 3
	diffLine    = 400 // bytes of a line that are shown
)

// Diff writes what the edits change as a unified diff. hide takes secrets out of each line: they are shown to nobody. Lines that are very
// long are cut around what changes.
func (d *Document) Diff(hide func(string) string) string {
	edits := d.sorted()
	if len(edits) == 0 {
		return ""
	}
	old := lines(d.data)
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", d.Path, d.Path)
	shift := 0 // lines that came, less those that went, so far
	for i := 0; i < len(edits); {
		// A group are edits whose lines are close to each other.
		first, last := old.at(edits[i].start), old.at(edits[i].end)
		j := i + 1
		for ; j < len(edits) && old.at(edits[j].start) <= last+2*diffContext; j++ {
			last = max(last, old.at(edits[j].end))
		}
		from, to := max(0, first-diffContext), min(len(old)-1, last+1+diffContext)
		var body strings.Builder
		came, went := d.hunk(diffWriter{&body, hide}, old, edits[i:j], from, to)
		fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n%s", from+1, went, from+1+shift, came, body.String())
		shift += came - went
		i = j
	}
	return b.String()
}

// starts are the offsets of lines, and at the end that of the end.
type starts []int

func lines(data []byte) starts {
	s := starts{0}
	for i, c := range data {
		if c == '\n' && i+1 < len(data) {
			s = append(s, i+1)
		}
	}
	return append(s, len(data))
}

// at is the line of an offset.
func (s starts) at(offset int) int {
	low, high := 0, len(s)-2
	for low < high {
		if middle := (low + high + 1) / 2; s[middle] <= offset {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// hunk writes the lines from..to with edits made, and counts the lines of both sides.
func (d *Document) hunk(w diffWriter, old starts, edits []edit, from, to int) (came, went int) {
	for at := from; at < to; {
		if len(edits) == 0 || old.at(edits[0].start) > at {
			w.write(' ', d.data[old[at]:old[at+1]], 0)
			at, came, went = at+1, came+1, went+1
			continue
		}
		// Lines that edits share are one change.
		end := at
		var now []byte
		pos := old[at]
		first := edits[0].start - pos
		for len(edits) > 0 && old.at(edits[0].start) <= end {
			now = append(append(now, d.data[pos:edits[0].start]...), edits[0].with...)
			pos, end = edits[0].end, max(end, old.at(edits[0].end))
			edits = edits[1:]
		}
		now = append(now, d.data[pos:old[end+1]]...)
		for ; at <= end; at++ {
			w.write('-', d.data[old[at]:old[at+1]], first)
			went++
		}
		for _, line := range bytes.SplitAfter(now, []byte("\n")) {
			if len(line) > 0 {
				w.write('+', line, first)
				came++
			}
		}
	}
	return came, went
}

type diffWriter struct {
	*strings.Builder
	hide func(string) string
}

// diffMargin is as long as a secret may be that stands at a cut, in bytes.
const diffMargin = 4 << 10

// write writes a line; of a long one what is around a place. Secrets are hidden before it is cut.
func (w diffWriter) write(mark byte, line []byte, around int) {
	w.WriteByte(mark)
	text, ended := bytes.CutSuffix(line, []byte("\n"))
	if len(text) <= 2*diffLine {
		w.WriteString(w.hide(string(text)))
	} else {
		from := max(0, min(around, len(text))-diffLine/4)
		to := min(len(text), from+2*diffLine)
		wide, end := max(0, from-diffMargin), min(len(text), to+diffMargin)
		// A part of a secret at either end of what is looked through lies in the margins, which are cut off afterwards.
		shown := w.hide(string(text[wide:end]))
		shown = shown[min(len(shown), from-wide):]
		shown = shown[:max(0, len(shown)-(end-to))]
		w.WriteString("…" + strings.ToValidUTF8(shown, "") + "…")
	}
	if w.WriteByte('\n'); !ended {
		w.WriteString("\\ No newline at end of file\n")
	}
}
