package rules

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"sallyport/rules/scan"
)

// masker finds what a rule masks.
type masker struct {
	secrets  bool
	personal bool
	kinds    []string // of those that scan knows
	patterns []*regexp.Regexp
}

// Masked is a place in a frame that a rule masks: With, which is JSON string content, replaces the bytes from Start to End of the
// judged value.
type Masked struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	With  []byte `json:"-"`
	Kind  string `json:"kind"` // "github-token", "email", or the name of the rule for a pattern of its own
	Rule  string `json:"rule"`
}

// maxMasked bounds the places in one frame.
const maxMasked = 10_000

// Mask gives what the rules mask in a frame that may pass: in order, without overlap, as offsets into w.Result, or w.Args where there
// is none. It looks at all strings but those that say how to read others. The decision denies where a rule cannot be evaluated.
func (j *Judge) Mask(w *World) (places []Masked, d Decision) {
	var rules []*rule
	d = j.eachEdit(w, func(r *rule) bool { return r.edit.mask != nil }, func(r *rule) error {
		rules = append(rules, r)
		return nil
	})
	if d.Action != Allow || len(rules) == 0 {
		return nil, d
	}
	defer func() {
		if r := recover(); r != nil {
			places, d = nil, fault(r)
		}
	}()
	raw := w.Result
	if raw == nil {
		raw = w.Args
	}
	j.frame.keys.begin(len(raw))
	m := maskWalk{walk: &j.frame.keys, raw: raw, rules: rules}
	if err := m.value(0, "", false); err != nil {
		return nil, rules[0].fault(err)
	}
	return m.out, d
}

// maskWalk goes through the strings of a value.
type maskWalk struct {
	walk  *walk
	raw   []byte
	rules []*rule
	out   []Masked
}

// unmasked are members whose values say how others are to be read; a mask there would make a frame that no client understands.
var unmasked = map[string]bool{
	"type": true, "mimeType": true, "role": true, "resultType": true, "progressToken": true, "requestId": true, "taskId": true,
	"nextCursor": true, "requestState": true, "protocolVersion": true, "method": true, "jsonrpc": true, "level": true, "blob": true,
}

// value looks at the value that starts at i, and stands at key. free says that its members are a server's own, not the protocol's.
func (m *maskWalk) value(i int, key string, free bool) error {
	// Depth is bounded by the strict reader, so the recursion is too.
	switch m.raw[i] {
	case '"':
		return m.text(i, key)
	case '{':
		return m.object(i, free)
	case '[':
		if err := m.walk.enter(m.raw[i:skipValue(m.raw, i)]); err != nil {
			return err
		}
		it := iter{b: m.raw, i: i + 1}
		for it.more() {
			if err := m.value(it.i, key, free); err != nil {
				return err
			}
			it.i = skipValue(m.raw, it.i)
		}
	}
	return nil
}

func (m *maskWalk) object(i int, free bool) error {
	o := &object{raw: m.raw[i:skipValue(m.raw, i)]}
	if err := m.walk.enter(o.raw); err != nil {
		return err
	}
	kind := o.get("type")
	binary := string(kind) == `"image"` || string(kind) == `"audio"`
	it := iter{b: m.raw, i: i + 1}
	for it.more() {
		start := it.i
		it.i = skipString(m.raw, it.i)
		key := unquote(m.raw[start:it.i])
		it.space()
		it.i++
		it.space()
		said := !free && m.raw[it.i] == '"' && (unmasked[key] || binary && key == "data")
		if !said {
			if err := m.value(it.i, key, free || key == "structuredContent"); err != nil {
				return err
			}
		}
		it.i = skipValue(m.raw, it.i)
	}
	return nil
}

// text masks within the JSON string that starts at i.
func (m *maskWalk) text(i int, key string) error {
	raw := m.raw[i:skipString(m.raw, i)]
	text, at := decodeString(raw)
	var found []scan.Match
	var by []*rule
	for _, r := range m.rules {
		for _, f := range r.edit.mask.find(text, r.name) {
			found, by = append(found, f), append(by, r)
		}
		if r.edit.mask.secrets && len(text) <= maxKeyed {
			for _, f := range keyed(key, text) {
				found, by = append(found, f), append(by, r)
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := found[a], found[b]
		return cmp.Or(x.Start-y.Start, y.End-x.End, strings.Compare(x.Kind, y.Kind), strings.Compare(by[a].name, by[b].name))
	})
	end := -1
	for _, k := range order {
		f := found[k]
		if f.Start < end { // the earlier one reaches into it
			if f.End > end {
				end = f.End
				m.out[len(m.out)-1].End = i + at.of(end)
			}
			continue
		}
		if len(m.out) == maxMasked {
			return fmt.Errorf("more than %d places are to be masked", maxMasked)
		}
		end = f.End
		start := i + at.of(f.Start)
		m.out = append(m.out, Masked{start, i + at.of(end), []byte("‹masked:" + f.Kind + "›"), f.Kind, by[k].name})
	}
	return nil
}

// maxKeyed is the length of the longest value that its key may make a secret.
const maxKeyed = 4 << 10

// keyed finds what is a secret because of the key that it stands at: {"password": "…"}.
func keyed(key, text string) (found []scan.Match) {
	if key == "" || len(key) > 256 || text == "" {
		return nil
	}
	lead := key + `="`
	for _, f := range scan.Secrets(lead + text + `"`) {
		if f.Start >= len(lead) && f.End <= len(lead)+len(text) {
			found = append(found, scan.Match{Kind: f.Kind, Start: f.Start - len(lead), End: f.End - len(lead)})
		}
	}
	return found
}

// find gives the places that a masker masks in a text.
func (m *masker) find(text, name string) []scan.Match {
	var out []scan.Match
	keep := func(found []scan.Match, all bool) {
		for _, f := range found {
			if all || slices.Contains(m.kinds, f.Kind) {
				out = append(out, f)
			}
		}
	}
	if m.secrets || len(m.kinds) > 0 {
		keep(scan.Secrets(text), m.secrets)
	}
	if m.personal || len(m.kinds) > 0 {
		keep(scan.Personal(text), m.personal)
	}
	for _, re := range m.patterns {
		for _, at := range re.FindAllStringIndex(text, maxMasked+1) {
			if at[0] < at[1] {
				out = append(out, scan.Match{Kind: name, Start: at[0], End: at[1]})
			}
		}
	}
	return out
}

// offsets turns offsets into a decoded string into those of its raw form. They are asked for in rising order.
type offsets struct {
	steps []step
	i     int
}

// step says that from an offset of the decoded string on, up to the next step, both forms have the same bytes. An escape is a step of
// its own: whatever is within it counts as its end.
type step struct{ decoded, raw int }

// decodeString decodes a raw JSON string. Half a surrogate pair becomes U+FFFD, alone.
func decodeString(raw []byte) (string, offsets) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), offsets{steps: []step{{0, 1}}}
	}
	text := make([]byte, 0, len(raw))
	o := offsets{steps: []step{{0, 1}}}
	for i := 1; i < len(raw)-1; {
		if raw[i] != '\\' {
			n := bytes.IndexByte(raw[i:len(raw)-1], '\\')
			if n < 0 {
				n = len(raw) - 1 - i
			}
			text = append(text, raw[i:i+n]...)
			i += n
			continue
		}
		r, size := unescape(raw[i:])
		text = utf8.AppendRune(text, r)
		i += size
		o.steps = append(o.steps, step{len(text), i})
	}
	return string(text), o
}

var escapes = map[byte]rune{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape gives the character of the escape that b begins with, and the escape's length.
func unescape(b []byte) (rune, int) {
	if b[1] != 'u' {
		if r, ok := escapes[b[1]]; ok {
			return r, 2
		}
		return rune(b[1]), 2
	}
	r := unit(b)
	if utf16.IsSurrogate(r) {
		if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if pair := utf16.DecodeRune(r, unit(b[6:])); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

// unit reads the four digits of an escape.
func unit(b []byte) (r rune) {
	for _, c := range b[2:6] {
		r <<= 4
		switch {
		case c <= '9':
			r |= rune(c - '0')
		default:
			r |= rune(c|0x20-'a') + 10
		}
	}
	return r
}

// of gives the raw offset of the place in the decoded string: that before an escape if it is where the escape begins.
func (o *offsets) of(decoded int) int {
	for o.i+1 < len(o.steps) && o.steps[o.i+1].decoded <= decoded {
		o.i++
	}
	s := o.steps[o.i]
	return s.raw + decoded - s.decoded
}
