package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sallyport/approve"
)

// A liveSession is a session as status shows it.
type liveSession struct {
	approve.Status
	OldRules bool `json:"old_rules"` // a rule file was changed after it began
}

func newStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show the live sessions",
		Long: `Show the sessions that live: client, server, age, calls that passed, refusals, open
questions, and what is odd about them: OBSERVING, rules that were changed after the
session began (restart its client), another version of sallyport.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := currentPlaces()
			if err != nil {
				return err
			}
			list := []liveSession{}
			changed := rulesChanged(p)
			for _, s := range sessionsOf(p, "") {
				list = append(list, liveSession{s.Status, changed.After(s.Started)})
			}
			slices.SortFunc(list, func(a, b liveSession) int {
				return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Session, b.Session))
			})
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), list)
			}
			return printSessions(cmd.OutOrStdout(), list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

// rulesChanged is when one of the user's rule files was written last; answers reach sessions while they live.
func rulesChanged(p places) (last time.Time) {
	files := []string{p.rulesFile()}
	if policy, _, err := loadPolicy(p, nil, p.config); err == nil {
		files = append(files, policy.Files()...)
	}
	for _, path := range files {
		if info, err := os.Stat(path); err == nil && path != p.answersFile() && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last
}

func printSessions(out io.Writer, list []liveSession) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "No live sessions.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SESSION\tSERVER\tCLIENT\tAGE\tCALLS\tREFUSED\tQUESTIONS\t")
	for _, s := range list {
		odd := ""
		if s.Observing {
			odd = "OBSERVING "
		}
		if s.OldRules {
			odd += "older rules: restart the client "
		}
		if s.Version != versionText() {
			odd += "sallyport " + shown(s.Version)
		}
		age := time.Since(s.Started).Round(time.Second)
		fmt.Fprintf(w, "%s\t%s\t%s\t%v\t%d\t%d\t%d\t%s\n", shown(s.Session), shown(s.Server), shown(clientName(s.Client)), age, s.Calls, s.Refused, s.Open, odd)
	}
	return w.Flush()
}
