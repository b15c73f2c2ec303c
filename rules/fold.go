package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldPath gives the form in which paths are compared: letters without case, as
// macOS and Windows compare them; no trailing dots and spaces of a component, which
// Windows drops; no code points that file systems ignore. Two paths that some
// system takes for one fold alike; on others a rule then matches once too often.
func foldPath(p string) string {
	plain := true
	for i := 0; i < len(p); i++ {
		c := p[i]
		if c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' ||
			(c == '.' || c == ' ') && (i+1 == len(p) || p[i+1] == '/') {
			plain = false
			break
		}
	}
	if plain {
		return p
	}
	var b strings.Builder
	for i, comp := range strings.Split(p, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(foldName(comp))
	}
	return b.String()
}

// foldName folds one component.
func foldName(s string) string {
	s = strings.Map(foldRune, s)
	if t := strings.TrimRight(s, ". "); t != "" {
		return t
	}
	return s
}

func foldRune(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return r
	case ignored(r):
		return -1
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if 'A' <= least && least <= 'Z' {
		return least + 'a' - 'A'
	}
	return least
}

// ignored tells code points that HFS+ leaves out when it compares names.
func ignored(r rune) bool {
	return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e ||
		r >= 0x206a && r <= 0x206f || r == 0xfeff
}
