package scan

import (
	"hash/crc32"
	"strings"
)

// shape looks at a token whose prefix stands at i.
func (s *scanner) shape(p *shape, at int) {
	if p.how&freely == 0 && !s.begins(at) {
		return
	}
	body := at + len(p.prefix)
	end := s.run(body, p.class)
	if p.class == dottedClass || p.class == headerClass {
		end = untilWord(s.text, body, end) // a full stop, not a part of the token
	}
	if n := end - body; n < p.min || n > p.max {
		return
	}
	if p.class != wordClass && p.class != dottedClass && end < len(s.text) && is(s.text[end], alnumClass) {
		return // hexadecimal digits and then other letters
	}
	v := s.text[body:end]
	switch {
	case p.kind == "github-token" && checksum(s.text[at:end]):
	case p.kind == "sendgrid-key" && strings.Count(v, ".") != 1, placeholder(v), stats(v).distinct < 8:
		return
	case p.how&randomly != 0 && !stats(v).random():
		return
	}
	s.certain(p.kind, at, end)
}

// untilWord takes trailing signs off.
func untilWord(t string, from, to int) int {
	for to > from && !is(t[to-1], wordClass) && t[to-1] != '=' {
		to--
	}
	return to
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// checksum tells whether the last six characters of a GitHub token of the first
// generation are the CRC-32 of the thirty before, in base 62.
func checksum(token string) bool {
	if len(token) != 40 {
		return false
	}
	sum := ^uint32(0)
	for _, c := range []byte(token[4:34]) { // ChecksumIEEE would need a copy on the heap
		sum = crc32.IEEETable[byte(sum)^c] ^ sum>>8
	}
	sum = ^sum
	for i := 39; i >= 34; i-- {
		if token[i] != base62[sum%62] {
			return false
		}
		sum /= 62
	}
	return true
}

// webhook takes the path that is the secret of an incoming webhook.
func (s *scanner) webhook(end int, host string) {
	rest := s.text[end:]
	kind, from := "slack-webhook", 0
	switch {
	case host == "/api/webhooks/":
		kind = "discord-token"
		for from < len(rest) && is(rest[from], digitClass) && from < 21 {
			from++
		}
		if from < 15 || from == len(rest) || rest[from] != '/' {
			return
		}
		from++
	case host == "/webhookb2/":
		kind = "azure-secret"
	default:
		for _, p := range [...]string{"services/", "workflows/", "triggers/"} {
			if strings.HasPrefix(rest, p) {
				from = len(p)
			}
		}
		if from == 0 {
			return
		}
	}
	from += end
	to := untilWord(s.text, from, s.run(from, headerClass))
	if n := to - from; n < 24 || n > 400 {
		return
	}
	v := s.text[from:to]
	if placeholder(v) || stats(v).distinct < 8 || !stats(v).random() {
		return
	}
	s.certain(kind, from, to)
}

// telegram looks at 1234567890:AA and 33 more.
func (s *scanner) telegram(at, end int) {
	to := s.run(end, wordClass)
	if to-end != 33 || stats(s.text[end:to]).distinct < 8 {
		return
	}
	digits := 0
	for digits < at-s.skip && digits < 11 && is(s.text[at-1-digits], digitClass) {
		digits++
	}
	for n := digits; n >= 8; n-- { // fewer where digits of an escape are before them
		if from := at - n; s.begins(from) || strings.HasSuffix(s.text[:from], "bot") { // in a URL
			s.certain("telegram-token", from, to)
			return
		}
	}
}

// azure looks at three characters, a digit, "Q~" and some thirty more.
func (s *scanner) azure(at, end int) {
	from, to := at-4, untilWord(s.text, end, s.run(end, headerClass))
	if from < s.skip || !is(s.text[at-1], digitClass) || to-end < 31 || to-end > 36 || !s.begins(from) {
		return
	}
	for _, b := range []byte(s.text[from:at]) {
		if !is(b, dottedClass) && b != '~' {
			return
		}
	}
	if stats(s.text[end:to]).random() {
		s.certain("azure-secret", from, to)
	}
}

// signature looks at the parameter of a URL that stands for a credential.
func (s *scanner) signature(at, end int) {
	if at == 0 || s.text[at-1] != '&' && s.text[at-1] != '?' && s.text[at-1] != ';' && s.text[at-1] != '-' {
		return
	}
	to := end
	for to < len(s.text) && to-end < 256 && (is(s.text[to], headerClass) || s.text[to] == '%') {
		to++
	}
	if n := to - end; n < 40 || n >= 256 || !stats(s.text[end:to]).random() {
		return
	}
	if s.text[at-1] == '-' {
		s.certain("aws-key", end, to)
		return
	}
	s.certain("azure-secret", end, to)
}

// terraform looks at 14 characters, ".atlasv1." and sixty more.
func (s *scanner) terraform(at, end int) {
	from, to := at-14, s.run(end, wordClass)
	if n := to - end; from < s.skip || n < 60 || n > 80 || !s.begins(from) || !stats(s.text[end:to]).random() {
		return
	}
	for _, b := range []byte(s.text[from:at]) {
		if !is(b, alnumClass) {
			return
		}
	}
	s.certain("terraform-token", from, to)
}
