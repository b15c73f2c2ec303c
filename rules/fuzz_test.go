package rules

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever a file holds, Load gives a policy or an error with a place.
func FuzzLoad(f *testing.F) {
	for _, p := range Packs() {
		text, err := Pack(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("version: 1\nrules:\n  - {name: a, on: [call, any], do: ask, when: 'args.x[0].y > 1 and \"k\" in args.z'}\n")
	f.Add("version: 1\ntests:\n  - call: {tool: a, args: {a: [1, 2.5, ~, true, |\n x\n]}}\n    want: deny\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Load(open(map[string]string{"r": text}), Source{Path: "r", Trust: User})
		if (p == nil) != (err != nil) {
			t.Fatal(p, err)
		}
		if err != nil {
			if msg := err.Error(); !strings.HasPrefix(msg, "r:") || !utf8.ValidString(msg) {
				t.Fatalf("%q", msg)
			}
			return
		}
		p.Test(testFacts)
	})
}

// The walk over raw JSON sees what encoding/json sees.
func FuzzMembers(f *testing.F) {
	f.Add(`{"a":1,"b":{"c":[1,"x\"]}",{}]},"\u0061b":"\\"}`, "ab")
	f.Add(` { "a" : [ ] , "b" : -1.5e3 } `, "b")
	f.Fuzz(func(t *testing.T, text, key string) {
		var want map[string]json.RawMessage
		if !utf8.ValidString(text) || !utf8.ValidString(key) || json.Unmarshal([]byte(text), &want) != nil || want == nil {
			return
		}
		if strings.Contains(text, `\u`) && strings.ContainsRune(text, 'd') {
			return // lone surrogates do not get here
		}
		seen := map[string]bool{}
		for it := newIter([]byte(text)); ; {
			k, val, ok := it.member()
			if !ok {
				break
			}
			if seen[string(k)] {
				return // nor do duplicates
			}
			seen[string(k)] = true
			if raw, has := want[string(k)]; !has || string(raw) != string(val) {
				t.Fatalf("%q: %q, want %q", k, val, raw)
			}
			decode(val)
		}
		if len(seen) != len(want) {
			t.Fatalf("%d members, want %d", len(seen), len(want))
		}
		if got := (&object{raw: []byte(text)}).get(key); string(got) != string(want[key]) {
			t.Fatalf("%q: %q, want %q", key, got, want[key])
		}
	})
}

// A decoded number means what its text says.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-0.0", "1e3", "0.1", "9007199254740993.0", "1e400", "5e-324", "123456789012345678901", "-12.50e-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 40 || !json.Valid([]byte(s)) || s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
			return
		}
		v, err := decodeNumber(s)
		if err != nil {
			return
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		d1, e1 := decimal(s)
		if d2, e2 := decimal(string(out)); d1 != d2 || e1 != e2 {
			t.Fatalf("%s became %s", s, out)
		}
	})
}

// Every meaning of a path is absolute and clean, and folding is stable.
func FuzzForms(f *testing.F) {
	for _, s := range []string{"~/.ssh", "file:///a%2fb", `C:\x`, "a\x00b", "%252e%252e/x", " x "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" || len(s) > 1000 {
			return
		}
		fr := frame{facts: linkFacts(), dirs: map[*dirSet]*expandedDirs{}}
		forms := fr.forms(s)
		if len(forms) == 0 || len(forms) > 40 {
			t.Fatalf("%d forms", len(forms))
		}
		for _, p := range forms {
			if !strings.HasPrefix(p, "/") && !drive(p) || strings.Contains(p+"/", "/../") {
				t.Fatalf("%q gives %q", s, p)
			}
			if foldPath(foldPath(p)) != foldPath(p) {
				t.Fatalf("folding %q twice differs", p)
			}
		}
	})
}
