package pin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func TestCanonicalForm(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"blanks and order", ` { "b" : [ 1 , 2 ] , "a" : { } } `, `{"a":{},"b":[1,2]}`},
		{"every kind of blank", "\t\r\n [\t1\r,\n2 ]\t\r\n ", `[1,2]`},
		{"blanks in texts stay", `" a  b "`, `" a  b "`},
		{"numbers keep their spelling", `[1.0,1e2,-0,1E2,10000000000000000000001]`, `[1.0,1e2,-0,1E2,10000000000000000000001]`},
		{"words", `[ true , false , null ]`, `[true,false,null]`},
		{"a lone text", ` "" `, `""`},
		{"a lone number", "7\n", `7`},
		{"empty containers", `{"b":{ },"a":[ ]}`, `{"a":[],"b":{}}`},
		{"nested objects are in order each", `[{"b":{"d":1,"c":[{"f":1,"e":2}]},"a":0}]`, `[{"a":0,"b":{"c":[{"e":2,"f":1}],"d":1}}]`},
		{"lists keep their order", `["b","a",2,1]`, `["b","a",2,1]`},
		{"escapes that need not be", `"\u0041\/\u00e9\u2028\u007f"`, "\"A/é\u2028\x7f\""},
		{"escapes that have to be", `"\u0008\u0009\u000a\u000c\u000d\u0001\u001F\"\\"`, `"\b\t\n\f\r\u0001\u001f\"\\"`},
		{"escapes in capitals", `"\u000B\uD83D\uDE00"`, `"\u000b😀"`},
		{"escaped quotes and backslashes", `"\u0022\u005c\\u0041"`, `"\"\\\\u0041"`},
		{"an escape right before the quote", `["\\","\"","\u0041"]`, `["\\","\"","A"]`},
		{"surrogates", `"\ud83d\ude00 \ud83d"`, "\"😀 \ufffd\""},
		{"a first half before a pair", `"\ud83d\ud83d\ude00"`, "\"\ufffd😀\""},
		{"halves in the wrong order", `"\ude00\ud83d"`, "\"\ufffd\ufffd\""},
		{"half a pair before another escape", `"\ud83d\n\ud83dx"`, "\"\ufffd\\n\ufffdx\""},
		{"order of UTF-16", "{\"\uff61\":1,\"😀\":2,\"z\":3}", "{\"z\":3,\"😀\":2,\"\uff61\":1}"},
		{"an astral name before U+FFFD and behind U+D7FF", "{\"\ufffd\":1,\"\U00010000\":2,\"\ud7ff\":3,\"\ue000\":4,\"\U0010ffff\":5}",
			"{\"\ud7ff\":3,\"\U00010000\":2,\"\U0010ffff\":5,\"\ue000\":4,\"\ufffd\":1}"},
		{"escaped names are in order too", `{"\u0062":1,"a":2}`, `{"a":2,"b":1}`},
		{"names by what they stand for", `{"\"":3,"\u000a":1,"!":2,"\\":4}`, `{"\n":1,"!":2,"\"":3,"\\":4}`},
		{"the names of RFC 8785, section 3.2.3", `{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`,
			"{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}"},
		{"a name that begins another", `{"aa":1,"a":2,"a b":3}`, `{"a":2,"a b":3,"aa":1}`},
		{"an empty name is first", `{"a":1,"":2}`, `{"":2,"a":1}`},
		{"more members than fit at first", members(40, true), members(40, false)},
		{"hidden characters stay", "\"a\u200bb\"", "\"a\u200bb\""},
		{"no normal form of Unicode", "\"e\u0301\"", "\"e\u0301\""},
		{"as deep as may be", strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Canonical(nil, []byte(c.in))
			if err != nil || string(got) != c.want {
				t.Fatalf("got %s, %v, want %s", got, err, c.want)
			}
			again, err := Canonical([]byte("before"), got)
			if err != nil || string(again) != "before"+c.want {
				t.Errorf("a second time: got %s, %v", again, err)
			}
		})
	}
}

// members writes an object of n members, backwards or in order.
func members(n int, backwards bool) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"m%02d":%d`, i, i))
	}
	if backwards {
		slices.Reverse(all)
	}
	return "{" + strings.Join(all, ",") + "}"
}

func TestWhatIsNoValueHasNoCanonicalForm(t *testing.T) {
	for _, c := range []struct{ name, in string }{
		{"nothing", ``}, {"blanks only", " \n"}, {"an open object", `{`}, {"a name alone", `{"a"}`}, {"no comma", `[1 2]`}, {"an open text", `"a`},
		{"a text that ends in a backslash", `"\`}, {"an escaped end", `"\"`}, {"two values", `{"a":1}x`}, {"an end", `]`}, {"a number as a name", `{1:2}`},
		{"an open list in an object", `{"a":[1}`}, {"a comma alone", `,`}, {"no value", `{"a":}`}, {"a missing name", `{:1}`}, {"the wrong end", `[1}`},
		{"too deep a list", strings.Repeat("[", 1<<16)}, {"too deep an object", strings.Repeat(`{"a":`, 1<<16)},
		{"one deeper than may be", strings.Repeat("[", maxDepth+2) + strings.Repeat("]", maxDepth+2)},
	} {
		if got, err := Canonical(nil, []byte(c.in)); err == nil {
			t.Errorf("%s: the canonical form %.40s", c.name, got)
		}
		if got, err := Hash([]byte(c.in)); err == nil || got != "" {
			t.Errorf("%s: the hash %s", c.name, got)
		}
	}
}

func TestHashIsThatOfTheCanonicalForm(t *testing.T) {
	const want = "h1:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=" // of {}
	for _, in := range []string{`{}`, ` { } `} {
		if got, err := Hash([]byte(in)); got != want || err != nil {
			t.Errorf("%q: got %s, %v, want %s", in, got, err, want)
		}
	}
	if _, err := NewItem([]byte(`"` + strings.Repeat("x", MaxDefinition) + `"`)); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("a definition that is too long: %v", err)
	}
}

// FuzzCanonical states the promise: it panics never, and values have one canonical form exactly where an independent reader finds the
// same members, texts, and spellings of numbers.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"b":[1,{"x":null}],"a":"\u00e9"}`), []byte(`{"a":"é","b":[1,{"x":null}]}`))
	f.Add([]byte(`{"a":1.0}`), []byte(`{"a":1}`))
	f.Add([]byte(`{"\ud83d\ud83d\ude00":[1,]}`), []byte("\"\\"))
	f.Add([]byte("{\"a\":\"\\u"), []byte(`[{"":{}},"\u12"]`))
	f.Add([]byte(`{"ﬀ":1,"😀":2}`), []byte(`{"😀":2,"ﬀ":1}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, errX := Canonical(nil, a)
		y, errY := Canonical(nil, b)
		want, okA := independent(a)
		other, okB := independent(b)
		if okA && errX != nil {
			t.Fatalf("%q: %v", a, errX)
		}
		if !okA || !okB || errY != nil {
			return
		}
		if string(x) != want {
			t.Errorf("%q: got %s, want %s", a, x, want)
		}
		if bytes.Equal(x, y) != (want == other) {
			t.Errorf("%s and %s", x, y)
		}
		again, err := Canonical(nil, x)
		if err != nil || !bytes.Equal(again, x) {
			t.Errorf("%s becomes %s, %v", x, again, err)
		}
	})
}

// independent writes the canonical form by way of encoding/json.
func independent(raw []byte) (string, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if !utf8.Valid(raw) || !json.Valid(raw) || d.Decode(&v) != nil || twins(raw) || bytes.Count(raw, []byte("["))+bytes.Count(raw, []byte("{")) > maxDepth {
		return "", false
	}
	var b strings.Builder
	writeValue(&b, v)
	return b.String(), true
}

// twins tells objects with a name twice, which no frame has.
func twins(raw []byte) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	var open []map[string]bool
	key := false
	for {
		tok, err := d.Token()
		if err != nil {
			return false
		}
		switch tok := tok.(type) {
		case json.Delim:
			if tok == '{' {
				open = append(open, map[string]bool{})
				key = true
				continue
			} else if tok == '[' {
				open = append(open, nil)
				key = false
				continue
			}
			open = open[:len(open)-1]
		case string:
			if key {
				if open[len(open)-1][tok] {
					return true
				}
				open[len(open)-1][tok] = true
				key = false
				continue
			}
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}

func writeValue(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		var names []string
		for name := range v {
			names = append(names, name)
		}
		slices.SortFunc(names, func(a, b string) int { return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b))) })
		b.WriteByte('{')
		for i, name := range names {
			if i > 0 {
				b.WriteByte(',')
			}
			writeValue(b, name)
			b.WriteByte(':')
			writeValue(b, v[name])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeValue(b, item)
		}
		b.WriteByte(']')
	case string:
		writeText(b, v)
	case json.Number:
		b.WriteString(v.String())
	case bool:
		b.WriteString(map[bool]string{true: "true", false: "false"}[v])
	case nil:
		b.WriteString("null")
	}
}

// writeText takes a string rune by rune, by the table of RFC 8785, section 3.2.2.2.
func writeText(b *strings.Builder, s string) {
	short := map[rune]string{'\b': `\b`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`, '"': `\"`, '\\': `\\`}
	b.WriteByte('"')
	for _, r := range s {
		switch escape, has := short[r]; {
		case has:
			b.WriteString(escape)
		case r < 0x20:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
