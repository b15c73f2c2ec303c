package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A surface says which tools the server lists: those of the calls, or very many.
type surface string

const (
	fewTools surface = "few"
	allTools surface = "many"
)

// server answers from rendered frames, so that its own cost is next to nothing beside that
// of a process in between. It writes each answer by itself, as servers do.
type server struct {
	out   io.Writer
	echo  *answer
	list  *answer
	sized map[call]*answer
}

type call struct {
	tool string
	size int
}

// serve speaks just enough of the protocol to be called until in ends.
func serve(tools surface, in io.Reader, out io.Writer) error {
	s := server{out: out, sized: map[call]*answer{}}
	switch tools {
	case fewTools:
		s.list = callTools()
	case allTools:
		s.list = manyTools()
	default:
		return fmt.Errorf("unknown surface %q", tools)
	}
	s.echo = textAnswer(smallFrame)
	lines := newLineReader(in)
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.answer(line); err != nil {
			return err
		}
	}
}

var echoCall = []byte(`,"method":"tools/call","params":{"name":"echo",`)

// answer handles one frame: those of the many small calls by their spelling, all others
// decoded.
func (s *server) answer(line []byte) error {
	if rest, ok := bytes.CutPrefix(line, []byte(head)); ok {
		digits := bytes.IndexByte(rest, ',')
		if digits > 0 && bytes.HasPrefix(rest[digits:], echoCall) {
			return s.send(s.echo, rest[:digits])
		}
	}
	var req struct {
		ID     json.RawMessage
		Method string
		Params struct {
			Name      string
			Arguments struct{ Bytes int }
		}
	}
	if err := json.Unmarshal(line, &req); err != nil {
		return fmt.Errorf("reading request %.200q: %v", line, err)
	}
	if req.ID == nil {
		return nil
	}
	switch req.Method {
	case "initialize":
		return s.send(newAnswer([]byte(`,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},`+
			`"serverInfo":{"name":"bench","version":"1"}}`+bodyEnd)), req.ID)
	case "ping":
		return s.send(newAnswer([]byte(`,"result":{}`+bodyEnd)), req.ID)
	case "tools/list":
		return s.send(s.list, req.ID)
	case "tools/call":
		if a := s.result(call{req.Params.Name, req.Params.Arguments.Bytes}); a != nil {
			return s.send(a, req.ID)
		}
		return s.send(newAnswer([]byte(`,"error":{"code":-32602,"message":"unknown tool"}`+bodyEnd)), req.ID)
	}
	return s.send(newAnswer([]byte(`,"error":{"code":-32601,"message":"method not found"}`+bodyEnd)), req.ID)
}

// result renders an answer once; nil means that there is no such tool.
func (s *server) result(want call) *answer {
	if want.tool == "echo" {
		return s.echo
	}
	if a := s.sized[want]; a != nil {
		return a
	}
	switch want.tool {
	case "text":
		s.sized[want] = textAnswer(want.size)
	case "records":
		s.sized[want] = recordsAnswer(want.size)
	}
	return s.sized[want]
}

func (s *server) send(a *answer, id []byte) error {
	frame := a.frame(id)
	if frame == nil {
		return fmt.Errorf("answering: id %.200q is too long", id)
	}
	_, err := s.out.Write(frame)
	return err
}
