package hosts

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameRun splits off what can be a name or an address. Punctuation of other scripts ends it, but for what stands for a dot.
func nameRun(s string) (name, after string) {
	if strings.HasPrefix(s, "[") {
		if i := strings.IndexByte(s, ']'); i > 0 {
			return s[:i+1], s[i+1:]
		}
		return s, ""
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if !nameByte(c) && c != '.' && c != '%' {
				return s[:i], s[i:]
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) || unicode.IsPunct(r) && !dot(r) && r != '·' && r != '・' {
			return s[:i], s[i:]
		}
		i += n
	}
	return s, ""
}

func nameByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// dot tells what separates labels to a reader that maps names as IDNA does.
func dot(r rune) bool {
	switch r {
	case '.', '。', '．', '｡', '․', '‥', '…', '﹒':
		return true
	}
	return false
}

// glued tells whether s goes on with what could belong to a host.
func glued(s string) bool {
	if s == "" {
		return false
	}
	return nameByte(s[0]) || s[0] == '%' || s[0] == '@' || s[0] == '.' && len(s) > 1 && nameByte(s[1])
}

// dotted tells whether a host that goes on through s would end in another domain. What has no dot in it cannot exist as a name: its
// last label would hold the punctuation.
func dotted(s string) bool {
	s = s[:end(s, "\\?#:<>|]@^")]
	if i := strings.Index(strings.ToLower(s), "%2e"); i >= 0 && len(s) > i+3 {
		return true
	}
	for i, r := range s {
		if !dot(r) {
			continue
		}
		next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		if next == '%' || next < utf8.RuneSelf && nameByte(byte(next)) || next >= utf8.RuneSelf && next != utf8.RuneError && !unicode.IsPunct(next) {
			return true
		}
	}
	return false
}

// boundary looks at what stands directly behind a host, up to the end of the region: readers that take it for a part of the host, shells
// that take it out, and programs that put something in its place make it another host.
func (u *site) boundary(name, after string) error {
	if after == "" {
		return nil
	}
	open := name == "" || strings.HasSuffix(name, ".") || strings.HasSuffix(name, "-")
	next := after[1:]
	switch after[0] {
	case '/', '?', '#', '>', '|', ']':
		return nil
	case ':':
		return u.port(name, next)
	case '\\':
		return u.backslash(next)
	case '<':
		return unless(!open || !glued(next), errUnknown)
	case '$':
		return unless(!u.alone && name != "" && !dotted(after) && !glued(next) && !strings.HasPrefix(next, "{") && !strings.HasPrefix(next, "("), errUnknown)
	case '{':
		return errUnknown
	}
	if u.alone && (u.special || after[0] != ',' && after[0] != ';') {
		return errUnreadable // browsers take it for a part of the name
	}
	switch after[0] {
	case '*':
		return unless(!(open && !strings.HasPrefix(next, "*")) && !dotted(after), errUnknown)
	case '^':
		return unless(!glued(next), errUnreadable)
	case '[':
		return unless(name != "" && strings.TrimLeft(next, "0123456789") == "]" && !dotted(next), errUnreadable)
	case '"', '\'', '`':
		next = strings.TrimLeft(next, "\"'`")
		possessive := after[0] == '\'' && strings.HasPrefix(next, "s") && !glued(next[1:])
		return unless(possessive || !glued(next) && !dotted(next), errUnreadable)
	case '&':
		if entity(next) || u.nested && parameter(next) {
			return nil
		}
	case ';', ',':
		if !u.special {
			return nil // properties, or the next host
		}
	}
	if r, _ := utf8.DecodeRuneInString(after); r >= utf8.RuneSelf && !u.first && u.quote == 0 {
		return nil // a sentence of another script goes on
	}
	return unless(!dotted(after), errUnreadable)
}

func unless(fine bool, err error) error {
	if fine {
		return nil
	}
	return err
}

// port looks at what stands behind "host:".
func (u *site) port(name, s string) error {
	after := strings.TrimLeft(s, "0123456789")
	switch {
	case name == "" && u.special && s != "":
		return errUnreadable
	case after == "", strings.HasPrefix(after, ":") && s == after && len(after) == 1:
		return nil
	case after[0] == ':':
		return errUnreadable
	case len(after) == len(s): // no number: nobody connects there
		return unless(!dotted(s) || !u.first && u.quote == 0, errUnreadable)
	}
	return u.boundary("0", after)
}

// backslash looks at what stands behind one. To browsers it is a slash, a shell takes it out, a program may see "\n" in a string.
func (u *site) backslash(s string) error {
	if u.at > 0 && u.s[u.at-1] == '\\' {
		return nil // it is a slash here
	}
	if s != "" && strings.IndexByte("nrt", s[0]) >= 0 {
		if !glued(s[1:]) || s[1:] == "http:" || s[1:] == "https:" {
			return nil
		}
	}
	return unless(s == "" || s[0] == '@' || !glued(s), errUnreadable)
}

// ending looks at what stands behind the region.
func (u *site) ending(region, tail string) error {
	if tail == "" {
		return nil
	}
	name, after := nameRun(region)
	host := strings.TrimLeft(strings.TrimPrefix(after, ":"), "0123456789") == ""
	switch c := tail[0]; {
	case c == u.quote && c != 0 && (host || strings.HasSuffix(region, "@")):
		next := strings.TrimLeft(tail, "\"'`")
		if glued(next) {
			return errUnreadable
		}
		return concatenated(next)
	case c < ' ' && !broken(c) || c == 0x7f:
		word := tail[:end(tail[:min(len(tail), maxAuthority)], "/ \t\r\n\"'`")]
		return unless(!glued(tail[1:]) && !strings.Contains(word, "@"), errUnreadable)
	case broken(c) && strings.HasSuffix(region, `\`): // a line that a shell goes on with
		next := strings.TrimLeft(tail, "\r\n")
		return unless(c == '\t' || !glued(next), errUnreadable)
	case name == "" && c == ' ' && after != "":
		return concatenated(tail)
	}
	return nil
}

// concatenated tells whether a program adds something to the string that has ended. A path is no danger.
func concatenated(s string) error {
	s = strings.TrimLeft(s[:min(len(s), 64)], " \t")
	var rest string
	switch {
	case strings.HasPrefix(s, "+") && !strings.HasPrefix(s, "++"):
		rest = s[1:]
	case strings.HasPrefix(s, ". $"):
		rest = s[1:]
	default:
		return nil
	}
	rest = strings.TrimLeft(rest, " \t\r\n")
	if len(rest) > 1 && strings.IndexByte("\"'`", rest[0]) >= 0 && strings.IndexByte("/?#", rest[1]) >= 0 {
		return nil
	}
	return errUnknown
}

// entity tells whether "&" begins a mark-up character that ends a URL or stands for "&".
func entity(s string) bool {
	for _, e := range [...]string{"amp;", "quot;", "gt;", "lt;", "apos;", "nbsp;", "#39;", "#34;"} {
		if strings.HasPrefix(s, e) {
			return !glued(s[len(e):]) || e == "amp;" && parameter(s[len(e):])
		}
	}
	return false
}

// parameter tells whether s begins with name=.
func parameter(s string) bool {
	rest := strings.TrimLeftFunc(s, func(r rune) bool { return r < utf8.RuneSelf && nameByte(byte(r)) })
	return len(rest) < len(s) && strings.HasPrefix(rest, "=")
}
