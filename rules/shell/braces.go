package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Limits on the brace expansions that are followed.
const (
	maxBraceWord  = 256 // bytes of the word
	maxBraceWords = 64  // words that it makes
)

// braceSafe are the characters that mean themselves in a word.
const braceSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=/.,:+@%{}"

// arguments gives the words that a word behind the program makes: those of its
// braces, where nothing else in it is expanded.
func (w *walker) arguments(word *syntax.Word) []arg {
	if lit := word.Lit(); strings.Contains(lit, "{") {
		if texts, ok := braces(lit); ok {
			args := make([]arg, len(texts))
			for i, text := range texts {
				args[i] = arg{text: text, exact: true, braced: true}
			}
			return args
		}
	}
	return []arg{w.word(word)}
}

// braces expands a word as bash does, which drops the words that become empty. It
// is not ok for what it does not follow: sequences, braces without a comma of
// their own, and braces without a partner.
func braces(word string) ([]string, bool) {
	if len(word) > maxBraceWord || strings.Trim(word, braceSafe) != "" || strings.Contains(word, "..") {
		return nil, false
	}
	all, rest, ok := braceList(word, false)
	if !ok || rest != "" {
		return nil, false
	}
	words := all[:0]
	for _, text := range all {
		if text != "" {
			words = append(words, text)
		}
	}
	return words, true
}

// braceList expands text up to the "}" that closes it, or to its end where it is
// not within braces.
func braceList(text string, within bool) (words []string, rest string, ok bool) {
	current := []string{""}
	comma := false
	for text != "" {
		n := strings.IndexAny(text, "{},")
		if n < 0 {
			n = len(text)
		}
		more := []string{text[:n]}
		if n == len(text) {
			current = crossed(current, more)
			break
		}
		c := text[n]
		current, text = crossed(current, more), text[n+1:]
		switch {
		case c == '{':
			inner, rest, ok := braceList(text, true)
			if current = crossed(current, inner); !ok || len(current) > maxBraceWords {
				return nil, "", false
			}
			text = rest
		case !within && c == ',':
			current = crossed(current, []string{","})
		case !within:
			return nil, "", false
		case c == ',':
			words, current, comma = append(words, current...), []string{""}, true
		default:
			words = append(words, current...)
			return words, text, comma && len(words) <= maxBraceWords
		}
	}
	return current, "", !within
}

// crossed gives each of left followed by each of right.
func crossed(left, right []string) []string {
	if len(left)*len(right) > maxBraceWords*maxBraceWords {
		return make([]string, maxBraceWords+1)
	}
	out := make([]string, 0, len(left)*len(right))
	for _, l := range left {
		for _, r := range right {
			out = append(out, l+r)
		}
	}
	return out
}
