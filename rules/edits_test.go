package rules

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"sallyport/rules/scan"
)

func judge(t testing.TB, text string) *Judge {
	t.Helper()
	facts := testFacts
	facts.History = NewHistory()
	return load(t, "version: 1\nuse: []\n"+text).View("s", "c").NewJudge(facts)
}

func TestSetChangesArgumentsOfCallsThatPass(t *testing.T) {
	tests := []struct{ name, set, args, want string }{
		{"a value is added", `{dry: true}`, `{"a": 1}`, `{"a": 1,"dry":true}`},
		{"to none", `{dry: true}`, ``, `{"dry":true}`},
		{"to an empty object", `{dry: true}`, `{ }`, `{ "dry":true}`},
		{"a value is replaced", `{dry: true}`, `{ "dry" : false , "a":1}`, `{ "dry" : true , "a":1}`},
		{"a value of another kind is replaced", `{dry: true}`, `{"dry":"no"}`, `{"dry":true}`},
		{"the same value stays", `{dry: true}`, `{"dry": true}`, `{"dry": true}`},
		{"a text", `{branch: "a\"b"}`, `{}`, `{"branch":"a\"b"}`},
		{"a list", `{tags: [a, 1]}`, `{}`, `{"tags":["a",1]}`},
		{"an object", `{opts: {value: {x: 1}}}`, `{}`, `{"opts":{"x":1}}`},
		{"a larger number is cut", `{limit: {max: 100}}`, `{"limit":1000}`, `{"limit":100}`},
		{"a smaller one stays as it is spelled", `{limit: {max: 100}}`, `{"limit":1e1}`, `{"limit":1e1}`},
		{"a bound from below", `{limit: {min: 1}}`, `{"limit":-5}`, `{"limit":1}`},
		{"a fraction", `{limit: {max: 0.5}}`, `{"limit":0.75}`, `{"limit":0.5}`},
		{"a missing one gets the default", `{limit: {max: 100, default: 10}}`, `{}`, `{"limit":10}`},
		{"null", `{limit: {max: 100, default: 10}}`, `{"limit":null}`, "deny"},
		{"a missing one without a default", `{limit: {max: 100}}`, `{}`, "deny"},
		{"what is no number", `{limit: {max: 100}}`, `{"limit":"1000"}`, "deny"},
		{"a number that no float holds", `{limit: {max: 100}}`, `{"limit":1e999}`, "deny"},
		{"another case", `{limit: {max: 100, default: 10}}`, `{"Limit":1000}`, "deny"},
		{"another case by folding", `{key: 1}`, `{"\u212aey":1000}`, "deny"},
		{"an escaped name", `{limit: {max: 100}}`, `{"\u006cimit":1000}`, `{"\u006cimit":100}`},
		{"a brace in a text", `{dry: true}`, `{"a":"}"}`, `{"a":"}","dry":true}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := judge(t, "default: {write: allow}\nrules:\n  - {name: r, set: "+tt.set+"}\n")
			w := &World{Tool: "t", Method: "tools/call", Args: []byte(tt.args)}
			d, _ := j.DecideCall(w)
			if got := string(w.Args); tt.want == "deny" && d.Action != Deny || tt.want != "deny" && (d.Action != Allow || got != tt.want) {
				t.Errorf("%v %s: got %s, want %s", d.Action, d.Because, got, tt.want)
			}
		})
	}
}

func TestRulesThatSetOneArgumentAgreeOrDeny(t *testing.T) {
	tests := []struct{ a, b, want string }{
		{`{max: 100}`, `{max: 50}`, "50"},
		{`{max: 100}`, `{min: 10}`, "100"},
		{`{min: 100, default: 100}`, `{max: 50}`, "deny"},
		{`7`, `7`, "7"},
		{`7`, `8`, "deny"},
		{`700`, `{max: 50}`, "50"},
		{`{max: 50, default: 1}`, `{max: 60, default: 2}`, "deny"},
	}
	for _, tt := range tests {
		for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			j := judge(t, fmt.Sprintf("default: {write: allow}\nrules:\n  - {name: x, set: {n: %s}}\n  - {name: y, set: {n: %s}}\n", pair[0], pair[1]))
			w := &World{Tool: "t", Args: []byte(`{"n":1000}`)}
			d, _ := j.DecideCall(w)
			got := "deny"
			if d.Action != Deny {
				got = strings.TrimSuffix(strings.TrimPrefix(string(w.Args), `{"n":`), "}")
			}
			if got != tt.want {
				t.Errorf("%v: got %s, want %s", pair, got, tt.want)
			}
		}
	}
}

func TestACallThatSetChangedIsJudgedAgainAndNeverLoosened(t *testing.T) {
	rules := `
rules:
  - {name: flag, when: 'tool.name != "z"', set: {force: false}}
  - {name: forced, when: 'arg("force", false) == true', do: ask}
  - {name: to, when: 'tool.name == "u"', set: {path: "/etc/passwd"}}
  - {name: etc, when: 'any(paths(args), under(#, "/etc"))', do: deny}
  - {name: rest, do: allow}
`
	for _, tt := range []struct {
		tool, args string
		want       Action
	}{
		{"t", `{"force":true}`, Ask},
		{"t", `{"force":false}`, Allow},
		{"t", `{}`, Allow},
		{"u", `{"path":"a"}`, Deny},
		{"z", `{"force":true}`, Ask},
	} {
		w := &World{Tool: tt.tool, Args: []byte(tt.args)}
		if d, _ := judge(t, rules).DecideCall(w); d.Action != tt.want {
			t.Errorf("%s %s: %v by %s", tt.tool, tt.args, d.Action, d.Rule)
		}
	}
}

func masked(t testing.TB, rules, result string) string {
	t.Helper()
	w := &World{On: Result, Method: "tools/call", Result: []byte(result), Default: Allow}
	places, d := judge(t, rules).Mask(w)
	if d.Action != Allow {
		return "deny: " + d.Because
	}
	var out []byte
	from := 0
	for _, p := range places {
		out = append(append(out, result[from:p.Start]...), p.With...)
		from = p.End
	}
	return string(append(out, result[from:]...))
}

func TestMaskReplacesWithinStringsAndNothingElse(t *testing.T) {
	rule := "rules:\n  - {name: own, mask: [email, {matches: 'ACME-[0-9]+'}]}\n"
	tests := []struct{ name, result, want string }{
		{"text", `{"content":[{"type":"text","text":"id ACME-12, ACME-3"}]}`, `{"content":[{"type":"text","text":"id ‹masked:own›, ‹masked:own›"}]}`},
		{"structured content, deep", `{"structuredContent":{"a":[{"b":"ACME-1"}],"n":1}}`, `{"structuredContent":{"a":[{"b":"‹masked:own›"}],"n":1}}`},
		{"a resource", `{"contents":[{"uri":"x:y","text":"ACME-1","mimeType":"ACME-1"}]}`, `{"contents":[{"uri":"x:y","text":"‹masked:own›","mimeType":"ACME-1"}]}`},
		{"an error", `{"code":-1,"message":"no ACME-1","data":{"why":"ACME-2"}}`, `{"code":-1,"message":"no ‹masked:own›","data":{"why":"‹masked:own›"}}`},
		{"escapes before and within", `{"content":[{"type":"text","text":"\"\u00fc\n\ud83d\ude00 AC\u004dE-1\t"}]}`, `{"content":[{"type":"text","text":"\"\u00fc\n\ud83d\ude00 ‹masked:own›\t"}]}`},
		{"half a pair before", `{"text":"\ud83d ACME-1"}`, `{"text":"\ud83d ‹masked:own›"}`},
		{"half a pair and an escape", `{"text":"\ud83d\u0041 ACME-1"}`, `{"text":"\ud83d\u0041 ‹masked:own›"}`},
		{"UTF-8", `{"text":"ü😀 ACME-1 ü"}`, `{"text":"ü😀 ‹masked:own› ü"}`},
		{"an image", `{"content":[{"type":"image","data":"ACME-1","mimeType":"x"}]}`, `{"content":[{"type":"image","data":"ACME-1","mimeType":"x"}]}`},
		{"data that is no image's", `{"data":"ACME-1"}`, `{"data":"‹masked:own›"}`},
		{"blanks everywhere", " { \"a\" : [ \"ACME-1\" , \"b\" ] } ", " { \"a\" : [ \"‹masked:own›\" , \"b\" ] } "},
		{"a key stays", `{"ACME-1":"x"}`, `{"ACME-1":"x"}`},
		{"nothing", `{"content":[]}`, `{"content":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := strings.TrimSpace(tt.result)
			if got := masked(t, rule, raw); got != strings.TrimSpace(tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// FuzzMask: what is left of a frame is JSON, says the same outside of the masked places, and nothing of the pattern is left.
func FuzzMask(f *testing.F) {
	f.Add([]byte(`{"text":"a SECRETX b\u0053ECRETX","l":["SECRETX","\ud83d\ude00SECRETX"]}`))
	f.Add([]byte(`{"text":"\ud83d\u0041SECRETX\\\"SECRETX"}`))
	policy, err := Load(open(map[string]string{"r": "version: 1\nuse: []\nrules:\n  - {name: own, mask: [{matches: SECRETX}]}\n"}), Source{Path: "r", Trust: User})
	if err != nil {
		f.Fatal(err)
	}
	j := policy.View("s", "c").NewJudge(testFacts)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) || !utf8.Valid(raw) || len(raw) == 0 || raw[0] != '{' {
			return
		}
		places, d := j.Mask(&World{On: Result, Result: raw, Default: Allow})
		if d.Action != Allow {
			return
		}
		var out []byte
		from := 0
		for _, p := range places {
			if p.Start < from || p.End <= p.Start {
				t.Fatalf("%+v after %d", p, from)
			}
			out = append(append(out, raw[from:p.Start]...), p.With...)
			from = p.End
		}
		out = append(out, raw[from:]...)
		var before, after any
		if json.Unmarshal(raw, &before) != nil {
			return
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%s\n%s\n%v", raw, out, err)
		}
		if got, want := fmt.Sprint(after), strings.ReplaceAll(fmt.Sprint(before), "SECRETX", "‹masked:own›"); len(places) > 0 && !hasUnmasked(before) && got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// hasUnmasked tells whether a value has members that mask leaves alone, keys that would match, or escapes that decoders take apart
// differently.
func hasUnmasked(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if unmasked[k] || k == "data" || strings.Contains(k, "SECRETX") || hasUnmasked(e) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if hasUnmasked(e) {
				return true
			}
		}
	case string:
		return strings.ContainsRune(v, utf8.RuneError)
	}
	return false
}

func TestMaskOfOverlappingPlacesDoesNotDependOnTheOrderOfRules(t *testing.T) {
	a, b := "  - {name: a, mask: [{matches: 'one two'}]}\n", "  - {name: b, mask: [{matches: 'two three'}, {matches: 'six'}]}\n"
	result := `{"text":"zero one two three four five six"}`
	want := `{"text":"zero ‹masked:a› four five ‹masked:b›"}`
	for _, rules := range []string{"rules:\n" + a + b, "rules:\n" + b + a} {
		if got := masked(t, rules, result); got != want {
			t.Errorf("got %s", got)
		}
	}
}

func TestMaskKnowsSecretsAndPersonalData(t *testing.T) {
	token := "ghp_" + strings.Repeat("a1B2c3D4e", 4)
	if got := masked(t, "rules:\n  - {name: r, mask: [secrets]}\n", `{"text":"token `+token+` of ann@example.com"}`); strings.Contains(got, token) || !strings.Contains(got, "ann@example.com") {
		t.Error(got)
	}
	if got := masked(t, "rules:\n  - {name: r, mask: [secrets]}\n", `{"structuredContent":{"password":"Zq8!vTr2xK","name":"Zq8!vTr2xK","list":[{"api_key":"a8Kd03nvQw71LsPq"}]}}`); strings.Count(got, "Zq8") != 1 || strings.Contains(got, "a8Kd") {
		t.Error(got)
	}
	if got := masked(t, "rules:\n  - {name: r, mask: [personal]}\n", `{"text":"token `+token+` of ann@example.com"}`); !strings.Contains(got, token) || strings.Contains(got, "ann@example.com") {
		t.Error(got)
	}
}

func TestAMaskThatCannotBeEvaluatedDenies(t *testing.T) {
	if got := masked(t, "rules:\n  - {name: r, when: 'result.structured.x == 1', mask: [secrets]}\n", `{"content":[]}`); !strings.HasPrefix(got, "deny") {
		t.Error(got)
	}
}

func TestHideTakesDefinitionsOutOfLists(t *testing.T) {
	j := judge(t, `
rules:
  - {name: admin, hide: tools, when: 'tool.name startsWith "admin_"'}
  - {name: hinted, hide: tools, when: 'args.annotations.destructiveHint == true'}
  - {name: files, hide: [resources], when: 'any(paths(args), under(#, "~/private"))'}
`)
	tests := []struct {
		method, tool, item, by string
	}{
		{"tools/list", "admin_x", `{"name":"admin_x","annotations":{"destructiveHint":false}}`, "admin"},
		{"tools/list", "a", `{"name":"a","annotations":{"destructiveHint":true}}`, "hinted"},
		{"tools/list", "a", `{"name":"a","annotations":{"destructiveHint":false}}`, ""},
		{"tools/list", "a", `{"name":"a"}`, "hinted"}, // the hint is absent: nobody knows
		{"resources/list", "", `{"uri":"file:///home/u/private/a"}`, "files"},
		{"resources/list", "", `{"uri":"file:///home/u/work/a"}`, ""},
		{"prompts/list", "", `{"name":"admin_x"}`, ""},
	}
	for _, tt := range tests {
		d := j.Hide(&World{On: List, Method: tt.method, Tool: tt.tool, Args: []byte(tt.item)})
		if hidden := d.Action != Allow; hidden != (tt.by != "") || hidden && d.Rule != tt.by {
			t.Errorf("%s: %+v", tt.item, d)
		}
	}
}

// Edits never make a frame pass that would not, whatever they are.
func TestEditsNeverLoosen(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	verdicts := []string{
		"  - {name: v%d, when: 'arg(\"n\", 0) > 3', do: ask}\n", "  - {name: v%d, when: '\"x\" in args', do: deny}\n",
		"  - {name: v%d, when: 'tool.name == \"t\"', do: allow}\n", "  - {name: v%d, when: 'args.n == 1', do: allow}\n",
	}
	edits := []string{
		"  - {name: e%d, set: {n: 1}}\n", "  - {name: e%d, set: {n: {max: 2, default: 0}}}\n", "  - {name: e%d, set: {x: 1}}\n",
		"  - {name: e%d, when: 'args.n > 5', set: {n: 0}}\n", "  - {name: e%d, hide: tools}\n", "  - {name: e%d, mask: [secrets]}\n",
	}
	for range 300 {
		text := "rules:\n"
		for i := range 1 + rng.IntN(3) {
			text += fmt.Sprintf(verdicts[rng.IntN(len(verdicts))], i)
		}
		with := text
		for i := range 1 + rng.IntN(3) {
			with += fmt.Sprintf(edits[rng.IntN(len(edits))], i)
		}
		args := []string{`{}`, `{"n":1}`, `{"n":10}`, `{"n":4,"x":2}`, `{"n":"a"}`}[rng.IntN(5)]
		plain, _ := judge(t, text).DecideCall(&World{Tool: "t", Args: []byte(args)})
		edited, _ := judge(t, with).DecideCall(&World{Tool: "t", Args: []byte(args)})
		if edited.Action > plain.Action {
			t.Fatalf("%s\n%s: %v, without the edits %v", with, args, edited, plain)
		}
	}
}

func TestEveryKindOfDataCanBeMasked(t *testing.T) {
	for _, k := range scan.Kinds() {
		load(t, "version: 1\nuse: []\nrules:\n  - {name: r, mask: ["+k.Name+"]}\n")
	}
}

// A rule that allows matches only what is known to the last command and statement.
func TestRulesThatAllowDoNotMatchTheUnknown(t *testing.T) {
	j := judge(t, `
rules:
  - {name: lists, when: 'tool.name == "sh" and all(commands(args), .name in ["ls", "cd", "git"])', do: allow}
  - {name: files, when: 'tool.name == "cat" and all(paths(args), under(#, "~/work"))', do: allow}
  - {name: not-rm, when: 'tool.name == "no" and not any(commands(args), .name == "rm")', do: allow}
  - {name: reads, when: 'tool.name == "sql" and all(sql(args), .kind != "drop")', do: allow}
`)
	for _, tt := range []struct {
		tool, args string
		want       Action
	}{
		{"sh", `{"command":"cd x && ls -la"}`, Allow},
		{"sh", `{"command":"/usr/bin/ls"}`, Allow},
		{"sh", `{"command":"./ls"}`, Ask},
		{"sh", `{"command":"bin/ls"}`, Ask},
		{"sh", `{"command":"ls; $X"}`, Ask},
		{"sh", `{"command":"ls $(rm x)"}`, Ask},
		{"sh", `{"command":"ls; if"}`, Ask},
		{"sh", `{}`, Ask},
		{"cat", `{"command":"cat a.txt"}`, Allow},
		{"cat", `{"command":"cat ../a.txt"}`, Ask},
		{"cat", `{"command":"cat $X"}`, Ask},
		{"cat", `{"command":"cd ..; cat a.txt"}`, Ask},
		{"cat", `{"command":"cat ~+/../secret"}`, Ask},
		{"no", `{"command":"ls"}`, Allow},
		{"no", `{"command":"$X y"}`, Ask},
		{"sql", `{"sql":"select 1"}`, Allow},
		{"sql", `{"sql":"select 'a"}`, Ask},
	} {
		if d := j.Decide(&World{Tool: tt.tool, Args: []byte(tt.args)}); d.Action != tt.want {
			t.Errorf("%s %s: %v by %s (%s), want %v", tt.tool, tt.args, d.Action, d.Rule, d.Because, tt.want)
		}
	}
}
