package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Sizes of whole frames in bytes, with their line feed, as long as the id has idDigits.
const (
	smallFrame  = 1 << 10
	mediumFrame = 1 << 20
	largeFrame  = 16 << 20
)

const (
	toolCount = 500
	toolSize  = 2 << 10
)

// Text as honest servers send it: mostly ASCII, line breaks, a quoted word now and then,
// here and there a letter beyond ASCII. All of it is spelled for JSON.
var words = strings.Fields(`request response table window garden river orange market
	winter morning letter yellow number season travel simple bridge signal little between
	during company several another picture engine island measure pattern station village
	weather cotton forest carbon bottle dinner circle planet silver animal cousin danger
	effort family ground harbor invite jacket kernel launch middle narrow object parent`)

var spices = []string{`\n`, `\"quoted\"`, `,`, `café`, `.`, `\n\n`, `42`, `—`, `:`, `3.14`}

// writer appends made-up content; the same seed makes the same content everywhere.
type writer struct {
	buf  []byte
	seed uint32
}

func (w *writer) random(n int) int {
	w.seed = w.seed*1664525 + 1013904223
	return int(w.seed>>8) % n
}

func (w *writer) printf(format string, args ...any) {
	w.buf = fmt.Appendf(w.buf, format, args...)
}

// prose appends exactly n bytes of text. Long text repeats itself: large frames are rendered
// in each fresh server.
func (w *writer) prose(n int) {
	const block = 64 << 10
	if n > 2*block {
		start := len(w.buf)
		w.prose(block)
		for w.buf = slices.Grow(w.buf, n); n >= 2*block; n -= block {
			w.buf = append(w.buf, w.buf[start:start+block]...)
		}
		n -= block
	}
	const longest = 16 // of a word, a space and a spice
	for end := len(w.buf) + n; len(w.buf) < end; {
		if end-len(w.buf) < longest {
			w.buf = append(w.buf, '.')
			continue
		}
		w.buf = append(w.buf, words[w.random(len(words))]...)
		if w.random(10) == 0 {
			w.buf = append(w.buf, spices[w.random(len(spices))]...)
		}
		w.buf = append(w.buf, ' ')
	}
}

// An answer is a rendered response with room for the id in front of what is rendered.
type answer struct{ buf []byte }

const (
	idDigits = 7
	headRoom = 128
	head     = `{"jsonrpc":"2.0","id":`
)

func newAnswer(body []byte) *answer {
	return &answer{append(make([]byte, headRoom, headRoom+len(body)), body...)}
}

// frame splices the id in and returns the frame, valid until the next call. It is nil where
// the id is too long for the room.
func (a *answer) frame(id []byte) []byte {
	at := headRoom - len(head) - len(id)
	if at < 0 {
		return nil
	}
	copy(a.buf[at:], head)
	copy(a.buf[at+len(head):], id)
	return a.buf[at:]
}

// size is the length of the frame for an id of idDigits.
func (a *answer) size() int { return len(head) + idDigits + len(a.buf) - headRoom }

const bodyEnd = "}\n"

// textAnswer is a tool result of one long text whose frame has size bytes.
func textAnswer(size int) *answer {
	const open, end = `,"result":{"content":[{"type":"text","text":"`, `"}],"isError":false}` + bodyEnd
	w := writer{seed: 1}
	w.printf(open)
	w.prose(size - len(head) - idDigits - len(open) - len(end))
	w.printf(end)
	return newAnswer(w.buf)
}

// recordsAnswer is a tool result of many small records whose frame has at least size bytes
// and less than a record more.
func recordsAnswer(size int) *answer {
	w := writer{seed: 2}
	w.printf(`,"result":{"content":[{"type":"text","text":"see the structured content"}],"structuredContent":{"records":[`)
	const end = `]},"isError":false}` + bodyEnd
	for i := 0; len(w.buf) < size-len(head)-idDigits-len(end); i++ {
		if i > 0 {
			w.printf(",")
		}
		w.printf(`{"id":%d,"name":"%s %s","open":%t,"weight":%d.%d,"labels":["%s","%s"],"parent":null}`, i,
			words[w.random(len(words))], words[w.random(len(words))], w.random(2) == 0,
			w.random(1000), w.random(100), words[w.random(len(words))], words[w.random(len(words))])
	}
	w.printf(end)
	return newAnswer(w.buf)
}

// callTools are the tools that the calls of the table name.
func callTools() *answer {
	w := writer{seed: 3}
	w.printf(`,"result":{"tools":[`)
	for i, name := range []string{"echo", "text", "records"} {
		if i > 0 {
			w.printf(",")
		}
		w.printf(`{"name":"%s","description":"Returns made-up content.","inputSchema":{"type":"object","properties":`+
			`{"path":{"type":"string"},"payload":{"type":"string"},"bytes":{"type":"integer"}}}}`, name)
	}
	w.printf(`]}` + bodyEnd)
	return newAnswer(w.buf)
}

// manyTools is a list of toolCount tools of toolSize bytes each.
func manyTools() *answer {
	w := writer{seed: 4}
	w.printf(`,"result":{"tools":[`)
	for i := range toolCount {
		if i > 0 {
			w.printf(",")
		}
		start := len(w.buf)
		w.printf(`{"name":"tool_%03d","title":"Tool %d","inputSchema":{"type":"object","properties":{`, i, i)
		for p := range 6 {
			if p > 0 {
				w.printf(",")
			}
			w.printf(`"%s_%d":{"type":"string","description":"`, words[w.random(len(words))], p)
			w.prose(80)
			w.printf(`"}`)
		}
		w.printf(`},"required":[]},"annotations":{"readOnlyHint":true},"description":"`)
		w.prose(toolSize - len(`"}`) - (len(w.buf) - start))
		w.printf(`"}`)
	}
	w.printf(`]}` + bodyEnd)
	return newAnswer(w.buf)
}

// A request is a rendered request whose id is overwritten for each call.
type request struct{ buf []byte }

const firstID = 1_000_000 // has idDigits, and so have all that follow

func newRequest(method, params string) *request {
	return &request{fmt.Appendf(nil, `%s%d,"method":"%s","params":%s}`+"\n", head, firstID, method, params)}
}

func (r *request) frame(id int) []byte {
	strconv.AppendInt(r.buf[:len(head)], int64(id), 10)
	return r.buf
}

// echoRequest is a call whose frame has smallFrame bytes; a path goes into an argument of
// that name unless it is "".
func echoRequest(path string) *request {
	open := `{"name":"echo","arguments":{`
	if path != "" {
		open += fmt.Sprintf(`"path":%q,`, path)
	}
	open += `"payload":"`
	const end = `"}}`
	empty := newRequest("tools/call", open+end)
	w := writer{seed: 5}
	w.prose(smallFrame - len(empty.buf))
	return newRequest("tools/call", open+string(w.buf)+end)
}

func sizedRequest(tool string, size int) *request {
	return newRequest("tools/call", fmt.Sprintf(`{"name":%q,"arguments":{"bytes":%d}}`, tool, size))
}
