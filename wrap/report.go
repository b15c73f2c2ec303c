package wrap

import (
	"fmt"
	"strings"

	"sallyport/rules/scan"
	"sallyport/wrap/audit"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/drift"
)

// maxReports bounds the reports of one session: a server that changes everything all the time is not worth more.
const maxReports = 20

// report tells the user and the log that an item is not what was accepted. The surface is locked.
func (u *surface) report(key pin.Key, now *seen) {
	if !u.accepted().Accepted() && len(now.changes) == 0 && !now.sticky && now.why == "nobody has accepted this server" {
		return // all of it waits, and one line says so
	}
	u.reports++
	name := fmt.Sprintf("%s %q of server %q", key.Section.One(), scan.VisibleLine(key.Name, 80), u.s.Server)
	if key.Name == "" {
		name = fmt.Sprintf("%s of server %q", key.Section.One(), u.s.Server)
	}
	title := name + " " + happened(now)
	entry := &audit.Entry{Direction: "s2c", Method: listOf[key.Section], Decision: "note", Rule: "pins/" + kindsText(now.kinds), Reason: title}
	if key.Section == pin.Tools {
		entry.Tool = key.Name
	}
	if u.reports > maxReports {
		entry.Reason = title
		u.s.Log.Append(entry)
		if u.reports == maxReports+1 {
			u.s.tellReport(fmt.Sprintf("SECURITY: more of server %q changed: run \"sallyport pin diff %s\"", u.s.Server, ShellWord(u.s.Server)))
		}
		return
	}
	lines := []string{"SECURITY: " + title}
	if len(now.kinds) > 0 {
		lines = append(lines, "  what:    "+kindsText(now.kinds))
	}
	for i, c := range now.changes {
		if i == maxChanges {
			lines = append(lines, fmt.Sprintf("           and %d more", len(now.changes)-i))
			break
		}
		path := ""
		if c.Path != "" {
			path = scan.VisibleLine(c.Path, 60) + ": "
		}
		lines = append(lines, "           "+path+changeText(c))
	}
	lines = append(lines, "  now:     "+u.consequence(key, now))
	lines = append(lines, "  see:     sallyport pin diff "+ShellWord(u.s.Server))
	if now.item.Hash != "" {
		lines = append(lines, "  accept:  sallyport pin accept "+ShellWord(u.s.Server)+" "+ItemWord(key, now.item.Hash))
	}
	short := make([]string, len(lines))
	for i, l := range lines {
		short[i] = strings.Join(strings.Fields(l), " ")
	}
	entry.Reason = strings.Join(short, "; ")
	u.s.Log.Append(entry)
	u.s.tellReport(strings.Join(lines, "\n"))
}

const maxChanges = 4

func happened(now *seen) string {
	switch {
	case now.why == whyChanged:
		return "changed since it was accepted"
	case len(now.kinds) == 1 && now.kinds[0] == drift.Added:
		return "is new: " + now.why
	case now.why != "":
		return "is held: " + now.why
	}
	return "changed"
}

func (u *surface) consequence(key pin.Key, now *seen) string {
	switch {
	case u.s.Observing:
		return "OBSERVING: it passes"
	case !now.held:
		return "your rules let this kind of change pass"
	case key.Section == pin.Tools:
		return "the model does not see it, and calls to it are refused"
	case key.Section == pin.ServerInfo:
		return "the client gets what was accepted"
	}
	return "the client does not get it"
}

// reportGone tells of what was accepted and is no longer listed. The surface is locked.
func (u *surface) reportGone(gone []pin.Key) {
	for i, key := range gone {
		if u.goneTold[key] {
			continue
		}
		if u.goneTold == nil {
			u.goneTold = map[pin.Key]bool{}
		}
		u.goneTold[key] = true
		text := fmt.Sprintf("%s %q of server %q is no longer listed", key.Section.One(), scan.VisibleLine(key.Name, 80), u.s.Server)
		u.s.Log.Append(&audit.Entry{Direction: "s2c", Method: listOf[key.Section], Decision: "note", Rule: "pins/" + string(drift.Removed), Reason: text})
		if i < maxChanges {
			u.s.warnf("%s; \"sallyport pin diff %s\" shows it", text, u.s.Server)
		}
	}
}

// tooMany notes that a section has more items than anybody would look at. The surface is locked.
func (u *surface) tooMany(section pin.Section) {
	if u.overfull[section] {
		return
	}
	u.overfull[section] = true
	text := fmt.Sprintf("server %q lists more than %d %s: the rest is left out", u.s.Server, maxSeen, section)
	u.s.Log.Append(&audit.Entry{Direction: "s2c", Method: listOf[section], Decision: "note", Rule: "pins/too-many", Reason: text})
	u.s.warnf("%s", text)
}

func kindsText(kinds []drift.Kind) string {
	if len(kinds) == 0 {
		return "held"
	}
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

// changeText is a change on one line: what went in [-…-], what came in {+…+}.
func changeText(c drift.Change) string {
	var b strings.Builder
	for _, w := range drift.Elide(drift.Words(c.Old, c.New), 4) {
		text := Unmarked(scan.VisibleLine(w.Text, 300))
		switch w.Op {
		case '-':
			text = "[-" + text + "-]"
		case '+':
			text = "{+" + text + "+}"
		}
		b.WriteString(text)
	}
	text := []rune(b.String())
	if len(text) > 400 {
		return string(text[:400]) + " …"
	}
	return string(text)
}

// Unmarked breaks what looks like the marks of a diff in a text, so that new words cannot pass for old ones.
func Unmarked(text string) string {
	return strings.NewReplacer("[-", `[\-`, "-]", `-\]`, "{+", `{\+`, "+}", `+\}`).Replace(text)
}

// ItemWord names a definition on a command line: by its name and the beginning of its hash, or by that alone where the name could
// not be typed.
func ItemWord(key pin.Key, hash string) string {
	name := key.String()
	if scan.VisibleLine(name, 80) != name {
		name = ""
	}
	return ShellWord(name + "@" + Short(hash))
}

// Short is the part of a hash that tells definitions apart on a command line.
func Short(hash string) string {
	text := strings.TrimPrefix(hash, "h1:")
	return text[:min(len(text), 22)]
}

// ShellWord writes a word so that a POSIX shell reads it as one, with what cannot be seen made visible.
func ShellWord(word string) string {
	word = scan.VisibleLine(word, 200)
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:@+=,", r))
	}) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
