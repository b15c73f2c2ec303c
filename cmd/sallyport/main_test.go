package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sallyport/wrap/child"
)

func TestMain(m *testing.M) {
	child.Main()
	if len(os.Args) == 3 && os.Args[1] == "demo" && os.Args[2] == demoServe {
		// The demo starts this binary as its server.
		if err := misbehave(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	testscript.Main(m, map[string]func(){
		"sallyport":  main,
		"fakeserver": fakeServer,
		"fakeclient": fakeClient,
		"person":     person,
	})
}

// TestScripts plays testdata/script: what users see, one topic each. A script that needs a mount namespace is skipped where there is
// none, unless SALLYPORT_MUST_RUN is set.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for _, what := range []string{"config", "state", "runtime"} {
				env.Setenv(placeVariables[what], env.WorkDir+"/"+what)
			}
			env.Setenv("HOME", env.WorkDir+"/home")
			root, err := filepath.Abs("../..")
			if err != nil {
				return err
			}
			env.Setenv("ROOT", root)
			for name, value := range map[string]string{"GO_CACHE": "GOCACHE", "GO_MODCACHE": "GOMODCACHE"} {
				out, err := exec.Command("go", "env", value).Output()
				if err != nil {
					return err
				}
				env.Setenv(name, strings.TrimSpace(string(out)))
			}
			env.Setenv("GOOS", runtime.GOOS)
			env.Setenv("GOARCH", runtime.GOARCH)
			env.Setenv("PASSWD_HOME", passwdHomeForTest())
			fake, err := exec.LookPath("fakeserver")
			if err != nil {
				return err
			}
			env.Setenv("FAKESERVER", fake)
			return os.MkdirAll(env.WorkDir+"/home", 0o700)
		},
		Condition: func(cond string) (bool, error) {
			var err error
			switch cond {
			case "agent":
				// Whoever runs the tests may not answer questions: sallyport would be right to refuse.
				if os.Getenv("CLAUDECODE")+os.Getenv("GEMINI_CLI")+os.Getenv("CURSOR_AGENT")+os.Getenv("OPENCODE") != "" {
					err = errors.New("an agent runs the tests")
				}
			case "namespace":
				err = exec.Command("unshare", "--mount", "true").Run()
			case "tmux":
				_, err = exec.LookPath("tmux")
			case "secretservice":
				if _, err = exec.LookPath("dbus-run-session"); err == nil {
					_, err = exec.LookPath("gnome-keyring-daemon")
				}
			default:
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			if err != nil && os.Getenv("SALLYPORT_MUST_RUN") != "" {
				return false, fmt.Errorf("condition %s: %v", cond, err)
			}
			if cond == "agent" {
				return err != nil, nil
			}
			return err == nil, nil
		},
	})
}

func passwdHomeForTest() string {
	home, _, err := passwdHome()
	if err != nil {
		return ""
	}
	return home
}

// fakeServer is an MCP server. Its arguments say how it behaves before, and instead of, serving.
func fakeServer() {
	for _, arg := range os.Args[1:] {
		verb, rest, _ := strings.Cut(arg, "=")
		switch verb {
		case "print":
			fmt.Println(rest)
		case "complain":
			fmt.Fprintln(os.Stderr, rest)
		case "exit":
			code, _ := strconv.Atoi(rest)
			os.Exit(code)
		case "exit-when-asked":
			bufio.NewReader(os.Stdin).ReadString('\n')
			code, _ := strconv.Atoi(rest)
			os.Exit(code)
		case "die":
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				self.Signal(syscall.SIGTERM)
			}
			time.Sleep(time.Minute)
		case "deaf":
			signal.Ignore(syscall.SIGTERM)
		case "silent":
			for in := bufio.NewReader(os.Stdin); ; {
				if _, err := in.ReadString('\n'); err != nil {
					os.Exit(0)
				}
			}
		case "hang":
			time.Sleep(time.Hour)
		}
	}
	serve()
}

// fakeLists are the lists that the fake server has, by method; the argument list=FILE puts others in their place, from a JSON object,
// read anew for each request.
var fakeLists = map[string]json.RawMessage{
	"initialize": json.RawMessage(`{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"fake","version":"1"}}`),
	"tools/list": json.RawMessage(fakeTools()),
}

// fakeTools are tools for all scripts.
func fakeTools() string {
	var tools []string
	for _, name := range []string{"env", "read_file", "read_text_file", "write_file", "edit_file", "delete_file", "run", "search", "query", "send", "x", "t"} {
		tools = append(tools, fmt.Sprintf(`{"name":%q,"description":"does %s","inputSchema":{"type":"object"}}`, name, name))
	}
	return `{"tools":[` + strings.Join(tools, ",") + `]}`
}

func fakeList(method string) json.RawMessage {
	for _, arg := range os.Args[1:] {
		path, ok := strings.CutPrefix(arg, "list=")
		if !ok {
			continue
		}
		b, err := os.ReadFile(path)
		lists := map[string]json.RawMessage{}
		if err != nil || json.Unmarshal(b, &lists) != nil {
			panic("the fake server has no list in " + path)
		}
		if list, has := lists[method]; has {
			return list
		}
	}
	return fakeLists[method]
}

// serve answers each request: lists and the handshake as fakeLists says, tools/call env with the environment, everything else with its
// method.
func serve() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var req struct {
			ID     json.RawMessage
			Method string
			Params struct {
				Name      string
				Arguments leak
			}
		}
		if json.Unmarshal(in.Bytes(), &req) != nil || req.ID == nil {
			continue
		}
		if req.Params.Name == "leak" {
			req.Params.Arguments.tell(req.ID)
			continue
		}
		if list := fakeList(req.Method); list != nil {
			var line bytes.Buffer
			json.Compact(&line, list)
			fmt.Printf(`{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", req.ID, line.Bytes())
			continue
		}
		text := "ran " + req.Method + " " + req.Params.Name
		if req.Params.Name == "env" {
			text = strings.Join(os.Environ(), "\n")
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			panic(err)
		}
		fmt.Printf(`{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":%s}]}}`+"\n", req.ID, quoted)
	}
}
