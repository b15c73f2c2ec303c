package card

import (
	"strings"

	"sallyport/approve"
	"sallyport/rules/scan"
)

// recipients tells whom something would be sent to.
func (e *effects) recipients() {
	e.block("sends to", approve.BlockFacts, func(s *sink) {
		n := 0
		for i := range e.t.nodes {
			key := words(e.t.keyOf(int32(i)))
			if !e.t.nodes[i].isString() || e.handled[int32(i)] || !recipientWords.any(key) {
				continue
			}
			text := e.t.nodes[i].text()
			if pathLike(text) && !strings.Contains(text, "@") {
				continue
			}
			e.handled[int32(i)] = true
			for _, to := range addresses(text) {
				if n++; n > maxListed {
					s.cut = true
					e.warn("more than " + plural(maxListed, "recipient"))
					return
				}
				e.recipient(s, e.t.name(int32(i)), to, set("bcc").any(key))
			}
		}
	})
}

func (e *effects) recipient(s *sink, name, to string, blind bool) {
	text := short(to, 320)
	odd := hides(to)
	if mixed := scan.MixedScripts(to); mixed != "" {
		text += " (mixed scripts: " + line(mixed) + ")"
		odd = true
		e.warn("a recipient's address mixes scripts: " + short(to, 100))
	}
	if blind {
		text += " (the others do not see this one)"
		odd = true
		e.warn("a blind copy goes to " + short(to, 100))
	}
	e.phrase("to " + short(to, 60))
	s.add(approve.Line{Name: name, Text: text, Warn: odd})
}

// addresses gives the mail addresses in the value of a recipient field, or the whole value where there is none: a channel, a user.
func addresses(text string) (out []string) {
	for _, p := range strings.FieldsFunc(firstBytes(text, 64<<10), func(r rune) bool { return r <= ' ' || strings.ContainsRune(`,;<>"()[]`, r) }) {
		if i := strings.IndexByte(p, '@'); i > 0 && i < len(p)-1 {
			out = append(out, strings.TrimPrefix(p, "mailto:"))
		}
	}
	if text = strings.TrimSpace(text); out == nil && text != "" {
		out = []string{text}
	}
	return out
}
