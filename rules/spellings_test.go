package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSpellingsOfPathsThatSomeServerReads has a case for each way in which a path got past rules once: what a URI reader ignores, a
// server's own root, Unicode forms, another user's home, and names that only some file systems take for the same.
func TestSpellingsOfPathsThatSomeServerReads(t *testing.T) {
	home := t.TempDir()
	for _, dir := range []string{".ssh", "work", "proj", "project/scratch"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// A name in NFC whose other spelling some servers look for.
	if err := os.Symlink("../.ssh/id_ed25519", filepath.Join(home, "proj", "k\u00e9.txt")); err != nil {
		t.Fatal(err)
	}
	p, err := Load(open(map[string]string{"r.yaml": `version: 1
use: [base]
default: {read: allow, write: ask, destructive: ask}
servers: {fs: {classes: {read: read, write: write}}}
rules:
  - name: scratch
    when: 'tool.name == "write" and all(paths(args), under(#, "~/project/scratch"))'
    do: allow
  - name: work
    on: [call, resource]
    when: 'any(paths(args), under(#, "~/work"))'
    do: deny
  - name: jail
    when: 'tool.name == "jailed" and any(paths(args), not under(#, "~/project"))'
    do: deny
`}), Source{Path: "r.yaml", Trust: User})
	if err != nil {
		t.Fatal(err)
	}
	judge := p.View("fs", "").NewJudge(Facts{Home: home, Cwd: "/", Roots: []string{home}, Resolve: func(p string) string {
		if real, err := filepath.EvalSymlinks(filepath.Dir(p)); err == nil {
			if target, err := os.Readlink(p); err == nil {
				return filepath.Join(real, target)
			}
		}
		return p
	}})
	for _, tt := range []struct {
		name, tool, args string
		want             Action
	}{
		{"plain", "read", `{"path":"~/proj/a"}`, Allow},
		{"tab in a URI", "read", `{"uri":"file://HOME/.s\tsh/id_ed2\t5519"}`, Deny},
		{"line feed in a URI", "read", `{"uri":"fi\nle://HOME/proj/.e\nnv"}`, Deny},
		{"broken dots in a URI", "write", `{"path":"file://HOME/project/scratch/.\t./x"}`, Ask},
		{"from the server's root", "read", `{"path":"work/plan.txt"}`, Deny},
		{"decomposed name of a link", "read", `{"path":"HOME/proj/ke\u0301.txt"}`, Deny},
		{"another user's home", "read", `{"path":"~root/work/plan.txt"}`, Deny},
		{"a query behind a URI", "read", `{"uri":"file:///srv/tls/key.pem?"}`, Deny},
		{"a fragment behind a URI", "read", `{"uri":"file:///srv/tls/.netrc#a"}`, Deny},
		{"a query that looks like an exception", "read", `{"uri":"file:///srv/id_rsa?x.pub"}`, Deny},
		{"a line feed that is cleaned away", "read", `{"p":"HOME/x\n/../.ssh/config"}`, Deny},
		{"a path that is far too long", "read", `{"target":"HOME/.ssh/LONGconfig"}`, Deny},
		{"a byte order mark before it", "read", `{"path":"\ufeff/etc/shadow"}`, Deny},
		{"a control character before a URI", "read", `{"path":"\u0001file:///etc/shadow"}`, Deny},
		{"another user's home, encoded", "read", `{"path":"%7Eroot/x"}`, Deny},
		{"under the allowed folder", "write", `{"path":"HOME/project/scratch/a"}`, Allow},
		{"its twin in capitals", "write", `{"path":"HOME/project/SCRATCH/a"}`, Ask},
		{"with a blank behind it", "write", `{"path":"HOME/project/scratch /a"}`, Ask},
		{"with an invisible character", "write", `{"path":"HOME/project/\u200bscratch/a"}`, Ask},
		{"with a backslash", "write", `{"path":"~/project/scratch\\a"}`, Ask},
		{"no path at all", "write", `{}`, Ask},
		{"a path at an unknown key", "write", `{"x":"evil"}`, Ask},
		{"denied folder in capitals", "read", `{"path":"HOME/WORK/a"}`, Deny},
		{"in the jail", "jailed", `{"path":"HOME/project/a"}`, Ask},
		{"out of the jail but for capitals", "jailed", `{"path":"HOME/PROJECT/a"}`, Deny},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := strings.ReplaceAll(tt.args, "HOME", home)
			args = strings.ReplaceAll(args, "LONG", strings.Repeat("./", 5000))
			if got := judge.Decide(&World{On: Call, Method: "tools/call", Tool: tt.tool, Args: []byte(args)}); got.Action != tt.want {
				t.Errorf("%s: %v by %s (%s), want %v", args, got.Action, got.Rule, got.Because, tt.want)
			}
		})
	}
}

func TestTheServersOwnHomeCountsToo(t *testing.T) {
	p, err := Load(open(map[string]string{"r.yaml": `version: 1
default: {write: ask}
rules:
  - {name: scratch, when: 'all(paths(args), under(#, "~/scratch"))', do: allow}
`}), Source{Path: "r.yaml", Trust: User})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		home, path string
		want       Action
	}{
		{"", "~/scratch/a", Allow},
		{"/etc", "~/scratch/a", Ask},
		{"/home/u/.ssh", "~/config", Deny},
	} {
		judge := p.View("fs", "").NewJudge(Facts{Home: "/home/u", OtherHome: tt.home, Cwd: "/"})
		if got := judge.Decide(&World{On: Call, Tool: "t", Args: []byte(`{"path":"` + tt.path + `"}`)}); got.Action != tt.want {
			t.Errorf("%s in %s: %v by %s, want %v", tt.path, tt.home, got.Action, got.Rule, tt.want)
		}
	}
}

func TestDeepAndManyRulesAreRefused(t *testing.T) {
	deep := "version: 1\nrules:\n  - {name: a, do: deny, when: '" + strings.Repeat("(", 500_000) + "'}\n"
	many := "version: 1\nrules:\n" + strings.Repeat("  - {name: a, do: deny}\n", 200)
	lists := "version: 1\nuse: " + strings.Repeat("[", 400_000)
	for name, text := range map[string]string{"expression": deep, "rules": many, "lists": lists} {
		if _, err := Load(open(map[string]string{".sallyport.yaml": text}), Source{Path: ".sallyport.yaml"}); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}
