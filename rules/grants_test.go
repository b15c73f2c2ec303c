package rules

import (
	"strings"
	"testing"
)

func withGrants(t testing.TB, rules, grants string) *Policy {
	t.Helper()
	p, err := Load(open(map[string]string{"rules.yaml": "version: 1\nuse: []\n" + rules, "answers.yaml": "version: 1\ngrants:\n" + grants,
		"f/.sallyport.yaml": "version: 1\nrules:\n  - {name: often, when: 'tool.name == \"w\"', do: ask}\n"}),
		Source{Path: "rules.yaml", Trust: User}, Source{Path: "answers.yaml", Trust: Answers}, Source{Path: "f/.sallyport.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAGrantAnswersItsQuestionAndNoOther(t *testing.T) {
	rules := `
rules:
  - {name: big, when: 'size(args) > 30', do: ask}
  - {name: etc, when: 'any(paths(args), under(#, "/etc"))', do: ask}
  - {name: never, when: '"x" in args', do: deny}
  - {name: free, when: 'tool.name == "free"', do: allow}
`
	grants := `
  - {name: g1, answers: default/write, server: s, tool: t, when: 'all(paths(args), under(#, "~/work"))'}
  - {name: g2, answers: etc, server: s, tool: t}
  - {name: g3, answers: big, server: s, tool: free}
  - {name: g4, answers: default/write, server: s, tool: fails, when: 'args.gone == 1'}
  - {name: g5, answers: default/write, server: s, client: other, tool: u}
  - {name: g6, answers: never, server: s, tool: t}
  - {name: g7, answers: default/write, server: s, tool: w}
  - {name: g8, answers: folder/often, server: s2, tool: w}
`
	tests := []struct {
		server, tool, args string
		want               Action
		by                 string
	}{
		{"s", "t", `{"path":"a"}`, Allow, "grant/g1"},
		{"s", "t", `{"path":"../b"}`, Ask, "default/write"},
		{"s", "t", `{}`, Ask, "default/write"},                                // all(…) of nothing
		{"s", "t", `{"path":"/etc/hosts"}`, Allow, "grant/g2"},                // a rule asked, the default did not
		{"s", "t", `{"path":"/etc/hosts","b":"0123456789"}`, Ask, "big"},      // and another one did
		{"s", "t", `{"path":"a","x":1}`, Deny, "never"},                       // nothing answers a denial
		{"s", "free", `{"b":"0123456789012345678901234"}`, Allow, "grant/g3"}, // asked before it was allowed
		{"s", "free", `{}`, Allow, "free"},
		{"s", "fails", `{}`, Ask, "default/write"},
		{"s", "u", `{}`, Ask, "default/write"},
		{"s", "other", `{}`, Ask, "default/write"},
		{"s2", "t", `{"path":"a"}`, Ask, "default/write"},
		{"s", "w", `{}`, Ask, "folder/often"},
	}
	p := withGrants(t, rules, grants)
	for _, tt := range tests {
		d := p.View(tt.server, "c").NewJudge(testFacts).Decide(&World{Tool: tt.tool, Args: []byte(tt.args)})
		if d.Action != tt.want || d.Rule != tt.by {
			t.Errorf("%s %s %s: %v by %s, want %v by %s", tt.server, tt.tool, tt.args, d.Action, d.Rule, tt.want, tt.by)
		}
	}
}

func TestGrantsAreListedAndWarnedOf(t *testing.T) {
	p := withGrants(t, "rules:\n  - {name: q, do: ask}\n", "  - {name: g, answers: q, server: s, tool: t, given: 'by a person'}\n  - {name: lost, answers: gone, server: s, tool: t}\n")
	var names []string
	for _, r := range p.Rules() {
		names = append(names, r.Does+" "+r.Name)
	}
	if got := strings.Join(names, ", "); got != "ask folder/often, ask q, grant grant/g, grant grant/lost" {
		t.Error(got)
	}
	w := p.Warnings()
	if len(w) != 1 || w[0].Rule != "grant/lost" || !strings.Contains(w[0].Text, "answers nothing") {
		t.Errorf("%+v", w)
	}
}

func TestAServerIsLikeAnother(t *testing.T) {
	p := load(t, `
version: 1
use: [filesystem]
servers: {docs: {like: filesystem}, notes: {classes: {read_file: destructive}, like: filesystem}}
rules:
  - {name: k, when: 'server.kind == "filesystem" and "x" in args', do: deny}
`)
	for _, tt := range []struct {
		server, tool, args string
		want               Action
	}{
		{"docs", "read_file", `{}`, Allow}, {"docs", "write_file", `{}`, Ask}, {"docs", "read_file", `{"x":1}`, Deny},
		{"notes", "read_file", `{}`, Ask}, {"notes", "list_directory", `{}`, Allow},
		{"filesystem", "read_file", `{"x":1}`, Deny}, {"other", "read_file", `{"x":1}`, Ask},
	} {
		if d := p.View(tt.server, "c").NewJudge(testFacts).Decide(&World{Tool: tt.tool, Args: []byte(tt.args)}); d.Action != tt.want {
			t.Errorf("%s %s %s: %+v", tt.server, tt.tool, tt.args, d)
		}
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct{ name, rule, want string }{
		{"two tools at once", `{name: r, when: 'tool.name == "a" and tool.name == "b"', do: deny}`, "never matches"},
		{"a tool that is excluded", `{name: r, when: 'tool.name == "a" and tool.name != "a"', do: deny}`, "never matches"},
		{"a class that is none", `{name: r, when: 'tool.class == "wrte"', do: deny}`, "never matches"},
		{"a tool of a notification", `{name: r, on: notification, when: 'tool.name == "a"', do: deny}`, "never matches"},
		{"a name of a pack", `{name: keys, when: 'tool.name == "a"', do: deny}`, "taken for that of base/keys"},
		{"a negated condition", `{name: r, when: 'not (args.path startsWith "/a")', do: deny}`, `without "path"`},
		{"an unequal argument", `{name: r, when: 'args.mode != "fast"', do: deny}`, `without "mode"`},
		{"none", `{name: r, when: 'none(args.list, # == 1)', do: deny}`, `without "list"`},
		{"a negated condition that asks first", `{name: r, when: '"path" in args and not (args.path startsWith "/a")', do: deny}`, ""},
		{"arg", `{name: r, when: 'not (arg("path", "") startsWith "/a")', do: deny}`, ""},
		{"twice negated", `{name: r, when: 'not (args.path != "a")', do: deny}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := load(t, "version: 1\nuse: [base]\nrules:\n  - "+tt.rule+"\n").Warnings()
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0].Text, tt.want)) {
				t.Errorf("%+v", got)
			}
		})
	}
	for name, text := range map[string]string{
		"a rule behind one that denies all": "version: 1\nuse: []\nrules:\n  - {name: a, do: deny}\n  - {name: b, when: '\"x\" in args', do: allow}\n",
		"a class that loosens a pack's":     "version: 1\nuse: [filesystem]\nservers: {filesystem: {classes: {write_file: read}}}\n",
	} {
		if got := load(t, text).Warnings(); len(got) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := mustDefault(t).Warnings(); len(got) > 0 {
		t.Errorf("the packs themselves: %+v", got)
	}
}
