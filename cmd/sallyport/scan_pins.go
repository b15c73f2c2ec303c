package main

import (
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
			if f, hidden := scan.HiddenJSON(definition); hidden && !x.has("hidden", key.String()) {
				x.find("hidden", "high", "sallyport pin show "+wrap.ShellWord(s.nameOf(x)), "%s holds %s", scan.VisibleLine(key.String(), 80), f.What)
			}
			if why := contradiction(key, definition); why != "" && !x.has("hint", key.String()) {
				x.find("hint", "medium", "", "%s: %s", scan.VisibleLine(key.String(), 80), why)
			}
		}
	}
	p = p.Clone()
	p.Server = s.nameOf(x)
	for _, c := range pin.Collisions(p, othersOf(s.places, p.Server)) {
		if x.has("duplicate", c.Name) {
			continue
		}
		if c.Same {
			x.find("duplicate", "medium", "", "its tool %s has the name of one of server %q", scan.VisibleLine(c.Name, 60), c.Server)
		} else {
			x.find("duplicate", "high", "", "its tool %s looks like %s of server %q", scan.VisibleLine(c.Name, 60), scan.VisibleLine(c.Other, 60), c.Server)
		}
	}
}

// has reports whether the same was found before.
func (x *scanned) has(kind, what string) bool {
	for _, f := range x.Findings {
		if f.Kind == kind && strings.Contains(f.Message, scan.VisibleLine(what, 80)) {
			return true
		}
	}
	return false
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
		x := &scanned{Client: e.Client, Title: e.Title, Path: e.Path, Line: 1, Server: e.Name, Disabled: e.Off, Findings: []finding{}}
		x.ID = strings.Join([]string{e.Client, e.Path, "", e.Name}, ":")
		s.list = append(s.list, x)
		if e.Problem != "" {
			x.find("unreadable", "medium", "", "%s", e.Problem)
			continue
		}
		if e.Command != "" {
			x.argv = append([]string{e.Command}, e.Args...)
			x.Command = commandText(x.argv)
		}
		severity := "medium"
		if e.Off {
			severity = "low"
		}
		x.find("unwrapped", severity, "switch it off there, add the server to the client's own configuration, and run \"sallyport install "+e.Client+"\"",
			"it came in a package of its own, in which sallyport cannot stand in front of it")
		if len(x.argv) == 0 {
			continue
		}
		checkShell(x)
		checkPackage(x)
		s.checkFolders(x)
		for name, value := range e.Env {
			if kind := credential(name, value); kind != "" {
				x.find("plain-key", "high", "", "%s holds a %s in plain text (%d bytes)", name, kind, len(value))
			}
		}
	}
}
