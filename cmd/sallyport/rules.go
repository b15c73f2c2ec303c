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
		Long: `Rules decide what passes. They are in ~/.config/sallyport/rules.yaml; answers.yaml
beside it holds what you answered "always" to; a project's .sallyport.yaml may add
rules that deny, ask, mask or hide, nothing else.

    version: 1
    use: [base, filesystem, git]     # packs that come with sallyport
    default: {read: allow, write: ask, destructive: ask}
    servers:
      docs: {like: filesystem}       # another name for a server that a pack knows
    rules:
      - name: no-secrets-folder
        when: 'any(paths(args), under(#, "~/work/secrets"))'
        do: deny
        because: that folder is not for models
      - name: no-force-push
        when: 'any(commands(args), .name == "git" and "--force" in .flags)'
        do: ask
      - name: few
        when: 'tool.name == "search"'
        set: {limit: {max: 50, default: 10}}
      - name: no-tokens
        mask: [secrets, {matches: 'ACME-[0-9]+'}]
      - name: no-admin
        when: 'tool.name startsWith "admin_"'
        hide: tools

A call is judged by every rule that looks at it, and the strictest wins: deny
before ask before allow. Where no rule matches, the default for the tool's class
applies; a tool of unknown class counts as one that writes. An expression that
fails denies: "x" in args and arg("x", default) say what is meant where an
argument may be missing.

set changes arguments of calls, mask what servers say (results, errors,
notifications), hide takes definitions out of lists and refuses their use. What
was changed is in the log.

"rules explain --functions" lists what expressions may call, "rules check --packs"
the servers that the packs know.`,
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
