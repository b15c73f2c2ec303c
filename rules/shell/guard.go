package shell

import (
	"errors"
	"io"
	"runtime"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

var (
	errDeep = errors.New("nested too deeply")
	errLine = errors.New("no line that a shell reads in one way")
)

// The parser recurses for each bracket, and overflowing the stack cannot be
// recovered from. Counting brackets beforehand would need to know which are
// quoted, so the parser's reader counts the frames on the stack instead, each
// time before it hands out a chunk.
const (
	maxFrames = 2000
	chunk     = 256
)

type guard struct {
	rest  string
	limit int
}

func newGuard(line string) *guard {
	var pcs [256]uintptr
	depth := 0
	for {
		n := runtime.Callers(depth, pcs[:])
		depth += n
		if n < len(pcs) {
			return &guard{rest: line, limit: depth + maxFrames}
		}
	}
}

func (g *guard) Read(p []byte) (int, error) {
	var pc [1]uintptr
	if runtime.Callers(g.limit, pc[:]) > 0 {
		return 0, errDeep
	}
	if g.rest == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), chunk)], g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// parse reads a line as bash does. Where the parser is known to read otherwise, the
// line is refused: a carriage return is an ordinary character to bash and white
// space to the parser, and the parser continues a comment that ends in a backslash.
func parse(line string) (*syntax.File, error) {
	if len(line) > maxLine || strings.ContainsAny(line, "\x00\r") {
		return nil, errLine
	}
	suspect := strings.Contains(line, "#") && strings.Contains(line, "\\\n")
	p := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(suspect))
	file, err := p.Parse(newGuard(line), "")
	if err != nil {
		return nil, err
	}
	if suspect && continuedComment(file, line) {
		return nil, errLine
	}
	return file, nil
}

func continuedComment(file *syntax.File, line string) (found bool) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.Comment); ok {
			text, _, more := strings.Cut(line[min(int(c.Hash.Offset()), len(line)):], "\n")
			found = found || more && strings.HasSuffix(text, "\\")
		}
		return !found
	})
	return found
}
