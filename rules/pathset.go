package rules

import (
	"path"
	"strings"
)

// dirSet is the second argument of under: literal folders of a rule. Its zero value
// holds nothing and matches nothing.
type dirSet struct{ literals []string }

// expandedDirs is a dirSet on one machine, folded.
type expandedDirs struct {
	rooted map[string]bool
	// anywhere maps the first component of a relative folder to the whole of it.
	anywhere map[string][]string
}

func (f *frame) expand(dirs []string) *expandedDirs {
	e := &expandedDirs{rooted: map[string]bool{}, anywhere: map[string][]string{}}
	for _, d := range dirs {
		if !rooted(d) {
			d = foldPath(strings.Trim(path.Clean(slashed(d)), "/"))
			first, _, _ := strings.Cut(d, "/")
			e.anywhere[first] = append(e.anywhere[first], d)
			continue
		}
		for _, form := range f.forms(d) {
			e.rooted[foldPath(form)] = true
		}
	}
	return e
}

// holds tells whether the canonical path p is one of the folders or below one.
func (e *expandedDirs) holds(p string) bool { return e.holdsFolded(foldPath(p)) }

func (e *expandedDirs) holdsFolded(p string) bool {
	if e.rooted["/"] && strings.HasPrefix(p, "/") {
		return true
	}
	for start := 0; ; {
		end := strings.IndexByte(p[start:], '/')
		if end < 0 {
			end = len(p) - start
		}
		end += start
		for _, dir := range e.anywhere[p[start:end]] {
			if rest := p[start:]; strings.HasPrefix(rest, dir) && (len(rest) == len(dir) || rest[len(dir)] == '/') {
				return true
			}
		}
		if end > 0 && e.rooted[p[:end]] {
			return true
		}
		if end == len(p) {
			return false
		}
		start = end + 1
	}
}

// nameSet is the second argument of named: patterns for the last component.
type nameSet struct {
	exact            map[string]bool
	prefixes, suffix []string
	globs            []string
}

func newNameSet(patterns []string) (*nameSet, error) {
	s := &nameSet{exact: map[string]bool{}}
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return nil, err
		}
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

// matches compares the last component of a canonical path, without the name of an
// NTFS stream behind it.
func (s *nameSet) matches(p string) bool { return s.matchesFolded(foldPath(p)) }

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
