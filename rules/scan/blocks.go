package scan

import (
	"bytes"
	"encoding/base64"
	"strings"
)

const (
	maxBlock  = 64 << 10 // a private key with its armour, a JSON web token
	maxHeader = 2048     // the first part of a JSON web token
)

// pem takes a private key from its BEGIN to the end of its END line, or as far as a
// body goes. A mention of the armour without a body is none.
func (s *scanner) pem(at, end int) {
	t := s.text
	label := end
	for label < len(t) && label-end < 48 && (isLetter(t[label]) || t[label] == ' ' || is(t[label], digitClass)) {
		label++
	}
	if !strings.Contains(t[end:label], "PRIVATE KEY") || !strings.HasPrefix(t[label:], "-----") {
		return
	}
	body := label + len("-----")
	bodyEnd, ok := keyBody(t, body)
	if !ok {
		return
	}
	stop := s.nextOf(lookEnd, body)
	if stop < 0 || stop-at > maxBlock {
		s.certain("private-key", at, bodyEnd)
		return
	}
	stop += len(looks[lookEnd])
	for n := 0; stop < len(t) && n < 48 && (isLetter(t[stop]) || t[stop] == ' ' || is(t[stop], digitClass)); n++ {
		stop++
	}
	for n := 0; stop < len(t) && n < 5 && t[stop] == '-'; n++ {
		stop++
	}
	s.certain("private-key", at, stop)
}

// putty takes the private lines of a PuTTY key.
func (s *scanner) putty(end int) {
	t := s.text
	for end < len(t) && (t[end] == ' ' || is(t[end], digitClass)) {
		end++
	}
	if to, ok := keyBody(t, end); ok {
		s.certain("private-key", end, to)
	}
}

// keyBody goes over what can stand in the armour of a key: base64, headers, and line
// breaks, real ones or escaped. It is a body if 16 bytes of base64 are in a row.
func keyBody(t string, from int) (end int, ok bool) {
	run, last := 0, from
	for i := from; i < len(t) && i-from < maxBlock; {
		switch c := t[i]; {
		case is(c, base64Class):
			run++
			i++
			last = i
			ok = ok || run >= 16
		case c == '\n' || c == '\r' || c == '\t' || c == ' ' || c == '"' || c == ':' || c == ',' || c == '>' || c == '|':
			run = 0
			i++
		case c == '-' && i+1 < len(t) && isLetter(t[i+1]) && isLetter(t[i-1]): // Proc-Type
			run = 0
			i++
		case c == '\\':
			run = 0
			for i++; i < len(t) && t[i] == '\\'; {
				i++
			}
			if i < len(t) && (t[i] == 'n' || t[i] == 'r' || t[i] == 't') {
				i++
			}
		default:
			return last, ok
		}
	}
	return last, ok
}

// jwt looks at three to five parts of base64 the first of which is the JSON of an
// algorithm.
func (s *scanner) jwt(at int) {
	if at > 0 && (s.text[at-1] == '-' || s.text[at-1] == '_') && at > 1 && is(s.text[at-2], alnumClass) || !s.begins(at) {
		return
	}
	header := s.run(at, wordClass)
	if header-at > maxHeader || header-at < 12 || header == len(s.text) || s.text[header] != '.' {
		return
	}
	if !algorithm(s.text[at:header]) {
		return
	}
	end, parts := header, 1
	for parts < 5 && end < len(s.text) && s.text[end] == '.' {
		next := s.run(end+1, wordClass)
		if next == end+1 && parts != 1 {
			break
		}
		for n := 0; n < 2 && next < len(s.text) && s.text[next] == '='; n++ {
			next++
		}
		end = next
		parts++
	}
	if parts >= 3 && end-at <= maxBlock || parts == 2 && end-header > 16 {
		s.certain("jwt", at, end)
	}
}

// algorithm tells the header of a token, which holds nothing but what base64 has.
func algorithm(part string) bool {
	if len(part)%4 == 1 {
		return false
	}
	var raw [maxHeader]byte
	n, err := base64.RawURLEncoding.Decode(raw[:], []byte(part))
	if err != nil {
		return false
	}
	return n > 0 && raw[0] == '{' && raw[n-1] == '}' && bytes.Contains(raw[:n], []byte(`"alg"`))
}
