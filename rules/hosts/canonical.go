package hosts

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
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
		name = strings.ToLower(strings.TrimSuffix(name, "."))
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

// ipv6 reads an address in brackets or with several colons.
func ipv6(host string) (text string, is bool, err error) {
	if strings.Count(host, ":") < 2 && !strings.HasPrefix(host, "[") {
		return "", false, nil
	}
	if strings.HasPrefix(host, "[") {
		inner, closed := strings.CutSuffix(host[1:], "]")
		if !closed {
			return "", true, errUnreadable
		}
		host = inner
	}
	host, _, _ = strings.Cut(host, "%")
	addr, err := netip.ParseAddr(host)
	if err != nil || !addr.Is6() {
		return "", true, errUnreadable
	}
	return addr.Unmap().WithZone("").String(), true, nil
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

// ipv4 reads a name that ends in a number as an address, as inet_aton and WHATWG do: up to four numbers, octal behind 0 and hexadecimal
// behind 0x, the last one filling what is left. Those that some readers take for decimal have two readings. A name is nil.
func ipv4(name string) ([]string, error) {
	parts := strings.Split(name, ".")
	last := parts[len(parts)-1]
	if _, err := number(last, true); err != nil && strings.Trim(last, "0123456789") != "" {
		return nil, nil
	}
	if len(parts) > 4 {
		return nil, errUnreadable
	}
	usual, err := address(parts, true)
	if err != nil {
		return nil, err
	}
	out := []string{usual}
	if decimal, err := address(parts, false); err == nil && decimal != usual {
		out = append(out, decimal)
	}
	return out, nil
}

func address(parts []string, octal bool) (string, error) {
	var sum uint64
	for i, p := range parts {
		n, err := number(p, octal)
		if err != nil {
			return "", errUnreadable
		}
		if i < len(parts)-1 {
			if n > 255 {
				return "", errUnreadable
			}
			sum |= n << (8 * (3 - i))
			continue
		}
		if n >= 1<<(8*(5-len(parts))) {
			return "", errUnreadable
		}
		sum |= n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}).String(), nil
}

func number(s string, octal bool) (uint64, error) {
	switch {
	case strings.HasPrefix(s, "0x"):
		if s == "0x" {
			return 0, nil
		}
		return strconv.ParseUint(s[2:], 16, 64)
	case octal && len(s) > 1 && s[0] == '0':
		return strconv.ParseUint(s, 8, 64)
	}
	return strconv.ParseUint(s, 10, 64)
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

// Names of this machine, of its network, and of services that give addresses back as they stand in the name.
var (
	localDomains = []string{"localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain", "private",
		"nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "1u.ms", "rbndr.us", "fbi.com.localhost"}
	localNets = sync.OnceValue(func() (out []netip.Prefix) {
		for _, p := range []string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
			"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
			"::/128", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "::/96"} {
			out = append(out, netip.MustParsePrefix(p))
		}
		return out
	})
)

// Local tells whether a canonical host is this machine, its network, or what clouds keep there: loopback, private, link-local, shared
// and multicast addresses, IPv6 forms that carry an IPv4 address, names without a dot, and names that are known to lead there. What is
// no canonical host is local.
func Local(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		for _, p := range localNets() {
			if p.Contains(addr.Unmap()) {
				return true
			}
		}
		return false
	}
	if !strings.Contains(host, ".") || !validName(host) {
		return true
	}
	for _, d := range localDomains {
		if Within(host, d) {
			return true
		}
	}
	return false
}
