package jsonrpc

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func readAll(r *Reader) (lines []Line, err error) {
	for {
		for {
			line, ok := r.Next()
			if !ok {
				break
			}
			line.Bytes, line.Tail = bytes.Clone(line.Bytes), bytes.Clone(line.Tail)
			lines = append(lines, line)
		}
		if err := r.Fill(); err != nil {
			return lines, err
		}
	}
}

func TestReaderCutsAtLineFeedsOnly(t *testing.T) {
	text := "a\n\nb\rc\r\n" + strings.Repeat("x", 3*smallBuffer) + "\n\u2028\u0085\nno end"
	want := strings.Split(text, "\n")
	want = want[:len(want)-1]
	for name, src := range map[string]io.Reader{
		"whole":       strings.NewReader(text),
		"byte a time": iotest.OneByteReader(strings.NewReader(text)),
		"halves":      iotest.HalfReader(strings.NewReader(text)),
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(src, 1<<20)
			defer r.Close()
			lines, err := readAll(r)
			if err != io.EOF {
				t.Fatal(err)
			}
			if len(lines) != len(want) {
				t.Fatalf("%d lines, want %d", len(lines), len(want))
			}
			for i, line := range lines {
				if line.TooLong || string(line.Bytes) != want[i] {
					t.Errorf("line %d is %.40q, want %.40q", i, line.Bytes, want[i])
				}
			}
			if string(r.Rest()) != "no end" {
				t.Errorf("rest %q", r.Rest())
			}
		})
	}
}

func TestReaderSkipsWhatIsTooLongAndGoesOn(t *testing.T) {
	for _, size := range []int{200_001, 1 << 20, 3 << 20} {
		long := `{"id":1,` + strings.Repeat("y", size) + `,"id":2}`
		r := NewReader(strings.NewReader("a\n"+long+"\nb\n"), 200_000)
		lines, err := readAll(r)
		r.Close()
		if err != io.EOF || len(lines) != 3 {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		l := lines[1]
		if !l.TooLong || !bytes.HasPrefix(l.Bytes, []byte(`{"id":1,`)) || !bytes.HasSuffix(l.Tail, []byte(`y,"id":2}`)) {
			t.Errorf("size %d: %v %.20q … %q", size, l.TooLong, l.Bytes, l.Tail[max(0, len(l.Tail)-20):])
		}
		if len(l.Bytes) > edge || len(l.Tail) > edge {
			t.Errorf("keeps %d and %d bytes", len(l.Bytes), len(l.Tail))
		}
		if lines[0].TooLong || string(lines[2].Bytes) != "b" {
			t.Errorf("neighbours suffered: %q", lines[2].Bytes)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	call := `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"write_file","arguments":{"path":"/tmp/a","content":"` +
		strings.Repeat("some text of a file; ", 42) + `"}}}`
	text := `{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"` + strings.Repeat("some text of a file; ", 50_000) + `"}]}}`
	records := `{"jsonrpc":"2.0","id":7,"result":{"content":[],"structuredContent":{"rows":[` +
		strings.TrimSuffix(strings.Repeat(`{"id":123456,"name":"a name","active":true,"score":12.5,"tags":["x","y"]},`, 14_000), ",") + `]}}}`
	for _, bb := range []struct{ name, line string }{{"1KiB-call", call}, {"1MiB-text", text}, {"1MiB-records", records}} {
		b.Run(bb.name, func(b *testing.B) {
			p := NewParser(Limits{})
			var f Frame
			line := []byte(bb.line)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if r := p.Parse(line, &f); r != nil {
					b.Fatal(r)
				}
			}
		})
	}
}
