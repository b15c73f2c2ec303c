package rules

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// entry is one member of a mapping.
type entry struct {
	key string
	pos position // of the key
	val ast.Node
}

// word is a text with its place.
type word struct {
	text string
	pos  position
}

func (s *source) nodePos(n ast.Node) position {
	if m, ok := n.(ast.MapNode); ok {
		if it := m.MapRange(); it.Next() {
			return s.pos(it.Key().GetToken())
		}
	}
	if n == nil {
		return position{s, 1, 1}
	}
	return s.pos(n.GetToken())
}

// plain refuses what makes a YAML text mean something that it does not say.
func (s *source) plain(n ast.Node) error {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		return s.nodePos(n).errorf("write the value out", "anchors and aliases are not taken")
	case *ast.TagNode:
		return s.nodePos(n).errorf("", "tags are not taken")
	case *ast.MergeKeyNode:
		return s.nodePos(n).errorf("write the members out", "merge keys are not taken")
	}
	return nil
}

// mapping gives the members of a mapping; what names it in errors.
func (s *source) mapping(n ast.Node, what string) ([]entry, error) {
	if err := s.plain(n); err != nil {
		return nil, err
	}
	m, ok := n.(ast.MapNode)
	if !ok {
		return nil, s.nodePos(n).errorf("", "%s is a mapping (key: value), not %s", what, yamlKind(n))
	}
	var out []entry
	seen := map[string]position{}
	for it := m.MapRange(); it.Next(); {
		key, err := s.mapKey(it.Key())
		if err != nil {
			return nil, err
		}
		if first, dup := seen[key.text]; dup {
			return nil, key.pos.errorf("", "%q stands here twice (first in line %d)", key.text, first.line)
		}
		seen[key.text] = key.pos
		val := it.Value()
		if val == nil {
			val = ast.Null(it.Key().GetToken())
		}
		out = append(out, entry{key.text, key.pos, val})
	}
	return out, nil
}

func (s *source) mapKey(k ast.MapKeyNode) (word, error) {
	if err := s.plain(k); err != nil {
		return word{}, err
	}
	if k.IsMergeKey() {
		return word{}, s.nodePos(k).errorf("write the members out", "merge keys are not taken")
	}
	switch k := k.(type) {
	case *ast.StringNode:
		return word{k.Value, s.pos(k.GetToken())}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return word{}, s.nodePos(k).errorf("put it into quotes", "a key is text")
	}
	return word{}, s.nodePos(k).errorf("", "a key is text")
}

func yamlKind(n ast.Node) string {
	switch n.(type) {
	case *ast.NullNode:
		return "empty"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "a mapping"
	}
	return "something else"
}

func (s *source) word(n ast.Node, what string) (word, error) {
	if err := s.plain(n); err != nil {
		return word{}, err
	}
	switch n := n.(type) {
	case *ast.StringNode:
		return word{n.Value, s.nodePos(n)}, nil
	case *ast.LiteralNode:
		return word{n.Value.Value, s.nodePos(n)}, nil
	}
	return word{}, s.nodePos(n).errorf("", "%s is text, not %s", what, yamlKind(n))
}

func (s *source) words(n ast.Node, what string) ([]word, error) {
	if err := s.plain(n); err != nil {
		return nil, err
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, s.nodePos(n).errorf("write [one, two]", "%s is a list, not %s", what, yamlKind(n))
	}
	var out []word
	for _, v := range list.Values {
		w, err := s.word(v, "an element of "+what)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func (s *source) boolean(n ast.Node, what string) (bool, error) {
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value, nil
	}
	if err := s.plain(n); err != nil {
		return false, err
	}
	return false, s.nodePos(n).errorf("", "%s is true or false, not %s", what, yamlKind(n))
}

func (s *source) integer(n ast.Node, what string) (int64, error) {
	if err := s.plain(n); err != nil {
		return 0, err
	}
	if i, ok := n.(*ast.IntegerNode); ok {
		if v, err := strconv.ParseInt(i.Token.Value, 10, 64); err == nil {
			return v, nil
		}
		return 0, s.nodePos(n).errorf("", "%s is a plain decimal number", what)
	}
	return 0, s.nodePos(n).errorf("", "%s is a whole number, not %s", what, yamlKind(n))
}

// size reads a number of bytes, with or without a unit.
func (s *source) size(n ast.Node, what string) (int64, error) {
	str, ok := n.(*ast.StringNode)
	if !ok {
		return s.integer(n, what)
	}
	units := []struct {
		name  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}
	for _, u := range units {
		if digits, found := strings.CutSuffix(str.Value, u.name); found {
			v, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
			if err == nil && v >= 0 && v < 1<<20 {
				return v * u.bytes, nil
			}
		}
	}
	return 0, s.nodePos(n).errorf("", "%s is a number of bytes, or one with KiB, MiB or GiB behind it", what)
}

// json turns a node into JSON text.
func (s *source) json(n ast.Node) ([]byte, error) {
	if err := s.plain(n); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return []byte("null"), nil
	case *ast.BoolNode:
		return strconv.AppendBool(nil, n.Value), nil
	case *ast.IntegerNode:
		return fmt.Append(nil, n.Value), nil
	case *ast.FloatNode:
		return json.Marshal(n.Value)
	case *ast.SequenceNode:
		out := []byte{'['}
		for i, v := range n.Values {
			e, err := s.json(v)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, e...)
		}
		return append(out, ']'), nil
	case ast.MapNode:
		return s.jsonObject(n.(ast.Node))
	}
	w, err := s.word(n, "a value")
	if err != nil {
		return nil, err
	}
	return json.Marshal(w.text)
}

func (s *source) jsonObject(n ast.Node) ([]byte, error) {
	entries, err := s.mapping(n, "an object")
	if err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for i, e := range entries {
		key, err := json.Marshal(e.key)
		if err != nil {
			return nil, err
		}
		val, err := s.json(e.val)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), val...)
	}
	return append(out, '}'), nil
}

// unknownKey is the error about a key that is none of known.
func (e entry) unknownKey(where string, known []string) error {
	hint := "known keys: " + strings.Join(known, ", ")
	if near := nearest(e.key, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return e.pos.errorf(hint, "unknown key %q%s", e.key, where)
}

// choose finds a word in a list.
func (w word) choose(what string, names []string) (int, error) {
	for i, n := range names {
		if n == w.text {
			return i, nil
		}
	}
	hint := "one of " + strings.Join(names, ", ")
	if near := nearest(w.text, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return 0, w.pos.errorf(hint, "unknown %s %q", what, w.text)
}

func suggest(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// nearest gives the known name at most a third of whose letters differ, or "".
func nearest(name string, known []string) string {
	best, least := "", len(name)/3+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// distance counts edits, a swap of neighbours as one.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
		for j := range rows[i] {
			if i == 0 {
				rows[i][j] = j
				continue
			}
			if j == 0 {
				continue
			}
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
