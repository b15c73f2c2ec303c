package hosts

import (
	"fmt"
	"strings"
	"testing"
)

// fails stands for an error.
const fails = "error"

var readable = []struct {
	text string
	bare bool
	want string // hosts with blanks between
}{
	{"", false, ""}, {"", true, ""},
	{"https://example.com/x", false, "example.com"},
	{"HTTPS://EXAMPLE.com.:443/x?y#z", false, "example.com"},
	{"see http://a.example, https://b.example. Or (ftp://c.example)!", false, "a.example b.example c.example"},
	{"curl -s 'https://a.example/x' | sh", false, "a.example"},
	{`fetch("https://a.example/?u="+x).then(y=>fetch('//b.example'))`, false, "a.example b.example"},
	{"wss://a.example:8443", false, "a.example"},
	// user and password
	{"https://good.example@evil.example/", false, "evil.example"},
	{"https://good.example:x@evil.example:8/", false, "evil.example"},
	{"https://a@good.example@evil.example/", false, "good.example evil.example"},
	{`https://evil.example\@good.example/`, false, "evil.example good.example"},
	{"https://good.example%2f@evil.example/", false, "good.example evil.example"},
	{"https://good.example%40evil.example/", false, fails},
	{"https://evil.example#@good.example/", false, "evil.example good.example"},
	{"https://good.example?@evil.example/", false, "good.example evil.example"},
	{"https://good.example'@evil.example/", false, "good.example evil.example"},
	{"https://good.example;@evil.example", false, "good.example evil.example"},
	{"https://medium.example/@user", false, "medium.example"},
	{"http://1.1.1.1 &@2.2.2.2# @3.3.3.3/", false, "1.1.1.1 2.2.2.2 3.3.3.3"},
	{"http://127.0.0.1:11211:80/", false, fails},
	{"http://example.com:80:90/", false, fails},
	// slashes
	{"http:///evil.example/x", false, "evil.example"}, {"http:/evil.example/x", false, "evil.example"}, {"http:evil.example", false, "evil.example"},
	{`http:\\evil.example\x`, false, "evil.example"}, {`https:\/\/evil.example\/x`, false, "evil.example"}, {"https:////evil.example", false, "evil.example"},
	{"//evil.example/x", false, "evil.example"}, {`\\server\share`, false, "server"}, {`/\evil.example`, false, "evil.example"},
	{"ht\ntp://evil.example", false, "evil.example"}, {"https://ev\til.example/", false, "ev evil.example"}, {" \x01https://evil.example", false, "evil.example"},
	// not hosts
	{"// TODO: check", false, ""}, {"a//b", false, ""}, {"http:// alone", false, ""}, {`C:\Users\x`, false, ""}, {"note: http is old", false, ""},
	{"file:///etc/passwd", false, ""}, {"file://server/x", false, "server"}, {"data:text/html,x", true, ""}, {"javascript:alert(1)", true, ""},
	{"data:text/html,<img src=https://evil.example/x>", true, "evil.example"}, {"ann@example.com: hello", false, ""}, {"mailto:ann@example.com", true, ""},
	{"fi\nle:///etc/passwd", true, ""}, {"/a/b", true, ""}, {"./a", true, ""}, {"#top", true, ""},
	// names
	{"https://EXÄMPLE.com/", false, "xn--exmple-cua.com"}, {"https://faß.de", false, "xn--fa-hia.de fass.de"}, {"https://еxample.com", false, "xn--xample-2of.com"},
	{"https://example。com", false, "example.com"}, {"https://ｅｘａｍｐｌｅ．com", false, "example.com"}, {"https://ex%61mple.com", false, "example.com"},
	{"https://ex\u00admple.com", false, "exmple.com"}, {"https://a..b/", false, fails}, {"https://xn--zzzz-zzzzzzzzz999999.com", false, fails},
	{"https://" + strings.Repeat("a", 64) + ".com", false, fails},
	// addresses
	{"http://2130706433/", false, "127.0.0.1"}, {"http://0x7f.1/", false, "127.0.0.1"}, {"http://0x7f000001", false, "127.0.0.1"},
	{"http://017700000001/", false, "127.0.0.1"}, {"http://0177.0.0.1/", false, "127.0.0.1 177.0.0.1"}, {"http://010.8.8.8/", false, "8.8.8.8 10.8.8.8"}, {"http://127.1/", false, "127.0.0.1"},
	{"http://1.2.3.4.5/", false, fails}, {"http://256.1.1.1/", false, fails}, {"http://[::1]:80/", false, "::1"}, {"http://[::ffff:127.0.0.1]/", false, "127.0.0.1"},
	{"http://[fe80::1%25eth0]/", false, "fe80::1"}, {"http://[::1", false, fails}, {"http://①②⑦.⓪.⓪.①/", false, "127.0.0.1"}, {"http://0/", false, "0.0.0.0"},
	// other schemes
	{"postgres://u:p@h1.example:5432,h2.example/db", false, "h1.example h2.example"}, {"jdbc:mysql://h.example:3306/db", false, "h.example"},
	{"mongodb+srv://u:p%40x@h.example/db", false, "h.example"}, {"git@github.example:a/b.git", false, "github.example"}, {"git clone deploy@h.example:x", false, "h.example"},
	{"ssh://git@h.example:22/x", false, "h.example"}, {"git+ssh://h.example/x", false, "h.example"}, {"s3://bucket/key", false, "bucket.s3.amazonaws.com"},
	// what cannot be known
	{"https://{host}/x", false, fails}, {"curl https://$HOST/x", false, fails}, {"https://a.$HOST/", false, fails}, {"https://*.example.com/", false, fails}, {"https://<your-host>/", false, fails},
	// bare
	{"example.com", true, "example.com"}, {"example.com:8080", true, "example.com"}, {"example.com/x?y", true, "example.com"}, {"localhost", true, "localhost"},
	{"u@evil.example", true, "evil.example"}, {"example.com", false, ""}, {"::1", true, "::1"}, {"[::1]:9", true, "::1"}, {"two words", true, fails}, {"a_b.example", true, "a_b.example"},
}

func TestHostsOfTexts(t *testing.T) {
	for _, tt := range readable {
		got, err := Of(tt.text, tt.bare)
		text := strings.Join(got, " ")
		if err != nil {
			text = fails
		}
		if text != tt.want {
			t.Errorf("%q (bare %v): got %q (%v), want %q", tt.text, tt.bare, text, err, tt.want)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, tt := range []struct {
		host, domain string
		want         bool
	}{
		{"github.com", "github.com", true}, {"api.github.com", "github.com", true}, {"evilgithub.com", "github.com", false}, {"github.com.evil.example", "github.com", false},
		{"com", "github.com", false}, {"", "", false}, {"a.com", "", false}, {"127.0.0.1", "0.0.1", false}, {"127.0.0.1", "127.0.0.1", true},
	} {
		if Within(tt.host, tt.domain) != tt.want {
			t.Errorf("%q within %q", tt.host, tt.domain)
		}
	}
}

func TestLocal(t *testing.T) {
	for _, h := range []string{"localhost", "a.localhost", "printer.local", "x.internal", "metadata.google.internal", "intranet", "127.0.0.1", "127.9.9.9", "10.1.2.3",
		"172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "::", "fd00:ec2::254", "fe80::1", "224.0.0.1", "64:ff9b::7f00:1",
		"2002:7f00:1::", "127.0.0.1.nip.io", "localtest.me", "x.lvh.me", "", "not a host", "UPPER.example",
		"10.0.0.1.example.com", "ip-172-31-0-1.example.com", "::ffff:0:7f00:1", "192-168-1-1.x.plex.direct", "fe80--1.ipv6-literal.net", "db.svc", "1u.ms", "a.1u.ms", "b.home.arpa", "nas.lan"} {
		if !Local(h) {
			t.Errorf("%q is local", h)
		}
	}
	for _, h := range []string{"example.com", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "mylocal.example", "xn--exmple-cua.com", "100.128.0.1", "ec2-54-1-2-3.example.com", "v1-2-3.example.com", "internal.example.com"} {
		if Local(h) {
			t.Errorf("%q is not local", h)
		}
	}
}

func TestCanonicalIsIdempotent(t *testing.T) {
	for _, h := range []string{"EXAMPLE.com.", "0x7f.1", "[::1]", "faß.de", "127.1", "fe80::1%eth0", "a_b"} {
		once, err := Canonical(h)
		if err != nil {
			t.Fatal(h, err)
		}
		if twice, err := Canonical(once); err != nil || twice != once {
			t.Errorf("%q: %q, then %q (%v)", h, once, twice, err)
		}
	}
}

func ExampleOf() {
	fmt.Println(Of(`https://github.com@evil.example/`, false))
	// Output: [evil.example] <nil>
}
