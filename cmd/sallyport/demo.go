package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/audit"
	"sallyport/wrap/child"
	"sallyport/wrap/pin"
)

// demoServe is the argument that makes this binary the demo's server.
const demoServe = "misbehave"

func newDemoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "watch it work on a server that misbehaves",
		Long: `Start an embedded server that misbehaves, put the firewall in front of it as wrap
does (supervisor, rules, log and all), play a client, and show what passed, what
was refused, and by which rule. Needs no network, no client, and leaves nothing
behind: rules are the defaults, the log goes to a temporary folder.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.OutOrStdout()) },
	}
	cmd.AddCommand(&cobra.Command{
		Use: demoServe, Hidden: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return misbehave(os.Stdin, os.Stdout) },
	})
	return cmd
}

// A step is something that the client does, or that happens to it.
type step struct {
	title string
	send  string // a frame
	wait  string // the id whose answer ends the step; empty for none
}

const demoKey = `{"path":"~/.ssh/id_ed25519"}`

// demoSteps are played in order. What the server does beside answering comes before its answer, so it is in the log by then.
var demoSteps = []step{
	{"The client connects. The server prints a banner where only messages belong.",
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{},"roots":{}},"clientInfo":{"name":"demo","version":"1"}}}`, "1"},
	{"It lists its tools. One description hides a message in invisible characters.",
		`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, "2"},
	{"An ordinary read.",
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"notes.txt"}}}`, "3"},
	{"A write that nobody approved.",
		`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"write_file","arguments":{"path":"notes.txt","content":"x"}}}`, "4"},
	{"A read of a key file.",
		`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"read_text_file","arguments":` + demoKey + `}}`, "5"},
	{"The same, as a frame that two parsers read in two ways.",
		`{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"notes.txt","path":"~/.ssh/id_ed25519"}}}`, "6"},
	{"A read during which the server answers a request that nobody made.",
		`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"unsolicited.txt"}}}`, "7"},
	{"A read during which the server wants to use the client's model.",
		`{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"sampling.txt"}}}`, "8"},
	{"It lists the tools again. The server has another description for one of them.",
		`{"jsonrpc":"2.0","id":9,"method":"tools/list"}`, "9"},
	{"A call of the tool that changed.",
		`{"jsonrpc":"2.0","id":10,"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"notes.txt"}}}`, "10"},
}

// demoTime bounds the whole demo.
const demoTime = 30 * time.Second

// runDemo plays the steps and shows, after each, what the log got for it.
func runDemo(out io.Writer) error {
	dir, err := os.MkdirTemp("", "sallyport-demo-")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %v", err)
	}
	defer os.RemoveAll(dir)
	d, err := startDemo(dir)
	if err != nil {
		return err
	}
	defer d.end()
	fmt.Fprintf(out, "client ── sallyport wrap ── a server that misbehaves\n")
	for i, s := range demoSteps {
		fmt.Fprintf(out, "\n%d. %s\n", i+1, s.title)
		answer, err := d.play(s)
		if err != nil {
			return err
		}
		d.show(out)
		if text := toolText(answer); text != "" {
			fmt.Fprintf(out, "   %s\n", wrapText("the model reads: "+text, 77, "     "))
		}
	}
	return d.close(out)
}

// A demo is the client's side of a session in this process; the server and its supervisor are processes of their own.
type demo struct {
	proc  *child.Process
	log   *audit.Log
	in    *os.File // what the client writes
	out   *os.File // what it reads
	lines chan string
	ended chan error
	shown int
}

func startDemo(dir string) (*demo, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %v", err)
	}
	policy, err := rules.Load(os.ReadFile)
	if err != nil {
		return nil, err
	}
	d := &demo{lines: make(chan string, 64), ended: make(chan error, 1)}
	if d.log, err = audit.Open(filepath.Join(dir, "log"), audit.Session{Client: "demo", Server: "filesystem", Version: versionText()}); err != nil {
		return nil, err
	}
	super, err := child.Prepare()
	if err != nil {
		return nil, fmt.Errorf("starting the supervisor: %w", err)
	}
	if d.proc, err = super.Start(child.Command{Path: self, Args: []string{self, "demo", demoServe}, Env: os.Environ()}); err != nil {
		return nil, err
	}
	session := wrap.New(wrap.Config{
		Names: wrap.Names{Server: "filesystem", Client: "demo"}, Policy: policy, Log: d.log, Asker: wrap.NoApprover{},
		Pins:  wrap.Pins{First: wrap.Accept, Propose: discard, Accept: func(p *pin.Pin) (*pin.Pin, error) { return p, nil }},
		Facts: factsOf("/home/you", "/home/you/project"), Warn: func(string) {},
	})
	clientIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, clientOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	d.in, d.out = in, out
	go func() {
		d.ended <- session.Run(wrap.Ends{In: clientIn, Out: clientOut}, wrap.Ends{In: d.proc.Stdout, Out: d.proc.Stdin})
		clientOut.Close()
	}()
	go wrap.CopyVisible(io.Discard, d.proc.Stderr, nil)
	go func() {
		defer close(d.lines)
		for r := bufio.NewScanner(out); r.Scan(); {
			d.lines <- r.Text()
		}
	}()
	return d, nil
}

// play sends a step's frame and returns the answer to it.
func (d *demo) play(s step) (answer []byte, err error) {
	if _, err := io.WriteString(d.in, s.send+"\n"); err != nil {
		return nil, fmt.Errorf("playing the client: %w", err)
	}
	timer := time.NewTimer(demoTime)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-d.lines:
			if !ok {
				return nil, fmt.Errorf("the session ended in the middle of the demo")
			}
			var frame struct {
				ID     json.RawMessage
				Method string
			}
			if json.Unmarshal([]byte(line), &frame) == nil && frame.Method == "" && string(frame.ID) == s.wait {
				return []byte(line), nil
			}
		case <-timer.C:
			return nil, fmt.Errorf("no answer within %v", demoTime)
		}
	}
}

// show prints the log's lines that are new.
func (d *demo) show(out io.Writer) {
	n := 0
	for r, err := range audit.Read(d.log.Path()) {
		if n++; err != nil || n <= d.shown || r.Event != "" {
			continue
		}
		way := "client → server"
		if r.Direction == "s2c" {
			way = "server → client"
		}
		what := strings.TrimSpace(r.Method + " " + r.Tool)
		if what == "" {
			what = "(no message)"
		}
		fmt.Fprintf(out, "   %s  %-32s %s\n", way, scan.VisibleLine(what, 32), verdictWord(r))
		if r.Reason != "" || r.Rule != "" {
			fmt.Fprintf(out, "     %s\n", wrapText(strings.Trim(ruleWords(r)+scan.VisibleLine(r.Reason, 300), " :"), 75, "     "))
		}
	}
	d.shown = n
}

// verdictWord says what became of a frame so that refusals are found at a glance.
func verdictWord(r audit.Record) string {
	switch r.Decision {
	case "pass":
		return "passed"
	case "edit":
		return "EDITED"
	case "hold":
		if r.Rule == "" {
			return "waits"
		}
		return "held for a person"
	case "note":
		return "NOTED"
	case "drop":
		return "DROPPED"
	}
	return "REFUSED"
}

func ruleWords(r audit.Record) string {
	if r.Rule == "" {
		return ""
	}
	words := "rule " + r.Rule
	if r.At != "" {
		words += " (" + r.At + ")"
	}
	return scan.VisibleLine(words, 200) + ": "
}

func toolText(answer []byte) string {
	var frame struct {
		Result struct {
			Content []struct{ Text string }
		}
		Error struct{ Message string }
	}
	if json.Unmarshal(answer, &frame) != nil {
		return ""
	}
	if len(frame.Result.Content) > 0 {
		return scan.VisibleLine(frame.Result.Content[0].Text, 1000)
	}
	return scan.VisibleLine(frame.Error.Message, 1000)
}

// close ends the session as a client does and checks the evidence.
func (d *demo) close(out io.Writer) error {
	d.in.Close()
	status := d.proc.Stop(endGrace, killGrace)
	if err := <-d.ended; err != nil {
		return err
	}
	if err := d.log.Close("ended"); err != nil {
		return err
	}
	report, err := audit.Verify(filepath.Dir(d.log.Path()))
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe server ended with status %d. The log holds %d lines, and its chain is whole.\n", status.Code, d.shown+1)
	return nil
}

func (d *demo) end() {
	d.in.Close()
	d.proc.Close()
	d.out.Close()
}

// discard keeps nothing: the demo leaves no pin behind.
func discard(*pin.Pin) error { return nil }
