package wrap

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stuck is a peer's input that nobody reads: the first write blocks until the test is over.
type stuck struct{ release chan struct{} }

func (s stuck) Write(b []byte) (int, error) {
	<-s.release
	return 0, errors.New("gone")
}
func (s stuck) Close() error { return nil }

func ping(id int) string { return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"ping"}`+"\n", id) }

// TestServerThatDoesNotReadDelaysNothingForTheClient fills the way to the server, and has it send requests that are refused, whose
// answers have nowhere to go.
func TestServerThatDoesNotReadDelaysNothingForTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, openCalls)
		way := stuck{make(chan struct{})}
		r.startWith(&r.toClient, way)
		go io.WriteString(r.client, ping(1)+ping(2))
		synctest.Wait()
		for i := range 20_000 {
			fmt.Fprintf(r.server, `{"jsonrpc":"2.0","id":%d,"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}`+"\n", i)
		}
		io.WriteString(r.server, `{"jsonrpc":"2.0","id":"last","method":"ping"}`+"\n"+`{"jsonrpc":"2.0","id":2,"result":{}}`+"\n")
		synctest.Wait()
		got := r.toClient.take()
		contains(t, "the client's input", got, `"id":"last","method":"ping"`)
		contains(t, "the client's input", got, `"id":2,"result"`)
		close(way.release)
		r.stop()
	})
}

// TestClientThatDoesNotReadDelaysNothingForTheServer is the same from the other side.
func TestClientThatDoesNotReadDelaysNothingForTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, denying)
		way := stuck{make(chan struct{})}
		r.startWith(way, &r.toServer)
		io.WriteString(r.client, ping(1))
		synctest.Wait()
		go io.WriteString(r.server, ping(1)+ping(2))
		synctest.Wait()
		for i := range 20_000 {
			fmt.Fprintf(r.client, `{"jsonrpc":"2.0","id":"c%d","method":"tools/call","params":{"name":"t"}}`+"\n", i)
		}
		io.WriteString(r.client, `{"jsonrpc":"2.0","id":"last","method":"ping"}`+"\n")
		synctest.Wait()
		contains(t, "the server's input", r.toServer.take(), `"id":"last","method":"ping"`)
		close(way.release)
		if err := <-r.end(); !errors.Is(err, ErrClientGone) {
			t.Error(err)
		}
	})
}

func TestHundredHeldCallsDelayNothing(t *testing.T) {
	inBubble(t, asking, func(t *testing.T, r *rig) {
		for i := range 100 {
			r.send("c2s", fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"h%d","method":"tools/call","params":{"name":"t"}}`+"\n", i))
		}
		for i := range 10 {
			if other, _ := r.send("c2s", []byte(ping(i))); other != ping(i) {
				t.Fatalf("ping became %q", other)
			}
		}
		if len(r.asker.asked) != 100 {
			t.Errorf("%d questions", len(r.asker.asked))
		}
		// Answers in any order.
		for _, i := range []int{99, 0, 50} {
			r.asker.answer(i, Answer{Allowed: true})
		}
		synctest.Wait()
		if got := strings.Count(r.toServer.take(), "\n"); got != 3 {
			t.Errorf("%d calls went on", got)
		}
	})
}

func TestWhatIsOpenIsAnsweredWhenTheServerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, openCalls)
		r.start()
		r.send("c2s", []byte(ping(1)))
		r.server.Close()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
		contains(t, "the client's input", r.toClient.take(), `"id":1,"error":{"code":-31004`)
		r.client.Close()
		r.log.Close("over")
	})
}

func TestSessionEndsWhenTheLogCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, openCalls)
		r.start()
		r.send("c2s", []byte(ping(1)))
		r.log.Close("closed behind its back")
		other, _ := r.send("c2s", []byte(ping(2)))
		if other != "" {
			t.Errorf("passed without a log: %q", other)
		}
		if err := <-r.ended; err == nil || !strings.Contains(err.Error(), "log") {
			t.Errorf("ended with %v", err)
		}
		r.client.Close()
		r.server.Close()
	})
}

func TestEveryFrameIsInTheLogBeforeItLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, openCalls)
		check := writerFunc(func(b []byte) (int, error) {
			logged, err := os.ReadFile(r.log.Path())
			if err != nil || !strings.Contains(string(logged), `"method":"ping"`) {
				t.Errorf("sent before it was logged: %q, %v", b, err)
			}
			return len(b), nil
		})
		r.startWith(&r.toClient, check)
		io.WriteString(r.client, ping(1))
		synctest.Wait()
		r.stop()
	})
}

func TestObservingLetsPassWhatRulesRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, denying)
		r.session.Observing = true
		r.start()
		call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}` + "\n"
		if other, _ := r.send("c2s", []byte(call)); other != call {
			t.Errorf("got %q", other)
		}
		// What the wire refuses stays refused.
		if other, _ := r.send("c2s", []byte(`{"jsonrpc":"2.0","id":2,"id":3,"method":"ping"}`+"\n")); other != "" {
			t.Errorf("got %q", other)
		}
		contains(t, "the log", r.stop(), `would deny`)
	})
}

func TestTooManyOpenRequestsAreRefused(t *testing.T) {
	inBubble(t, openCalls+"limits: {open: 3}\n", func(t *testing.T, r *rig) {
		for i := range 3 {
			r.send("c2s", []byte(ping(i)))
		}
		_, back := r.send("c2s", []byte(ping(4)))
		contains(t, "the answer", back, `"id":4,"error":{"code":-31005`)
		r.send("s2c", []byte(`{"jsonrpc":"2.0","id":1,"result":{}}`+"\n"))
		if other, _ := r.send("c2s", []byte(ping(5))); other != ping(5) {
			t.Errorf("got %q", other)
		}
	})
}

func TestFramesOverTheLimitAreAnsweredAndSkipped(t *testing.T) {
	inBubble(t, openCalls+"limits: {frame: 64KiB}\n", func(t *testing.T, r *rig) {
		long := strings.Repeat("x", 100_000)
		_, back := r.send("c2s", []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"a":"`+long+`"}}}`+"\n"))
		contains(t, "the answer", back, `"id":1,"error":{"code":-32600,"message":"sallyport: refused: frame is longer than the limit`)
		r.send("c2s", []byte(ping(2)))
		other, _ := r.send("s2c", []byte(`{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"`+long+`"}]},"id":2}`+"\n"))
		contains(t, "the client's input", other, `"id":2,"error":{"code":-31003`)
		if other, _ := r.send("c2s", []byte(ping(3))); other != ping(3) {
			t.Errorf("the session did not live on: %q", other)
		}
	})
}

func TestTheUserHearsOfAServerThatAnswersNothing(t *testing.T) {
	inBubble(t, openCalls, func(t *testing.T, r *rig) {
		r.send("c2s", []byte(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`+"\n"))
		time.Sleep(11 * time.Second)
		contains(t, "the warning", r.warnings.take(), `server "test" has not answered initialize for 10s`)
	})
}

func TestFloodsDoNotFloodTheUser(t *testing.T) {
	inBubble(t, openCalls, func(t *testing.T, r *rig) {
		for range 500 {
			r.send("s2c", []byte("noise\n"))
		}
		if n := strings.Count(r.warnings.take(), "\n"); n > throttleBurst {
			t.Errorf("%d warnings", n)
		}
		time.Sleep(2 * time.Second)
		r.send("s2c", []byte("noise\n"))
		contains(t, "the warning", r.warnings.take(), "480 more warnings")
	})
}

func TestRefuseAnswersUntilThePatienceIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read, write := io.Pipe()
		var out sink
		done := make(chan struct{})
		go func() {
			defer close(done)
			Refuse(Ends{In: read, Out: &out}, "no such program", time.Second)
		}()
		io.WriteString(write, ping(1))
		synctest.Wait()
		contains(t, "the answer", out.take(), `{"jsonrpc":"2.0","id":1,"error":{"code":-31004,"message":"sallyport: no such program"}}`)
		<-done
		write.Close()
		read.Close()
	})
}

// closable is a server's input that can be closed.
type closable struct {
	sink
	gone atomic.Bool
}

func (c *closable) Write(b []byte) (int, error) {
	if c.gone.Load() {
		return 0, errors.New("closed")
	}
	return c.sink.Write(b)
}

func (c *closable) Close() error { c.gone.Store(true); return nil }

func TestCallsAreAnsweredAfterTheServerHasClosedItsInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, asking)
		r.session.Asker = NoApprover{}
		var server closable
		r.startWith(&r.toClient, &server)
		server.gone.Store(true)
		io.WriteString(r.client, ping(1))
		synctest.Wait()
		contains(t, "the client's input", r.toClient.take(), `"id":1,"error"`)
		io.WriteString(r.client, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t"}}`+"\n")
		synctest.Wait()
		contains(t, "the client's input", r.toClient.take(), `"id":2,"result"`)
		r.stop()
	})
}

func TestAnApprovalAfterTheClientsEndTakesNoOtherAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, asking)
		var server closable
		r.startWith(&r.toClient, &server)
		io.WriteString(r.client, ping(1)+`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t"}}`+"\n")
		synctest.Wait()
		r.client.Close()
		synctest.Wait()
		r.asker.answer(0, Answer{Allowed: true, By: "test"})
		synctest.Wait()
		io.WriteString(r.server, `{"jsonrpc":"2.0","id":1,"result":{}}`+"\n")
		synctest.Wait()
		got := r.toClient.take()
		contains(t, "the client's input", got, `"id":1,"result"`)
		contains(t, "the client's input", got, `"id":2,"error"`)
		r.stop()
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
func (f writerFunc) Close() error                { return nil }
