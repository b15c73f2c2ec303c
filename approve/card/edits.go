package card

import (
	"strconv"
	"strings"
)

// An edit replaces a text within a file.
type edit struct {
	old, new string
	all      bool
}

// editsOf gives the edits among the members of an object: a list of them, or one.
func (e *effects) editsOf(m map[string]int32) (out []edit) {
	one := func(m map[string]int32) {
		o, n := e.t.first(m, oldNames), e.t.first(m, newNames)
		if o >= 0 && n >= 0 {
			out = append(out, edit{e.t.nodes[o].text(), e.t.nodes[n].text(), e.t.isTrue(m, "replaceall") || e.t.isTrue(m, "all")})
		}
	}
	for _, name := range editNames {
		list, ok := m[name]
		if !ok || !e.t.nodes[list].isArray() {
			continue
		}
		for c := range e.t.children(list) {
			one(e.t.members(c))
		}
		if len(out) > 0 {
			return out
		}
	}
	one(m)
	return out
}

// edited makes the edits, one after the other, as servers commonly do: exactly and at the first place, then line by line without regard to
// blanks at their ends. False where one of them cannot be made.
func (c *comparison) edited(text string, edits []edit) (string, bool) {
	work := maxScanned
	for i, ed := range edits {
		which := "edit " + strconv.Itoa(i+1)
		if work -= len(text); work < 0 {
			c.e.cut = true
			c.warn("edits", "too many to be made here")
			return "", false
		}
		if strings.Contains(text, "\r\n") && !strings.Contains(text, ed.old) {
			ed.old = strings.ReplaceAll(strings.ReplaceAll(ed.old, "\r\n", "\n"), "\n", "\r\n")
			ed.new = strings.ReplaceAll(strings.ReplaceAll(ed.new, "\r\n", "\n"), "\n", "\r\n")
		}
		if ed.old == "" {
			if text == "" {
				text = ed.new
				continue
			}
			c.warn(which, "replaces an empty text: where that is cannot be told")
			return "", false
		}
		n := strings.Count(text, ed.old)
		if n == 0 {
			var ok bool
			if text, ok = loosely(text, ed, &work); !ok {
				c.warn(which, "the text to be replaced does not stand in the file")
				return "", false
			}
			c.warn(which, "fits only without regard to blanks; how it is indented is for the server to say")
			continue
		}
		if n > 1 && !ed.all {
			c.warn(which, "the text stands there "+strconv.Itoa(n)+" times; shown as if the first one were replaced")
		}
		limit := 1
		if ed.all {
			limit = n
		}
		if len(text)+limit*len(ed.new) > 4*maxFile {
			c.warn(which, "makes the file larger than can be compared")
			return "", false
		}
		text = strings.Replace(text, ed.old, ed.new, limit)
	}
	return text, true
}

// loosely replaces the first lines that equal those of an edit but for blanks at their ends.
func loosely(text string, ed edit, work *int) (string, bool) {
	lines := strings.SplitAfter(text, "\n")
	old := strings.Split(strings.TrimSuffix(ed.old, "\n"), "\n")
	for i := range old {
		old[i] = strings.TrimSpace(old[i])
	}
	*work -= len(text)
	for i := 0; i+len(old) <= len(lines) && *work > 0; i++ {
		same := 0
		for same < len(old) && strings.TrimSpace(lines[i+same]) == old[same] {
			*work -= len(lines[i+same]) + 1
			same++
		}
		if same < len(old) {
			continue
		}
		end := ""
		if strings.HasSuffix(lines[i+same-1], "\n") {
			end = "\n"
		}
		return strings.Join(lines[:i], "") + strings.TrimSuffix(ed.new, "\n") + end + strings.Join(lines[i+same:], ""), true
	}
	return text, false
}

// inserted puts a text behind so many lines of another.
func inserted(text string, after int, what string) string {
	at := 0
	for range after {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			at = len(text)
			break
		}
		at += i + 1
	}
	head, tail := text[:at], text[at:]
	if head != "" && !strings.HasSuffix(head, "\n") {
		head += "\n"
	}
	if tail != "" && !strings.HasSuffix(what, "\n") {
		what += "\n"
	}
	return head + what + tail
}
