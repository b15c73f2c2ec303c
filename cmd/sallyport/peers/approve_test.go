package peers

import (
	"bufio"
	"bytes"
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

	"github.com/mark3labs/mcp-go/client"
	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// cautious asks before writes.
const cautious = `version: 1
use: []
first_sight: accept
servers:
  peer: {classes: {write_file: write}}
`

// between puts a process between a client in Go, which is the test itself, and the wrapper: a person may not be started by the client.
func (s *stage) between() *stage {
	s.t.Helper()
	c := *s
	c.run.argv = recorder(s.t, s.t.TempDir(), s.run.argv)
	return &c
}

// A stage is a wrapped server-filesystem, with what a client writes through it.
type stage struct {
	t    *testing.T
	run  session
	file string
	call map[string]any // params of the tools/call
}

func newStage(t *testing.T, budget string) *stage {
	t.Helper()
	root, err := os.MkdirTemp("", "ask-") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	dir, config := subfolder(t, root, "work"), subfolder(t, root, "c")
	if err := os.WriteFile(filepath.Join(config, "rules.yaml"), []byte(cautious), 0o600); err != nil {
		t.Fatal(err)
	}
	argv := append([]string{wrapper(t), "wrap", "--name", "peer", "--budget", budget, "--"}, npmServer("server-filesystem", "${dir}")(t, dir)...)
	env := map[string]string{"TZ": "UTC", "PATH": os.Getenv("PATH")}
	for name, folder := range map[string]string{"CONFIG": config, "STATE": filepath.Join(root, "s"), "RUNTIME": filepath.Join(root, "r")} {
		env["SALLYPORT_"+name+"_DIR"] = folder
	}
	file := filepath.Join(dir, "once.txt")
	return &stage{t, session{argv: argv, env: env, dir: dir}, file, map[string]any{"name": "write_file", "arguments": map[string]any{"path": file, "content": "hello"}}}
}

// person runs a verb in a terminal of its own, beside the client and not below it.
func (s *stage) person(args ...string) string {
	s.t.Helper()
	// Between the test, which started the client, and the terminal there is somebody who looks at it.
	cmd := exec.Command("sh", "-c", `script -qec "$1" /dev/null; exit $?`, "sh", s.run.argv[0]+" approve "+strings.Join(args, " "))
	cmd.Env = append(os.Environ(), s.run.environ()...)
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// allow waits for the question and allows it. It may run beside the test.
func (s *stage) allow() {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		out := s.person("allow", "q1", "--yes")
		if strings.Contains(out, "allowed") || strings.Contains(out, "passes once") {
			return
		}
		if !strings.Contains(out, `no question "q1"`) {
			s.t.Errorf("the person read:\n%s", out)
			return
		}
	}
	s.t.Error("no question came up")
}

func (s *stage) written() bool {
	_, err := os.Stat(s.file)
	return err == nil
}

// executed counts the calls that the log says were passed on.
func (s *stage) executed() int {
	s.t.Helper()
	cmd := exec.Command(s.run.argv[0], "log", "show", "--json")
	cmd.Env = append(os.Environ(), s.run.environ()...)
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for line := range bytes.Lines(out) {
		if bytes.Contains(line, []byte(`"write_file"`)) && bytes.Contains(line, []byte(`"dir":"c2s"`)) && bytes.Contains(line, []byte(`"decision":"pass"`)) {
			n++
		}
	}
	return n
}

// A heard is what a client makes of a call.
type heard struct {
	Error   bool
	Text    string
	Thrown  string
	Reports int
}

// A caller makes the stage's call once more and says what came of it.
type caller func() heard

// The option sets of the TypeScript SDK: with the same time, they hear of a time-out in different ways.
func optionSets(timeout time.Duration) map[string]map[string]any {
	ms := timeout.Milliseconds()
	return map[string]map[string]any{
		"timeout":             {"timeout": ms},
		"onprogress":          {"timeout": ms, "progress": true},
		"reset without token": {"timeout": ms, "resetTimeoutOnProgress": true},
		"reset":               {"timeout": ms, "progress": true, "resetTimeoutOnProgress": true},
		"max total":           {"timeout": 3 * ms, "progress": true, "resetTimeoutOnProgress": true, "maxTotalTimeout": ms},
	}
}

func (s *stage) typeScript(sdk string, options map[string]any) caller {
	s.t.Helper()
	drivers := driverFolder(s.t)
	job := filepath.Join(s.t.TempDir(), "job.json")
	writeJSON(s.t, job, map[string]any{"sdk": sdk, "command": s.run.argv[0], "args": s.run.argv[1:], "env": s.run.env, "options": options, "call": s.call})
	cmd := exec.Command(node(s.t), filepath.Join(drivers, "approve.mjs"), job)
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { in.Close(); cmd.Wait() })
	answers := bufio.NewReader(out)
	return func() (answer heard) {
		io.WriteString(in, "again\n")
		line, err := answers.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &answer)
		}
		if err != nil {
			s.t.Errorf("the driver: %v\n%s", err, stderr.String())
		}
		return answer
	}
}

func (s *stage) goSDK(timeout time.Duration) caller {
	s.t.Helper()
	cmd := exec.Command(s.run.argv[0], s.run.argv[1:]...)
	cmd.Env = s.run.environ()
	cs, err := mcp.NewClient(&mcp.Implementation{Name: "peer", Version: "1"}, nil).Connect(s.t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { cs.Close() })
	return func() heard {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		r, err := cs.CallTool(ctx, &mcp.CallToolParams{Name: "write_file", Arguments: s.call["arguments"]})
		if err != nil {
			return heard{Thrown: err.Error()}
		}
		return heard{Error: r.IsError, Text: r.Content[0].(*mcp.TextContent).Text}
	}
}

func (s *stage) mcpGo(timeout time.Duration) caller {
	s.t.Helper()
	c, err := client.NewStdioMCPClient(s.run.argv[0], s.run.environ(), s.run.argv[1:]...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	hello := mcpgo.InitializeRequest{}
	hello.Params.ProtocolVersion, hello.Params.ClientInfo = "2025-11-25", mcpgo.Implementation{Name: "peer", Version: "1"}
	if _, err := c.Initialize(s.t.Context(), hello); err != nil {
		s.t.Fatal(err)
	}
	return func() heard {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		q := mcpgo.CallToolRequest{}
		q.Params.Name, q.Params.Arguments = "write_file", s.call["arguments"]
		r, err := c.CallTool(ctx, q)
		if err != nil {
			return heard{Thrown: err.Error()}
		}
		text, _ := r.Content[0].(mcpgo.TextContent)
		return heard{Error: r.IsError, Text: text.Text}
	}
}

// inspectorCLI starts a process, and so a session, for each call.
func (s *stage) inspectorCLI() caller {
	return func() heard {
		args := map[string]any{}
		for k, v := range s.call["arguments"].(map[string]any) {
			args[k] = v
		}
		params, err := json.Marshal(map[string]any{"name": "write_file", "arguments": args})
		if err != nil {
			s.t.Fatal(err)
		}
		out := inspector(s.t, s.run, step{Method: "tools/call", Params: params})
		return heard{Error: strings.Contains(out, `"isError": true`), Text: out}
	}
}

// eachClient runs a test with every client and set of options, whose time for a call is timeout. budget is what the wrapper is told of it.
func eachClient(t *testing.T, timeout time.Duration, budget string, test func(t *testing.T, s *stage, call caller)) {
	run := func(name string, connect func(s *stage) caller) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, budget)
			test(t, s, connect(s))
		})
	}
	for _, sdk := range []string{"v1", "v2"} {
		for name, options := range optionSets(timeout) {
			run(sdk+" "+name, func(s *stage) caller { return s.typeScript(sdk, options) })
		}
	}
	run("go-sdk", func(s *stage) caller { return s.between().goSDK(timeout) })
	run("mcp-go", func(s *stage) caller { return s.between().mcpGo(timeout) })
}

// TestAnAnswerInTimeIsTheOnlyOne: the person is quick.
func TestAnAnswerInTimeIsTheOnlyOne(t *testing.T) {
	npm(t)
	eachClient(t, 20*time.Second, "20s", func(t *testing.T, s *stage, call caller) {
		go s.allow()
		if got := call(); got.Error || got.Thrown != "" || !s.written() {
			t.Errorf("the client got %+v", got)
		}
		if n := s.executed(); n != 1 {
			t.Errorf("it was executed %d times", n)
		}
	})
}

// TestTheClientIsAnsweredBeforeItGivesUp: the person is late, and the client comes back.
func TestTheClientIsAnsweredBeforeItGivesUp(t *testing.T) {
	npm(t)
	eachClient(t, 3*time.Second, "3s", func(t *testing.T, s *stage, call caller) {
		if got := call(); got.Thrown != "" || !got.Error || !strings.Contains(got.Text, "Not executed yet") || s.written() {
			t.Errorf("the client got %+v", got)
		}
		s.allow()
		if s.written() {
			t.Error("it was executed before the client came back")
		}
		if got := call(); got.Thrown != "" || got.Error || !s.written() {
			t.Errorf("when it came back it got %+v", got)
		}
		if n := s.executed(); n != 1 {
			t.Errorf("it was executed %d times", n)
		}
	})
}

// TestWhatAClientGaveUpIsNotExecuted: the client is less patient than the wrapper was told.
func TestWhatAClientGaveUpIsNotExecuted(t *testing.T) {
	npm(t)
	eachClient(t, time.Second, "60s", func(t *testing.T, s *stage, call caller) {
		if got := call(); got.Thrown == "" || s.written() {
			t.Errorf("the client got %+v", got)
		}
		s.allow()
		time.Sleep(300 * time.Millisecond) // for what must not happen
		late := s.written()
		again := call()
		t.Logf("written after the client gave up: %v; when it came back: %+v", late, again)
		// A client that says nothing when it gives up cannot be told from one that waits: its call goes, and so it did not come late.
		if quiet := strings.Contains(t.Name(), "max_total"); late && !quiet {
			t.Error("it was executed after it was cancelled")
		}
		if n := s.executed(); !late && n != 1 {
			t.Errorf("it was executed %d times", n)
		}
	})
}

func TestInspectorIsAnsweredInTime(t *testing.T) {
	npm(t)
	s := newStage(t, "20s")
	go s.allow()
	if got := s.inspectorCLI()(); got.Error || !s.written() {
		t.Errorf("it printed %+v", got)
	}
	early := newStage(t, "2s")
	if got := early.inspectorCLI()(); !got.Error || !strings.Contains(got.Text, "Not executed yet") || early.written() {
		t.Errorf("without a person it printed %+v", got)
	}
	if n := fmt.Sprint(s.executed(), early.executed()); n != "1 0" {
		t.Errorf("executed: %s", n)
	}
}
