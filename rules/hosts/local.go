package hosts

import (
	"net/netip"
	"strings"
	"sync"
)

// localDomains gives names of this machine, of its network, and of services that answer with the address that stands in the name, or
// with this machine's.
var localDomains = sync.OnceValue(func() []string {
	return []string{
		"localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain", "private", "svc", "test",
		"consul", "docker", "ts.net", "fritz.box", "metadata.goog", "metadata.azure.com", "ipv6-literal.net", "plex.direct",
		"nip.io", "sslip.io", "xip.io", "xip.name", "traefik.me", "backname.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com",
		"fuf.me", "local.gd", "localho.st", "localhost.direct", "local-ip.co", "local-ip.sh", "local-ip.dev", "smackaho.st",
		"1u.ms", "rbndr.us", "spoofed.burpcollaborator.net",
	}
})

var localNets = sync.OnceValue(func() (out []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
		"198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
		// ::/96 to 2001::/32 carry an IPv4 address
		"::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
})

// Local tells whether a canonical host is this machine, its network, or what clouds keep there: loopback, private, link-local, shared
// and multicast addresses, IPv6 forms that carry an IPv4 address, names without a dot, names that are known to lead there, and names
// with such an IPv4 address in them (127.0.0.1.example.com, ip-10-0-0-1.example.com). What is no canonical host is local.
func Local(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return localAddr(addr)
	}
	if !strings.Contains(host, ".") || !validName(host) {
		return true
	}
	for _, d := range localDomains() {
		if Within(host, d) {
			return true
		}
	}
	return carries(host)
}

func localAddr(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range localNets() {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// carries tells whether a name holds a local IPv4 address, with dots or hyphens.
func carries(host string) bool {
	parts := strings.FieldsFunc(host, func(r rune) bool { return r == '.' || r == '-' })
	for i := 0; i+4 <= len(parts); i++ {
		if addr, err := netip.ParseAddr(strings.Join(parts[i:i+4], ".")); err == nil && localAddr(addr) {
			return true
		}
	}
	return false
}
