package rules

import (
	"cmp"
	"sync/atomic"
)

// View is a policy for one server and one client: rules that can never match there
// are gone, the others are indexed by tool. Any goroutines may share it.
type View struct {
	policy         *Policy
	server, client string
	kind           string // the server that this one is like
	on             [Other + 1]ruleIndex
	grants         [Other + 1]ruleIndex
	edits          [Other + 1]ruleIndex
	hides          listMask
	masks          onMask
	elsewhere      atomic.Bool // others know the grants better
}

// ForgetGrants makes the grants of the file of answers answer nothing from here on: somebody else reads that file as it is now, and is
// asked. It may be called concurrently.
func (v *View) ForgetGrants() { v.elsewhere.Store(true) }

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

// Class gives the class of a tool: that of the user's files, else the accepted one, which a human gave it when it was pinned, else that
// of a pack; Unknown where there is none.
func (v *View) Class(tool string, accepted Class) Class {
	if accepted != Unknown {
		for _, name := range [2]string{v.server, v.kind} {
			if own := v.policy.classes[name][tool]; own.class != Unknown && !own.pack {
				return own.class
			}
		}
		return accepted
	}
	if own := v.policy.classes[v.server][tool].class; own != Unknown {
		return own
	}
	return v.policy.classes[v.kind][tool].class
}

// Compile compiles what is still to be compiled, so that the first frame need not wait for it: some milliseconds.
func (v *View) Compile() {
	for _, indexes := range [][Other + 1]ruleIndex{v.on, v.grants, v.edits} {
		for _, x := range indexes {
			for _, r := range x.general {
				r.code()
			}
			for _, named := range x.byTool {
				for _, r := range named {
					r.code()
				}
			}
		}
	}
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
