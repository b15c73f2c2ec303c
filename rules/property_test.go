package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// generator makes rules that load, of all kinds.
type generator struct{ *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g generator) condition(depth int) string {
	if depth > 0 && g.IntN(2) == 0 {
		return g.pick("(%s and %s)", "(%s or %s)", "not (%s) and %s", "(%s ? %s : true)")
	}
	return g.pick(`"x" in args`, `arg("n", 0) > 3`, `args.n == 1`, `tool.name == "t"`, `tool.name in ["t", "u"]`, `tool.class == "read"`,
		`tool.name != "v"`, `size(args) > 20`, `any(paths(args), under(#, "~/work"))`, `all(paths(args), under(#, ["/etc", "~/Work"]))`,
		`any(commands(args), .name == "git")`, `any(commands(args), .unknown)`, `all(commands(args), .name in ["ls", "git"])`,
		`any(hosts(args), inDomain(#, "example.com"))`, `any(sql(args), .write)`, `len(secrets(args)) > 0`, `any(recipients(args), # endsWith "@example.com")`,
		`count(tool.name, "1m") > 1`, `not seen(tool.name)`, `arg("path", "") matches "^/etc"`, `server.kind == "like"`, `client.name == "c"`, `method == "tools/call"`)
}

func (g generator) when(depth int) string {
	text := g.condition(depth)
	for strings.Contains(text, "%s") {
		text = strings.Replace(text, "%s", g.when(depth-1), 1)
	}
	return text
}

// rule gives the text of a rule called name. A tightening one may stand in the file of a folder.
func (g generator) rule(name string, tightening bool) string {
	does := []string{"do: deny", "do: ask", "on: [call, resource], do: ask", "on: any, do: deny", "mask: [secrets, email]", "mask: [{matches: 'a+'}]", "hide: tools", "hide: [prompts, resources]"}
	if !tightening {
		does = append(does, "do: allow", "do: allow", "on: [call, resource], do: allow", "set: {n: {max: 2, default: 1}}", "set: {n: 1}", "set: {n: 2}", "set: {path: /etc/x}")
	}
	do := does[g.IntN(len(does))]
	if g.IntN(8) == 0 {
		return fmt.Sprintf("  - {name: %s, %s}\n", name, do)
	}
	return fmt.Sprintf("  - {name: %s, %s, when: '%s'}\n", name, do, strings.ReplaceAll(g.when(2), "'", "''"))
}

var frames = []World{
	{Tool: "t", Args: []byte(`{}`)}, {Tool: "t", Args: []byte(`{"n":1}`)}, {Tool: "u", Args: []byte(`{"n":9,"x":"ghp"}`)},
	{Tool: "v", Args: []byte(`{"path":"/etc/passwd"}`)}, {Tool: "t", Args: []byte(`{"path":"a","n":"1"}`)}, {Tool: "r", Args: []byte(`{"path":"../x","n":2}`)},
	{Tool: "t", Args: []byte(`{"command":"git push; ls"}`)}, {Tool: "t", Args: []byte(`{"command":"$X -rf /"}`)}, {Tool: "u", Args: []byte(`{"url":"https://example.com/x","sql":"drop table a"}`)},
	{Tool: "u", Args: []byte(`{"to":"a@example.com","url":"http://{x}/"}`)}, {Tool: "", Args: nil},
	{On: Resource, Method: "resources/read", Args: []byte(`{"uri":"file:///home/u/work/a"}`), Default: Allow},
	{On: Resource, Method: "resources/read", Args: []byte(`{"uri":"file:///etc/a"}`), Default: Deny},
	{On: Result, Method: "tools/call", Tool: "t", Result: []byte(`{"content":[{"type":"text","text":"aaa ann@example.com"}]}`), Default: Allow},
	{On: List, Method: "tools/list", Tool: "t", Args: []byte(`{"name":"t","n":1}`), Default: Allow},
	{On: Notification, Method: "notifications/message", Args: []byte(`{"data":"aaa"}`), Default: Allow},
}

// outcome is everything that a policy makes of the frames, one after the other.
func outcome(p *Policy) (texts []string, actions []Action) {
	facts := testFacts
	facts.History = NewHistory()
	j := p.View("s", "c").NewJudge(facts)
	for _, w := range frames {
		w.Time = time.Unix(0, 0)
		var d Decision
		var changes []Change
		if w.On == Call {
			d, changes = j.DecideCall(&w)
		} else {
			d = j.Decide(&w)
		}
		if d.Action == Allow {
			facts.History.Add(w.Time, w.Notes)
		}
		text := fmt.Sprintf("%v %s %s %v", d.Action, d.Rule, d.Because, changes)
		if w.On == Result || w.On == Notification {
			places, fault := j.Mask(&w)
			text += fmt.Sprint(places, fault.Action, fault.Rule)
		}
		if w.On == List {
			text += fmt.Sprint(j.Hide(&w).Action)
		}
		texts, actions = append(texts, text), append(actions, d.Action)
	}
	return texts, actions
}

const heading = "version: 1\nuse: []\n"

func generated(t *testing.T, texts []string, files map[string]string, sources ...Source) *Policy {
	t.Helper()
	p, err := Load(open(files), sources...)
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(texts, ""))
	}
	return p
}

// Same rules, same frames, same world: same decisions, however the rules are ordered and spread over files.
func TestOrderAndLayoutOfFilesDecideNothing(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(11, 12))}
	seen := map[Action]int{}
	for range 250 {
		var texts []string
		for i := range 2 + g.IntN(6) {
			texts = append(texts, g.rule(fmt.Sprint("r", i), false))
		}
		one := generated(t, texts, map[string]string{"a": heading + "rules:\n" + strings.Join(texts, "")}, Source{Path: "a", Trust: User})
		want, actions := outcome(one)
		for _, a := range actions {
			seen[a]++
		}
		shuffled := slices.Clone(texts)
		g.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		files := map[string]string{"a": heading + "include: [b, sub/c]\nrules:\n", "b": "version: 1\nrules:\n", "sub/c": "version: 1\nrules:\n"}
		names := []string{"a", "b", "sub/c"}
		for _, r := range shuffled {
			files[names[g.IntN(3)]] += r
		}
		for name, text := range files {
			if strings.HasSuffix(text, "rules:\n") {
				files[name] += " []\n"
			}
		}
		got, _ := outcome(generated(t, texts, files, Source{Path: "a", Trust: User}))
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s\nframe %d: %s\nin one file: %s", strings.Join(shuffled, ""), i, got[i], want[i])
			}
		}
	}
	if seen[Deny] < 100 || seen[Ask] < 100 || seen[Allow] < 100 {
		t.Errorf("the rules give only %v", seen)
	}
}

// Whatever the file of a working folder holds, no decision is looser with it. Each frame is judged in a session of its own: a frame
// that a folder's rule refuses is not seen and not counted later, which a user's own rule may well let something pass by.
func TestNoRuleOfAFolderLoosens(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(13, 14))}
	tighter := 0
	for range 400 {
		user, folder := heading+"rules:\n", "version: 1\nrules:\n"
		for i := range 1 + g.IntN(4) {
			user += g.rule(fmt.Sprint("r", i), false)
		}
		for i := range 1 + g.IntN(4) {
			folder += g.rule(fmt.Sprint("r", i), true)
		}
		files := map[string]string{"u": user, "f": folder}
		without := generated(t, []string{user}, files, Source{Path: "u", Trust: User})
		with := generated(t, []string{user, folder}, files, Source{Path: "u", Trust: User}, Source{Path: "f"})
		for _, frame := range frames {
			var actions [2]Action
			var args [2]string
			for i, p := range []*Policy{without, with} {
				facts := testFacts
				facts.History = NewHistory()
				w := frame
				j := p.View("s", "c").NewJudge(facts)
				if w.On == Call {
					d, _ := j.DecideCall(&w)
					actions[i] = d.Action
				} else {
					actions[i] = j.Decide(&w).Action
				}
				args[i] = string(w.Args)
			}
			if actions[1] > actions[0] {
				t.Fatalf("%s\n%s\n%s %s: %v became %v", user, folder, frame.Tool, frame.Args, actions[0], actions[1])
			}
			if actions[1] < actions[0] {
				tighter++
			} else if actions[0] != Deny && args[0] != args[1] {
				t.Fatalf("the folder changed arguments: %s, %s", args[0], args[1])
			}
		}
	}
	if tighter < 100 {
		t.Errorf("only %d decisions were tightened", tighter)
	}
}
