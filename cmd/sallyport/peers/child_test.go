package peers

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
)

// A child is one stdio server behind the bridge. Requests from several HTTP clients get ids of the
// bridge's, and their responses the clients' own again.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	modern bool
	ended  chan struct{}

	mu      sync.Mutex // guards what follows, and writes to stdin
	next    int
	asked   map[string]*outlet // open requests by the bridge's id
	outlets []*outlet          // open requests and listeners, the newest last
	gone    bool
}

// An outlet is an HTTP response that takes frames: a request's, or with an empty id a listener's.
type outlet struct {
	child  *child
	id     string // the bridge's
	was    json.RawMessage
	token  string // the progress token of the request
	frames chan []byte
}

func startChild(argv, environ []string) (*child, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = environ
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, stdin: stdin, ended: make(chan struct{}), asked: map[string]*outlet{}}
	go c.read(stdout)
	return c, nil
}

func (c *child) read(stdout io.Reader) {
	defer close(c.ended)
	from := bufio.NewReaderSize(stdout, 1<<20)
	for {
		line, err := from.ReadBytes('\n')
		if err != nil {
			break
		}
		var f frame
		if json.Unmarshal(line, &f) == nil {
			c.deliver(f)
		}
	}
	_ = c.cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	for _, o := range c.outlets {
		close(o.frames)
	}
	c.outlets = nil
}

// stop ends the child as its client would: by closing its stdin.
func (c *child) stop() {
	c.mu.Lock()
	_ = c.stdin.Close()
	c.mu.Unlock()
	<-c.ended
}

func (c *child) send(f frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.stdin.Write(append(f.text(), '\n'))
}

// ask forwards a request under an id of the bridge's.
func (c *child) ask(f frame) *outlet {
	var params struct {
		Meta struct {
			Token json.RawMessage `json:"progressToken"`
		} `json:"_meta"`
	}
	_ = json.Unmarshal(f["params"], &params)
	c.mu.Lock()
	c.next++
	o := &outlet{child: c, id: strconv.Itoa(c.next), was: f["id"], token: string(params.Meta.Token), frames: make(chan []byte, 1024)}
	c.asked[o.id] = o
	c.add(o)
	c.mu.Unlock()
	f["id"] = json.RawMessage(o.id)
	c.send(f)
	return o
}

func (c *child) listen() *outlet {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &outlet{child: c, frames: make(chan []byte, 1024)}
	c.add(o)
	return o
}

// add expects the lock to be held.
func (c *child) add(o *outlet) {
	if c.gone {
		close(o.frames)
		return
	}
	c.outlets = append(c.outlets, o)
}

// close takes the outlet out; a request that is still open is cancelled.
func (o *outlet) close() {
	c := o.child
	c.mu.Lock()
	_, open := c.asked[o.id]
	delete(c.asked, o.id)
	c.outlets = slices.DeleteFunc(c.outlets, func(other *outlet) bool { return other == o })
	c.mu.Unlock()
	if open {
		c.send(frame{"jsonrpc": json.RawMessage(`"2.0"`), "method": json.RawMessage(`"notifications/cancelled"`),
			"params": json.RawMessage(`{"requestId":` + o.id + `}`)})
	}
}

const subscriptionKey = "io.modelcontextprotocol/subscriptionId"

// deliver hands a frame to the request that it answers or belongs to, else to the newest request,
// else to the newest listener. Nobody there means that nobody asked.
func (c *child) deliver(f frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f["method"] == nil {
		if o := c.asked[string(f["id"])]; o != nil {
			delete(c.asked, o.id)
			f["id"] = o.was
			o.frames <- o.restored(f).text()
		}
		return
	}
	params, meta := members(f["params"])
	if o := c.asked[string(meta[subscriptionKey])]; o != nil {
		o.frames <- o.restored(f).text()
		return
	}
	if o := c.outlet(string(params["progressToken"])); o != nil {
		o.frames <- f.text()
	}
}

// outlet expects the lock to be held.
func (c *child) outlet(token string) *outlet {
	var best *outlet
	for _, o := range c.outlets {
		if token != "" && o.token == token {
			return o
		}
		if best == nil || o.id != "" || best.id == "" {
			best = o
		}
	}
	return best
}

// restored puts the client's own id where a frame names the subscription.
func (o *outlet) restored(f frame) frame {
	for _, key := range []string{"params", "result"} {
		body, meta := members(f[key])
		if string(meta[subscriptionKey]) == o.id {
			meta[subscriptionKey] = o.was
			body["_meta"] = meta.text()
			f[key] = body.text()
		}
	}
	return f
}

func members(text json.RawMessage) (body, meta frame) {
	_ = json.Unmarshal(text, &body)
	_ = json.Unmarshal(body["_meta"], &meta)
	return body, meta
}
