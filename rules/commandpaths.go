package rules

import (
	"errors"
	"path"
	"strings"
)

// Words of commands are paths too: what a shell tool is told to read or write counts like the path argument of a file tool. Which of
// its words a program takes for paths is not known, so every word counts that could be one, as could parts of it: what stands behind
// "=", ":" or "@", and behind the letter of a short flag. A word with a glob stands for all that it could match.

// maxWord is the longest word that is taken for a path; longer ones no kernel opens.
const maxWord = 4 << 10

var errCommandPaths = errors.New("which paths the command names cannot be known")

// commandPaths adds the paths that the commands of the arguments name.
func (c *collector) commandPaths() error {
	commands, err := c.frame.commandsOfArgs()
	if err != nil {
		return err
	}
	for i := range commands {
		cmd := &commands[i]
		if cmd.Unknown || cmd.Inexact {
			c.frame.paths.computed = true
		}
		for _, words := range [][]string{{cmd.Program}, cmd.Args, cmd.Reads, cmd.Writes} {
			for _, w := range words {
				if err := c.word(w); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *collector) word(w string) error {
	w = strings.ReplaceAll(w, `"`, "") // of a word that is no literal
	if rest, ok := strings.CutPrefix(w, "~+/"); ok {
		w = "./" + rest
	}
	if wild := withoutExpansions(w); wild != w {
		if err := c.word(wild); err != nil {
			return err
		}
	}
	if w == "" || len(w) > maxWord || strings.Contains(w, "\n") || address(w) {
		return nil
	}
	before := len(c.out)
	if w[0] != '-' {
		if err := c.path(w); err != nil {
			return err
		}
	} else if len(w) > 2 && w[1] != '-' {
		if err := c.path(w[2:]); err != nil {
			return err
		}
	}
	rest := w
	for range 8 { // "-v=a:b", "user@host:path", "file=@path;type=x"
		i := strings.IndexAny(rest, "=:@;,")
		if i < 0 || i+1 == len(rest) {
			break
		}
		if drive(w) {
			break
		}
		for _, part := range []string{rest[:i], rest[i+1:]} {
			if strings.HasPrefix(part, "-") || address(part) {
				continue
			}
			if err := c.path(part); err != nil {
				return err
			}
		}
		rest = rest[i+1:]
	}
	if isGlob(w) {
		if c.frame.globs == nil {
			c.frame.globs = map[string]bool{}
		}
		for _, p := range c.out[before:] {
			c.frame.globs[p] = true
		}
	}
	return nil
}

// address tells "https://…" and the like.
func address(w string) bool {
	scheme, _, ok := strings.Cut(w, "://")
	return ok && scheme != "" && !fileURI(w) && strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// withoutExpansions puts "*" in the place of what a shell would compute, nothing included: "~/.a${x}ws" may be "~/.aws". The home folder
// stays.
func withoutExpansions(w string) string {
	if homeVariable(w) != "" && w[0] == '$' {
		n := len(homeVariable(w))
		return w[:n] + withoutExpansions(w[n:])
	}
	var out []byte
	for i := 0; i < len(w); {
		n := expansion(w[i:])
		if n == 0 {
			out = append(out, w[i])
			i++
			continue
		}
		out = append(out, '*')
		i += n
	}
	return string(out)
}

// expansion gives the length of the expansion that s begins with, 0 if it begins with none.
func expansion(s string) int {
	if s[0] == '`' {
		if end := strings.IndexByte(s[1:], '`'); end >= 0 {
			return end + 2
		}
		return 0
	}
	if len(s) > 1 && s[1] == '(' && strings.IndexByte("@?+*!$", s[0]) >= 0 { // a pattern, or a command
		return balanced(s)
	}
	if s[0] != '$' || len(s) == 1 {
		return 0
	}
	switch c := s[1]; {
	case c == '{':
		return balanced(s)
	case c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z':
		n := 2
		for n < len(s) && (s[n] == '_' || s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' || s[n] >= '0' && s[n] <= '9') {
			n++
		}
		return n
	case strings.IndexByte("@*#?!-$0123456789", c) >= 0:
		return 2
	}
	return 0
}

// balanced gives the length up to the bracket that closes the one at s[1].
func balanced(s string) int {
	depth := 0
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '{', '(':
			depth++
		case '}', ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func isGlob(w string) bool { return strings.ContainsAny(w, "*?[{") }

// maxGlobWork bounds the comparisons of components of globs with names in one frame.
const maxGlobWork = 2_000_000

var errGlobs = errors.New("the command holds too many patterns")

// couldBe tells whether a glob, component by component, could come to mean one of the folders or something below it. Hidden names are
// matched only by patterns that begin with a dot, as in a shell, and a glob that is nothing but wildcards there is taken for none.
func (x dirIndex) couldBe(g glob) bool {
	for dir := range x.rooted {
		if dir != "/" && g.matchesAt(0, strings.Split(dir, "/")) {
			return true
		}
	}
	for _, dirs := range x.anywhere {
		for _, dir := range dirs {
			names := strings.Split(dir, "/")
			for i := range g {
				if g.matchesAt(i, names) {
					return true
				}
			}
		}
	}
	return false
}

// work tells how much comparing a glob with the folders costs.
func (x dirIndex) work(g glob) int { return (len(x.rooted) + 4*len(x.anywhere)) * len(g) }

// glob is a path with wildcards: for each component its alternatives.
type glob [][]string

func newGlob(pattern string) glob {
	var g glob
	for part := range strings.SplitSeq(pattern, "/") {
		g = append(g, braces(part))
	}
	return g
}

// matchesAt tells whether the names are what the components from the i-th on match.
func (g glob) matchesAt(i int, names []string) bool {
	if len(g)-i < len(names) {
		return false
	}
	telling := false
	for k, name := range names {
		if !anyMatches(g[i+k], name) {
			return false
		}
		telling = telling || name != "" && strings.Trim(g[i+k][0], "*?") != ""
	}
	return telling
}

func anyMatches(alternatives []string, name string) bool {
	for _, p := range alternatives {
		if p == name {
			return true
		}
		if strings.HasPrefix(name, ".") && !strings.HasPrefix(p, ".") && !strings.HasPrefix(p, "[") {
			continue
		}
		if ok, err := path.Match(strings.ReplaceAll(p, "[!", "[^"), name); ok || err != nil && strings.ContainsAny(p, "[") {
			return true
		}
	}
	return false
}

// braces expands the alternatives of {a,b}, where there are few; more than a few are a wildcard.
func braces(pattern string) []string {
	out := []string{pattern}
	for range 4 {
		var next []string
		for _, p := range out {
			open := strings.IndexByte(p, '{')
			end := -1
			if open >= 0 {
				end = strings.IndexByte(p[open:], '}')
			}
			if end < 0 {
				next = append(next, p)
				continue
			}
			for _, choice := range strings.Split(p[open+1:open+end], ",") {
				next = append(next, p[:open]+choice+p[open+end+1:])
			}
		}
		if out = next; len(out) > 16 {
			return []string{"*", ".*"}
		}
	}
	return out
}

// couldBeNamed tells whether the last component of a glob could be one of the names. Patterns of the rule that begin with a wildcard are
// left out: nearly every glob could be "*.pem".
func (s *nameSet) couldBeNamed(g glob) bool {
	last := g[len(g)-1]
	if strings.Trim(last[0], "*?") == "" {
		return false
	}
	for name := range s.exact {
		if anyMatches(last, name) {
			return true
		}
	}
	for _, name := range s.prefixes {
		if anyMatches(last, name) {
			return true
		}
	}
	return false
}

func (s *nameSet) work() int { return len(s.exact) + len(s.prefixes) }
