package shell

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// words draws literal words from data, which holds no NUL.
func words(r *rand.Rand, data string) []string {
	var out []string
	for len(data) > 0 && len(out) < 20 {
		n := min(len(data), r.IntN(12))
		out = append(out, data[:n])
		data = data[max(n, 1):]
	}
	return out
}

// quoted writes a word so that a shell reads it back, in a way of many.
func quoted(r *rand.Rand, word string) string {
	var b strings.Builder
	for i := 0; i < len(word); {
		n := min(len(word)-i, 1+r.IntN(4))
		part := word[i : i+n]
		i += n
		switch r.IntN(4) {
		case 0:
			b.WriteString("'" + strings.ReplaceAll(part, "'", `'\''`) + "'")
		case 1:
			b.WriteByte('"')
			for j := 0; j < len(part); j++ {
				if strings.IndexByte("$`\"\\", part[j]) >= 0 {
					b.WriteByte('\\')
				}
				b.WriteByte(part[j])
			}
			b.WriteByte('"')
		case 2:
			b.WriteString("$'")
			for j := 0; j < len(part); j++ {
				const hex = "0123456789abcdef"
				b.WriteString(`\x` + string(hex[part[j]>>4]) + string(hex[part[j]&15]))
			}
			b.WriteByte('\'')
		case 3:
			for j := 0; j < len(part); j++ {
				switch {
				case part[j] == '\n':
					b.WriteString("'\n'")
				case r.IntN(8) == 0:
					b.WriteString("\\\n")
					fallthrough
				default:
					b.WriteByte('\\')
					b.WriteByte(part[j])
				}
			}
		}
	}
	if b.Len() == 0 {
		return []string{"''", `""`, "$''"}[r.IntN(3)]
	}
	return b.String()
}

func printable(data string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' || c >= ' ' && c < 0x7f {
			return c
		}
		return -1
	}, data)
}

// FuzzParse checks that nothing panics, and that literal words come back however
// they are quoted.
func FuzzParse(f *testing.F) {
	for i, s := range []string{"ls -l 'x y' $z", "a|b;c && d", "`$(<<E", "{a,b} *?[x] ~ #", "sed s/a/b/e", "env -S 'x' sudo bash -c 'y'"} {
		f.Add(s, uint64(i))
	}
	for _, h := range hostile {
		f.Add(h.make(200), uint64(7))
	}
	f.Fuzz(func(t *testing.T, data string, seed uint64) {
		Parse(data)
		Parse("sh -c " + data)
		Argv(strings.Split(data, " "))
		r := rand.New(rand.NewPCG(seed, 1))
		want := words(r, printable(data))
		line := "program"
		for _, w := range want {
			line += " " + quoted(r, w)
		}
		got := Parse(line)
		if len(got) != 1 || got[0].Name != "program" || got[0].Unknown || got[0].Inexact || !slices.Equal(got[0].Args, want) {
			t.Fatalf("Parse(%q) = %+v, want the arguments %q", line, got, want)
		}
	})
}

func bash(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("bash")
	if err != nil || runtime.GOOS == "windows" {
		if os.Getenv("SALLYPORT_MUST_RUN") != "" {
			t.Fatal("no bash here")
		}
		t.Skip("no bash here")
	}
	return path
}

func TestBashReadsTheSameWords(t *testing.T) {
	shell := bash(t)
	const letters = "ab-=/.,~ \t\n'\"\\$`#!*?[]{}()<>|&;%@+"
	r := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		var raw strings.Builder
		for range 40 {
			raw.WriteByte(letters[r.IntN(len(letters))])
		}
		line := "printf '%s\\0'"
		for _, w := range words(r, raw.String()) {
			line += " " + quoted(r, w)
		}
		out, err := exec.CommandContext(t.Context(), shell, "-c", line).Output()
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want := strings.Split(string(out), "\x00")
		got := Parse(line)
		if len(got) != 1 || !slices.Equal(got[0].Args[1:], want[:len(want)-1]) && len(got[0].Args) > 1 {
			t.Errorf("%q: got %+v, bash says %q", line, got, want)
		}
	}
}

// soup draws lines of harmless programs and all that a shell gives meaning to.
func soup(r *rand.Rand) string {
	names := []string{"aa", "bb", "cc", "dd"}
	tokens := []string{" ", " ", " ", "\n", ";", "&&", "||", "|", "&", "(", ")", "{ ", "; }", "$(", ")", "`", "'", "\"", "\\", "#", "# ", "\\\n", "!", "! ",
		"<<E\n", "\nE\n", "<<'E'\n", "<<-E\n", "<<<", "$((", "))", "((", "[[ ", " ]]", "if ", "; then ", "; fi", "case x in ", "x)", ";;", " esac", "f() { ", "<(", ">(", "$'", "${x:-", "}", "x=", "\t", "\\\n", "eval ", "time ", "sh -c '", "command ", "=", "-", "*", "[", "]", "@(", "|&", "coproc ", "elif ", "else ", "!("}
	var b strings.Builder
	for range 4 + r.IntN(14) {
		if r.IntN(2) == 0 {
			b.WriteString(names[r.IntN(len(names))])
			b.WriteByte(" ;"[r.IntN(2)])
		} else {
			b.WriteString(tokens[r.IntN(len(tokens))])
		}
	}
	return b.String()
}

// What bash runs is listed, or something is unknown. The programs do not exist,
// and bash calls a function of ours for each that it would run.
func TestBashRunsNothingUnlisted(t *testing.T) {
	shell := bash(t)
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	seed := uint64(1)
	if s := os.Getenv("SHELL_SOUP_SEED"); s != "" {
		rounds, seed = 20_000, uint64(s[0])
	}
	if got := ran(t, shell, "aa; bb | cc"); len(got) != 3 {
		t.Skipf("this bash does not tell what it would run: %q", got)
	}
	r := rand.New(rand.NewPCG(seed, 9))
	for range rounds {
		line := soup(r)
		listed := map[string]bool{}
		cmds := Parse(line)
		for _, c := range cmds {
			listed[c.Program] = true
		}
		if unknownAny(cmds) {
			continue
		}
		for _, name := range ran(t, shell, line) {
			if !listed[name] {
				t.Errorf("%q: bash runs %q, listed are %s", line, name, brief(cmds))
			}
		}
	}
}

func ran(t *testing.T, shell, line string) []string {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "ran")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	script := "command_not_found_handle() { printf '%s\\0' \"$1\" >&9; }\nexport -f command_not_found_handle\neval -- \"$1\"\nwait\n"
	cmd := exec.CommandContext(ctx, shell, "-c", script, "soup", line)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=/nowhere"}
	cmd.ExtraFiles = make([]*os.File, 7)
	cmd.ExtraFiles[6] = log
	cmd.WaitDelay = time.Second
	cmd.Run() // its status is that of a program that is not there
	out, err := os.ReadFile(log.Name())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range bytes.SplitSeq(out, []byte{0}) {
		if len(name) > 0 {
			names = append(names, string(name))
		}
	}
	return names
}
