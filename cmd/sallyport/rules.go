package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sallyport/rules"
)

func newRulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "check, test and explain rules",
		Long: `Rules decide what passes. They are in ~/.config/sallyport/rules.yaml; a project's
.sallyport.yaml may add rules that deny or ask, nothing else.

    version: 1
    use: [base, filesystem]          # packs that come with sallyport
    default: {read: allow, write: ask, destructive: ask}
    rules:
      - name: no-secrets-folder
        when: 'any(paths(args), under(#, "~/work/secrets"))'
        do: deny
        because: that folder is not for models

A call is judged by every rule that looks at it, and the strictest wins: deny
before ask before allow. Where no rule matches, the default for the tool's class
applies; a tool of unknown class counts as one that writes.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{withHint(`run "sallyport rules --help"`, "unknown verb %q after rules", args[0])}
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(newRulesCheckCommand(), newRulesTestCommand(), newRulesExplainCommand(), newRulesReplayCommand())
	return cmd
}

func newRulesTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test [FILE…]",
		Short: "run the tests that rule files hold",
		Long: `Run the tests: of the rule files that wrap would load here, and of the FILEs.
Exit status 1 if one fails.`,
		RunE: func(cmd *cobra.Command, files []string) error {
			policy, facts, err := policyHere(files)
			if err != nil {
				return err
			}
			results, failed := policy.Test(facts), 0
			for _, r := range results {
				if !r.OK() {
					failed++
					fmt.Fprintln(cmd.OutOrStdout(), r)
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d tests, %d failed\n", len(results), failed)
			if failed > 0 {
				return exitStatus(1)
			}
			return nil
		},
	}
}

// policyHere loads the rules that hold in the working folder.
func policyHere(files []string) (*rules.Policy, rules.Facts, error) {
	p, err := currentPlaces()
	if err != nil {
		return nil, rules.Facts{}, err
	}
	cwd, err := workingFolder()
	if err != nil {
		return nil, rules.Facts{}, err
	}
	policy, _, err := loadPolicy(p, files, cwd)
	return policy, factsOf(p.home, cwd), err
}
