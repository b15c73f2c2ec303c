package hosts

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pieces are what readers of URLs are known to stumble over.
var pieces = []string{
	"http:", "https:", "HTTP:", "ws:", "/", "//", "///", `\`, `\\`, "@", ":", ":80", ":x", "?", "#", "%2f", "%40", "%00", "%25", "%2e", "%5B", "\t", "\n", "\r", " ", "\x00", "\x1f",
	"\x7f", "good.example", "evil.example", "127.1", "0x7f.0.0.1", "0x7f", "0177", "08", "256", "4294967295", "[::1]", "[::ffff:1.2.3.4]", "[", "]", "[1::2%25x]", "::", "。", "．", "｡", "․", "…",
	"ß", "ς", "ａ", "①", "Ⅷ", "℀", "／", "＠", "：", "a", "A", ".", "..", ";", ",", "'", "\"", "`", "&", "=", "x:y", "{", "}", "|", "^", "$", "!", "*", "(", ")", "+", "~", "<", ">",
	"\u00ad", "\u200b", "\u200d", "\u202e", "\u00a0", "\u3000", "xn--", "xn--a", "xn--mnchen-3ya", "-", "_", "м", "א", "١", "😀", "co", "\n//", "://", "file:", "localhost",
}

// mutations puts pieces behind a scheme.
func mutations(rng *rand.Rand) string {
	heads := []string{"http:", "https:", "ftp:", "http:/", "http://", "https://", " https://", "https:\\\\", "h\nttp://", "file://", "file:", "http://good.example", "http://good.example@", "http://u:p@"}
	var b strings.Builder
	b.WriteString(heads[rng.IntN(len(heads))])
	for range 1 + rng.IntN(6) {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.String()
}

// nodeHosts gives what node takes for the hosts of URLs, "" for none.
func nodeHosts(t *testing.T, urls []string) []string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not there")
	}
	in, err := json.Marshal(urls)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "-e", `const u=JSON.parse(require("fs").readFileSync(0,"utf8"));
console.log(JSON.stringify(u.map(s=>{try{return new URL(s).hostname}catch{return ""}})))`)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := json.Unmarshal(out, &names); err != nil || len(names) != len(urls) {
		t.Fatalf("%d names of %d URLs: %v", len(names), len(urls), err)
	}
	return names
}

// possible tells names that can exist: their last label is of letters, digits and hyphens, and no label is empty.
var possible = regexp.MustCompile(`^([^.]+\.)*[a-z0-9-]+\.?$|^\[`)

// listStart tells a URL that begins on another line.
var listStart = regexp.MustCompile(`(?i)[\t\r\n]+https?://`)

// slashed tells URLs with slashes from http:host, which only browsers read.
var slashed = regexp.MustCompile(`(?i)^ ?[a-z]+:[/\\\\]`)

// What node takes for the host of a URL is among ours, or we refuse: as a text of its own whatever the host is, inside another text
// where the host can exist.
func TestNodeSeesNoHostThatWeDoNot(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 35))
	var urls []string
	for range 60_000 {
		urls = append(urls, mutations(rng))
	}
	frames := []struct{ name, before, after, not string }{
		{"alone", "", "", ""},
		{"string", `fetch("`, `").then(f)`, `"`},
		{"quoted word", "curl -s '", "' -o x", "'"},
		{"word", "curl -s ", " -o x", "\"'`\\$ \t\n\r(){}<>|&;*^[]"},
		{"template", "await f(`", "`)", "`"},
	}
	agreed := map[string]int{}
	for i, name := range nodeHosts(t, urls) {
		if name == "" {
			continue
		}
		want, err := Canonical(name)
		if err != nil {
			want = name
		}
		for _, f := range frames {
			if strings.ContainsAny(urls[i], f.not) || f.name != "alone" && !possible.MatchString(name) {
				continue
			}
			if f.name != "word" && listStart.MatchString(urls[i]) {
				continue // a list of URLs, the first one without a path
			}
			if f.name == "word" && !slashed.MatchString(urls[i]) {
				continue // it may be a word of a sentence
			}
			text := f.before + urls[i] + f.after
			got, err := Of(text, false)
			if err == nil && !slices.Contains(got, want) {
				t.Errorf("%s: %q: node sees %q, we %q", f.name, text, name, got)
			}
			if err == nil {
				agreed[f.name]++
			}
		}
	}
	for _, f := range frames {
		if agreed[f.name] < 1000 {
			t.Errorf("%s: only %d agreed", f.name, agreed[f.name])
		}
	}
}
