package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/audit"
)

func newRulesReplayCommand() *cobra.Command {
	var session string
	var files []string
	cmd := &cobra.Command{
		Use:   "replay [SESSION]",
		Short: "judge a recorded session by the rules of now, and say what would differ",
		Long: `Judge the requests of a session in the log, the newest by default, by the rules
that hold here now, and print those that would be decided differently. The
session has to be recorded with "log: {arguments: true}". Paths are resolved on
this machine, as it is now. Exit status 1 if anything differs.`,
		Example: `    $ sallyport rules replay 3f2a9c81d04b --rules stricter.yaml
    14:22:31 push_files of github: was pass, would be ask by no-pushes (stricter.yaml:4)
    41 requests, 1 differs`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				session = args[0]
			}
			return replay(cmd.OutOrStdout(), session, files)
		},
	}
	cmd.Flags().StringArrayVar(&files, "rules", nil, "a further rule file")
	return cmd
}

func replay(out io.Writer, session string, files []string) error {
	f, err := findSession(session)
	if err != nil {
		return err
	}
	policy, facts, err := policyHere(files)
	if err != nil {
		return err
	}
	r := replayer{out: out, policy: policy, facts: facts, held: map[string]rules.Notes{}, edits: map[string]bool{}, classes: newAccepted()}
	for _, rule := range policy.Rules() {
		r.edits[rule.Name] = rule.Does == "hide" || rule.Does == "set"
	}
	for rec, err := range audit.Read(f.Path) {
		if err != nil {
			return err
		}
		if rec.Event == "start" && !rec.Arguments {
			return withHint(`add "log: {arguments: true}" to your rules, and record a session`, "session %s was recorded without arguments", f.ID)
		}
		r.record(rec)
	}
	differ := "differ"
	if r.differ == 1 {
		differ = "differs"
	}
	fmt.Fprintf(out, "%d requests, %d %s\n", r.requests, r.differ, differ)
	if r.differ > 0 {
		return exitStatus(1)
	}
	return nil
}

// replayer judges the requests of one session in their order.
type replayer struct {
	out              io.Writer
	policy           *rules.Policy
	facts            rules.Facts
	judge            *rules.Judge
	held             map[string]rules.Notes // of requests that were held, by id: their answer is another line
	edits            map[string]bool        // rules that set or hide
	classes          *accepted
	requests, differ int
}

func (r *replayer) record(rec audit.Record) {
	if rec.Event == "start" {
		r.facts = asThen(r.facts, rec)
	}
	if rec.Direction != "c2s" || rec.Method == "" || len(rec.ID) == 0 || rec.Decision == "drop" || rec.Decision == "note" {
		return
	}
	id := string(rec.ID)
	if notes, held := r.held[id]; held {
		if delete(r.held, id); rec.Decision == "pass" {
			r.facts.History.Add(rec.Time, notes) // a person allowed it
		}
		return
	}
	if rec.Decision == "refuse" && (rec.Rule == "" || r.edits[rec.Rule] || strings.HasPrefix(rec.Rule, "pins/")) {
		return // refused by the protocol, by what an edit does, or by a pin: no verdict
	}
	if rec.Decision == "hold" && rec.Rule == "" {
		return // it waited for a look at the server; its verdict is another line
	}
	if r.judge == nil {
		r.judge = r.policy.View(rec.Server, rec.Client).NewJudge(r.facts)
	}
	r.requests++
	w := rules.World{Method: rec.Method, Tool: rec.Tool, Args: rec.Values, Time: rec.Time, Class: r.classes.class(rec.Server, rec.Tool)}
	w.On, w.Default = wrap.Stance(rec.Method)
	var d rules.Decision
	if w.On == rules.Call {
		d, _ = r.judge.DecideCall(&w)
	} else {
		d = r.judge.Decide(&w)
	}
	if rec.Decision == "hold" {
		r.held[id] = w.Notes
	} else if d.Action == rules.Allow {
		r.facts.History.Add(rec.Time, w.Notes)
	}
	was := map[string]rules.Action{"pass": rules.Allow, "edit": rules.Allow, "hold": rules.Ask, "refuse": rules.Deny}[rec.Decision]
	if was == d.Action {
		return
	}
	r.differ++
	what := rec.Tool
	if what == "" {
		what = rec.Method
	}
	line := fmt.Sprintf("%s %s of %s: was %s", rec.Time.Local().Format("15:04:05"), scan.VisibleLine(what, 80), scan.VisibleLine(rec.Server, 80), was)
	if rec.Rule != "" {
		line += " by " + scan.VisibleLine(rec.Rule, 80)
	}
	line += ", would be " + d.Action.String() + " by " + d.Rule
	if d.At != "" {
		line += " (" + d.At + ")"
	}
	fmt.Fprintln(r.out, line)
}
