package jsonrpc

import (
	"bytes"
	"hash/maphash"
	"unicode"
	"unicode/utf8"
)

// below names the members whose whole value may not hold names that fold to one another: servers in Go bind either of the two.
var below = map[string]bool{
	"arguments": true, "argument": true, "context": true, "ref": true, "task": true, "notifications": true,
	"capabilities": true, "inputRequests": true, "inputResponses": true,
	"io.modelcontextprotocol/clientCapabilities": true,
}

// protocolNames are the names that the schemas of all revisions define at the top level of params, result and error, and in _meta.
// encoding/json takes a name that folds to one of them for it.
var protocolNames = foldedNames(
	"_meta", "action", "argument", "arguments", "cacheScope", "capabilities", "clientInfo", "code", "completion", "content", "contents",
	"context", "createdAt", "cursor", "data", "description", "elicitationId", "error", "includeContext", "inputRequests", "inputResponses",
	"instructions", "isError", "lastUpdatedAt", "level", "logger", "maxTokens", "message", "messages", "metadata", "mode", "model",
	"modelPreferences", "name", "nextCursor", "notifications", "pollInterval", "pollIntervalMs", "progress", "progressToken", "prompts",
	"protocolVersion", "reason", "ref", "requestId", "requestState", "requestedSchema", "resourceTemplates", "resources", "result",
	"resultType", "role", "roots", "serverInfo", "status", "statusMessage", "stopReason", "stopSequences", "structuredContent",
	"supportedVersions", "systemPrompt", "task", "taskId", "taskIds", "tasks", "temperature", "toolChoice", "tools", "total", "ttl",
	"ttlMs", "uri", "url", "values",
	"baggage", "traceparent", "tracestate",
	"io.modelcontextprotocol/clientCapabilities", "io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/logLevel",
	"io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/related-task", "io.modelcontextprotocol/serverInfo",
	"io.modelcontextprotocol/subscriptionId",
)

func foldedNames(names ...string) map[string]string {
	m := make(map[string]string, len(names))
	for _, name := range names {
		m[string(appendFolded(nil, []byte(name)))] = name
	}
	return m
}

// appendFolded appends the one spelling that all names have which are equal under Unicode simple case folding.
func appendFolded(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		if 'A' <= least && least <= 'Z' {
			least += 'a' - 'A'
		}
		dst = utf8.AppendRune(dst, least)
		i += n
	}
	return dst
}

// EqualFold reports whether encoding/json would take the one name for the other.
func EqualFold(a, b string) bool {
	return string(appendFolded(nil, []byte(a))) == string(appendFolded(nil, []byte(b)))
}

// key reads a member's name and colon at i and returns where its value begins.
func (p *Parser) key(i int) (int, *Refusal) {
	b := p.b
	if i >= len(b) || b[i] != '"' {
		return i, p.stop(min(i, len(b)), "has no name in quotes where one must be")
	}
	end, r := p.str(i, 0)
	if r != nil {
		return end, r
	}
	p.name(Span{i + 1, end - 1})
	i = p.blanks(end)
	if i >= len(b) || b[i] != ':' {
		return i, p.stop(min(i, len(b)), "has no colon after a name")
	}
	return p.blanks(i + 1), nil
}

// name checks a member's name and says what that makes of its value.
func (p *Parser) name(at Span) {
	top := &p.levels[len(p.levels)-1]
	key := p.b[at.Start:at.End]
	escaped := bytes.IndexByte(key, '\\') >= 0
	if escaped {
		p.text = unescape(p.text[:0], key)
		key = p.text
		if top.mode&(inEnvelope|inTop) != 0 {
			p.fault(at.Start, "has an escape in a name of the protocol's own")
		}
	}
	if string(key) == "__proto__" {
		p.fault(at.Start, `has a member "__proto__"`)
	}
	member := Member{Key: at, Escaped: escaped}
	top.child = top.mode & (lone | foldBelow)
	switch {
	case top.mode&inEnvelope != 0:
		p.envelopeKey(top, key, at)
	case top.mode&inTop != 0:
		p.f.Top = append(p.f.Top, member)
		if string(key) == "_meta" {
			top.child |= inMeta | folded
		} else if below[string(key)] {
			top.child |= folded | foldBelow
		}
		p.checkSpelling(key, at)
	case top.mode&inMeta != 0:
		p.f.Meta = append(p.f.Meta, member)
		if below[string(key)] {
			top.child |= folded | foldBelow
		}
		p.checkSpelling(key, at)
	}
	p.unique(top, key, at)
}

func (p *Parser) envelopeKey(top *level, key []byte, at Span) {
	bit := envelopeBit(key)
	p.current = bit
	if bit == 0 {
		p.fault(at.Start, "has a member that JSON-RPC does not know")
		return
	}
	if p.seen&bit != 0 && bit == sawID {
		p.second = true
	}
	if p.seen&bit == 0 {
		switch bit {
		case sawParams, sawError:
			top.child = inTop | folded
		case sawResult:
			top.child = inTop | folded | lone
		}
	}
	p.seen |= bit
}

// checkSpelling refuses a name that is the protocol's only under case folding.
func (p *Parser) checkSpelling(key []byte, at Span) {
	if len(key) > 64 {
		return
	}
	var scratch [96]byte
	if right, ok := protocolNames[string(appendFolded(scratch[:0], key))]; ok && right != string(key) {
		p.fault(at.Start, "has a name that differs from one of the protocol's by case only")
	}
}

// unique refuses the second member of one name. Names are told apart by a 64-bit hash with a random seed, so that no peer can
// make two names collide; that one in 2^64 pairs of different names is refused by chance is accepted.
func (p *Parser) unique(top *level, key []byte, at Span) {
	var scratch [96]byte
	if top.mode&folded != 0 {
		key = appendFolded(scratch[:0], key)
	}
	h := maphash.Bytes(p.seed, key)
	n := len(p.hashes) - top.keys
	if top.large {
		n = p.addLarge(top, h, at)
	} else {
		for _, other := range p.hashes[top.keys:] {
			if other == h {
				p.twin(top, at)
				break
			}
		}
		p.hashes = append(p.hashes, h)
		if n+1 >= manyKeys {
			p.enlarge(top)
		}
	}
	if n >= p.limits.Keys {
		p.fault(at.Start, "has more members in one object than the limit")
	}
}

// enlarge moves an object's hashes to the table, where finding one does not depend on how many there are. The last of them stays
// behind as the object's count, since the slice is shared with the objects below.
func (p *Parser) enlarge(top *level) {
	for _, h := range p.hashes[top.keys:] {
		p.set[h^top.serial] = struct{}{}
	}
	p.hashes = append(p.hashes[:top.keys], uint64(len(p.hashes)-top.keys))
	top.large = true
}

func (p *Parser) addLarge(top *level, h uint64, at Span) (before int) {
	if _, ok := p.set[h^top.serial]; ok {
		p.twin(top, at)
	}
	p.set[h^top.serial] = struct{}{}
	count := &p.hashes[top.keys]
	*count++
	return int(*count) - 1
}

func (p *Parser) twin(top *level, at Span) {
	if top.mode&folded != 0 {
		p.fault(at.Start, "has two members of one name, or of names that differ by case only")
		return
	}
	p.fault(at.Start, "has two members of one name")
}
