package wrap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"sort"
	"time"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/audit"
	"sallyport/wrap/jsonrpc"
)

// A pump reads one side, judges each frame, and passes it to the other. It belongs to one goroutine.
type pump struct {
	s      *Session
	client bool // it reads the client
	reader *jsonrpc.Reader
	parser *jsonrpc.Parser
	f      jsonrpc.Frame
	judge  *rules.Judge
	sum    *audit.Digester
	world  rules.World
	out    *outlet // where frames go on to
	back   *outlet // where they came from
	entry  audit.Entry
	v      verdict
	// cleaned says that the frame is another one than the line.
	cleaned bool
	notes   rules.Notes // what the frame counts as, if it passes

	// What leaves once the log has been written: frames for out, answers for back.
	parts   [][]byte
	from    int // a run of unedited frames in the reader's buffer, [from, to)
	to      int
	answers []byte
	asks    []func() // questions to put
}

// A verdict is what becomes of a frame. The zero value drops it.
type verdict struct {
	pass    bool
	edits   []jsonrpc.Edit // applied if it passes
	instead []byte         // goes on in its stead
	answer  []byte         // goes back
}

func (s *Session) newPump(in io.Reader, out, back *outlet) *pump {
	return &pump{
		s: s, out: out, back: back,
		reader: jsonrpc.NewReader(in, int(s.limits.Frame)),
		parser: jsonrpc.NewParser(jsonrpc.Limits{Frame: int(s.limits.Frame), Depth: s.limits.Depth, Keys: s.limits.Keys}),
		judge:  s.view.NewJudge(s.Facts),
		sum:    s.Log.NewDigester(),
	}
}

// run pumps until its side ends. All whole lines of one read are judged, then logged with one write, then passed on.
func (p *pump) run() error {
	for {
		for {
			line, ok := p.reader.Next()
			if !ok {
				break
			}
			if err := p.line(line); err != nil {
				return err
			}
		}
		if err := p.flush(); err != nil {
			return err
		}
		if err := p.reader.Fill(); err != nil {
			if rest := p.reader.Rest(); len(rest) > 0 {
				p.note("an incomplete line at the end was left out")
			}
			if !errors.Is(err, io.EOF) && p.client {
				p.note("reading from the client: " + err.Error())
			}
			return p.flush()
		}
	}
}

func (p *pump) direction() string {
	if p.client {
		return "c2s"
	}
	return "s2c"
}

func (p *pump) note(text string) {
	p.s.Log.Append(&audit.Entry{Direction: p.direction(), Decision: "note", Reason: text})
}

// line judges one line and sets aside what shall leave for it. A panic in the judging code ends the session: nobody knows what state
// it has left.
func (p *pump) line(line jsonrpc.Line) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("judging a frame: %v\n%s", r, debug.Stack())
		}
	}()
	start := time.Now()
	p.v, p.notes, p.cleaned = verdict{edits: p.v.edits[:0]}, p.notes[:0], false
	p.entry = audit.Entry{Time: start, Direction: p.direction(), Size: len(line.Bytes)}
	var r *jsonrpc.Refusal
	if line.TooLong {
		p.tooLong(line)
	} else if r = p.parser.Parse(line.Bytes, &p.f); r != nil {
		if r.Blank {
			return nil
		}
		p.entry.Frame = p.sum.Sum(line.Bytes)
		p.malformed(r, line.Bytes)
	} else if p.guard() {
		p.entry.Frame = p.sum.Sum(p.f.Raw)
		p.entry.ID, p.entry.Trace = p.f.ID.Raw(), text(p.f.GetMeta("traceparent"))
		if p.client {
			p.fromClient()
		} else {
			p.fromServer()
		}
	}
	p.settle(line)
	p.entry.Judge = time.Since(start)
	p.s.Log.Append(&p.entry)
	if p.client {
		p.s.count(p.entry.Method, p.entry.Decision)
	}
	return nil
}

// settle turns the verdict into what leaves.
func (p *pump) settle(line jsonrpc.Line) {
	p.answers = append(p.answers, p.v.answer...)
	switch {
	case p.v.instead != nil:
		p.part(p.v.instead)
	case !p.v.pass:
		if p.entry.Decision == "" {
			p.entry.Decision = "drop"
		}
	case len(p.v.edits)+len(p.f.Lone) > 0 || p.cleaned:
		p.entry.Decision = "edit"
		p.s.history.Add(p.entry.Time, p.notes)
		p.part(append(p.spliced(), '\n'))
	default:
		p.entry.Decision = "pass"
		p.s.history.Add(p.entry.Time, p.notes)
		end := line.From + len(p.f.Raw)
		if p.to != line.From || p.from == p.to {
			p.endRun()
			p.from = line.From
		}
		p.to = end + 1
		if end != line.From+len(line.Bytes) {
			// Blanks or a carriage return stood before the line feed: some peers stumble over them.
			p.reader.Slice(end, p.to)[0] = '\n'
			p.endRun()
		}
	}
}

// spliced applies the verdict's edits and the repair of half surrogate pairs. Edits within what another one cuts are left out.
func (p *pump) spliced() []byte {
	raw := p.f.Repair()
	if len(p.v.edits) == 0 {
		return raw
	}
	edits := p.v.edits
	sort.SliceStable(edits, func(i, j int) bool { return edits[i].Start < edits[j].Start })
	kept := edits[:0]
	end := 0
	for _, e := range edits {
		if e.Start >= end {
			kept = append(kept, e)
			end = e.End
		}
	}
	return jsonrpc.Splice(raw, kept)
}

func (p *pump) endRun() {
	if p.to > p.from {
		p.parts = append(p.parts, p.reader.Slice(p.from, p.to))
	}
	p.from, p.to = 0, 0
}

func (p *pump) part(frames []byte) {
	p.endRun()
	p.parts = append(p.parts, frames)
}

// flush writes the log, then lets go what was judged.
func (p *pump) flush() error {
	p.endRun()
	if err := p.s.Log.Flush(); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	if len(p.answers) > 0 {
		if !p.back.post(p.answers) {
			p.s.warnf("the %s does not read: answers to it were left out", p.side())
		}
		p.answers = p.answers[:0]
	}
	for _, ask := range p.asks {
		ask()
	}
	p.asks = p.asks[:0]
	defer func() { clear(p.parts); p.parts = p.parts[:0] }()
	for _, b := range p.parts {
		if err := p.out.send(b); err != nil {
			if !p.client {
				return ErrClientGone
			}
			p.s.failPending("the server closed its input")
			return nil
		}
	}
	return nil
}

func (p *pump) side() string {
	if p.client {
		return "client"
	}
	return "server"
}

// tooLong answers for a line over the limit, if it is clear whose it was.
func (p *pump) tooLong(line jsonrpc.Line) {
	r := &jsonrpc.Refusal{Code: jsonrpc.CodeInvalidRequest, Text: fmt.Sprintf("frame is longer than the limit of %d bytes", p.s.limits.Frame)}
	ids := unique(append(jsonrpc.CandidateIDs(line.Bytes, 4), jsonrpc.CandidateIDs(line.Tail, 4)...))
	if len(ids) == 1 {
		r.ID = ids[0]
	}
	r.Response = !bytes.Contains(line.Bytes, []byte(`"method"`))
	p.s.warnf("refused a line from the %s: %s", p.side(), r.Text)
	p.refuseLine(r, nil, ids)
}

// unique drops ids that were found twice.
func unique(ids []jsonrpc.ID) []jsonrpc.ID {
	return slices.CompactFunc(ids, func(a, b jsonrpc.ID) bool { return bytes.Equal(a.Key(), b.Key()) })
}

// malformed answers for a line that is no acceptable frame. What a server prints for people goes to the user.
func (p *pump) malformed(r *jsonrpc.Refusal, line []byte) {
	if r.Noise && !p.client {
		if p.s.Guard != nil {
			line, _ = p.s.Guard.Text(line) // before it is cut
		}
		p.s.warnf("server %q wrote a line that is no message: %s", p.s.Server, scan.VisibleLine(string(line[:min(len(line), 1<<10)]), 200))
	} else {
		p.s.warnf("refused a line from the %s: %s, at byte %d", p.side(), r.Text, r.Offset)
	}
	p.refuseLine(r, line, jsonrpc.CandidateIDs(line, 16))
}

// refuseLine tells whoever may be waiting for a line that it was refused.
func (p *pump) refuseLine(r *jsonrpc.Refusal, line []byte, ids []jsonrpc.ID) {
	p.entry.Decision, p.entry.Reason, p.entry.ID = "refuse", r.Text, r.ID.Raw()
	st := p.s.st
	st.mu.Lock()
	defer st.mu.Unlock()
	if r.Response && (p.refuseResponse(r, ids) || !r.Request) {
		return
	}
	mine := &st.client
	if !p.client {
		mine = &st.server
	}
	switch {
	case r.Noise && !p.client:
	case r.ID.OK() && mine.find(r.ID) != nil:
		// The sender would take the error for the answer to its earlier request.
	case r.ID.OK() && (p.client || st.legacy), p.client && isBatch(line):
		p.v.answer = jsonrpc.AppendError(nil, r.ID, r.Code, "sallyport: refused: "+r.Text, nil)
	}
}

// refuseResponse puts an error in the place of a malformed response, if it is clear which request it was to answer: else whoever asked
// would wait for its time-out.
func (p *pump) refuseResponse(r *jsonrpc.Refusal, ids []jsonrpc.ID) bool {
	asked, whose := &p.s.st.client, "server"
	if p.client {
		asked, whose = &p.s.st.server, "client"
	}
	c := asked.inFlight(ids)
	if c == nil {
		return false
	}
	asked.settle(c)
	p.s.st.failedInitialize(c)
	p.entry.Method, p.entry.Tool = c.method, c.tool
	if c.form != nil {
		close(c.form)
		return true
	}
	if c.own != nil {
		c.own.give(ownPage{err: errors.New("its answer to " + c.method + " was refused: " + r.Text)})
		return true
	}
	p.v.instead = jsonrpc.AppendError(nil, c.id, codeMalformed, "sallyport: the "+whose+"'s answer was refused: "+r.Text, nil)
	return true
}

// isBatch reports whether a line begins as an array.
func isBatch(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	return len(line) > 0 && line[0] == '['
}

// text is the content of a JSON string, or nothing.
func text(raw []byte) string {
	s, _ := jsonrpc.String(raw)
	return string(s)
}
