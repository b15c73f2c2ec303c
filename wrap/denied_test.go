package wrap

import (
	"strings"
	"testing"
	"testing/synctest"

	"sallyport/wrap/pin"
)

// TestAcceptingAServerAllowsNothingThatRulesDeny: a person accepts the tool as what it is, and what rules say of that holds.
func TestAcceptingAServerAllowsNothingThatRulesDeny(t *testing.T) {
	for _, c := range []struct{ name, rules string }{
		{"by default", "default: {read: allow, write: allow, destructive: deny}\n"},
		{"by a rule", "default: {read: allow, write: allow, destructive: allow}\nrules:\n  - {name: no, when: 'tool.class == \"destructive\"', do: deny}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, "version: 1\nfirst_sight: show\n"+c.rules, func(t *testing.T, r *rig) {
				r.send("c2s", []byte(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`+"\n"))
				r.send("s2c", []byte(`{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}`+"\n"))
				r.send("c2s", []byte(`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`+"\n"))
				r.send("s2c", []byte(`{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}}`+"\n"))
				r.send("c2s", []byte(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"t","arguments":{}}}`+"\n"))
				if len(r.asker.asked) != 1 || r.asker.asked[0].Surface == nil {
					t.Fatal("the first sight raises no question")
				}
				p := r.asker.asked[0].Surface()
				key := pin.Key{Section: pin.Tools, Name: "t"}
				item := p.Items[key]
				item.Class = "destructive"
				p.Items[key] = item
				r.session.PinsChanged(p)
				r.asker.answer(0, Answer{Allowed: true, By: "test"})
				synctest.Wait()
				if got := r.toServer.take(); strings.Contains(got, "tools/call") {
					t.Errorf("the server got %s", got)
				}
				contains(t, "the client", r.toClient.take(), "Refused by sallyport")
			})
		})
	}
}
