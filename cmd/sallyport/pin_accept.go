package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/origin"
)

// An acceptance is what the user wants to accept.
type acceptance struct {
	flags   wrapFlags // how the server is started, where the command line says so
	items   []string
	classes []string // TOOL=CLASS
	command []string
	yes     bool
	dryRun  bool
}

func newPinAcceptCommand() *cobra.Command {
	var a acceptance
	cmd := &cobra.Command{
		Use:   "accept SERVER [ITEM…] [-- COMMAND [ARG…]]",
		Short: "accept what a server is now, or parts of it",
		Long: `Show how a server differs from what you accepted, ask, and write the pin. What is
accepted is what was shown, whatever the server says by then, and live sessions
have it at once.

Without an ITEM all of it is accepted, but tools whose names look like those of
another server, what holds invisible characters, and another command line for a
server that has one: those have to be named. An ITEM is a tool's name (or
tools:NAME), prompts:NAME, resources:URI, resourceTemplates:T, capabilities:NAME,
instructions, serverInfo, launch. ITEM@HASH, as reports print it, accepts that very
definition or nothing.

With -- COMMAND the server is started now, as its client would start it, looked at
and stopped; --env names the variables that its entry sets. In a script, add --yes.

Each tool gets a class: what it does to the world, so what happens to its calls.
Proposed classes come from rule packs, names and hints; --class changes them.`,
		Example: `  sallyport pin accept filesystem
  sallyport pin accept github create_issue@Zk3fQx81aBv0TqLm4yWd7R --class create_issue=write
  sallyport pin accept --yes memory -- npx -y @modelcontextprotocol/server-memory`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() == 0 || len(args) == 0 {
				return usageError{withHint(`write "sallyport pin accept SERVER"; "sallyport pin list" has the names`, "no server to accept")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); dash >= 0 {
				args, a.command = args[:dash], args[dash:]
				if len(a.command) == 0 {
					return usageError{withHint(`write the server's command after "--"`, "no command")}
				}
			}
			a.flags.name, a.items = args[0], args[1:]
			if len(a.command) == 0 && (len(a.flags.env) > 0 || a.flags.client != "") {
				return usageError{withHint(`write the server's command behind "--", or leave them out`, "--env and --client say how a command is started, and there is none")}
			}
			if err := checkServerName(a.flags.name); err != nil {
				return err
			}
			return a.run(cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&a.yes, "yes", false, "do not ask")
	flags.BoolVar(&a.dryRun, "dry-run", false, "show it, and change nothing")
	flags.StringArrayVar(&a.classes, "class", nil, "TOOL=read, write or destructive; may be repeated")
	flags.StringArrayVar(&a.flags.env, "env", nil, "with a command: a variable that the client's entry sets; may be repeated")
	flags.StringVar(&a.flags.client, "client", "", "with a command: the client that will start it")
	return cmd
}

func (a *acceptance) run(out io.Writer) error {
	p, err := currentPlaces()
	if err != nil {
		return err
	}
	accepted, err := p.pins().Load(a.flags.name)
	if err != nil {
		return withHint(fmt.Sprintf("put the file back as it was, or run \"sallyport pin remove %s\"", wrap.ShellWord(a.flags.name)), "%v", err)
	}
	if accepted != nil && accepted.Blocked != "" {
		return withHint(fmt.Sprintf("run \"sallyport block --lift %s\" first", wrap.ShellWord(a.flags.name)), "server %q is blocked: %s", a.flags.name, accepted.Blocked)
	}
	proposal, err := a.proposal(p)
	if err != nil {
		return err
	}
	r, err := newReview(accepted, proposal, othersOf(p, a.flags.name))
	if err != nil {
		return err
	}
	if err := r.choose(a.items); err != nil {
		return err
	}
	if err := r.classify(a.classes); err != nil {
		return err
	}
	if !r.named && len(a.command) == 0 {
		r.leaveOtherLaunches()
	}
	r.print(newPage(out))
	switch left := r.left(); {
	case r.empty() && len(left) > 0:
		return fmt.Errorf("nothing was accepted: name what you want of %s", strings.Join(left, ", "))
	case r.empty():
		if !a.dryRun {
			tellSessions(out, p, a.flags.name) // what changed and changed back is held there
		}
		return nil
	}
	if a.dryRun {
		fmt.Fprintln(out, "Nothing was changed.")
		return nil
	}
	if !a.yes {
		if err := confirm(r.question()); err != nil {
			return err
		}
	}
	return a.write(out, p, accepted, r)
}

// proposal is what the server is: looked at now where the command line says how, else as a session saw it last.
func (a *acceptance) proposal(p places) (*pin.Pin, error) {
	if len(a.command) > 0 {
		return probe(a.flags, a.command)
	}
	proposal, err := p.proposals().Load(a.flags.name)
	if err != nil {
		return nil, withHint(fmt.Sprintf("remove %q; the server's next session writes it anew", p.proposals().Path(a.flags.name)), "%v", err)
	}
	if proposal == nil {
		proposal, err = p.pins().Load(a.flags.name)
	}
	if err == nil && proposal == nil {
		return nil, noServer(p, a.flags.name)
	}
	if err != nil {
		return nil, err
	}
	if len(proposal.Launches) > 0 && counts(proposal) == "nothing" && len(a.items) == 0 {
		return nil, withHint(fmt.Sprintf("start its client once more, or run \"%s -- %s\"", acceptHint(a.flags.name), commandText(proposal.Launches[0].Args)),
			"server %q has not listed what it has yet", a.flags.name)
	}
	return proposal, a.install(p, proposal)
}

// install resolves the launches of packages that were not installed when they were seen, since nobody had accepted them.
func (a *acceptance) install(p places, proposal *pin.Pin) error {
	if len(a.items) > 0 && !slices.Contains(a.items, "launch") {
		return nil
	}
	for i, l := range proposal.Launches {
		if l.Origin.Kind != origin.Package || l.Origin.Tree != "" {
			continue
		}
		text := fmt.Sprintf("Install %s, which %s asks for, to look at it? Installing runs what the package wants to run.",
			scan.VisibleLine(l.Origin.Spec, 100), commandText(l.Args))
		if !a.yes {
			if err := confirm(text); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), installTime)
		defer cancel()
		resolved, err := p.store(os.Environ()).Resolve(ctx, originLaunch(l.Args, p.home))
		if err != nil {
			return err
		}
		proposal.Launches[i].Origin = resolved.Origin
		proposal.Locks[resolved.Origin.Lock] = resolved.Lock
	}
	return nil
}

// write puts what was shown into the pin.
func (a *acceptance) write(out io.Writer, p places, before *pin.Pin, r *review) error {
	if err := r.accept(p, before); err != nil {
		return err
	}
	fmt.Fprintf(out, "accepted: %s\n", r.summary())
	if rest := r.left(); len(rest) > 0 {
		fmt.Fprintf(out, "still held: %s\n", wrapText(strings.Join(rest, ", "), 80, "  "))
	}
	tellSessions(out, p, a.flags.name)
	return nil
}

// accept puts what was chosen into the pin, unless somebody changed that since it was before.
func (r *review) accept(p places, before *pin.Pin) error {
	err := p.pins().Update(r.name, func(now *pin.Pin) (*pin.Pin, error) {
		if (now == nil) != (before == nil) || now != nil && !bytes.Equal(now.Encode(), before.Encode()) {
			return nil, withHint("look at it again", "the pin of %q was changed meanwhile: nothing was accepted", r.name)
		}
		return r.result(), nil
	})
	if err != nil || !r.whole() {
		return err
	}
	if err := p.proposals().Remove(r.name); err != nil {
		warningf("%v", err)
	}
	return nil
}

// choose keeps of the review what the user named; all that needs no name of its own where they named nothing.
func (r *review) choose(items []string) error {
	if len(items) == 0 {
		r.chosen = func(d pin.Difference) bool { return r.doubt(d) == "" }
		return nil
	}
	wanted := map[pin.Key]bool{}
	for _, text := range items {
		if text == "launch" {
			r.launch = true
			continue
		}
		d, err := r.find(text)
		if err != nil {
			return err
		}
		wanted[d.Key] = true
	}
	r.named = true
	r.chosen = func(d pin.Difference) bool { return wanted[d.Key] }
	return nil
}

// find is the difference that an ITEM names. A name with a hash behind it is looked for first, so that no tool can be called like one.
func (r *review) find(text string) (pin.Difference, error) {
	name, hash, found := text, "", []pin.Difference(nil)
	at := strings.LastIndexByte(text, '@')
	for _, d := range r.differences {
		named := at >= 0 && d.New != nil && wrap.Short(d.New.Hash) == text[at+1:] && (at == 0 || d.Key.String() == text[:at])
		if named || d.Key.String() == text {
			found = append(found, d)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return pin.Difference{}, usageError{withHint("name it by its hash alone, as \"sallyport pin diff --json\" prints it", "%q names more than one thing", text)}
	case at >= 0:
		name, hash = text[:at], text[at+1:]
	}
	same := slices.ContainsFunc(r.differences, func(d pin.Difference) bool { return d.Key.String() == name })
	if hash != "" && same {
		return pin.Difference{}, withHint("run \"sallyport pin diff "+wrap.ShellWord(r.name)+"\" and look again", "%q is not what it was when %s was printed: nothing was accepted", name, hash)
	}
	var has []string
	for _, d := range r.differences {
		has = append(has, scan.VisibleLine(d.Key.String(), 60))
	}
	if len(has) == 0 {
		has = []string{"nothing"}
	}
	return pin.Difference{}, usageError{withHint("what differs is: "+strings.Join(has, ", "), "%q is nothing of server %q that differs from what was accepted", text, r.name)}
}

// classify sets the classes that the user gave, and proposes the rest.
func (r *review) classify(given []string) error {
	for _, text := range given {
		tool, class, ok := strings.Cut(text, "=")
		if !ok || rules.ClassNamed(class) == rules.Unknown {
			return usageError{withHint("write --class TOOL=read, TOOL=write or TOOL=destructive", "%q gives no class", text)}
		}
		if _, has := r.new.Items[pin.Key{Section: pin.Tools, Name: tool}]; !has {
			return usageError{withHint("its tools: "+strings.Join(r.toolNames(), ", "), "server %q has no tool %q", r.name, tool)}
		}
		r.classes[tool] = pin.Proposal{Class: class, Why: "you say so"}
		r.reclassed = append(r.reclassed, tool)
	}
	return nil
}

// result is the new pin.
func (r *review) result() *pin.Pin {
	p := &pin.Pin{}
	if r.old != nil {
		p = r.old
	}
	p = p.Clone()
	p.Server = r.name
	for _, d := range r.differences {
		if !r.chosen(d) {
			continue
		}
		if d.New == nil {
			delete(p.Items, d.Key)
			continue
		}
		item := *d.New
		item.Class = r.classes[d.Key.Name].Class
		if d.Key.Section != pin.Tools {
			item.Class = ""
		}
		p.Items[d.Key] = item
	}
	for _, tool := range r.reclassed {
		if item, has := p.Items[pin.Key{Section: pin.Tools, Name: tool}]; has {
			item.Class = r.classes[tool].Class
			p.Items[pin.Key{Section: pin.Tools, Name: tool}] = item
		}
	}
	if !r.named || r.launch || !p.Accepted() {
		for _, l := range r.launches {
			p.AddLaunch(l, r.new.Locks[l.Origin.Lock])
		}
		for _, c := range r.new.Clients {
			if !slices.Contains(p.Clients, c) {
				p.Clients = append(p.Clients, c)
			}
		}
	}
	return p
}

var errNotAsked = errors.New("nobody was there to ask")

// confirm asks the user on the terminal. Anything but y or yes is no.
func confirm(question string) error {
	info, err := os.Stdin.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return hinted{errNotAsked, "run it in a terminal, or add --yes"}
	}
	fmt.Fprint(os.Stderr, wrapText(scan.Visible(question), 80, "")+" [y/N] ")
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := os.Stdin.Read(b)
		if n == 0 && len(line) == 0 {
			fmt.Fprintln(os.Stderr)
			return hinted{errNotAsked, "run it in a terminal, or add --yes"}
		}
		if n == 0 || err != nil || b[0] == '\n' || len(line) > 100 {
			break
		}
		line = append(line, b[0])
	}
	if word := strings.ToLower(strings.TrimSpace(string(line))); word != "y" && word != "yes" {
		return errors.New("not accepted: nothing was changed")
	}
	return nil
}

// toolNames are the tools of the server, for people.
func (r *review) toolNames() []string {
	var names []string
	for _, key := range r.new.Keys(pin.Tools) {
		names = append(names, scan.VisibleLine(key.Name, 60))
	}
	return names
}

// classesOf proposes a class for each tool: what a human gave it before holds.
func classesOf(old, new *pin.Pin, views []*rules.View) map[string]pin.Proposal {
	classes := map[string]pin.Proposal{}
	for _, key := range new.Keys(pin.Tools) {
		known := ""
		for _, v := range views {
			if c := v.Class(key.Name, rules.Unknown); c != rules.Unknown && known == "" {
				known = c.String()
			}
		}
		classes[key.Name] = pin.ProposeClass(key.Name, new.Items[key].Definition, known)
		if old == nil {
			continue
		}
		was := old.Items[key]
		now := classes[key.Name]
		switch {
		case was.Class == "":
		case was.Hash == new.Items[key].Hash || now.Class == was.Class:
			classes[key.Name] = pin.Proposal{Class: was.Class, Why: "accepted as that"}
		case rules.ClassNamed(now.Class) > rules.ClassNamed(was.Class):
			now.Why = "it was accepted as " + was.Class + ", and now " + now.Why
			classes[key.Name] = now
		default:
			classes[key.Name] = pin.Proposal{Class: was.Class, Why: "accepted as that"}
		}
	}
	return classes
}
