package shell

import (
	"runtime"
	"strings"
	"testing"
)

var hostile = []struct {
	name string
	make func(n int) string
}{
	{"parentheses", func(n int) string { return strings.Repeat("(", n) }},
	{"substitutions", func(n int) string { return strings.Repeat("$(", n/2) }},
	{"substitutions in quotes", func(n int) string { return strings.Repeat(`"$(`, n/3) }},
	{"parameters", func(n int) string { return strings.Repeat("${a:-", n/5) }},
	{"arithmetic", func(n int) string { return "echo $((" + strings.Repeat("(", n) }},
	{"unary", func(n int) string { return "echo $((" + strings.Repeat("! ", n/2) + "1))" }},
	{"power", func(n int) string { return "echo $((1" + strings.Repeat("**1", n/3) + "))" }},
	{"sum", func(n int) string { return "echo $((1" + strings.Repeat("+1", n/2) + "))" }},
	{"ternary", func(n int) string { return "echo $((1" + strings.Repeat("?1:1", n/4) + "))" }},
	{"back quotes", func(n int) string { return "echo " + strings.Repeat("`", n) }},
	{"braces", func(n int) string { return strings.Repeat("{ ", n/2) }},
	{"brace words", func(n int) string { return "echo " + strings.Repeat("{a,", n/3) }},
	{"brace lists", func(n int) string { return "echo" + strings.Repeat(" {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", n/31) }},
	{"nested brace lists", func(n int) string { return "echo" + strings.Repeat(" {{,}{,}{,}{,}{,}{,},{,}{,}{,}{,}{,}{,}}", n/40) }},
	{"if", func(n int) string { return strings.Repeat("if ", n/3) }},
	{"tests", func(n int) string { return "[[ " + strings.Repeat("( ", n/2) }},
	{"not tests", func(n int) string { return "[[ " + strings.Repeat("! ", n/2) + "x ]]" }},
	{"and tests", func(n int) string { return "[[ a" + strings.Repeat(" && a", n/5) + " ]]" }},
	{"pipes", func(n int) string { return "a" + strings.Repeat("|a", n/2) }},
	{"pipes of names", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			b.WriteString("a" + strings.Repeat("b", i%97) + "|")
		}
		return b.String() + "a"
	}},
	{"and", func(n int) string { return "a" + strings.Repeat("&&a", n/3) }},
	{"list", func(n int) string { return strings.Repeat("a;", n/2) }},
	{"quotes", func(n int) string { return "a " + strings.Repeat(`"b"'c'`, n/6) }},
	{"words", func(n int) string { return "a" + strings.Repeat(" b", n/2) }},
	{"wrappers", func(n int) string { return strings.Repeat("sudo ", n/5) + "a" }},
	{"evals", func(n int) string { return strings.Repeat("eval ", n/5) + "a" }},
	{"environment", func(n int) string { return strings.Repeat("A=1 ", n/4) + "env a" }},
	{"document", func(n int) string { return "cat <<E\n" + strings.Repeat("a\n", n/2) + "E\n" }},
	{"documents", func(n int) string { return "cat" + strings.Repeat(" <<E", n/4) }},
	{"redirections", func(n int) string { return "a" + strings.Repeat(" >b", n/3) }},
	{"bundle", func(n int) string { return "a -" + strings.Repeat("ab", n/2) }},
	{"sed", func(n int) string { return "sed '" + strings.Repeat("p;", n/2) + "'" }},
	{"awk", func(n int) string { return "awk '" + strings.Repeat(`"a"||`, n/5) + "1'" }},
	{"find", func(n int) string { return "find" + strings.Repeat(" -exec a ;", n/10) }},
	{"options", func(n int) string { return "git" + strings.Repeat(" -c a=b", n/7) }},
	{"substitutions side by side", func(n int) string { return "a" + strings.Repeat(" $(b)", n/5) }},
	{"substitutions in pipes", func(n int) string { return "a" + strings.Repeat("|b $(c)", n/7) }},
}

func unknownAny(cmds []Command) bool {
	for _, c := range cmds {
		if c.Unknown {
			return true
		}
	}
	return false
}

func TestHostileLinesAreBounded(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			if n := len(Parse(h.make(60_000))); n > maxCommands+1 {
				t.Errorf("%d commands", n)
			}
		})
	}
}

func TestDeepLinesAreUnknown(t *testing.T) {
	for name, line := range map[string]string{
		"parentheses":   strings.Repeat("(", 30_000) + "rm x" + strings.Repeat(")", 30_000),
		"substitutions": strings.Repeat("$(", 200) + "rm x" + strings.Repeat(")", 200),
		"blocks":        strings.Repeat("{ ", 200) + "rm x" + strings.Repeat("; }", 200),
		"wrappers":      strings.Repeat("sudo ", 200) + "rm x",
		"evals":         strings.Repeat("eval ", 20) + "rm x",
		"length":        "rm " + strings.Repeat("x", maxLine),
		"commands":      strings.Repeat("ls;", maxCommands+1),
		"upstream":      wide(100),
	} {
		if !unknownAny(Parse(line)) {
			t.Errorf("%s: nothing is unknown", name)
		}
	}
}

func wide(n int) string {
	var names []string
	for i := range n {
		names = append(names, "a"+strings.Repeat("b", i))
	}
	return strings.Join(names, "|")
}

func TestWhatStandsBeforeALimitStays(t *testing.T) {
	cmds := Parse("rm x; " + strings.Repeat("ls;", maxCommands))
	if len(cmds) != maxCommands+1 || cmds[0].Name != "rm" || !cmds[maxCommands].Unknown {
		t.Errorf("%d commands, first %q", len(cmds), cmds[0].Name)
	}
}

// Twice the line makes at most thrice the bytes: what grows with the square
// would make four times as many.
func TestWorkGrowsWithTheLine(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			small, large := h.make(8_000), h.make(16_000)
			if x, y := allocated(small), allocated(large); y > 3*x+1<<16 {
				t.Errorf("%d bytes for one, %d for two", x, y)
			}
		})
	}
}

func allocated(line string) uint64 {
	var before, after runtime.MemStats
	Parse(line)
	runtime.ReadMemStats(&before)
	Parse(line)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func work(b *testing.B, line string) {
	b.ReportAllocs()
	for b.Loop() {
		Parse(line)
	}
}

func BenchmarkParse(b *testing.B) {
	for name, line := range map[string]string{
		"git":      `git commit -m "fix: the thing"`,
		"pipeline": `cd /x && find . -name '*.go' -print0 | xargs -0 grep -n foo | head -20 > out.txt`,
		"document": "cat > a.md <<'EOF'\n" + strings.Repeat("some text, and `code` (in brackets)\n", 500) + "EOF\n",
		"nested":   `sudo -u a bash -lc "cd /x && eval 'git pull && make'"`,
	} {
		b.Run("honest/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			work(b, line)
		})
	}
	for _, h := range hostile {
		line := h.make(60_000)
		b.Run("hostile/"+strings.ReplaceAll(h.name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			work(b, line)
		})
	}
}
