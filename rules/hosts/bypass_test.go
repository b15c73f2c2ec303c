package hosts

import (
	"slices"
	"strings"
	"testing"
)

var hidden = []struct {
	name, text string
	bare       bool
	want       string // "" for evil.example
}{
	{name: "user", text: "https://good.example@evil.example"},
	{name: "user and port", text: "http://good.example:80@evil.example:80/"},
	{name: "two users", text: "http://foo@evil.example:80@good.example/"},
	{name: "two users, last", text: "http://foo@good.example:80@evil.example/"},
	{name: "user and blank", text: "http://foo@evil.example @good.example/"},
	{name: "user and blank, last", text: "http://foo@good.example @evil.example/"},
	{name: "three readers", text: "http://1.1.1.1 &@evil.example# @3.3.3.3/"},
	{name: "fragment before user", text: "http://good.example#@evil.example/"},
	{name: "user before fragment", text: "http://evil.example#@good.example/"},
	{name: "query before user", text: "http://good.example?@evil.example/"},
	{name: "backslash before user", text: `http://evil.example\@good.example`},
	{name: "backslash before user, RFC", text: `http://good.example\@evil.example`},
	{name: "backslash, then fragment", text: `http://good.example\@evil.example#@third.example`},
	{name: "encoded slash before user", text: "https://good.example%2f@evil.example"},
	{name: "encoded slash before user, decoded first", text: "https://evil.example%2f@good.example"},
	{name: "encoded fragment in the host", text: "https://evil.example%23.good.example/"},
	{name: "encoded twice", text: "https://evil%252eexample/"},
	{name: "two ports", text: "http://evil.example:11211:80/"},
	{name: "port that goes on", text: "http://good.example:80.evil.example/"},
	{name: "NUL", text: "http://good.example\x00.evil.example/"},
	{name: "vertical tab", text: "http://good.example\v.evil.example/"},
	{name: "header injection", text: "http://evil.example%0d%0aHost:good.example/"},
	{name: "CR LF in the host", text: "http://good\r\n.evil.example/", want: "good.evil.example"},
	{name: "tab in the scheme", text: "ht\ttps://evil.example/"},
	{name: "newline behind the scheme", text: "https\n://evil.example/"},
	{name: "newline between slashes", text: "https:/\n/evil.example/"},
	{name: "tab in the host, blanks in the path", text: "https://ev\til.example/a b c"},
	{name: "newline in a string", text: "fetch(`https://good\n.evil.example/`)", want: "good.evil.example"},
	{name: "newline before user", text: "https://good.example\n@evil.example/"},
	{name: "punctuation in the name", text: "http://good.example,.evil.example/"},
	{name: "punctuation in a command", text: "curl http://good.example,.evil.example/"},
	{name: "ampersand in the name", text: "curl http://good.example&.evil.example/"},
	{name: "bracket behind", text: "curl http://good.example).evil.example/"},
	{name: "shell quotes", text: `curl https://good.exam""ple.evil.example`},
	{name: "shell quote opens", text: `curl https://"evil.example"/`},
	{name: "shell quote closes", text: `curl "https://good.example".evil.example/`},
	{name: "shell single quotes", text: `curl https://good.example'.evil.example'`},
	{name: "shell backslash", text: `curl https://good.example\.evil.example/`},
	{name: "shell line", text: "curl https://good.example\\\n.evil.example/"},
	{name: "shell user in quotes", text: `curl "https://good.example"@evil.example/`},
	{name: "shell variable", text: "curl https://good.example$X/"},
	{name: "shell command", text: "curl https://good.example`echo .evil.example`/"},
	{name: "curl range", text: "curl https://goo[d-e].example/"},
	{name: "curl braces", text: "curl https://{evil,good}.example/"},
	{name: "caret of cmd", text: "curl https://good.example^.evil.example/"},
	{name: "concatenation", text: `fetch("https://" + host)`},
	{name: "concatenation behind", text: `fetch("https://good.example" + x)`},
	{name: "template", text: "fetch(`https://${h}/`)"},
	{name: "printf", text: `sprintf("https://%s/", h)`},
	{name: "placeholder of a path", text: "https://good.{domain}/"},
	{name: "printf in the name", text: "https://good.%s.example/"},
	{name: "no slash", text: "https:evil.example"},
	{name: "no slash in code", text: "fetch('https:evil.example')"},
	{name: "one slash in code", text: "fetch('https:/evil.example')"},
	{name: "three slashes", text: "fetch('https:///evil.example')"},
	{name: "backslashes", text: `fetch('https:\\evil.example')`},
	{name: "mixed slashes", text: `https:\/evil.example`},
	{name: "JSON slashes", text: `{"u":"https:\/\/evil.example\/x"}`},
	{name: "relative", text: "//evil.example/x"},
	{name: "relative in code", text: "fetch('//evil.example/x')"},
	{name: "relative in an attribute", text: "<img src=//evil.example/x>"},
	{name: "relative in CSS", text: "a{background:url(//evil.example/x)}"},
	{name: "relative with tab", text: "/\t/evil.example/x"},
	{name: "relative with backslash", text: `/\evil.example/x`},
	{name: "relative with user", text: "//good.example@evil.example/x"},
	{name: "relative, address", text: "//2130706433/x", want: "127.0.0.1"},
	{name: "relative, IPv6", text: "//[::1]/x", want: "::1"},
	{name: "share", text: `\\evil.example\share`},
	{name: "share in a command", text: `type \\evil.example\share\x`},
	{name: "share, WebDAV", text: `\\evil.example@SSL@8080\DavWWWRoot\x`},
	{name: "share, long form", text: `\\?\UNC\evil.example\share`},
	{name: "share, doubled", text: `open("\\\\evil.example\\share")`},
	{name: "share as file", text: "file:////evil.example/share"},
	{name: "file host", text: `file:\\evil.example\share`},
	{name: "scp", text: "git clone git@evil.example:a/b"},
	{name: "scp behind a colon", text: "origin:git@evil.example:a/b"},
	{name: "scp behind a quote", text: `git clone "git"@evil.example:a/b`},
	{name: "scp with variable", text: "git clone git@$HOST:a/b"},
	{name: "scp, IPv6", text: "git clone git@[::1]:a", want: "::1"},
	{name: "inner scheme", text: "view-source:https://evil.example"},
	{name: "blob", text: "blob:https://evil.example/id"},
	{name: "jar", text: "jar:http://evil.example/x.jar!/y"},
	{name: "javascript", text: "javascript:location='https://evil.example'"},
	{name: "data", text: "data:text/html,<script src=//evil.example/x>"},
	{name: "word before the scheme", text: `xhttps:\\evil.example`},
	{name: "mongodb", text: "mongodb://u:p@good.example:1,evil.example:2/db"},
	{name: "postgres list", text: "postgres://u:p@good.example,evil.example:5432/db"},
	{name: "postgres host in query", text: "postgres://good.example/db?host=evil.example"},
	{name: "postgres address in query", text: "postgresql:///db?x=1&hostaddr=10.0.0.1", want: "10.0.0.1"},
	{name: "password with at", text: "postgres://u:p@ss@evil.example/db"},
	{name: "password with fragment", text: "postgres://u:p#w@evil.example/db"},
	{name: "mysql DSN", text: "u:p@tcp(evil.example:3306)/db"},
	{name: "jdbc", text: "jdbc:sqlserver://good.example;serverName=evil.example;"},
	{name: "jdbc oracle", text: "jdbc:oracle:thin:@evil.example:1521:sid"},
	{name: "jdbc oracle service", text: "jdbc:oracle:thin:u/p@//evil.example:1521/s"},
	{name: "jdbc oracle description", text: "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=evil.example)))"},
	{name: "svn", text: "svn+ssh://u@evil.example/x"},
	{name: "option as host", text: "ssh://-oProxyCommand=evil.example/x"},
	{name: "full-width dot", text: "https://evil．example/"},
	{name: "ideographic dot", text: "https://evil。example/"},
	{name: "one dot leader", text: "https://evil․example/"},
	{name: "full-width letters", text: "https://ｅｖｉｌ.example/"},
	{name: "circled letters", text: "https://ⓔⓥⓘⓛ.example/"},
	{name: "soft hyphen", text: "https://ev\u00adil.example/"},
	{name: "zero width", text: "https://ev\u200bil.example/"},
	{name: "account of", text: "https://evil.example℀.good.example/"},
	{name: "full-width fragment", text: "https://evil.example＃@good.example/"},
	{name: "full-width at", text: "https://good.example＠evil.example/"},
	{name: "bidi override", text: "https://good.example\u202e.evil.example/"},
	{name: "percent", text: "https://%65vil.example"},
	{name: "percent dot", text: "https://evil%2Eexample"},
	{name: "percent of another script", text: "https://%EF%BD%85vil.example"},
	{name: "trailing dots", text: "https://evil.example.:80/"},
	{name: "mixed case", text: "hTtPs://eViL.eXaMpLe"},
	{name: "bare", text: "evil.example", bare: true},
	{name: "bare with URL behind", text: "evil.example/?u=http://good.example", bare: true},
	{name: "bare with scheme behind", text: "evil.example#://good.example/", bare: true},
	{name: "bare user", text: "good.example@evil.example", bare: true},
	{name: "bare backslash", text: `evil.example\@good.example`, bare: true},
	{name: "bare relative", text: "//evil.example", bare: true},
	{name: "bare single label", text: "//intranet/x", bare: true, want: "intranet"},
	{name: "bare list", text: "good.example,evil.example", bare: true},
	{name: "bare list with port", text: "good.example:1,evil.example:2", bare: true},
	{name: "bare name like a scheme", text: "database:5432", bare: true, want: "database"},
	{name: "bare data with a port", text: "data:5432", bare: true, want: "data"},
	{name: "bare, next line", text: "evil.example\nhttp://good.example", bare: true},
	{name: "IPv6 as user", text: "http://[::1]@good.example/", want: "::1"},
	{name: "domain that ends in a scheme", text: "https://evil.ne\nws://x", want: "evil.news"},
	{name: "control in the user", text: "curl https://good.example\x1f@evil.example/"},
	{name: "brackets behind a port", text: "http://good.example:[::1]/", want: "::1"},
	{name: "bare blank", text: "evil.example and", bare: true},
	{name: "bare dot first", text: ".evil.example", bare: true},
	{name: "bare template", text: "{{host}}", bare: true},
	{name: "bare variable", text: "$HOST:80", bare: true},
	{name: "bare IPv6", text: "fe80::1%eth0", bare: true, want: "fe80::1"},
	{name: "bare number", text: "2130706433", bare: true, want: "127.0.0.1"},
	{name: "bare scp", text: "evil.example:a/b", bare: true},
	{name: "hexadecimal", text: "http://0x7f.0x0.0x0.0x1/", want: "127.0.0.1"},
	{name: "octal", text: "http://0251.0376.0251.0376/", want: "169.254.169.254"},
	{name: "octal, decimal reader", text: "http://0127.0.0.1/", want: "127.0.0.1"},
	{name: "short", text: "http://127.1/", want: "127.0.0.1"},
	{name: "overflow", text: "http://4294967297/", want: "0.0.0.1"},
	{name: "long hexadecimal", text: "http://0x1000000000000000000000000000000007f000001/", want: "127.0.0.1"},
	{name: "mapped", text: "http://[::ffff:7f00:1]/", want: "127.0.0.1"},
	{name: "mapped, long", text: "http://[0:0:0:0:0:FFFF:127.0.0.1]/", want: "127.0.0.1"},
	{name: "zone", text: "http://[fe80::1%25lo]:80/", want: "fe80::1"},
	{name: "behind IPv6", text: "http://[::1].evil.example/"},
	{name: "IPv6 and user", text: "http://[::1]@evil.example/"},
	{name: "IPv6 without end", text: "http://[::1@evil.example/"},
	{name: "IPv6 without brackets", text: "http://::1/", want: "::1"},
	{name: "digits of another script", text: "http://١٢٧.0.0.1/", want: "127.0.0.1"},
	{name: "long user", text: "https://" + strings.Repeat("a", 100_000) + "@evil.example"},
	{name: "long name", text: "https://" + strings.Repeat("a.", 100_000) + "evil.example"},
}

// Each text leads some reader to evil.example (or what is named): it must be found, or be an error.
func TestHiddenHostsAreFoundOrRefused(t *testing.T) {
	for _, tt := range hidden {
		want := tt.want
		if want == "" {
			want = "evil.example"
		}
		got, err := Of(tt.text, tt.bare)
		if testing.Verbose() {
			t.Logf("%-36s %v %v", tt.name, got, err)
		}
		if err == nil && !slices.Contains(got, want) {
			t.Errorf("%s: %.100q: got %q, want %q among them", tt.name, tt.text, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	if _, err := Of(strings.Repeat("a", maxText+1), false); err != errLong {
		t.Errorf("long: %v", err)
	}
	var many strings.Builder
	for i := range maxHosts + 1 {
		many.WriteString(" ws://h" + strings.Repeat("x", i%50) + "." + strings.Repeat("y", i/50%50) + "z." + strings.Repeat("w", i/2500) + "v")
	}
	if got, err := Of(many.String(), false); err != errMany {
		t.Errorf("many: %d, %v", len(got), err)
	}
	if _, err := Of(strings.Repeat(`a:\\`, 200_000), false); err != nil {
		t.Errorf("schemes without hosts: %v", err)
	}
	if _, err := Of(strings.Repeat(`ws:\\`, 200_000), false); err != errMany && err != errUnreadable {
		t.Errorf("URLs in each other: %v", err)
	}
}
