package rules

import "time"

// ApproveOptions say how people are asked. Only files of the user set them.
type ApproveOptions struct {
	// Wait is how long a frame waits for an answer before its sender is told to come back. Negative: what the client's own time allows.
	Wait   time.Duration
	Dialog bool // dialogs of the desktop
	Form   bool // forms of the client, by elicitation
	Notify bool // notifications of the desktop
}

// maxWait is more than any client waits.
const maxWait = 24 * time.Hour

var approveShape = objectOf("how people are asked",
	member{"wait", textOf("how long a call waits before its client is told to come back, like 45s; 0s for not at all")},
	member{"dialog", flagOf("dialogs of the desktop, where no screen of sallyport approve is open; true, unless it says otherwise")},
	member{"form", flagOf("forms of clients that have them (elicitation); true, unless it says otherwise")},
	member{"notify", flagOf("notifications of the desktop; true, unless it says otherwise")})

// Approve says how people are asked.
func (p *Policy) Approve() ApproveOptions { return p.approve }

func (l *loader) approvals(s *source, e entry) error {
	entries, err := s.mapping(e.val, "approve")
	if err != nil {
		return err
	}
	o := &l.policy.approve
	flags := map[string]*bool{"dialog": &o.Dialog, "form": &o.Form, "notify": &o.Notify}
	for _, e := range entries {
		name := "approve." + e.key
		switch {
		case e.key == "wait":
			err = l.waits(s, e, name)
		case flags[e.key] != nil:
			*flags[e.key], err = s.boolean(e.val, name)
		default:
			return e.unknownKey(" in approve", approveShape.names())
		}
		if err == nil {
			err = l.once(name, e.pos)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) waits(s *source, e entry, name string) error {
	w, err := s.word(e.val, name)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(w.text)
	if err != nil || d < 0 || d > maxWait {
		return s.nodePos(e.val).errorf("write it like 45s or 10m, up to 24h", "%s is no time", name)
	}
	l.policy.approve.Wait = d
	return nil
}
