package rules

import (
	"errors"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"sallyport/rules/scan"
)

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
	class := j.view.Class(w.Tool, w.Class)
	j.frame.reset(w, class)
	defer j.frame.release()
	v, d, denied := j.verdicts(w)
	if denied {
		return d
	}
	d = j.weigh(&v, j.view.standard(w, class))
	w.Notes = slices.Clone(j.frame.notes)
	return d
}

// verdicts looks at the rules for a frame that is set. Where denied, d is the decision of one that denies, or that cannot be evaluated.
func (j *Judge) verdicts(w *World) (v verdicts, d Decision, denied bool) {
	for _, r := range j.view.on[w.On].rules(w.Tool) {
		matched, err := j.matches(r)
		switch {
		case err != nil:
			return v, r.fault(err), true
		case matched && r.do == Deny:
			return v, r.decision(), true
		case matched:
			v.add(r)
		}
	}
	return v, Decision{}, false
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
	}
	var open Decision // the first question that is left without an answer
	v.eachQuestion(standard, func(question Decision) bool {
		d = j.answered(question)
		if d.Action == Ask && open.Action != Ask {
			open = d
		}
		return d.Action != Deny
	})
	if open.Action == Ask && d.Action != Deny {
		return open
	}
	return d
}

// eachQuestion calls f with the questions that the frame raises, in the order in which they are asked, until f says that it has heard
// enough.
func (v *verdicts) eachQuestion(standard Decision, f func(Decision) bool) {
	if len(v.ask) == 0 && v.allow == nil && standard.Action == Ask && !f(standard) {
		return
	}
	for _, rules := range [2][]*rule{v.ask, v.folder} {
		for _, r := range rules {
			if !f(r.decision()) {
				return
			}
		}
	}
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
