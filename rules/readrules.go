package rules

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"sallyport/rules/scan"
)

func (l *loader) rules(s *source, e entry) error {
	list, ok := e.val.(*ast.SequenceNode)
	if !ok {
		return s.nodePos(e.val).errorf(`begin each rule with "- name:"`, "rules is a list, not %s", yamlKind(e.val))
	}
	if most := s.maxRules(); len(list.Values) > most {
		return s.nodePos(e.val).errorf("", "a file like this may hold %d rules, and has %d", most, len(list.Values))
	}
	for _, n := range list.Values {
		if err := l.rule(s, n); err != nil {
			return err
		}
	}
	return nil
}

// draft is a rule while it is read.
type draft struct {
	*rule
	name, when *entry
	do, on     *entry
	edits      []entry // mask, set, hide
}

func (l *loader) rule(s *source, n ast.Node) error {
	d := draft{rule: &rule{pos: s.nodePos(n), on: 1 << Call, folder: s.trust == Folder, compiled: always}}
	d.at = d.pos.at()
	entries, err := s.mapping(n, "a rule")
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		switch e.key {
		case "name":
			d.name = e
		case "on":
			d.on = e
			d.rule.on, err = s.on(e.val)
		case "when":
			d.when = e
		case "do":
			d.do = e
			d.rule.do, err = s.verdict(e)
		case "mask", "set", "hide":
			d.edits = append(d.edits, *e)
		case "because":
			d.because, err = s.because(e)
		default:
			err = e.unknownKey(" in a rule", ruleShape.names())
		}
		if err != nil {
			return err
		}
	}
	if err := l.nameRule(s, d.rule, d.name); err != nil {
		return err
	}
	if err := l.act(s, &d); err != nil {
		return err
	}
	if d.when != nil {
		if err := l.when(s, d.rule, d.when.val); err != nil {
			return err
		}
	}
	l.policy.rules = append(l.policy.rules, d.rule)
	return nil
}

// act reads what the rule does: a verdict, or one edit.
func (l *loader) act(s *source, d *draft) error {
	switch {
	case len(d.edits) == 1 && d.do == nil:
		return s.edit(d, d.edits[0])
	case len(d.edits) > 1 || len(d.edits) == 1 && d.do != nil:
		return d.edits[0].pos.errorf("write two rules", "a rule has one of do, mask, set and hide")
	case d.do == nil:
		return d.pos.errorf(`add "do: deny", "do: ask" or "do: allow"`, "the rule has no action")
	}
	return nil
}

func (s *source) verdict(e *entry) (Action, error) {
	a, err := s.action(e.val)
	if err == nil && a == Allow && s.trust == Folder {
		err = s.nodePos(e.val).errorf("it may have come with a cloned repository; write this into your own rules",
			"a rule in the file of a working folder cannot allow")
	}
	return a, err
}

func (s *source) because(e *entry) (string, error) {
	w, err := s.word(e.val, "because")
	if err == nil && scan.Visible(w.text) != w.text {
		err = w.pos.errorf("people and models read it", "because holds control or invisible characters")
	}
	return strings.TrimSpace(w.text), err
}

// maxRules bounds what the rules of one file may cost each frame; a clone's are many
// fewer.
func (s *source) maxRules() int {
	if s.trust == Folder {
		return 100
	}
	return 5000
}

func (l *loader) nameRule(s *source, r *rule, e *entry) error {
	if e == nil {
		return r.pos.errorf(`add "name: …"; decisions, logs and off: go by it`, "the rule has no name")
	}
	name, err := s.word(e.val, "name")
	if err != nil {
		return err
	}
	if !goodName(name.text) {
		return name.pos.errorf("letters, digits, dots, underscores and hyphens", "a rule cannot be called %q", name.text)
	}
	r.name = s.qualified(name.text)
	if first, dup := l.names[r.name]; dup {
		return name.pos.errorf("", "there is a rule %q already, at %s", r.name, first.at())
	}
	l.names[r.name] = r.pos
	return nil
}

// on reads a kind of frame, or a list of kinds.
func (s *source) on(n ast.Node) (onMask, error) {
	var list []word
	var err error
	if _, many := n.(*ast.SequenceNode); many {
		list, err = s.words(n, "on")
	} else {
		list = make([]word, 1)
		list[0], err = s.word(n, "on")
	}
	if err != nil {
		return 0, err
	}
	names := append(slices.Clone(onNames[:Other]), "any")
	var mask onMask
	for _, w := range list {
		i, err := w.choose("kind of frame", names)
		if err != nil {
			return 0, err
		}
		if i == len(names)-1 {
			return anyOn, nil
		}
		mask |= 1 << i
	}
	if mask == 0 {
		return 0, s.nodePos(n).errorf("leave it out for calls", "on is empty")
	}
	return mask, nil
}

// when compiles the expression of a rule; its errors point into the rule file.
func (l *loader) when(s *source, r *rule, n ast.Node) error {
	w, err := s.word(n, "when")
	if err != nil {
		return err
	}
	if err := s.uncut(n, w); err != nil {
		return err
	}
	r.source = strings.TrimSpace(w.text)
	if s.trust == Folder {
		if s.patterns += strings.Count(w.text, "matches"); s.patterns > maxFolderPatterns {
			return w.pos.errorf("", "the rules of a folder have %d patterns at most", maxFolderPatterns)
		}
	}
	var guards []guard
	r.compiled, guards, err = l.translator.compile(w.text, r.on)
	r.guards = append(r.guards, guards...)
	var fe *file.Error
	switch {
	case errors.As(err, &fe):
		return s.inside(n, w, fe.Line, fe.Column).errorf("", "%s", fe.Message)
	case err != nil:
		return w.pos.errorf("", "%v", err)
	}
	return nil
}

// uncut refuses an unquoted expression with a comment on its line: YAML ends the
// text at " #", and # is an operator of expressions.
func (s *source) uncut(n ast.Node, w word) error {
	str, ok := n.(*ast.StringNode)
	if !ok || str.Token.Type == token.SingleQuoteType || str.Token.Type == token.DoubleQuoteType {
		return nil
	}
	line := []rune(s.lines[w.pos.line-1])
	rest := string(line[min(w.pos.col-1, len(line)):])
	if i := strings.Index(rest, " #"); i >= 0 {
		at := w.pos
		at.col += utf8.RuneCountInString(rest[:i]) + 1
		return at.errorf("put the expression into quotes, or the comment on a line of its own",
			"YAML ends an unquoted expression at \" #\"")
	}
	if !strings.HasPrefix(rest, w.text) {
		return w.pos.errorf(`write "when: |" and the expression below, indented`, "an unquoted expression stands on one line")
	}
	return nil
}

// inside gives the place in the file of a line (from 1) and column (from 0) of an
// expression. Where the way of writing loses it, it is the beginning.
func (s *source) inside(n ast.Node, w word, line, col int) position {
	at := w.pos
	if lit, ok := n.(*ast.LiteralNode); ok {
		first := lit.Start.Position.Line + 1
		if !strings.HasPrefix(lit.Start.Value, "|") || first+line-2 >= len(s.lines) {
			return at
		}
		text := s.lines[first+line-2]
		indent := len(text) - len(strings.TrimLeft(text, " "))
		if first-1 < len(s.lines) && line > 1 {
			head := s.lines[first-1]
			indent = len(head) - len(strings.TrimLeft(head, " "))
		}
		return position{s, first + line - 1, indent + col + 1}
	}
	str, ok := n.(*ast.StringNode)
	if !ok || line != 1 {
		return at
	}
	quote := str.Token.Type
	if quote != token.SingleQuoteType && quote != token.DoubleQuoteType {
		at.col += col
		return at
	}
	runes := []rune(s.lines[at.line-1])
	i := at.col // behind the quote
	for range col {
		if i+1 < len(runes) && (quote == token.SingleQuoteType && runes[i] == '\'' ||
			quote == token.DoubleQuoteType && runes[i] == '\\') {
			i++
		}
		i++
	}
	at.col = i + 1
	return at
}
