package scan

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// separator stands for all that parts the words of a name.
const separator = '_'

// Skeleton returns the UTS #39 skeleton of name, without regard to case and default-
// ignorable characters: two names with equal skeletons look alike. It is for
// comparison only, and may be called concurrently; its time is linear in the name.
//
// It goes beyond UTS #39 where names of tools need it. Hyphen, underscore, dot, blank
// and what looks like one of them are one character, since clients rewrite them. Case
// is folded after the look is taken, so that I, l, 1 and | are alike as well as I and
// i: all of them are one. Letters other than Latin whose cases look like different
// letters (Ν like N, ν like v) go by their look. Invalid UTF-8 becomes U+FFFD.
func Skeleton(name string) string {
	i := 0
	for i < len(name) && settledASCII(name[i]) {
		i++
	}
	if i == len(name) {
		return name
	}
	ascii := true
	for j := i; j < len(name) && ascii; j++ {
		ascii = name[j] < utf8.RuneSelf
	}
	b := make([]byte, 0, 2*len(name))
	if ascii {
		for ; len(name) > 0; name = name[1:] {
			b = appendLook(b, rune(name[0]))
		}
		return string(b)
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case ignorable(r):
			return -1
		case r == 'ſ':
			return 's' // looks like f, but clients that fold case make it an s
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xff01 + '!' // full width; the table leaves most of them to other forms
		}
		return r
	}, name)
	for _, r := range norm.NFD.String(name) {
		if r == 'ſ' { // of a decomposed one
			r = 's'
		}
		b = appendLook(b, r)
	}
	return norm.NFD.String(string(b))
}

// settledASCII reports whether a byte is its own skeleton.
func settledASCII(c byte) bool {
	return c >= 'a' && c <= 'z' && c != 'i' && c != 'm' || c >= '2' && c <= '9' || c == separator
}

// appendLook appends the prototype of a character, folded.
func appendLook(b []byte, r rune) []byte {
	if r < utf8.RuneSelf && settledASCII(byte(r)) {
		return append(b, byte(r))
	}
	if parts(r) {
		return append(b, separator)
	}
	p, ok := prototype(r)
	if !ok {
		return appendFolded(b, r)
	}
	for _, r := range p {
		// A few prototypes hold characters that have one themselves; none of those do.
		if again, ok := prototype(r); ok {
			for _, r := range again {
				b = appendPrototype(b, r)
			}
			continue
		}
		b = appendPrototype(b, r)
	}
	return b
}

func appendPrototype(b []byte, r rune) []byte {
	if parts(r) {
		return append(b, separator)
	}
	return appendFolded(b, r)
}

// appendFolded appends a character that is its own prototype, without its case.
func appendFolded(b []byte, r rune) []byte {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f < least {
			// One that has a prototype or decomposes would not come out of a second pass.
			if _, ok := prototype(f); f < utf8.RuneSelf || !ok && norm.NFD.IsNormalString(string(f)) {
				least = f
			}
		}
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	switch least {
	case 'm':
		return append(b, "rn"...)
	case 'i':
		return append(b, 'l')
	}
	return utf8.AppendRune(b, least)
}

// parts reports whether a character parts words, as a hyphen does.
func parts(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '-' || r == '_' || r == '.' || r == ' '
	}
	return unicode.In(r, unicode.Pd, unicode.Pc, unicode.Zs)
}

// ignorable is the property Default_Ignorable_Code_Point as Unicode derives it.
func ignorable(r rune) bool {
	if r < 0xad {
		return false
	}
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return true
	}
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) &&
		!(r >= 0xfff9 && r <= 0xfffb) && !(r >= 0x13430 && r <= 0x1345f)
}

// prototype looks a character up among the confusables.
func prototype(r rune) (string, bool) {
	lo, hi := 0, len(confusables)
	for lo < hi {
		mid := lo + (hi-lo)/2
		start := lo + strings.LastIndexByte(confusables[lo:mid], '\n') + 1
		end := start + strings.IndexByte(confusables[start:], '\n')
		key, n := utf8.DecodeRuneInString(confusables[start:])
		switch {
		case key == r:
			return confusables[start+n : end], true
		case key < r:
			lo = end + 1
		default:
			hi = start
		}
	}
	return "", false
}

// maxScripts is more than any writing system has, Latin included.
const maxScripts = 5

// MixedScripts says which scripts a name mixes that no single-script reader would
// expect ("Latin, Cyrillic"), in the order of their first letters; "" if none. What
// it accepts is what UTS #39 calls highly restrictive: one script, or Latin with the
// scripts of Chinese, Japanese or Korean. Rare scripts count as one, "another script".
// May be called concurrently.
func MixedScripts(name string) string {
	var buf [maxScripts]string
	found := buf[:0]
	for _, r := range name {
		if s := script(r, found); s != "" {
			if found = append(found, s); len(found) == maxScripts {
				break
			}
		}
	}
	if len(found) < 2 || within(found, "Latin Han Hiragana Katakana") ||
		within(found, "Latin Han Bopomofo") || within(found, "Latin Han Hangul") {
		return ""
	}
	return strings.Join(found, ", ")
}

// within reports whether all of found are words of allowed.
func within(found []string, allowed string) bool {
	for _, s := range found {
		if !strings.Contains(allowed, s) {
			return false
		}
	}
	return true
}

// script gives the script of r, "" where it has none of its own or one that is found.
func script(r rune, found []string) string {
	if r < utf8.RuneSelf {
		if isLetter(byte(r)) && !has(found, "Latin") {
			return "Latin"
		}
		return ""
	}
	if !unicode.In(r, unicode.L, unicode.M, unicode.N) || unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	name := "another script"
	for _, s := range scripts() {
		if unicode.Is(s.table, r) {
			name = s.name
			break
		}
	}
	if has(found, name) {
		return ""
	}
	return name
}

func has(found []string, name string) bool {
	for _, s := range found {
		if s == name {
			return true
		}
	}
	return false
}

type namedScript struct {
	name  string
	table *unicode.RangeTable
}

// scripts are those in wide use, and others with letters that look Latin. A function,
// since a variable would be filled at every start.
func scripts() [37]namedScript {
	return [...]namedScript{
		{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek},
		{"Han", unicode.Han}, {"Hangul", unicode.Hangul}, {"Hiragana", unicode.Hiragana},
		{"Katakana", unicode.Katakana}, {"Arabic", unicode.Arabic}, {"Hebrew", unicode.Hebrew},
		{"Devanagari", unicode.Devanagari}, {"Thai", unicode.Thai}, {"Armenian", unicode.Armenian},
		{"Cherokee", unicode.Cherokee}, {"Georgian", unicode.Georgian}, {"Bengali", unicode.Bengali},
		{"Bopomofo", unicode.Bopomofo}, {"Ethiopic", unicode.Ethiopic}, {"Gujarati", unicode.Gujarati},
		{"Gurmukhi", unicode.Gurmukhi}, {"Kannada", unicode.Kannada}, {"Khmer", unicode.Khmer},
		{"Lao", unicode.Lao}, {"Malayalam", unicode.Malayalam}, {"Myanmar", unicode.Myanmar},
		{"Oriya", unicode.Oriya}, {"Sinhala", unicode.Sinhala}, {"Tamil", unicode.Tamil},
		{"Telugu", unicode.Telugu}, {"Thaana", unicode.Thaana}, {"Tibetan", unicode.Tibetan},
		{"Coptic", unicode.Coptic}, {"Lisu", unicode.Lisu}, {"Glagolitic", unicode.Glagolitic},
		{"Deseret", unicode.Deseret}, {"Tifinagh", unicode.Tifinagh}, {"Canadian Aboriginal", unicode.Canadian_Aboriginal},
		{"Runic", unicode.Runic},
	}
}
