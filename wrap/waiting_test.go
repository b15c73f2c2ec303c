package wrap

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const askAlways = "version: 1\ndefault: {read: ask, write: ask, destructive: ask}\n"

func writeCall(id, meta string) []byte {
	return []byte(`{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"w","arguments":{"a":1}` + meta + `}}` + "\n")
}

func TestAClientHearsThatAPersonIsAsked(t *testing.T) {
	inBubble(t, askAlways, func(t *testing.T, r *rig) {
		r.send("c2s", writeCall("1", `,"_meta":{"progressToken":"tok\u0041"}`))
		time.Sleep(2500 * time.Millisecond)
		contains(t, "the user was told", r.warnings.take(), `waits for approval; run "sallyport approve"`)
		if got := r.toClient.take(); got != "" {
			t.Errorf("the client got %q", got)
		}
		time.Sleep(time.Second)
		contains(t, "the client", r.toClient.take(), `"params":{"progressToken":"tok\u0041","progress":0.000001,"message":"waiting for a person`)
		time.Sleep(10 * time.Second)
		contains(t, "the client", r.toClient.take(), `"progress":0.000002,`)
		r.asker.answer(0, Answer{Allowed: true, By: "test"})
		synctest.Wait()
		contains(t, "the server", r.toServer.take(), `"id":1`)
		// What the server reports comes after ours, or not at all.
		progress := func(value string) string {
			other, _ := r.send("s2c", []byte(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"tokA","progress":`+value+"}}\n"))
			return other
		}
		if got := progress("0"); got != "" {
			t.Errorf("progress went back: %s", got)
		}
		contains(t, "the client", progress("0.5"), `"progress":0.5`)
		time.Sleep(time.Minute)
		if got := r.toClient.take(); got != "" {
			t.Errorf("after the answer: %s", got)
		}
	})
}

func TestWithoutATokenThereIsNoProgress(t *testing.T) {
	inBubble(t, askAlways, func(t *testing.T, r *rig) {
		r.send("c2s", writeCall("1", ""))
		time.Sleep(30 * time.Second)
		if got := r.toClient.take(); got != "" {
			t.Errorf("the client got %q", got)
		}
		r.asker.answer(0, Answer{})
		synctest.Wait()
		contains(t, "the client", r.toClient.take(), "Refused by sallyport")
	})
}

func TestAClientHearsInTimeToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, askAlways)
		r.session.Wait = 50 * time.Second
		r.start()
		r.send("c2s", writeCall("1", ""))
		time.Sleep(49 * time.Second)
		if got := r.toClient.take(); got != "" {
			t.Errorf("the client got %q", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		got := r.toClient.take()
		contains(t, "the client", got, `"isError":true`)
		contains(t, "the client", got, "Not executed yet: a person has to approve it")
		contains(t, "the client", got, "repeat the identical call only when they say so")
		if strings.Contains(r.toServer.take(), "tools/call") {
			t.Error("the call was made")
		}
		contains(t, "the log", r.stop(), `"answer":"none in time"`)
	})
}

func TestACancelledCallIsNotMadeAndHearsNothing(t *testing.T) {
	inBubble(t, askAlways, func(t *testing.T, r *rig) {
		r.send("c2s", writeCall("1", `,"_meta":{"progressToken":7}`))
		r.send("c2s", []byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`+"\n"))
		time.Sleep(time.Minute)
		if got := r.toClient.take() + r.toServer.take(); got != "" {
			t.Errorf("%q", got)
		}
	})
}

const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}}` + "\n"

func TestAFormOfTheClientAsks(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		allowed, err bool
	}{
		{"accepted", `"result":{"action":"accept","content":{"answer":"allow once"}}`, true, false},
		{"refused", `"result":{"action":"accept","content":{"answer":"deny"}}`, false, false},
		{"something else", `"result":{"action":"accept","content":{"answer":true}}`, false, false},
		{"no content", `"result":{"action":"accept"}`, false, true},
		{"declined", `"result":{"action":"decline","content":{"answer":"allow once"}}`, false, true},
		{"an error", `"error":{"code":-32601,"message":"no"}`, false, true},
		{"a malformed answer", `"result":{"action":"accept","action":"accept","content":{"answer":"allow once"}}`, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, askAlways, func(t *testing.T, r *rig) {
				r.send("c2s", []byte(hello))
				r.send("s2c", []byte(`{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}`+"\n"))
				r.send("c2s", writeCall("1", ""))
				type answer struct {
					allowed bool
					err     error
				}
				said := make(chan answer, 1)
				go func() {
					allowed, err := r.asker.asked[0].Elicit(t.Context(), "may it?")
					said <- answer{allowed, err}
				}()
				synctest.Wait()
				form := r.toClient.take()
				contains(t, "the form", form, `"message":"may it?"`)
				id := ownID.FindString(form)
				other, _ := r.send("c2s", []byte(`{"jsonrpc":"2.0","id":`+id+`,`+c.answer+"}\n"))
				if other != "" {
					t.Errorf("the server got %s", other)
				}
				if a := <-said; a.allowed != c.allowed || (a.err != nil) != c.err {
					t.Errorf("%+v", a)
				}
				r.asker.answer(0, Answer{})
			})
		})
	}
}
