package card

import (
	"slices"
	"strings"

	"sallyport/approve"
	"sallyport/rules/scan"
)

// maxTouched is the longest arguments that are judged once more for what they touch.
const maxTouched = 1 << 20

// touched gives the paths and hosts that rules see in the arguments.
func (e *effects) touched() (paths, hosts []string) {
	if !e.show || e.call.View == nil || !e.t.whole || len(e.t.nodes) == 0 || len(e.t.nodes[0].raw) > maxTouched {
		return nil, nil
	}
	if !e.asked {
		e.asked = true
		e.touchedPaths, e.touchedHosts = e.call.View.Touched(e.call.Facts, e.t.nodes[0].raw)
	}
	return e.touchedPaths, e.touchedHosts
}

// pathLike tells texts that have the shape of a path.
func pathLike(s string) bool {
	if s == "" || len(s) > maxPath || strings.Contains(s, "\n") {
		return false
	}
	return isAbs(s) || s == "~" || strings.HasPrefix(s, "~/") || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") || s == ".." ||
		strings.HasPrefix(s, `\\`) || len(s) > 5 && strings.EqualFold(s[:5], "file:")
}

// moves tells about what is moved, copied, deleted or made, by the name of the tool.
func (e *effects) moves() {
	moving, deleting := moveTools.any(e.toolWords), deleteTools.any(e.toolWords)
	making := makeTools.any(e.toolWords) && folderTools.any(e.toolWords)
	for i := range e.t.nodes {
		if !e.t.nodes[i].isObject() || e.remote(int32(i)) != "" {
			continue
		}
		m := e.t.members(int32(i))
		from, to := e.t.first(m, sourceNames), e.t.first(m, destNames)
		if from >= 0 && to >= 0 && from != to && (moving || e.pathPair(from, to)) && !strings.Contains(e.t.nodes[to].text(), "@") {
			e.move(from, to)
		}
	}
	if !deleting && !making {
		return
	}
	for i := range e.t.nodes {
		n := &e.t.nodes[i]
		if n.isString() && !e.handled[int32(i)] && e.remote(n.parent) == "" && (pathWords.any(words(e.t.keyOf(int32(i)))) || pathLike(n.text())) {
			if len(e.blocks) > maxListed {
				e.cut = true
				return
			}
			e.handled[int32(i)] = true
			e.deleteOrMake(n.text(), deleting)
		}
	}
}

// pathPair tells members that are a source and a destination in so many words.
func (e *effects) pathPair(from, to int32) bool {
	source := plain(e.t.nodes[from].key)
	dest := plain(e.t.nodes[to].key)
	return (strings.HasPrefix(source, "source") || strings.HasPrefix(source, "src") || strings.HasPrefix(source, "old")) &&
		(strings.HasPrefix(dest, "dest") || strings.HasPrefix(dest, "dst") || strings.HasPrefix(dest, "new")) && !e.handled[from] && !e.handled[to]
}

func (e *effects) move(from, to int32) {
	verb := "move"
	if copyTools.any(e.toolWords) {
		verb = "copy"
	} else if !moveTools.any(e.toolWords) {
		verb = "move or copy"
	}
	e.handled[from], e.handled[to] = true, true
	e.phrase(verb + " " + e.brief(e.t.nodes[from].text()) + " → " + e.brief(e.t.nodes[to].text()))
	e.block("would "+verb, approve.BlockFacts, func(s *sink) {
		e.tellPath(s, "from", e.t.nodes[from].text(), nil)
		e.tellPath(s, "to", e.t.nodes[to].text(), func(t target) (string, bool) {
			switch {
			case t.exists && t.what == "":
				e.warn("a file that is there would be overwritten")
				return t.describe() + ", which would be overwritten", true
			case t.exists:
				return t.describe(), true
			}
			return t.describe(), t.fault != ""
		})
	})
}

func (e *effects) deleteOrMake(written string, deleting bool) {
	title, phrase := "would make a folder", "makes the folder "
	if deleting {
		title, phrase = "would delete", "deletes "
	}
	e.phrase(phrase + e.brief(written))
	e.block(title, approve.BlockFacts, func(s *sink) {
		e.tellPath(s, "path", written, func(t target) (string, bool) {
			if deleting && t.what == "a folder" {
				return "a folder, with all that is in it", true
			}
			return t.describe(), deleting && t.exists
		})
	})
}

// brief names a path in a summary.
func (e *effects) brief(written string) string {
	for _, pl := range e.places(written) {
		return scan.VisibleLine(e.shown(orElse(pl.real, pl.abs)), 60)
	}
	return short(written, 60)
}

// tellPath writes where a path leads and, by now, what stands there.
func (e *effects) tellPath(s *sink, name, written string, now func(target) (string, bool)) {
	all := e.places(written)
	if len(all) == 0 {
		s.warn(name, short(written, maxLineBytes)+" (which file that is cannot be told)")
		return
	}
	if now == nil {
		now = func(t target) (string, bool) { return t.describe(), false }
	}
	for i, pl := range all {
		t := lookAtPlace(pl)
		if i > 0 && !t.exists {
			continue
		}
		if i > 0 {
			name = "or"
		}
		e.paths[pl.abs], e.paths[pl.real] = true, true
		text, odd := e.told(pl)
		if odd {
			e.warn(text)
		}
		s.add(approve.Line{Name: name, Text: text, Warn: odd})
		what, look := now(t)
		s.add(approve.Line{Name: "now", Text: what, Warn: look})
	}
}

// otherPaths tells where the paths lead that nothing has explained yet.
func (e *effects) otherPaths() {
	e.block("paths that it names", approve.BlockFacts, func(s *sink) {
		n := 0
		for i := range e.t.nodes {
			node := &e.t.nodes[i]
			if !node.isString() || e.handled[int32(i)] {
				continue
			}
			key := words(e.t.keyOf(int32(i)))
			text := node.text()
			if contentWords.last(key) || !pathLike(text) && !(pathWords.any(key) && plausible(text)) || e.remote(node.parent) != "" {
				continue
			}
			if n++; n > maxListed {
				s.cut = true
				e.warn("more than " + plural(maxListed, "path") + " are named")
				return
			}
			e.plainPath(s, text)
		}
		e.touchedOutside(s)
	})
}

// plausible tells texts that may be a relative path: one line, no address.
func plausible(s string) bool {
	return s != "" && len(s) <= maxPath && !strings.ContainsAny(s, "\n\x00") && !strings.Contains(s, "://")
}

func (e *effects) plainPath(s *sink, written string) {
	all := e.places(written)
	if len(all) == 0 {
		if pathLike(written) {
			s.warn("path", short(written, maxLineBytes)+" (which file that is cannot be told)")
		}
		return
	}
	for i, pl := range all {
		if i > 0 && !lookAtPlace(pl).exists {
			continue
		}
		key := orElse(pl.real, pl.abs)
		if e.paths[key] {
			continue
		}
		e.paths[key], e.paths[pl.abs] = true, true
		text, odd := e.told(pl)
		if odd {
			e.warn("path " + text)
		}
		if i == 0 {
			e.phrase(text)
		}
		s.add(approve.Line{Name: "path", Text: text, Warn: odd})
	}
}

// touchedOutside adds what rules see besides: other readings of the same texts, and the words of commands. Only what lies outside of the project
// says something.
func (e *effects) touchedOutside(s *sink) {
	paths, _ := e.touched()
	n := 0
	slices.Sort(paths)
	for _, p := range slices.Compact(paths) {
		real := e.call.resolve(p)
		if e.paths[p] || e.paths[real] || e.inProject(orElse(real, p)) || real != p && slices.Contains(paths, real) || len(e.projects) == 0 {
			continue
		}
		if n++; n > maxListed {
			s.cut = true
			return
		}
		text, _ := e.told(place{p, real})
		s.warn("may name", text)
		e.warn("may name " + text)
	}
}
