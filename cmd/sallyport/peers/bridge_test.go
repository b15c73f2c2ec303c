package peers

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// A bridge offers a stdio server over Streamable HTTP, because the conformance suites speak only
// that. A legacy session gets a child of its own; requests of the modern era share one. It is no
// part of what is tested: it decodes and encodes frames as it likes, alike in both runs.
type bridge struct {
	start  func() (*child, error)
	mu     sync.Mutex
	modern *child            // started with the first modern request
	legacy map[string]*child // by session id
}

func newBridge(run session) *bridge {
	start := func() (*child, error) { return startChild(run.argv, run.environ()) }
	return &bridge{start: start, legacy: map[string]*child{}}
}

// stop ends all children, and returns when they have ended.
func (b *bridge) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.modern != nil {
		b.modern.stop()
	}
	for _, c := range b.legacy {
		c.stop()
	}
}

const sessionHeader = "Mcp-Session-Id"

func (b *bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session := r.Header.Get(sessionHeader)
	switch r.Method {
	case http.MethodPost:
		b.post(w, r, session)
	case http.MethodGet:
		if c := b.known(session); c != nil {
			stream(w, r, c.listen())
			return
		}
		http.Error(w, "no such session", http.StatusMethodNotAllowed)
	case http.MethodDelete:
		if c := b.known(session); c != nil {
			b.mu.Lock()
			delete(b.legacy, session)
			b.mu.Unlock()
			c.stop()
			return
		}
		http.Error(w, "no such session", http.StatusNotFound)
	default:
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

func (b *bridge) known(session string) *child {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.legacy[session]
}

func (b *bridge) post(w http.ResponseWriter, r *http.Request, session string) {
	body, err := io.ReadAll(r.Body)
	var f frame
	if err == nil {
		err = json.Unmarshal(body, &f)
	}
	if err != nil {
		http.Error(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}`, http.StatusBadRequest)
		return
	}
	c, status, err := b.childFor(w, f, session)
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	if f["method"] == nil || f["id"] == nil {
		c.send(f)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	stream(w, r, c.ask(f))
}

// childFor picks the child by the era of the frame, and starts it where there is none yet.
func (b *bridge) childFor(w http.ResponseWriter, f frame, session string) (*child, int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if session != "" {
		if c := b.legacy[session]; c != nil {
			return c, 0, nil
		}
		return nil, http.StatusNotFound, fmt.Errorf("no session %q", session)
	}
	if f.method() == "initialize" && !bytes.Contains(f["params"], []byte(`"io.modelcontextprotocol/protocolVersion"`)) {
		c, err := b.start()
		if err != nil {
			return nil, http.StatusBadGateway, err
		}
		session = rand.Text()
		b.legacy[session] = c
		w.Header().Set(sessionHeader, session)
		return c, 0, nil
	}
	if b.modern == nil {
		c, err := b.start()
		if err != nil {
			return nil, http.StatusBadGateway, err
		}
		c.modern = true
		b.modern = c
	}
	return b.modern, 0, nil
}

// stream answers with plain JSON where the response comes first, and else with events, until the
// response or until the client leaves.
func stream(w http.ResponseWriter, r *http.Request, o *outlet) {
	defer o.close()
	events := false
	begin := func() {
		if !events {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			events = true
		}
	}
	if o.id == "" {
		begin()
	}
	for {
		if events {
			w.(http.Flusher).Flush()
		}
		select {
		case <-r.Context().Done():
			return
		case text, ok := <-o.frames:
			if !ok {
				if !events {
					http.Error(w, "the server has gone", http.StatusBadGateway)
				}
				return
			}
			var f frame
			_ = json.Unmarshal(text, &f)
			last := o.id != "" && f["method"] == nil
			if last && !events {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(o.status(f))
				_, _ = w.Write(text)
				return
			}
			begin()
			fmt.Fprintf(w, "event: message\ndata: %s\n\n", text)
			if last {
				return
			}
		}
	}
}

// status is what the modern era wants HTTP to say of a protocol error; the legacy one has it be 200.
func (o *outlet) status(f frame) int {
	var e struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(f["error"], &e)
	switch {
	case !o.child.modern:
		return http.StatusOK
	case e.Code == -32601:
		return http.StatusNotFound
	case e.Code <= -32020 && e.Code >= -32022:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// A frame keeps the spelling of its members' values.
type frame map[string]json.RawMessage

func (f frame) method() string { return strings.Trim(string(f["method"]), `"`) }

func (f frame) text() []byte {
	text, _ := json.Marshal(f)
	return text
}
