package card

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"sallyport/approve"
	"sallyport/rules/hosts"
	"sallyport/rules/scan"
)

// maxHostText bounds the texts in which hosts are looked for, together.
const maxHostText = 1 << 20

// A reached is a host with what is unusual about how it is named.
type reached struct {
	host string
	odd  []string
}

// hosts tells which hosts the arguments name.
func (e *effects) hosts() {
	found, lost := e.findHosts()
	if lost > 0 {
		e.warn("a host is named in a way that cannot be read with certainty")
	}
	if len(found) == 0 && lost == 0 {
		return
	}
	e.block("hosts that it names", approve.BlockFacts, func(s *sink) {
		if lost > 0 {
			s.warn("unknown", "a host stands in "+plural(lost, "argument")+" that cannot be known")
		}
		for i, r := range found {
			if i == maxListed {
				s.cut = true
				e.warn("more than " + plural(maxListed, "host") + " are named")
				return
			}
			e.tellHost(s, r)
		}
	})
}

// findHosts looks at all texts but contents, as package rules does; lost counts those with a host that cannot be known.
func (e *effects) findHosts() (found []reached, lost int) {
	at := map[string]int{}
	add := func(host string) int {
		i, known := at[host]
		if !known {
			i = len(found)
			at[host], found = i, append(found, reached{host: host})
		}
		return i
	}
	left := maxHostText
	for i := range e.t.nodes {
		n := &e.t.nodes[i]
		if !n.isString() {
			continue
		}
		key := words(e.t.keyOf(int32(i)))
		bare := hostWords.any(key)
		if !bare && contentWords.last(key) {
			continue
		}
		text := n.text()
		if left -= len(text); left < 0 {
			e.cut = true
			e.warn("the arguments are too long to look for hosts in all of them")
			break
		}
		list, err := hosts.Of(text, bare)
		if err != nil {
			lost++
		}
		odd := urlOddities(text, bare)
		for j, h := range list {
			k := add(h)
			if j == 0 {
				if bare {
					e.phrase("names " + short(strings.TrimSpace(text), 80))
				}
				found[k].odd = append(found[k].odd, odd...)
			}
		}
	}
	_, more := e.touched()
	for _, h := range more {
		add(h)
	}
	return found, lost
}

func (e *effects) tellHost(s *sink, r reached) {
	text, odd := describeHost(r.host)
	for _, o := range r.odd {
		if !slices.Contains(odd, o) {
			odd = append(odd, o)
		}
	}
	if e.call.NewHost != nil && e.call.NewHost(r.host) {
		odd = append(odd, "first time")
	}
	full := text
	if len(odd) > 0 {
		full += " (" + strings.Join(odd, "; ") + ")"
		e.warn("host " + full)
	}
	s.add(approve.Line{Name: "host", Text: full, Warn: len(odd) > 0})
}

// describeHost gives the part of a name that somebody registered, then the whole name.
func describeHost(host string) (text string, odd []string) {
	text = line(host)
	if ip, err := netip.ParseAddr(host); err == nil {
		odd = append(odd, "an address, not a name")
		if hosts.Local(ip.String()) {
			odd = append(odd, "of this machine or its network")
		}
		return text, odd
	}
	if hosts.Local(host) {
		odd = append(odd, "of this machine or its network")
	}
	if strings.Contains(host, "xn--") {
		odd = append(odd, "letters of other scripts in the name")
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil && domain != host {
		text = line(domain) + " — " + text
	}
	return text, odd
}

// urlOddities says what is unusual about the first URL of a text.
func urlOddities(text string, bare bool) (odd []string) {
	at := strings.Index(text, "://")
	if at < 0 || len(text) > 64<<10 {
		return nil
	}
	start := strings.LastIndexAny(text[:at], " \t\n\"'`<>()[]{},;=|") + 1
	end := len(text)
	if i := strings.IndexAny(text[at:], " \t\n\"'`<>"); i >= 0 {
		end = at + i
	}
	raw := text[start:end]
	if bare && strings.TrimSpace(text) != raw {
		odd = append(odd, "more than a URL stands there")
	}
	if scheme := strings.ToLower(text[start:at]); scheme != "https" {
		odd = append(odd, "not https: "+short(scheme, 20))
	}
	authority := text[at+3 : end]
	if i := strings.IndexAny(authority, `/?#`); i >= 0 {
		authority = authority[:i]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		odd = append(odd, "a name or password before the host")
		authority = authority[i+1:]
	}
	if mixed := scan.MixedScripts(authority); mixed != "" {
		odd = append(odd, "mixed scripts: "+line(mixed))
	}
	if _, err := url.Parse(raw); err != nil || strings.ContainsAny(raw, "\\") {
		odd = append(odd, "no well-formed URL")
	}
	return odd
}
