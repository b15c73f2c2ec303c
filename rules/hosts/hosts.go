package hosts

import (
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
	// maxPasses is how often each byte may be read, on average: URLs may stand inside each other.
	maxPasses = 64
)

// Of gives the hosts that a text names, each once, in canonical form: those of all URLs in it, with every reading where readers differ,
// and of user@host:path. With bare, a text without a scheme is read as host, host:port or host/path too. An error means that a host is
// there that cannot be known, or that the text is over 1 MiB or names over 10,000 hosts; it holds nothing of the text.
func Of(text string, bare bool) ([]string, error) {
	if len(text) > maxText {
		return nil, errLong
	}
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfeff || unicode.IsSpace(r) })
	f := finder{budget: maxPasses * (len(text) + 1024)}
	if err := f.scan(text, bare); err != nil {
		return nil, err
	}
	if bare {
		if err := f.bare(text); err != nil {
			return nil, err
		}
	}
	return f.out, nil
}

// finder gathers hosts. The zero value may read nothing.
type finder struct {
	out    []string
	known  map[string]bool
	budget int // bytes that may still be read
	past   int // where the last authority ended
}

// spend takes from the budget, so that URLs inside URLs cost no more than linear time.
func (f *finder) spend(n int) error {
	if f.budget -= n; f.budget < 0 {
		return errMany
	}
	return nil
}

// add puts all readings of a host into the result.
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
		if len(f.out) < 8 {
			continue
		}
		if f.known == nil {
			f.known = map[string]bool{}
			for _, o := range f.out {
				f.known[o] = true
			}
		}
		f.known[h] = true
	}
	return nil
}

// scan looks at each place where a host can begin.
func (f *finder) scan(s string, bare bool) error {
	for i := 0; i < len(s); i++ {
		var err error
		switch s[i] {
		case ':':
			err = f.colon(s, i)
		case '@':
			err = f.at(s, i)
		case '/', '\\':
			if i+1 < len(s) && !(bare && i == 0) && opens(s, i) {
				err = f.relative(s, i)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// colon reads the URL whose scheme ends at s[i].
func (f *finder) colon(s string, i int) error {
	scheme, start := schemeBefore(s, i)
	if scheme == "" {
		return nil
	}
	if strings.HasPrefix(s[i+1:], "oracle:") || strings.HasPrefix(s[i+1:], "ORACLE:") {
		return f.oracle(s[i+1:])
	}
	u := site{s: s, at: i + 1, scheme: scheme, special: special(scheme), first: start == 0}
	before := start
	for before > 0 && start-before < 8 && s[before-1] <= ' ' {
		before--
	}
	if before > 0 {
		switch c := s[before-1]; c {
		case '"', '\'', '`':
			u.quote = c
		case '=':
			u.nested = before == start
		}
	}
	slashes := u.skipSlashes()
	switch {
	case scheme == "file":
		return f.file(u, slashes)
	case !u.special && (slashes < 2 || len(scheme) == 1): // one letter is a drive
		return nil
	case slashes < 2 && !u.browserOnly(start, slashes):
		return nil
	}
	if err := f.authority(u); err != nil {
		return err
	}
	return f.parameters(u)
}

// special tells schemes for which browsers take a backslash for a slash, and any number of them for two. What merely ends like one
// counts too: a reader may look for "http" anywhere.
func special(scheme string) bool {
	for _, s := range [...]string{"http", "https", "ws", "wss", "ftp"} {
		if strings.HasSuffix(scheme, s) {
			return true
		}
	}
	return false
}

// schemeBefore gives the scheme that ends at s[i], in lower case, and where it starts. Browsers take tabs and line ends out of it.
func schemeBefore(s string, i int) (scheme string, start int) {
	start = i
	for start > 0 && i-start < maxScheme && schemeByte(s[start-1]) {
		start--
	}
	whole := s[start:i]
	scheme = strings.TrimLeft(whole, "0123456789+-.")
	start += len(whole) - len(scheme)
	scheme = strings.ToLower(scheme)
	if special(scheme) || start == 0 || !broken(s[start-1]) {
		return scheme, start
	}
	var joined []byte
	at := i
	for at > 0 && i-at < maxScheme && (schemeByte(s[at-1]) || broken(s[at-1])) {
		if at--; !broken(s[at]) {
			joined = append(joined, s[at])
		}
	}
	slices.Reverse(joined)
	if j := strings.ToLower(string(joined)); special(j) || j == "file" {
		return j, at
	}
	return scheme, start
}

func schemeByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

// broken tells what browsers take out of a URL before they read it.
func broken(c byte) bool { return c == '\t' || c == '\n' || c == '\r' }

// control tells what readers take off the ends of a URL.
func control(r rune) bool { return r <= ' ' }

func unbroken(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && broken(byte(r)) {
			return -1
		}
		return r
	}, s)
}

func slash(c byte) bool { return c == '/' || c == '\\' }

// end gives the index of the first of the bytes in s, or its length.
func end(s, stops string) int {
	if i := strings.IndexAny(s, stops); i >= 0 {
		return i
	}
	return len(s)
}
