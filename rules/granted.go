package rules

// LoadAnswers reads a file of answers by itself: what it would hold beside the user's other files, without them. Rules that its tests
// name are not looked for. The policy is good for Answers.
func LoadAnswers(path string, text []byte) (*Policy, error) {
	l := newLoader(func(string) ([]byte, error) { return text, nil })
	l.translator = &scopeTranslator
	if err := l.source(Source{Path: path, Trust: Answers}); err != nil {
		return nil, err
	}
	l.policy.tests = nil
	return l.policy, l.finish()
}

// Questions gives all questions that the frame raises and that no grant of the files answers, in the order in which they are asked; none
// where the frame is denied or allowed. They are about w as it stands: a call that set changed raises its own.
func (j *Judge) Questions(w *World) (open []Decision) {
	defer func() {
		if recover() != nil {
			open = nil
		}
	}()
	asked := *w
	if j.Decide(&asked).Action != Ask {
		return nil
	}
	class := j.view.Class(w.Tool, w.Class)
	j.frame.reset(w, class)
	defer j.frame.release()
	v, _, denied := j.verdicts(w)
	if denied {
		return nil
	}
	v.eachQuestion(j.view.standard(w, class), func(question Decision) bool {
		if j.answered(question).Action == Ask {
			open = append(open, question)
		}
		return true
	})
	return open
}

// Answers tells what the grants say of a question, by the rule or default that asks it, for this frame: name and place of the grant, and
// whether it denies. ok is false where none answers it; deny without ok says that one may deny it, which cannot be told, so that others
// are not to allow it. Grants that ask about server or tool beyond their names answer nothing here: what these are is said by other files
// than the one of answers.
func (j *Judge) Answers(w *World, question string) (name, at string, deny, ok bool) {
	defer func() {
		if recover() != nil {
			name, at, deny, ok = "", "", true, false
		}
	}()
	if w.On > Other {
		return "", "", true, false
	}
	j.frame.reset(w, j.view.Class(w.Tool, w.Class))
	defer j.frame.release()
	by, doubt := j.granted(question, (*rule).ownWorld)
	if by == nil {
		return "", "", doubt, false
	}
	return by.name, by.at, by.do == Deny, true
}

// answered gives what a grant makes of a question: it stays one where there is none.
func (j *Judge) answered(question Decision) Decision {
	by, _ := j.granted(question.Rule, nil)
	switch {
	case by == nil:
		return question
	case by.do == Deny:
		return Decision{Deny, by.name, by.at, "you denied this in advance"}
	}
	return Decision{Allow, by.name, by.at, "you answered " + question.Rule + " in advance"}
}

// granted gives the grant that answers a question, nil if there is none. Those that deny come first. One that cannot be evaluated answers
// nothing; where that one denies, there is doubt, and none of those that allow answers either. Nor does one that allows where the frame
// holds more than its arguments, which is what grants speak of.
func (j *Judge) granted(question string, counts func(*rule) bool) (by *rule, doubt bool) {
	f := &j.frame
	if j.view.elsewhere.Load() {
		return nil, false
	}
	for _, r := range j.view.grants[f.on].rules(f.Tool.Name) {
		if r.answers != question || counts != nil && !counts(r) {
			continue
		}
		matched, err := j.matches(r)
		switch {
		case err != nil:
			doubt = doubt || r.do == Deny
		case matched && (r.do == Deny || !doubt && !f.beside):
			return r, false
		}
	}
	return nil, doubt
}

// ownWorld tells whether a grant can be judged without knowing what other files say of its server.
func (r *rule) ownWorld() bool { return !r.foreign }
