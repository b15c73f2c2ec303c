package hosts

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/net/idna"
)

// Errors are the same for all faults of a kind, so that callers can show them without showing foreign text.
var (
	errUnreadable = errors.New("a host cannot be read, or readers take it for different ones")
	errUnknown    = errors.New("a host stands there as a variable")
	errLong       = errors.New("a text is too long to look for hosts in it")
	errMany       = errors.New("a text names too many hosts")
)

// maxName is the length of the longest name in the DNS, in bytes.
const maxName = 253

var profiles = sync.OnceValue(func() [2]*idna.Profile {
	return [2]*idna.Profile{
		idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false)),
		idna.New(idna.MapForLookup(), idna.Transitional(true), idna.StrictDomainName(false), idna.CheckHyphens(false)),
	}
})

// Canonical gives the one form of a host: lower-case ASCII, IDNA as punycode, no trailing dot, IPv4 addresses in any spelling as dotted
// quad, IPv6 addresses without brackets and zone, those that map IPv4 as IPv4. Applied twice it gives the same.
func Canonical(host string) (string, error) {
	all, err := readings(host)
	if err != nil {
		return "", err
	}
	return all[0], nil
}

// readings gives the forms of a host that readers may take it for, the usual one first.
func readings(host string) ([]string, error) {
	if strings.ContainsRune(host, '%') && !strings.ContainsRune(host, ':') {
		decoded, err := url.PathUnescape(host)
		if err != nil {
			return nil, errUnreadable
		}
		host = decoded
	}
	if addr, is, err := ipv6(host); is {
		return []string{addr}, err
	}
	if len(host) > 4*maxName {
		return nil, errUnreadable
	}
	var out []string
	for i, p := range profiles() {
		name := host
		if i > 0 && ascii(host) {
			break
		}
		if !ascii(host) {
			var err error
			if name, err = p.ToASCII(host); err != nil {
				return nil, errUnreadable
			}
		}
		name = strings.ToLower(strings.TrimRight(name, "."))
		if !validName(name) {
			return nil, errUnreadable
		}
		numbers, err := ipv4(name)
		if err != nil {
			return nil, err
		}
		if numbers == nil {
			numbers = []string{name}
		}
		for _, n := range numbers {
			if len(out) == 0 || out[0] != n {
				out = append(out, n)
			}
		}
	}
	return out, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// validName takes letters, digits, hyphens and underscores in labels that are not empty.
func validName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
		if strings.HasPrefix(label, "xn--") {
			if _, err := profiles()[0].ToUnicode(label); err != nil {
				return false
			}
		}
	}
	return true
}

// Within tells whether a canonical host is the domain or a sub-domain of it. An address is within itself only.
func Within(host, domain string) bool {
	if host == domain {
		return host != ""
	}
	if domain == "" || !strings.HasSuffix(host, domain) || host[len(host)-len(domain)-1] != '.' {
		return false
	}
	_, err := netip.ParseAddr(host)
	return err != nil
}
