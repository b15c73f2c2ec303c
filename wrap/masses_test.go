package wrap

import (
	"fmt"
	"strings"
	"testing"
)

// TestHugeListsAreBounded lists far more tools than anybody would look at, and one with a description of 9 MB.
func TestHugeListsAreBounded(t *testing.T) {
	inBubble(t, "version: 1\nfirst_sight: show\n", func(t *testing.T, r *rig) {
		var tools []string
		for i := range 100_000 {
			tools = append(tools, fmt.Sprintf(`{"name":"t%d","inputSchema":{}}`, i))
		}
		r.send("c2s", []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`+"\n"))
		list, _ := r.send("s2c", []byte(`{"jsonrpc":"2.0","id":1,"result":{"tools":[`+strings.Join(tools, ",")+`]}}`+"\n"))
		if n := strings.Count(list, `"name"`); n != maxSeen {
			t.Errorf("%d tools pass, want %d", n, maxSeen)
		}
		contains(t, "what the user is told", r.warnings.take(), fmt.Sprintf("lists more than %d tools", maxSeen))
	})
	inBubble(t, "version: 1\nfirst_sight: show\n", func(t *testing.T, r *rig) {
		r.send("c2s", []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`+"\n"))
		list, _ := r.send("s2c", []byte(`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":{}},{"name":"b","description":"`+strings.Repeat("long ", 9<<20/5)+`"}]}}`+"\n"))
		if len(list) > 200 || !strings.Contains(list, `"name":"a"`) {
			t.Errorf("%d bytes pass", len(list))
		}
		contains(t, "what the user is told", r.warnings.take(), `tool "b" of server "test" is held: its definition has more than 1048576 bytes`)
	})
}
