package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/child"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/origin"
)

// settleTime is for servers that add tools once they know what the client can do.
const settleTime = 300 * time.Millisecond

// probeTime bounds how long a server that a human wants to look at has for its handshake.
const probeTime = 60 * time.Second

func originLaunch(args []string, dir string) origin.Launch {
	return origin.Launch{Args: args, Env: os.Environ(), Dir: dir}
}

// probe starts a server as wrap does, with this program as the client, and gives what it has.
func probe(f wrapFlags, argv []string) (*pin.Pin, error) {
	for _, name := range f.env {
		if _, set := os.LookupEnv(name); !set {
			warningf("%s is not set here: unless it is a secret, the value that the client gives it will be taken for a change", scan.VisibleLine(name, 80))
		}
	}
	client := f.client
	f.client, f.probing = "sallyport", true
	super, err := child.Prepare()
	if err != nil {
		return nil, fmt.Errorf("starting the supervisor: %w", err)
	}
	l, err := f.launch(super, argv)
	if err != nil {
		super.Discard()
		return nil, err
	}
	go wrap.CopyVisible(os.Stderr, l.proc.Stderr, l.guard)
	clientIn, in := io.Pipe()
	out, clientOut := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- l.session.Run(wrap.Ends{In: clientIn, Out: clientOut}, wrap.Ends{In: l.proc.Stdout, Out: l.proc.Stdin})
		clientOut.Close()
	}()
	p, err := look(l.session, in, out)
	in.Close()
	l.proc.Stop(endGrace, killGrace)
	<-ended
	l.proc.Close()
	if logErr := l.log.Close("ended"); err == nil && logErr != nil {
		err = fmt.Errorf("closing the log: %w", logErr)
	}
	if err != nil {
		return nil, fmt.Errorf("looking at server %q: %w", f.name, err)
	}
	p.Clients = nil
	if client != "" {
		p.Clients = []string{client}
	}
	return p, nil
}

// Servers have tools for some clients only, so we say that we can do what clients can. What the rules withhold is withheld from us too.
const (
	legacyHello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":` +
		`{"roots":{"listChanged":true},"sampling":{},"elicitation":{"form":{},"url":{}}},"clientInfo":{"name":"sallyport","version":"1"}}}`
	legacyReady = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	modernMeta  = `{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"sallyport","version":"1"}}`
	modernHello = `{"jsonrpc":"2.0","id":2,"method":"server/discover","params":{"_meta":` + modernMeta + `}}`
)

// look makes the handshake, in the legacy era first, which nearly all servers speak, and lists what the server has.
func look(s *wrap.Session, in io.Writer, out io.Reader) (*pin.Pin, error) {
	answers := make(chan bool, 4)
	go func() {
		defer close(answers)
		lines := bufio.NewReaderSize(out, 64<<10)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			var f struct {
				ID     json.RawMessage
				Method string
				Result json.RawMessage
			}
			switch {
			case json.Unmarshal(line, &f) != nil:
			case f.Method == "" && len(f.ID) == 1:
				answers <- f.Result != nil
			case f.Method == "roots/list" && f.ID != nil:
				fmt.Fprintf(in, `{"jsonrpc":"2.0","id":%s,"result":{"roots":[]}}`+"\n", f.ID)
			case f.Method != "" && f.ID != nil:
				fmt.Fprintf(in, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"nobody is there to ask"}}`+"\n", f.ID)
			}
		}
	}()
	hello := func(frame string) (bool, error) {
		if _, err := io.WriteString(in, frame+"\n"); err != nil {
			return false, errors.New("it ended")
		}
		select {
		case ok, open := <-answers:
			if !open {
				return false, errors.New("it ended before it answered")
			}
			return ok, nil
		case <-time.After(probeTime):
			return false, fmt.Errorf("it has not answered within %v", probeTime)
		}
	}
	ok, err := hello(legacyHello)
	if err != nil {
		return nil, err
	}
	if !ok {
		switch ok, err = hello(modernHello); {
		case err != nil:
			return nil, err
		case !ok:
			return nil, errors.New("it answers neither initialize nor server/discover")
		}
		return s.Surface(true)
	}
	if _, err := io.WriteString(in, legacyReady+"\n"); err != nil {
		return nil, errors.New("it ended")
	}
	time.Sleep(settleTime)
	return s.Surface(false)
}
