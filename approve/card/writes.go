package card

import (
	"encoding/base64"
	"fmt"
	"strings"

	"sallyport/approve"
)

// A write is what a call would make of a file, as its arguments say.
type write struct {
	at      int32 // node that names the file
	path    string
	content int32 // node of the new content; -1 where there are edits or a patch
	edits   []edit
	patch   int32 // node of a patch, -1
	appends bool
	insert  int // lines before what is inserted; -1: not inserted
	notes   []string
	vague   bool // where in the file it goes is not known
}

// writes tells about files that would be written.
func (e *effects) writes() {
	n := 0
	for i := range e.t.nodes {
		w, ok := write{}, false
		if e.t.nodes[i].isObject() {
			w, ok = e.writeOf(int32(i), e.t.members(int32(i)))
		} else if e.t.nodes[i].isString() {
			w, ok = e.writeByKey(int32(i))
		}
		if !ok {
			continue
		}
		if n++; n > maxWrites {
			e.cut = true
			e.warn("more than " + plural(maxWrites, "file") + " would be written; the others stand in the arguments only")
			return
		}
		e.handled[w.at] = true
		if where := e.remote(int32(i)); where != "" {
			e.writeRemote(w, where)
			continue
		}
		e.writeLocal(w)
	}
}

// writeOf recognises an object that names a file and what is to become of it.
func (e *effects) writeOf(i int32, m map[string]int32) (write, bool) {
	w := write{at: e.t.first(m, pathNames), content: -1, patch: -1, insert: -1}
	if w.at < 0 {
		return w, false
	}
	if w.path = e.t.nodes[w.at].text(); strings.Contains(w.path, "://") && !pathLike(w.path) {
		return w, false // an address
	}
	if loosePaths[plain(e.t.nodes[w.at].key)] && !pathLike(w.path) && !strings.Contains(w.path, "/") {
		return w, false // a part of a page, a person
	}
	w.edits = e.editsOf(m)
	w.patch = e.t.first(m, patchNames)
	if len(w.edits) == 0 && w.patch < 0 {
		names := contentNames
		if c, ok := m["insertline"]; ok {
			w.insert = atoi(string(e.t.nodes[c].raw))
			names = append([]string{"inserttext", "newstr", "newtext"}, names...)
		}
		for _, name := range names {
			if c, ok := m[name]; ok && c != w.at && e.t.nodes[c].isString() && (!e.reads() || name == "content" || name == "filetext") {
				w.content = c
				break
			}
		}
	}
	if len(w.edits) == 0 && w.patch < 0 && w.content < 0 {
		return w, false
	}
	if w.vague = plain(e.t.nodes[w.at].key) == "notebookpath"; w.insert < 0 && len(w.edits) == 0 {
		for name := range m {
			w.vague = w.vague || wherePlaced[name]
		}
	}
	w.appends = appendsTo(e, m)
	if e.t.isTrue(m, "dryrun") {
		w.notes = append(w.notes, "a dry run is asked for")
	}
	return w, true
}

// reads tells whether the tool only reads, as a person decided: then a path with a text is a search.
func (e *effects) reads() bool { return e.call.Question.Class == "read" }

// writeByKey recognises a member of an object of files, {"files": {"a.txt": "…"}}.
func (e *effects) writeByKey(i int32) (write, bool) {
	n := &e.t.nodes[i]
	if n.parent < 0 || n.index >= 0 || !fileMaps.any(words(e.t.nodes[n.parent].key)) || !strings.ContainsAny(n.key, "./\\") {
		return write{}, false
	}
	return write{at: i, path: n.key, content: i, patch: -1, insert: -1}, true
}

func appendsTo(e *effects, m map[string]int32) bool {
	if set("append").any(e.toolWords) || e.t.isTrue(m, "append") {
		return true
	}
	c, ok := m["mode"]
	return ok && (e.t.nodes[c].text() == "append" || e.t.nodes[c].text() == "a")
}

// remote names the place where the files of an object lie, if that is not this machine: what stands beside it, or in the objects around it.
func (e *effects) remote(i int32) string {
	for n := 0; i >= 0 && n < 4; n++ {
		m := e.t.members(i)
		var parts []string
		for _, name := range []string{"owner", "repo", "repository", "projectid", "project", "bucket", "driveid", "branch"} {
			if c, ok := m[name]; ok && e.t.nodes[c].isString() {
				parts = append(parts, short(e.t.nodes[c].text(), 80))
			}
		}
		if len(parts) > 1 || len(parts) == 1 && m["projectid"]+m["bucket"]+m["driveid"] > 0 {
			return strings.Join(parts, "/")
		}
		i = e.t.nodes[i].parent
	}
	return ""
}

func (e *effects) writeRemote(w write, where string) {
	name := short(w.path, 200)
	e.phrase("writes " + name + " in " + where)
	e.block("would write "+name+" in "+where, approve.BlockFacts, func(s *sink) {
		s.say("file", name+", not on this machine, so without a difference")
		if w.content >= 0 {
			s.say("then", describeText(e.t.nodes[w.content].text()))
		}
	})
}

// writeLocal shows a file as it is against what it would become.
func (e *effects) writeLocal(w write) {
	written := w.path
	all := e.places(written)
	if len(all) == 0 {
		e.phrase("writes " + short(written, 60))
		e.block("would write "+short(written, 200), approve.BlockFacts, func(s *sink) {
			s.warn("file", short(written, maxLineBytes)+" (which file that is cannot be told)")
		})
		e.warn("which file would be written cannot be told")
		return
	}
	pl := all[0]
	for _, other := range all[1:] {
		if !lookAtPlace(pl).exists && lookAtPlace(other).exists {
			pl = other
		}
	}
	text, odd := e.told(pl)
	e.paths[pl.real], e.paths[pl.abs] = true, true
	if odd {
		e.warn("writes " + text)
	}
	e.phrase("writes " + e.shown(orElse(pl.real, pl.abs)))
	if !e.show {
		return
	}
	c := e.compare(w, pl)
	e.block("would write "+e.shown(orElse(pl.real, pl.abs)), approve.BlockFacts, func(s *sink) {
		s.add(approve.Line{Name: "file", Text: text, Warn: odd})
		for _, other := range all {
			if other != pl && lookAtPlace(other).exists {
				s.warn("or", e.shown(orElse(other.real, other.abs))+", which is there too; the path is relative")
			}
		}
		for _, l := range c.facts {
			s.add(l)
		}
	})
	if c.fill != nil {
		e.block("difference of "+e.shown(orElse(pl.real, pl.abs)), approve.BlockDiff, c.fill)
	}
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func lookAtPlace(p place) target {
	if p.real == "" || overNetwork(p.real) {
		return target{fault: "its path cannot be followed"}
	}
	return lookAt(p.real)
}

// describeText says what a text is without showing it.
func describeText(text string) string {
	if isBinary([]byte(text)) {
		return "binary, " + sized(text)
	}
	lines, _ := splitLines(text)
	return plural(len(lines), "line") + ", " + count(len(text)) + " bytes"
}

// newContent gives the content that an argument stands for, decoded where it says that it is base64.
func (e *effects) newContent(w write) (text string, decoded bool) {
	text = e.t.nodes[w.content].text()
	key := plain(e.t.nodes[w.content].key)
	m := e.t.members(e.t.nodes[w.content].parent)
	encoding, said := m["encoding"]
	if key != "base64" && key != "blob" && !(said && strings.EqualFold(e.t.nodes[encoding].text(), "base64")) {
		return text, false
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return text, false
	}
	return string(data), true
}

func atoi(s string) int {
	n := 0
	if _, err := fmt.Sscanf(firstBytes(s, 9), "%d", &n); err != nil || n < 0 {
		return -1
	}
	return n
}
