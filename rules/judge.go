package rules

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"sallyport/rules/scan"
)

// View is a policy for one server and one client: rules that can never match there
// are gone, the others are indexed by tool. It is immutable; any goroutines may
// share it.
type View struct {
	policy         *Policy
	server, client string
	kind           string // the server that this one is like
	on             [Other + 1]ruleIndex
	grants         [Other + 1]ruleIndex
	edits          [Other + 1]ruleIndex
	hides          listMask
	masks          onMask
}

// ruleIndex holds the rules of one kind of frame, in the order in which they are
// evaluated: deny, ask, allow, and by name within.
type ruleIndex struct {
	general []*rule
	byTool  map[string][]*rule // for a named tool: its rules and the general ones
}

// View specialises the policy for a server and a client, both by name.
func (p *Policy) View(server, client string) *View {
	v := &View{policy: p, server: server, client: client, kind: cmp.Or(p.servers[server].Like, server)}
	var verdicts, grants, edits []*rule
	for _, r := range p.rules {
		switch {
		case !r.possible(serverName, server) || !r.possible(clientName, client) || !r.possible(serverKind, v.kind):
		case r.answers != "":
			grants = append(grants, r)
		case r.edit == nil:
			verdicts = append(verdicts, r)
		default:
			edits = append(edits, r)
			v.hides |= r.edit.hide
			if r.edit.mask != nil {
				v.masks |= r.on
			}
		}
	}
	for on := range v.on {
		v.on[on] = indexRules(verdicts, On(on))
		v.grants[on] = indexRules(grants, On(on))
		v.edits[on] = indexRules(edits, On(on))
	}
	return v
}

func indexRules(rules []*rule, on On) ruleIndex {
	if len(rules) == 0 {
		return ruleIndex{}
	}
	x := ruleIndex{byTool: map[string][]*rule{}}
	for _, r := range rules {
		for _, g := range r.guards {
			if r.on.has(on) && g.subject == toolName {
				for _, name := range g.names {
					x.byTool[name] = nil
				}
			}
		}
	}
	for _, r := range rules {
		if !r.on.has(on) {
			continue
		}
		for name := range x.byTool {
			if r.possible(toolName, name) {
				x.byTool[name] = append(x.byTool[name], r)
			}
		}
		if r.possibleForOthers() {
			x.general = append(x.general, r)
		}
	}
	return x
}

// possible tells whether the guards on s let the rule match where s is value.
func (r *rule) possible(s subject, value string) bool {
	for i := range r.guards {
		if g := &r.guards[i]; g.subject == s && !g.holds(value) {
			return false
		}
	}
	return true
}

// possibleForOthers tells whether the rule can match a tool that no rule names.
func (r *rule) possibleForOthers() bool {
	for i := range r.guards {
		if g := &r.guards[i]; g.subject == toolName && !g.not && g.pattern == nil {
			return false
		}
	}
	return true
}

func (x *ruleIndex) rules(tool string) []*rule {
	if rules, named := x.byTool[tool]; named {
		return rules
	}
	return x.general
}

// Class gives the class of a tool, Unknown where no file names it.
func (v *View) Class(tool string) Class {
	if own := v.policy.classes[v.server][tool].class; own != Unknown {
		return own
	}
	return v.policy.classes[v.kind][tool].class
}

// Server gives what the user's files say of this server.
func (v *View) Server() ServerConfig { return v.policy.servers[v.server] }

// MayAllow tells whether a frame of this kind and method could pass or be asked
// about at all: def is the stance where no rule matches. False means that the
// capability behind it can be withheld.
func (v *View) MayAllow(on On, method string, def Action) bool {
	may := def != Deny
	for _, r := range v.on[on].rules("") {
		if !r.possible(methodName, method) {
			continue
		}
		if r.do == Deny && r.always() {
			return false
		}
		may = may || r.do != Deny && !r.folder
	}
	return may
}

// always tells whether the rule matches whatever the frame holds.
func (r *rule) always() bool {
	for i := range r.guards {
		if s := r.guards[i].subject; s == toolName || s == toolClass {
			return false
		}
	}
	return r.code().program == nil && r.code().err == nil
}

// Judge evaluates the rules of a view. It belongs to one goroutine.
type Judge struct {
	view  *View
	frame frame
	vm    vm.VM
	tools map[toolGuard]bool
}

// NewJudge makes a judge that knows the given facts of the machine. Folders that rules
// name are resolved once, when they are first needed.
func (v *View) NewJudge(facts Facts) *Judge {
	j := &Judge{view: v, tools: map[toolGuard]bool{}}
	j.frame.Server = serverEnv{v.server, v.kind}
	j.frame.Client.Name = v.client
	j.frame.facts = facts
	j.frame.dirs, j.frame.keys.kinds = map[*dirSet]*expandedDirs{}, map[string]keyMask{}
	return j
}

// Decide judges one frame. The strictest matching rule wins; a rule that cannot be
// evaluated denies; so does a panic. The order of rules and files has no influence.
func (j *Judge) Decide(w *World) (d Decision) {
	defer func() {
		if r := recover(); r != nil {
			d = fault(r)
		}
	}()
	w.Notes = nil
	if w.On > Other {
		return Decision{Rule: "sallyport", Because: "this kind of frame is unknown"}
	}
	class := j.view.Class(w.Tool)
	j.frame.reset(w, class)
	defer j.frame.release()
	var v verdicts
	for _, r := range j.view.on[w.On].rules(w.Tool) {
		matched, err := j.matches(r)
		if err != nil {
			return r.fault(err)
		}
		if !matched {
			continue
		}
		if r.do == Deny {
			return r.decision()
		}
		v.add(r)
	}
	d = j.weigh(&v, j.view.standard(w, class))
	w.Notes = slices.Clone(j.frame.notes)
	return d
}

// verdicts are the rules that matched a frame, but for those that deny.
type verdicts struct {
	ask, folder []*rule // rules that ask, those of a folder apart
	allow       *rule
}

func (v *verdicts) add(r *rule) {
	switch {
	case r.folder:
		v.folder = append(v.folder, r)
	case r.do == Ask:
		v.ask = append(v.ask, r)
	case v.allow == nil:
		v.allow = r
	}
}

// weigh makes one decision of what matched. standard is that where nothing does. A folder's rule may turn an allowance into a question,
// never a refusal. A question passes only if grants answer it and all others that the frame raises.
func (j *Judge) weigh(v *verdicts, standard Decision) Decision {
	d := standard
	switch {
	case len(v.ask) > 0:
		d.Action = Allow // unless a question below is left without an answer
	case v.allow != nil:
		d = v.allow.decision()
	case standard.Action == Deny:
		return standard
	case standard.Action == Ask:
		if d = j.answered(standard); d.Action != Allow {
			return d
		}
	}
	for _, rules := range [2][]*rule{v.ask, v.folder} {
		for _, r := range rules {
			if d = j.answered(r.decision()); d.Action != Allow {
				return d
			}
		}
	}
	return d
}

// answered gives what a grant makes of a question: it stays one where there is none.
func (j *Judge) answered(question Decision) Decision {
	if by := j.granted(question.Rule); by != nil {
		return Decision{Allow, by.name, by.at, "you answered " + question.Rule + " in advance"}
	}
	return question
}

// granted gives the grant that answers a question, nil if there is none. One that cannot be evaluated answers nothing.
func (j *Judge) granted(question string) *rule {
	f := &j.frame
	for _, r := range j.view.grants[f.on].rules(f.Tool.Name) {
		if r.answers != question {
			continue
		}
		if matched, err := j.matches(r); matched && err == nil {
			return r
		}
	}
	return nil
}

func (r *rule) decision() Decision {
	because := r.because
	if because == "" {
		because = "the rule " + r.name + " says so"
	}
	return Decision{r.do, r.name, r.at, because}
}

// standard is the decision where no rule matches.
func (v *View) standard(w *World, class Class) Decision {
	if w.On != Call {
		return Decision{w.Default, "default/" + scan.VisibleLine(w.Method, 100), "", "no rule matches"}
	}
	def := v.policy.defaults[judged(class)]
	return Decision{def.action, standardNames[judged(class)], def.at, standardReasons[class]}
}

var standardNames = [len(classNames)]string{Read: "default/read", Write: "default/write", Destructive: "default/destructive"}

var standardReasons = [len(classNames)]string{
	Unknown:     "no rule matches, and a tool of unknown class counts as one that writes",
	Read:        "no rule matches, and the tool is known to read",
	Write:       "no rule matches, and the tool is known to write",
	Destructive: "no rule matches, and the tool is known to destroy",
}

// toolMatches remembers which tools a pattern of a guard matches: a session has few.
func (j *Judge) toolMatches(g *guard) bool {
	key := toolGuard{g, j.frame.Tool.Name}
	holds, known := j.tools[key]
	if !known {
		if len(j.tools) > 4096 {
			clear(j.tools)
		}
		holds = g.holds(key.tool)
		j.tools[key] = holds
	}
	return holds
}

type toolGuard struct {
	guard *guard
	tool  string
}

var errNoVerdict = errors.New("the expression gives neither true nor false")

func (j *Judge) matches(r *rule) (bool, error) {
	for i := range r.guards {
		g := &r.guards[i]
		switch g.subject {
		case toolName:
			if g.pattern != nil && !j.toolMatches(g) {
				return false, nil
			}
		case toolClass:
			if !g.holds(j.frame.Tool.Class) {
				return false, nil
			}
		case methodName:
			if !g.holds(j.frame.Method) {
				return false, nil
			}
		}
	}
	c := r.code()
	if c.err != nil || c.program == nil {
		return c.err == nil, c.err
	}
	f := &j.frame
	f.exact, f.differs, f.vacuous, f.allowing = false, false, false, r.do == Allow
	none, matched, err := false, false, error(nil)
	if c.over != nil {
		none, err = c.over(f)
	}
	if !none && err == nil {
		matched, err = j.evaluate(c)
	}
	if f.vacuous {
		return false, nil
	}
	if err != nil || !f.differs {
		return matched, err
	}
	// Some file systems take a path for one that the rule means, others do not. A rule
	// that allows has to match on both, for one that denies or asks either is enough.
	f.exact = true
	exactly, err := j.evaluate(c)
	if r.do == Allow {
		return matched && exactly, err
	}
	return matched || exactly, err
}

// evaluate runs an expression.
func (j *Judge) evaluate(c *code) (bool, error) {
	if c.direct != nil {
		return c.direct.matches(&j.frame)
	}
	j.frame.steps = 0
	out, err := j.vm.Run(c.program, &j.frame)
	if err != nil {
		var fe *file.Error
		if errors.As(err, &fe) {
			if strings.HasPrefix(fe.Message, "invalid operation: bool(") {
				return false, errNoVerdict
			}
			return false, errors.New(fe.Message)
		}
		return false, err
	}
	verdict, ok := out.(bool)
	if !ok {
		return false, errNoVerdict
	}
	return verdict, nil
}
