package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"sallyport/rules/scan"
)

// All own words go to stderr through these, one line each: stdout may belong to the protocol.

func errorf(format string, a ...any)   { line("error", format, a...) }
func warningf(format string, a ...any) { line("warning", format, a...) }
func hintf(format string, a ...any)    { line("hint", format, a...) }

// line makes what it prints visible: names in it may be a peer's or a cloned repository's.
func line(kind, format string, a ...any) {
	fmt.Fprintf(os.Stderr, "sallyport: %s: %s\n", kind, scan.Visible(fmt.Sprintf(format, a...)))
}

// usageError is a command line that makes no sense: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// hinted is an error with the line that says what to type next.
type hinted struct {
	error
	hint string
}

func withHint(hint, format string, a ...any) error {
	return hinted{fmt.Errorf(format, a...), hint}
}

// exitStatus ends the program with a status and no further word.
type exitStatus int

func (e exitStatus) Error() string { return "exit status " + strconv.Itoa(int(e)) }

// wrapText breaks a text into lines of at most width runes, the ones after the first indented.
func wrapText(text string, width int, indent string) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(text) {
		size := len([]rune(word))
		switch {
		case i == 0:
		case n+1+size > width-len(indent):
			b.WriteString("\n" + indent)
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += size
	}
	return b.String()
}
