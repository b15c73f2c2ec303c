package scan

import "strings"

// takeValue finds where a value that begins at i ends.
func (s *scanner) takeValue(a *target, i int) bool {
	t := s.text
	if i >= len(t) {
		return false
	}
	slashes := 0
	for i+slashes < len(t) && slashes < 8 && t[i+slashes] == '\\' {
		slashes++
	}
	if q := i + slashes; q < len(t) && (t[q] == '"' || t[q] == '\'' || t[q] == '`') {
		if i == a.name.to+1 && a.name.from > 0 && t[a.name.from-1] == t[q] {
			return false // "NAME=" + value: the quote closes
		}
		a.quoted = true
		for n := 0; n < 2 && q+2 < len(t) && t[q+1] == t[q] && t[q+2] == t[q]; n++ {
			q += 2 // three of them
		}
		a.value = span{q + 1, quotedEnd(t, q+1, slashes)}
		return a.value.to > a.value.from
	}
	if slashes > 0 {
		return false
	}
	c := valueClass
	if t[i-1] == '=' && s.startsLine(a.name.from) {
		c, a.line = lineClass, true
	}
	end := s.run(i, c)
	if end-i > maxToken {
		return false
	}
	if s.cut.from > i || s.cut.to < i || s.cut.to > end { // the last one holds for a later part of its run
		s.cut = span{i, i + unescaped(t[i:end])}
	}
	a.value = span{i, s.cut.to}
	return a.value.to > a.value.from
}

// quotedEnd gives where a quoted text ends: at its closing quote, which has as many
// backslashes before it as the opening one, at a line break, or after 4 KiB: then
// there is none, and it gives from.
func quotedEnd(t string, from, slashes int) int {
	quote, count := t[from-1], 0
	for i := from; i < len(t) && i-from < maxToken; i++ {
		switch c := t[i]; {
		case c == '\\':
			count++
			continue
		case c == quote && (count == slashes || count < slashes || slashes == 0 && count%2 == 0):
			if slashes == 0 {
				return i
			}
			return i - count
		case c == '\n':
			return i
		case c == 0xe2 && strings.HasPrefix(t[i:], "‹"):
			return i
		}
		count = 0
	}
	if len(t)-from < maxToken {
		return len(t)
	}
	return from
}

// unescaped is how much of an unquoted value stands before an escaped line break or
// quote, or a mark that something was taken out.
func unescaped(v string) int {
	for i := range len(v) {
		switch {
		case v[i] == '\\' && i+1 < len(v) && strings.IndexByte("nrtu\"'\\", v[i+1]) >= 0:
			return i
		case v[i] == 0xe2 && strings.HasPrefix(v[i:], "‹"):
			return i
		}
	}
	return len(v)
}

// startsLine tells whether a name begins a line, behind "export " or not.
func (s *scanner) startsLine(at int) bool {
	t := s.text
	for _, word := range [...]string{"export ", "set ", "ENV ", "setx "} {
		if strings.HasSuffix(t[:at], word) {
			at -= len(word)
		}
	}
	return at == 0 || t[at-1] == '\n' || at >= 2 && t[at-1] == 'n' && t[at-2] == '\\'
}

// plausible tells whether a value can be a secret under its name.
func (s *scanner) plausible(a *target) bool {
	v := s.text[a.value.from:a.value.to]
	bare := !a.quoted && !a.line
	if len(v) < 4 || bare && codeLike(v) || a.doubtful && strings.ContainsAny(v[:min(len(v), judged)], "[{(\\") {
		return false
	}
	if !a.quoted && strings.ContainsAny(v[:min(len(v), judged)], "({[") && !a.line {
		return false
	}
	f := stats(v)
	if bare && a.word != wordAuth && f.mixed() && f.changes*100 < 45*f.pairs && f.number < 4 {
		return false // an identifier with a number in it
	}
	var ok bool
	switch {
	case a.doubtful:
		ok = f.length >= 8 && f.mixed() && (f.length >= 12 || a.word == wordPassword)
	case a.word == wordPassword:
		ok = password(a, v, f, s.text[a.name.from:a.name.to])
	default:
		ok = f.length >= 10 && f.distinct >= 6 && f.mixed() || a.line && f.length >= 12 && f.distinct >= 6 && f.digits > 1 && f.letters > 1 && f.signs == 0 && f.changes >= 2
		ok = ok || a.word == wordAuth && userAndPassword(v)
	}
	return ok && !placeholder(v) && !sampleWord(v)
}

// password tells whether a value can be a password: anything that is not a word of a
// language or program.
func password(a *target, v string, f figures, name string) bool {
	if f.blanks > 0 {
		words := f.blanks + 1
		return a.quoted && words >= 4 && words <= 24 && f.upper == 0 && f.signs == 0 && len(v) < 256 &&
			(containsFold(name, "phrase") || containsFold(name, "mnemonic"))
	}
	bare := !a.quoted && !a.line
	switch {
	case f.length > 256 || f.distinct < 3 && f.digits < f.length:
		return false
	case f.letters == 0:
		return f.digits >= 4 && !bare || f.digits >= 4 && f.signs > 0
	case f.digits == 0 && f.signs == 0 && f.wide == 0:
		return f.mixed() || a.line && f.length >= 6 && strings.IndexByte(v, '.') < 0 && upperName(name)
	case bare && strings.IndexByte(v, '.') >= 0 && !f.mixed():
		return false
	case f.digits == 0:
		return f.mixed() || f.length >= 6 && f.signs > 0 && !bare && v[len(v)-1] != '=' && v[len(v)-1] != ':'
	}
	return f.length >= 6
}

// upperName tells names as environments have them.
func upperName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c >= 'a' && c <= 'z' {
			return false
		}
	}
	return true
}

// codeLike tells numbers and variables: only where no quotes say that it is a text.
func codeLike(v string) bool {
	digits := strings.TrimPrefix(v, "-")
	return len(v) < 20 && strings.HasPrefix(digits, "0x") || foldAt(v, 0, "password") || foldAt(v, 0, "secret")
}

// version tells ^1.2.3 and the like: packages are called password and token too.
func version(v string) bool {
	v = strings.TrimLeft(v, "^~>=<v ")
	digits, dots := 0, 0
	for i := range len(v) {
		switch {
		case is(v[i], digitClass):
			digits++
		case v[i] == '.' && i > 0:
			dots++
		case v[i] == '-' && dots >= 2 && i > 0:
			return len(v) < 32
		default:
			return false
		}
	}
	return dots > 0 && digits > 1
}

// reference tells values that say where a secret is: paths, addresses, stores.
func reference(v string) bool {
	v = v[:min(len(v), judged)]
	for _, p := range [...]string{"http://", "https://", "keyring:", "env:", "file:", "exec:", "op://", "vault:", "arn:", "projects/",
		"ref+", "secret://", "./", "../", "~/", "data:", "urn:", "process.env", "os.environ", "sha256-", "sha384-", "sha512-", "sha256:"} {
		if strings.HasPrefix(v, p) {
			return true
		}
	}
	if escapes := strings.Count(v, `\x`) + strings.Count(v, `\u`); escapes > 1 && escapes*8 >= len(v) {
		return true // a table of something
	}
	if version(v) {
		return true
	}
	return v[0] == '/' && strings.Count(v, "/") >= 2 && !stats(v).random() || len(v) > 2 && v[1] == ':' && v[2] == '\\'
}
