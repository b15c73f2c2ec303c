package jsonrpc

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/maphash"
	"unicode/utf8"
)

// Limits bound what one frame may cost.
type Limits struct {
	Frame int // bytes of a line
	Depth int // nested objects and arrays, at most maxDepth
	Keys  int // members of one object
}

// DefaultLimits are those of the rules file when it names none.
var DefaultLimits = Limits{Frame: 64 << 20, Depth: 128, Keys: 10_000}

// maxDepth is the parser's stack. encoding/json stops at 10,000, go-sdk at 1,000, and gjson.Valid recurses until the process dies.
const maxDepth = 1024

// maxNumber is the longest number, in bytes.
const maxNumber = 64

// maxMethod is the longest method name, in bytes.
const maxMethod = 256

// mode says what an object's place in the frame asks of it.
type mode uint8

const (
	inEnvelope mode = 1 << iota
	inTop           // params, result, error: members are recorded, keys unescaped
	inMeta          // _meta of those: members are recorded
	folded          // names that fold to one another are refused
	foldBelow       // and so in everything below
	lone            // half surrogate pairs in values are noted, not refused
)

type level struct {
	object bool
	mode   mode
	child  mode // of a container that is the value of the current member
	start  int  // offset of the bracket
	keys   int  // where this object's hashes begin in Parser.hashes
	large  bool // hashes are in Parser.set
	serial uint64
}

// manyKeys is the number of members from which an object's names are looked up in a hash table and not one by one.
const manyKeys = 24

// keepNames is how many names the hash table may have held to be used again; clearing keeps its memory.
const keepNames = 4 * manyKeys * 1024

// maxLone is how many halves of surrogate pairs one frame may hold; honest servers cut a text once or twice.
const maxLone = 10_000

// A Parser reads frames one after the other. It is not for concurrent use; each direction has its own.
type Parser struct {
	limits Limits
	seed   maphash.Seed

	b       []byte
	f       *Frame
	first   *Refusal // the first fault that did not stop the scan
	second  bool     // the id came twice, so nobody knows whom to answer
	seen    uint8    // members of the envelope so far
	current uint8    // the one whose value is being read
	levels  []level
	hashes  []uint64
	set     map[uint64]struct{}
	serial  uint64
	text    []byte // scratch for unescaped and folded names
}

// NewParser returns a parser with the given limits; those that are zero are the defaults.
func NewParser(l Limits) *Parser {
	if l.Frame <= 0 {
		l.Frame = DefaultLimits.Frame
	}
	if l.Depth <= 0 {
		l.Depth = DefaultLimits.Depth
	}
	if l.Keys <= 0 {
		l.Keys = DefaultLimits.Keys
	}
	l.Depth = min(l.Depth, maxDepth)
	return &Parser{limits: l, seed: maphash.MakeSeed(), set: map[uint64]struct{}{}}
}

// Parse reads one line, without its line feed, into f. It returns nil if the line is an acceptable frame. The slices of f share
// memory with line and with the parser until the next call.
func (p *Parser) Parse(line []byte, f *Frame) *Refusal {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	line = bytes.TrimRight(line, " \t")
	*f = Frame{Raw: line, Top: f.Top[:0], Meta: f.Meta[:0], Lone: f.Lone[:0]}
	p.b, p.f, p.first, p.second, p.seen, p.current = line, f, nil, false, 0, 0
	p.levels, p.hashes, p.serial = p.levels[:0], p.hashes[:0], 0
	switch n := len(p.set); {
	case n > keepNames:
		p.set = map[uint64]struct{}{}
	case n > 0:
		clear(p.set)
	}
	start := p.blanks(0)
	if r := p.opening(start); r != nil {
		r.Response, r.Request = looksLike(line)
		return r
	}
	ascii := isASCII(line)
	if !ascii && !utf8.Valid(line) {
		p.fault(0, "not valid UTF-8")
	}
	f.Plain = ascii
	if r := p.scan(start); r != nil {
		if bytes.Count(line, []byte(`"id"`)) == 1 {
			if ids := CandidateIDs(line, 1); len(ids) == 1 {
				r.ID = ids[0]
			}
		}
		f.Kind = Invalid
		r.Response, r.Request = looksLike(line)
		return r
	}
	if r := p.classify(); r != nil {
		f.Kind = Invalid
		r.ID = f.ID
		r.Response, r.Request = p.seen&(sawResult|sawError) != 0, p.seen&sawMethod != 0
		r.Noise = p.seen&^sawID == 0 // a log line in JSON
		if p.second {
			r.ID = ID{}
		}
		return r
	}
	return nil
}

// looksLike is for lines that cannot be followed to their end.
func looksLike(line []byte) (response, request bool) {
	has := func(name string) bool { return bytes.Contains(line, []byte(name)) }
	return has(`"jsonrpc"`) && (has(`"result"`) || has(`"error"`)), has(`"method"`)
}

// isASCII reports whether all bytes are ASCII, and none is DEL.
func isASCII(b []byte) bool {
	i, all := 0, uint64(0)
	for ; i+32 <= len(b); i += 32 {
		all |= binary.LittleEndian.Uint64(b[i:]) | binary.LittleEndian.Uint64(b[i+8:]) |
			binary.LittleEndian.Uint64(b[i+16:]) | binary.LittleEndian.Uint64(b[i+24:])
	}
	for ; i < len(b); i++ {
		all |= uint64(b[i])
	}
	return all&highs == 0 && bytes.IndexByte(b, 0x7f) < 0
}

// opening refuses what is no object, each in its own words.
func (p *Parser) opening(i int) *Refusal {
	b := p.b
	switch {
	case i == len(b):
		return &Refusal{Code: CodeInvalidRequest, Text: "empty line", Blank: true}
	case len(b) > p.limits.Frame:
		return &Refusal{Code: CodeInvalidRequest, Text: "frame is longer than the limit"}
	case b[i] == '{':
		return nil
	case b[i] == '[' && json.Valid(b[i:]): // "[INFO] listening" is no batch
		return &Refusal{Code: CodeInvalidRequest, Text: "batches are not accepted: send one message a line", Offset: i}
	case bytes.HasPrefix(b[i:], []byte("\xef\xbb\xbf")):
		r := &Refusal{Code: CodeParse, Text: "starts with a byte order mark", Offset: i}
		if ids := CandidateIDs(b, 2); len(ids) == 1 {
			r.ID = ids[0]
		}
		return r
	}
	r := &Refusal{Code: CodeParse, Text: "not a JSON object", Offset: i, Noise: true}
	if ids := CandidateIDs(b, 2); len(ids) == 1 && bytes.Count(b, []byte(`"id"`)) == 1 {
		r.ID = ids[0]
	}
	return r
}

// fault notes what is wrong with a frame whose structure can still be followed, so that its id can be found.
func (p *Parser) fault(at int, text string) {
	if p.first == nil {
		p.first = &Refusal{Code: CodeInvalidRequest, Text: text, Offset: at}
	}
}

// stop is a fault after which nothing more can be known.
func (p *Parser) stop(at int, text string) *Refusal {
	if p.first != nil {
		return p.first
	}
	return &Refusal{Code: CodeParse, Text: text, Offset: at}
}

const (
	sawJSONRPC uint8 = 1 << iota
	sawID
	sawMethod
	sawParams
	sawResult
	sawError
)

// envelopeBit names the members of the envelope; 0 is any other.
func envelopeBit(key []byte) uint8 {
	switch string(key) {
	case "jsonrpc":
		return sawJSONRPC
	case "id":
		return sawID
	case "method":
		return sawMethod
	case "params":
		return sawParams
	case "result":
		return sawResult
	case "error":
		return sawError
	}
	return 0
}

// classify checks the envelope of a frame that has been scanned.
func (p *Parser) classify() *Refusal {
	f := p.f
	if f.IDSpan.OK() {
		id, ok := ParseID(f.Bytes(f.IDSpan))
		if !ok {
			p.fault(f.IDSpan.Start, "id is neither a string of at most 256 bytes nor an exact integer")
			p.second = true
		}
		f.ID = id
	}
	p.checkVersion()
	p.checkShape()
	if p.first != nil {
		return p.first
	}
	switch {
	case f.Result.OK():
		f.Kind = Result
	case f.Err.OK():
		f.Kind = Error
	case f.ID.OK():
		f.Kind = Request
	default:
		f.Kind = Notification
	}
	return nil
}

func (p *Parser) checkVersion() {
	switch v := p.f.Bytes(p.f.JSONRPC); {
	case len(v) == 0:
		p.fault(0, `has no member "jsonrpc"`)
	case string(v) != `"2.0"`:
		p.fault(p.f.JSONRPC.Start, `"jsonrpc" is not "2.0"`)
	}
}

// checkShape refuses what is two kinds of message at once, or none.
func (p *Parser) checkShape() {
	f := p.f
	switch p.seen & (sawMethod | sawResult | sawError) {
	case sawMethod:
		p.checkRequest()
	case sawResult:
		if f.Raw[f.Result.Start] != '{' {
			p.fault(f.Result.Start, "result is not an object")
		}
	case sawError:
		p.checkError()
	case 0:
		// It could be a response as well as a request, unless a misspelled member says what it was meant to be.
		p.second = p.second || p.first == nil
		p.fault(0, "has neither method nor result nor error")
	case sawResult | sawError:
		p.fault(f.Err.Start, "has both result and error")
	default:
		p.fault(f.MethodSpan.Start, "is a request and a response at once")
	}
	if p.seen&sawMethod != 0 {
		return
	}
	if p.seen&sawParams != 0 {
		p.fault(f.Params.Start, "response has params")
	}
	if p.seen&sawID == 0 {
		p.fault(0, "response has no id")
	}
}

func (p *Parser) checkRequest() {
	f := p.f
	raw := f.Bytes(f.MethodSpan)
	method, ok := String(raw)
	switch {
	case !ok:
		p.fault(f.MethodSpan.Start, "method is not a string")
	case len(method) == 0:
		p.fault(f.MethodSpan.Start, "method is empty")
	case len(method) > maxMethod:
		p.fault(f.MethodSpan.Start, "method is longer than 256 bytes")
	default:
		f.Method = method
	}
	if params := f.Bytes(f.Params); len(params) > 0 && params[0] != '{' && string(params) != "null" {
		p.fault(f.Params.Start, "params is not an object")
	}
}

func (p *Parser) checkError() {
	f := p.f
	if f.Raw[f.Err.Start] != '{' {
		p.fault(f.Err.Start, "error is not an object")
		return
	}
	if code, ok := ParseID(f.Get("code")); !ok || code.raw[0] == '"' {
		p.fault(f.Err.Start, "error has no integer code")
	}
	if _, ok := String(f.Get("message")); !ok {
		p.fault(f.Err.Start, "error has no message")
	}
}
