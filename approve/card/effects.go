package card

import (
	"path/filepath"
	"slices"

	"sallyport/approve"
)

// effects gathers what a call would do. It belongs to one goroutine.
type effects struct {
	call      *Call
	t         *tree
	toolWords []string
	projects  []string // folders, resolved
	home      string   // resolved
	starts    []string // folders of the arguments that relative paths may start from

	show     bool
	left     int // of effectsBudget
	blocks   []approve.Block
	warnings []string
	summary  []string // phrases, the most telling first
	word     string   // of what plainly destroys
	cut      bool     // something could not be shown or looked at

	handled  map[int32]bool  // nodes that have been explained
	paths    map[string]bool // paths that have been told
	readLeft int             // bytes of files that may still be read
	hashLeft int             // bytes of larger files that may still be hashed
	diffs    int             // files that may still be compared

	asked                      bool // whether touched is known
	touchedPaths, touchedHosts []string
}

// Bounds of what is looked at for one card.
const (
	maxWrites    = 32
	maxRead      = 8 << 20
	maxHash      = 64 << 20
	maxScanned   = 64 << 20 // bytes that edits may search through
	maxListed    = 64       // paths, hosts, programs, statements, recipients
	maxWarnings  = 40
	maxLineBytes = 4 << 10 // of a path, a program or a name in a line of ours
)

func newEffects(c *Call, t *tree) *effects {
	e := &effects{call: c, t: t, toolWords: words(c.Question.Tool), left: effectsBudget, handled: map[int32]bool{},
		paths: map[string]bool{}, readLeft: maxRead, hashLeft: maxHash, diffs: maxWrites}
	e.projects = c.projects()
	if c.Facts.Home != "" {
		e.home = c.resolve(filepath.ToSlash(c.Facts.Home))
	}
	e.starts = e.findStarts()
	return e
}

// find looks for all that is known how to be told. Without show no file is read, and only the summary and the word are of use.
func (e *effects) find(show bool) {
	e.show = show
	if !e.t.whole {
		e.cut = true
		e.warn("the arguments hold too many values to look at all of them")
	}
	e.findings()
	e.commands()
	e.statements()
	e.writes()
	e.moves()
	e.recipients()
	e.hosts()
	e.otherPaths()
}

// warn notes something unusual, once.
func (e *effects) warn(text string) {
	if len(e.warnings) < maxWarnings && !slices.Contains(e.warnings, text) {
		e.warnings = append(e.warnings, text)
	}
}

// block adds a block of what fill writes, if it writes anything.
func (e *effects) block(title, kind string, fill func(s *sink)) {
	const reserve = 512
	s := sink{left: e.left - reserve - len(title)}
	if s.left <= 0 {
		e.cut = true
		return
	}
	fill(&s)
	if s.cut {
		e.cut = true
		s.left += reserve
		s.warn(leftOut, "the rest of this, for which there is no room; see the arguments")
	}
	if len(s.lines) == 0 {
		return
	}
	e.left = s.left
	if !s.cut {
		e.left += reserve
	}
	e.blocks = append(e.blocks, approve.Block{Title: title, Kind: kind, Lines: s.lines})
}

// phrase adds to the summary.
func (e *effects) phrase(text string) {
	if len(e.summary) < 8 {
		e.summary = append(e.summary, text)
	}
}
