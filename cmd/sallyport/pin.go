package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"sallyport/rules"
	"sallyport/wrap"
	"sallyport/wrap/pin"
)

func newPinCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pin",
		Short: "what you accepted of a server, and what it says now",
		Long: `A pin is what you accepted of a server: how it is started, down to the files of
its package, and every text of it that reaches the model. What is not as accepted
is held back, item by item, until you look at it and accept it.

A server that nobody pinned may show what looks harmless, and no call of it
passes, until you accept it ("first_sight: show"). With "first_sight: hold" it
shows nothing; with "accept" what it shows first is accepted without a look:

    first_sight: show
    drift: {wording: pass}            # report it, and let it through
    servers:
      scratch: {first_sight: accept}

Kinds of drift: wording, parameter (a new one), wider, narrower and schema (what
a tool takes), hint, output, instructions, info, capability, other, added. What is
gone is reported; a launch that changed is never let through.

Pins are files in ~/.config/sallyport/pins, one for each server, a definition a
line, made for review in git. "sallyport help pin accept" says how to accept.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{withHint(`run "sallyport pin --help"`, "unknown verb %q after pin", args[0])}
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(newPinListCommand(), newPinShowCommand(), newPinDiffCommand(), newPinAcceptCommand(), newPinRemoveCommand())
	return cmd
}

// noServer is the error of a verb that names a server that nobody knows.
func noServer(p places, name string) error {
	return withHint(`run "sallyport pin list" for those that are known, or "sallyport pin accept NAME -- COMMAND" for a new one`, "nothing is known of a server %q", name)
}

func checkServerName(name string) error {
	if !validName(name) {
		return usageError{withHint(`run "sallyport pin list" for the names`, "%q is no name for a server", name)}
	}
	return nil
}

// A state is a server as pin list shows it.
type state struct {
	Server   string    `json:"server"`
	State    string    `json:"state"` // accepted, drift, proposed, blocked, broken
	Tools    int       `json:"tools"`
	Other    int       `json:"other"` // prompts, resources, and the rest
	Launches int       `json:"launches"`
	Changes  int       `json:"changes"` // items that differ from what was accepted
	Since    time.Time `json:"since"`   // the file was written
	Problem  string    `json:"problem,omitempty"`
}

func newPinListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the servers with their pins",
		Long: `List the servers that have a pin or a proposal: accepted, drift (something is not
as accepted and is held), proposed (nobody has accepted it yet), blocked, broken
(its file cannot be used, and the server is not started).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := currentPlaces()
			if err != nil {
				return err
			}
			states, err := listPins(p)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), states)
			}
			return printStates(cmd.OutOrStdout(), states)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

func listPins(p places) ([]state, error) {
	names, err := p.pins().List()
	if err != nil {
		return nil, err
	}
	proposed, err := p.proposals().List()
	if err != nil {
		return nil, err
	}
	for _, name := range proposed {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	states := []state{}
	for _, name := range names {
		states = append(states, stateOf(p, name))
	}
	return states, nil
}

func stateOf(p places, name string) state {
	s := state{Server: name, State: "accepted"}
	accepted, err := p.pins().Load(name)
	path := p.pins().Path(name)
	if err != nil {
		s.State, s.Problem = "broken", err.Error()
		return s
	}
	proposal, err := p.proposals().Load(name)
	shown := accepted
	switch {
	case accepted != nil && accepted.Blocked != "":
		s.State, s.Problem = "blocked", accepted.Blocked
	case !accepted.Accepted():
		s.State, shown, path = "proposed", proposal, p.proposals().Path(name)
	case proposal != nil && err == nil:
		if s.Changes = len(pin.Diff(accepted, proposal)) + len(pin.NewLaunches(accepted, proposal)); s.Changes > 0 {
			s.State = "drift"
		}
	}
	if shown != nil {
		s.Launches, s.Tools = len(shown.Launches), len(shown.Keys(pin.Tools))
		s.Other = len(shown.Items) - s.Tools
	}
	if info, err := os.Stat(path); err == nil {
		s.Since = info.ModTime().UTC().Truncate(time.Second)
	}
	return s
}

func newPinRemoveCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove SERVER",
		Short: "forget a server: it is as if it was never accepted",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkServerName(args[0]); err != nil {
				return err
			}
			p, err := currentPlaces()
			if err != nil {
				return err
			}
			return removePin(cmd.OutOrStdout(), p, args[0], yes)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func removePin(out io.Writer, p places, name string, yes bool) error {
	_, errAccepted := os.Lstat(p.pins().Path(name))
	_, errProposed := os.Lstat(p.proposals().Path(name))
	if errAccepted != nil && errProposed != nil {
		return noServer(p, name)
	}
	if accepted, err := p.pins().Load(name); err == nil && accepted != nil && accepted.Blocked != "" {
		return withHint("run \"sallyport block --lift "+wrap.ShellWord(name)+"\" first", "server %q is blocked: %s", name, accepted.Blocked)
	}
	if !yes {
		if err := confirm(fmt.Sprintf("Forget what was accepted of server %q? Its calls are refused until it is accepted anew.", name)); err != nil {
			return err
		}
	}
	if err := errors.Join(p.pins().Remove(name), p.proposals().Remove(name)); err != nil {
		return err
	}
	fmt.Fprintf(out, "forgot server %q\n", name)
	tellSessions(out, p, name)
	return nil
}

// othersOf are the pins of all other servers; those that cannot be read are left out, since they cannot be started either.
func othersOf(p places, name string) []*pin.Pin {
	names, err := p.pins().List()
	if err != nil {
		return nil
	}
	var others []*pin.Pin
	for _, other := range names {
		if accepted, err := p.pins().Load(other); other != name && err == nil && accepted.Accepted() {
			others = append(others, accepted)
		}
	}
	return others
}

// viewOf are the rules for a server, for the classes that packs and the user have for its tools.
func viewOf(name string) (*rules.View, error) {
	policy, _, err := policyHere(nil)
	if err != nil {
		return nil, err
	}
	return policy.View(name, ""), nil
}

// acceptHint is what to type to accept all that is proposed of a server.
func acceptHint(name string) string { return "sallyport pin accept " + wrap.ShellWord(name) }

// pinsPath shortens the path of a pin file for people.
func pinsPath(p places, name string) string {
	path := p.pins().Path(name)
	if rel, err := filepath.Rel(p.home, path); err == nil && filepath.IsLocal(rel) {
		return "~/" + filepath.ToSlash(rel)
	}
	return path
}
