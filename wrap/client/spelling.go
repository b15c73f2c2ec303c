package client

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// spelling says how the characters of a string of JSON are escaped where they need not be, or not so.
func spelling(raw string) string {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return ""
	}
	inner := raw[1 : len(raw)-1]
	var how []string
	for n := 0; len(inner) > 0; n++ {
		switch {
		case strings.HasPrefix(inner, `\/`):
			how, inner = append(how, fmt.Sprintf("%d/", n)), inner[2:]
		case strings.HasPrefix(inner, `\u`) && len(inner) >= 6:
			form := "u"
			if digits := inner[2:6]; digits != strings.ToLower(digits) {
				form = "U"
			}
			how, inner = append(how, fmt.Sprintf("%d%s", n, form)), inner[6:]
		case inner[0] == '\\' && len(inner) > 1:
			inner = inner[2:]
		default:
			_, size := utf8.DecodeRuneInString(inner)
			inner = inner[size:]
		}
	}
	return strings.Join(how, ",")
}

// spell writes the inside of a string of JSON with escapes as spelling says.
func spell(text, how string) string {
	forms := map[int]byte{}
	for part := range strings.SplitSeq(how, ",") {
		if n, err := strconv.Atoi(part[:max(0, len(part)-1)]); err == nil {
			forms[n] = part[len(part)-1]
		}
	}
	var b strings.Builder
	for n, r := range []rune(text) {
		// Another text than the one that was spelled so keeps its meaning.
		switch form := forms[n]; {
		case form == '/' && r == '/':
			b.WriteString(`\/`)
		case form == 'u' && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case form == 'U' && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			quoted, _ := quote(string(r)) // of a string nothing can go wrong
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
