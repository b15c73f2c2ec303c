package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/audit"
	"sallyport/wrap/pin"
)

func newBlockCommand() *cobra.Command {
	var lift, asJSON bool
	var reason string
	cmd := &cobra.Command{
		Use:   "block SERVER",
		Short: "stop a server now, and say what it touched",
		Long: `End the live sessions of a server, refuse to start it from now on, and print what
it got to do, from the log: tools and how often, paths and hosts where the log has
arguments ("log: {arguments: true}" in your rules), and the variables that it was
given and that hold secrets: those are to be changed where they were issued.

--lift takes the block back. What was accepted before is accepted again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkServerName(args[0]); err != nil {
				return err
			}
			p, err := currentPlaces()
			if err != nil {
				return err
			}
			if lift {
				return liftBlock(cmd.OutOrStdout(), p, args[0])
			}
			return block(cmd.OutOrStdout(), p, args[0], reason, asJSON)
		},
	}
	cmd.Flags().BoolVar(&lift, "lift", false, "take the block back")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what it touched as JSON")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the error that its clients get")
	return cmd
}

// block does first what cannot wait. That the log or the rules cannot be read keeps nobody from it.
func block(out io.Writer, p places, name, reason string, asJSON bool) error {
	why := "you blocked it on " + time.Now().UTC().Format(time.DateOnly)
	if reason != "" {
		why += ": " + scan.VisibleLine(reason, 200)
	}
	// The pin comes first: a session that ends may be started anew at once.
	var names map[string]bool
	err := p.pins().Update(name, func(old *pin.Pin) (*pin.Pin, error) {
		blocked := &pin.Pin{}
		if old != nil {
			blocked = old.Clone()
			names = secretNames(old)
		}
		blocked.Blocked = why
		return blocked, nil
	})
	if err != nil {
		return err
	}
	var ended []string
	ctx, cancel := context.WithTimeout(context.Background(), liveTime)
	defer cancel()
	for _, s := range sessionsOf(p, name) {
		if err := s.End(ctx, why); err != nil {
			warningf("ending session %s, process %d: %v", scan.VisibleLine(s.Session, 40), s.PID, err)
			continue
		}
		ended = append(ended, s.Session)
	}
	touched, err := touchedBy(p, name)
	if err != nil {
		warningf("server %q is blocked, but what it touched cannot be told: %v", name, err)
		return exitStatus(1)
	}
	touched.Ended = append(touched.Ended, ended...)
	for variable := range names {
		touched.secret(variable)
	}
	if asJSON {
		return writeJSON(out, touched)
	}
	touched.print(newPage(out))
	return nil
}

func liftBlock(out io.Writer, p places, name string) error {
	err := p.pins().Update(name, func(old *pin.Pin) (*pin.Pin, error) {
		if old == nil || old.Blocked == "" {
			return nil, withHint(`run "sallyport pin list" for those that are`, "server %q is not blocked", name)
		}
		lifted := old.Clone()
		lifted.Blocked = ""
		return lifted, nil
	})
	if err != nil {
		return err
	}
	accepted, err := p.pins().Load(name)
	if err != nil {
		return err
	}
	if !accepted.Accepted() {
		if err := p.pins().Remove(name); err != nil {
			return err
		}
		fmt.Fprintf(out, "server %q is not blocked any more; nobody has accepted it\n", name)
		return nil
	}
	fmt.Fprintf(out, "server %q is not blocked any more; what was accepted holds: %s\n", name, counts(accepted))
	return nil
}

// A touch is what a server got to do.
type touch struct {
	Server    string         `json:"server"`
	Ended     []string       `json:"ended"` // sessions
	Sessions  int            `json:"sessions"`
	First     time.Time      `json:"first"`
	Last      time.Time      `json:"last"`
	Tools     map[string]int `json:"tools"` // calls that passed
	Refused   int            `json:"refused"`
	Paths     []string       `json:"paths"`
	Hosts     []string       `json:"hosts"`
	Secrets   []string       `json:"secrets"` // variables that held secrets
	Arguments bool           `json:"arguments"`

	paths, hosts, secrets map[string]bool
}

// touchedBy reads the whole log of a server.
func touchedBy(p places, name string) (*touch, error) {
	view, err := viewOf(name)
	if err != nil {
		return nil, err
	}
	files, err := audit.List(p.logDir())
	if err != nil {
		files = nil // there is no log yet
	}
	t := &touch{Server: name, Ended: []string{}, Tools: map[string]int{}, paths: map[string]bool{}, hosts: map[string]bool{}, secrets: map[string]bool{}}
	for variable := range view.Server().Env {
		t.secret(variable)
	}
	for _, f := range files {
		facts := factsOf(p.home, p.home)
		for r, err := range audit.Read(f.Path) {
			if err != nil || r.Server != name {
				break
			}
			t.add(view, &facts, r)
		}
	}
	t.Paths, t.Hosts = slices.Sorted(maps.Keys(t.paths)), slices.Sorted(maps.Keys(t.hosts))
	return t, nil
}

func (t *touch) add(view *rules.View, facts *rules.Facts, r audit.Record) {
	switch {
	case r.Event == "start":
		t.Sessions++
		t.Arguments = t.Arguments || r.Arguments
		if t.First.IsZero() {
			t.First = r.Time
		}
		if r.Cwd != "" {
			facts.Cwd, facts.Roots = r.Cwd, r.Roots
		}
	case isRefused(r):
		t.Refused++
	case r.Direction == "c2s" && r.Tool != "" && (r.Decision == "pass" || r.Decision == "edit"):
		t.Tools[scan.VisibleLine(r.Tool, 80)]++
		if len(r.Values) > 0 {
			paths, hosts := view.Touched(*facts, r.Values)
			for _, path := range paths {
				t.paths[path] = true
			}
			for _, host := range hosts {
				t.hosts[host] = true
			}
		}
	}
	t.Last = r.Time
}

func (t *touch) secret(name string) {
	if !t.secrets[name] {
		t.secrets[name] = true
		t.Secrets = append(t.Secrets, name)
		slices.Sort(t.Secrets)
	}
}

// secretNames are the variables of accepted launches whose values were taken for secrets.
func secretNames(p *pin.Pin) map[string]bool {
	names := map[string]bool{}
	for _, l := range p.Launches {
		for name, digest := range l.Env {
			if digest == "" {
				names[name] = true
			}
		}
	}
	return names
}

func (t *touch) print(p *page) {
	p.printf("server %q is blocked: it is not started any more", t.Server)
	if n := len(t.Ended); n > 0 {
		p.printf(", and %s of it ended", plural(n, "session", "sessions"))
	}
	p.printf("\n")
	if t.Sessions == 0 {
		p.printf("The log knows no session of it. If that is not how it is called, run\n\"sallyport block --lift %s\", and \"sallyport pin list\" for the names.\n", wrap.ShellWord(t.Server))
		return
	}
	p.printf("\nIt ran %s, from %s to %s.\n", plural(t.Sessions, "time", "times"), t.First.Local().Format("2006-01-02 15:04"), t.Last.Local().Format("2006-01-02 15:04"))
	p.printf("\ncalls that passed (%d frames of it were refused)\n", t.Refused)
	for _, tool := range slices.Sorted(maps.Keys(t.Tools)) {
		p.printf("  %5d  %s\n", t.Tools[tool], tool)
	}
	for _, list := range []struct {
		what  string
		items []string
	}{{"paths that calls named", t.Paths}, {"hosts that calls named", t.Hosts}} {
		if len(list.items) > 0 {
			p.printf("\n%s\n", list.what)
		}
		for _, item := range list.items {
			p.printf("  %s\n", scan.VisibleLine(item, 200))
		}
	}
	if !t.Arguments {
		p.printf("\nThe log has no arguments, so paths and hosts are not known. To have them the\nnext time, write in your rules: log: {arguments: true}\n")
	}
	if len(t.Secrets) > 0 {
		p.printf("\nIt was given secrets in these variables: change them where they were issued\n  %s\n", strings.Join(t.Secrets, "\n  "))
	}
	p.printf("\nTo let it start again: sallyport block --lift %s\n", wrap.ShellWord(t.Server))
}
