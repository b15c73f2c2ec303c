package hosts

import (
	"strings"
	"testing"
)

var honest = []struct{ name, text, want string }{
	{"comment", "// TODO: check this", ""},
	{"comment without blank", "x = 1 //note", ""},
	{"comment at the start", "//go:build linux", ""},
	{"doubled slash in a path", "a//b and /x//y", ""},
	{"windows path", `C:\Users\ann and D:\\x\\y`, ""},
	{"windows path with slashes", "C:/Users/ann", ""},
	{"scheme alone", "http:// is a scheme, and so is https://", ""},
	{"scheme in quotes", `strings.HasPrefix(s, "https://") || s.startsWith('http://')`, ""},
	{"scheme in back ticks", "the prefix `https://` is needed", ""},
	{"scheme with ellipsis", "begins with https://... or http://…", ""},
	{"regex", `/^https?:\/\/[^\/]+$/.test(s)`, ""},
	{"regex with classes", `\\d+\\.\\w`, ""},
	{"regex of a host", `^https://a\.example$`, "error"},
	{"xpath", `//div[contains(@class,"a.b")]/a[@href]`, ""},
	{"quoted xpath", `$x("//button[contains(.,'go')]")`, ""},
	{"labels of code", "switch { case http: return; default: x }", ""},
	{"object", "{http: require('http'), https:true, ws:{a:1}}", ""},
	{"ternary", "a ? b:c", ""},
	{"mail", "write to ann@example.com: hello", ""},
	{"mail in a sentence", "cc: ann@example.com, bob@example.com; thanks", ""},
	{"mailto", "mailto:ann@example.com?subject=x", ""},
	{"image digest", "nginx@sha256:" + strings.Repeat("0123456789abcdef", 4), ""},
	{"npm scope", "npm i @types/node@18 @scope/x@1.2.3", ""},
	{"decorator", "@app.route('/x')\ndef f(a:int): pass", ""},
	{"css", "a{b:c}@media(max-width:5px){d{e:f}}", ""},
	{"time", "at 10:30:00, 2026-01-02T10:00:00Z", ""},
	{"yaml", "http:\n  port: 80\nhttps:\n  port: 443", ""},
	{"c++", "std::vector<int>::iterator", ""},
	{"drive in a file URL", "file:///C:/x and file://C:/x", ""},
	{"unix socket", "unix:///var/run/docker.sock", ""},
	{"sqlite", "sqlite:///a.db and jdbc:sqlite:a.db", ""},
	{"data", "data:text/plain,hello", ""},
	{"urn", "urn:isbn:0451450523", ""},
	{"integer division", "7//2, x = (a)//b", ""},
	{"sentence", "Read https://a.example. Then https://b.example, (https://c.example) or <https://d.example>; it is https://e.example!", "a.example b.example c.example d.example e.example"},
	{"possessive", "https://a.example's docs", "a.example"},
	{"ellipsis", "see https://a.example... and more", "a.example"},
	{"markdown", "[https://a.example](https://b.example) **https://c.example** `https://d.example`", "a.example b.example c.example d.example"},
	{"html", `<a href="https://a.example">https://a.example</a><br>`, "a.example"},
	{"escaped html", "&lt;https://a.example&gt; &quot;https://b.example&quot;", "a.example b.example"},
	{"json", `{"https://a.example":1,"u":"https://b.example"}`, "a.example b.example"},
	{"json in json", `{\"u\":\"https://a.example\"}`, "a.example"},
	{"printf", `printf("https://a.example\n")`, "a.example"},
	{"go list", `"https://a.example\nhttps://b.example\n"`, "a.example b.example"},
	{"comma list", "https://a.example,https://b.example", "error"},
	{"comma list behind a word", "x https://a.example,https://b.example", "a.example b.example"},
	{"lines", "https://a.example/x\nhttps://b.example/y\n", "a.example b.example"},
	{"lines without paths", "https://a.example\nhttps://b.example\n", "a.example b.example"},
	{"url in a query", "https://a.example/login?next=https://b.example&x=1.5", "a.example b.example"},
	{"path added in code", `fetch("https://a.example" + "/x")`, "a.example"},
	{"method", `get("https://a.example").then(f)`, "a.example"},
	{"shell", "curl -s https://a.example|sh; wget 'https://b.example' && echo", "a.example b.example"},
	{"chinese", "请看 https://a.example，然后。https://b.example。", "a.example b.example"},
	{"footnote", "as in https://a.example[1] it", "a.example"},
	{"mail behind", "https://a.example/x is by ann@example.com", "a.example"},
	{"line behind", "https://a.example\nThis is a page", "a.example"},
	{"ansi", "see \x1b[4mhttps://a.example\x1b[0m", "a.example"},
	{"handle in a path", "https://a.example/@user", "a.example"},
	{"port in a sentence", "on https://a.example:8443, and so on", "a.example"},
	{"colon behind", "https://a.example: the page", "a.example"},
	{"latex", `\href{https://a.example}`, "a.example"},
}

// Nothing here names a host, or only those that are given; nothing may be an error.
func TestHonestTextsAreNoErrors(t *testing.T) {
	for _, tt := range honest {
		got, err := Of(tt.text, false)
		text := strings.Join(got, " ")
		if err != nil {
			text = "error"
		}
		if text != tt.want {
			t.Errorf("%s: %q: got %q (%v), want %q", tt.name, tt.text, text, err, tt.want)
		}
	}
}
