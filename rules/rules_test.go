package rules

import (
	"io/fs"
	"strings"
	"testing"
)

// open serves files from a map.
func open(files map[string]string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
}

var testFacts = Facts{Home: "/home/u", Cwd: "/home/u/work"}

func load(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Load(open(map[string]string{"rules.yaml": text}), Source{Path: "rules.yaml", Trust: User})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// decide judges a call under one rule that denies when the expression holds.
func decide(t testing.TB, when, args string) Decision {
	t.Helper()
	text := "version: 1\nuse: []\ndefault: {write: allow}\nrules:\n  - name: r\n    do: deny\n    because: matched\n    when: |\n      " +
		strings.ReplaceAll(when, "\n", "\n      ") + "\n"
	return load(t, text).View("s", "c").NewJudge(testFacts).Decide(&World{Tool: "t", Method: "tools/call", Args: []byte(args)})
}

func TestExpressionsOverArguments(t *testing.T) {
	const failed = "could not be evaluated"
	tests := []struct {
		when, args string
		want       string // "yes", "no", or part of the reason of a failed evaluation
	}{
		{`args.x == 1`, `{"x":1}`, "yes"},
		{`args.x == 1`, `{"x":1.0}`, "yes"},
		{`args.x == 1`, `{"x":10e-1}`, "yes"},
		{`args.x == 1`, `{"x":2}`, "no"},
		{`args.x == 1`, `{"x":"1"}`, "a string is compared with a number"},
		{`args.x != 1`, `{"x":"1"}`, "a string is compared with a number"},
		{`args.x == 9007199254740993`, `{"x":9007199254740993}`, "yes"},
		{`args.x == 9007199254740993`, `{"x":9007199254740992.0}`, "no"},
		{`args.x > 0`, `{"x":9007199254740993.0}`, "yes"},
		{`args.x > 0`, `{"x":0.1000000000000000055511}`, "held exactly"},
		{`args.x > 0`, `{"x":123456789012345678901}`, "held exactly"},
		{`args.x > 0`, `{"x":1e400}`, "held exactly"},
		{`args.x > 0.05`, `{"x":0.10}`, "yes"},
		{`args.x < 0`, `{"x":-0.5}`, "yes"},
		{`args.x == 0`, `{"x":-0.0}`, "yes"},
		{`args.x`, `{"x":true}`, "yes"},
		{`args.x`, `{"x":"true"}`, "neither true nor false"},
		{`args.x == true`, `{"x":"true"}`, "a string is compared"},
		{`args.path startsWith "/etc"`, `{"path":"/etc/passwd"}`, "yes"},
		{`args.path startsWith "/etc"`, `{"path":"\/\u0065tc/passwd"}`, "yes"},
		{`args.path startsWith "/etc"`, `{}`, `there is no "path"`},
		{`not (args.path startsWith "/etc")`, `{}`, `there is no "path"`},
		{`args.path != "x"`, `{}`, `there is no "path"`},
		{`args.path startsWith "/etc"`, `{"path":null}`, "null"},
		{`not (args.path startsWith "/etc")`, `{"path":null}`, "null"},
		{`args.path == nil`, `{"path":null}`, "yes"},
		{`args.path != nil`, `{"path":1}`, "yes"},
		{`args.path == nil`, `{}`, `there is no "path"`},
		{`"path" in args and args.path == "a"`, `{}`, "no"},
		{`"path" in args and args.path == "a"`, `{"path":"a"}`, "yes"},
		{`"p\u0061th" in args`, `{"path":"a"}`, "yes"},
		{`"path" in args`, `{"p\u0061th":"a"}`, "yes"},
		{`"path" not in args`, `{}`, "yes"},
		{`args.a.b.c == 1`, `{"a":{"b":{"c":1}}}`, "yes"},
		{`args.a.b.c == 1`, `{"a":{"b":{}}}`, `there is no "c"`},
		{`args["a"]["b"] == 1`, `{"a":{"b":1}}`, "yes"},
		{`args["a"]["c"] == 1`, `{"a":{"b":1}}`, `there is no "c"`},
		{`args.a[0] == 1`, `{"a":[1]}`, "yes"},
		{`args.a[1] == 1`, `{"a":[1]}`, "no such element"},
		{`args.a.b == 1`, `{"a":"s"}`, "a string has no members"},
		{`let a = args; a.x == 1`, `{}`, `there is no "x"`},
		{`let a = args.q; a.x == 1`, `{"q":{"x":1}}`, "yes"},
		{`"k" in args.a`, `{"a":{"k":1}}`, "yes"},
		{`"k" in args.a`, `{}`, `there is no "a"`},
		{`"k" in args.a`, `{"a":["j","k"]}`, "yes"},
		{`"k" in args.a`, `{"a":["j",1]}`, "is compared"},
		{`args.b in ["main","master"]`, `{"b":"main"}`, "yes"},
		{`args.b in ["main","master"]`, `{"b":"dev"}`, "no"},
		{`args.b in ["main","master"]`, `{"b":["main"]}`, "is compared"},
		{`args.b not in ["main"]`, `{"b":7}`, "is compared"},
		{`any(args.l, #.path == "x")`, `{"l":[{"path":"y"},{"path":"x"}]}`, "yes"},
		{`any(args.l, .path == "x")`, `{"l":[{}]}`, `there is no "path"`},
		{`none(args.l, # startsWith "/etc")`, `{"l":["/a",null]}`, "null"},
		{`any(args.l, # == nil)`, `{"l":[1,null]}`, "yes"},
		{`all(args.l, # < 3)`, `{"l":[1,2]}`, "yes"},
		{`any(args.l, # == 1)`, `{"l":{"x":1}}`, "a list is needed"},
		{`any(args.l, # == 1)`, `{"l":"abc"}`, "a list is needed"},
		{`any(args.l, any(#, # == 1))`, `{"l":[[2],[1]]}`, "yes"},
		{`arg("x", 5) == 5`, `{}`, "yes"},
		{`arg("x", "d") == "e"`, `{"x":"e"}`, "yes"},
		{`arg("x", "d") == "d"`, `{"x":null}`, "yes"},
		{`size(args) > 5`, `{"x":1}`, "yes"},
		{`size(args.x) == 2`, `{"x":"\u00e9"}`, "yes"},
		{`len(args.x) == 1`, `{"x":"\u00e9"}`, "yes"},
		{`args.x matches "^a+$"`, `{"x":"aaa"}`, "yes"},
		{`args.x matches "^a+$"`, `{"x":3}`, failed},
		{`lower(args.x) == "ab"`, `{"x":"AB"}`, "yes"},
		{`any(split(args.x, ","), # == "b")`, `{"x":"a,b"}`, "yes"},
		{`len(filter(args.l, # > 1)) == 2`, `{"l":[1,2,3]}`, "yes"},
		{`base(args.p) == "c"`, `{"p":"/a/b\\c"}`, "yes"},
		{`tool.name == "t" and server.name == "s" and client.name == "c" and method == "tools/call"`, `{}`, "yes"},
		{`tool.class == "write"`, `{}`, "yes"},
		{`tool.name in ["t", "u"]`, `{}`, "yes"},
		{`tool.name != "t"`, `{}`, "no"},
		{`not (tool.name in ["t"])`, `{}`, "no"},
		{`"t" == tool.name && args.x == 1`, `{"x":1}`, "yes"},
		{`tool.name == "u" and args.x == 1`, `{}`, "no"},
		{`args.x == 1 and tool.name == "u"`, `{}`, "no"},
		{`tool.name startsWith "t"`, `{}`, "yes"},
		{`tool.name == "u" or args.x == 1`, `{"x":1}`, "yes"},
		{`args.x.y > 1 ? true : false`, `{"x":{"y":2}}`, "yes"},
	}
	for _, tt := range tests {
		t.Run(tt.when+" "+tt.args, func(t *testing.T) {
			d := decide(t, tt.when, tt.args)
			got := "no"
			if d.Action == Deny {
				got = d.Because
				if d.Because == "matched" {
					got = "yes"
				}
			}
			if got != tt.want && (len(tt.want) < 4 || !strings.Contains(got, tt.want)) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
