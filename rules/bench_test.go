package rules

import (
	"fmt"
	"strings"
	"testing"
)

func kilobyte(path string) []byte {
	return []byte(`{"path":"` + path + `","encoding":"utf-8","content":"` + strings.Repeat("lorem ipsum dolor ", 52) + `"}`)
}

func BenchmarkDefaultPolicy(b *testing.B) {
	j := mustDefault(b).View("filesystem", "c").NewJudge(testFacts)
	for name, w := range map[string]*World{
		"path":     {Tool: "write_file", Method: "tools/call", Args: kilobyte("src/main.go")},
		"no path":  {Tool: "write_file", Method: "tools/call", Args: []byte(`{"text":"` + strings.Repeat("a", 1000) + `"}`)},
		"resource": {On: Resource, Method: "resources/read", Args: []byte(`{"uri":"file:///home/u/work/a"}`), Default: Allow},
		"result":   {On: Result, Method: "tools/call", Result: kilobyte("a"), Default: Allow},
		"command":  {Tool: "sh", Method: "tools/call", Args: []byte(`{"command":"go test ./... -run TestX"}`)},
		"denied":   {Tool: "write_file", Method: "tools/call", Args: kilobyte("~/.ssh/id_rsa")},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				j.Decide(w)
			}
		})
	}
}

// thousandRules has 20 rules that name the tool "t" and 980 that name others.
func thousandRules(when string) string {
	var text strings.Builder
	text.WriteString("version: 1\nuse: []\nrules:\n")
	for i := range 1000 {
		tool := fmt.Sprintf("other%d", i)
		if i%50 == 0 {
			tool = "t"
		}
		fmt.Fprintf(&text, "  - {name: r%d, when: 'tool.name == \"%s\" and %s', do: deny}\n", i, tool, fmt.Sprintf(when, i))
	}
	return text.String()
}

func BenchmarkThousandRules(b *testing.B) {
	for name, when := range map[string]string{
		"argument": `args.path startsWith "/x%d"`,
		"under":    `any(paths(args), under(#, "/x%d"))`,
		"two":      `args.path == "/x%d" and size(args) > 10`,
		"matches":  `args.path matches "^/x%d"`,
	} {
		b.Run(name, func(b *testing.B) {
			j := load(b, thousandRules(when)).View("s", "c").NewJudge(testFacts)
			w := &World{Tool: "t", Method: "tools/call", Args: kilobyte("/srv/a.txt")}
			b.ReportAllocs()
			for b.Loop() {
				j.Decide(w)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString("version: 1\nuse: [base, filesystem, reference]\nrules:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - name: r%d\n    when: 'tool.name == \"t%d\" and args.path startsWith \"/x\"'\n    do: deny\n", i, i)
	}
	for name, source := range map[string]string{"packs": "version: 1\nuse: [base, filesystem, reference]\n", "packs and 100 rules": text.String()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				load(b, source).View("s", "c")
			}
		})
	}
}
