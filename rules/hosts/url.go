package hosts

import (
	"net/url"
	"strings"
)

// site is a URL whose authority is to be read.
type site struct {
	s       string
	at      int // where the authority begins
	scheme  string
	special bool
	first   bool // the text begins with it
	alone   bool // and no blank ends its authority, so that a reader can take it all for a URL
	quote   byte // the quotation mark that stands before it, or 0
	nested  bool // it stands behind "=", like a parameter of another URL
}

// skipSlashes moves to behind the slashes and counts them: two at most where more of them begin a path.
func (u *site) skipSlashes() int {
	n, at := 0, u.at
	for at < len(u.s) && (slash(u.s[at]) || broken(u.s[at])) {
		if slash(u.s[at]) {
			if n == 2 && !u.special && u.scheme != "file" {
				break
			}
			n++
		}
		at++
	}
	if n > 0 || u.first {
		u.at = at
	}
	return n
}

// browserOnly tells whether http:host or http:/host is meant as a URL. At the start of the text or of a string it is, elsewhere only
// where it names a host that could not be a word of a sentence or a key of a program.
func (u *site) browserOnly(start, slashes int) bool {
	switch u.scheme {
	case "http", "https", "ws", "wss", "ftp":
	default:
		return false
	}
	rest := u.s[u.at:min(len(u.s), u.at+maxName)]
	if u.first || u.quote != 0 {
		return u.opensHost(rest)
	}
	if !strings.ContainsRune(" \t\r\n\"'`=(<[", rune(u.s[start-1])) {
		return false
	}
	name, _ := nameRun(rest[strings.IndexByte(rest[:end(rest, "/ \t\r\n")], '@')+1:])
	return slashes > 0 && rest != "" && rest[0] != ' ' && !broken(rest[0]) || telling(name)
}

// opensHost tells whether browsers see an authority here: there is something before its end, and no blank in what follows the user.
func (u *site) opensHost(rest string) bool {
	stops := `/\?#`
	if u.quote != 0 {
		stops += string(rune(u.quote))
	}
	cut := end(rest, stops)
	region := rest[:cut]
	if cut < len(rest) || len(rest) < maxName {
		region = strings.TrimRightFunc(region, control)
	}
	return strings.TrimLeft(region, "\t\r\n") != "" && (!strings.Contains(region, " ") || strings.Contains(u.s[u.at:min(len(u.s), u.at+maxAuthority)], "@"))
}

// telling tells whether a name can hardly be anything but a host.
func telling(name string) bool {
	return strings.HasPrefix(name, "[") || strings.ContainsAny(strings.Trim(name, "."), ".%。．｡") || strings.EqualFold(name, "localhost") ||
		!ascii(name) || len(name) > 5 && strings.Trim(name, "0123456789") == "" || len(name) > 2 && strings.EqualFold(name[:2], "0x")
}

// regionEnd gives the end of what some reader takes for the authority.
func (u *site) regionEnd(rest string) int {
	for i := range len(rest) {
		if c := rest[i]; c == '/' || c <= ' ' || c == 0x7f || c == u.quote && c != 0 {
			return i
		}
	}
	return len(rest)
}

// authority reads users, passwords, hosts and ports.
func (f *finder) authority(u site) error {
	rest := u.s[u.at:]
	region := rest[:u.regionEnd(rest)]
	if err := f.spend(len(region) + 1); err != nil {
		return err
	}
	f.past = max(f.past, u.at+len(region))
	if u.first {
		wide := rest[:min(len(rest), maxAuthority)]
		u.alone = strings.IndexByte(wide[:end(wide, `/\?#`)], ' ') < 0
	}
	if len(region) > maxAuthority {
		if strings.IndexByte(region, '@') >= 0 {
			return errUnreadable
		}
		region = region[:maxAuthority]
	}
	if err := f.region(region, u); err != nil {
		return err
	}
	if err := u.ending(region, rest[len(region):]); err != nil {
		return err
	}
	if !u.first && u.quote == 0 {
		return nil
	}
	return f.beyond(u, region, rest[len(region):])
}

// beyond reads what stands behind blanks and line ends, for readers that go on there since they were given the URL as a whole.
func (f *finder) beyond(u site, region, tail string) error {
	if tail == "" || tail[0] > ' ' && tail[0] != 0x7f {
		return nil
	}
	tail = tail[:min(len(tail), maxAuthority)]
	stops := "/"
	if u.quote != 0 {
		stops += string(rune(u.quote))
	}
	wide := tail[:end(tail, stops)]
	if err := f.spend(4 * len(wide)); err != nil {
		return err
	}
	if err := f.brackets(wide); err != nil {
		return err
	}
	for rest := wide; strings.Contains(rest, "@"); {
		_, rest, _ = strings.Cut(rest, "@")
		if err := f.behindBlank(rest[:end(rest, "@")], u); err != nil {
			return err
		}
	}
	more := strings.TrimRightFunc(unbroken(wide), control)
	if blank := end(more, " "); blank < len(more) {
		if more = more[:blank]; !strings.ContainsAny(region+more, `\?#`) {
			return nil // browsers take no blank in a host
		}
	}
	if more == "" || listed(more, tail[len(wide):]) {
		return nil
	}
	return f.region(region+more, u)
}

// behindBlank reads what stands between an "@" and the next one, or the end, where a blank stands in the user's name.
func (f *finder) behindBlank(s string, u site) error {
	s = s[:end(s, `\?#`)]
	for _, s := range [...]string{s, unbroken(s)} {
		if name, _ := nameRun(s); strings.TrimFunc(name, dot) != "" {
			if err := f.add(withoutEncodedPath(name)); err != nil {
				return err
			}
		}
	}
	if !u.first || strings.Contains(s, " ") {
		return nil
	}
	u.alone = true
	return f.host(unbroken(s), u)
}

// listed tells whether the next URL of a list begins on the next line. No other scheme counts: there are domains that end in "ws".
func listed(more, tail string) bool {
	return strings.HasPrefix(tail, "//") && (strings.EqualFold(more, "http:") || strings.EqualFold(more, "https:"))
}

// region reads an authority that ends nowhere but at its end for some reader. Each "@" in it ends the user's name for one.
func (f *finder) region(region string, u site) error {
	if err := f.brackets(region[min(1, len(region)):]); err != nil {
		return err
	}
	if !strings.Contains(region, "@") {
		return f.host(region, u)
	}
	user := region[:strings.IndexByte(region, '@')]
	early := strings.ContainsAny(user, `\?#`)
	switch name, after := nameRun(user); {
	case u.alone && u.special && early:
		if err := f.host(user, u); err != nil {
			return err
		}
	case u.special && early && after != "":
		if err := u.boundary(name, after); err != nil {
			return err
		}
		fallthrough
	default:
		if err := f.user(user); err != nil {
			return err
		}
	}
	data := strings.ContainsAny(user, "?#")
	for rest := region; ; {
		var found bool
		if _, rest, found = strings.Cut(rest, "@"); !found {
			return nil
		}
		segment := rest[:end(rest, "@")]
		if name, _ := nameRun(segment); name == "" && (data || len(segment) < len(rest)) && !(u.alone && strings.ContainsAny(segment, `\?#`)) {
			continue
		}
		if err := f.host(segment, u); err != nil {
			return err
		}
		data = data || strings.ContainsAny(segment, "?#")
	}
}

// brackets reads addresses in brackets: Python takes what stands in them for the host, wherever they stand.
func (f *finder) brackets(s string) error {
	for i := range len(s) {
		if s[i] != '[' {
			continue
		}
		if inner, _ := nameRun(s[i:min(len(s), i+64)]); strings.Contains(inner, ":") {
			if all, err := readings(inner); err == nil {
				if err := f.add(all[0]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// user reads what stands before an "@" as a host where a reader could end the authority in it.
func (f *finder) user(s string) error {
	name, after := nameRun(s)
	if strings.HasPrefix(name, "[") {
		return f.add(name)
	}
	first := withoutEncodedPath(name)
	port := strings.TrimLeft(strings.TrimPrefix(after, ":"), "0123456789")
	if first == name && (port == "" || port[0] == ':' || after[0] == ':' && !strings.ContainsRune(`\?#`, rune(port[0]))) {
		return nil
	}
	if first != name && first != "" || port != "" && strings.ContainsRune(`\?#`, rune(port[0])) && strings.TrimFunc(name, dot) != "" || telling(name) {
		return f.add(first)
	}
	return nil
}

// withoutEncodedPath cuts a name where a reader that decodes it first would see its end.
func withoutEncodedPath(name string) string {
	if decoded, err := url.PathUnescape(name); err == nil && decoded != name {
		if n := end(decoded, `/\?#@`); n < len(decoded) {
			return decoded[:n]
		}
	}
	return name
}

// host reads host:port, or several of them, and looks at what follows.
func (f *finder) host(s string, u site) error {
	for {
		name, after := nameRun(s)
		if err := u.boundary(name, after); err != nil {
			return err
		}
		if u.alone && name != "" || strings.TrimFunc(name, dot) != "" {
			if first := withoutEncodedPath(name); first != name && first != "" {
				if err := f.add(u.served(first)); err != nil {
					return err
				}
			}
			if err := f.add(u.served(name)); err != nil {
				return err
			}
		}
		after = strings.TrimLeft(strings.TrimPrefix(after, ":"), "0123456789")
		if u.special || !strings.HasPrefix(after, ",") {
			return nil
		}
		s = after[1:] // databases of several hosts
	}
}

// served gives the host that serves a bucket.
func (u *site) served(name string) string {
	switch u.scheme {
	case "s3", "s3a", "s3n":
		return name + ".s3.amazonaws.com"
	case "gs", "gcs":
		return name + ".storage.googleapis.com"
	}
	return name
}
