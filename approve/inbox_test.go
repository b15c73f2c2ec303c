package approve

import (
	"encoding/json"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWhoStandsBetweenCannotShowAnotherCall puts a socket in the place of a session's, which passes on what the session says, less the
// truth.
func TestWhoStandsBetweenCannotShowAnotherCall(t *testing.T) {
	q := Question{ID: "s.q1", Session: "s", Server: "s", Kind: KindCall, Summary: "writes notes.txt"}
	real := Card{ID: "s.q1", Blocks: cardOf("evil").Blocks}
	real.Digest = q.Digest(real)
	for _, c := range []struct {
		name  string
		shown func() (Question, Card)
		err   bool
	}{
		{"the truth", func() (Question, Card) { return q, real }, false},
		{"another text under the real digest", func() (Question, Card) { c := real; c.Blocks = cardOf("good").Blocks; return q, c }, true},
		{"another summary", func() (Question, Card) { q := q; q.Summary = "reads"; return q, real }, true},
		{"another scope", func() (Question, Card) { q := q; q.Scopes = []Scope{{Words: "only this"}}; return q, real }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := dir(t)
			ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(folder, "s.sock"), Net: "unix"})
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			question, card := c.shown()
			go func() {
				for {
					conn, err := ln.Accept()
					if err != nil {
						return
					}
					go pretend(conn, question, card)
				}
			}()
			in, err := Open(folder, false)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			for end := time.Now().Add(limit); len(in.Questions()) == 0; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("no question came")
				}
			}
			if _, err := in.Card(t.Context(), "s.q1"); (err != nil) != c.err {
				t.Errorf("got %v", err)
			}
		})
	}
}

// pretend answers as a session does.
func pretend(conn net.Conn, q Question, c Card) {
	defer conn.Close()
	b := make([]byte, 4096)
	n, _ := conn.Read(b)
	r := reply{Version: version, Status: &Status{Session: "s"}}
	watch := strings.Contains(string(b[:n]), `"watch"`)
	switch {
	case watch:
		r = reply{Version: version, Questions: []Question{q}}
	case strings.Contains(string(b[:n]), `"card"`):
		r = reply{Version: version, Card: &c}
	}
	json.NewEncoder(conn).Encode(r)
	if watch {
		io.Copy(io.Discard, conn)
	}
}
