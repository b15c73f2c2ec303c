package wrap

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"sallyport/wrap/pin"
)

// accepted has a server with one tool accepted, which is of a class.
func (r *rig) accept(t *testing.T, class string) *pin.Pin {
	t.Helper()
	r.send("c2s", []byte(hello))
	r.send("s2c", []byte(`{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"s","version":"1"}}}`+"\n"))
	r.lists("does it")
	p := r.session.proposal()
	r.classify(p, class)
	return p
}

// lists has the client list the tool w, which the server describes.
func (r *rig) lists(description string) {
	r.send("c2s", []byte(`{"jsonrpc":"2.0","id":"l","method":"tools/list"}`+"\n"))
	r.send("s2c", []byte(`{"jsonrpc":"2.0","id":"l","result":{"tools":[{"name":"w","description":"`+description+`","inputSchema":{"type":"object"}}]}}`+"\n"))
}

func (r *rig) classify(p *pin.Pin, class string) {
	key := pin.Key{Section: pin.Tools, Name: "w"}
	item := p.Items[key]
	item.Class = class
	p.Items[key] = item
	r.session.PinsChanged(p)
	r.toClient.take()
}

// allow answers the first question, and gives what the server got and what the client heard.
func (r *rig) allow(t *testing.T) (server, client string) {
	t.Helper()
	if len(r.asker.asked) != 1 {
		t.Fatalf("%d questions", len(r.asker.asked))
	}
	r.asker.answer(0, Answer{Allowed: true, By: "test"})
	synctest.Wait()
	return r.toServer.take(), r.toClient.take()
}

const careful = "version: 1\nfirst_sight: show\ndefault: {read: allow, write: ask, destructive: deny}\n"

func TestAHeldCallIsJudgedAgainWhenItIsLetGo(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		meanwhile   func(t *testing.T, r *rig, p *pin.Pin)
		want        string
	}{
		{"the tool changes", careful, func(_ *testing.T, r *rig, _ *pin.Pin) { r.lists("does it, and more") }, "it changed since it was accepted"},
		{"its class becomes one that is denied", careful, func(_ *testing.T, r *rig, p *pin.Pin) { r.classify(p.Clone(), "destructive") }, "rule default/destructive"},
		{"its class becomes another one that asks", "version: 1\nfirst_sight: show\ndefault: {read: allow, write: ask, destructive: ask}\n",
			func(_ *testing.T, r *rig, p *pin.Pin) { r.classify(p.Clone(), "destructive") }, "accepted as something else meanwhile"},
		{"a rule sets an argument by its new class", careful + "rules:\n  - {name: dry, when: 'tool.class == \"read\"', set: {dry: {value: true}}}\n",
			func(_ *testing.T, r *rig, p *pin.Pin) { r.classify(p.Clone(), "read") }, "it changes this call by now"},
		{"the tool is taken out of what was accepted", careful, func(_ *testing.T, r *rig, p *pin.Pin) {
			p = p.Clone()
			delete(p.Items, pin.Key{Section: pin.Tools, Name: "w"})
			r.session.PinsChanged(p)
			r.toClient.take()
		}, "nobody has accepted it"},
		{"nothing", careful, func(*testing.T, *rig, *pin.Pin) {}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, c.rules, func(t *testing.T, r *rig) {
				p := r.accept(t, "write")
				r.send("c2s", writeCall("1", ""))
				c.meanwhile(t, r, p)
				r.toClient.take()
				server, client := r.allow(t)
				if passed := strings.Contains(server, "tools/call"); passed != (c.want == "") {
					t.Errorf("the server got %q", server)
				}
				contains(t, "the client", client, c.want)
			})
		})
	}
}

func TestAnAnswerIsNoneToAnotherRule(t *testing.T) {
	inBubble(t, "version: 1\ndefault: {write: ask}\nrules:\n  - {name: twice, when: 'seen(args.a)', do: ask}\n", func(t *testing.T, r *rig) {
		r.send("c2s", writeCall("1", ""))
		r.send("c2s", writeCall("2", ""))
		for i := range r.asker.asked {
			r.asker.answer(i, Answer{Allowed: true, By: "test"})
		}
		synctest.Wait()
		if n := strings.Count(r.toServer.take(), "tools/call"); n != 1 {
			t.Errorf("%d calls passed", n)
		}
		contains(t, "the client", r.toClient.take(), "another rule asks by now: repeat the call")
	})
}

func TestCallsThatWaitTogetherAreCounted(t *testing.T) {
	inBubble(t, "version: 1\ndefault: {write: ask}\nrules:\n  - {name: many, when: 'count(tool.name, \"10m\") > 2', do: deny}\n", func(t *testing.T, r *rig) {
		for i := range 10 {
			r.send("c2s", writeCall(fmt.Sprint(i+1), ""))
		}
		r.toServer.take()
		for i := range r.asker.asked {
			r.asker.answer(i, Answer{Allowed: true, By: "test"})
		}
		synctest.Wait()
		if n := strings.Count(r.toServer.take(), "tools/call"); n != 2 {
			t.Errorf("%d calls passed", n)
		}
		contains(t, "the client", r.toClient.take(), "by now it is refused")
	})
}

// TestAllThatAsksIsAsked: a person who answers for the arguments answers for what else the call holds as well, and reads so.
func TestAllThatAsksIsAsked(t *testing.T) {
	const rules = "version: 1\ndefault: {write: ask}\nrules:\n  - {name: answers, on: result, when: 'method == \"elicitation/create\"', do: ask}\n"
	inBubble(t, rules, func(t *testing.T, r *rig) {
		r.send("c2s", []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"w","arguments":{},"inputResponses":{"a":{"action":"accept"}},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}}`+"\n"))
		if len(r.asker.asked) != 1 {
			t.Fatalf("%d questions: %s", len(r.asker.asked), r.toClient.take())
		}
		q := r.asker.asked[0]
		if !asks(q.Questions, "default/write") || !asks(q.Questions, "answers") || q.Whole {
			t.Errorf("asked: %+v, whole %v", q.Questions, q.Whole)
		}
		r.asker.answer(0, Answer{})
	})
}
