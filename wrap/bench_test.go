package wrap

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/rules"
	"sallyport/wrap/audit"
	"sallyport/wrap/pin"
)

// discard is a peer's input.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) Close() error                { return nil }

// BenchmarkFrame judges, logs and passes frames without processes and pipes: what a call costs beside them.
func BenchmarkFrame(b *testing.B) {
	text := strings.Repeat("some text of a file; ", 45)
	calls := map[string]string{
		"1KiB":      `{"name":"read_text_file","arguments":{"payload":"` + text + `"}}`,
		"1KiB-path": `{"name":"read_text_file","arguments":{"path":"/home/u/project/a.txt","payload":"` + text + `"}}`,
	}
	for name, params := range calls {
		b.Run(name, func(b *testing.B) {
			benchFrames(b, "", "tools/call", params, `{"content":[{"type":"text","text":"`+text+`"}]}`)
		})
	}
	b.Run("1KiB-100-rules", func(b *testing.B) {
		var more strings.Builder
		for i := range 100 {
			tool := "other"
			if i < 10 {
				tool = "read_text_file"
			}
			fmt.Fprintf(&more, "  - {name: r%d, when: 'tool.name == %q and arg(\"payload\", \"\") startsWith \"x%d\"', do: deny}\n", i, tool, i)
		}
		benchFrames(b, "rules:\n"+more.String(), "tools/call", calls["1KiB"], `{"content":[{"type":"text","text":"`+text+`"}]}`)
	})
	b.Run("1MiB-result", func(b *testing.B) {
		benchFrames(b, "", "tools/call", calls["1KiB"], `{"content":[{"type":"text","text":"`+strings.Repeat(text, 1100)+`"}]}`)
	})
}

func benchFrames(b *testing.B, more, method, params, result string) {
	p := policy(b, "version: 1\nuse: [base]\nservers: {test: {classes: {read_text_file: read}}}\n"+more)
	log, err := audit.Open(filepath.Join(b.TempDir(), "log"), audit.Session{Server: "test"})
	if err != nil {
		b.Fatal(err)
	}
	s := New(Config{
		Names: Names{Server: "test"}, Policy: p, Facts: rules.Facts{Home: "/home/u", Cwd: "/home/u/project", Resolve: func(p string) string { return p }},
		Pins: Pins{Accepted: &pin.Pin{Launches: []pin.Launch{{}}, Items: map[pin.Key]pin.Item{}}}, Log: log, Asker: NoApprover{}, Warn: func(text string) { b.Error(text) },
	})
	s.toC, s.toS = newOutlet(discard{}), newOutlet(discard{})
	call := []byte(`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + "}\n")
	answer := []byte(`{"jsonrpc":"2.0","id":1,"result":` + result + "}\n")
	s.surface.trust(call)
	up, down := s.newPump(&loop{line: call}, s.toS, s.toC), s.newPump(&loop{line: answer}, s.toC, s.toS)
	up.client = true
	b.SetBytes(int64(len(call) + len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		benchOne(b, up)
		benchOne(b, down)
	}
	<-s.toC.finish()
	<-s.toS.finish()
}

// benchOne reads until one line has been judged and flushed.
func benchOne(b *testing.B, p *pump) {
	for {
		line, ok := p.reader.Next()
		if !ok {
			if err := p.reader.Fill(); err != nil {
				b.Fatal(err)
			}
			continue
		}
		if err := p.line(line); err != nil {
			b.Fatal(err)
		}
		if p.v.answer != nil || p.v.instead != nil {
			b.Fatalf("refused: %s%s", p.v.answer, p.v.instead)
		}
		if err := p.flush(); err != nil {
			b.Fatal(err)
		}
		return
	}
}

// loop reads one line again and again.
type loop struct {
	line []byte
	at   int
}

func (l *loop) Read(b []byte) (int, error) {
	n := copy(b, l.line[l.at:])
	if l.at += n; l.at == len(l.line) {
		l.at = 0
	}
	return n, nil
}

// BenchmarkList judges a list of 500 tools of 2 KB.
func BenchmarkList(b *testing.B) {
	description := strings.Repeat("Does what it says; \\\"quoted\\\" and on two\\nlines. ", 36)
	var tools []string
	for i := range 500 {
		tools = append(tools, fmt.Sprintf(`{"name":"tool%d","description":"%s","inputSchema":{"type":"object","properties":{"path":{"type":"string"}}}}`, i, description))
	}
	benchFrames(b, "", "tools/list", `{}`, `{"tools":[`+strings.Join(tools, ",")+`]}`)
}

// BenchmarkPinnedList judges a list of 500 tools of 2 KB that were all accepted, as the first of its session and as a later one.
func BenchmarkPinnedList(b *testing.B) {
	p := &pin.Pin{Server: "test", Launches: []pin.Launch{{}}, Items: map[pin.Key]pin.Item{}}
	var tools []string
	for i := range 500 {
		name := fmt.Sprintf("tool_%03d", i)
		tool := `{"name":"` + name + `","description":"` + strings.Repeat("does something useful ", 80) + `","inputSchema":{"type":"object","properties":{"path":{"type":"string"}}}}`
		tools = append(tools, tool)
		item, err := pin.NewItem([]byte(tool))
		if err != nil {
			b.Fatal(err)
		}
		p.Items[pin.Key{Section: pin.Tools, Name: name}] = item
	}
	call := []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}` + "\n")
	answer := []byte(`{"jsonrpc":"2.0","id":1,"result":{"tools":[` + strings.Join(tools, ",") + `]}}` + "\n")
	for _, name := range []string{"first", "later"} {
		b.Run(name, func(b *testing.B) {
			log, err := audit.Open(filepath.Join(b.TempDir(), "log"), audit.Session{Server: "test"})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(answer)))
			b.ReportAllocs()
			var s *Session
			var up, down *pump
			begin := func() {
				s = New(Config{Names: Names{Server: "test"}, Policy: policy(b, "version: 1\n"), Log: log, Asker: NoApprover{}, Warn: func(text string) { b.Error(text) },
					Pins: Pins{Accepted: p, Propose: func(*pin.Pin) error { return nil }}})
				s.toC, s.toS = newOutlet(discard{}), newOutlet(discard{})
				up, down = s.newPump(&loop{line: call}, s.toS, s.toC), s.newPump(&loop{line: answer}, s.toC, s.toS)
				up.client = true
			}
			begin()
			for b.Loop() {
				if name == "first" {
					b.StopTimer()
					begin()
					b.StartTimer()
				}
				benchOne(b, up)
				benchOne(b, down)
			}
		})
	}
}
