package rules

import "github.com/goccy/go-yaml/ast"

// A grant is a remembered answer. It answers one question in advance, that of a rule or of a default, for calls of one tool of one
// server (or for one method), where its expression holds; it never stands against a denial, and answers no other question that the
// same frame raises.

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
