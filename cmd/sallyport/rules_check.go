package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sallyport/rules"
)

// checking is what rules check was asked for.
type checking struct {
	show                  string
	schema, asJSON, packs bool
}

func newRulesCheckCommand() *cobra.Command {
	var c checking
	cmd := &cobra.Command{
		Use:   "check [FILE…]",
		Short: "say whether rule files are in order, and what is in force",
		Long: `Load the rule files that wrap would load here, and the FILEs, and say whether they
are in order. An error names file, line and column. What is in force is listed
with the place where it stands, strictest first; what its author hardly meant (a
rule that never matches or never decides, a condition that refuses calls without
an argument) is warned of.

--packs lists the packs that ship with sallyport: for which servers, under which
names, and against which releases of them they were written. A server that has
another name in your configuration gets their rules by servers: {NAME: {like: …}}.
--show prints a pack, --schema the JSON Schema of rule files for your editor:

    sallyport rules check --schema > ~/.config/sallyport/rules.schema.json

and in the first line of rules.yaml

    # yaml-language-server: $schema=rules.schema.json`,
		Example: `    $ sallyport rules check
    rules are in order: rules.yaml, pack base, pack git
    deny   base/keys        base:12        call, resource, prompt
    ask    git/force-push   git:40         call
    allow  tests            rules.yaml:9   call
    default: read allow, write ask, destructive ask
    pins: first sight show, drift that passes: wording
    $ sallyport rules check --show base`,
		RunE: func(cmd *cobra.Command, files []string) error {
			return c.run(cmd.OutOrStdout(), files)
		},
	}
	cmd.Flags().StringVar(&c.show, "show", "", "print the pack of this name")
	cmd.Flags().BoolVar(&c.schema, "schema", false, "print the JSON Schema of rule files")
	cmd.Flags().BoolVar(&c.asJSON, "json", false, "print the rules in force as a JSON array")
	cmd.Flags().BoolVar(&c.packs, "packs", false, "list the packs, and the servers that they were written against")
	cmd.MarkFlagsMutuallyExclusive("show", "schema", "json")
	cmd.MarkFlagsMutuallyExclusive("show", "schema", "packs")
	return cmd
}

func (c checking) run(out io.Writer, files []string) error {
	switch {
	case c.show != "":
		text, err := rules.Pack(c.show)
		if err != nil {
			return withHint("there are: "+strings.Join(rules.Packs(), ", "), "showing pack %q: %v", c.show, err)
		}
		_, err = out.Write(text)
		return err
	case c.packs:
		return printPacks(out, c.asJSON)
	case c.schema:
		_, err := out.Write(rules.Schema())
		return err
	}
	policy, _, err := policyHere(files)
	if err != nil {
		return err
	}
	for _, w := range policy.Warnings() {
		about := w.At
		if w.Rule != "" {
			about += ": " + w.Rule
		}
		warningf("%s: %s", about, w.Text)
	}
	if c.asJSON {
		return writeJSON(out, policy.Rules())
	}
	return printPolicy(out, policy)
}

func printPacks(out io.Writer, asJSON bool) error {
	list := rules.WrittenAgainst()
	if asJSON {
		return writeJSON(out, list)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PACK\tSERVER\tTOOLS\tWRITTEN AGAINST")
	for _, w := range list {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s %s\n", w.Pack, w.Server, w.Tools, w.Package, w.Version)
	}
	return table.Flush()
}

func printPolicy(out io.Writer, policy *rules.Policy) error {
	fmt.Fprintf(out, "rules are in order: %s\n", strings.Join(policy.Files(), ", "))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range policy.Rules() {
		about := strings.Join(r.On, ", ")
		if r.Answers != "" {
			about = "answers " + r.Answers
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Does, r.Name, r.At, about)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	defaults := policy.Defaults()
	parts := make([]string, 0, len(defaults))
	for _, class := range []string{"read", "write", "destructive"} {
		d := defaults[class]
		text := class + " " + d.Action.String()
		if d.At != "" {
			text += " (" + d.At + ")"
		}
		parts = append(parts, text)
	}
	fmt.Fprintf(out, "default: %s\n", strings.Join(parts, ", "))
	for _, line := range policy.Pinning() {
		fmt.Fprintf(out, "pins: %s\n", line)
	}
	if policy.OnlyPinned() {
		fmt.Fprintln(out, "servers: only those with an accepted pin start")
	}
	return nil
}
