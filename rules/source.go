package rules

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"sallyport/rules/scan"
)

// maxFile is the size of the largest rule file.
const maxFile = 1 << 20

// source is one file while it is read.
type source struct {
	path  string // as errors show it
	short string // as decisions show it
	pack  string // name of the pack, or ""
	trust Trust
	lines []string

	patterns int // regular expressions in it so far
}

// position is a place in a file: line and column count from 1, columns in
// characters.
type position struct {
	file      *source
	line, col int
}

func (p position) at() string {
	if p.file == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.file.short, p.line)
}

// Error is a fault of a rule file. Its text is the place, what is wrong, the line
// with a caret below, and a hint where there is one.
type Error struct {
	Path         string
	Line, Column int // both from 1; 0 where the fault has no place
	Message      string
	Hint         string
	text         string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": " + e.Message)
	if e.Line > 0 {
		before, after := e.text, ""
		if r := []rune(e.text); e.Column-1 <= len(r) {
			before, after = string(r[:e.Column-1]), string(r[e.Column-1:])
		}
		if n := utf8.RuneCountInString(before); n > 100 {
			before = "…" + string([]rune(before)[n-99:])
		}
		before = scan.VisibleLine(before, 1000)
		margin := fmt.Sprintf("%5d | ", e.Line)
		fmt.Fprintf(&b, "\n%s%s%s", margin, before, scan.VisibleLine(after, 100))
		fmt.Fprintf(&b, "\n%s^", strings.Repeat(" ", len(margin)+utf8.RuneCountInString(before)))
	}
	if e.Hint != "" {
		b.WriteString("\nhint: " + e.Hint)
	}
	return b.String()
}

func (p position) errorf(hint, format string, args ...any) error {
	e := &Error{Path: p.file.path, Line: p.line, Column: p.col, Message: fmt.Sprintf(format, args...), Hint: hint}
	if p.line >= 1 && p.line <= len(p.file.lines) {
		e.text = p.file.lines[p.line-1]
		e.Column = min(max(e.Column, 1), utf8.RuneCountInString(e.text)+1)
	}
	return e
}

func (s *source) pos(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{s, 1, 1}
	}
	return position{s, t.Position.Line, t.Position.Column}
}

// place gives the position of a byte offset.
func place(file *source, data []byte, offset int) position {
	before := data[:offset]
	line := bytes.Count(before, []byte("\n")) + 1
	start := bytes.LastIndexByte(before, '\n') + 1
	return position{file, line, utf8.RuneCount(before[start:]) + 1}
}

// parse checks the text of a file and gives the node of its one document.
func (s *source) parse(data []byte) (node ast.Node, err error) {
	defer func() { // the parser has been seen to panic on odd text
		if r := recover(); r != nil {
			node, err = nil, position{s, 1, 1}.errorf("", "this is no YAML that can be read")
		}
	}()
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	s.lines = strings.Split(string(data), "\n")
	if err := s.checkText(data); err != nil {
		return nil, err
	}
	if at := tooDeep(data); at >= 0 {
		return nil, place(s, data, at).errorf("", "brackets are nested more than %d deep", maxBrackets)
	}
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		if ye, ok := err.(yaml.Error); ok {
			return nil, s.pos(ye.GetToken()).errorf("", "%s", scan.VisibleLine(ye.GetMessage(), 200))
		}
		return nil, position{s, 1, 1}.errorf("", "%s", scan.VisibleLine(err.Error(), 200))
	}
	var bodies []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	switch {
	case len(f.Docs) > 1 && f.Docs[1].Start != nil:
		return nil, s.pos(f.Docs[1].Start).errorf("", "a rule file holds one document")
	case len(bodies) == 0:
		return nil, position{s, 1, 1}.errorf(`a rule file begins with "version: 1"`, "the file is empty")
	case len(bodies) > 1:
		return nil, s.nodePos(bodies[1]).errorf("", "a rule file holds one document")
	}
	return bodies[0], nil
}

func (s *source) checkText(data []byte) error {
	if len(data) > maxFile {
		return &Error{Path: s.path, Message: "the file is larger than 1 MiB"}
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			return place(s, data, i).errorf("", "the file is not UTF-8")
		case r == '\t':
			return place(s, data, i).errorf("YAML files are indented with blanks", "there is a tab")
		case r == '\r', r == 0x2028, r == 0x2029:
			return place(s, data, i).errorf("", "there is a line break of an odd kind (U+%04X)", r)
		}
		i += n
	}
	if f, found := scan.Hidden(string(data)); found {
		return place(s, data, f.Offset).errorf("", "there is a character that does not show (%s)", f.What)
	}
	return nil
}

func newSource(path string, trust Trust) *source {
	return &source{path: path, short: filepath.Base(path), trust: trust}
}

// maxBrackets bounds the nesting of brackets in a file, those in expressions and
// texts included: the parsers recurse, and a stack that overflows ends the process.
const maxBrackets = 200

// tooDeep gives the offset of the bracket that is nested too deep, or -1.
func tooDeep(data []byte) int {
	depth := 0
	for i, c := range data {
		switch c {
		case '(', '[', '{':
			if depth++; depth > maxBrackets {
				return i
			}
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
	}
	return -1
}
