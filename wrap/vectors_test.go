package wrap

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

type frameOf struct{ Text, Hex, Direction, Then string }

func (f frameOf) bytes(t *testing.T) []byte {
	t.Helper()
	if f.Hex == "" {
		return []byte(f.Text)
	}
	b, err := hex.DecodeString(f.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type vector struct {
	frameOf
	Name, Expected, Action string
	Pre                    []frameOf
}

// openCalls lets all calls pass, and leaves the rest to the protocol.
const openCalls = `
version: 1
use: []
default: {read: allow, write: allow, destructive: allow}
`

const asking = `
version: 1
use: []
default: {read: ask, write: ask, destructive: ask}
`

const denying = `
version: 1
use: []
default: {read: deny, write: deny, destructive: deny}
`

// TestVectorsBehaveAsStated plays each vector, with the frames that lead up to it, through a whole session.
func TestVectorsBehaveAsStated(t *testing.T) {
	file, err := os.Open("jsonrpc/testdata/frames.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		n++
		t.Run(v.Name, func(t *testing.T) {
			ruleText := openCalls
			for _, pre := range v.Pre {
				switch pre.Then {
				case "held":
					ruleText = asking
				case "denied":
					ruleText = denying
				}
			}
			inBubble(t, ruleText, func(t *testing.T, r *rig) { play(t, r, v) })
		})
	}
	if n < 100 {
		t.Fatalf("only %d vectors", n)
	}
}

func play(t *testing.T, r *rig, v vector) {
	for _, pre := range v.Pre {
		other, _ := r.send(pre.Direction, pre.bytes(t))
		if passed := other == string(pre.bytes(t)); passed != (pre.Then == "relayed") {
			t.Fatalf("%q should be %s: got %q", pre.Text, pre.Then, other)
		}
	}
	line := v.bytes(t)
	other, back := r.send(v.Direction, line)
	switch v.Expected {
	case "relay-unchanged":
		if other != string(line) {
			t.Errorf("got %q, want %q (back: %q)", other, line, back)
		}
	case "relay":
		if want := string(bytes.TrimRight(line, " \r\n")) + "\n"; other != want {
			t.Errorf("got %q, want %q (back: %q)", other, want, back)
		}
	default:
		if strings.Contains(other, string(bytes.TrimSpace(line))) && len(bytes.TrimSpace(line)) > 0 {
			t.Errorf("passed: %q", other)
		}
		checkAction(t, v, other, back)
	}
}

// checkAction checks whom a refusal is answered to.
func checkAction(t *testing.T, v vector, other, back string) {
	t.Helper()
	id := `"id":7`
	switch {
	case v.Action == "quarantine":
		contains(t, "list", other, `"tools":[]`)
	case strings.HasPrefix(v.Action, "JSON-RPC error to sender") && strings.Count(string(v.bytes(t)), `"id"`) == 1 && v.Direction == "c2s":
		contains(t, "answer", back, id)
		contains(t, "answer", back, `"error"`)
	case v.Action == "error without id":
		contains(t, "answer", back, `{"jsonrpc":"2.0","error":{"code":-32600`)
	case v.Action == "error -32022":
		contains(t, "answer", back, `"code":-32022`)
		contains(t, "answer", back, `"supported":["2026-07-28"],"requested":"2099-01-01"`)
	case v.Action == "deny both":
		contains(t, "answer", back, id)
	case strings.HasPrefix(v.Action, "drop + log (never forward)"):
		// The client had a request with this id in flight, unless the vector is about an id that only looks like it.
		if strings.HasPrefix(v.Name, "id-") {
			if other != "" {
				t.Errorf("client got %q", other)
			}
			return
		}
		contains(t, "answer", other, `"error"`)
	case strings.HasPrefix(v.Action, "drop"):
		if other != "" || back != "" {
			t.Errorf("other side got %q, sender got %q", other, back)
		}
	}
}
