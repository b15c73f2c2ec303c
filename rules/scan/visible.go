// Package scan looks at foreign text: it makes what is invisible in it visible, and
// finds what only someone with something to hide puts there.
//
// Visible and VisibleLine are what foreign text goes through before it reaches a
// terminal, a log or a person. Every code point that is a control, has no shape of
// its own, changes the direction of text, is private or unassigned comes out as
// <U+202E>, every byte that is no UTF-8 as <0xFF>. Of more than four combining marks
// in a row the rest come out so as well. The output holds graphic characters, blanks
// and, from Visible, \n and \t; so it cannot move a cursor or reorder a line. It is
// for people: text that spells <U+202E> itself looks the same.
//
// Hidden and HiddenJSON report the first code point that has no honest use in the
// definition of a tool: controls, bidi overrides and isolates, tag characters outside
// of flags, invisible operators, variation selectors that select nothing, and
// zero-width characters between letters that need none. They do not judge what the
// visible words say, and do not see homoglyphs.
//
// Secrets finds credentials and Personal data of people, each as a kind and a range of
// bytes, so that they can be masked. Both read text as it stands, in linear time: an
// encoding, a split or an invisible character hides a token from them, and from a
// reader of it. They miss what has no form of its own, and now and then take an
// example for the real thing; they are no proof that a text is free of secrets.
package scan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks one letter may carry.
const maxMarks = 4

// Visible makes s safe to show; line feeds and tabs stay.
func Visible(s string) string {
	if clean(s, true) {
		return s
	}
	var b strings.Builder
	w := writer{b: &b, multiline: true}
	w.text(s)
	return b.String()
}

// VisibleLine makes s safe to show within a line: line feeds and tabs become visible
// too, and what is longer than limit characters ends in "…". No limit where it is 0
// or less.
func VisibleLine(s string, limit int) string {
	if clean(s, false) && (limit <= 0 || len(s) <= limit) {
		return s
	}
	var b strings.Builder
	w := writer{b: &b, limit: limit}
	w.text(s)
	return b.String()
}

// clean tells whether s is printable ASCII.
func clean(s string, multiline bool) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && !(multiline && (c == '\n' || c == '\t')) || c >= 0x7f {
			return false
		}
	}
	return true
}

// writer writes visible characters; of what is longer than its limit it writes one less and "…".
type writer struct {
	b         *strings.Builder
	multiline bool
	limit     int
	count     int
	marks     int
}

func (w *writer) text(s string) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		piece := s[i : i+n]
		switch {
		case r == utf8.RuneError && n == 1:
			piece = fmt.Sprintf("<0x%02X>", s[i])
		case !w.shows(r):
			piece = fmt.Sprintf("<U+%04X>", r)
		}
		i += n
		if width := utf8.RuneCountInString(piece); w.limit > 0 {
			if w.count+width > w.limit || w.count+width == w.limit && i < len(s) {
				w.b.WriteString("…")
				return
			}
			w.count += width
		}
		w.b.WriteString(piece)
	}
}

func (w *writer) shows(r rune) bool {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		if w.marks++; w.marks > maxMarks {
			return false
		}
	} else {
		w.marks = 0
	}
	if r == '\n' || r == '\t' {
		return w.multiline
	}
	return shows(r)
}

// shows tells whether r has a shape or is a plain blank.
func shows(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return true
	}
	return unicode.IsGraphic(r) && !unicode.Is(shapeless, r)
}

// shapeless are graphic characters by category that show as nothing.
var shapeless = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian selectors
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // blank Braille pattern
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // variation selectors
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // half-width Hangul filler
		{Lo: 0xfffc, Hi: 0xfffc, Stride: 1}, // object replacement
	},
	R32: []unicode.Range32{
		{Lo: 0x16fe4, Hi: 0x16fe4, Stride: 1}, // Khitan filler
		{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}, // variation selectors supplement
	},
}
