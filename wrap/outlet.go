package wrap

import (
	"io"
	"sync"
)

// maxQueued bounds, in bytes, what waits for a peer that does not read what we answer it. More is dropped: the peer could not have
// been waiting for it.
const maxQueued = 4 << 20

// An outlet is one side's input. Its pump writes frames directly and may block there; everybody else posts, which never blocks.
// All methods may be called concurrently.
type outlet struct {
	w    io.Writer
	turn chan struct{} // holds a token while bytes leave, so that frames do not mix; a lock would do but for tests in a bubble

	mu     sync.Mutex
	queue  []byte
	closed bool
	wake   chan struct{}
	done   chan struct{}
}

func newOutlet(w io.Writer) *outlet {
	o := &outlet{w: w, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), done: make(chan struct{})}
	go o.drain()
	return o
}

// send writes whole frames and blocks until the peer has room for them.
func (o *outlet) send(frames []byte) error {
	o.take()
	defer o.giveBack()
	return o.writeTaken(frames)
}

// take keeps everybody else from writing until giveBack.
func (o *outlet) take()     { o.turn <- struct{}{} }
func (o *outlet) giveBack() { <-o.turn }

func (o *outlet) writeTaken(frames []byte) error {
	_, err := o.w.Write(frames)
	return err
}

// post queues whole frames and reports whether there was room.
func (o *outlet) post(frames []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.queue)+len(frames) > maxQueued {
		return false
	}
	o.queue = append(o.queue, frames...)
	select {
	case o.wake <- struct{}{}:
	default:
	}
	return true
}

// drain writes what was posted until the outlet is closed and empty. It ends after finish, or with the process if the peer neither reads
// nor goes away.
func (o *outlet) drain() {
	defer close(o.done)
	var spare []byte
	for {
		o.mu.Lock()
		frames, closed := o.queue, o.closed
		o.queue = spare[:0]
		o.mu.Unlock()
		spare = frames
		if len(frames) > 0 {
			// A peer that is gone is noticed by its pump.
			o.send(frames)
			continue
		}
		if closed {
			return
		}
		<-o.wake
	}
}

// finish takes no more posts. The channel is closed when what was posted before has been written.
func (o *outlet) finish() <-chan struct{} {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
	return o.done
}
