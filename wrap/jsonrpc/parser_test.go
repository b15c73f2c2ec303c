package jsonrpc

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A vector is a line of testdata/frames.jsonl, as far as the reader is concerned.
type vector struct {
	Name, Text, Hex, Direction, Expected, Category string
}

func (v vector) bytes(t testing.TB) []byte {
	t.Helper()
	if v.Hex == "" {
		return []byte(v.Text)
	}
	b, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectors(t testing.TB) []vector {
	t.Helper()
	file, err := os.Open("testdata/frames.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []vector
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		t.Fatal("no vectors")
	}
	return all
}

// forSession are refused for what they mean, not for how they are written.
var forSession = map[string]bool{
	"ansi-in-description": true, "dup-tool-names": true, "call-as-notification": true, "method-unknown": true,
	"id-empty-vs-zero-response": true, "id-hex-string-response": true, "id-int-for-string-request": true,
	"id-string-vs-int-response": true,
}

func TestVectorsAreReadAsStated(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Category == "state" || forSession[v.Name] {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			line := v.bytes(t)
			p := NewParser(Limits{})
			for _, line := range bytes.SplitAfter(line, []byte("\n")) {
				if len(line) == 0 {
					continue
				}
				var f Frame
				r := p.Parse(bytes.TrimSuffix(line, []byte("\n")), &f)
				if refused := r != nil; refused != (v.Expected == "reject") {
					t.Errorf("%s: refused: %v, want %s", v.Name, r, v.Expected)
				}
				if r == nil && !bytes.HasPrefix(line, f.Raw) {
					t.Errorf("raw %q is not the line's beginning", f.Raw)
				}
			}
		})
	}
}

func TestRefusalsNameTheirIDOnlyWhereItIsCertain(t *testing.T) {
	for _, tt := range []struct{ name, line, id string }{
		{"semantic fault", `{"jsonrpc":"2.0","id":7,"method":"x","params":{"a":1,"a":2}}`, "7"},
		{"id behind the fault", `{"jsonrpc":"2.0","method":"x","params":{"a":1,"a":2},"id":"q"}`, `"q"`},
		{"nested ids do not matter", `{"jsonrpc":"2.0","id":7,"method":"x","params":{"id":1,"a":1,"a":2}}`, "7"},
		{"syntax fault", `{"jsonrpc":"2.0","id":7,"method":"x",}`, "7"},
		{"syntax fault and two ids", `{"jsonrpc":"2.0","id":7,"params":{"id":8},}`, ""},
		{"two ids", `{"jsonrpc":"2.0","id":7,"id":8,"method":"x"}`, ""},
		{"escaped second id", `{"jsonrpc":"2.0","id":7,"\u0069d":8,"method":"x"}`, ""},
		{"id is a float", `{"jsonrpc":"2.0","id":7.0,"method":"x"}`, ""},
		{"id is null", `{"jsonrpc":"2.0","id":null,"method":"x"}`, ""},
		{"neither", `{"jsonrpc":"2.0","id":7}`, ""},
		{"batch", `[{"jsonrpc":"2.0","id":7,"method":"x"}]`, ""},
		{"missing version", `{"id":7,"method":"x"}`, "7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var f Frame
			r := NewParser(Limits{}).Parse([]byte(tt.line), &f)
			if r == nil {
				t.Fatal("accepted")
			}
			if got := string(r.ID.Raw()); got != tt.id {
				t.Errorf("id %q, want %q (%s)", got, tt.id, r.Text)
			}
		})
	}
}

func TestEachMalformedShapeHasItsOwnWords(t *testing.T) {
	call := func(args string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":` + args + `}}`
	}
	for _, tt := range []struct{ line, want string }{
		{"", "empty line"},
		{"hello", "not a JSON object"},
		{"\xef\xbb\xbf{}", "byte order mark"},
		{"[]", "batches"},
		{call(`{"a":"` + "\xff" + `"}`), "UTF-8"},
		{call("{\"a\":\"\x00\"}"), "NUL"},
		{call("{\"a\":\"\t\"}"), "control character"},
		{call("{\"a\":\r1}"), "carriage return"},
		{call(`{"a":1,"a":2}`), "two members of one name"},
		{call(`{"a":[{"p":1,"P":2}]}`), "differ by case"},
		{call(`{"__proto__":1}`), "__proto__"},
		{call(`{"a":"\ud800"}`), "half a surrogate"},
		{call(`{"a":1e400}`), "float64"},
		{call(`{"a":` + strings.Repeat("1", 65) + `}`), "64 bytes"},
		{call(strings.Repeat("[", 200) + strings.Repeat("]", 200)), "deeper"},
		{call(`{"a":01}`), "comma or a bracket"},
		{call(`{"a":.1}`), "value must be"},
		{call(`{"a":"\x"}`), "escape"},
		{call(`{"a":1}`) + "{}", "more than one value"},
		{call(`{"a":1`), "middle of a value"},
		{`{"jsonrpc":"2.0","id":1,"method":"x","params":{"Name":1}}`, "case only"},
		{`{"jsonrpc":"2.0","id":1,"method":"x","params":{"n\u0061me":1}}`, "escape in a name"},
		{`{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"ProgressToken":1}}}`, "case only"},
		{`{"jsonrpc":"2.0","id":1,"method":"x","Params":{}}`, "does not know"},
		{`{"jsonrpc":"2.0","id":1,"method":"x","params":[]}`, "params is not"},
		{`{"jsonrpc":"2\u002e0","id":1,"method":"x"}`, `not "2.0"`},
		{`{"jsonrpc":"2.0","id":1,"method":7}`, "not a string"},
		{`{"jsonrpc":"2.0","id":1,"result":[]}`, "result is not"},
		{`{"jsonrpc":"2.0","result":{}}`, "no id"},
		{`{"jsonrpc":"2.0","id":1,"result":{},"params":{}}`, "has params"},
		{`{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}`, "integer code"},
		{`{"jsonrpc":"2.0","id":1,"error":{"code":1}}`, "no message"},
	} {
		var f Frame
		r := NewParser(Limits{}).Parse([]byte(tt.line), &f)
		if r == nil || !strings.Contains(r.Text, tt.want) {
			t.Errorf("%.80q: %v, want %q", tt.line, r, tt.want)
		}
	}
}

func TestHalfSurrogatesInResultsAreRepaired(t *testing.T) {
	var f Frame
	line := `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a\ud83d"},{"text":"\ude00\ud83d\ude00"}]}}`
	if r := NewParser(Limits{}).Parse([]byte(line), &f); r != nil {
		t.Fatal(r)
	}
	got := string(f.Repair())
	want := `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a\ufffd"},{"text":"\ufffd\ud83d\ude00"}]}}`
	if got != want {
		t.Errorf("got %s", got)
	}
}

func TestManyMembersStayCheap(t *testing.T) {
	object := func(n int, last string) string {
		var b strings.Builder
		b.WriteString(`{"jsonrpc":"2.0","id":1,"method":"x","params":{"arguments":{`)
		for i := range n {
			fmt.Fprintf(&b, `"k%d":{"x":1,"y":{"k%d":2}},`, i, i)
		}
		return b.String() + last + `}}}`
	}
	p := NewParser(Limits{})
	var f Frame
	if r := p.Parse([]byte(object(9000, `"z":1`)), &f); r != nil {
		t.Error(r)
	}
	if r := p.Parse([]byte(object(9000, `"K8000":1`)), &f); r == nil || !strings.Contains(r.Text, "one name") {
		t.Errorf("twin of 8000: %v", r)
	}
	if r := p.Parse([]byte(object(10000, `"z":1`)), &f); r == nil || !strings.Contains(r.Text, "limit") {
		t.Errorf("10001 members: %v", r)
	}
}

func TestCuttingLeavesValidJSON(t *testing.T) {
	raw := []byte(`{ "a" : [1, {"x":"]"} , "s\"" ,4] , "b":{} ,"c":null}`)
	for mask := range 1 << 3 {
		i := 0
		got := Splice(raw, CutMembers(raw, Span{0, len(raw)}, func(string, Span) bool { i++; return mask&(1<<(i-1)) != 0 }))
		var m map[string]any
		if err := json.Unmarshal(got, &m); err != nil {
			t.Errorf("mask %b: %s: %v", mask, got, err)
		}
		for i, name := range []string{"a", "b", "c"} {
			if _, ok := m[name]; ok == (mask&(1<<i) != 0) {
				t.Errorf("mask %b: %s", mask, got)
			}
		}
	}
	list := MemberOf(raw, Span{0, len(raw)}, "a")
	for mask := range 1 << 4 {
		got := Splice(raw, CutElements(raw, list, func(i int, _ Span) bool { return mask&(1<<i) != 0 }))
		var m struct{ A []any }
		if err := json.Unmarshal(got, &m); err != nil || len(m.A) != 4-popcount(mask) {
			t.Errorf("mask %b: %s: %v", mask, got, err)
		}
	}
}

func popcount(n int) (c int) {
	for ; n > 0; n &= n - 1 {
		c++
	}
	return c
}
