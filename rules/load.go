package rules

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Policy is what all rule files together say. It is immutable; any goroutines may
// share it.
type Policy struct {
	rules    []*rule // by action, deny first, and name
	defaults [len(classNames)]defaultEntry
	classes  map[string]map[string]classEntry
	servers  map[string]ServerConfig
	limits   Limits
	log      LogOptions
	approve  ApproveOptions
	secrets  SecretOptions
	tests    []test
	pinning  pinning
	// onlyPinned refuses servers that have no accepted pin.
	onlyPinned bool
	looser     []Warning // classes of packs that the user's files loosen
	files      []string  // that were read, packs as "pack base"
}

type defaultEntry struct {
	action Action
	at     string
}

type classEntry struct {
	class Class
	pack  bool
}

// Limits gives the limits of the wire.
func (p *Policy) Limits() Limits { return p.limits }

// Files lists the files that were read, packs as "pack base".
func (p *Policy) Files() []string { return slices.Clone(p.files) }

// classesOf gives the classes of a server's tools, to be filled.
func (p *Policy) classesOf(server string) map[string]classEntry {
	m := p.classes[server]
	if m == nil {
		m = map[string]classEntry{}
		p.classes[server] = m
	}
	return m
}

// OnlyPinned tells whether servers that have no accepted pin are to be refused.
func (p *Policy) OnlyPinned() bool { return p.onlyPinned }

// Log gives what is to be logged.
func (p *Policy) Log() LogOptions { return p.log }

// loader gathers files into a policy.
type loader struct {
	open       func(string) ([]byte, error)
	policy     *Policy
	translator *translator         // of expressions
	stack      []string            // files whose includes are being read
	done       map[string]bool     // files read
	set        map[string]position // settings made by the user's files
	names      map[string]position // rules
	use        []word
	off        []word
	likes      []word // servers that others are like
	useSet     bool
	user       bool // a file of the user was there
}

// maxInclude is how deep files may include each other.
const maxInclude = 16

// Load reads rule files through open, checks them, and compiles them together with
// the packs that they use. Any fault is an error, of type *Error where it has a
// place; nothing is loaded half. Where there is no file of the user, the built-in
// packs and defaults apply.
func Load(open func(path string) ([]byte, error), sources ...Source) (*Policy, error) {
	l := newLoader(open)
	for _, s := range sources {
		if err := l.source(s); err != nil {
			return nil, err
		}
	}
	packs := []word{}
	for _, name := range defaultPacks(l.user) {
		packs = append(packs, word{text: name})
	}
	if l.useSet {
		packs = l.use
	}
	for _, p := range packs {
		if err := l.pack(p); err != nil {
			return nil, err
		}
	}
	if err := l.switchOff(); err != nil {
		return nil, err
	}
	if err := l.finish(); err != nil {
		return nil, err
	}
	return l.policy, nil
}

func newLoader(open func(string) ([]byte, error)) *loader {
	return &loader{open: open, policy: newPolicy(), translator: &translator{}, done: map[string]bool{},
		set: map[string]position{}, names: map[string]position{}}
}

func defaultPacks(user bool) []string {
	if user {
		return []string{"base"}
	}
	return []string{"base", "filesystem", "reference"}
}

func newPolicy() *Policy {
	p := &Policy{classes: map[string]map[string]classEntry{}, servers: map[string]ServerConfig{},
		limits:  Limits{Frame: 64 << 20, Depth: 128, Keys: 10_000, Open: 1024},
		log:     LogOptions{KeepDays: 90, KeepBytes: 1 << 30},
		approve: ApproveOptions{Wait: -1, Dialog: true, Form: true, Notify: true}}
	p.defaults[Read].action = Allow
	p.defaults[Write].action = Ask
	p.defaults[Destructive].action = Ask
	return p
}

func (l *loader) source(s Source) error {
	data, err := l.open(s.Path)
	if s.Optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading rules %q: %w", s.Path, err)
	}
	if s.Trust == User {
		l.user = true
	}
	return l.file(newSource(s.Path, s.Trust), data)
}

func (l *loader) file(src *source, data []byte) error {
	clean := filepath.Clean(src.path)
	if l.done[clean] {
		return nil
	}
	l.done[clean] = true
	l.policy.files = append(l.policy.files, src.path)
	l.stack = append(l.stack, clean)
	defer func() { l.stack = l.stack[:len(l.stack)-1] }()
	return l.read(src, data)
}

func (l *loader) include(from *source, w word) error {
	if strings.HasPrefix(w.text, "~") {
		return w.pos.errorf("a path is relative to this file, or absolute", "%q is not expanded in include", w.text)
	}
	path := w.text
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(from.path), path)
	}
	if slices.Contains(l.stack, filepath.Clean(path)) {
		return w.pos.errorf("", "the file %q includes itself", w.text)
	}
	if len(l.stack) >= maxInclude {
		return w.pos.errorf("", "files include each other more than %d deep", maxInclude)
	}
	data, err := l.open(path)
	if err != nil {
		return w.pos.errorf("", "including %q: %v", w.text, err)
	}
	return l.file(newSource(path, from.trust), data)
}

func (l *loader) pack(w word) error {
	index, err := packIndex(w.text)
	if err != nil {
		hint := "packs: " + strings.Join(Packs(), ", ")
		if near := nearest(w.text, Packs()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return w.pos.errorf(hint, "unknown pack %q", w.text)
	}
	return l.indexed(packSource(w.text), index)
}

func packSource(name string) *source {
	src := newSource("pack "+name, User)
	src.short, src.pack = name, name
	return src
}

// switchOff removes the rules that `off:` names.
func (l *loader) switchOff() error {
	for _, w := range l.off {
		if _, known := l.names[w.text]; !known && !strings.HasPrefix(w.text, "folder/") {
			hint := "a rule of a pack is named like base/keys"
			if near := nearest(w.text, l.ruleNames()); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return w.pos.errorf(hint, "there is no rule %q to switch off", w.text)
		}
		l.policy.rules = slices.DeleteFunc(l.policy.rules, func(r *rule) bool { return r.name == w.text })
	}
	return nil
}

func (l *loader) ruleNames() []string {
	names := make([]string, 0, len(l.names))
	for n := range l.names {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// finish sorts the rules, so that the order of files decides nothing, and checks
// the names in tests.
func (l *loader) finish() error {
	slices.SortFunc(l.policy.rules, func(a, b *rule) int {
		return cmp.Or(cmp.Compare(a.do, b.do), strings.Compare(a.name, b.name))
	})
	for _, w := range l.likes {
		if l.policy.classes[w.text] == nil {
			hint := "packs and your own files name servers under servers:; use: says which packs hold"
			if near := nearest(w.text, slices.Sorted(maps.Keys(l.policy.classes))); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return w.pos.errorf(hint, "nothing says what the tools of a server %q do", w.text)
		}
	}
	for _, t := range l.policy.tests {
		by := t.by.text
		if by == "" || strings.HasPrefix(by, "default/") {
			continue
		}
		if _, known := l.names[by]; !known {
			hint := ""
			if near := nearest(by, l.ruleNames()); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return t.by.pos.errorf(hint, "there is no rule %q", by)
		}
	}
	return nil
}

// once notes that a setting is made and refuses to have it made twice: of two
// values, the order of files would decide.
func (l *loader) once(name string, pos position) error {
	if first, dup := l.set[name]; dup {
		return pos.errorf("", "%s is set already, at %s", name, first.at())
	}
	l.set[name] = pos
	return nil
}
