package rules

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"sallyport/rules/shell"
	"sallyport/rules/sql"
)

// maxNodes bounds one expression; honest ones have a few dozen nodes.
const maxNodes = 2000

// onMask is a set of kinds of frames.
type onMask uint16

func (m onMask) has(o On) bool { return m&(1<<o) != 0 }

const anyOn onMask = 1<<(Other+1) - 1

// rule is one rule of a policy.
type rule struct {
	name    string // qualified: "base/keys"
	folder  bool   // from the file of a working folder
	on      onMask
	do      Action
	because string
	at      string
	pos     position
	guards  []guard
	edit    *edit  // in place of do
	answers string // the question that it answers in advance, as a grant
	foreign bool   // a grant that asks about server or tool
	source  string // of the expression

	compiled *code // see code()
	late     *translator
	once     sync.Once
}

// newConfig gives what expr is to know and to allow. It is made once for a Load,
// since making it takes longer than compiling a rule; goroutines cannot share it.
func newConfig(result expr.Option) *conf.Config {
	c := conf.CreateNew()
	opts := append(functionOptions(), expr.Env(frame{}), result, expr.MaxNodes(maxNodes), expr.DisableAllBuiltins())
	for _, opt := range opts {
		opt(c)
	}
	for _, b := range slices.Concat(plainBuiltins, predicateBuiltins) {
		expr.EnableBuiltin(b)(c)
	}
	for name := range c.Disabled {
		delete(c.Builtins, name)
	}
	return c
}

// compile makes a program of an expression. Its guards, which are known before any
// argument is looked at, are taken out. A *file.Error has Line and Column set.
func compile(base *conf.Config, source string, on onMask) (*vm.Program, []guard, error) {
	s := &strict{result: on&^(1<<Result|1<<List) == 0}
	g := &guarder{tree: s}
	config := *base
	config.Visitors = []ast.Visitor{s, g}
	program, err := translate(source, &config, s)
	if s.err != nil {
		err = s.err.Bind(file.NewSource(source))
	}
	if err != nil {
		return nil, nil, tidied(err)
	}
	if isTrue(program.Node()) {
		program = nil
	}
	return program, g.guards, nil
}

// translate is expr.Compile for a configuration that is ready. Patterns go first:
// the checker would compile each of them at every pass.
func translate(source string, config *conf.Config, s *strict) (*vm.Program, error) {
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, err
	}
	ast.Walk(&tree.Node, patterns{s})
	if _, err := new(checker.Checker).PatchAndCheck(tree, config); err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, config); err != nil {
		var fe *file.Error
		if errors.As(err, &fe) {
			return nil, fe.Bind(tree.Source)
		}
		return nil, err
	}
	return compiler.Compile(tree, config)
}

var fieldsOf = map[reflect.Type]string{
	reflect.TypeFor[toolEnv]():       "tool has name and class",
	reflect.TypeFor[serverEnv]():     "server has name and kind",
	reflect.TypeFor[nameEnv]():       "client has name",
	reflect.TypeFor[shell.Command](): "a command has name, program, args, flags, operands, env, reads, writes, from, via, unknown and inexact",
	reflect.TypeFor[sql.Statement](): "a statement has kind, write, where and tables",
}

var topNames = []string{"server", "client", "tool", "method", "args", "result"}

// tidied takes our inner names out of a message and adds the nearest known name.
func tidied(err error) error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return err
	}
	e := *fe
	e.Snippet = ""
	e.Message = strings.TrimSpace(strings.ReplaceAll(e.Message, "call .", "call "))
	if name, ok := strings.CutPrefix(e.Message, "unknown name "); ok && !strings.Contains(name, ";") {
		e.Message += suggest(name, append(topNames[:len(topNames):len(topNames)], functionNames()...))
	}
	for of, has := range fieldsOf {
		if name, ok := strings.CutPrefix(e.Message, "type "+of.String()+" has no field "); ok {
			e.Message = has + ", not " + name
		}
	}
	return &e
}

// subject is what a guard compares.
type subject uint8

const (
	toolName subject = iota
	toolClass
	serverName
	serverKind
	clientName
	methodName
)

// guard is a conjunct that needs no expression: subject is, or is not, one of names, or matches a pattern.
type guard struct {
	subject subject
	names   []string
	not     bool
	pattern *pattern
}

func (g *guard) holds(v string) bool {
	if g.pattern != nil {
		return g.pattern.compiled().MatchString(v) != g.not
	}
	return slices.Contains(g.names, v) != g.not
}

// guarder takes guards out of the conjunction at the root, unless it is to keep them.
type guarder struct {
	tree   *strict
	guards []guard
	keep   bool
}

// Reset and ShouldRepeat make expr run this visitor behind all others and behind
// their type checks.
func (g *guarder) Reset() {}

// ShouldRepeat asks for no second run.
func (g *guarder) ShouldRepeat() bool { return false }

func (g *guarder) Visit(node *ast.Node) {
	// The checker does not look into a call whose type it knows from an earlier
	// pass, and would overlook what is wrong there.
	if c, ok := (*node).(*ast.CallNode); ok {
		c.SetNature(nature.Nature{})
	}
	if node == g.tree.root && !g.keep {
		g.conjunct(node)
	}
}

func (g *guarder) conjunct(node *ast.Node) {
	if b, ok := (*node).(*ast.BinaryNode); ok && (b.Operator == "and" || b.Operator == "&&") {
		g.conjunct(&b.Left)
		g.conjunct(&b.Right)
		if isTrue(b.Left) {
			*node = b.Right
		} else if isTrue(b.Right) {
			*node = b.Left
		}
		return
	}
	if gd, ok := asGuard(*node); ok {
		g.guards = append(g.guards, gd)
		ast.Patch(node, &ast.BoolNode{Value: true})
	}
}

func isTrue(n ast.Node) bool {
	b, ok := n.(*ast.BoolNode)
	return ok && b.Value
}

func asGuard(n ast.Node) (guard, bool) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		g, ok := asGuard(n.Node)
		g.not = !g.not
		return g, ok && (n.Operator == "not" || n.Operator == "!")
	case *ast.CallNode:
		args, ok := callOf(n, fnMatches, 2)
		if !ok {
			return guard{}, false
		}
		s, ok := asSubject(args[0])
		c, ok2 := args[1].(*ast.ConstantNode)
		if !ok || !ok2 {
			return guard{}, false
		}
		p, ok := c.Value.(*pattern)
		return guard{subject: s, pattern: p}, ok
	case *ast.BinaryNode:
		left, right := n.Left, n.Right
		if _, ok := left.(*ast.StringNode); ok && n.Operator != "in" {
			left, right = right, left
		}
		s, ok := asSubject(left)
		if !ok {
			return guard{}, false
		}
		names, ok := literalStrings(right)
		_, list := right.(*ast.ArrayNode)
		return guard{subject: s, names: names, not: n.Operator == "!="}, ok && list == (n.Operator == "in") &&
			(n.Operator == "==" || n.Operator == "!=" || n.Operator == "in")
	}
	return guard{}, false
}

func asSubject(n ast.Node) (subject, bool) {
	if id, ok := n.(*ast.IdentifierNode); ok {
		return methodName, id.Value == "method"
	}
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return 0, false
	}
	id, ok := m.Node.(*ast.IdentifierNode)
	prop, ok2 := m.Property.(*ast.StringNode)
	if !ok || !ok2 {
		return 0, false
	}
	switch id.Value + "." + prop.Value {
	case "tool.name":
		return toolName, true
	case "tool.class":
		return toolClass, true
	case "server.name":
		return serverName, true
	case "server.kind":
		return serverKind, true
	case "client.name":
		return clientName, true
	}
	return 0, false
}
