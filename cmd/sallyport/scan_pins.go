package main

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/client"
	"sallyport/wrap/pin"
)

// checkPins looks at what is known of servers from their sessions, without starting them.
func (s *scanning) checkPins() {
	for _, x := range s.list {
		if !x.Wrapped || !validName(x.w.name) {
			continue
		}
		name := wrap.ShellWord(x.w.name)
		switch state := stateOf(s.places, x.w.name); state.State {
		case "drift":
			x.find("drift", "high", "sallyport pin diff "+name, "it is not what was accepted: %s", plural(state.Changes, "change", "changes"))
		case "broken":
			x.find("drift", "high", "sallyport pin remove "+name, "its pin cannot be used, so it is not started: %s", state.Problem)
		case "blocked":
			x.find("unpinned", "low", "sallyport block --lift "+name, "it is blocked: %s", state.Problem)
		case "proposed":
			x.find("unpinned", "low", "sallyport pin accept "+name, "nobody accepted what it shows: its calls wait")
		}
		if accepted, err := s.places.pins().Load(x.w.name); err == nil && accepted != nil {
			s.shown(x, accepted)
		}
	}
}

// shown looks at what a server shows.
func (s *scanning) shown(x *scanned, p *pin.Pin) {
	for _, section := range pin.Sections {
		for _, key := range p.Keys(section) {
			definition := p.Items[key].Definition
			if f, hidden := scan.HiddenJSON(definition); hidden {
				x.findOf(key.String(), "hidden", "high", "sallyport pin show "+wrap.ShellWord(s.nameOf(x)), scan.VisibleLine(key.String(), 80)+" holds "+f.What)
			}
			if why := contradiction(key, definition); why != "" {
				x.findOf(key.String(), "hint", "medium", "", scan.VisibleLine(key.String(), 80)+": "+why)
			}
		}
	}
	p = p.Clone()
	p.Server = s.nameOf(x)
	for _, c := range pin.Collisions(p, othersOf(s.places, p.Server)) {
		name := scan.VisibleLine(c.Name, 60)
		if c.Same {
			x.findOf(c.Name, "duplicate", "medium", "", fmt.Sprintf("its tool %s has the name of one of server %q", name, c.Server))
		} else {
			x.findOf(c.Name, "duplicate", "high", "", fmt.Sprintf("its tool %s looks like %s of server %q", name, scan.VisibleLine(c.Other, 60), c.Server))
		}
	}
}

// contradiction is where the hints of a tool say another thing than its name.
func contradiction(key pin.Key, definition []byte) string {
	if key.Section != pin.Tools {
		return ""
	}
	hints := gjson.GetBytes(definition, "annotations")
	proposal := pin.ProposeClass(key.Name, definition, "")
	if strings.Contains(proposal.Why, "though its hint says read") {
		return proposal.Why
	}
	if bare := pin.ProposeClass(key.Name, nil, ""); bare.Class == "destructive" && hints.Get("destructiveHint").Type == gjson.False {
		return bare.Why + ", though its hint says that it destroys nothing"
	}
	return ""
}

// extensions lists servers that came in packages of their own.
func (s *scanning) extensions() {
	for _, e := range client.Extensions(s.env) {
		x := newScanned(client.File{Row: client.Row{Client: e.Client, Title: e.Title}, Path: e.Path}, nil, e.Entry())
		if s.list = append(s.list, x); e.Problem != "" {
			x.Command = ""
			x.find("unreadable", "medium", "", "%s", e.Problem)
			continue
		}
		s.check(x)
	}
}
