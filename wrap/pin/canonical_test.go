package pin

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func TestCanonicalForm(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"blanks and order", ` { "b" : [ 1 , 2 ] , "a" : { } } `, `{"a":{},"b":[1,2]}`},
		{"numbers keep their spelling", `[1.0,1e2,-0,1E2,10000000000000000000001]`, `[1.0,1e2,-0,1E2,10000000000000000000001]`},
		{"escapes that need not be", `"\u0041\/\u00e9"`, `"A/é"`},
		{"escapes that have to be", `"\u0008\u0009\u000a\u000c\u000d\u0001\u001F\"\\"`, `"\b\t\n\f\r\u0001\u001f\"\\"`},
		{"surrogates", `"\ud83d\ude00 \ud83d"`, "\"😀 \ufffd\""},
		{"order of UTF-16", "{\"\uff61\":1,\"😀\":2,\"z\":3}", "{\"z\":3,\"😀\":2,\"\uff61\":1}"},
		{"escaped names are in order too", `{"\u0062":1,"a":2}`, `{"a":2,"b":1}`},
		{"a name that begins another", `{"aa":1,"a":2,"a b":3}`, `{"a":2,"a b":3,"aa":1}`},
		{"hidden characters stay", "\"a\u200bb\"", "\"a\u200bb\""},
	} {
		got, err := Canonical(nil, []byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
	for _, bad := range []string{``, `{`, `{"a"}`, `[1 2]`, `"a`, `{"a":1}x`, `]`, `{1:2}`, strings.Repeat("[", 1<<16)} {
		if got, err := Canonical(nil, []byte(bad)); err == nil {
			t.Errorf("%.20q has the canonical form %s", bad, got)
		}
	}
}

// FuzzCanonical states the promise: it panics never, and values have one canonical form exactly where an independent reader finds the
// same members, texts, and spellings of numbers.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"b":[1,{"x":null}],"a":"\u00e9"}`), []byte(`{"a":"é","b":[1,{"x":null}]}`))
	f.Add([]byte(`{"a":1.0}`), []byte(`{"a":1}`))
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
	write(&b, v)
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

func write(b *strings.Builder, v any) {
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
			write(b, name)
			b.WriteByte(':')
			write(b, v[name])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, item)
		}
		b.WriteByte(']')
	case string:
		var enc bytes.Buffer
		e := json.NewEncoder(&enc)
		e.SetEscapeHTML(false)
		e.Encode(v)
		text := strings.TrimSuffix(enc.String(), "\n")
		b.WriteString(strings.NewReplacer(`\u0008`, `\b`, `\u000c`, `\f`, `\u2028`, "\u2028", `\u2029`, "\u2029", `\\`, `\\`).Replace(text))
	case json.Number:
		b.WriteString(v.String())
	case bool:
		b.WriteString(map[bool]string{true: "true", false: "false"}[v])
	case nil:
		b.WriteString("null")
	}
}
