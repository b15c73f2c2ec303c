package card

import (
	"fmt"
	"io"
	"strings"

	"sallyport/approve"
)

// A comparison is what is to be said of a file that would be written.
type comparison struct {
	e     *effects
	facts []approve.Line
	fill  func(*sink) // writes the difference; nil where there is none
}

func (c *comparison) say(name, text string) {
	c.facts = append(c.facts, approve.Line{Name: name, Text: text})
}

func (c *comparison) warn(name, text string) {
	c.facts = append(c.facts, approve.Line{Name: name, Text: text, Warn: true})
}

// compare reads the file at a place and compares it with what would become of it.
func (e *effects) compare(w write, pl place) *comparison {
	c := &comparison{e: e}
	for _, n := range w.notes {
		c.say("note", n)
	}
	if pl.real == "" || overNetwork(pl.real) {
		c.warn("now", "not looked at")
		return c
	}
	old := lookAt(pl.real)
	if room := old.exists && old.what == "" && old.size <= maxFile; room {
		if e.readLeft -= int(old.size); e.readLeft < 0 || e.diffs <= 0 {
			e.cut = true
			c.warn("now", old.describe()+"; not compared: there are too many files for one card")
			return c
		}
		e.diffs--
		old = read(pl.real)
	}
	switch {
	case old.fault != "", old.what != "":
		c.warn("now", old.describe())
		e.warn("what would be written to is " + old.describe())
		c.alone(w)
		return c
	case !old.exists:
		c.say("now", "a new file")
	case old.size > maxFile:
		c.say("now", old.describe()+", "+e.hash(pl.real))
	case old.binary:
		c.say("now", "binary, "+sized(old.data))
	default:
		c.say("now", describeText(string(old.data)))
	}
	c.with(w, old)
	return c
}

// with compares what can be compared: text of bounded size.
func (c *comparison) with(w write, old target) {
	if w.vague {
		c.warn("then", "a part of it is written; which one is for the server to say: see the arguments")
		c.alone(w)
		return
	}
	if old.size > maxFile || w.patch >= 0 || old.binary && w.content < 0 {
		c.alone(w)
		return
	}
	before, after := string(old.data), ""
	switch {
	case len(w.edits) > 0:
		var ok bool
		if after, ok = c.edited(before, w.edits); !ok {
			c.alone(w)
			return
		}
	case w.insert >= 0:
		after = inserted(before, w.insert, c.e.t.nodes[w.content].text())
	default:
		var decoded bool
		if after, decoded = c.e.newContent(w); decoded {
			c.say("note", "the content is base64, compared decoded")
		}
		if w.appends {
			c.say("note", "appended to what is there, as the tool's name or a mode says")
			after = before + after
		}
	}
	c.texts(before, after, old)
}

// texts compares two versions of a file.
func (c *comparison) texts(before, after string, old target) {
	if old.exists && before == after {
		c.say("then", "the same: nothing would change")
		return
	}
	if old.binary || isBinary([]byte(after)) {
		what := "text"
		if isBinary([]byte(after)) {
			what = "binary"
		}
		c.say("then", what+", "+sized(after))
		return
	}
	if len(after) > maxFile || strings.Count(before, "\n") > maxFileLines || strings.Count(after, "\n") > maxFileLines {
		c.say("then", "too large to be compared, "+sized(after))
		if old.exists {
			c.say("before", sized(before))
		}
		return
	}
	a, aEnded := splitLines(before)
	b, bEnded := splitLines(after)
	c.say("then", describeText(after))
	c.fill = func(s *sink) {
		writeDiff(s, a, b)
		switch {
		case aEnded && !bEnded:
			s.add(approve.Line{Mark: "@", Text: "its last line ends without a line feed now"})
		case !aEnded && bEnded:
			s.add(approve.Line{Mark: "@", Text: "its last line ends in a line feed now"})
		}
	}
}

// alone shows what would be written where it cannot be held against the file.
func (c *comparison) alone(w write) {
	t := c.e.t
	switch {
	case w.patch >= 0:
		c.say("then", "changed by the patch below")
		text := t.nodes[w.patch].text()
		c.fill = func(s *sink) { writePatch(s, text) }
	case len(w.edits) > 0:
		c.fill = func(s *sink) {
			for _, ed := range w.edits {
				a, _ := splitLines(ed.old)
				b, _ := splitLines(ed.new)
				if len(a) > maxFileLines || len(b) > maxFileLines || !writeHunk(s, a, b) || !s.add(approve.Line{Mark: "@", Text: "somewhere"}) {
					s.cut = true
					return
				}
			}
		}
	default:
		text, _ := c.e.newContent(w)
		c.say("then", describeText(text)+", sha256 "+sum(text))
	}
}

// writePatch shows a unified difference that came as an argument.
func writePatch(s *sink, text string) {
	for more := true; more; {
		var l string
		l, text, more = strings.Cut(text, "\n")
		mark, rest := " ", l
		if l != "" && strings.Contains("+- @", l[:1]) {
			mark, rest = l[:1], l[1:]
		}
		out := diffLine(mark, rest)
		if mark == "@" {
			out.Text = "(patch) @" + out.Text
		}
		if len(out.Text) > s.left || !s.add(out) {
			s.cut = true
			return
		}
	}
}

// hash gives the SHA-256 of a file that is too large to be compared, of its beginning where it is larger than may be read.
func (e *effects) hash(path string) string {
	if ofKernel(path) {
		return "not read"
	}
	digest, n, err := hashFile(path, e.hashLeft)
	e.hashLeft -= int(n)
	switch {
	case err != nil && err != io.ErrUnexpectedEOF:
		return "not read: " + reason(err)
	case err != nil:
		e.cut = true
		return fmt.Sprintf("sha256 of its first %s bytes %s", count(int(n)), digest)
	}
	return "sha256 " + digest
}
