package rules

import (
	"path"
	"slices"
	"strings"
)

// dirSet is the second argument of under: literal folders of a rule. Its zero value
// holds nothing and matches nothing.
type dirSet struct{ literals []string }

// expandedDirs is a dirSet on one machine: as some file system compares names, and
// letter by letter.
type expandedDirs struct{ folded, exact dirIndex }

type dirIndex struct {
	rooted map[string]bool
	// anywhere maps the first component of a relative folder to the whole of it.
	anywhere map[string][]string
}

func newDirIndex() dirIndex {
	return dirIndex{rooted: map[string]bool{}, anywhere: map[string][]string{}}
}

func (x dirIndex) addAnywhere(dir string) {
	first, _, _ := strings.Cut(dir, "/")
	x.anywhere[first] = append(x.anywhere[first], dir)
}

func (f *frame) expand(dirs []string) *expandedDirs {
	// "~" in a rule is the user's home, whatever the server takes for it.
	defer func(home string, starts []string) { f.facts.OtherHome, f.starts = home, starts }(f.facts.OtherHome, f.starts)
	f.facts.OtherHome, f.starts = "", nil
	e := &expandedDirs{folded: newDirIndex(), exact: newDirIndex()}
	for _, d := range dirs {
		if !rooted(d) {
			d = strings.Trim(path.Clean(slashed(d)), "/")
			e.exact.addAnywhere(d)
			e.folded.addAnywhere(foldPath(d))
			continue
		}
		for _, form := range f.forms(d) {
			e.exact.rooted[form] = true
			e.folded.rooted[foldPath(form)] = true
		}
	}
	return e
}

// holds tells whether the canonical path p is one of the folders or below one.
func (x dirIndex) holds(p string) bool {
	if x.rooted["/"] && strings.HasPrefix(p, "/") {
		return true
	}
	for start := 0; ; {
		end := strings.IndexByte(p[start:], '/')
		if end < 0 {
			end = len(p) - start
		}
		end += start
		for _, dir := range x.anywhere[p[start:end]] {
			if rest := p[start:]; strings.HasPrefix(rest, dir) && (len(rest) == len(dir) || rest[len(dir)] == '/') {
				return true
			}
		}
		if end > 0 && x.rooted[p[:end]] {
			return true
		}
		if end == len(p) {
			return false
		}
		start = end + 1
	}
}

// verdict is the answer of a test of paths. Where only some file systems would take
// the path for the one that the rule means, the rule is looked at both ways: see
// Judge.matches.
func (f *frame) verdict(folded bool, exact func() bool) bool {
	if !folded || exact() {
		return folded
	}
	f.differs = true
	return !f.exact
}

func (f *frame) holds(e *expandedDirs, it item) bool {
	if it.glob && !f.exact {
		g := f.globOf(it.folded)
		if f.chargeGlob(e.folded.work(g)); e.folded.couldBe(g) {
			f.differs = true
			return true
		}
	}
	return f.verdict(e.folded.holds(it.folded), func() bool { return e.exact.holds(it.text) })
}

// globOf takes a glob apart, once for a frame. Globs matter for rules that deny or ask only.
func (f *frame) globOf(pattern string) glob {
	g, known := f.parsed[pattern]
	if !known {
		if f.parsed == nil {
			f.parsed = map[string]glob{}
		}
		g = newGlob(pattern)
		f.parsed[pattern] = g
	}
	return g
}

func (f *frame) chargeGlob(work int) {
	if f.globWork += work; f.globWork > maxGlobWork {
		panic(errGlobs) // denies
	}
}

func (f *frame) isNamed(s *nameSet, it item) bool {
	if it.glob && !f.exact {
		g := f.globOf(it.folded)
		if f.chargeGlob(s.work()); s.couldBeNamed(g) {
			f.differs = true
			return true
		}
	}
	if s.odd {
		folded, exact := s.matchesFolded(it.folded), s.matchesExactly(it.text)
		f.differs = f.differs || folded != exact
		return f.exact && exact || !f.exact && folded
	}
	return f.verdict(s.matchesFolded(it.folded), func() bool { return s.matchesExactly(it.text) })
}

// nameSet is the second argument of named: patterns for the last component.
type nameSet struct {
	exact            map[string]bool
	prefixes, suffix []string
	globs            []string
	written          []string // the patterns as the rule has them
	odd              bool     // a name may match as written and not folded
}

func newNameSet(patterns []string) (*nameSet, error) {
	s := &nameSet{exact: map[string]bool{}, written: patterns}
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return nil, err
		}
		s.odd = s.odd || strings.ContainsAny(p, ":[\\")
		p = strings.Map(foldRune, p)
		switch n := strings.IndexAny(p, `*?[\`); {
		case n < 0:
			s.exact[foldName(p)] = true
		case n == len(p)-1 && p[n] == '*':
			s.prefixes = append(s.prefixes, p[:n])
		case n == 0 && p[0] == '*' && !strings.ContainsAny(p[1:], `*?[\`):
			s.suffix = append(s.suffix, p[1:])
		default:
			s.globs = append(s.globs, p)
		}
	}
	return s, nil
}

// matchesExactly compares the last component letter by letter.
func (s *nameSet) matchesExactly(p string) bool {
	name := p[strings.LastIndexByte(p, '/')+1:]
	return slices.ContainsFunc(s.written, func(pattern string) bool {
		ok, _ := path.Match(pattern, name)
		return ok
	})
}

// matchesFolded compares the last component of a folded path, without the name of an
// NTFS stream behind it.
func (s *nameSet) matchesFolded(p string) bool {
	name := p[strings.LastIndexByte(p, '/')+1:]
	if i := strings.IndexByte(name, ':'); i > 0 {
		name = foldName(name[:i])
	}
	if s.exact[name] {
		return true
	}
	for _, pre := range s.prefixes {
		if strings.HasPrefix(name, pre) {
			return true
		}
	}
	for _, suf := range s.suffix {
		if strings.HasSuffix(name, suf) {
			return true
		}
	}
	for _, g := range s.globs {
		if ok, _ := path.Match(g, name); ok {
			return true
		}
	}
	return false
}
