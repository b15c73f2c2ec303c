package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sallyport/approve"
	"sallyport/rules"
	"sallyport/wrap"
	"sallyport/wrap/audit"
	"sallyport/wrap/pin"
)

// A heldSession is a session whose calls all ask, with a person's inbox over its real socket.
type heldSession struct {
	client *io.PipeWriter
	server *bufio.Reader
	heard  *bufio.Reader // what the client gets
	says   io.Writer     // what the server says
	inbox  *approve.Inbox
}

func newHeldSession(b *testing.B) *heldSession {
	b.Helper()
	root, err := os.MkdirTemp("", "ask-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(root) })
	path := filepath.Join(root, "rules.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nuse: []\ndefault: {read: ask, write: ask, destructive: ask}\napprove: {dialog: false, notify: false}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	policy, err := rules.Load(os.ReadFile, rules.Source{Path: path, Trust: rules.User})
	if err != nil {
		b.Fatal(err)
	}
	l := &launch{flags: wrapFlags{name: "s"}}
	l.set.policy, l.set.facts = policy, factsOf(root, root)
	l.set.places = places{home: root, config: root, state: filepath.Join(root, "s"), runtime: filepath.Join(root, "r")}
	if l.log, err = audit.Open(filepath.Join(root, "log"), audit.Session{Server: "s"}); err != nil {
		b.Fatal(err)
	}
	l.asker = newAsker(l, nil)
	pins := wrap.Pins{First: wrap.Accept, Propose: func(*pin.Pin) error { return nil }}
	pins.Accept = func(p *pin.Pin) (*pin.Pin, error) { return p, nil }
	l.session = wrap.New(wrap.Config{
		Names: wrap.Names{Server: "s"}, Policy: policy, Facts: l.set.facts, Pins: pins, Log: l.log, Asker: l.asker, Wait: time.Hour, Warn: func(string) {},
	})
	served := l.asker.serve(approve.Served{Status: func() approve.Status { return approve.Status{Session: l.log.ID(), Server: "s"} }})
	served.Who = func(*net.UnixConn, time.Time) (approve.By, error) { return approve.By{TTY: "pts/0"}, nil }
	listener, err := approve.Listen(l.set.places.runtime, l.log.ID(), served)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { listener.Close() })
	h := &heldSession{}
	var fromClient *io.PipeReader
	fromClient, h.client = io.Pipe()
	toServer, serverIn := io.Pipe()
	fromServer, serverOut := io.Pipe()
	toClient, clientIn := io.Pipe()
	h.server = bufio.NewReader(toServer)
	h.heard, h.says = bufio.NewReader(toClient), serverOut
	go l.session.Run(wrap.Ends{In: fromClient, Out: clientIn}, wrap.Ends{In: fromServer, Out: serverIn})
	b.Cleanup(func() { h.client.Close(); serverOut.Close() })
	if h.inbox, err = approve.Open(l.set.places.runtime, true); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(h.inbox.Close)
	h.greet(b)
	return h
}

// greet plays the server until its tools are known.
func (h *heldSession) greet(b *testing.B) {
	b.Helper()
	for _, frames := range [][2]string{
		{`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`,
			`{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}`},
		{`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, `{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"write_file","inputSchema":{"type":"object"}}]}}`},
	} {
		h.round(b, frames[0], frames[1])
	}
	for end := time.Now().Add(10 * time.Second); len(h.inbox.Sessions()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatal("the session does not show")
		}
	}
}

// round takes a request to the server and its answer to the client.
func (h *heldSession) round(b *testing.B, request, answer string) {
	b.Helper()
	fmt.Fprintln(h.client, request)
	if _, err := h.server.ReadString('\n'); err != nil {
		b.Fatal(err)
	}
	fmt.Fprintln(h.says, answer)
	if _, err := h.heard.ReadString('\n'); err != nil {
		b.Fatal(err)
	}
}

// visible waits until a question has come and its card is there.
func (h *heldSession) visible(b *testing.B) approve.Card {
	b.Helper()
	for {
		if list := h.inbox.Questions(); len(list) > 0 {
			if card, err := h.inbox.Card(context.Background(), list[0].ID); err == nil {
				return card
			}
		}
		select {
		case <-h.inbox.Changed():
		case <-time.After(10 * time.Second):
			b.Fatal("no question")
		}
	}
}

// BenchmarkHeldCall takes a call from the client to the card on a person's screen, and from their answer to the server, over the
// session's real socket.
func BenchmarkHeldCall(b *testing.B) {
	h := newHeldSession(b)
	var shown, forwarded time.Duration
	n := 0
	for b.Loop() {
		n++
		start := time.Now()
		fmt.Fprintf(h.client, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"write_file","arguments":{"path":"a%d.txt","content":"x"}}}`+"\n", n+10, n)
		card := h.visible(b)
		shown += time.Since(start)
		start = time.Now()
		go func() {
			if _, err := h.inbox.Answer(context.Background(), approve.Answer{ID: card.ID, Digest: card.Digest, Allow: true}); err != nil {
				b.Error(err)
			}
		}()
		if _, err := h.server.ReadString('\n'); err != nil {
			b.Fatal(err)
		}
		forwarded += time.Since(start)
		fmt.Fprintf(h.says, `{"jsonrpc":"2.0","id":%d,"result":{"content":[]}}`+"\n", n+10)
		if _, err := h.heard.ReadString('\n'); err != nil {
			b.Fatal(err)
		}
		for len(h.inbox.Questions()) > 0 {
			<-h.inbox.Changed()
		}
	}
	b.ReportMetric(float64(shown.Microseconds())/float64(n), "µs/shown")
	b.ReportMetric(float64(forwarded.Microseconds())/float64(n), "µs/forwarded")
}

// BenchmarkPingBesideQuestions is the round trip of a ping while frames wait for people.
func BenchmarkPingBesideQuestions(b *testing.B) {
	for _, open := range []int{0, 50} {
		b.Run(fmt.Sprint(open), func(b *testing.B) {
			h := newHeldSession(b)
			for i := range open {
				fmt.Fprintf(h.client, `{"jsonrpc":"2.0","id":"q%d","method":"tools/call","params":{"name":"write_file","arguments":{"path":"a%d.txt"}}}`+"\n", i, i)
			}
			for end := time.Now().Add(10 * time.Second); len(h.inbox.Questions()) < open && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			n := 100
			for b.Loop() {
				n++
				h.round(b, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"ping"}`, n), fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{}}`, n))
			}
		})
	}
}
