package hosts

import (
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzOf: the host that net/url sees is among ours, or there is an error, or it is none that anybody can connect to. Bare or not makes
// no difference to a URL with a scheme of two letters and more. All hosts are canonical.
func FuzzOf(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		f.Add(mutations(rng))
	}
	f.Add("git@github.example:a/b")
	f.Add(`\\server\share`)
	f.Add("postgres://u:p@a.example,b.example/db?host=c.example")
	f.Add("//a.example@b.example")
	f.Fuzz(func(t *testing.T, s string) {
		for _, bare := range []bool{false, true} {
			got, err := Of(s, bare)
			if err != nil {
				if got != nil {
					t.Fatalf("%q: hosts %q with an error", s, got)
				}
				continue
			}
			for _, h := range got {
				if c, err := Canonical(h); err != nil || c != h {
					t.Fatalf("%q: %q is not canonical: %q, %v", s, h, c, err)
				}
			}
			want := seenByGo(s, bare)
			if want != nil && !slices.ContainsFunc(want, func(w string) bool { return slices.Contains(got, w) }) {
				t.Fatalf("%q (bare %v): net/url sees %q, we %q", s, bare, want, got)
			}
		}
	})
}

// seenByGo gives the readings of the host that net/url sees, nil for none.
func seenByGo(s string, bare bool) []string {
	u, err := url.Parse(s)
	if err != nil || len(u.Scheme) == 1 || u.Scheme == "" && !bare || u.Hostname() == "" {
		return nil
	}
	name := u.Hostname()
	if u.Scheme == "file" && len(name) == 1 { // a drive
		return nil
	}
	if strings.Contains(name, ",") { // several hosts, or none
		return nil
	}
	at := site{scheme: u.Scheme}
	all, err := readings(at.served(name))
	if err != nil {
		return nil
	}
	return all
}

// FuzzCanonical: the canonical form is its own canonical form, in ASCII, and addresses are in the form of net/netip.
func FuzzCanonical(f *testing.F) {
	for _, h := range []string{"EXAMPLE.com.", "0x7f.1", "[::1]", "faß.de", "127.1", "fe80::1%eth0", "a_b", "%31", "①", "xn--fa-hia", "a\u00ad"} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h string) {
		once, err := Canonical(h)
		if err != nil {
			if once != "" {
				t.Fatalf("%q: %q with an error", h, once)
			}
			return
		}
		twice, err := Canonical(once)
		if err != nil || twice != once || !ascii(once) {
			t.Fatalf("%q: %q, then %q (%v)", h, once, twice, err)
		}
		if addr, err := netip.ParseAddr(once); err == nil && addr.Unmap().String() != once {
			t.Fatalf("%q: %q is not the form of %v", h, once, addr)
		}
		if !Within(once, once) || Within("x"+once, once) && strings.HasPrefix(once, "x") {
			t.Fatalf("%q is not within itself, or what ends like it is", once)
		}
		Local(once)
		Local(h)
	})
}
