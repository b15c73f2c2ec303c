package rules

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"sallyport/rules/scan"
)

// editOn says which frames an edit can be about, the first being the default.
var editOn = map[string][]On{"mask": {Result, Notification}, "set": {Call}, "hide": {List}}

// edit reads what a rule does in place of a verdict.
func (s *source) edit(d *draft, e entry) error {
	can := editOn[e.key]
	if d.on == nil {
		d.rule.on = 1 << can[0]
	}
	for on := range Other + 1 {
		if d.rule.on.has(on) && !slices.Contains(can, on) {
			if d.rule.on != anyOn {
				return s.nodePos(d.on.val).errorf("leave on: out", "%s is not for on: %s", e.key, on)
			}
		}
	}
	if d.rule.on == anyOn {
		d.rule.on = 0
		for _, on := range can {
			d.rule.on |= 1 << on
		}
	}
	var err error
	d.edit = &edit{}
	switch e.key {
	case "mask":
		d.edit.mask, err = s.mask(e)
	case "set":
		if s.trust == Folder {
			return e.pos.errorf("it may have come with a cloned repository; write this into your own rules",
				"a rule in the file of a working folder cannot set arguments")
		}
		d.edit.set, err = s.set(e)
	case "hide":
		d.edit.hide, err = s.hide(e)
	}
	return err
}

// mask reads a list of kinds and of patterns.
func (s *source) mask(e entry) (*masker, error) {
	list, ok := e.val.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		return nil, s.nodePos(e.val).errorf("write [secrets]", "mask is a list of what is to be masked")
	}
	m := &masker{}
	if len(list.Values) > maxMasks {
		return nil, s.nodePos(e.val).errorf("", "a mask has more than %d elements", maxMasks)
	}
	for _, n := range list.Values {
		if _, is := n.(ast.MapNode); is {
			re, err := s.maskPattern(n)
			if err != nil {
				return nil, err
			}
			m.patterns = append(m.patterns, re)
			continue
		}
		w, err := s.word(n, "an element of mask")
		if err != nil {
			return nil, err
		}
		names := maskNames()
		i, err := w.choose("kind of data", names)
		switch {
		case err != nil:
			return nil, err
		case names[i] == "secrets":
			m.secrets = true
		case names[i] == "personal":
			m.personal = true
		default:
			m.kinds = append(m.kinds, names[i])
		}
	}
	return m, nil
}

// maskNames are the words that mask takes.
func maskNames() []string {
	names := []string{"secrets", "personal"}
	for _, k := range scan.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// maxMasks bounds the elements of one mask, each of which may go through every text of a result.
const maxMasks = 100

// maxPattern bounds a regular expression, in instructions: what it costs for each byte of a text. Those of the packs have a few hundred.
const maxPattern = 4000

// The rules of a folder may come with a clone: what they may cost is less.
const (
	maxFolderPattern  = 500
	maxFolderPatterns = 20
)

func (s *source) maxPattern() int {
	if s.trust == Folder {
		return maxFolderPattern
	}
	return maxPattern
}

// checkPattern tells what is wrong with a regular expression.
func checkPattern(text string, most int) error {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return err
	}
	if len(prog.Inst) > most {
		return fmt.Errorf("the pattern is too large: %d instructions, and %d may be", len(prog.Inst), most)
	}
	return nil
}

func (s *source) maskPattern(n ast.Node) (*regexp.Regexp, error) {
	entries, err := s.mapping(n, "a pattern of mask")
	if err != nil {
		return nil, err
	}
	var w word
	for _, e := range entries {
		if e.key != "matches" {
			return nil, e.unknownKey(" in mask", []string{"matches"})
		}
		if w, err = s.word(e.val, "matches"); err != nil {
			return nil, err
		}
	}
	if err := checkPattern(w.text, s.maxPattern()); err != nil {
		return nil, w.pos.errorf("", "%v", err)
	}
	if s.patterns++; s.trust == Folder && s.patterns > maxFolderPatterns {
		return nil, w.pos.errorf("", "the rules of a folder mask by %d patterns at most", maxFolderPatterns)
	}
	re, err := regexp.Compile(w.text)
	if err != nil {
		return nil, w.pos.errorf("", "%v", err)
	}
	if re.MatchString("") {
		return nil, w.pos.errorf("", "the pattern matches nothing at all, and so every place")
	}
	return re, nil
}

// set reads what arguments are to be.
func (s *source) set(e entry) ([]setting, error) {
	entries, err := s.mapping(e.val, "set")
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, e.pos.errorf("write set: {argument: value}", "set names no argument")
	}
	var out []setting
	for _, a := range entries {
		if a.key == "" {
			return nil, a.pos.errorf("", "an argument has a name")
		}
		set := setting{name: a.key}
		if _, is := a.val.(ast.MapNode); is {
			err = s.bounds(a, &set)
		} else {
			set.value, err = s.json(a.val)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, set)
	}
	return out, nil
}

// bounds reads {max: …, min: …, default: …} or {value: …}.
func (s *source) bounds(a entry, set *setting) error {
	entries, err := s.mapping(a.val, a.key)
	if err != nil {
		return err
	}
	known := boundShape.names()
	for _, b := range entries {
		if !slices.Contains(known, b.key) {
			return b.unknownKey(" in set; an object is set by {value: {…}}", known)
		}
		var raw []byte
		if raw, err = s.json(b.val); err != nil {
			return err
		}
		v, err := decode(raw)
		if err != nil {
			return s.nodePos(b.val).errorf("", "%v", err)
		}
		numeric := false
		switch v.(type) {
		case int, float64:
			numeric = true
		}
		if b.key != "value" && !numeric {
			return s.nodePos(b.val).errorf("", "%s is a number, not %s", b.key, yamlKind(b.val))
		}
		switch b.key {
		case "max":
			set.max = v
		case "min":
			set.min = v
		case "default":
			set.standard = raw
		case "value":
			set.value = raw
		}
	}
	bounded := set.min != nil || set.max != nil
	switch {
	case !bounded && set.value == nil || set.value != nil && (bounded || set.standard != nil):
		return a.pos.errorf("write {max: 100}, {min: 1, max: 100, default: 10} or {value: …}", "%q is set to nothing that can be told", a.key)
	case set.min != nil && set.max != nil && less(set.max, set.min):
		return a.pos.errorf("", "max of %q is below min", a.key)
	case set.standard != nil:
		if b, err := set.bound(set.standard); err != nil || string(b) != string(set.standard) {
			return a.pos.errorf("", "default of %q is out of its bounds", a.key)
		}
	}
	return nil
}

// hide reads which lists the rule takes things out of.
func (s *source) hide(e entry) (listMask, error) {
	var list []word
	var err error
	if _, many := e.val.(*ast.SequenceNode); many {
		list, err = s.words(e.val, "hide")
	} else {
		list = make([]word, 1)
		list[0], err = s.word(e.val, "hide")
	}
	if err != nil {
		return 0, err
	}
	var mask listMask
	for _, w := range list {
		i, err := w.choose("list", hideNames)
		if err != nil {
			return 0, err
		}
		mask |= 1 << i
	}
	if mask == 0 {
		return 0, s.nodePos(e.val).errorf("write hide: tools", "hide names no list")
	}
	return mask, nil
}
