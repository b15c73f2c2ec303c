package wrap

import (
	"bytes"
	"context"
	"sync"

	"sallyport/wrap/jsonrpc"
)

// stage is how far a request has come.
type stage uint8

const (
	held      stage = iota // with a human; the other side has not seen it
	forwarded              // the other side owes a response
	answering              // the response is here and with a human
	cancelled              // a late response is dropped
)

// caps is a set of client capabilities that a server may make use of.
type caps uint8

const (
	capSampling caps = 1 << iota
	capElicitation
	capRoots
	capTasks
)

// A call is a request without a response.
type call struct {
	id      jsonrpc.ID
	method  string
	tool    string
	era     era
	stage   stage
	caps    caps   // modern: declared in the request
	token   string // progress token's key, empty for none
	logs    bool   // modern: log messages were asked for
	acked   bool   // of a subscription: acknowledged
	cleanup context.CancelFunc
}

// maxURI bounds the resource URIs that are remembered and compared.
const maxURI = 8 << 10

// maxCancelled bounds the cancelled requests that are remembered to drop their late answers.
const maxCancelled = 1024

// state is what both pumps know of the session.
type state struct {
	mu          sync.Mutex
	client      map[string]*call // the client's requests by key of their id
	server      map[string]*call
	clientToken map[string]int // live progress tokens of the client's requests
	serverToken map[string]int
	late        []string // keys of cancelled client requests, oldest first

	answered     bool // the server has answered something
	legacy       bool // a legacy request of the client was forwarded
	initialized  bool // an initialize was forwarded
	caps         caps // declared in it
	subscribed   map[string]bool
	elicitations map[string]bool // ids of URL elicitations
}

func newState() *state {
	return &state{
		client: map[string]*call{}, server: map[string]*call{},
		clientToken: map[string]int{}, serverToken: map[string]int{},
		subscribed: map[string]bool{}, elicitations: map[string]bool{},
	}
}

// open remembers a request. The caller has made sure that its id is free.
func open(table map[string]*call, tokens map[string]int, c *call) {
	table[string(c.id.Key())] = c
	if c.token != "" {
		tokens[c.token]++
	}
}

// settle forgets a request.
func settle(table map[string]*call, tokens map[string]int, c *call) {
	delete(table, string(c.id.Key()))
	dropToken(tokens, c)
}

func dropToken(tokens map[string]int, c *call) {
	if c.token == "" {
		return
	}
	if tokens[c.token]--; tokens[c.token] <= 0 {
		delete(tokens, c.token)
	}
	c.token = ""
}

// cancel marks a forwarded client request, so that its late answer is dropped, and forgets the oldest of too many such marks.
func (st *state) cancel(c *call) {
	c.stage = cancelled
	dropToken(st.clientToken, c)
	st.late = append(st.late, string(c.id.Key()))
	if len(st.late) > maxCancelled {
		if old := st.client[st.late[0]]; old != nil && old.stage == cancelled {
			delete(st.client, st.late[0])
		}
		st.late = st.late[1:]
	}
}

// inFlight returns the one request among ids that waits for a response of the server; nil if there is none or more than one.
func (st *state) inFlight(ids []jsonrpc.ID) *call {
	var found *call
	for _, id := range ids {
		c := st.client[string(id.Key())]
		if c == nil || c.stage != forwarded || c == found {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

// listening returns the live subscription that a modern notification is tagged with.
func (st *state) listening(raw []byte) *call {
	id, ok := jsonrpc.ParseID(raw)
	if !ok {
		return nil
	}
	c := st.client[string(id.Key())]
	if c == nil || c.method != "subscriptions/listen" || c.stage != forwarded {
		return nil
	}
	return c
}

// wantsLogs reports whether some live modern request asked for log messages.
func (st *state) wantsLogs() bool {
	for _, c := range st.client {
		if c.logs && c.stage == forwarded {
			return true
		}
	}
	return false
}

// isSubscribed reports whether uri is one that the client subscribed to, or lies below one.
func (st *state) isSubscribed(uri []byte) bool {
	if len(uri) > maxURI {
		return false
	}
	if st.subscribed[string(uri)] {
		return true
	}
	for i := bytes.LastIndexByte(uri, '/'); i > 0; i = bytes.LastIndexByte(uri[:i], '/') {
		if st.subscribed[string(uri[:i])] || st.subscribed[string(uri[:i+1])] {
			return true
		}
	}
	return false
}
