package hosts

import (
	"net/netip"
	"net/url"
	"strings"
)

// opens tells whether two slashes at s[i] can begin a URL: at the start of the text or of a string.
func opens(s string, i int) bool {
	if i > 0 && strings.IndexByte("\"'`=(", s[i-1]) < 0 && !(s[i] == '\\' && s[i-1] <= ' ') {
		return false
	}
	next := i + 1
	for i == 0 && next < len(s) && broken(s[next]) {
		next++
	}
	return next < len(s) && slash(s[next])
}

// relative reads //host and \\server\share. Where it could as well be a comment, a path or a query of another language, only what can
// hardly be anything else counts.
func (f *finder) relative(s string, i int) error {
	at := i
	for at < len(s) && (slash(s[at]) || broken(s[at])) {
		at++
	}
	rest := s[at:min(len(s), at+maxAuthority)]
	u := site{s: s, at: at, scheme: "https", special: true, first: i == 0}
	region := rest[:u.regionEnd(rest)]
	if err := f.spend(len(region) + at - i); err != nil {
		return err
	}
	if share, is := unc(rest, s[i:at]); is {
		if err := f.add(share); err != nil {
			return err
		}
	} else if s[i] == '\\' && i > 0 {
		return nil
	}
	for part := range strings.SplitSeq(region, "@") {
		name, after := nameRun(part)
		last := len(part) == len(region) || strings.HasSuffix(region, "@"+part)
		if !telling(name) || !last && !strings.ContainsAny(after, `\?#`) {
			continue
		}
		if last && i == 0 {
			if err := u.boundary(name, after); err != nil && !strings.HasPrefix(after, "(") {
				return err
			}
		}
		if all, err := readings(withoutEncodedPath(name)); err == nil {
			if err := f.add(all[0]); err != nil {
				return err
			}
			if err := f.add(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// unc gives the server of \\server\share, of \\?\UNC\server and of \\server@SSL@8080\share. In strings of a program all backslashes
// are doubled.
func unc(rest, slashes string) (server string, is bool) {
	if strings.Trim(slashes, `\`) != "" || len(slashes) != 2 && len(slashes) != 4 {
		return "", false
	}
	if (strings.HasPrefix(rest, "?") || strings.HasPrefix(rest, ".")) && len(rest) > 1 && slash(rest[1]) {
		rest = strings.TrimLeft(rest[1:], `/\`)
		if len(rest) < 4 || !strings.EqualFold(rest[:3], "UNC") || !slash(rest[3]) {
			return "", false
		}
		rest = strings.TrimLeft(rest[3:], `/\`)
	}
	name, after := nameRun(rest)
	if strings.HasPrefix(after, "@") {
		_, after = nameRun(strings.ReplaceAll(after, "@", "_"))
	}
	share := strings.TrimLeft(after, `/\`)
	if _, err := readings(name); err != nil || len(after)-len(share) != len(slashes)/2 || share == "" {
		return "", false
	}
	return name, nameByte(share[0])
}

// file reads file://host/path. A drive is no host; four slashes begin the name of a server to Windows.
func (f *finder) file(u site, slashes int) error {
	rest := u.s[u.at:]
	drive := len(rest) > 1 && rest[0]|0x20 >= 'a' && rest[0]|0x20 <= 'z' && (rest[1] == ':' || rest[1] == '|') && (len(rest) == 2 || slash(rest[2]) || rest[2] <= ' ')
	if slashes < 2 || slashes == 3 && u.s[u.at-1] == '/' || drive {
		return nil
	}
	u.special = true // to browsers
	return f.authority(u)
}

// at reads user@host:path and user@tcp(host:port) around the "@" at s[i].
func (f *finder) at(s string, i int) error {
	if i < f.past || i == 0 || s[i-1] <= ' ' || strings.IndexByte("/([,;{}\\", s[i-1]) >= 0 {
		return nil
	}
	rest := s[i+1 : min(len(s), i+1+4*maxName)]
	word := rest[:end(rest, "(@ \t\r\n\"'")]
	switch strings.ToLower(word) {
	case "tcp", "tcp4", "tcp6", "udp":
		if rest = rest[len(word):]; strings.HasPrefix(rest, "(") {
			return f.host(rest[1:end(rest, ")")], site{s: s, scheme: "mysql"})
		}
	}
	name, after := nameRun(rest)
	if len(after) < 2 || after[0] != ':' || after[1] <= ' ' || strings.HasPrefix(after, "://") || strings.IndexByte("\"'`,;)", after[1]) >= 0 {
		if plainUser(s, i) && len(rest) > 1 && (rest[0] == '$' || rest[0] == '{') && strings.Contains(word, ":") {
			return errUnknown
		}
		return nil
	}
	if name == "" || digest(name, after[1:]) {
		return nil
	}
	return f.add(withoutEncodedPath(name))
}

// plainUser tells whether the word before s[i] stands alone.
func plainUser(s string, i int) bool {
	start := i
	for start > 0 && i-start < 64 && nameByte(s[start-1]) {
		start--
	}
	return start < i && (start == 0 || s[start-1] <= ' ' || strings.IndexByte("\"'`=", s[start-1]) >= 0)
}

// digest tells image@sha256:0123… from a host.
func digest(name, s string) bool {
	switch name {
	case "sha1", "sha256", "sha384", "sha512", "md5":
		return len(s) >= 32 && strings.Trim(s[:32], "0123456789abcdef") == ""
	}
	return false
}

// oracle reads jdbc:oracle:thin:user/password@//host:port/service; s begins with "oracle:".
func (f *finder) oracle(s string) error {
	s = s[:min(len(s), maxAuthority)]
	s = s[:end(s, " \t\r\n\"'`")]
	if err := f.spend(len(s)); err != nil {
		return err
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return errUnknown
	}
	rest := s[at+1:]
	if i := strings.Index(rest, "://"); i >= 0 {
		rest = rest[i+1:]
	}
	name, _ := nameRun(strings.TrimLeft(rest, "/"))
	if name == "" {
		return errUnknown
	}
	return f.add(name)
}

// parameters reads the hosts that some databases take from the query, in place of the authority's.
func (f *finder) parameters(u site) error {
	var keys []string
	switch {
	case strings.HasPrefix(u.scheme, "postgres"):
		keys = []string{"host", "hostaddr", "pghost"}
	case u.scheme == "sqlserver":
		keys = []string{"servername", "server", "failoverpartner"}
	default:
		return nil
	}
	rest := u.s[u.at:min(len(u.s), u.at+maxAuthority)]
	rest = rest[:end(rest, " \t\r\n\"'`<>")]
	if err := f.spend(len(rest)); err != nil {
		return err
	}
	for part := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == '?' || r == '&' || r == ';' }) {
		key, value, _ := strings.Cut(part, "=")
		for _, k := range keys {
			if !strings.EqualFold(key, k) {
				continue
			}
			value, err := url.QueryUnescape(value)
			if err != nil {
				return errUnreadable
			}
			for h := range strings.SplitSeq(value, ",") {
				if h == "" || slash(h[0]) || h[0] == '@' {
					continue // a socket
				}
				if err := f.add(h[:end(h, `\`)]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// bare reads a text that is a host, with a user, a port or a path.
func (f *finder) bare(s string) error {
	if s == "" || s[0] == '#' || s[0] == '?' {
		return nil
	}
	if addr, err := netip.ParseAddr(s); err == nil && addr.Is6() {
		return f.add(s)
	}
	scheme := s[:end(s, ":/\\?#@[ ")]
	rest := s[len(scheme):]
	var after string
	if strings.HasPrefix(rest, ":") {
		after = rest[1:]
	}
	start := 0
	switch {
	case slash(s[0]):
		if start = len(s) - len(strings.TrimLeft(s, "/\\\t\r\n")); start < 2 || len(s) == start || !slash(strings.TrimLeft(s[1:], "\t\r\n")[0]) {
			return nil // a path
		}
		if share, is := unc(s[start:], s[:start]); is {
			return f.add(share)
		}
	case strings.HasPrefix(s, "./"), strings.HasPrefix(s, "../"), strings.HasPrefix(s, "~/"), s == ".", s == "..", s == "~":
		return nil
	case schemed(scheme, after):
		return nil // scan has read it
	}
	for part := range strings.SplitSeq(s[start:start+end(s[start:], `/\?#`)], ",") {
		if strings.ContainsAny(part, " \t\r\n") || strings.Trim(part, ".") == "" {
			return errUnreadable
		}
	}
	whole := s[start:]
	region := whole[:end(whole, "/")]
	list := strings.Split(region, ",")
	if len(list) == 1 || strings.ContainsAny(region, `@\?#`) {
		return f.authority(site{s: s, at: start, scheme: "https", special: true, first: true})
	}
	for _, h := range list {
		if err := f.host(h, site{s: h, scheme: "https", special: true, first: true}); err != nil {
			return err
		}
	}
	return nil
}

// schemed tells whether a text that begins with "scheme:" is a URL, or a path on a drive, and no host with a port.
func schemed(text, after string) bool {
	scheme := strings.ToLower(unbroken(text))
	if after == "" || scheme == "" {
		return false
	}
	if len(scheme) == 1 {
		return slash(after[0])
	}
	if strings.HasPrefix(after, "//") && len(text) == len(scheme) {
		return strings.TrimFunc(scheme, func(r rune) bool { return r < 0x80 && schemeByte(byte(r)) }) == "" && scheme[0] >= 'a' && scheme[0] <= 'z'
	}
	switch scheme {
	case "http", "https", "ws", "wss", "ftp":
		return true
	case "data", "javascript", "about", "blob", "mailto", "file", "jdbc", "urn", "tel", "view-source":
		return slash(after[0]) || strings.Trim(after[:end(after, `/?#\`)], "0123456789") != ""
	}
	return false
}
