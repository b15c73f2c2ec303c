package scan

import (
	"strings"
	"unicode/utf8"
)

// Personal finds data of people in a text, in order and without overlap; see Kinds.
// What has check digits is checked. Numbers without any are found only where their
// form leaves little doubt, so phone numbers as people write them at home are not.
// Names, addresses and dates are not found. It works in time linear in the length of
// the text and allocates nothing where it finds nothing. It may be called concurrently.
func Personal(text string) []Match {
	return settled(text, personal)
}

func personal(text string) []Match {
	p := people{text: text}
	p.scan()
	return p.found
}

// people goes through one text. Nothing begins before skip.
type people struct {
	text  string
	skip  int
	found []Match
}

// stops are the bytes that something begins at, or has in it: digits, + ( and @.
var stops = func() (t [256]bool) {
	for _, b := range []byte("0123456789+(@") {
		t[b] = true
	}
	return t
}()

func (p *people) scan() {
	t := p.text
	for i := 0; i < len(t); i++ {
		if !stops[t[i]] {
			continue
		}
		switch {
		case t[i] == '@':
			p.email(i)
		case t[i] == '+' || t[i] == '(':
			p.phone(i)
		case i > 0 && is(t[i-1], digitClass):
			continue
		default:
			p.number(i)
		}
		if p.skip > i {
			i = p.skip - 1
		}
	}
}

func (p *people) add(kind string, start, end int) bool {
	if start < p.skip {
		return false
	}
	p.found = append(p.found, Match{kind, start, end})
	p.skip = end
	return true
}

const (
	maxLocal  = 64
	maxDomain = 253
)

// email looks at an @.
func (p *people) email(at int) {
	t := p.text
	from := at
	for from > p.skip && at-from < maxLocal+utf8.UTFMax {
		if c := t[from-1]; c < utf8.RuneSelf {
			if !is(c, dottedClass) && c != '+' && c != '%' {
				break
			}
			from--
			continue
		}
		r, n := utf8.DecodeLastRuneInString(t[p.skip:from])
		if r < 0xc0 || r > 0x24f {
			break
		}
		from -= n
	}
	for from < at && (t[from] == '.' || t[from] == '-' || t[from] == '%' || t[from] == '+') {
		from++
	}
	if from == at || at-from > maxLocal || t[at-1] == '.' {
		return
	}
	if from > 0 && t[from-1] == '\\' && at-from > 1 && (t[from] == 'n' || t[from] == 't' || t[from] == 'r') {
		from++ // an escaped line break
	}
	end := domainEnd(t, at+1)
	if end < 0 || userOfHost(t, from, end) {
		return
	}
	p.add("email", from, end)
}

// domainEnd gives where a domain with a name at its top ends, or -1.
func domainEnd(t string, from int) int {
	dot, i := -1, from
	for i < len(t) && i-from < maxDomain {
		if c := t[i]; c == '.' {
			if i == from || t[i-1] == '.' || i+1 == len(t) || !is(t[i+1], alnumClass) {
				break
			}
			dot = i
		} else if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(t[i:])
			if r < 0xc0 || r > 0x24f {
				break
			}
			i += n - 1
		} else if !is(c, alnumClass) && c != '-' {
			break
		}
		i++
	}
	if dot < 0 || i-dot-1 < 2 || i-dot-1 > 24 {
		return -1
	}
	top := t[dot+1 : i]
	for j := range len(top) {
		if !isLetter(top[j]) {
			return -1
		}
	}
	for _, file := range [...]string{"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "css", "json", "go", "py", "rs", "tgz", "zip", "yaml", "yml", "mjs", "html", "service", "internal", "local"} {
		if len(top) == len(file) && foldAt(top, 0, file) {
			return -1
		}
	}
	return i
}

// userOfHost tells git@host:path, ssh://user@host and user:password@host.
func userOfHost(t string, from, end int) bool {
	if strings.HasPrefix(t[from:], "git@") {
		return true
	}
	before := t[max(0, from-96):from]
	if slashes := strings.LastIndex(before, "://"); slashes >= 0 && !strings.ContainsAny(before[slashes:], " \t\n\"'<>?,;") {
		return true
	}
	return false
}

// number looks at digits that something may begin with.
func (p *people) number(i int) {
	if p.iban(i) || p.fiscal(i) || !p.alone(i) {
		return
	}
	if p.card(i) || p.social(i) || p.cpf(i) {
		return
	}
	p.american(i, i)
}

// alone tells whether nothing before i makes a number a part of something else.
func (p *people) alone(i int) bool {
	if i == 0 {
		return true
	}
	t := p.text
	if is(t[i-1], alnumClass) {
		return i >= 2 && t[i-2] == '\\' && (t[i-1] == 'n' || t[i-1] == 't')
	}
	switch t[i-1] {
	case '.', '-', '_', '+', '/', '#', '@', '$', '%', '&', '\\':
		return false
	}
	return true
}

// ends tells whether a number may end before i.
func (p *people) ends(i int) bool {
	t := p.text
	if i >= len(t) {
		return true
	}
	switch c := t[i]; {
	case is(c, alnumClass), c == '_', c == '%':
		return false
	case c == '-' || c == '.' || c == '/' || c == ':' || c == ',':
		return i+1 >= len(t) || !is(t[i+1], alnumClass)
	}
	return true
}

// group tells whether n digits stand at i, and no more.
func (p *people) group(i, n int) bool {
	if len(p.text)-i < n {
		return false
	}
	for _, c := range []byte(p.text[i : i+n]) {
		if !is(c, digitClass) {
			return false
		}
	}
	return i+n == len(p.text) || !is(p.text[i+n], digitClass)
}

// digits reads up to len(out) digits with single blanks or dashes between groups, all
// alike, and gives their number, where they end and the sizes of the first groups.
func (p *people) digits(i int, out []byte) (n, end int, groups [6]int) {
	t, sep, g := p.text, byte(0), 0
	for ; i < len(t) && n < len(out); i++ {
		c := t[i]
		if is(c, digitClass) {
			out[n] = c - '0'
			n++
			groups[g]++
			end = i + 1
			continue
		}
		if c != ' ' && c != '-' || sep != 0 && c != sep || i+1 >= len(t) || !is(t[i+1], digitClass) || g == len(groups)-1 {
			break
		}
		sep = c
		g++
	}
	return n, end, groups
}
