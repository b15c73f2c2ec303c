package card

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"sallyport/approve"
	"sallyport/rules/scan"
)

// Budgets of text, in bytes, with lineCost for every line besides its text. Together they stay below 512 KiB.
const (
	factsBudget   = 24 << 10
	effectsBudget = 128 << 10
	argsBudget    = 312 << 10
	nearBudget    = 32 << 10
	lineCost      = 16
)

// line makes foreign text safe to show within one line.
func line(s string) string {
	s = scan.Visible(s)
	if strings.IndexByte(s, '\t') >= 0 {
		s = strings.ReplaceAll(s, "\t", "→   ")
	}
	if strings.IndexByte(s, '\n') >= 0 {
		s = strings.ReplaceAll(s, "\n", "<U+000A>")
	}
	return s
}

// short is line for a text that stands in a sentence of ours.
func short(s string, limit int) string {
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	return scan.VisibleLine(s, limit)
}

// hides tells whether a line of text holds what does not show. A carriage return at its end is how some systems end lines.
func hides(s string) bool {
	s = strings.TrimSuffix(s, "\r")
	return scan.Visible(s) != s
}

// A sink takes the lines of a part of the card, as long as there is room.
type sink struct {
	lines []approve.Line
	left  int
	cut   bool // something was left out
}

func cost(l approve.Line) int {
	n := lineCost + len(l.Mark) + len(l.Name) + len(l.Text)
	for _, s := range l.Spans {
		n += len(s.Mark) + len(s.Text)
	}
	return n
}

// add takes a line whose text is safe; false where there is no room for it.
func (s *sink) add(l approve.Line) bool {
	n := cost(l)
	if n > s.left {
		s.cut = true
		return false
	}
	s.left -= n
	s.lines = append(s.lines, l)
	return true
}

// say takes a name and a text that is safe.
func (s *sink) say(name, text string) bool { return s.add(approve.Line{Name: name, Text: text}) }

// warn is say for what deserves a look.
func (s *sink) warn(name, text string) bool {
	return s.add(approve.Line{Name: name, Text: text, Warn: true})
}

// leftOut is the name of lines that say what is not shown. No argument has such a name.
const leftOut = "(left out)"

// text takes foreign text of any length, as lines of which the first has the name.
func (s *sink) text(name, text string) {
	if lines, n := textLines(name, text, s.left); n <= s.left && lines != nil {
		s.lines = append(s.lines, lines...)
		s.left -= n
		return
	}
	s.cut = true
	room := s.left - 512 // for the lines about it
	if room < 512 {
		s.left = 0
		return
	}
	head := fitting(text, room*5/8, firstBytes)
	tail := fitting(text[len(head):], room/4, lastBytes)
	lines, n := textLines(name, head, room)
	s.lines, s.left = append(s.lines, lines...), s.left-n
	s.warn(leftOut, fmt.Sprintf("%s bytes; all of it are %s", count(len(text)-len(head)-len(tail)), sized(text)))
	lines, n = textLines("(goes on)", tail, room)
	s.lines, s.left = append(s.lines, lines...), s.left-n
}

// textLines gives the lines of a text and what they cost; none where that is plainly above limit.
func textLines(name, text string, limit int) (lines []approve.Line, n int) {
	if n = len(text) + lineCost*(strings.Count(text, "\n")+1) + len(name); n > limit {
		return nil, n
	}
	n = 0
	for more := true; more; {
		var l string
		l, text, more = strings.Cut(text, "\n")
		one := approve.Line{Name: name, Text: line(l), Warn: hides(l)}
		if n += cost(one); n > limit {
			return nil, n
		}
		lines = append(lines, one)
		name = ""
	}
	return lines, n
}

// fitting gives as much of one end of a text as costs at most limit.
func fitting(text string, limit int, end func(string, int) string) string {
	for n := limit - 64; n > 0; n = n * 3 / 4 {
		part := end(text, n)
		if lines, got := textLines("", part, limit-64); lines != nil && got <= limit-64 {
			return part
		}
	}
	return ""
}

// firstBytes gives at most n bytes, up to the end of a character.
func firstBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for back := 0; back < utf8.UTFMax && n > 0 && !utf8.RuneStart(s[n]); back++ {
		n--
	}
	return s[:n]
}

func lastBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	at := len(s) - n
	for forward := 0; forward < utf8.UTFMax && at < len(s) && !utf8.RuneStart(s[at]); forward++ {
		at++
	}
	return s[at:]
}

func sum[T string | []byte](data T) string {
	h := sha256.Sum256([]byte(data))
	return hex.EncodeToString(h[:])
}

// sized names a text that is not shown.
func sized[T string | []byte](data T) string {
	return count(len(data)) + " bytes, sha256 " + sum(data)
}

// count writes a number with a comma for every thousand.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural gives "1 file", "3 files".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}
