package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// modernSince is the first revision without initialize.
const modernSince = "2026-07-28"

var revisions = []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", modernSince}

func TestGoClientSeesTheSameServer(t *testing.T) {
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			compare(t, s, func(t *testing.T, run session) []string { return goClient(t, s, run, "") })
		})
	}
}

func TestGoClientSeesTheSameServerInEachRevision(t *testing.T) {
	for _, revision := range revisions {
		t.Run(revision, func(t *testing.T) {
			t.Parallel()
			s := servers[0]
			compare(t, s, func(t *testing.T, run session) []string { return goClient(t, s, run, revision) })
		})
	}
}

// goClient plays the server's script with the Go SDK and returns one line for each step. An empty
// revision leaves the choice to the SDK.
func goClient(t *testing.T, s server, run session, revision string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := mcp.NewClient(&mcp.Implementation{Name: "peer", Version: "1.0.0"}, &mcp.ClientOptions{
		CreateMessageHandler: func(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			return &mcp.CreateMessageResult{Role: "assistant", Model: "peer-model", Content: &mcp.TextContent{Text: "hello from the peer"}}, nil
		},
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": "Ada", "username": "ada", "color": "blue"}}, nil
		},
	})
	client.AddRoots(&mcp.Root{URI: "file:///peer", Name: "peer"})
	cmd := exec.Command(run.argv[0], run.argv[1:]...)
	cmd.Env = run.environ()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cs, err := client.Connect(ctx, &mcp.CommandTransport{Command: cmd}, &mcp.ClientSessionOptions{ProtocolVersion: revision})
	if err != nil {
		t.Fatalf("connecting: %v\n%s", err, stderr.String())
	}
	defer cs.Close()
	got := cs.InitializeResult().ProtocolVersion
	if revision != "" && got != revision {
		t.Fatalf("negotiated revision %q, want %q", got, revision)
	}
	outcomes := []string{fmt.Sprintf("revision %s", got)}
	for _, st := range steps(t, s.script, run.dir, got >= modernSince) {
		result, err := goStep(ctx, cs, st)
		text, jsonErr := json.Marshal(result)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		outcomes = append(outcomes, fmt.Sprintf("%s: %s, error %v", st.Method, text, err))
	}
	return outcomes
}

func goStep(ctx context.Context, cs *mcp.ClientSession, st step) (any, error) {
	switch st.Method {
	case "ping":
		return nil, cs.Ping(ctx, nil)
	case "tools/list":
		return ask(ctx, st, cs.ListTools)
	case "tools/call":
		return ask(ctx, st, cs.CallTool)
	case "resources/list":
		return ask(ctx, st, cs.ListResources)
	case "resources/templates/list":
		return ask(ctx, st, cs.ListResourceTemplates)
	case "resources/read":
		return ask(ctx, st, cs.ReadResource)
	case "resources/subscribe":
		return ask(ctx, st, silent(cs.Subscribe))
	case "resources/unsubscribe":
		return ask(ctx, st, silent(cs.Unsubscribe))
	case "prompts/list":
		return ask(ctx, st, cs.ListPrompts)
	case "prompts/get":
		return ask(ctx, st, cs.GetPrompt)
	case "completion/complete":
		return ask(ctx, st, cs.Complete)
	case "logging/setLevel":
		return ask(ctx, st, silent(cs.SetLoggingLevel))
	}
	return nil, fmt.Errorf("step of unknown method %q", st.Method)
}

func ask[P, R any](ctx context.Context, st step, send func(context.Context, *P) (R, error)) (any, error) {
	params := new(P)
	if st.Params != nil {
		if err := json.Unmarshal(st.Params, params); err != nil {
			return nil, err
		}
	}
	if call, ok := any(params).(*mcp.CallToolParams); ok && st.Progress {
		call.SetProgressToken("token-of-" + call.Name)
	}
	return send(ctx, params)
}

func silent[P any](send func(context.Context, *P) error) func(context.Context, *P) (any, error) {
	return func(ctx context.Context, params *P) (any, error) { return nil, send(ctx, params) }
}
