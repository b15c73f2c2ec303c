package rules

import (
	"fmt"
	"github.com/expr-lang/expr"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestStrictestRuleWinsWhateverTheOrder(t *testing.T) {
	texts := []string{
		"  - {name: allow-all, do: allow}\n",
		"  - {name: allow-t, when: 'tool.name == \"t\"', do: allow}\n",
		"  - {name: ask-x, when: '\"x\" in args', do: ask}\n",
		"  - {name: ask-big, when: 'size(args) > 20', do: ask}\n",
		"  - {name: deny-y, when: 'arg(\"y\", 0) == 1', do: deny}\n",
		"  - {name: deny-u, when: 'tool.name in [\"u\", \"v\"] and args.z == 1', do: deny}\n",
		"  - {name: allow-fails, when: 'tool.name == \"v\" and args.q == 1', do: allow}\n",
		"  - {name: deny-class, when: 'tool.class == \"destructive\" and arg(\"force\", false)', do: deny}\n",
	}
	worlds := []*World{}
	for _, tool := range []string{"t", "u", "v", "w", ""} {
		for _, args := range []string{`{}`, `{"x":1}`, `{"y":1}`, `{"z":1}`, `{"q":1,"z":2}`, `{"long":"aaaaaaaaaaaaaaaaaaaaaaaa"}`, `{"force":true}`, `{"x":1,"y":1,"z":1}`} {
			worlds = append(worlds, &World{Tool: tool, Args: []byte(args)})
		}
	}
	var want []Decision
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 40 {
		rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		cut := rng.IntN(len(texts) + 1)
		files := map[string]string{
			"a": "version: 1\nuse: [base]\nservers: {s: {classes: {w: destructive}}}\nrules:\n" + strings.Join(texts[:cut], "") + "  - {name: none, on: prompt, do: deny}\n",
			"b": "version: 1\nrules:\n" + strings.Join(texts[cut:], "") + "  - {name: none2, on: prompt, do: deny}\n",
		}
		sources := []Source{{Path: "a", Trust: User}, {Path: "b", Trust: User}}
		if round%2 == 1 {
			slices.Reverse(sources)
		}
		p, err := Load(open(files), sources...)
		if err != nil {
			t.Fatal(err)
		}
		j := p.View("s", "c").NewJudge(testFacts)
		for i, w := range worlds {
			d := j.Decide(w)
			d.At = ""
			if round == 0 {
				want = append(want, d)
			} else if d != want[i] {
				t.Fatalf("round %d: %s %s: %+v, before %+v", round, w.Tool, w.Args, d, want[i])
			}
		}
	}
	kinds := map[Action]int{}
	for _, d := range want {
		kinds[d.Action]++
	}
	if len(kinds) != 3 {
		t.Errorf("the worlds give only %v", kinds)
	}
}

func TestFolderRulesNeverLoosen(t *testing.T) {
	user := "version: 1\nuse: [base, filesystem]\nrules:\n" +
		"  - {name: go, when: 'tool.name == \"edit\" and args.path startsWith \"/w\"', do: allow}\n" +
		"  - {name: stop, when: 'arg(\"n\", 0) > 5', do: deny}\n"
	exprs := []string{`true`, `"path" in args`, `args.path == "/w/a"`, `tool.name == "edit"`, `tool.class == "read"`, `any(paths(args), under(#, "/w"))`, `args.nothing == 1`}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		var folder strings.Builder
		folder.WriteString("version: 1\nrules:\n")
		for i := range 1 + rng.IntN(3) {
			fmt.Fprintf(&folder, "  - {name: go%d, do: %s, on: [call, resource], when: '%s'}\n", i, []string{"deny", "ask"}[rng.IntN(2)], exprs[rng.IntN(len(exprs))])
		}
		files := map[string]string{"u": user, "f": folder.String()}
		without, err := Load(open(files), Source{Path: "u", Trust: User})
		if err != nil {
			t.Fatal(err)
		}
		with, err := Load(open(files), Source{Path: "u", Trust: User}, Source{Path: "f"})
		if err != nil {
			t.Fatal(err, folder.String())
		}
		for _, w := range []World{
			{Tool: "edit", Args: []byte(`{"path":"/w/a"}`)}, {Tool: "read_file", Args: []byte(`{"path":"/w/a"}`)},
			{Tool: "edit", Args: []byte(`{}`)}, {Tool: "edit", Args: []byte(`{"n":9}`)},
			{On: Resource, Args: []byte(`{"uri":"file:///w/a"}`), Default: Allow},
			{On: Resource, Args: []byte(`{"uri":"file:///w/a"}`), Default: Deny},
			{On: List, Result: []byte(`{}`), Default: Allow},
		} {
			a := without.View("filesystem", "c").NewJudge(testFacts).Decide(&w)
			b := with.View("filesystem", "c").NewJudge(testFacts).Decide(&w)
			if b.Action > a.Action {
				t.Fatalf("%s\n%+v: %+v became %+v", folder.String(), w, a, b)
			}
		}
	}
}

func TestZeroValuesAndFaultsDeny(t *testing.T) {
	if (Decision{}).Action != Deny || (Source{}).Trust != Folder || Action(9).String() != "deny" {
		t.Error("a zero value does not deny or tighten")
	}
	j := mustDefault(t).View("s", "c").NewJudge(testFacts)
	for _, w := range []World{
		{On: Other + 1, Default: Allow},
		{On: 200, Default: Allow},
		{Tool: "t", Args: []byte(`{"path":"x`)},
		{Tool: "t", Args: []byte(`{"path"`)},
		{Tool: "t", Args: []byte(`{"a":[1,2`)},
		{On: Elicitation, Method: "m", Args: []byte(`{"requestedSchema":`), Default: Allow},
	} {
		if d := j.Decide(&w); d.Action != Deny {
			t.Errorf("%+v: %+v", w, d)
		}
	}
	f := testFacts
	f.Resolve = func(string) string { panic("disk") }
	if d := mustDefault(t).View("s", "c").NewJudge(f).Decide(&World{Tool: "t", Args: []byte(`{"path":"x"}`)}); d.Action != Deny {
		t.Errorf("%+v", d)
	}
	if d := j.Decide(&World{Tool: "t"}); d.Action != Ask || d.Rule != "default/write" {
		t.Errorf("a judge does not recover from faults: %+v", d)
	}
}

func TestDefaultsByClassAndKind(t *testing.T) {
	p := load(t, "version: 1\ndefault:\n  write: deny\n  destructive: deny\nservers:\n  s:\n    classes: {r: read, w: write, d: destructive}\n")
	j := p.View("s", "c").NewJudge(testFacts)
	tests := []struct {
		w        World
		want     Action
		rule, at string
	}{
		{World{Tool: "r"}, Allow, "default/read", ""},
		{World{Tool: "w"}, Deny, "default/write", "rules.yaml:3"},
		{World{Tool: "d"}, Deny, "default/destructive", "rules.yaml:4"},
		{World{Tool: "unknown"}, Deny, "default/write", "rules.yaml:3"},
		{World{On: Other, Method: "tasks/get"}, Deny, "default/tasks/get", ""},
		{World{On: Other, Method: "x\u202e"}, Deny, "default/x<U+202E>", ""},
		{World{On: List, Method: "tools/list", Default: Allow}, Allow, "default/tools/list", ""},
	}
	for _, tt := range tests {
		if d := j.Decide(&tt.w); d.Action != tt.want || d.Rule != tt.rule || d.At != tt.at || d.Because == "" {
			t.Errorf("%+v: %+v", tt.w, d)
		}
	}
	if p.View("s", "c").Class("r", Unknown) != Read || p.View("s", "c").Class("x", Unknown) != Unknown || p.View("z", "c").Class("r", Unknown) != Unknown {
		t.Error("classes are mixed up")
	}
}

func TestViewsDropRulesOfOthers(t *testing.T) {
	p := load(t, `version: 1
use: []
default: {write: allow}
rules:
  - {name: a, when: 'server.name == "a"', do: deny}
  - {name: not-a, when: 'server.name != "a" and client.name == "x"', do: ask}
  - {name: m, on: any, when: 'method == "tasks/get"', do: deny}
  - {name: n, when: 'not (tool.name in ["t", "u"]) and tool.name != "v"', do: deny}
`)
	tests := []struct {
		server, client, tool string
		want                 string
	}{
		{"a", "x", "t", "a"}, {"b", "x", "t", "not-a"}, {"b", "y", "t", "default/write"},
		{"b", "y", "v", "default/write"}, {"b", "y", "w", "n"}, {"b", "x", "w", "n"},
	}
	for _, tt := range tests {
		if d := p.View(tt.server, tt.client).NewJudge(testFacts).Decide(&World{Tool: tt.tool, Method: "tools/call"}); d.Rule != tt.want {
			t.Errorf("%+v: %+v", tt, d)
		}
	}
	if d := p.View("b", "y").NewJudge(testFacts).Decide(&World{On: Other, Method: "tasks/get", Default: Allow}); d.Rule != "m" {
		t.Errorf("%+v", d)
	}
}

func TestMayAllow(t *testing.T) {
	v := load(t, `version: 1
use: []
rules:
  - {name: no-sampling, on: sampling, when: 'server.name == "s"', do: deny}
  - {name: tasks, on: any, when: 'method == "tasks/get" and "taskId" in args', do: allow}
  - {name: no-prompts, on: prompt, when: 'args.name == "x"', do: deny}
  - {name: ext, on: any, when: 'method in ["com.example/ui"]', do: ask}
`).View("s", "c")
	tests := []struct {
		on     On
		method string
		def    Action
		want   bool
	}{
		{Sampling, "sampling/createMessage", Allow, false},
		{Sampling, "sampling/createMessage", Deny, false},
		{Other, "tasks/get", Deny, true},
		{Other, "tasks/list", Deny, false},
		{Other, "com.example/ui", Deny, true},
		{Prompt, "prompts/get", Allow, true},
		{Elicitation, "elicitation/create", Ask, true},
		{Elicitation, "elicitation/create", Deny, false},
	}
	for _, tt := range tests {
		if got := v.MayAllow(tt.on, tt.method, tt.def); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
	if load(t, "version: 1").View("other", "c").MayAllow(Sampling, "sampling/createMessage", Deny) {
		t.Error("sampling may be allowed by nothing")
	}
}

func TestSettings(t *testing.T) {
	p, err := Load(open(map[string]string{
		"d/rules.yaml": `version: 1
include: [work.yaml]
use: [base, filesystem]
off: [base/keys, base/client-configs]
servers:
  github:
    env: {TOKEN: "keyring:github"}
    observe: true
    rules: [ci.yaml]
    places: {state: /tmp/s}
  filesystem: {classes: {read_file: destructive}}
limits: {frame: 1MiB, depth: 10, keys: 20, open: 30}
log: {arguments: true, debug: /tmp/x, keep_days: 3, keep_bytes: 2GiB}
`,
		"d/work.yaml": "version: 1\nservers: {github: {env: {OTHER: plain}, classes: {push: destructive}}}\nrules:\n  - {name: w, do: deny}\n",
	}), Source{Path: "d/rules.yaml", Trust: User}, Source{Path: "gone.yaml", Optional: true})
	if err != nil {
		t.Fatal(err)
	}
	s := p.View("github", "c").Server()
	if s.Env["TOKEN"].Reference != "keyring:github" || s.Env["OTHER"].Text != "plain" || !s.Observe || s.Rules[0] != "ci.yaml" || s.Places["state"] != "/tmp/s" {
		t.Errorf("%+v", s)
	}
	if p.Limits() != (Limits{1 << 20, 10, 20, 30}) || p.Log() != (LogOptions{true, "/tmp/x", 3, 2 << 30}) {
		t.Errorf("%+v %+v", p.Limits(), p.Log())
	}
	if p.View("filesystem", "").Class("read_file", Unknown) != Destructive || p.View("filesystem", "").Class("edit_file", Unknown) != Write {
		t.Error("a user's class does not go before a pack's")
	}
	d := p.View("x", "").NewJudge(testFacts).Decide(&World{Tool: "t", Args: []byte(`{"path":"~/.ssh/x"}`)})
	if d.Rule != "w" || d.At != "work.yaml:4" {
		t.Errorf("%+v", d)
	}
	minimal := load(t, "version: 1\n")
	if minimal.Limits() != (Limits{64 << 20, 128, 10_000, 1024}) || minimal.Log() != (LogOptions{KeepDays: 90, KeepBytes: 1 << 30}) {
		t.Errorf("%+v %+v", minimal.Limits(), minimal.Log())
	}
	if d := minimal.View("filesystem", "").NewJudge(testFacts).Decide(&World{Tool: "read_file", Args: []byte(`{"path":"~/.ssh/x"}`)}); d.Rule != "base/keys" {
		t.Errorf("%+v", d)
	}
	if _, err := Load(open(nil), Source{Path: "gone.yaml", Trust: User}); err == nil {
		t.Error("a file that has to be there may be absent")
	}
}

func TestRulesSeeResults(t *testing.T) {
	p := load(t, `version: 1
use: []
rules:
  - {name: text, on: result, when: 'result.text contains "BEGIN PRIVATE"', do: deny}
  - {name: failed, on: result, when: result.error, do: ask}
  - {name: data, on: result, when: 'tool.name == "q" and result.structured.rows > 2', do: deny}
`)
	tests := []struct{ tool, result, want string }{
		{"t", `{"content":[{"type":"text","text":"a"},{"type":"text","text":"BEGIN\u0020PRIVATE"}]}`, "text"},
		{"t", `{"content":[{"type":"resource","resource":{"uri":"x","text":"BEGIN PRIVATE"}}]}`, "text"},
		{"t", `{"contents":[{"uri":"x","text":"BEGIN PRIVATE"}]}`, "text"},
		{"t", `{"content":[{"type":"text","text":"fine"}]}`, "default/tools/call"},
		{"t", `{"content":[],"isError":true}`, "failed"},
		{"t", `{"code":-1,"message":"BEGIN PRIVATE"}`, "text"},
		{"t", `{"code":-1,"message":"x"}`, "failed"},
		{"q", `{"content":[],"structuredContent":{"rows":3}}`, "data"},
		{"q", `{"content":[],"structuredContent":{"rows":2}}`, "default/tools/call"},
		{"q", `{"content":[]}`, "data"},
	}
	for _, tt := range tests {
		w := World{On: Result, Method: "tools/call", Tool: tt.tool, Result: []byte(tt.result), Default: Allow}
		if d := p.View("s", "c").NewJudge(testFacts).Decide(&w); d.Rule != tt.want {
			t.Errorf("%+v: %+v", tt, d)
		}
	}
}

func TestWorkIsBounded(t *testing.T) {
	long := `{"l":[` + strings.Repeat("1,", 20_000) + `1]}`
	wide := `{"l":[` + strings.Repeat(`[`+strings.Repeat("1,", 999)+`1],`, 999) + `[1]]}`
	paths := `{"paths":[` + strings.Repeat(`"/a",`, 20_000) + `"/b"]}`
	for _, tt := range []struct{ when, args, want string }{
		{`any(args.l, # == 2)`, long, "more than 10000 elements"},
		{`any(args.l, any(#, # == 2))`, wide, "visit more than 100000"},
		{`any(paths(args), # == "/x")`, paths, "more than 10000 elements"},
		{`len(split(args.s, "")) > 1`, `{"s":"` + strings.Repeat("a", 20_000) + `"}`, "more than 10000 elements"},
		{`any(commandLines(args), # == "")`, `{"command":"` + strings.Repeat("a", 2<<20) + `"}`, "longer than 1 MiB"},
		{`any(1..50000, # == 0)`, `{}`, "more than 10000 elements"},
	} {
		if d := decide(t, tt.when, tt.args); d.Action != Deny || !strings.Contains(d.Because, tt.want) {
			t.Errorf("%s: %+v", tt.when, d)
		}
	}
}

func TestEveryFunctionIsDescribedAndItsExampleCompiles(t *testing.T) {
	for _, f := range Functions() {
		if f.Doc == "" || !strings.HasPrefix(f.Usage, f.Name+"(") {
			t.Errorf("%s lacks words", f.Name)
		}
		if _, _, err := compile(newConfig(expr.AsBool()), f.Example, 1<<Call); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// What runs as Go functions decides as the virtual machine does.
func TestDirectEvaluationAgreesWithTheMachine(t *testing.T) {
	tests := []string{`under(#, ["~/.ssh", ".aws"])`, `named(#, ["*.pem", ".env*"])`, `# startsWith "/home"`, `# endsWith ".go"`,
		`# contains "ss"`, `# == "/home/u/work/a.go"`, `# matches "(?i)a.*[0-9]$"`}
	values := []string{"a.go", "~/.ssh/x", "x/.AWS/b", "cert.PEM", ".env.", "rm -rf a9", "/etc/passwd", "~", "", "A1", "file:///home/u/.ssh"}
	rng := rand.New(rand.NewPCG(5, 6))
	var term func(depth int) string
	term = func(depth int) string {
		switch k := rng.IntN(5); {
		case depth == 0 || k < 2:
			return tests[rng.IntN(len(tests))]
		case k == 2:
			return "not (" + term(depth-1) + ")"
		default:
			return "(" + term(depth-1) + []string{" and ", " or "}[k-3] + term(depth-1) + ")"
		}
	}
	seen := map[Action]int{}
	for range 300 {
		text := "version: 1\nuse: []\ndefault: {write: allow}\nrules:\n  - name: r\n    do: deny\n    when: |\n      any(paths(args), " + term(2) + ")\n"
		p := load(t, text)
		if p.rules[0].code().direct == nil {
			t.Fatal("not direct:", text)
		}
		j := p.View("s", "c").NewJudge(linkFacts())
		for range 10 {
			args := fmt.Appendf(nil, `{"path":%q,"x":%q,"paths":[%q]}`, values[rng.IntN(len(values))], values[rng.IntN(len(values))], values[rng.IntN(len(values))])
			fast := j.Decide(&World{Tool: "t", Args: args})
			saved := p.rules[0].code().direct
			p.rules[0].code().direct = nil
			slow := j.Decide(&World{Tool: "t", Args: args})
			p.rules[0].code().direct = saved
			if fast != slow {
				t.Fatalf("%s %s: %+v, by the machine %+v", text, args, fast, slow)
			}
			seen[fast.Action]++
		}
	}
	if len(seen) != 2 {
		t.Error(seen)
	}
}

func TestJudgesShareAView(t *testing.T) {
	v := mustDefault(t).View("filesystem", "c")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			j := v.NewJudge(linkFacts())
			for _, args := range []string{`{"path":"~/.ssh/x"}`, `{"command":"cat ~/.ssh/id_rsa"}`} {
				if d := j.Decide(&World{Tool: "t", Args: []byte(args)}); d.Action != Deny {
					t.Errorf("%+v", d)
				}
			}
		})
	}
	wg.Wait()
}
