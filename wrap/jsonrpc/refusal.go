package jsonrpc

import "bytes"

// Codes of JSON-RPC 2.0 and of MCP that a reader needs.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
)

// A Refusal says why a line is no acceptable frame. Each malformed shape has a text of its own.
type Refusal struct {
	Code   int    // the JSON-RPC error code that fits
	Text   string // a phrase, without the peer's text in it
	Offset int    // byte in the line where it was noticed
	Blank  bool   // the line had nothing in it: drop it without a word
	Noise  bool   // the line does not begin as JSON: a log line, not a frame
	// Response marks what is, or as far as it could be read looks like, a response: somebody may be waiting for it.
	Response bool
	Request  bool // the same for requests and notifications; some lines are both
	ID       ID   // the one id that the line surely has as a request or response; may be absent
}

func (r *Refusal) Error() string { return r.Text }

// CandidateIDs returns the values of everything in line that looks like a member "id", up to max, without regard to where it
// stands. It is for lines that were refused, to find out whom they may have been meant for.
func CandidateIDs(line []byte, max int) []ID {
	var ids []ID
	for len(ids) < max {
		i := bytes.Index(line, []byte(`"id"`))
		if i < 0 {
			break
		}
		line = line[i+4:]
		rest := bytes.TrimLeft(line, " \t")
		if len(rest) == 0 || rest[0] != ':' {
			continue
		}
		rest = bytes.TrimLeft(rest[1:], " \t")
		if id, ok := ParseID(rest[:scalarEnd(rest)]); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// scalarEnd returns the length of the string or number at the start of b, or 0 if what follows it is not the end of a member.
func scalarEnd(b []byte) int {
	i := 0
	if len(b) > 0 && b[0] == '"' {
		for i = 1; i < len(b) && b[i] != '"'; i++ {
			// An escape here may be a broken one; nobody's serializer puts any into an id.
			if b[i] == '\\' || b[i] < 0x20 {
				return 0
			}
		}
		i++
	} else {
		for i < len(b) && (b[i] == '-' || '0' <= b[i] && b[i] <= '9') {
			i++
		}
	}
	rest := b[min(i, len(b)):]
	rest = bytes.TrimLeft(rest, " \t")
	if len(rest) == 0 || rest[0] != ',' && rest[0] != '}' {
		return 0
	}
	return i
}
