package scan

import (
	"encoding/base64"
	"strings"
)

// maxAuthority is how far the password of a URL is looked for.
const maxAuthority = 512

// url looks at what is between "://" and the host. Signs that would have to be
// encoded count as part of the password when an @ follows: people forget.
func (s *scanner) url(at, end int) {
	t := s.text
	if at == 0 || !is(t[at-1], alnumClass) {
		return
	}
	stop := s.nextOf(lookAt, end)
	if stop < 0 || stop-end > maxAuthority {
		return
	}
	colon := -1
	for i := end; i < stop; i++ {
		switch c := t[i]; {
		case c <= ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == '\'' || c == '\\' || c == 0x7f:
			return
		case c == ':' && strings.HasPrefix(t[i:], "://"):
			return // the next URL
		case c == ':' && colon < 0:
			colon = i
		case (c == '/' || c == '?' || c == '#') && (colon < 0 || port(t[colon+1:i])):
			return
		case c == 0xe2 && strings.HasPrefix(t[i:], "‹"):
			return
		}
	}
	if colon < 0 || stop == colon+1 {
		return
	}
	// The last @ before the path is the one that counts.
	for i := stop + 1; i < len(t) && i-stop < maxAuthority; i++ {
		if c := t[i]; c == '@' {
			stop = i
		} else if !is(c, wordClass) && c != '.' && c != '%' && c != '!' && c != '$' && c != '*' {
			break
		}
	}
	if v := t[colon+1 : stop]; !placeholder(v) && !sampleWord(v) && t[stop+1:] != "" {
		s.likely("url-password", colon+1, stop)
	}
}

// port tells the digits of a port, and nothing at all.
func port(v string) bool {
	for i := range len(v) {
		if !is(v[i], digitClass) {
			return false
		}
	}
	return len(v) <= 5
}

// sampleWord tells words that manuals put where a password would be.
func sampleWord(v string) bool {
	for _, w := range [...]string{"pass", "password", "passwd", "pwd", "pw", "secret", "token", "userpass", "mypass",
		"my-password", "db_password", "p", "key", "x", "api_key", "apikey"} {
		if len(v) == len(w) && foldAt(v, 0, w) {
			return true
		}
	}
	return false
}

// bearer looks at what follows the word, of any scheme.
func (s *scanner) bearer(at, end int) {
	if at > 0 && is(s.text[at-1], alnumClass) && !s.begins(at) {
		return
	}
	from := blanks(s.text, end)
	if from == end {
		return
	}
	to := untilWord(s.text, from, s.run(from, headerClass))
	if n := to - from; n < 16 || n > maxToken || placeholder(s.text[from:to]) || !stats(s.text[from:to]).random() {
		return
	}
	s.likely("bearer", from, to)
}

// header looks at the value of an Authorization header: the last word of it, behind
// the name of a scheme or not.
func (s *scanner) header(end int) {
	t := s.text
	i := end
	for n := 0; i < len(t) && n < 4 && (t[i] == '"' || t[i] == '\'' || t[i] == '\\' || t[i] == ']'); n++ {
		i++
	}
	i = blanks(t, i)
	if i == len(t) || t[i] != ':' && t[i] != '=' && t[i] != ',' {
		return
	}
	i = blanks(t, i+1)
	for n := 0; i < len(t) && n < 4 && (t[i] == '"' || t[i] == '\'' || t[i] == '\\' || t[i] == '`'); n++ {
		i++
	}
	from := i
	to := untilWord(t, from, s.run(from, headerClass))
	basic := foldAt(t, from, "basic") && to-from == 5
	if to-from < 16 && to-from > 0 {
		if next := blanks(t, to); next > to {
			from = next
			to = untilWord(t, from, s.run(from, headerClass))
		}
	}
	n := to - from
	if n < 6 || n > maxToken || placeholder(t[from:to]) {
		return
	}
	if basic && userAndPassword(t[from:to]) || n >= 10 && stats(t[from:to]).mixed() {
		s.likely("bearer", from, to)
	}
}

// userAndPassword tells the base64 of "user:password".
func userAndPassword(v string) bool {
	v = strings.TrimRight(v, "=")
	if len(v) < 6 || len(v) > 1024 || len(v)%4 == 1 {
		return false
	}
	for i := range len(v) { // an error of the decoder would be an allocation
		if !is(v[i], base64Class) || v[i] == '=' {
			return false
		}
	}
	var raw [1024]byte
	n, err := base64.RawStdEncoding.Decode(raw[:], []byte(v))
	if err != nil {
		return false
	}
	colon := -1
	for i, c := range raw[:n] {
		if c < ' ' || c == 0x7f {
			return false
		}
		if c == ':' && colon < 0 {
			colon = i
		}
	}
	return colon >= 0 && colon+3 < n
}

// blanks skips up to 32: people align values.
func blanks(t string, i int) int {
	for n := 0; i < len(t) && n < 32 && (t[i] == ' ' || t[i] == '\t'); n++ {
		i++
	}
	return i
}

// pgpass looks at a line host:port:database:user:password.
func (s *scanner) pgpass(at, end int) {
	t := s.text
	from := at
	for from > 0 && at-from < 128 && (is(t[from-1], dottedClass) || t[from-1] == '*' || t[from-1] == '/') {
		from--
	}
	if from == at || from > 0 && t[from-1] != '\n' && !(t[from-1] == 'n' && s.begins(from)) {
		return
	}
	i := end
	if t[end-2] == '*' && t[end-3] == ':' && i < len(t) && is(t[i], digitClass) {
		return
	}
	for range 2 { // database and user
		start := i
		for i < len(t) && i-start < 64 && (is(t[i], dottedClass) || t[i] == '*') {
			i++
		}
		if i == start || i == len(t) || t[i] != ':' {
			return
		}
		i++
	}
	to := s.run(i, lineClass)
	if v := t[i:to]; to-i >= 3 && to-i <= 256 && !placeholder(v) && !sampleWord(v) {
		s.likely("pgpass", i, to)
	}
}
