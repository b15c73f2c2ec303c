package wrap

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"sallyport/rules/scan"
	"sallyport/wrap/jsonrpc"
	"sallyport/wrap/pin"
)

// A Guard keeps what the server was given in secret from coming back. It is declared here and implemented elsewhere, so that a session
// knows nothing of how secrets are kept. Methods may be called concurrently.
type Guard interface {
	// Holds reports whether a frame holds a secret in any form.
	Holds(frame []byte) bool
	// Frame takes secrets out of the strings of a frame that people and models read, and gives the names of those that it found. Strict
	// says that structured content may not change. An error says that one stands where nothing can be taken out.
	Frame(frame []byte, strict bool) (clean []byte, found []string, err error)
	// Text takes secrets out of a text for people.
	Text(text []byte) (clean []byte, found []string)
}

// maxReturns is how many frames with secrets end the session: whoever can have a value compared often enough finds it out.
const maxReturns = 3

// ErrSecrets is returned by Run when a server sent secrets back too often.
var ErrSecrets = errors.New("secrets that the server was given came back too often")

// guard takes secrets out of a frame of the server before anything else looks at it, so that no rule, log, card, pin or report sees one.
// It reports whether there is a frame left to judge.
func (p *pump) guard() bool {
	g := p.s.Guard
	if p.client || g == nil || !g.Holds(p.f.Raw) {
		return true
	}
	p.s.st.mu.Lock()
	c := p.s.st.client.find(p.f.ID)
	p.s.st.mu.Unlock()
	what := string(p.f.Method)
	if p.f.Kind == jsonrpc.Result || p.f.Kind == jsonrpc.Error {
		if what = "an answer"; c != nil {
			what = "the answer to " + strings.TrimSpace(c.method+" "+c.tool)
		}
	}
	id, response := p.f.ID.Clone(), p.f.Kind == jsonrpc.Result || p.f.Kind == jsonrpc.Error
	strict := c != nil && p.s.surface.constrained(c.tool)
	clean, found, err := g.Frame(p.f.Raw, strict)
	names := strings.Join(found, ", ")
	n := p.s.returned.Add(1)
	p.s.tellReport(fmt.Sprintf("SECURITY: server %q sent the secret %s back in %s: it was kept from the client (%d; %d end the session)",
		p.s.Server, scan.VisibleLine(names, 200), scan.VisibleLine(what, 200), n, maxReturns))
	if err == nil {
		var r *jsonrpc.Refusal
		if r = p.parser.Parse(clean, &p.f); r != nil {
			err = errors.New(r.Text)
		}
	}
	if n >= maxReturns {
		err = ErrSecrets
		defer p.s.fail(ErrSecrets)
	}
	if err != nil {
		p.entry.Edits = ""
		why := fmt.Sprintf("it holds the secret %s, %v", names, err)
		p.refuseLine(&jsonrpc.Refusal{Code: codeMalformed, ID: id, Text: scan.VisibleLine(why, 300), Response: response}, nil, []jsonrpc.ID{id})
		return false
	}
	p.cleaned = true
	p.edited("take out the secret " + names)
	return true
}

// constrained reports whether the client may know a schema for what a tool gives back that another text would not fit.
func (u *surface) constrained(tool string) bool {
	return constrains(u.acceptedItem(pin.Key{Section: pin.Tools, Name: tool}).Definition)
}

// constrains reports whether the definition of a tool has a schema for its results that says what strings may be.
func constrains(definition []byte) bool {
	at := jsonrpc.MemberOf(definition, jsonrpc.Span{Start: 0, End: len(definition)}, "outputSchema")
	if len(definition) == 0 || !at.OK() {
		return false
	}
	schema := definition[at.Start:at.End]
	for _, word := range []string{"pattern", "enum", "const", "maxLength", "format", "contentEncoding", "$ref", "$dynamicRef", "not"} {
		if bytes.Contains(schema, []byte(`"`+word+`"`)) {
			return true
		}
	}
	return bytes.IndexByte(schema, '\\') >= 0 // of a word that is escaped nobody knows
}
