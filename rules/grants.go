package rules

import (
	exprast "github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/goccy/go-yaml/ast"
)

// A grant is a remembered answer. It answers one question in advance, that of a rule or of a default, for calls of one tool of one
// server (or for one method), where its expression holds; it never stands against a denial, and answers no other question that the
// same frame raises. One with do: deny is a remembered no: where it answers a question that the frame raises, the frame is refused,
// whatever other grants say.

// grants reads the answers that stand in answers.yaml.
func (l *loader) grants(s *source, e entry) error {
	list, ok := e.val.(*ast.SequenceNode)
	if !ok {
		return s.nodePos(e.val).errorf(`begin each grant with "- name:"`, "grants is a list, not %s", yamlKind(e.val))
	}
	if len(list.Values) > s.maxRules() {
		return s.nodePos(e.val).errorf("", "there are more than %d grants", s.maxRules())
	}
	for _, n := range list.Values {
		if err := l.grant(s, n); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) grant(s *source, n ast.Node) error {
	entries, err := s.mapping(n, "a grant")
	if err != nil {
		return err
	}
	r := &rule{pos: s.nodePos(n), do: Allow, on: 1 << Call, compiled: always}
	r.at = r.pos.at()
	var name, when *entry
	texts := map[string]word{}
	for i := range entries {
		e := &entries[i]
		switch e.key {
		case "name":
			name = e
		case "when":
			when = e
		case "on":
			r.on, err = s.on(e.val)
		case "do":
			r.do, err = s.answer(e.val)
		case "answers", "server", "client", "tool", "method", "given":
			texts[e.key], err = s.word(e.val, e.key)
		default:
			err = e.unknownKey(" in a grant", grantShape.names())
		}
		if err != nil {
			return err
		}
	}
	if err := l.nameRule(s, r, name); err != nil {
		return err
	}
	r.because = texts["given"].text
	if err := l.scope(r, texts); err != nil {
		return err
	}
	if when != nil {
		if err := l.when(s, r, when.val); err != nil {
			return err
		}
		r.foreign = asksElsewhere(r.source)
	}
	l.policy.rules = append(l.policy.rules, r)
	return nil
}

// scope makes guards of the names that a grant is for. One for all servers or all tools would be a rule, and is to be written as one.
func (l *loader) scope(r *rule, texts map[string]word) error {
	need := "tool"
	if r.on != 1<<Call {
		need = "method"
	}
	for _, key := range []string{"answers", "server", need} {
		if texts[key].text == "" {
			return r.pos.errorf(`a grant has answers, server, and tool (or method, where on: is no call)`, "the grant has no %s", key)
		}
	}
	r.answers = texts["answers"].text
	for s, key := range map[subject]string{serverName: "server", clientName: "client", toolName: "tool", methodName: "method"} {
		if text := texts[key].text; text != "" {
			r.guards = append(r.guards, guard{subject: s, names: []string{text}})
		}
	}
	return nil
}

// answer reads what a person said: a grant asks nothing.
func (s *source) answer(n ast.Node) (Action, error) {
	a, err := s.action(n)
	if err == nil && a == Ask {
		err = s.nodePos(n).errorf("leave it out to allow, or write deny; a rule that asks stands in rules.yaml", "a grant is an answer, and does not ask")
	}
	return a, err
}

// asksElsewhere tells whether an expression asks about server or tool more than for their names.
func asksElsewhere(source string) bool {
	tree, err := parser.Parse(source)
	if err != nil {
		return true
	}
	var v mentions
	exprast.Walk(&tree.Node, &v)
	return v.all > v.names
}

// mentions counts where an expression has server and tool, and where only their names.
type mentions struct{ all, names int }

func (m *mentions) Visit(node *exprast.Node) {
	switch n := (*node).(type) {
	case *exprast.IdentifierNode:
		if n.Value == "server" || n.Value == "tool" || n.Value == "$env" {
			m.all++
		}
	case *exprast.MemberNode:
		of, ok := n.Node.(*exprast.IdentifierNode)
		name, ok2 := n.Property.(*exprast.StringNode)
		if ok && ok2 && (of.Value == "server" || of.Value == "tool") && name.Value == "name" {
			m.names++
		}
	}
}
