package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// RuleInfo describes a loaded rule or grant.
type RuleInfo struct {
	Name    string   `json:"name"`
	At      string   `json:"at"` // "rules.yaml:12"
	On      []string `json:"on"`
	Does    string   `json:"does"` // "deny", "ask", "allow", "mask", "set", "hide", "grant", "denial"
	When    string   `json:"when,omitempty"`
	Because string   `json:"because,omitempty"`
	Answers string   `json:"answers,omitempty"` // of a grant
}

// Rules lists what is in force: rules by action, strictest first, then edits and grants.
func (p *Policy) Rules() []RuleInfo {
	var out []RuleInfo
	for _, r := range p.rules {
		out = append(out, r.info())
	}
	slices.SortStableFunc(out, func(a, b RuleInfo) int {
		return slices.Index(severity, a.Does) - slices.Index(severity, b.Does)
	})
	return out
}

// severity is the order in which rules are listed.
var severity = []string{"deny", "ask", "allow", "mask", "set", "hide", "denial", "grant"}

func (r *rule) info() RuleInfo {
	return RuleInfo{r.name, r.at, r.on.words(), r.does(), r.source, r.because, r.answers}
}

func (r *rule) does() string {
	switch {
	case r.answers != "" && r.do == Deny:
		return "denial"
	case r.answers != "":
		return "grant"
	case r.edit == nil:
		return r.do.String()
	case r.edit.mask != nil:
		return "mask"
	case r.edit.set != nil:
		return "set"
	}
	return "hide"
}

func (m onMask) words() []string {
	if m == anyOn {
		return []string{"any"}
	}
	var out []string
	for on := range Other + 1 {
		if m.has(on) {
			out = append(out, on.String())
		}
	}
	return out
}

// Defaults gives what happens to calls that no rule matches, by class: "read", "write", "destructive".
func (p *Policy) Defaults() map[string]Decision {
	out := map[string]Decision{}
	for _, c := range []Class{Read, Write, Destructive} {
		out[c.String()] = Decision{Action: p.defaults[c].action, At: p.defaults[c].at, Rule: standardNames[c]}
	}
	return out
}

// Warning is something about loaded rules that their author hardly meant.
type Warning struct {
	At   string `json:"at"`
	Rule string `json:"rule,omitempty"`
	Text string `json:"text"`
}

// Warnings looks at the rules that are no pack's for what is likely to be a mistake: rules that never match or never decide, names
// that are easily confused, conditions that fail on calls without an argument, grants that answer nothing.
func (p *Policy) Warnings() []Warning {
	out := slices.Clone(p.looser)
	config := newConfig(expr.AsAny())
	for _, r := range p.rules {
		if r.pos.file != nil && r.pos.file.pack != "" {
			continue
		}
		warn := func(format string, args ...any) {
			out = append(out, Warning{r.at, r.name, fmt.Sprintf(format, args...)})
		}
		if why := r.neverMatches(); why != "" {
			warn("the rule never matches: %s", why)
		}
		if by := p.shadow(r); by != nil {
			warn("the rule never decides: %s (%s) denies all that it looks at", by.name, by.at)
		}
		if other := p.namesake(r); other != nil {
			warn("its name is easily taken for that of %s", other.name)
		}
		if r.answers != "" && !strings.HasPrefix(r.answers, "default/") && !slices.ContainsFunc(p.rules, func(o *rule) bool { return o.name == r.answers && o.do == Ask && o.answers == "" }) {
			warn("no rule %q asks, so the grant answers nothing", r.answers)
		}
		if r.source == "" {
			continue
		}
		tree, err := parser.ParseWithConfig(r.source, config)
		if err != nil {
			continue // it was compiled
		}
		for _, key := range negatedKeys(tree.Node) {
			warn("a call without %q is refused by the rule; say %q in args and …, or arg(%q, default)", key, key, key)
		}
	}
	slices.SortStableFunc(out, func(a, b Warning) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Rule, b.Rule)) })
	return out
}

// neverMatches finds guards that exclude each other, and classes that are none.
func (r *rule) neverMatches() string {
	if program := r.code().program; program != nil {
		if b, ok := program.Node().(*ast.BoolNode); ok && !b.Value {
			return "its expression is false"
		}
	}
	for i, g := range r.guards {
		if g.not || g.pattern != nil {
			continue
		}
		if g.subject == toolClass && !slices.ContainsFunc(g.names, func(n string) bool { return slices.Contains(classNames[Read:], n) }) {
			return "tool.class is read, write or destructive"
		}
		left := slices.Clone(g.names)
		for j, other := range r.guards {
			if i != j && other.subject == g.subject {
				left = slices.DeleteFunc(left, func(n string) bool { return !other.holds(n) })
			}
		}
		if len(left) == 0 {
			return "what it says of " + subjectNames[g.subject] + " excludes itself"
		}
		if g.subject == toolName && !r.on.has(Call) && !r.on.has(Result) && !r.on.has(List) && !r.on.has(Elicitation) {
			return "what it looks at has no tool"
		}
	}
	return ""
}

var subjectNames = [...]string{toolName: "tool.name", toolClass: "tool.class", serverName: "server.name",
	serverKind: "server.kind", clientName: "client.name", methodName: "method"}

// shadow finds a rule that denies whatever r looks at.
func (p *Policy) shadow(r *rule) *rule {
	if r.do == Deny || r.edit != nil {
		return nil
	}
	for _, d := range p.rules {
		if d.do == Deny && d.edit == nil && d.code().program == nil && r.on&^d.on == 0 && len(d.guards) == 0 {
			return d
		}
	}
	return nil
}

// namesake finds a rule of another file that people would call by the same name.
func (p *Policy) namesake(r *rule) *rule {
	if strings.Contains(r.name, "/") {
		return nil
	}
	for _, o := range p.rules {
		if _, short, ok := strings.Cut(o.name, "/"); ok && short == r.name {
			return o
		}
	}
	return nil
}

// negatedKeys gives the arguments that an expression asks for in a negated condition without saying that they have to be there.
func negatedKeys(node ast.Node) []string {
	w := keyWalk{present: map[string]bool{}}
	w.walk(node, false)
	var out []string
	for _, k := range w.negated {
		if !w.present[k] && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

type keyWalk struct {
	present map[string]bool
	negated []string
}

func (w *keyWalk) walk(n ast.Node, negated bool) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		w.walk(n.Node, negated != (n.Operator == "not" || n.Operator == "!"))
	case *ast.BinaryNode:
		if key, ok := n.Left.(*ast.StringNode); ok && n.Operator == "in" && isArgs(n.Right) {
			w.present[key.Value] = true
			return
		}
		unequal := n.Operator == "!="
		w.walk(n.Left, negated != unequal)
		w.walk(n.Right, negated != unequal)
	case *ast.MemberNode:
		if key, ok := n.Property.(*ast.StringNode); ok && isArgs(n.Node) && negated {
			w.negated = append(w.negated, key.Value)
		}
		w.walk(n.Node, negated)
	case *ast.BuiltinNode:
		for _, a := range n.Arguments {
			w.walk(a, negated != (n.Name == "none"))
		}
	case *ast.CallNode:
		for _, a := range n.Arguments {
			w.walk(a, negated)
		}
	case *ast.PredicateNode:
		w.walk(n.Node, negated)
	case *ast.ConditionalNode:
		w.walk(n.Cond, true)
		w.walk(n.Exp1, negated)
		w.walk(n.Exp2, negated)
	case *ast.VariableDeclaratorNode:
		w.walk(n.Value, negated)
		w.walk(n.Expr, negated)
	}
}

func isArgs(n ast.Node) bool {
	id, ok := n.(*ast.IdentifierNode)
	return ok && id.Value == "args"
}
