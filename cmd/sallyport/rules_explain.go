package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/audit"
	"sallyport/wrap/file"
	"sallyport/wrap/jsonrpc"
)

// asked is a frame that somebody wants to have explained.
type asked struct {
	server, client, tool, method string
	args, result                 string
	rules                        []string
	all, asJSON, functions       bool

	started audit.Record // of the session that it comes from
}

// asThen puts the folders of a recorded session in the place of those of now.
func asThen(facts rules.Facts, started audit.Record) rules.Facts {
	if started.Cwd != "" {
		facts.Cwd, facts.OtherHome, facts.Roots = started.Cwd, started.Home, started.Roots
	}
	facts.History = rules.NewHistory()
	return facts
}

func newRulesExplainCommand() *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "explain [REF | FILE | FUNCTION]",
		Short: "say why a call is refused, asked about or allowed, and what would allow it",
		Long: `Judge a call and show what decided, how every rule took it, with the values of the
parts of its expression, and the rule that would allow calls like it. The call is

  REF        a decision in the log: refusals name theirs, like 3f2a9c81d04b.7.
             Without "log: {arguments: true}" the log has no arguments; then what
             was decided is shown, and the command that explains more.
  FILE       a JSON-RPC request, - for standard input; with --server
  flags      --server, --tool and --args

FUNCTION is one that expressions may call; --functions lists them all.`,
		Example: `    $ sallyport rules explain 3f2a9c81d04b.7
    $ sallyport rules explain --server filesystem --tool write_file \
        --args '{"path": "~/notes.txt", "content": "x"}'
    $ sallyport rules explain commands`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd.OutOrStdout(), args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&a.server, "server", "", "the server's name")
	f.StringVar(&a.client, "client", "", "the client's name")
	f.StringVar(&a.tool, "tool", "", "the tool that is called")
	f.StringVar(&a.method, "method", "", "another request than tools/call")
	f.StringVar(&a.args, "args", "", "the arguments of the call, or the params of another request, as JSON")
	f.StringVar(&a.result, "result", "", "a result to be judged, as JSON")
	f.StringArrayVar(&a.rules, "rules", nil, "a further rule file")
	f.BoolVar(&a.all, "all", false, "show the rules too that are about other frames")
	f.BoolVar(&a.asJSON, "json", false, "print a JSON object")
	f.BoolVar(&a.functions, "functions", false, "list the functions of expressions")
	return cmd
}

var refPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}\.[0-9]{1,20}$`) })

func (a *asked) run(out io.Writer, args []string) error {
	switch {
	case a.functions:
		return printFunctions(out, "")
	case len(args) == 0 && a.tool == "" && a.method == "":
		return usageError{withHint(`run "sallyport rules explain --help"`, "explain needs a decision's name, a file, or --server and --tool")}
	case len(args) == 0:
		return a.explain(out)
	case printFunctions(io.Discard, args[0]) == nil:
		return printFunctions(out, args[0])
	case args[0] != "-" && refPattern().MatchString(args[0]) && !exists(args[0]):
		return a.logged(out, args[0])
	}
	if err := a.frame(args[0]); err != nil {
		return err
	}
	return a.explain(out)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// printFunctions prints one function, or all.
func printFunctions(out io.Writer, name string) error {
	found := false
	for _, f := range rules.Functions() {
		if name == "" || f.Name == name {
			found = true
			fmt.Fprintf(out, "%s\n%s\n    %s\n\n", f.Usage, "    "+wrapText(f.Doc, 80, "    "), f.Example)
		}
	}
	if !found {
		return withHint(`run "sallyport rules explain --functions"`, "there is no function %q", name)
	}
	return nil
}

// frame reads a request from a file, as strictly as wrap would.
func (a *asked) frame(path string) error {
	var data []byte
	var err error
	if path == "-" {
		data, err = io.ReadAll(io.LimitReader(os.Stdin, maxRules))
	} else {
		data, err = file.ReadFile(path, maxRules)
	}
	if err != nil {
		return withHint(`the name of a decision looks like 3f2a9c81d04b.7`, "reading the call: %v", err)
	}
	var f jsonrpc.Frame
	var parser = jsonrpc.NewParser(jsonrpc.Limits{Frame: maxRules, Depth: 128, Keys: 10_000})
	var line bytes.Buffer
	if err := json.Compact(&line, data); err != nil {
		return fmt.Errorf("reading the call %q: %v", path, err)
	}
	if r := parser.Parse(line.Bytes(), &f); r != nil {
		return fmt.Errorf("reading the call %q: %s", path, r.Text)
	}
	if f.Kind != jsonrpc.Request {
		return withHint(`a request has "jsonrpc", "id", "method" and "params"`, "%q holds no request", path)
	}
	a.method = string(f.Method)
	a.args = string(f.Bytes(f.Params))
	if a.method == "tools/call" {
		name, _ := jsonrpc.String(f.Get("name"))
		a.tool, a.args = string(name), string(f.Get("arguments"))
	}
	return nil
}

// world makes of it what a session would judge.
func (a *asked) world() (rules.World, error) {
	w := rules.World{Tool: a.tool, Method: cmp.Or(a.method, "tools/call")}
	w.On, w.Default = wrap.Stance(w.Method)
	var err error
	if w.Args, err = jsonObject("--args", a.args); err != nil {
		return w, err
	}
	if a.result != "" {
		w.On, w.Default = rules.Result, rules.Allow
		w.Result, err = jsonObject("--result", a.result)
	}
	return w, err
}

func jsonObject(what, text string) ([]byte, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var f jsonrpc.Frame
	parser := jsonrpc.NewParser(jsonrpc.Limits{Frame: maxRules + 100, Depth: 128, Keys: 10_000})
	line := []byte(`{"jsonrpc":"2.0","id":1,"method":"x","params":` + strings.TrimSpace(text) + `}`)
	if r := parser.Parse(bytes.ReplaceAll(line, []byte("\n"), []byte(" ")), &f); r != nil {
		return nil, withHint(`write it like '{"path": "a.txt"}'`, "%s: %s", what, r.Text)
	}
	value := f.Bytes(f.Params)
	if len(value) == 0 || value[0] != '{' {
		return nil, withHint(`write it like '{"path": "a.txt"}'`, "%s is no JSON object", what)
	}
	return bytes.Clone(value), nil
}

// logged explains a decision of the log.
func (a *asked) logged(out io.Writer, ref string) error {
	r, err := a.find(ref)
	if err != nil {
		return err
	}
	a.server, a.client, a.tool, a.method = r.Server, r.Client, r.Tool, r.Method
	if !a.asJSON {
		printLogged(out, r)
	}
	if strings.HasPrefix(r.Rule, "pins/") {
		fmt.Fprintf(out, "No rule decided this: it is not what was accepted of the server.\n\n  sallyport pin diff %s\n", wrap.ShellWord(r.Server))
		return nil
	}
	if len(r.Values) == 0 || r.Direction != "c2s" {
		return a.withoutArguments(out, r)
	}
	a.args = string(r.Values)
	return a.explain(out)
}

// find looks a decision up in its session's file.
func (a *asked) find(ref string) (r audit.Record, err error) {
	session, _, _ := strings.Cut(ref, ".")
	f, err := findSession(session)
	if err != nil {
		return r, err
	}
	for rec, err := range audit.Read(f.Path) {
		if err != nil {
			return r, err
		}
		if rec.Event == "start" {
			a.started = rec
		}
		if rec.Ref == ref {
			return rec, nil
		}
	}
	return r, withHint(`run "sallyport log show `+session+`"`, "session %s has no decision %q", session, ref)
}

func printLogged(out io.Writer, r audit.Record) {
	v := func(s string) string { return scan.VisibleLine(s, 200) }
	what := v(r.Method)
	if r.Tool != "" {
		what += " " + v(r.Tool)
	}
	fmt.Fprintf(out, "%s  %s of server %q: %s\n", r.Time.Local().Format("2006-01-02 15:04:05"), what, v(r.Server), v(r.Decision))
	rule := v(r.Rule)
	if r.At != "" {
		rule += " (" + v(r.At) + ")"
	}
	fmt.Fprintln(out, wrapText("by "+rule+": "+v(r.Reason), 80, "  "))
	if r.Answer != "" {
		fmt.Fprintf(out, "  %s by %s\n", v(r.Answer), v(r.By))
	}
	fmt.Fprintln(out)
}

// withoutArguments says what can be said of a call whose arguments nobody recorded.
func (a *asked) withoutArguments(out io.Writer, r audit.Record) error {
	policy, _, err := policyHere(a.rules)
	if err != nil {
		return err
	}
	for _, info := range policy.Rules() {
		if info.Name == r.Rule && info.When != "" {
			fmt.Fprintf(out, "the rule: when: %s\n\n", indent(info.When))
		}
	}
	w := rules.World{Tool: a.tool, Method: a.method}
	if w.On = rules.Other; strings.HasPrefix(r.Rule, "default/") {
		w.On = rules.Call // else a rule that allows would not help
	}
	a.remedy(out, policy, w, rules.Decision{Rule: r.Rule, At: r.At})
	if r.Direction == "c2s" && r.Method == "tools/call" {
		fmt.Fprintf(out, "The log has no arguments. With them, more can be said:\n\n  sallyport rules explain --server %s --tool %s --args '{…}'\n",
			shellWord(a.server), shellWord(a.tool))
	}
	return nil
}
