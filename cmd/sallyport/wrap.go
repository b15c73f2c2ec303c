package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sallyport/approve"
	"sallyport/keyring/guard"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/audit"
	"sallyport/wrap/child"
	"sallyport/wrap/file"
)

const (
	endGrace  = 3 * time.Second // after the end of input, before TERM
	killGrace = 3 * time.Second // after TERM, before KILL
	// patience is how long a client whose server cannot be started has to send the request that is answered with the reason.
	patience = time.Second
)

type wrapFlags struct {
	name, client string
	budget       time.Duration
	env, rules   []string
	observe      bool
	probing      bool // a human wants to look at the server: nothing is checked, nothing is kept
}

func newWrapCommand() *cobra.Command {
	var f wrapFlags
	cmd := &cobra.Command{
		Use:   "wrap [flags] -- COMMAND [ARG…]",
		Short: "stand between an MCP client and a server",
		Long: `Start COMMAND as an MCP server and stand between it and the client.

The client's configuration starts this instead of the server. Standard input and
output belong to the protocol; what sallyport has to say goes to standard error.

Every frame is judged: first by a strict reader, then by the protocol's state, by
what you accepted of the server (sallyport help pin), and by your rules
(~/.config/sallyport/rules.yaml; without one, the packs base, filesystem and
reference, reads allowed, the rest asking). A refused call is answered so that
the model knows what would work.

A package that npx, bunx, pnpm dlx or yarn dlx would fetch is installed once, in a
folder of sallyport's, and its entry is started directly from there.

The server gets what the client gave, less variables that inject code into
programs (LD_PRELOAD, NODE_OPTIONS, …); with --env, only the variables that are
named and the usual ones (HOME, PATH, locale, proxy, …). A variable that the client
sets to keyring:NAME gets that secret, if it is the server's ("sallyport help secret").

When the client closes its side, the server has three seconds to end, and three
more after SIGTERM. Nothing of the server outlives sallyport on Linux; elsewhere
its process group does not.

Exit status: the server's own, 128+n if signal n ended it; 1 if sallyport could
not do its work; 2 for a command line that makes no sense.

--observe, --rules and the variables SALLYPORT_CONFIG_DIR, SALLYPORT_STATE_DIR
and SALLYPORT_RUNTIME_DIR count only as your own configuration lists them for
the server, if you have one: a client's configuration may come with a cloned
repository.`,
		Example: `  sallyport wrap -- npx -y @modelcontextprotocol/server-filesystem ~/project
  sallyport wrap --name db --env PGPASSWORD -- uvx postgres-mcp`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{withHint(`write "sallyport wrap -- COMMAND [ARG…]"`, "no command to wrap")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return f.run(args)
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false)
	flags.StringVar(&f.name, "name", "", "the server's name in rules and logs (default: from the command)")
	flags.StringVar(&f.client, "client", "", "the client's name, a hint for rules and logs")
	flags.DurationVar(&f.budget, "budget", 0, "how long the client waits for a call (default 1m)")
	flags.StringArrayVar(&f.env, "env", nil, "pass only this variable and the usual ones; may be repeated")
	flags.StringArrayVar(&f.rules, "rules", nil, "one more rule file; may be repeated")
	flags.BoolVar(&f.observe, "observe", false, "judge and log, but let pass what rules would refuse")
	return cmd
}

// run wraps a server. The supervisor starts while the rules load.
func (f wrapFlags) run(argv []string) error {
	hide()
	if f.name == "" {
		f.name = deriveName(argv)
	}
	if !validName(f.name) {
		return usageError{withHint("give it one with --name, of letters, digits, blanks, - _ and .", "%q is no name for a server", scan.VisibleLine(f.name, 80))}
	}
	if f.client != "" && !validName(f.client) {
		return usageError{withHint("give it one of letters, digits, blanks, - _ and .", "%q is no name for a client", scan.VisibleLine(f.client, 80))}
	}
	super, err := child.Prepare()
	if err != nil {
		return f.sorry(fmt.Errorf("starting the supervisor: %w", err))
	}
	l, err := f.launch(super, argv)
	if err != nil {
		super.Discard()
		return f.sorry(err)
	}
	return l.run()
}

// sorry tells the client why there is no server, for whatever it asks meanwhile.
func (f wrapFlags) sorry(err error) error {
	var usage usageError
	if !errors.As(err, &usage) {
		why := fmt.Sprintf("server %q was not started: %v", f.name, err)
		wrap.Refuse(wrap.Ends{In: os.Stdin, Out: os.Stdout}, why, patience)
	}
	return err
}

// A launch is a server that has been started, and what its session needs.
type launch struct {
	flags   wrapFlags
	set     settings
	proc    *child.Process
	log     *audit.Log
	session *wrap.Session
	start   *start
	tee     *tee
	asker   *asker
	guard   *guard.Guard // of the secrets that it was given; nil for none
	reading sync.Mutex
}

func (f wrapFlags) launch(super *child.Supervisor, argv []string) (*launch, error) {
	set, err := settle(request{server: f.name, client: f.client, rules: f.rules, observe: f.observe})
	if err != nil {
		return nil, err
	}
	set.facts.Roots = rootsOf(argv, set.facts.Cwd, set.facts.Home)
	view := set.policy.View(f.name, f.client)
	command, built, err := f.command(argv, view, set.places)
	if err != nil {
		return nil, err
	}
	wants, err := wantsOf(argv, built, view.Server())
	if err != nil {
		return nil, err
	}
	if home := homeOf(command.Env); home != set.facts.Home {
		set.facts.OtherHome = home
	}
	start, err := newStart(f, set, command)
	if err == nil {
		err = start.prepare(f)
	}
	if err != nil {
		return nil, err
	}
	command.Path, command.Args = start.command.Path, start.command.Args
	l := &launch{flags: f, set: set, start: start}
	options := set.policy.Log()
	l.log, err = audit.Open(set.places.logDir(), audit.Session{
		Client: f.client, Server: f.name, Version: versionText(), Arguments: options.Arguments, Observing: f.observe,
		Rules: set.digest, Cwd: set.facts.Cwd, Home: set.facts.OtherHome, Roots: set.facts.Roots,
	})
	if err != nil {
		return nil, err
	}
	if l.tee, err = openTee(options.Debug, set.places); err != nil {
		l.log.Close("not started")
		return nil, err
	}
	if f.observe {
		warningf("OBSERVING server %q: nothing that your rules refuse is refused", f.name)
	}
	// Somebody may have blocked or removed it while a package was installed.
	if err = start.unchanged(); err != nil {
		l.log.Close("not started")
		return nil, err
	}
	l.asker = newAsker(l, os.Environ())
	if err = l.spawn(super, command, wants); err != nil {
		l.log.Close("not started")
		return nil, err
	}
	go func() { l.asker.guard().SetChild(l.proc.PID()) }()
	l.session = wrap.New(wrap.Config{
		Names: wrap.Names{Server: f.name, Client: f.client}, Policy: set.policy, Facts: set.facts, Pins: start.pins(), Log: l.log,
		Asker: l.asker, Wait: waitFor(l.asker.options, f.budget), Observing: f.observe, Warn: l.tellUser, Guard: l.guard,
	})
	return l, nil
}

// run relays until either side has ended, and gives back the server's exit status.
func (l *launch) run() error {
	signals := make(chan os.Signal, 8)
	// SIGPIPE is caught so that a client that is gone shows as an error of the write, and the session ends in order.
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	stderrDone := make(chan struct{})
	go func() {
		defer close(stderrDone)
		wrap.CopyVisible(os.Stderr, l.proc.Stderr, l.guard)
	}()
	listener, err := l.listen()
	if err != nil {
		warningf("other verbs cannot reach this session: %v", err)
	} else {
		defer listener.Close()
	}
	ended := make(chan error, 1)
	go func() {
		ended <- l.session.Run(
			wrap.Ends{In: l.tee.of("c2s", os.Stdin), Out: os.Stdout},
			wrap.Ends{In: l.tee.of("s2c", l.proc.Stdout), Out: l.proc.Stdin})
	}()
	err = l.wait(signals, ended)
	status := l.proc.Status()
	closeErr := l.proc.Close()
	select {
	case <-stderrDone:
	case <-time.After(time.Second):
	}
	return l.finish(err, status, closeErr)
}

// listen makes the session's socket.
func (l *launch) listen() (*approve.Listener, error) {
	if err := file.MkdirPrivate(l.set.places.runtime); err != nil {
		return nil, err
	}
	started := time.Now().UTC()
	listener, err := approve.Listen(l.set.places.runtime, l.log.ID(), l.asker.serve(approve.Served{
		Status: func() approve.Status {
			n := l.session.Tally()
			return approve.Status{Session: l.log.ID(), Server: l.flags.name, Client: l.flags.client, Version: versionText(), PID: os.Getpid(),
				Started: started, Observing: l.flags.observe, Calls: n.Calls, Refused: n.Refused, Held: n.Held, Open: l.asker.desk.Count(), Rules: l.set.digest}
		},
		PinsChanged: l.reload,
		End: func(reason string) error {
			warningf("server %q is ended: %s", l.flags.name, scan.VisibleLine(reason, 200))
			l.session.End()
			return nil
		},
	}))
	if err == nil && l.start.unchanged() != nil {
		err = l.reload() // before the socket was there, nobody could tell us
	}
	return listener, err
}

// reload reads the pin anew. Of two that do, the later one is in force.
func (l *launch) reload() error {
	l.reading.Lock()
	defer l.reading.Unlock()
	p, err := l.set.places.pins().Load(l.flags.name)
	if err != nil {
		l.session.End() // a pin that nobody can read is none
		return err
	}
	l.session.PinsChanged(p)
	l.asker.desk.Recheck() // what waits for it may go
	return nil
}

// wait sees the session and the child to their ends, whichever comes first.
func (l *launch) wait(signals chan os.Signal, ended chan error) error {
	gone := l.session.ClientGone()
	for {
		select {
		case sig := <-signals:
			if sig == syscall.SIGPIPE {
				continue
			}
			l.proc.Signal(sig)
			if sig != syscall.SIGINT {
				l.proc.Stop(killGrace, killGrace)
			}
		case <-gone:
			gone = nil
			go l.proc.Stop(endGrace, killGrace)
		case err := <-ended:
			// The server's output has ended or the session is over: so is the server.
			l.proc.Stop(endGrace, killGrace)
			return err
		case <-l.proc.Done():
			select {
			case err := <-ended:
				return err
			case <-time.After(endGrace):
				// Something that the child left behind holds its output open, or the client does not read.
				l.proc.Close()
				select {
				case err := <-ended:
					return err
				case <-time.After(time.Second):
					return nil
				}
			}
		}
	}
}

// finish closes the log and turns what happened into an exit status.
func (l *launch) finish(err error, status child.Status, closeErr error) error {
	select {
	case <-l.session.ClientGone():
	default:
		how := fmt.Sprintf("with status %d", status.Code)
		if status.Signal != nil {
			how = fmt.Sprintf("by signal %v", status.Signal)
		}
		if err == nil {
			errorf("server %q ended %s while the client was connected", l.flags.name, how)
		}
	}
	logErr := l.log.Close("ended")
	l.prune()
	switch {
	case err != nil && !errors.Is(err, wrap.ErrClientGone):
		return err
	case status.Err != nil:
		return fmt.Errorf("server %q: %w", l.flags.name, status.Err)
	case logErr != nil:
		return fmt.Errorf("closing the log: %w", logErr)
	case closeErr != nil && !errors.Is(closeErr, io.EOF):
		warningf("ending server %q: %v", l.flags.name, closeErr)
	}
	if status.Code != 0 {
		return exitStatus(status.Code)
	}
	return nil
}

// prune removes old logs, once a day, and here instead of at the start, where a client waits.
func (l *launch) prune() {
	stamp := filepath.Join(l.set.places.state, "pruned")
	if info, err := os.Stat(stamp); err == nil && time.Since(info.ModTime()) < 24*time.Hour {
		return
	}
	options := l.set.policy.Log()
	err := audit.Prune(l.set.places.logDir(), options.KeepDays, options.KeepBytes, time.Now())
	if err == nil {
		err = file.WriteFile(stamp, nil, 0o600)
	}
	if err != nil {
		warningf("removing old logs: %v", err)
	}
}
