package hosts

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// What is looked at, at most.
const (
	maxText      = 1 << 20
	maxHosts     = 10_000
	maxAuthority = 8 << 10
	maxScheme    = 32
)

// special are the schemes for which browsers take a backslash for a slash, and any number of them for two.
var special = map[string]bool{"http": true, "https": true, "ws": true, "wss": true, "ftp": true}

// stores are schemes whose authority is a bucket, with the domain in which it has a name.
var stores = map[string]string{"s3": "s3.amazonaws.com", "s3a": "s3.amazonaws.com", "gs": "storage.googleapis.com", "gcs": "storage.googleapis.com"}

// Of gives the hosts that a text names, each once, in the order in which they stand: those of all URLs in it, with every reading where
// readers differ, and of user@host:path. With bare, the whole text may be a host, host:port or host/path. An error means that a host is
// there that cannot be read; its text holds nothing foreign.
func Of(text string, bare bool) ([]string, error) {
	if len(text) > maxText {
		return nil, errLong
	}
	f := finder{}
	trimmed := strings.TrimFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfeff || unicode.IsSpace(r) })
	if err := f.scan(trimmed); err != nil {
		return nil, err
	}
	// Browsers take tabs and line ends out of a URL before they read it.
	if whole := unbroken.Replace(trimmed); whole != trimmed && !strings.Contains(whole, " ") {
		if err := f.scan(whole); err != nil {
			return nil, err
		}
		trimmed = whole
	}
	if err := f.whole(trimmed, bare); err != nil {
		return nil, err
	}
	return f.out, nil
}

// finder gathers hosts.
type finder struct {
	out   []string
	known map[string]bool
}

func (f *finder) add(host string) error {
	all, err := readings(host)
	if err != nil {
		return err
	}
	for _, h := range all {
		if f.known[h] || len(f.out) < 8 && slices.Contains(f.out, h) {
			continue
		}
		if len(f.out) == maxHosts {
			return errMany
		}
		f.out = append(f.out, h)
		if len(f.out) >= 8 {
			if f.known == nil {
				f.known = map[string]bool{}
			}
			f.known[h] = true
		}
	}
	return nil
}

func slash(c byte) bool { return c == '/' || c == '\\' }

// scan finds scheme://authority and user@host:path anywhere in s.
func (f *finder) scan(s string) error {
	for i := 0; i < len(s); i++ {
		n := strings.IndexAny(s[i:], ":@")
		if n < 0 {
			return nil
		}
		i += n
		var err error
		switch {
		case s[i] == '@':
			err = f.scp(s, i)
		case i+2 < len(s) && slash(s[i+1]) && slash(s[i+2]):
			if scheme := schemeBefore(s, i); len(scheme) > 1 {
				err = f.authority(s[i+1:], scheme)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// schemeBefore gives the scheme that ends at s[i], in lower case.
func schemeBefore(s string, i int) string {
	start := i
	for start > 0 && i-start < maxScheme && schemeByte(s[start-1]) {
		start--
	}
	scheme := strings.TrimLeft(s[start:i], "0123456789+-.")
	return strings.ToLower(scheme)
}

func schemeByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

// authority reads what stands behind "scheme:" from its slashes on.
func (f *finder) authority(s, scheme string) error {
	slashes := 0
	for slashes < len(s) && slash(s[slashes]) && (slashes < 2 || special[scheme]) {
		slashes++
	}
	s = s[slashes:]
	// Up to the path: what some readers still take for the authority, since it ends in "@host".
	wide := s[:end(s, "/ \t\r\n")]
	narrow := s[:end(s, "/\\?# \t\r\n\"'`<>|)]};,")]
	if strings.HasPrefix(narrow, "[") || strings.HasPrefix(s, "[") || strings.Contains(narrow, "@[") || !special[scheme] {
		narrow = s[:end(s, "/\\?# \t\r\n\"'`<>|)};")]
	}
	if len(wide) > maxAuthority && strings.Contains(wide[:maxAuthority], "@") || len(narrow) > maxAuthority {
		return errUnreadable
	}
	rest := s[len(narrow):]
	if narrow == "" {
		// "https://{host}/" and "https://$HOST" name a host, "http://" in a sentence does not.
		if rest != "" && strings.IndexByte("{$<%", rest[0]) >= 0 && special[scheme] {
			return errUnknown
		}
		if !strings.Contains(wide, "@") {
			return nil
		}
	}
	if narrow != "" {
		if err := f.hosts(narrow, scheme); err != nil {
			return err
		}
	}
	if at := strings.LastIndexByte(wide, '@'); at >= len(narrow) && len(wide) <= maxAuthority {
		tail := wide[at+1:]
		if tail = tail[:end(tail, "\\?#\"'`<>|)};,")]; tail != "" {
			return f.hosts(tail, scheme)
		}
	}
	return nil
}

// end gives the index of the first of the bytes in s, or its length.
func end(s, stops string) int {
	if i := strings.IndexAny(s, stops); i >= 0 {
		return i
	}
	return len(s)
}

// hosts reads an authority: user, password, hosts and ports.
func (f *finder) hosts(authority, scheme string) error {
	if decoded, err := url.PathUnescape(authority); err == nil && decoded != authority && strings.ContainsAny(decoded, "/\\?#") {
		// A reader that decodes first sees other borders.
		if first := decoded[:end(decoded, "/\\?#")]; first != "" {
			if err := f.hosts(first, scheme); err != nil {
				return err
			}
		}
	}
	parts := []string{authority}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		parts[0] = authority[at+1:]
		if first := strings.IndexByte(authority, '@'); first != at { // some readers take what follows the first
			between := authority[first+1 : at]
			parts = append(parts, between[:end(between, ":")])
		}
	}
	for _, p := range parts {
		list := []string{p}
		if !special[scheme] {
			list = strings.Split(p, ",") // databases of several hosts
		}
		for _, h := range list {
			if err := f.host(h, scheme); err != nil {
				return err
			}
		}
	}
	return nil
}

// host reads host:port.
func (f *finder) host(s, scheme string) error {
	if strings.ContainsAny(s, "${}<>*") {
		return errUnknown
	}
	name := withoutPort(s)
	if name == "" {
		if scheme == "file" || !special[scheme] {
			return nil
		}
		return errUnreadable
	}
	if domain := stores[scheme]; domain != "" {
		name += "." + domain
	}
	return f.add(name)
}

// withoutPort cuts off a port. What follows the bracket of an IPv6 address is a port or nothing.
func withoutPort(s string) string {
	if strings.HasPrefix(s, "[") {
		if i := strings.IndexByte(s, ']'); i > 0 && (i+1 == len(s) || s[i+1] == ':') {
			return s[:i+1]
		}
		return s // unreadable
	}
	if strings.Count(s, ":") == 1 {
		s, _, _ = strings.Cut(s, ":")
	}
	return s
}

// scp reads user@host:path around the "@" at s[i].
func (f *finder) scp(s string, i int) error {
	start := i
	for start > 0 && i-start < 64 && (schemeByte(s[start-1]) || s[start-1] == '_') {
		start--
	}
	before := byte(' ')
	if start > 0 {
		before = s[start-1]
	}
	rest := s[i+1 : min(len(s), i+1+maxName+2)]
	stop := end(rest, ": \t\r\n/\"'`<>@,;")
	if start == i || slash(before) || before == ':' || stop == 0 || stop+1 >= len(rest) || rest[stop] != ':' || rest[stop+1] <= ' ' || slash(rest[stop+1]) && strings.HasPrefix(rest[stop:], "://") {
		return nil
	}
	return f.host(rest[:stop], "ssh")
}

// whole reads a text that is one URL or host as a whole.
func (f *finder) whole(s string, bare bool) error {
	if s == "" {
		return nil
	}
	if slash(s[0]) && len(s) > 1 && slash(s[1]) { // relative to a scheme, or \\server\share
		rest := strings.TrimLeft(s, `/\`)
		if rest != "" && !strings.ContainsAny(rest[:end(rest, `/\`)], " \t\r\n") && (bare || s[0] == '\\' || strings.Contains(rest[:end(rest, `/\`)], ".")) {
			return f.authority("//"+rest, "https")
		}
		return nil
	}
	scheme := s[:end(s, ":/\\?#@[ \t\r\n")]
	lower := strings.ToLower(scheme)
	if rest := s[len(scheme):]; special[lower] && strings.HasPrefix(rest, ":") {
		return f.wholeURL(rest[1:], lower)
	}
	if !bare || strings.Contains(s, "://") || strings.HasPrefix(lower, "data") && strings.HasPrefix(s[len(scheme):], ":") ||
		lower == "javascript" || lower == "about" || lower == "blob" || lower == "mailto" || lower == "file" {
		return nil
	}
	if strings.ContainsAny(s, " \t\r\n") {
		return errUnreadable
	}
	if slash(s[0]) || s[0] == '.' || s[0] == '#' || s[0] == '?' {
		return nil // a path
	}
	return f.authority("//"+s, "https")
}

// wholeURL reads a text that begins with a scheme for which browsers need no slashes.
func (f *finder) wholeURL(rest, scheme string) error {
	rest = unbroken.Replace(rest)
	rest = strings.TrimLeft(rest, `/\`)
	authority := rest[:end(rest, `/\?#`)]
	region := rest[:end(rest, `/\`)]
	tail := authority[strings.LastIndexByte(authority, '@')+1:]
	switch blank := strings.IndexByte(region, ' '); {
	case blank >= 0 && strings.Contains(region[blank:], "@"):
		return errUnreadable // readers cut it in different places
	case strings.Contains(authority, " "), authority == "":
		return nil // a sentence, of which scan has found what is there
	case strings.ContainsAny(tail, "\"'`<>|)]};,") && !strings.HasPrefix(tail, "["):
		return errUnreadable // part of the name to some
	}
	return f.authority("//"+rest, scheme)
}

// unbroken takes out what browsers take out of a URL before they read it.
var unbroken = strings.NewReplacer("\t", "", "\n", "", "\r", "")
