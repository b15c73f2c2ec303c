package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"sallyport/rules/scan"
	"sallyport/wrap/pin"
)

const (
	// lookTime is how long a server has to be installed, to start and to say what it has.
	lookTime = 3 * time.Minute
	// lookers is how many are looked at side by side: npm and node are busy with one core each.
	lookers = 4
)

// newLookCommand is for install, scan and doctor: each server is looked at in a process of its own, with the environment and the folder
// that its client would give it.
func newLookCommand() *cobra.Command {
	var f wrapFlags
	cmd := &cobra.Command{
		Use:    "look [flags] -- COMMAND [ARG…]",
		Short:  "print what a server is, as a pin that nobody accepted",
		Hidden: true,
		Args:   cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := probe(f, args)
			if err != nil {
				return err
			}
			p.Server = f.name
			_, err = cmd.OutOrStdout().Write(p.Encode())
			return err
		},
	}
	cmd.Flags().StringVar(&f.name, "name", "", "the server's name")
	cmd.Flags().StringVar(&f.client, "client", "", "the client")
	cmd.Flags().StringArrayVar(&f.env, "env", nil, "a variable of the entry")
	return cmd
}

// A lookup is a server that is looked at.
type lookup struct {
	name, client string
	named        []string // for --env
	argv         []string
	env          []string // as its client would give it
	dir          string
}

// A seen is what came of a lookup.
type seen struct {
	pin *pin.Pin
	err error
}

// lookAt starts servers, some at a time, each for a limited time, and gives what they have, in the order of the lookups.
func lookAt(ctx context.Context, list []lookup) []seen {
	results := make([]seen, len(list))
	progress := newProgress("looking at", len(list))
	defer progress.end()
	slots := make(chan struct{}, lookers)
	var all sync.WaitGroup
	for i, l := range list {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			progress.begin(l.name)
			results[i].pin, results[i].err = l.run(ctx)
			progress.done(l.name)
		})
	}
	all.Wait()
	return results
}

// run looks at one server.
func (l lookup) run(ctx context.Context) (*pin.Pin, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	args := []string{"look", "--name", l.name, "--client", l.client}
	for _, name := range l.named {
		args = append(args, "--env", name)
	}
	cmd := exec.CommandContext(ctx, self, append(append(args, "--"), l.argv...)...)
	cmd.Env, cmd.Dir = l.env, l.dir
	// What the server leaves behind may hold our pipes open; its supervisor ends it once we are gone.
	cmd.WaitDelay = 5 * time.Second
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	err = cmd.Run()
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("it was not ready within %v", lookTime)
	case err != nil:
		return nil, errors.New(lastWords(words.String(), err))
	}
	return pin.Decode(out.Bytes())
}

// lastWords are what a process said of its end: our own error, and the server's last line where it says more.
func lastWords(text string, err error) string {
	why, last := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if own, is := strings.CutPrefix(line, "sallyport: error: "); is {
			why = own
		} else if line != "" && !strings.HasPrefix(line, "sallyport: ") {
			last = line
		}
	}
	if why == "" {
		why = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	if last != "" {
		why += ": " + last
	}
	return scan.VisibleLine(why, 300)
}

// A progress tells on a terminal what goes on.
type progress struct {
	mu      sync.Mutex
	what    string
	total   int
	ready   int
	running []string
	on      bool
}

func newProgress(what string, total int) *progress {
	return &progress{what: what, total: total, on: term.IsTerminal(os.Stderr.Fd())}
}

func (p *progress) begin(name string) { p.change(func() { p.running = append(p.running, name) }) }

func (p *progress) done(name string) {
	p.change(func() {
		p.ready++
		if i := slices.Index(p.running, name); i >= 0 {
			p.running = slices.Delete(p.running, i, i+1)
		}
	})
}

func (p *progress) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if do(); p.on {
		text := fmt.Sprintf("%s servers: %d of %d done  %s", p.what, p.ready, p.total, strings.Join(p.running, " "))
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s", scan.VisibleLine(text, 78))
	}
}

func (p *progress) end() {
	if p.on {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
}

// desktopPath is the search path of programs that no shell started.
var desktopPath = map[string]string{
	"darwin": "/usr/bin:/bin:/usr/sbin:/sbin",
	"linux":  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}

// clientEnv is the environment that a client gives to a server: environ, which is that of a terminal, for those that are started there, and
// else what a desktop gives to its programs; with the variables of the entry.
func clientEnv(terminal bool, environ []string, set map[string]string) []string {
	var env []string
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		usual := terminal || runtime.GOOS == "windows" || desktopVariable(name)
		if _, own := set[name]; usual && !own && !(name == "PATH" && !terminal && desktopPath[runtime.GOOS] != "") {
			env = append(env, v)
		}
	}
	if path := desktopPath[runtime.GOOS]; path != "" && !terminal && set["PATH"] == "" {
		env = append(env, "PATH="+path)
	}
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	return env
}

func desktopVariable(name string) bool {
	return slices.Contains([]string{"HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR", "TZ", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS"}, name) ||
		strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "XDG_") || strings.HasPrefix(name, "SALLYPORT_")
}

// program is the path of this binary as it is to stand in configurations: by the name under which people find it, so that a link to the
// newest version stays one.
func program() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if strings.Contains(filepath.ToSlash(self), "/go-build") {
		return "", withHint(`build it first: "sh install.sh" puts it into a folder of yours`, "this is a temporary build, which would soon be gone")
	}
	if found, err := exec.LookPath("sallyport"); err == nil && filepath.IsAbs(found) && sameFile(found, self) {
		self = found
	}
	if strings.TrimSuffix(filepath.Base(self), ".exe") != "sallyport" {
		return "", withHint("call it sallyport", "this program is called %q, and nobody would know it again in a configuration", filepath.Base(self))
	}
	return self, nil
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
