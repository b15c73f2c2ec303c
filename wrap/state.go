package wrap

import (
	"bytes"
	"context"
	"sync"

	"sallyport/rules"
	"sallyport/wrap/jsonrpc"
)

// stage is how far a request has come.
type stage uint8

const (
	held      stage = iota // with a human; the other side has not seen it
	forwarded              // the other side owes a response
	answering              // the response is here and being judged, maybe by a human
	cancelled              // while its response was being judged
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
	id       jsonrpc.ID
	method   string
	tool     string
	era      era
	stage    stage
	caps     caps               // modern: declared in the request
	token    string             // progress token's key, empty for none
	progress []byte             // the token as it was spelled
	counted  bool               // the token is live
	logs     bool               // modern: log messages were asked for
	acked    bool               // of a subscription: acknowledged
	asked    rules.Decision     // of a held request: why a human was asked
	ref      string             // of the log line that says why it was refused or held
	void     context.CancelFunc // ends the question about it; never nil
	cursor   string             // of a page of a list
	own      *ownRequest        // it is ours; nil if it is the client's
	form     chan bool          // it is ours, to the client; nil if it is the server's
}

// noQuestion is the void of a call that nobody is asked about.
func noQuestion() {}

// maxURI bounds the resource URIs that are remembered and compared.
const maxURI = 8 << 10

// maxLate bounds the ids of cancelled requests that are remembered, to drop their late answers.
const maxLate = 1024

// maxNoted bounds what else a peer can make us remember: subscriptions, and elicitations.
const maxNoted = 10_000

// A table holds the open requests of one side by key of their id, and the progress tokens that they gave out.
type table struct {
	calls  map[string]*call
	tokens map[string]int
	floor  map[string]float64 // progress that we reported ourselves, by token
}

// open remembers a request. The caller has made sure that its id is free.
func (t *table) open(c *call) {
	t.calls[string(c.id.Key())] = c
	if c.stage == forwarded {
		t.forward(c)
	}
}

// forward notes that a request has gone on: only now is its progress token anybody else's.
func (t *table) forward(c *call) {
	c.stage = forwarded
	if c.token != "" && !c.counted {
		t.tokens[c.token]++
		c.counted = true
	}
}

// settle forgets a request and ends the question about it.
func (t *table) settle(c *call) {
	c.void()
	delete(t.floor, c.token)
	if t.find(c.id) == c {
		delete(t.calls, string(c.id.Key()))
	}
	if c.counted {
		c.counted = false
		if t.tokens[c.token]--; t.tokens[c.token] <= 0 {
			delete(t.tokens, c.token)
		}
	}
}

func (t *table) find(id jsonrpc.ID) *call { return t.calls[string(id.Key())] }

// state is what both pumps know of the session.
type state struct {
	mu     sync.Mutex
	client table // the client's requests
	server table
	late   lateIDs

	answered     bool  // the server has answered something
	ending       bool  // no more questions
	legacy       bool  // a legacy request of the client was forwarded
	initialize   *call // the one that is open or was answered with a result
	initialized  bool  // it was forwarded
	caps         caps  // declared in it
	subscribed   map[string]bool
	items        map[string]*rules.Decision // what rules say of definitions that were listed, where some rule hides any
	elicitations map[string]bool            // ids of URL elicitations
}

func newState() *state {
	return &state{
		client:     table{map[string]*call{}, map[string]int{}, map[string]float64{}},
		server:     table{map[string]*call{}, map[string]int{}, map[string]float64{}},
		late:       lateIDs{since: map[string]int{}},
		subscribed: map[string]bool{}, elicitations: map[string]bool{}, items: map[string]*rules.Decision{},
	}
}

// lateIDs are the ids of cancelled requests that the server may still answer; the oldest of too many are forgotten.
type lateIDs struct {
	since map[string]int // key to its place in the order
	order []string       // keys; one that was taken back stays until its turn
	first int            // place of order[0]
}

func (l *lateIDs) add(key string) {
	l.since[key] = l.first + len(l.order)
	for l.order = append(l.order, key); len(l.order) > maxLate; l.first++ {
		if l.since[l.order[0]] == l.first {
			delete(l.since, l.order[0])
		}
		l.order = l.order[1:]
	}
}

func (l *lateIDs) has(key []byte) bool {
	_, ok := l.since[string(key)]
	return ok
}

func (l *lateIDs) remove(key []byte) { delete(l.since, string(key)) }

// cancel forgets a client request and remembers to drop its late answer.
func (st *state) cancel(c *call) {
	st.client.settle(c)
	st.late.add(string(c.id.Key()))
}

// noteElicitation remembers the id of a URL elicitation that the client gets to see.
func (st *state) noteElicitation(raw []byte) {
	if id := text(raw); id != "" && len(id) <= 256 && len(st.elicitations) < maxNoted {
		st.elicitations[id] = true
	}
}

// inFlight returns the one request among ids that waits for a response; nil if there is none or more than one.
func (t *table) inFlight(ids []jsonrpc.ID) *call {
	var found *call
	for _, id := range ids {
		c := t.find(id)
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
	c := st.client.find(id)
	if c == nil || c.method != "subscriptions/listen" || c.stage != forwarded {
		return nil
	}
	return c
}

// wantsLogs reports whether some live modern request asked for log messages.
func (st *state) wantsLogs() bool {
	for _, c := range st.client.calls {
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
