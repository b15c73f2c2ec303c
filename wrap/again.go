package wrap

import (
	"slices"
	"time"

	"sallyport/rules"
	"sallyport/wrap/pin"
)

// A held frame is judged when it comes, and once more when it is let go: rules count, tools change and are given other classes, and links
// come to lead elsewhere while a person thinks.

// judgeNow judges a held frame as if it came now.
func (s *Session) judgeNow(h *heldFrame) rules.Decision {
	if h.gate != nil {
		if d := h.gate(); d.Action != rules.Allow {
			return d
		}
	}
	w := &h.world
	w.Time = time.Now()
	if w.Tool != "" {
		w.Class = s.surface.class(w.Tool)
	}
	j := s.view.NewJudge(s.Facts)
	if w.On == rules.Call && s.view.Sets(w.Tool) {
		changes, d := j.Set(w)
		if d.Action != rules.Allow {
			return d
		}
		if len(changes) > 0 {
			return rules.Decision{Rule: changes[0].Rule, Because: "it changes this call by now: repeat it, and it is changed"}
		}
	}
	d := j.Decide(w)
	h.notes = append(h.notes, w.Notes...)
	if h.others.Action < d.Action {
		return h.others
	}
	return d
}

// questions are all that asks about a held frame. whole says that its tool and arguments raise them all.
func (s *Session) questions(h *heldFrame) (list []rules.Decision, whole bool) {
	w := h.world
	list = s.view.NewJudge(s.Facts).Questions(&w)
	whole = len(list) > 0 && h.others.Action == rules.Allow
	if h.others.Action == rules.Ask {
		list = append(list, h.others)
	}
	return list, whole
}

// question is what the Asker hears of a held frame.
func (s *Session) question(h *heldFrame, d rules.Decision) *Question {
	item := s.surface.acceptedItem(pin.Key{Section: pin.Tools, Name: h.c.tool})
	q := &Question{
		Server: s.Server, Client: s.Client, Method: h.world.Method, Tool: h.c.tool, Class: s.view.Class(h.c.tool, h.world.Class), World: h.world,
		Pin: item.Hash, Definition: item.Definition, Again: h.again, Elicit: s.elicitor(h),
	}
	if q.Questions, q.Whole = s.questions(h); !asks(q.Questions, d.Rule) {
		q.Questions, q.Whole = append(q.Questions, d), false
	}
	return q
}

func asks(questions []rules.Decision, rule string) bool {
	return slices.ContainsFunc(questions, func(d rules.Decision) bool { return d.Rule == rule })
}

// stands says why a frame may not go although it was allowed, or nothing. What people answered is what they were asked: another tool,
// another class, or another question by now was not shown to them.
func (s *Session) stands(h *heldFrame) (d rules.Decision, why string) {
	d = s.judgeNow(h)
	if d.Action == rules.Deny {
		return d, "by now it is refused"
	}
	if q := h.asked; q != nil {
		now := s.surface.acceptedItem(pin.Key{Section: pin.Tools, Name: h.c.tool})
		if now.Hash != q.Pin || s.view.Class(h.c.tool, h.world.Class) != q.Class {
			return rules.Decision{Rule: "pins/changed", Because: "the tool was accepted as something else meanwhile"}, "the tool was accepted as something else meanwhile: repeat the call"
		}
	}
	if d.Action == rules.Allow {
		return d, ""
	}
	open, _ := s.questions(h)
	for _, question := range append(open, d) {
		if h.asked == nil || !asks(h.asked.Questions, question.Rule) {
			return question, "another rule asks by now: repeat the call"
		}
	}
	return d, ""
}

// caused notes why a frame waits or is refused now.
func (s *Session) caused(h *heldFrame, d rules.Decision) {
	h.entry.Rule, h.entry.At, h.entry.Reason = d.Rule, d.At, d.Because
	if d.Action == rules.Allow {
		h.entry.Rule, h.entry.At, h.entry.Reason = "", "", ""
		return
	}
	if h.entry.Ref == "" {
		h.entry.Ref = s.newRef()
	}
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	h.c.ref = h.entry.Ref
}
