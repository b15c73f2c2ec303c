package scan

import "strings"

// maxName is how much of a name before and behind a word is looked at.
const maxName = 48

// target is a value that a name was found for.
type target struct {
	name     span // the name, with the word in it
	word     int  // wordPassword, …
	value    span
	quoted   bool
	line     bool // NAME=value at the beginning of a line
	doubtful bool // the name or the way it is set leaves doubt
}

// assignment looks at a word that names secrets: whether it stands in a name, the
// name is given a value, and the value can be one.
func (s *scanner) assignment(at, end, word int) {
	t := s.text
	if word == wordKey && !keyOfSort(t, at) {
		return
	}
	nameEnd := end
	for nameEnd < len(t) && nameEnd-end < maxName && (is(t[nameEnd], alnumClass) || t[nameEnd] == '_' || t[nameEnd] == '-') {
		nameEnd++
	}
	rest := t[end:nameEnd]
	doubtful, ok := restOfName(rest, word)
	if !ok {
		return
	}
	a := target{name: span{at, nameEnd}, word: word, doubtful: doubtful}
	i, ok := s.separator(&a, nameEnd)
	if !ok {
		return
	}
	for a.name.from > 0 && at-a.name.from < maxName && (is(t[a.name.from-1], wordClass) || t[a.name.from-1] == '.') {
		a.name.from--
	}
	if !s.takeValue(&a, i) {
		return
	}
	if a.doubtful && t[a.value.from] == '/' || reference(t[a.value.from:a.value.to]) {
		return
	}
	if s.plausible(&a) {
		s.likely(s.kindOf(&a), a.value.from, a.value.to)
	}
}

// sorts are the words before "key" that make it a secret.
var sorts = [...]string{"api", "access", "private", "secret", "client", "signing", "sign", "encryption", "encrypt", "crypt",
	"shared", "sharedaccess", "master", "auth", "account", "admin", "service", "session", "license", "app", "application",
	"hmac", "jwt", "ssh", "subscription", "webhook", "root", "storage", "deploy", "recovery", "x-api", "server", "aes"}

func keyOfSort(t string, at int) bool {
	if at > 0 && (t[at-1] == '_' || t[at-1] == '-' || t[at-1] == ' ' || t[at-1] == '.') {
		at--
	}
	if at == 0 || !isLetter(t[at-1]) {
		return false
	}
	for _, w := range sorts {
		if foldAt(t, at-len(w), w) {
			return true
		}
	}
	return false
}

// restOfName tells what the end of a name says: nothing in doubt, or that the value
// is about the secret rather than the secret.
func restOfName(rest string, word int) (doubtful, ok bool) {
	if word == wordAuth {
		return false, rest == ""
	}
	if rest == "" || rest == "s" || rest == "S" {
		return false, true
	}
	start := 0
	for start < len(rest) && !isLetter(rest[start]) {
		start++
	}
	last := rest[start:]
	for i := len(last) - 1; i > 0; i-- {
		if last[i-1] == '_' || last[i-1] == '-' || last[i] >= 'A' && last[i] <= 'Z' && last[i-1] >= 'a' {
			last = last[i:]
			break
		}
	}
	for _, w := range [...]string{"id", "ids", "name", "names", "type", "file", "path", "url", "uri", "count", "hash", "sha", "digest",
		"fingerprint", "ref", "arn", "version", "length", "size", "limit", "ttl", "expires", "expiry", "expiration", "at",
		"prefix", "endpoint", "field", "label", "hint", "policy", "enabled", "required", "address", "algorithm", "provider",
		"manager", "class", "kind", "format", "pattern", "regex", "header", "param", "izer", "ize", "ized", "less"} {
		if len(last) == len(w) && foldAt(last, 0, w) {
			return true, false
		}
	}
	for _, w := range [...]string{"", "value", "key", "base", "text", "string", "code", "prod", "production", "dev", "test", "live",
		"staging", "old", "new", "secret", "token", "password", "default", "primary", "secondary", "backup"} {
		if len(last) == len(w) && foldAt(last, 0, w) {
			return false, true
		}
	}
	return true, true
}

// separator goes over what is between a name and its value: closing quotes and
// brackets, an equals sign, colon or arrow.
func (s *scanner) separator(a *target, i int) (int, bool) {
	t := s.text
	closed := false
	for n := 0; i < len(t) && n < 5 && (t[i] == '"' || t[i] == '\'' || t[i] == '`' || t[i] == ']' || t[i] == ')' || t[i] == '\\' && i+1 < len(t) && (t[i+1] == '"' || t[i+1] == '\\' || t[i+1] == '\'')); n++ {
		closed = true
		i++
	}
	gap := i
	i = blanks(t, i)
	if i == len(t) {
		return 0, false
	}
	switch c := t[i]; {
	case c == '%' && (foldAt(t, i, "%3d") || foldAt(t, i, "%3a")):
		return i + 3, true
	case c == '=' || c == ':':
		if strings.HasPrefix(t[i:], "://") || strings.HasPrefix(t[i:], "::") {
			return 0, false
		}
		i++
		for n := 0; i < len(t) && n < 2 && (t[i] == '=' || t[i] == '>' || t[i] == '*'); n++ {
			i++
		}
		if c == ':' {
			i = typedOrBlock(t, i)
		}
	case c == '>' && a.name.from > 0 && i == gap && !closed && tagged(t, a.name.from):
		a.line = true // as certain as a line of its own
		i++
	case closed && (c == ',' || foldAt(t, i, "value")):
		i, a.doubtful = valueField(t, i), true
		if i < len(t) && t[i] == ',' {
			i++
		}
	case c == '|' && i > gap:
		i, a.doubtful = i+1, true
	case c == '\n' && !closed || c == '\\' && strings.HasPrefix(t[i:], `\n`):
		next := valueField(t, i)
		if next == i {
			return 0, false
		}
		i = next
	case i > gap && !closed && optionOrNetrc(t, a.name.from, gap):
		a.line = true
		return i, true
	case i > gap && !closed && strings.HasPrefix(t[i:], "is "):
		a.doubtful = true
		i += 3
	case i > gap && !closed && strings.HasPrefix(t[i:], "is: "):
		a.doubtful = true
		i += 4
	default:
		return 0, false
	}
	return blanks(t, i), true
}

// tagged tells <name>, the name being up to the word only.
func tagged(t string, at int) bool {
	for n := 0; at > 0 && n < maxName && (is(t[at-1], wordClass) || t[at-1] == ':'); n++ {
		at--
	}
	return at > 0 && t[at-1] == '<'
}

// optionOrNetrc tells --password and the password of a netrc line.
func optionOrNetrc(t string, at, gap int) bool {
	from := at
	for n := 0; from > 0 && n < maxName && is(t[from-1], wordClass); n++ {
		from--
	}
	if strings.HasPrefix(t[from:], "--") {
		return true
	}
	for _, word := range [...]string{"ENV ", "setx ", "set -x ", "set -gx ", "set -Ux "} {
		if strings.HasSuffix(t[:from], word) {
			return true
		}
	}
	return from == at && gap-at == len("password") && netrc(t, at)
}

func netrc(t string, at int) bool {
	before := t[max(0, at-160):at]
	login := strings.LastIndex(before, "login ")
	return login >= 0 && !strings.ContainsAny(before[login:], ".,;:=(\"'") &&
		strings.Count(strings.TrimSpace(before[login:]), " ") == 1
}

// valueField goes to the value of {"name": "X", "value": "…"} and its YAML form.
func valueField(t string, i int) int {
	start := i
	for n := 0; i < len(t) && n < 24; n++ {
		switch {
		case t[i] == ' ' || t[i] == '\n' || t[i] == '\r' || t[i] == '\t' || t[i] == '"' || t[i] == '\'' || t[i] == ',':
			i++
		case t[i] == '\\' && i+1 < len(t) && (t[i+1] == 'n' || t[i+1] == '"'):
			i += 2
		default:
			n = 24
		}
	}
	if !foldAt(t, i, "value") {
		return start
	}
	i += len("value")
	for n := 0; i < len(t) && n < 3 && (t[i] == '"' || t[i] == '\'' || t[i] == '\\'); n++ {
		i++
	}
	if i = blanks(t, i); i < len(t) && (t[i] == ':' || t[i] == '=') {
		return i + 1
	}
	return start
}

// typedOrBlock goes over the type of a declaration and the sign of a YAML block.
func typedOrBlock(t string, i int) int {
	j := blanks(t, i)
	if foldAt(t, j, "string") {
		if k := blanks(t, j+len("string")); k < len(t) && t[k] == '=' {
			return k + 1
		}
		return i
	}
	if j == len(t) || t[j] != '|' && t[j] != '>' {
		return i
	}
	for j++; j < len(t) && (t[j] == '-' || t[j] == '+'); {
		j++
	}
	if j < len(t) && t[j] == '\n' {
		return j + 1
	}
	return i
}

// kindOf says more about a value that its name or shape gives away.
func (s *scanner) kindOf(a *target) string {
	name, v := s.text[a.name.from:a.name.to], s.text[a.value.from:a.value.to]
	switch {
	case len(v) == 40 && (containsFold(name, "aws") || containsFold(name, "secretaccess") || containsFold(name, "secret_access")):
		return "aws-key"
	case containsFold(name, "heroku"):
		return "heroku-key"
	case containsFold(name, "mailgun"):
		return "mailgun-key"
	case discord(v):
		return "discord-token"
	case len(v) == 82 && strings.HasPrefix(v, "pat") && v[17] == '.':
		return "airtable-token"
	case a.word == wordPassword && name == "password" && netrc(s.text, a.name.from):
		return "netrc"
	}
	return "assignment"
}

// discord tells tokens of bots: the number of the bot in base64, a time, a signature.
func discord(v string) bool {
	first, rest, _ := strings.Cut(v, ".")
	second, third, ok := strings.Cut(rest, ".")
	return ok && (v[0] == 'M' || v[0] == 'N' || v[0] == 'O') && len(first) >= 24 && len(first) <= 28 &&
		len(second) == 6 && len(third) >= 27 && len(third) <= 38
}
