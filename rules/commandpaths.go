package rules

import (
	"errors"
	"path"
	"strings"
)

// Words of commands are paths too: what a shell tool is told to read or write counts like the path argument of a file tool. Which of
// its words a program takes for paths is not known, so every word counts that could be one, as could parts of it: what stands behind
// "=", ":" or "@", and behind the letter of a short flag. A word with a glob stands for all that it could match.

// maxWord is the longest word that is taken for a path; longer ones are texts.
const maxWord = 1 << 10

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
	if w == "" || len(w) > maxWord || strings.Contains(w, "\n") || strings.Contains(w, "://") && !fileURI(w) {
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
	for range 4 { // "-v=a:b", "user@host:path", "file=@path"
		i := strings.IndexAny(rest, "=:@")
		if i < 0 || i+1 == len(rest) {
			break
		}
		if drive(w) {
			break
		}
		for _, part := range []string{rest[:i], rest[i+1:]} {
			if part[:min(len(part), 1)] == "-" {
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
	if s[0] != '$' || len(s) == 1 {
		return 0
	}
	switch c := s[1]; {
	case c == '{' || c == '(':
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

func isGlob(w string) bool { return strings.ContainsAny(w, "*?[{") }

// maxGlobWork bounds the comparisons of globs with folders in one frame.
const maxGlobWork = 20_000

var errGlobs = errors.New("the command holds too many patterns")

// couldBe tells whether a glob, component by component, could come to mean one of the folders or something below it. Hidden names are
// matched only by patterns that begin with a dot, as in a shell, and a component that is nothing but wildcards is taken for none.
func (x dirIndex) couldBe(glob string) bool {
	parts := strings.Split(glob, "/")
	for dir := range x.rooted {
		if dir != "/" && matchesAt(parts, strings.Split(dir, "/")) {
			return true
		}
	}
	for _, dirs := range x.anywhere {
		for _, dir := range dirs {
			names := strings.Split(dir, "/")
			for i := range parts {
				if matchesAt(parts[i:], names) {
					return true
				}
			}
		}
	}
	return false
}

// matchesAt tells whether the names are what the first of the patterns match.
func matchesAt(patterns, names []string) bool {
	if len(patterns) < len(names) {
		return false
	}
	telling := false
	for i, name := range names {
		ok := globMatches(patterns[i], name)
		if !ok {
			return false
		}
		telling = telling || name != "" && strings.Trim(patterns[i], "*?") != ""
	}
	return telling
}

// globMatches tells whether a shell could take a pattern for a name.
func globMatches(pattern, name string) bool {
	if pattern == name {
		return true
	}
	for _, p := range braces(pattern) {
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
		if out = next; len(out) > 64 {
			return []string{"*", ".*"}
		}
	}
	return out
}

// couldBeNamed tells whether the last component of a glob could be one of the names. Patterns of the rule that begin with a wildcard are
// left out: nearly every glob could be "*.pem".
func (s *nameSet) couldBeNamed(glob string) bool {
	last := glob[strings.LastIndexByte(glob, '/')+1:]
	if strings.Trim(last, "*?") == "" {
		return false
	}
	for name := range s.exact {
		if globMatches(last, name) {
			return true
		}
	}
	for _, name := range s.prefixes {
		if globMatches(last, name) {
			return true
		}
	}
	return false
}
