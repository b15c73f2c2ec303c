package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"sallyport/rules/scan"
	"sallyport/rules/shell"
	"sallyport/rules/sql"
)

// Explanation is a decision with all that led to it. Its texts are safe to show.
type Explanation struct {
	Decision Decision    `json:"decision"`
	Class    string      `json:"class"`
	Rules    []Explained `json:"rules"` // those that match first
	Changes  []Change    `json:"changes,omitempty"`
	Masked   []Masked    `json:"masked,omitempty"`
}

// Explained is what became of one rule.
type Explained struct {
	RuleInfo
	Matched bool   `json:"matched"`
	Fault   string `json:"fault,omitempty"`
	Skipped string `json:"skipped,omitempty"` // why it was not looked at: it is about other frames
	Parts   []Part `json:"parts,omitempty"`
}

// Part is a part of an expression with its value; Depth says how deep it stands.
type Part struct {
	Expr  string `json:"expr"`
	Value string `json:"value"`
	Depth int    `json:"depth"`
}

// Explain judges a frame and tells how every rule of the policy took it.
func (j *Judge) Explain(w *World) Explanation {
	judged := *w
	e := Explanation{Class: judged.class(j).String()}
	if w.On == Call {
		e.Decision, e.Changes = j.DecideCall(&judged)
	} else {
		e.Decision = j.Decide(&judged)
		if e.Decision.Action != Deny && j.view.Masks(w.On) {
			e.Masked, _ = j.Mask(&judged)
		}
	}
	config := newConfig(expr.AsAny())
	for _, r := range j.view.policy.rules {
		e.Rules = append(e.Rules, j.explain(r, w, config))
	}
	rank := func(x Explained) int {
		switch {
		case x.Matched || x.Fault != "":
			return 0
		case x.Skipped == "":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(e.Rules, func(a, b Explained) int {
		return cmp.Or(rank(a)-rank(b), slices.Index(severity, a.Does)-slices.Index(severity, b.Does), strings.Compare(a.Name, b.Name))
	})
	return e
}

func (w *World) class(j *Judge) Class { return judged(j.view.Class(w.Tool, w.Class)) }

func (j *Judge) explain(r *rule, w *World, config *conf.Config) (e Explained) {
	e.RuleInfo = r.info()
	defer func() {
		if p := recover(); p != nil {
			e.Fault = fault(p).Because
		}
	}()
	j.frame.reset(w, j.view.Class(w.Tool, w.Class))
	defer j.frame.release()
	if e.Skipped = j.skips(r, w); e.Skipped != "" {
		return e
	}
	matched, err := j.matches(r)
	e.Matched = matched && err == nil
	if err != nil {
		e.Fault = scan.VisibleLine(err.Error(), 200)
	}
	if r.source == "" {
		return e
	}
	tree, err := parser.ParseWithConfig(r.source, config)
	if err != nil {
		return e
	}
	x := explainer{j: j, config: config, on: r.on}
	x.boolean(tree.Node, 0)
	e.Parts = x.parts
	return e
}

// skips tells why a rule is not about a frame.
func (j *Judge) skips(r *rule, w *World) string {
	if !r.on.has(w.On) {
		return "it looks at " + strings.Join(r.on.words(), ", ") + ", and this is " + w.On.String()
	}
	for _, g := range r.guards {
		value := map[subject]string{toolName: w.Tool, toolClass: j.frame.Tool.Class, serverName: j.view.server,
			serverKind: j.view.kind, clientName: j.view.client, methodName: w.Method}[g.subject]
		if !g.holds(value) {
			return fmt.Sprintf("%s is %q here", subjectNames[g.subject], scan.VisibleLine(value, 80))
		}
	}
	return ""
}

// explainer evaluates the parts of an expression one by one.
type explainer struct {
	j      *Judge
	config *conf.Config
	on     onMask
	parts  []Part
}

// maxParts bounds what is shown of one rule.
const maxParts = 60

func (x *explainer) add(n ast.Node, depth int) {
	x.text(n.String(), n.String(), depth)
}

func (x *explainer) text(name, source string, depth int) {
	if len(x.parts) < maxParts {
		x.parts = append(x.parts, Part{scan.VisibleLine(name, 400), x.value(source), depth})
	}
}

// boolean goes down to the conditions that and, or and not join.
func (x *explainer) boolean(n ast.Node, depth int) {
	switch b := n.(type) {
	case *ast.BinaryNode:
		switch b.Operator {
		case "and", "&&", "or", "||":
			x.boolean(b.Left, depth)
			x.boolean(b.Right, depth)
			return
		}
	case *ast.UnaryNode:
		if b.Operator == "not" || b.Operator == "!" {
			x.boolean(b.Node, depth)
			return
		}
	}
	x.add(n, depth)
	x.operands(n, depth+1)
}

// operands adds the values that a condition is made of.
func (x *explainer) operands(n ast.Node, depth int) {
	switch n := n.(type) {
	case *ast.BinaryNode:
		x.operand(n.Left, depth)
		x.operand(n.Right, depth)
	case *ast.CallNode:
		for _, a := range n.Arguments {
			x.operand(a, depth)
		}
	case *ast.BuiltinNode:
		if len(n.Arguments) == 0 {
			return
		}
		x.operand(n.Arguments[0], depth)
		if p, ok := predicateOf(n); ok {
			x.text("for each", "map("+n.Arguments[0].String()+", "+p.String()+")", depth)
		}
	}
}

func predicateOf(n *ast.BuiltinNode) (ast.Node, bool) {
	if !isPredicate(n.Name) || n.Name == "filter" || n.Name == "map" || len(n.Arguments) < 2 {
		return nil, false
	}
	p, ok := n.Arguments[1].(*ast.PredicateNode)
	if !ok {
		return nil, false
	}
	return p.Node, true
}

// operand adds a value unless it can be read off the expression.
func (x *explainer) operand(n ast.Node, depth int) {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NilNode, *ast.ArrayNode, *ast.ConstantNode:
		return
	case *ast.IdentifierNode:
		return
	}
	x.add(n, depth)
	x.operands(n, depth+1)
}

// value evaluates a part of an expression as the rule would.
func (x *explainer) value(source string) string {
	s := &strict{result: x.on&^(1<<Result|1<<List) == 0}
	config := *x.config
	config.Visitors = []ast.Visitor{s, &guarder{tree: s, keep: true}}
	program, err := translate(source, &config, s)
	if s.err != nil {
		err = s.err
	}
	if err != nil {
		return "cannot be shown"
	}
	f := &x.j.frame
	f.exact, f.differs, f.vacuous, f.allowing, f.steps = false, false, false, false, 0
	var machine vm.VM
	out, err := machine.Run(program, f)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return "error: " + scan.VisibleLine(first, 200)
	}
	return shown(out)
}

// shown gives a value as people read it.
func shown(v any) string {
	const most = 300
	var parts []string
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", scan.VisibleLine(v, most))
	case *object:
		return scan.VisibleLine(string(v.raw), most)
	case []string:
		for _, s := range v {
			parts = append(parts, fmt.Sprintf("%q", scan.VisibleLine(s, 100)))
		}
	case []shell.Command:
		for _, c := range v {
			text := strings.Join(append([]string{c.Name}, c.Args...), " ")
			if c.Unknown {
				text += " (unknown)"
			}
			parts = append(parts, text)
		}
	case []sql.Statement:
		for _, s := range v {
			text := s.Kind
			if s.Write {
				text += " (write)"
			}
			parts = append(parts, text)
		}
	case []any:
		for _, e := range v {
			parts = append(parts, shown(e))
		}
	default:
		return scan.VisibleLine(fmt.Sprint(v), most)
	}
	if len(parts) > 20 {
		parts = append(parts[:20], "…")
	}
	return scan.VisibleLine("["+strings.Join(parts, ", ")+"]", most)
}
