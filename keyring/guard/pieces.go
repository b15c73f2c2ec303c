package guard

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

const (
	// shortest is how long a piece is at least: shorter ones stand in honest text by chance.
	shortest = 8
	// longLine is how long a line of several is at least to be looked for by itself.
	longLine = 20
	// wordLength is how long letters alone have to be to count: shorter ones are words.
	wordLength = 12
	// leafLength is how long a string within JSON is at least.
	leafLength = 12
	// maxPieces bounds what one secret is taken apart into.
	maxPieces = 200
)

// pieces are the parts of a value that are looked for.
func pieces(value []byte) (list [][]byte) {
	add := func(piece string, least int) {
		if len(piece) >= least && len(list) < maxPieces && !plainWord(piece) {
			list = append(list, []byte(piece))
		}
	}
	text := string(bytes.TrimSpace(value))
	var tree any
	if (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Unmarshal([]byte(text), &tree) == nil {
		for _, least := range []int{leafLength, shortest} { // short ones where there are no others
			leaves(tree, func(leaf string) {
				for _, line := range linesOf(leaf) {
					parts(line, func(part string) { add(part, least) })
				}
			})
			if len(list) > 0 {
				break
			}
		}
		return list
	}
	for _, line := range linesOf(text) {
		parts(line, func(part string) { add(part, shortest) })
	}
	return list
}

// shapes are made when they are needed: most verbs need none.
var shapes = sync.OnceValue(func() *allShapes {
	return &allShapes{
		headerShape: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*:\s+(.+)$`),
		schemeShape: regexp.MustCompile(`^(?i:bearer|basic|token|apikey|api-key)\s+(\S+)$`),
		loginShape:  regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*://)?([^\s/@]*)@[^\s@]+$`),
		memberShape: regexp.MustCompile(`(?i)(?:^|[\s;,&?])[a-z_.-]*(?:pass|pwd|secret|token|key|auth)[a-z_.-]*\s*=\s*([^\s;,&]+)`),
		pathShape:   regexp.MustCompile(`^(~|\.{1,2})?/[^\s:;,=@]*$|^[A-Za-z]:\\[^\s:;,=@]*$`),
		hostShape:   regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\.)+[a-z]{2,12}(:\d{1,5})?$|^\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?$|^localhost(:\d{1,5})?$`),
		nameShape:   regexp.MustCompile(`^[A-Za-z]{1,12}([-_. ][A-Za-z]{1,12}){1,2}$`),
		partShape:   regexp.MustCompile(`^\.{0,2}[A-Z]?[a-z0-9._ -]{0,30}$`),
		nameInMail:  regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,40}$`),
		dateShape:   regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([T ][0-9:.]+(Z|[+-]\d{2}:?\d{2})?)?$`),
	}
})

type allShapes struct {
	headerShape, schemeShape, loginShape, memberShape                 *regexp.Regexp // of lines
	pathShape, hostShape, nameShape, partShape, nameInMail, dateShape *regexp.Regexp // of what is no secret; partShape of a part of a path
}

// parts calls f with a line, and with what in it may be the secret: what stands behind the name of a header and of a scheme, names and
// passwords of addresses, values of a query and of a list of settings.
func parts(line string, f func(string)) {
	f(line)
	if m := shapes().headerShape.FindStringSubmatch(line); m != nil {
		f(m[1])
		line = m[1]
	}
	if m := shapes().schemeShape.FindStringSubmatch(line); m != nil {
		f(m[1])
	}
	if m := shapes().loginShape.FindStringSubmatch(line); m != nil {
		name, password, _ := strings.Cut(m[1], ":")
		for _, part := range []string{name, password} {
			f(part)
			if decoded, err := url.PathUnescape(part); err == nil && decoded != part {
				f(decoded)
			}
		}
	}
	for _, m := range shapes().memberShape.FindAllStringSubmatch(line, -1) {
		f(m[1])
	}
	if u, err := url.Parse(line); err == nil && u.Host != "" {
		for _, values := range u.Query() {
			for _, v := range values {
				if len(v) >= leafLength {
					f(v)
				}
			}
		}
	}
}

// linesOf gives a text of one line as it is, of more the long ones. Those that begin and end with dashes are no secret: "BEGIN PRIVATE
// KEY" stands in every such file.
func linesOf(text string) (list []string) {
	if !strings.ContainsAny(text, "\r\n") {
		return []string{text}
	}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		if len(line) >= longLine && !(strings.HasPrefix(line, "-----") && strings.HasSuffix(line, "-----")) {
			list = append(list, line)
		}
	}
	return list
}

// leaves calls f with the strings within a value of JSON.
func leaves(tree any, f func(string)) {
	switch v := tree.(type) {
	case string:
		f(v)
	case []any:
		for _, e := range v {
			leaves(e, f)
		}
	case map[string]any:
		for _, e := range v {
			leaves(e, f)
		}
	}
}

// plainWord reports whether a piece is plainly no secret.
func plainWord(piece string) bool {
	switch {
	case len(piece) < wordLength && onlyLetters(piece), strings.Count(piece, piece[:1]) == len(piece), shapes().dateShape.MatchString(piece):
		return true
	case len(piece) < 16 && strings.Trim(piece, "0123456789") == "":
		return true
	case shapes().pathShape.MatchString(piece):
		return plainPath(piece)
	case shapes().hostShape.MatchString(piece), shapes().nameShape.MatchString(piece):
		return true
	}
	if u, err := url.Parse(piece); err == nil && u.Host != "" && u.User == nil {
		return u.RawQuery == "" && u.Fragment == "" && plainPath(u.Path)
	}
	name, domain, _ := strings.Cut(piece, "@")
	return shapes().hostShape.MatchString(domain) && shapes().nameInMail.MatchString(name)
}

func onlyLetters(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// plainPath reports whether all parts of a path are words. The addresses of web hooks hold their secret there, and a key may begin with
// a slash.
func plainPath(path string) bool {
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' || r == ':' || r == '~' }) {
		digits := len(part) - len(strings.Trim(part, "0123456789"))
		if !shapes().partShape.MatchString(part) && !(len(part) <= 12 && onlyLetters(part)) || len(part) >= 20 && digits > 0 {
			return false
		}
	}
	return true
}

// appendForms appends all that a piece is looked for as, but for escapes, which are decoded instead.
func appendForms(list []pattern, piece []byte, secret int) []pattern {
	list = append(list, pattern{text: piece, secret: secret})
	if bytes.IndexByte(piece, ' ') >= 0 {
		list = append(list, pattern{text: bytes.ReplaceAll(piece, []byte(" "), []byte("+")), secret: secret})
	}
	list = append(list, pattern{text: []byte(hex.EncodeToString(piece)), fold: true, secret: secret})
	for offset := range 3 {
		padded := append(make([]byte, offset), piece...)
		std := base64.RawStdEncoding.EncodeToString(padded)
		// The first characters hold bits of what stands before, the last one of what stands behind.
		from, to := (offset*8+5)/6, len(padded)*8/6
		p := pattern{text: []byte(std[from:to]), left: offset > 0, right: len(padded)*8%6 != 0, secret: secret}
		list = append(list, p)
		if web := strings.NewReplacer("+", "-", "/", "_").Replace(string(p.text)); web != string(p.text) {
			p.text = []byte(web)
			list = append(list, p)
		}
	}
	return list
}
