package rules

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are arguments that cost the functions as much as a peer can make them cost, in two sizes: the work is to grow with the length.
func hostile(n int) map[string]string {
	list := func(key, each string) string {
		return `{"` + key + `":[` + strings.TrimSuffix(strings.Repeat(`"`+each+`",`, n/(len(each)+3)), ",") + `]}`
	}
	text := func(key, each string) string {
		return `{"` + key + `":"` + strings.Repeat(each, n/len(each)) + `"}`
	}
	return map[string]string{
		"paths":              list("paths", "~/a/../b/%2e%2e/c.txt"),
		"paths, one long":    text("path", "../a/"),
		"paths, backslashes": list("paths", `a\\b\\..\\c`),
		"commands, pipes":    text("command", "a|"),
		"commands, globs":    text("command", "a* "),
		"commands, many":     list("commands", "git push origin main"),
		"commands, nested":   text("command", "eval "),
		"hosts":              list("urls", "https://a.example/x"),
		"hosts, at signs":    text("url", "a@"),
		"sql, parentheses":   text("sql", "select ("),
		"sql, statements":    text("sql", "select 1;"),
		"secrets, near":      text("text", "password=AKIA"),
		"recipients":         text("to", "a@b.example,"),
		"matches":            text("text", "aaaaaaaaab"),
	}
}

// everything is a rule that asks everything, and is true of nothing.
const everything = `(any(paths(args), under(#, ["/x", ".ssh"]) or named(#, ["x*", "*.y"])) or any(commands(args), .name == "zz" or any(.args, # == "zz")) or
        any(hosts(args), inDomain(#, "zz.example") and isLocal(#)) or any(sql(args), .kind == "zz") or any(recipients(args), # == "zz") or
        "zz" in secrets(args) or any(commandLines(args), # matches "z{3}$") or size(args) < 0)`

func BenchmarkHostileArguments(b *testing.B) {
	text := "version: 1\nuse: [base, filesystem, shell, git, github, sql, browser, slack, mail]\nrules:\n  - name: r\n    when: |\n        " + everything + "\n    do: deny\n"
	for _, n := range []int{1 << 15, 1 << 16} {
		for name, args := range hostile(n) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				j := load(b, text).View("shell", "c").NewJudge(testFacts)
				w := &World{Tool: "t", Method: "tools/call", Args: []byte(args)}
				b.SetBytes(int64(len(args)))
				b.ReportAllocs()
				for b.Loop() {
					j.Decide(w)
				}
			})
		}
	}
}
