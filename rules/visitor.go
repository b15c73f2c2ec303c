package rules

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sync"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// Names of functions that only the visitor can write: no identifier begins with a dot.
const (
	fnGet     = ".get"     // member of a value from the wire, absent is an error
	fnGetNull = ".getnull" // the same, null is a value
	fnVal     = ".val"     // element of a list from the wire, null is an error
	fnEqual   = ".equal"
	fnIn      = ".in"
	fnList    = ".list"

	fnAll        = ".all"
	fnAllStrings = ".allStrings"
	fnStrings    = ".strings"
	fnSplit      = ".split"
	fnText       = ".text"
	fnData       = ".structured"
	fnError      = ".error"
	fnMatches    = ".matches"
)

var (
	objectType  = reflect.TypeFor[*object]()
	answerType  = reflect.TypeFor[*answer]()
	stringsType = reflect.TypeFor[[]string]()
	anyType     = reflect.TypeFor[any]()
)

// strict rewrites an expression so that nothing about data from the wire is
// silently false: absent members, null, comparisons of different kinds. It also
// refuses what would make evaluation unbounded or impure. It visits children first.
type strict struct {
	result bool      // the rule looks at results
	root   *ast.Node // the node visited last
	err    *file.Error
}

func (s *strict) fail(n ast.Node, format string, args ...any) {
	if s.err == nil {
		s.err = &file.Error{Location: n.Location(), Message: fmt.Sprintf(format, args...)}
	}
}

func call(at ast.Node, name string, args ...ast.Node) ast.Node {
	callee := &ast.IdentifierNode{Value: name}
	callee.SetLocation(at.Location())
	node := &ast.CallNode{Callee: callee, Arguments: args}
	node.SetLocation(at.Location())
	return node
}

// patch puts next in the place of node and lets it keep the type that it had, which
// the nodes around it are judged by.
func patch(node *ast.Node, next ast.Node) {
	next.SetNature(*(*node).Nature())
	ast.Patch(node, next)
}

func environment(at ast.Node) ast.Node {
	env := &ast.IdentifierNode{Value: "$env"}
	env.SetLocation(at.Location())
	return env
}

// isCall tells whether the visitor made this node a call of name.
func isCall(n ast.Node, name string) bool {
	c, ok := n.(*ast.CallNode)
	if !ok {
		return false
	}
	id, ok := c.Callee.(*ast.IdentifierNode)
	return ok && id.Value == name
}

func wire(n ast.Node) bool {
	t := n.Type()
	return t == nil || t == anyType || t == objectType
}

// Visit implements ast.Visitor.
func (s *strict) Visit(node *ast.Node) {
	s.root = node
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			s.fail(n, "unknown name $env")
		}
		if n.Value == "result" && !s.result {
			s.fail(n, "result is known only to rules with on: result or on: list")
		}
	case *ast.ChainNode:
		s.fail(n, `"?." hides an absent key; say "key" in args, or arg("key", default)`)
	case *ast.MemberNode:
		s.member(node, n)
	case *ast.PointerNode:
		if n.Name == "" && wire(n) {
			patch(node, call(n, fnVal, n))
		}
	case *ast.BinaryNode:
		s.binary(node, n)
	case *ast.BuiltinNode:
		s.builtin(node, n)
	case *ast.CallNode:
		s.call(node, n)
	}
}

func (s *strict) member(node *ast.Node, n *ast.MemberNode) {
	if n.Optional {
		s.fail(n, `"?." hides an absent key; say "key" in args, or arg("key", default)`)
		return
	}
	if n.Node.Type() == answerType {
		name, _ := n.Property.(*ast.StringNode)
		if name != nil && (name.Value == "text" || name.Value == "structured" || name.Value == "error") {
			patch(node, call(n, "."+name.Value, n.Node))
			return
		}
		s.fail(n, "result has text, structured and error")
		return
	}
	if wire(n.Node) {
		patch(node, call(n, fnGet, n.Node, n.Property))
	}
}

func (s *strict) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "??":
		s.fail(n, `"??" hides an absent key; say arg("key", default)`)
	case "==", "!=":
		s.equality(node, n)
	case "in":
		if wire(n.Left) || wire(n.Right) {
			patch(node, call(n, fnIn, environment(n), n.Left, n.Right))
		}
	}
}

// pattern is a regular expression of a rule, compiled when it is first needed: most
// sessions need few of those that the packs hold.
type pattern struct {
	text     string
	compiled func() *regexp.Regexp
}

func newPattern(text string) *pattern {
	return &pattern{text, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}
}

// patterns visits for a strict before types are known.
type patterns struct{ strict *strict }

func (p patterns) Visit(node *ast.Node) {
	if b, ok := (*node).(*ast.BinaryNode); ok && b.Operator == "matches" {
		p.strict.pattern(node, b)
	}
}

func (s *strict) pattern(node *ast.Node, n *ast.BinaryNode) {
	lit, ok := n.Right.(*ast.StringNode)
	if !ok {
		s.fail(n.Right, "the pattern of matches has to be a literal")
		return
	}
	if err := checkPattern(lit.Value, maxPattern); err != nil {
		s.fail(n.Right, "%v", err)
		return
	}
	re := &ast.ConstantNode{Value: newPattern(lit.Value)}
	re.SetLocation(n.Right.Location())
	patch(node, call(n, fnMatches, n.Left, re))
}

func (s *strict) equality(node *ast.Node, n *ast.BinaryNode) {
	left, right := n.Left, n.Right
	if _, ok := left.(*ast.NilNode); ok {
		left, right = right, left
	}
	if _, ok := right.(*ast.NilNode); ok {
		if isCall(left, fnGet) {
			left.(*ast.CallNode).Callee.(*ast.IdentifierNode).Value = fnGetNull
		} else if isCall(left, fnVal) {
			n.Left, n.Right = left.(*ast.CallNode).Arguments[0], right
		}
		return
	}
	if !wire(left) && !wire(right) {
		return
	}
	eq := call(n, fnEqual, n.Left, n.Right)
	if n.Operator == "!=" {
		not := &ast.UnaryNode{Operator: "not", Node: eq}
		not.SetLocation(n.Location())
		eq = not
	}
	patch(node, eq)
}

// Builtins of expr that expressions may use. What depends on a clock, formats
// values, or can make much out of little is left out.
var (
	plainBuiltins     = []string{"len", "lower", "upper", "trim", "trimPrefix", "trimSuffix", "split", "join", "hasPrefix", "hasSuffix", "indexOf", "min", "max", "abs"}
	predicateBuiltins = []string{"all", "any", "none", "one", "filter", "map"}
)

func (s *strict) builtin(node *ast.Node, n *ast.BuiltinNode) {
	if isPredicate(n.Name) {
		if len(n.Arguments) > 1 && predicateDepth(n.Arguments[1]) > 1 {
			s.fail(n, "predicates may stand within one other predicate, no deeper")
		}
		list, strings := fnList, fnStrings
		if n.Name == "all" {
			list, strings = fnAll, fnAllStrings
		}
		if n.Arguments[0].Type() == stringsType {
			list = strings
		}
		if ofPaths(n.Arguments[0]) && len(n.Arguments) > 1 {
			if p, ok := n.Arguments[1].(*ast.PredicateNode); ok {
				own(p.Node)
			}
		}
		n.Arguments[0] = call(n.Arguments[0], list, environment(n), n.Arguments[0])
		return
	}
	switch {
	case !slices.Contains(plainBuiltins, n.Name):
		s.fail(n, "unknown name %s", n.Name)
	case n.Name == "split" && len(n.Arguments) == 2:
		patch(node, call(n, fnSplit, n.Arguments...))
	case n.Name == "split":
		s.fail(n, "split takes a text and a separator")
	case n.Name == "join" && len(n.Arguments) > 1:
		if _, ok := n.Arguments[1].(*ast.StringNode); !ok {
			s.fail(n.Arguments[1], "the separator of join has to be a literal")
		}
	}
}

// ofPaths tells whether the elements of a list come from paths(…), as they are or filtered.
func ofPaths(n ast.Node) bool {
	if isCall(n, ".paths") {
		return true
	}
	b, ok := n.(*ast.BuiltinNode)
	if !ok || b.Name != "filter" || len(b.Arguments) == 0 {
		return false
	}
	list, ok := callOf(b.Arguments[0], fnStrings, 2)
	return ok && ofPaths(list[1])
}

func ownName(name string) string { return "." + name + ".own" }

// own has under(#, …) and named(#, …) take elements of paths(…) for what they are: one meaning each. Whatever else these are asked
// about means all that a server may read into it.
func own(n ast.Node) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		own(n.Node)
	case *ast.BinaryNode:
		own(n.Left)
		own(n.Right)
	case *ast.ConditionalNode:
		own(n.Cond)
		own(n.Exp1)
		own(n.Exp2)
	case *ast.CallNode:
		for _, name := range []string{"under", "named"} {
			if isCall(n, "."+name) && len(n.Arguments) == 3 && isElement(n.Arguments[1]) {
				n.Callee.(*ast.IdentifierNode).Value = ownName(name)
			}
		}
	}
}

func isPredicate(name string) bool { return slices.Contains(predicateBuiltins, name) }

type depthCounter struct{ deepest int }

func (d *depthCounter) Visit(node *ast.Node) {
	if b, ok := (*node).(*ast.BuiltinNode); ok && isPredicate(b.Name) && len(b.Arguments) > 1 {
		d.deepest = max(d.deepest, 1+predicateDepth(b.Arguments[1]))
	}
}

// predicateDepth tells how many predicates stand within each other below n.
func predicateDepth(n ast.Node) int {
	var d depthCounter
	ast.Walk(&n, &d)
	return d.deepest
}

func (s *strict) call(node *ast.Node, n *ast.CallNode) {
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		s.fail(n, "only functions can be called")
		return
	}
	if id.Value == fnMatches {
		return
	}
	fn := functionNamed(id.Value)
	if fn == nil {
		s.fail(n, "unknown name %s%s", id.Value, suggest(id.Value, functionNames()))
		return
	}
	if len(n.Arguments) < fn.min || len(n.Arguments) > fn.max {
		s.fail(n, "%s is called as %s", fn.Name, fn.Usage)
		return
	}
	args := append([]ast.Node{environment(n)}, n.Arguments...)
	if fn.literals != nil {
		lits, literal := literalStrings(n.Arguments[1])
		if !literal && fn.onlyLiterals {
			s.fail(n.Arguments[1], "%s needs literals", fn.Name)
			return
		}
		if literal {
			set, err := fn.literals(lits)
			if err != nil {
				s.fail(n.Arguments[1], "%v", err)
				return
			}
			constant := &ast.ConstantNode{Value: set}
			constant.SetLocation(n.Arguments[1].Location())
			args[2] = constant
		}
	}
	patch(node, call(n, "."+fn.Name, args...))
}

// literalStrings gives the strings of a literal or of a list of literals.
func literalStrings(n ast.Node) ([]string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return []string{n.Value}, true
	case *ast.ArrayNode:
		var out []string
		for _, e := range n.Nodes {
			s, ok := e.(*ast.StringNode)
			if !ok {
				return nil, false
			}
			out = append(out, s.Value)
		}
		return out, len(out) > 0
	}
	return nil, false
}
