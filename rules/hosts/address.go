package hosts

import (
	"net/netip"
	"strconv"
	"strings"
)

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

// ipv4 reads a name that ends in a number as an address, as inet_aton and WHATWG do: up to four numbers, octal behind 0 and hexadecimal
// behind 0x, the last one filling what is left. Those that some readers take for decimal have two readings. A name is nil.
func ipv4(name string) ([]string, error) {
	parts := strings.Split(name, ".")
	last := parts[len(parts)-1]
	hex, is := strings.CutPrefix(last, "0x")
	if strings.Trim(last, "0123456789") != "" && !(is && strings.Trim(hex, "0123456789abcdef") == "") {
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
