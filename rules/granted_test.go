package rules

import (
	"strings"
	"testing"
)

func TestADenialInAdvanceRefusesWhatItsQuestionAsksAbout(t *testing.T) {
	rules := "rules:\n  - {name: big, when: 'size(args) > 30', do: ask}\n  - {name: free, when: 'tool.name == \"free\"', do: allow}\n"
	grants := `
  - {name: all, answers: default/write, server: s, tool: t}
  - {name: big, answers: big, server: s, tool: t}
  - {name: no, answers: default/write, server: s, tool: t, do: deny, when: 'only(args, "path") and within(args.path, "/etc")'}
  - {name: no-mode, answers: default/write, server: s, tool: t, do: deny, when: 'arg("mode", "slow") == "fast"'}
  - {name: no-big, answers: big, server: s, tool: t, do: deny, when: '"x" in args'}
  - {name: no-free, answers: default/write, server: s, tool: free, do: deny}
  - {name: yes, answers: default/write, server: s, tool: t, do: allow}
`
	j := withGrants(t, rules, grants).View("s", "c").NewJudge(testFacts)
	for _, tt := range []struct {
		tool, args string
		want       Action
		by         string
	}{
		{"t", `{}`, Allow, "grant/all"},
		{"t", `{"path":"/etc/passwd"}`, Deny, "grant/no"},
		{"t", `{"path":"/srv/a"}`, Allow, "grant/all"},
		{"t", `{"path":"/etc/passwd","mode":"fast","and":"so on and on"}`, Allow, "grant/big"}, // only big asks
		{"t", `{"x":1,"and":"so on and on and on and on"}`, Deny, "grant/no-big"},
		{"t", `{"mode":1}`, Ask, "default/write"}, // whether it was denied cannot be told
		{"free", `{}`, Allow, "free"},             // there is no question
	} {
		d := j.Decide(&World{Tool: tt.tool, Args: []byte(tt.args)})
		if d.Action != tt.want || d.Rule != tt.by {
			t.Errorf("%s %s: %v by %s, want %v by %s", tt.tool, tt.args, d.Action, d.Rule, tt.want, tt.by)
		}
	}
	name, at, deny, ok := j.Answers(&World{Tool: "t", Args: []byte(`{"path":"/etc/passwd"}`)}, "default/write")
	if name != "grant/no" || at != "answers.yaml:6" || !deny || !ok {
		t.Error(name, at, deny, ok)
	}
	for _, args := range []string{`{`, `{"mode":1}`} {
		if name, _, deny, ok := j.Answers(&World{Tool: "t", Args: []byte(args)}, "default/write"); ok || !deny {
			t.Error(args, name, deny, ok)
		}
	}
}

// A denial of a later question holds though an earlier one is open: nobody need be asked.
func TestADenialInAdvanceComesBeforeOpenQuestions(t *testing.T) {
	rules := "rules:\n  - {name: a, do: ask}\n  - {name: b, do: ask}\n"
	j := withGrants(t, rules, "  - {name: no, answers: b, server: s, tool: t, do: deny}\n").View("s", "c").NewJudge(testFacts)
	if d := j.Decide(&World{Tool: "t"}); d.Action != Deny || d.Rule != "grant/no" {
		t.Errorf("%+v", d)
	}
	if got := j.Questions(&World{Tool: "t"}); got != nil {
		t.Error(got)
	}
}

func TestQuestionsAreAllThatAreOpen(t *testing.T) {
	rules := `
default: {read: allow, write: ask, destructive: deny}
servers: {s: {classes: {gone: destructive, look: read}}}
rules:
  - {name: big, when: 'size(args) > 30', do: ask}
  - {name: etc, when: 'any(paths(args), under(#, "/etc"))', do: ask}
  - {name: never, when: '"x" in args', do: deny}
  - {name: fails, when: 'tool.name == "u" and args.gone == 1', do: ask}
`
	j := withGrants(t, rules, "  - {name: g, answers: etc, server: s, tool: v}\n").View("s", "c").NewJudge(testFacts)
	for _, tt := range []struct{ tool, args, want string }{
		{"t", `{}`, "default/write"},
		{"w", `{}`, "default/write folder/often"},
		{"look", `{}`, ""},
		{"gone", `{}`, ""},
		{"gone", `{"path":"/etc/passwd"}`, "etc"},
		{"t", `{"path":"/etc/passwd"}`, "etc"},
		{"w", `{"path":"/etc/passwd","b":"0123456789"}`, "big etc folder/often"},
		{"v", `{"path":"/etc/passwd","b":"0123456789"}`, "big"},
		{"v", `{"path":"/etc/passwd"}`, ""},
		{"t", `{"path":"/etc/passwd","x":"0123456789"}`, ""},
		{"u", `{}`, ""},
	} {
		var names []string
		for _, q := range j.Questions(&World{Tool: tt.tool, Args: []byte(tt.args)}) {
			if q.Action != Ask || q.Because == "" {
				t.Errorf("%+v", q)
			}
			names = append(names, q.Rule)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.tool, tt.args, got, tt.want)
		}
	}
	if got := j.Questions(&World{On: Sampling, Method: "sampling/createMessage", Default: Ask}); len(got) != 1 || got[0].Rule != "default/sampling/createMessage" {
		t.Error(got)
	}
}

// A session keeps answers by themselves: names that other files define are not looked for.
func TestAnswersLoadByThemselves(t *testing.T) {
	const file = "version: 1\ngrants:\n  - {name: g, answers: q, server: s, tool: t}\ntests:\n  - {call: {server: s, tool: t}, want: ask, by: mine}\n"
	p, err := LoadAnswers("answers.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, ok := p.View("s", "c").NewJudge(testFacts).Answers(&World{Tool: "t"}, "q"); !ok {
		t.Error("the grant does not answer")
	}
	for _, text := range []string{"", "version: 1\nrules: []\n", "version: 1\nuse: [base]\n", "version: 2\n", "version: 1\ngrants: [{name: a}]\n"} {
		if _, err := LoadAnswers("answers.yaml", []byte(text)); err == nil {
			t.Errorf("%q loads", text)
		}
	}
}

func TestDenialsAreListedAndInTheSchema(t *testing.T) {
	const grants = "  - {name: yes, answers: default/write, server: s, tool: t}\n  - {name: no, answers: default/write, server: s, tool: t, do: deny}\n"
	var names []string
	for _, r := range withGrants(t, "", grants).Rules() {
		names = append(names, r.Does+" "+r.Name)
	}
	if got := strings.Join(names, ", "); got != "ask folder/often, denial grant/no, grant grant/yes" {
		t.Error(got)
	}
	r := resolvedSchema(t)
	if err := validate(r, []byte("version: 1\ngrants:\n"+grants)); err != nil {
		t.Error(err)
	}
	if validate(r, []byte("version: 1\ngrants:\n"+strings.ReplaceAll(grants, "deny", "ask"))) == nil {
		t.Error("the schema takes a grant that asks")
	}
}

func TestExactFunctions(t *testing.T) {
	tests := []struct{ when, args, want string }{
		{`only(args, "a", "b")`, `{"b":1,"a":2}`, "yes"},
		{`only(args, "a", "b")`, `{"a":2}`, "no"},
		{`only(args, "a", "b")`, `{"a":2,"b":1,"c":1}`, "no"},
		{`only(args, "a", "b")`, `{"a":2,"B":1}`, "no"},
		{`only(args)`, `{}`, "yes"},
		{`only(args)`, `{"":1}`, "no"},
		{`only(args.a, "b")`, `{"a":{"b":1}}`, "yes"},
		{`only(args.a, "b")`, `{"a":[]}`, "not a list"},
		{`only(args, "path")`, "{\"p\\u0061th\":1}", "yes"},
		{`isText(args.a)`, `{"a":""}`, "yes"},
		{`isText(args.a)`, `{"a":["x"]}`, "no"},
		{`isText(args.a)`, `{"a":null}`, "null"},
		{`same(args.a, "[1, {\"x\": null, \"y\": \"é\"}]")`, `{"a":[1.0,{"y":"é","x":null}]}`, "yes"},
		{`same(args.a, "[1, {\"x\": null, \"y\": \"é\"}]")`, "{\"a\":[1,{\"y\":\"e\u0301\",\"x\":null}]}", "no"},
		{`same(args.a, "[1, 2]")`, `{"a":[2,1]}`, "no"},
		{`same(args.a, "[1, 2]")`, `{"a":[1,2,3]}`, "no"},
		{`same(args.a, "{\"x\":1}")`, `{"a":{"x":1,"y":1}}`, "no"},
		{`same(args.a, "{\"x\":1}")`, `{"a":{"x":"1"}}`, "no"},
		{`same(args.a, "{\"x\":1}")`, `{"a":{"x":0.1000000000000000055511}}`, "held exactly"},
		{`same(args.a, "-1.5")`, `{"a":-15e-1}`, "yes"},
		{`same(args.a, "true")`, `{"a":"true"}`, "no"},
		{`same(args, "{}")`, `{}`, "yes"},
		{`within(args.p, "/home/u/work")`, `{"p":"a/../b"}`, "yes"},
		{`within(args.p, "/home/u/work")`, `{"p":"/home/u/work"}`, "yes"},
		{`within(args.p, ["/srv", "/home/u/work"])`, `{"p":"/srv/a b.txt"}`, "yes"},
		{`within(args.p, "/home/u/work")`, `{"p":"/home/u/workers"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"/home/u/Work/a"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"../a"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"%2e%2e/a"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"..\\a"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"a/{b,../../c}"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"a,/etc/passwd"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"a ../../x"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"a\n/etc/passwd"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"a\u0000b"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"... /a"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"~root"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"%TEMP%/a"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"https://example.com/a"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"host:a"}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":""}`, "no"},
		{`within(args.p, "/home/u/work")`, `{"p":"a/.git/hooks/x"}`, "no"},
		{`within(args.p, "/home/u/work/.git")`, `{"p":".git/config"}`, "yes"},
		{`within(args.p, "/home/u/work")`, `{"p":["a"]}`, "a string is needed"},
	}
	for _, tt := range tests {
		got := "no"
		switch d := decide(t, tt.when, tt.args); {
		case d.Action == Deny && d.Because == "matched":
			got = "yes"
		case d.Action == Deny:
			got = d.Because
		}
		if len(tt.want) <= 3 && got != tt.want || !strings.Contains(got, tt.want) {
			t.Errorf("%s with %s: %s, want %s", tt.when, tt.args, got, tt.want)
		}
	}
}

// A folder stands for itself: what a symlink in its place leads to later is not granted.
func TestWithinGoesByWhereThingsLead(t *testing.T) {
	text := "version: 1\nuse: []\nrules:\n  - {name: r, do: allow, when: 'within(args.path, \"/home/u/work/src\")'}\n"
	args := []byte(`{"path":"src/a"}`)
	for _, tt := range []struct {
		links links
		want  Action
	}{
		{nil, Allow}, {links{"/home/u/work/src": "/etc"}, Ask}, {links{"/home/u/work/src/a": "/etc/passwd"}, Ask},
		{links{"/home/u/work/src/a": "/home/u/work/src/b"}, Allow}, {links{"/home/u/work/src/a": "/home/u/work/src/a"}, Allow},
	} {
		if d := load(t, text).View("s", "c").NewJudge(machine(tt.links)).Decide(&World{Tool: "t", Args: args}); d.Action != tt.want {
			t.Errorf("%v: %+v", tt.links, d)
		}
	}
}
