package main

import (
	"fmt"
	"io"
	"strings"

	"sallyport/rules/scan"
)

// A page is text for people, 80 columns wide, coloured where it goes to a terminal that wants colour.
type page struct {
	out    io.Writer
	colour bool
}

const pageWidth = 80

func newPage(out io.Writer) *page {
	return &page{out: out, colour: coloured(out)}
}

// A style is how a run of text looks. The zero value is plain.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// A span is foreign text with a style.
type span struct {
	text  string
	style style
}

func (p *page) printf(format string, a ...any) { fmt.Fprintf(p.out, format, a...) }

// paint makes text visible and gives it a style.
func (p *page) paint(s style, text string) string {
	if text = scan.VisibleLine(text, 0); !p.colour || s == plain {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// field prints a line with a name in front, and the lines that follow from it below.
func (p *page) field(name string, runs ...span) {
	p.printf("  %-12s", name)
	p.lines(14, runs)
}

// flow prints runs as lines, every one indented.
func (p *page) flow(indent int, runs ...span) {
	p.printf("%s", strings.Repeat(" ", indent))
	p.lines(indent, runs)
}

// lines prints runs as lines of at most 80 columns where words allow it. The first one is indented already.
func (p *page) lines(indent int, runs []span) {
	column, blank := indent, false
	for _, r := range runs {
		text := scan.Visible(r.text)
		for text != "" {
			word := text
			if i := strings.IndexAny(text, " \n\t"); i == 0 {
				text, blank = text[1:], true
				continue
			} else if i > 0 {
				word = text[:i]
			}
			text = text[len(word):]
			size := len([]rune(word))
			switch {
			case blank && column+1+size > pageWidth && column > indent:
				p.printf("\n%s", strings.Repeat(" ", indent))
				column = indent
			case blank && column > indent:
				p.printf(" ")
				column++
			}
			blank = false
			p.printf("%s", p.paint(r.style, word))
			column += size
		}
	}
	p.printf("\n")
}
