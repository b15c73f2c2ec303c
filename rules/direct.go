package rules

import (
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// Most rules ask any(paths(args), …) or any(commandLines(args), …) with tests whose
// operands are known at load. Those are run as Go functions, five times as fast as
// the virtual machine and without allocating; the answers are the same, which a test
// holds against the machine.

// item is one string of a list, with its folded form where it is a path. A glob stands for every path that it could match.
type item struct {
	text, folded string
	glob         bool
}

// itemTest is a predicate over one item.
type itemTest func(f *frame, it *item) bool

// direct is a rule that needs no virtual machine.
type direct struct {
	commands bool // over commandLines, else over paths
	test     itemTest
}

// asDirect translates a program, or gives nil.
func asDirect(program *vm.Program) *direct {
	b, ok := program.Node().(*ast.BuiltinNode)
	if !ok || b.Name != "any" || len(b.Arguments) != 2 || b.Map != nil {
		return nil
	}
	list, ok := callOf(b.Arguments[0], fnStrings, 2)
	if !ok {
		return nil
	}
	d := &direct{}
	source, ok := callOf(list[1], ".paths", 2)
	if !ok {
		source, d.commands = callOf(list[1], ".commandLines", 2)
	}
	if source == nil {
		return nil
	}
	if id, ok := source[1].(*ast.IdentifierNode); !ok || id.Value != "args" {
		return nil
	}
	if p, ok := b.Arguments[1].(*ast.PredicateNode); ok {
		d.test = d.translate(p.Node)
	}
	if d.test == nil {
		return nil
	}
	return d
}

func callOf(n ast.Node, name string, args int) ([]ast.Node, bool) {
	if !isCall(n, name) {
		return nil, false
	}
	c := n.(*ast.CallNode)
	return c.Arguments, len(c.Arguments) == args
}

func (d *direct) translate(n ast.Node) itemTest {
	switch n := n.(type) {
	case *ast.UnaryNode:
		test := d.translate(n.Node)
		if test == nil || n.Operator != "not" && n.Operator != "!" {
			return nil
		}
		return func(f *frame, it *item) bool { return !test(f, it) }
	case *ast.BinaryNode:
		return d.binary(n)
	case *ast.CallNode:
		return d.call(n)
	}
	return nil
}

func (d *direct) binary(n *ast.BinaryNode) itemTest {
	switch n.Operator {
	case "and", "&&", "or", "||":
		left, right := d.translate(n.Left), d.translate(n.Right)
		if left == nil || right == nil {
			return nil
		}
		if n.Operator == "and" || n.Operator == "&&" {
			return func(f *frame, it *item) bool { return left(f, it) && right(f, it) }
		}
		return func(f *frame, it *item) bool { return left(f, it) || right(f, it) }
	}
	lit, ok := n.Right.(*ast.StringNode)
	if !ok || !isElement(n.Left) {
		return nil
	}
	s := lit.Value
	switch n.Operator {
	case "==":
		return func(_ *frame, it *item) bool { return it.text == s }
	case "startsWith":
		return func(_ *frame, it *item) bool { return strings.HasPrefix(it.text, s) }
	case "endsWith":
		return func(_ *frame, it *item) bool { return strings.HasSuffix(it.text, s) }
	case "contains":
		return func(_ *frame, it *item) bool { return strings.Contains(it.text, s) }
	}
	return nil
}

func isElement(n ast.Node) bool {
	p, ok := n.(*ast.PointerNode)
	return ok && p.Name == ""
}

// call translates under and named: paths() gives canonical paths, so each is taken
// for itself.
func (d *direct) call(n *ast.CallNode) itemTest {
	if args, ok := callOf(n, fnMatches, 2); ok && isElement(args[0]) {
		p := args[1].(*ast.ConstantNode).Value.(*pattern)
		return func(_ *frame, it *item) bool { return p.compiled().MatchString(it.text) }
	}
	if d.commands || len(n.Arguments) != 3 || !isElement(n.Arguments[1]) {
		return nil
	}
	c, ok := n.Arguments[2].(*ast.ConstantNode)
	if !ok {
		return nil
	}
	switch set := c.Value.(type) {
	case *dirSet:
		return func(f *frame, it *item) bool { return f.holds(f.expanded(set), *it) }
	case *nameSet:
		return func(f *frame, it *item) bool { return f.isNamed(set, *it) }
	}
	return nil
}

// matches evaluates the rule over one frame.
func (d *direct) matches(f *frame) (bool, error) {
	items, err := f.items(d.commands)
	if err != nil {
		return false, err
	}
	for i := range items {
		if d.test(f, &items[i]) {
			return true, nil
		}
	}
	return false, nil
}

// items gives the paths or command lines of the arguments.
func (f *frame) items(commands bool) ([]item, error) {
	if commands {
		val, err := f.commandLines(f.Args)
		if err == nil && f.commands.items == nil {
			f.commands.items = f.itemsOf(val.([]string), false)
		}
		return f.commands.items, err
	}
	val, err := f.pathsOfArgs()
	if err == nil && f.paths.items == nil {
		f.paths.items = f.itemsOf(val.([]string), true)
	}
	return f.paths.items, err
}

func (f *frame) itemsOf(list []string, paths bool) []item {
	if len(list) == 0 {
		return nil
	}
	items := make([]item, len(list))
	for i, s := range list {
		items[i].text = s
		if paths {
			items[i].folded, items[i].glob = foldPath(s), f.globs[s]
		}
	}
	return items
}

// listNames are the functions whose lists are made once for a frame.
var listNames = map[string]listKind{
	".commands": commandList, ".hosts": hostList, ".sql": sqlList, ".secrets": secretList, ".recipients": recipientList,
}

// asOver gives a test for the common case that the lists of any(commands(args), …), of several of them joined by or, or the first of those
// joined by and, are empty: then the rule does not match, and no virtual machine has to say so.
func asOver(program *vm.Program) func(*frame) (none bool, err error) {
	return overOf(program.Node())
}

func overOf(n ast.Node) func(*frame) (none bool, err error) {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "or" || b.Operator == "||") {
		left, right := overOf(b.Left), overOf(b.Right)
		if left == nil || right == nil {
			return nil
		}
		return func(f *frame) (bool, error) {
			if none, err := left(f); !none || err != nil {
				return none, err
			}
			return right(f)
		}
	}
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "and" || b.Operator == "&&") {
		return overOf(b.Left)
	}
	b, ok := n.(*ast.BuiltinNode)
	if !ok || b.Name != "any" || len(b.Arguments) != 2 {
		return nil
	}
	over := b.Arguments[0]
	for _, name := range []string{fnList, fnStrings} {
		if args, ok := callOf(over, name, 2); ok {
			over = args[1]
		}
	}
	c, ok := over.(*ast.CallNode)
	if !ok || len(c.Arguments) != 2 {
		return nil
	}
	callee, ok := c.Callee.(*ast.IdentifierNode)
	args, ok2 := c.Arguments[1].(*ast.IdentifierNode)
	if !ok || !ok2 || args.Value != "args" {
		return nil
	}
	if callee.Value == ".commandLines" {
		return func(f *frame) (bool, error) {
			lines, err := f.commandLines(f.Args)
			return err == nil && len(lines.([]string)) == 0, err
		}
	}
	kind, ok := listNames[callee.Value]
	if !ok {
		return nil
	}
	return func(f *frame) (bool, error) {
		_, err := f.list(kind, f.Args)
		return f.lists[kind].n == 0, err
	}
}
