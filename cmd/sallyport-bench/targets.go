package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The targets, in the order of the table.
const (
	bare      = "bare"
	relay     = "relay"
	sallyport = "sallyport"
	guarded   = "guarded" // sallyport, which has given the server 20 secrets that its frames do not hold
	keyring   = "keyring" // sallyport, which takes 5 secrets for the server from the keyring of the system
)

// A target is a way to reach the server.
type target struct {
	name    string
	command func(tools surface) *exec.Cmd
	clean   func() // removes what the sessions so far left behind
}

// A bench has all that the rounds share. It is used by one goroutine.
type bench struct {
	opts    options
	counts  counts
	self    string
	cpus    int
	cpu     int  // the one to pin to
	pinned  bool // sessions run on that one alone
	targets []target
	lines   *lineReader
	spinner *exec.Cmd // nil where CPUs may halt
	awake   io.Closer // its life
	scratch string    // removed by close; "" while not needed
	binary  string    // of sallyport
	env     []string  // that it gets

	echo, text, records, large, list                               *answer
	echoCall, pathCall, textCall, recordsCall, largeCall, listCall *request
}

// newBench prepares the targets and starts the busy loops; the caller closes it.
func newBench(opts options) (*bench, error) {
	b := &bench{opts: opts, counts: fullCounts, lines: newLineReader(nil)}
	if opts.quick {
		b.counts = quickCounts
	}
	if err := b.prepare(); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) prepare() error {
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	cpus, err := allowedCPUs()
	if err != nil {
		return err
	}
	b.cpus, b.cpu = len(cpus), cpus[len(cpus)-1]
	for _, name := range b.opts.targets {
		t, err := b.target(name)
		if err != nil {
			return err
		}
		b.targets = append(b.targets, t)
	}
	b.render()
	if !b.opts.spin {
		return nil
	}
	return b.spin(cpus)
}

func (b *bench) render() {
	b.echo, b.text, b.records = textAnswer(smallFrame), textAnswer(mediumFrame), recordsAnswer(mediumFrame)
	b.large, b.list = textAnswer(largeFrame), manyTools()
	b.echoCall, b.pathCall = echoRequest(""), echoRequest("/srv/project/src/main.go")
	b.textCall, b.recordsCall = sizedRequest("text", mediumFrame), sizedRequest("records", mediumFrame)
	b.largeCall, b.listCall = sizedRequest("text", largeFrame), newRequest("tools/list", "{}")
}

func (b *bench) close() {
	if b.spinner != nil {
		b.awake.Close()
		b.spinner.Wait()
	}
	if b.scratch != "" {
		os.RemoveAll(b.scratch)
	}
}

// spin starts the busy loops, one for each CPU.
func (b *bench) spin(cpus []int) error {
	args := []string{roleSpinner}
	for _, cpu := range cpus {
		args = append(args, strconv.Itoa(cpu))
	}
	cmd := exec.Command(b.self, args...)
	cmd.Stderr = os.Stderr
	life, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("keeping the CPUs awake: %v", err)
	}
	b.spinner, b.awake = cmd, life
	return nil
}

func (b *bench) target(name string) (target, error) {
	t := target{name: name, clean: func() {}}
	switch name {
	case bare:
		t.command = func(tools surface) *exec.Cmd {
			return exec.Command(b.self, roleServer, string(tools))
		}
	case relay:
		t.command = func(tools surface) *exec.Cmd {
			return exec.Command(b.self, roleRelay, b.self, roleServer, string(tools))
		}
	case sallyport, guarded, keyring:
		return b.wrapped(name)
	}
	return t, nil
}

// wrapped prepares sallyport: a binary, and folders and rules of its own.
func (b *bench) wrapped(name string) (target, error) {
	if b.scratch == "" {
		if err := b.install(); err != nil {
			return target{}, err
		}
	}
	rules := filepath.Join(b.scratch, name+".yaml")
	env := slices.Clone(b.env)
	var secrets []string
	switch name {
	case guarded:
		for i := range 20 {
			secrets = append(secrets, fmt.Sprintf("SECRET_%d: env:BENCH_%d", i, i))
			env = append(env, fmt.Sprintf("BENCH_%d=tok_%040x", i, (i+1)*1_000_003))
		}
	case keyring:
		for i := range 5 {
			secrets = append(secrets, fmt.Sprintf("SECRET_%d: keyring:sallyport-bench-%d", i, i))
			cmd := exec.Command(b.binary, "secret", "set", "--yes", fmt.Sprintf("sallyport-bench-%d", i))
			cmd.Env, cmd.Stdin = env, strings.NewReader(fmt.Sprintf("tok_%040x", i))
			if said, err := cmd.CombinedOutput(); err != nil {
				return target{}, fmt.Errorf("keeping a secret: %v\n%s", err, said)
			}
		}
	}
	if err := os.WriteFile(rules, []byte(rulesFile(secrets)), 0o600); err != nil {
		return target{}, err
	}
	return target{
		name: name,
		command: func(tools surface) *exec.Cmd {
			cmd := exec.Command(b.binary, "wrap", "--name", pinName(tools), "--rules", rules, "--",
				b.self, roleServer, string(tools))
			cmd.Env = env
			return cmd
		},
		clean: func() { b.removeLogs() },
	}, nil
}

// install makes the binary and its folders, and pins the server.
func (b *bench) install() error {
	var err error
	if b.scratch, err = os.MkdirTemp("", "sallyport-bench-"); err != nil {
		return err
	}
	if b.binary = b.opts.sallyport; b.binary == "" {
		b.binary = filepath.Join(b.scratch, "sallyport")
		if err := build(b.binary); err != nil {
			return err
		}
	}
	// Proxies, certificates and folders of their own make sallyport ask before it gives a server a secret.
	b.env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(v), "=")
		return strings.HasSuffix(name, "_PROXY") || strings.Contains(name, "_CERT") || strings.HasSuffix(name, "_CA_BUNDLE") || strings.HasPrefix(name, "XDG_") && strings.HasSuffix(name, "_HOME")
	})
	for _, name := range []string{"CONFIG", "STATE", "RUNTIME"} {
		dir := filepath.Join(b.scratch, strings.ToLower(name))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		b.env = append(b.env, "SALLYPORT_"+name+"_DIR="+dir)
	}
	for _, tools := range []surface{fewTools, allTools} {
		// A pin belongs to a name and holds one set of tools.
		cmd := exec.Command(b.binary, "pin", "accept", "--yes", pinName(tools), "--", b.self, roleServer, string(tools))
		cmd.Env = b.env
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("pinning the server: %v\n%s", err, said)
		}
	}
	return nil
}

func pinName(tools surface) string { return "bench-" + string(tools) }

// removeLogs keeps hundreds of megabytes of log lines from being written to the disk while
// the next target is measured.
func (b *bench) removeLogs() {
	logs, _ := filepath.Glob(filepath.Join(b.scratch, "state", "log", "*.jsonl"))
	for _, log := range logs {
		if filepath.Base(log) != "heads.jsonl" {
			os.Remove(log)
		}
	}
}

func build(binary string) error {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("looking for the module: %v", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(mod)))
	if _, err := os.Stat(filepath.Join(root, "cmd", "sallyport")); err != nil {
		return errors.New("this is not the module of sallyport; run it there, or name a binary with -sallyport PATH")
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", binary, "./cmd/sallyport")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as the README says and releases are built
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building sallyport: %v\n%s", err, said)
	}
	return nil
}

const (
	userRules     = 100
	userRulesEcho = 10 // of these name the tool that is called
)

// rulesFile is what a user with many rules has; none of them matches a call of the bench. The
// default limit of a frame leaves room for 16 MiB.
func rulesFile(secrets []string) string {
	var b strings.Builder
	b.WriteString("version: 1\nuse: [base]\nservers:\n")
	env := ""
	if len(secrets) > 0 {
		env = "    env: {" + strings.Join(secrets, ", ") + "}\n"
	}
	b.WriteString("  bench-few:\n    classes: {echo: read, text: read, records: read}\n" + env)
	if env != "" {
		b.WriteString("  bench-many:\n" + env)
	}
	b.WriteString("rules:\n")
	for i := range userRules {
		tool := fmt.Sprintf("other_%d", i)
		if i < userRulesEcho {
			tool = "echo"
		}
		fmt.Fprintf(&b, "  - name: bench-%d\n    when: 'tool.name == %q and arg(\"payload\", \"\") startsWith \"no-%d\"'\n    do: deny\n", i, tool, i)
	}
	return b.String()
}
