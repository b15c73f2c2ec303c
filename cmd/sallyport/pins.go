package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/child"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/drift"
	"sallyport/wrap/pin/origin"
)

// installTime bounds the first installation of a package. A client gives up sooner, and finds it done when it tries again.
const installTime = 5 * time.Minute

// pins are the pins that people accepted, proposals what servers say now.
func (p places) pins() pin.Folder {
	return pin.Folder{Dir: filepath.Join(p.config, "pins"), Home: p.home}
}
func (p places) proposals() pin.Folder {
	return pin.Folder{Dir: filepath.Join(p.state, "proposed"), Home: p.home}
}

// store is where packages are installed. Programs are looked up as the server's environment says.
func (p places) store(env []string) *origin.Store {
	return &origin.Store{
		Dir: filepath.Join(p.state, "packages"),
		Find: func(name string) (string, error) {
			path, _, err := child.Find(name, env)
			return path, err
		},
		Progress: func(text string) { hintf("%s", text) },
	}
}

// A start is a command line that is about to be started as a server, and what pins have to do with it.
type start struct {
	name   string
	places places
	view   *rules.View
	launch pin.Launch
	origin origin.Launch
	store  *origin.Store

	accepted *pin.Pin
	file     fs.FileInfo // of the pin when it was read, nil if there was none
	probing  bool
	known    bool // the launch is one that a human accepted, run by the same interpreter
	lock     []byte
	command  origin.Command
}

// newStart reads the pin of the server. env names the variables that the client's entry sets; command is as the client has it.
func newStart(f wrapFlags, set settings, command child.Command) (*start, error) {
	s := &start{name: f.name, places: set.places, view: set.policy.View(f.name, f.client)}
	var err error
	if s.file, err = os.Stat(set.places.pins().Path(f.name)); err != nil {
		s.file = nil
	}
	if s.accepted, err = set.places.pins().Load(f.name); err != nil {
		return nil, withHint(fmt.Sprintf("put the file back as it was, or run \"sallyport pin remove %s\" and accept the server anew", wrap.ShellWord(f.name)), "%v", err)
	}
	if s.accepted != nil && s.accepted.Blocked != "" {
		return nil, withHint(fmt.Sprintf("to lift that, run \"sallyport block --lift %s\"", wrap.ShellWord(f.name)), "server %q is blocked: %s", f.name, s.accepted.Blocked)
	}
	if set.policy.OnlyPinned() && !s.accepted.Accepted() && !f.probing {
		return nil, withHint(fmt.Sprintf("run \"sallyport pin accept %s -- %s\" in a terminal, or remove \"only: pinned\" from %q",
			wrap.ShellWord(f.name), commandText(command.Args), set.places.rulesFile()),
			"server %q has no accepted pin, and your rules say servers: {only: pinned}", f.name)
	}
	key, err := pin.EnvKey(filepath.Join(set.places.state, "pins"))
	if err != nil {
		return nil, err
	}
	s.launch = pin.Launch{Args: command.Args, Env: pin.EnvOf(key, f.env, os.LookupEnv)}
	s.origin = origin.Launch{Args: command.Args, Env: command.Env, Dir: set.facts.Cwd}
	s.store = set.places.store(command.Env)
	return s, nil
}

// unchanged is an error where the pin is another one than when it was read.
func (s *start) unchanged() error {
	info, err := os.Stat(s.places.pins().Path(s.name))
	if errors.Is(err, fs.ErrNotExist) && s.file == nil || err == nil && s.file != nil && os.SameFile(info, s.file) && info.ModTime().Equal(s.file.ModTime()) {
		return nil // pins are replaced by other files
	}
	now, err := s.places.pins().Load(s.name)
	switch {
	case err != nil:
		return err
	case now != nil && now.Blocked != "" && !s.probing:
		return fmt.Errorf("server %q is blocked: %s", s.name, now.Blocked)
	case (now == nil) != (s.accepted == nil) || now != nil && !bytes.Equal(now.Encode(), s.accepted.Encode()):
		return fmt.Errorf("the pin of server %q was changed just now: start it again", s.name)
	}
	return nil
}

// prepare finds out what the command line starts, and checks it against what was accepted.
func (s *start) prepare(f wrapFlags) error {
	ctx, cancel := context.WithTimeout(context.Background(), installTime)
	defer cancel()
	if s.probing = f.probing; s.probing {
		return s.resolve(ctx)
	}
	if !s.accepted.Accepted() {
		return s.first(ctx)
	}
	err := s.match(ctx, s.accepted)
	if err == nil {
		return nil
	}
	s.known = false
	var d *drifting
	if !errors.As(err, &d) {
		return err
	}
	s.report(d, f.observe)
	if !f.observe {
		return hinted{d, fmt.Sprintf("run \"sallyport pin diff %s\" in a terminal", wrap.ShellWord(s.name))}
	}
	warningf("OBSERVING server %q: it is started all the same", s.name)
	return s.resolve(ctx)
}

// A drifting is a launch that is not what was accepted.
type drifting struct{ kind, what, before, after string }

func (d *drifting) Error() string { return d.what + " since it was accepted" }

// match takes the launch of p that this command line is, if what it starts is what it was.
func (s *start) match(ctx context.Context, p *pin.Pin) error {
	var changed *drifting
	var failed error
	for _, l := range p.Candidates(s.launch) {
		command, err := s.store.Prepare(ctx, s.origin, l.Origin, p.Locks[l.Origin.Lock])
		var c *origin.Changed
		switch {
		case err == nil:
			s.launch.Origin, s.launch.Variable, s.lock, s.command = l.Origin, l.Variable, p.Locks[l.Origin.Lock], command
			was := l.Origin.Runtime
			same := was != "" && (was == command.Path || slices.Contains(command.Args, was))
			s.known = same || l.Origin.Kind == origin.Program
			if was != "" && !same {
				warningf("server %q is run by %q now; it was %q when it was accepted", s.name, command.Path, was)
			}
			return nil
		case !errors.As(err, &c):
			failed = err
			continue
		}
		what := fmt.Sprintf("%s %q changed", c.What, c.Name)
		if c.File != "" {
			what = fmt.Sprintf("file %q of %s %q changed", c.File, c.What, c.Name)
		}
		changed = &drifting{driftOf(c.What), what, c.Old, c.New}
	}
	if changed != nil {
		return changed
	}
	if failed != nil {
		return failed
	}
	closest, _ := p.Closest(s.launch)
	before, after := commandText(closest.Args), commandText(s.launch.Args)
	if before == after {
		return &drifting{string(drift.Environment), "its environment changed", envText(closest.Env), envText(s.launch.Env)}
	}
	return &drifting{string(drift.Arguments), "its command line changed", before, after}
}

// driftOf is the kind of drift that a changed file is.
func driftOf(what string) string {
	if what == "package" || what == "lock" || what == "image" {
		return string(drift.Package)
	}
	return string(drift.Executable)
}

// envText lists variables; values are digests, and stay out.
func envText(env map[string]string) string {
	var words []string
	for name, digest := range env {
		words = append(words, name+strings.Repeat("=…", min(1, len(digest))))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// report tells of a launch that is not what was accepted, and keeps it for a human to look at. Nothing is installed for that: an
// installation runs what the package wants.
func (s *start) report(d *drifting, observing bool) {
	proposal, l := s.accepted.Clone(), s.launch
	l.Origin = s.store.Look(s.origin)
	var lock []byte
	for _, known := range s.accepted.Launches {
		// The same package with other arguments is as it was accepted.
		if l.Origin.Kind == origin.Package && known.Origin.Spec == l.Origin.Spec && d.kind != string(drift.Package) && sameEntry(known.Args, l.Args, l.Origin.Spec) {
			l.Origin, lock = known.Origin, s.accepted.Locks[known.Origin.Lock]
		}
	}
	proposal.AddLaunch(l, lock)
	if err := s.propose(proposal); err != nil {
		warningf("keeping the launch for you to look at: %v", err)
	}
	title := "was not started"
	if observing {
		title = "would not be started"
	}
	fmt.Fprintf(os.Stderr, "sallyport: SECURITY: server %q %s: %s\n", scan.VisibleLine(s.name, 80), title, scan.VisibleLine(d.Error(), 200))
	fmt.Fprintf(os.Stderr, "  what:    %s\n  before:  %s\n  now:     %s\n", d.kind, scan.VisibleLine(d.before, 500), scan.VisibleLine(d.after, 500))
	fmt.Fprintf(os.Stderr, "  see:     sallyport pin diff %[1]s\n  accept:  sallyport pin accept %[1]s launch\n", wrap.ShellWord(s.name))
}

// sameEntry reports whether two command lines name a package, and what of it to run, in the same words: only what the server is given
// behind that differs.
func sameEntry(a, b []string, spec string) bool {
	i := slices.Index(a, spec)
	return i >= 0 && len(b) > i && slices.Equal(a[:i+1], b[:i+1])
}

// propose keeps what the server is now for a human to look at. An earlier proposal that cannot be read is worth nothing.
func (s *start) propose(p *pin.Pin) error {
	change := func(*pin.Pin) (*pin.Pin, error) { return p, nil }
	proposals := s.places.proposals()
	err := proposals.Update(s.name, change)
	if err != nil && proposals.Remove(s.name) == nil {
		err = proposals.Update(s.name, change)
	}
	return err
}

// first starts a server that nobody accepted. What was proposed for this command line before is taken again, so that what a human may be
// looking at is what runs; a package is installed once.
func (s *start) first(ctx context.Context) error {
	if proposed, err := s.places.proposals().Load(s.name); err == nil && proposed != nil {
		if s.match(ctx, proposed) == nil {
			s.known = false // by a human
			return nil
		}
		s.known = false
	}
	return s.resolve(ctx)
}

func (s *start) resolve(ctx context.Context) error {
	r, err := s.store.Resolve(ctx, s.origin)
	if err != nil {
		return err
	}
	if r.Origin.Why != "" {
		warningf("server %q: what it runs is not checked from start to start: %s", s.name, r.Origin.Why)
	}
	s.launch.Origin, s.lock, s.command = r.Origin, r.Lock, r.Command
	return nil
}

// pins are what the session is to hold the server to.
func (s *start) pins() wrap.Pins {
	p := wrap.Pins{
		Accepted: s.accepted, First: map[string]wrap.FirstSight{"show": wrap.Show, "accept": wrap.Accept}[s.view.FirstSight()],
		Pass: map[drift.Kind]bool{}, Launch: s.launch, Lock: s.lock,
		Propose: func(p *pin.Pin) error {
			accepted, err := s.places.pins().Load(s.name)
			if err != nil || !accepted.Accepted() {
				return s.propose(p)
			}
			// What another client wants to start is still to be looked at.
			if old, err := s.places.proposals().Load(s.name); err == nil && old != nil {
				p = p.Clone()
				for _, l := range pin.NewLaunches(accepted, old) {
					p.AddLaunch(l, old.Locks[l.Origin.Lock])
				}
			}
			if len(pin.Diff(accepted, p))+len(pin.NewLaunches(accepted, p)) == 0 {
				return s.places.proposals().Remove(s.name)
			}
			return s.propose(p)
		},
		Accept: func(p *pin.Pin) (*pin.Pin, error) {
			err := s.places.pins().Update(s.name, func(old *pin.Pin) (*pin.Pin, error) {
				if old != nil {
					p = old // another session was faster
					return p, nil
				}
				for _, c := range pin.Collisions(p, othersOf(s.places, s.name)) {
					warningf("server %q: tool %q is held: server %q has one that looks like it; \"sallyport pin accept %s %s\" accepts it",
						s.name, c.Name, c.Server, s.name, wrap.ShellWord(c.Name))
					delete(p.Items, pin.Key{Section: pin.Tools, Name: c.Name})
				}
				return p, nil
			})
			return p, err
		},
	}
	if s.probing {
		p.Accepted, p.First = nil, wrap.Show
		p.Propose = func(*pin.Pin) error { return nil }
	}
	for _, kind := range drift.Kinds() {
		p.Pass[kind] = s.view.DriftPasses(string(kind))
	}
	maps.DeleteFunc(p.Pass, func(_ drift.Kind, pass bool) bool { return !pass })
	return p
}

// commandText writes a command line as a shell would read it.
func commandText(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = wrap.ShellWord(arg)
	}
	return strings.Join(words, " ")
}

// accepted are the pins of all servers, for the classes that people gave to tools.
type accepted struct {
	pins  pin.Folder
	known map[string]*pin.Pin
}

func newAccepted() *accepted {
	p, err := currentPlaces()
	if err != nil {
		return &accepted{} // whoever asks needs the places too, and says why there are none
	}
	return &accepted{pins: p.pins(), known: map[string]*pin.Pin{}}
}

// class is what a human took a tool for when it was pinned.
func (a *accepted) class(server, tool string) rules.Class {
	if a.known == nil || tool == "" || !validName(server) {
		return rules.Unknown
	}
	p, read := a.known[server]
	if !read {
		p, _ = a.pins.Load(server) // one that cannot be read accepts nothing
		a.known[server] = p
	}
	if p == nil {
		return rules.Unknown
	}
	return rules.ClassNamed(p.Items[pin.Key{Section: pin.Tools, Name: tool}].Class)
}
