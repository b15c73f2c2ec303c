package drift

import (
	"slices"
	"strings"
	"unicode"
)

// A Word is a run of a word diff. Op is ' ' for what is in both texts, '-' for what is only in the old one, '+' for the new one.
type Word struct {
	Op   byte
	Text string
}

// maxWords bounds the words that are compared with each other, on either side, once what is the same at both ends is set aside. Of more,
// all of the middle has changed.
const maxWords = 600

// Words compares two texts word by word. Its work is bounded, whatever the texts hold.
func Words(old, new string) []Word {
	a, b := split(old), split(new)
	front := 0
	for front < len(a) && front < len(b) && a[front] == b[front] {
		front++
	}
	back := 0
	for back < len(a)-front && back < len(b)-front && a[len(a)-1-back] == b[len(b)-1-back] {
		back++
	}
	out := words(nil, ' ', a[:front])
	out = middle(out, a[front:len(a)-back], b[front:len(b)-back])
	return words(out, ' ', a[len(a)-back:])
}

// middle appends the diff of what is not the same at either end.
func middle(out []Word, a, b []string) []Word {
	if len(a) == 0 || len(b) == 0 || len(a) > maxWords || len(b) > maxWords {
		return words(words(out, '-', a), '+', b)
	}
	// The longest common subsequence, by lengths from the end.
	width := len(b) + 1
	length := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i*width+j] = length[(i+1)*width+j+1] + 1
			} else {
				length[i*width+j] = max(length[(i+1)*width+j], length[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			out = words(out, ' ', a[i:i+1])
			i, j = i+1, j+1
		case length[(i+1)*width+j] >= length[i*width+j+1]:
			out = words(out, '-', a[i:i+1])
			i++
		default:
			out = words(out, '+', b[j:j+1])
			j++
		}
	}
	return words(words(out, '-', a[i:]), '+', b[j:])
}

// words appends to the last run, or begins one.
func words(out []Word, op byte, list []string) []Word {
	if len(list) == 0 {
		return out
	}
	text := strings.Join(list, "")
	if n := len(out); n > 0 && out[n-1].Op == op {
		out[n-1].Text += text
		return out
	}
	return append(out, Word{op, text})
}

// split cuts a text into words, blanks, and single characters of scripts without blanks and of punctuation.
func split(s string) []string {
	var out []string
	start, last := 0, kindNone
	for i, r := range s {
		k := kindOf(r)
		if i > start && (k != last || k == kindSingle) {
			out = append(out, s[start:i])
			start = i
		}
		last = k
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

const (
	kindNone = iota
	kindWord
	kindBlank
	kindSingle
)

func kindOf(r rune) int {
	switch {
	case unicode.IsSpace(r):
		return kindBlank
	case r == '_' || unicode.IsDigit(r) || unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
		return kindWord
	}
	return kindSingle
}

// Elide shortens what did not change to n words beside what did.
func Elide(list []Word, n int) []Word {
	out := slices.Clone(list)
	for i, w := range out {
		parts := split(w.Text)
		ends := 2
		if i == 0 || i == len(out)-1 {
			ends = 1
		}
		keep := 2 * n // words and the blanks between them
		if w.Op != ' ' || len(parts) <= ends*keep+2 {
			continue
		}
		head, tail := strings.Join(parts[:keep], ""), strings.Join(parts[len(parts)-keep:], "")
		switch i {
		case 0:
			out[i].Text = "… " + tail
		case len(out) - 1:
			out[i].Text = head + " …"
		default:
			out[i].Text = head + " … " + tail
		}
	}
	return out
}
