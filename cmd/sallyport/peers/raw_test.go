package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// answers are what the raw client says when a server asks it.
var answers = map[string]string{
	"roots/list":             `{"roots":[{"uri":"file:///peer","name":"peer"}]}`,
	"sampling/createMessage": `{"role":"assistant","model":"peer-model","content":{"type":"text","text":"hello from the peer"}}`,
	"elicitation/create":     `{"action":"accept","content":{"username":"ada"}}`,
	"ping":                   `{}`,
}

// Frames that no SDK writes, but that are lawful: odd spacing and order, odd ids, numbers spelt oddly.
func TestRawFramesPassInEachRevision(t *testing.T) {
	for _, revision := range revisions {
		t.Run(revision, func(t *testing.T) {
			t.Parallel()
			script := "legacy"
			if revision >= modernSince {
				script = "modern"
			}
			text, err := os.ReadFile(filepath.Join("testdata", "raw", script+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			frames := lines([]byte(strings.ReplaceAll(string(text), "${revision}", revision)))
			compare(t, servers[0], func(t *testing.T, run session) []string { return rawClient(t, run, frames) })
		})
	}
}

// rawClient sends the frames one after the other, waits after each request for its response, and
// answers what the server asks meanwhile. It returns the responses.
func rawClient(t *testing.T, run session, frames []string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, run.argv[0], run.argv[1:]...)
	cmd.Env = run.environ()
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer stdin.Close()
	from := bufio.NewReaderSize(stdout, 1<<20)
	var responses []string
	for _, frame := range frames {
		if _, err := io.WriteString(stdin, frame+"\n"); err != nil {
			t.Fatalf("sending %s: %v", frame, err)
		}
		id := envelopeOf(t, frame).ID
		if id == nil {
			continue
		}
		response, err := await(from, stdin, id)
		if err != nil {
			t.Fatalf("waiting for the response to %s: %v", frame, err)
		}
		responses = append(responses, response)
	}
	return responses
}

func await(from *bufio.Reader, to io.Writer, id any) (string, error) {
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return "", err
		}
		var e envelope
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return "", err
		}
		if e.Method == "" && e.ID == id {
			return line, nil
		}
		if e.Method == "" || e.ID == nil {
			continue
		}
		asked, err := json.Marshal(e.ID)
		if err != nil {
			return "", err
		}
		if _, err := fmt.Fprintf(to, `{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", asked, answers[e.Method]); err != nil {
			return "", err
		}
	}
}

type envelope struct {
	ID     any    `json:"id"`
	Method string `json:"method"`
	Params struct {
		RequestID any `json:"requestId"`
	} `json:"params"`
}

func envelopeOf(t *testing.T, frame string) envelope {
	t.Helper()
	var e envelope
	if err := json.Unmarshal([]byte(frame), &e); err != nil {
		t.Fatalf("reading %s: %v", frame, err)
	}
	return e
}
