package jsonrpc

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// FuzzFrame states the promise: an accepted line is forwarded as it is, and a decoder that shares no code with ours (it refuses
// duplicate names and bad UTF-8 too) reads one object from it, with the same method, id, name and arguments.
func FuzzFrame(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(bytes.TrimSuffix(v.bytes(f), []byte("\n")))
	}
	p := NewParser(Limits{Keys: 64, Depth: 32, Frame: 1 << 16})
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.IndexByte(line, '\n') >= 0 {
			return
		}
		before := bytes.Clone(line)
		var frame Frame
		if r := p.Parse(line, &frame); r != nil {
			if frame.Kind != Invalid {
				t.Fatalf("refused frame has kind %v", frame.Kind)
			}
			return
		}
		if !bytes.Equal(line, before) || !bytes.HasPrefix(line, frame.Raw) || len(bytes.Trim(line[len(frame.Raw):], " \t\r")) > 0 {
			t.Fatalf("%q is not what was read: %q", frame.Raw, line)
		}
		raw := frame.Repair()
		if len(raw) != len(frame.Raw) {
			t.Fatalf("repair changed the length")
		}
		checkIndependently(t, &frame, raw)
		checkMembers(t, raw)
	})
}

func checkIndependently(t *testing.T, frame *Frame, raw []byte) {
	t.Helper()
	top := object(t, raw)
	if got := text(t, top["method"]); got != string(frame.Method) {
		t.Fatalf("method %q, want %q", frame.Method, got)
	}
	if id := top["id"]; (id != nil) != frame.ID.OK() || id != nil && !sameID(t, id, frame.ID) {
		t.Fatalf("id %s, want %s", frame.ID.Raw(), id)
	}
	if bytes.IndexByte(raw, '\r') >= 0 || bytes.IndexByte(raw, 0) >= 0 {
		t.Fatalf("%q holds a CR or NUL", raw)
	}
	params := top["params"]
	if params == nil || params.Kind() != '{' {
		return
	}
	members := object(t, params)
	for _, name := range []string{"name", "arguments", "uri", "_meta"} {
		if got := frame.Get(name); !bytes.Equal(got, members[name]) {
			t.Fatalf("%s is %q, want %q", name, got, members[name])
		}
	}
	// encoding/json folds case: it must find the same value under the same name.
	var folding struct {
		Method string
		Params struct {
			Name      json.RawMessage
			Arguments json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &folding); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(folding.Params.Name, frame.Get("name")) || !bytes.Equal(folding.Params.Arguments, frame.Get("arguments")) {
		t.Fatalf("a decoder that folds case sees %+v", folding)
	}
}

// object decodes the one object in raw with jsontext.
func object(t *testing.T, raw []byte) map[string]jsontext.Value {
	t.Helper()
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	m := map[string]jsontext.Value{}
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		t.Fatalf("%q: %v, %v", raw, token, err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		key := name.String()
		v, err := d.ReadValue()
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		m[key] = v.Clone()
	}
	if _, err := d.ReadToken(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		t.Fatalf("%q: something follows: %v", raw, err)
	}
	return m
}

func text(t *testing.T, v jsontext.Value) string {
	t.Helper()
	if v == nil {
		return ""
	}
	s, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return string(s)
}

func sameID(t *testing.T, v jsontext.Value, id ID) bool {
	t.Helper()
	if v.Kind() == '"' {
		return id.Key()[0] == '"' && text(t, v) == string(id.Key()[1:])
	}
	return string(v) == string(id.Key())
}

// checkMembers holds the cheap walker against the decoder.
func checkMembers(t *testing.T, raw []byte) {
	t.Helper()
	start := bytes.IndexByte(raw, '{')
	want := object(t, raw)
	n := 0
	for m := range Members(raw, Span{start, len(raw)}) {
		n++
		if !bytes.Equal(want[m.Name(raw)], raw[m.Val.Start:m.Val.End]) {
			t.Fatalf("member %q is %q, want %q", m.Name(raw), raw[m.Val.Start:m.Val.End], want[m.Name(raw)])
		}
	}
	if n != len(want) {
		t.Fatalf("%d members, want %d", n, len(want))
	}
}
