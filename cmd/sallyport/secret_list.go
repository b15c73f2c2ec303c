package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sallyport/keyring"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/pin/origin"
)

// A kept is a secret as secret list shows it.
type kept struct {
	Name   string          `json:"name"`
	Store  string          `json:"store"`
	Set    time.Time       `json:"set"`
	Owners []keyring.Owner `json:"owners"`
}

func newSecretListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list names and owners, never values",
		Long: `List the secrets that sallyport keeps: where, since when, and which variables of which
servers may have them. "2 commands" says to how many command lines of it a person gave
it, beside those of the server's pin.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := currentPlaces()
			if err != nil {
				return err
			}
			index, err := keyring.LoadIndex(p.secretsFile())
			if err != nil {
				return err
			}
			list := []kept{}
			for _, name := range slices.Sorted(maps.Keys(index.Secrets)) {
				e := index.Secrets[name]
				if e.Owners == nil {
					e.Owners = []keyring.Owner{}
				}
				list = append(list, kept{name, e.Store, e.Set, e.Owners})
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), list)
			}
			return printSecrets(cmd.OutOrStdout(), list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

func printSecrets(out io.Writer, list []kept) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "No secrets.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTORE\tAGE\tOWNERS")
	for _, s := range list {
		var owners []string
		for _, o := range s.Owners {
			text := scan.VisibleLine(o.Server+":"+o.Variable, 120)
			switch n := len(o.Launches); {
			case n == 1:
				text += " (1 command)"
			case n > 1:
				text += fmt.Sprintf(" (%d commands)", n)
			}
			owners = append(owners, text)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, s.Store, ageText(s.Set), strings.Join(owners, ", "))
	}
	return w.Flush()
}

func newSecretRemoveCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "remove NAME",
		Short:   "forget a secret and its owners",
		Long:    `Remove a secret from where it is kept. Says who uses it, and asks.`,
		Example: `  sallyport secret remove github`,
		Args:    oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return removeSecret(cmd.OutOrStdout(), args[0], yes)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func removeSecret(out io.Writer, name string, yes bool) error {
	s, err := openSecrets()
	if err != nil {
		return err
	}
	index, err := keyring.LoadIndex(s.places.secretsFile())
	if err != nil {
		return err
	}
	entry, listed := index.Secrets[name]
	if listed && entry.Store != s.kind {
		return withHint(fmt.Sprintf("write \"secrets: {store: %s}\" into your rules.yaml, run it again, and change it back", entry.Store),
			"the secret %q is in the %s, and your rules name the %s", name, storeText(entry.Store), storeText(s.kind))
	}
	for _, o := range entry.Owners {
		warningf("server %q uses it as %s, and will not start without it", o.Server, o.Variable)
	}
	if !yes {
		if err := confirm(fmt.Sprintf("Remove the secret %q?", name)); err != nil {
			return fmt.Errorf("the secret %q stays: %w", name, err)
		}
	}
	err = patiently(func(ctx context.Context) error { return s.store.Remove(ctx, name) })
	switch {
	case errors.Is(err, keyring.ErrNotFound) && !listed:
		return withHint(`"sallyport secret list" has the names`, "there is no secret %q", name)
	case err != nil && !errors.Is(err, keyring.ErrNotFound):
		return fmt.Errorf("removing the secret %q: %w", name, err)
	}
	err = keyring.UpdateIndex(s.places.secretsFile(), func(i *keyring.Index) error {
		delete(i.Secrets, name)
		return nil
	})
	if err == nil {
		fmt.Fprintf(out, "Removed %q.\n", name)
	}
	return err
}

func newSecretTieCommand() *cobra.Command {
	var named []string
	cmd := &cobra.Command{
		Use:   "tie NAME SERVER:VARIABLE [-- COMMAND [ARG…]]",
		Short: "give a secret to a variable of a server",
		Long: `Say that a variable of a server may have a secret. "args" as the variable stands for
the server's command line.

With -- COMMAND also this command line of the server may have it, though nobody has
pinned it: the words, and the program, script or package with its content as it is now
(a package is installed, and nothing of it started), in this folder where that says what runs, with the
variables that its entry names (--env) as they are set here. Otherwise it has to be one
that you accepted with the server's pin.`,
		Example: `  sallyport secret tie github github:GITHUB_TOKEN
  sallyport secret tie db postgres:PGPASSWORD -- uvx postgres-mcp`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var command []string
			if dash := cmd.ArgsLenAtDash(); dash >= 0 {
				args, command = args[:dash], args[dash:]
			}
			if len(args) != 2 {
				return usageError{withHint("write sallyport secret tie NAME SERVER:VARIABLE", "a name and an owner are needed")}
			}
			if err := oneName(cmd, args[:1]); err != nil {
				return err
			}
			owners, err := ownersOf(args[1:])
			if err != nil {
				return err
			}
			return tieSecret(cmd.OutOrStdout(), args[0], owners[0], tied{command: command, named: named, lookup: os.LookupEnv, secrets: []string{owners[0].Variable}, install: true})
		},
	}
	cmd.Flags().StringArrayVar(&named, "env", nil, "a variable that the client's entry sets; may be repeated")
	return cmd
}

func tieSecret(out io.Writer, name string, o keyring.Owner, t tied) error {
	p, err := currentPlaces()
	if err != nil {
		return err
	}
	launch := ""
	if len(t.command) > 0 {
		if launch, err = launchOf(p, t); err != nil {
			return err
		}
	}
	err = keyring.UpdateIndex(p.secretsFile(), func(i *keyring.Index) error {
		if _, ok := i.Secrets[name]; !ok {
			return withHint(fmt.Sprintf("run \"sallyport secret set %s --for %s\"", name, wrap.ShellWord(o.Server+":"+o.Variable)), "there is no secret %q", name)
		}
		i.Tie(name, o.Server, o.Variable, launch)
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Server %q may have %q as %s.\n", scan.VisibleLine(o.Server, 80), name, o.Variable)
	if len(t.command) > 0 {
		fmt.Fprintf(out, "So may this command of it: %s\n", scan.VisibleLine(commandText(t.command), 0))
		if spec, floating := origin.Floating(t.command); floating {
			hintf("%q names no exact version, so each start may run another one: \"sallyport pin accept %s -- %s\" keeps to one",
				spec, wrap.ShellWord(o.Server), commandText(t.command))
		}
	}
	return nil
}

func newSecretUntieCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "untie NAME SERVER[:VARIABLE]",
		Short:   "take a secret from a server",
		Long:    `Take back what "secret set --for", "secret tie" or an answer gave. Sessions that run have the value until they end.`,
		Example: `  sallyport secret untie github github`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneName(cmd, args[:1]); err != nil {
				return err
			}
			p, err := currentPlaces()
			if err != nil {
				return err
			}
			server, variable := args[1], ""
			if owners, err := ownersOf(args[1:]); err == nil {
				server, variable = owners[0].Server, owners[0].Variable
			}
			err = keyring.UpdateIndex(p.secretsFile(), func(i *keyring.Index) error {
				if !i.Untie(args[0], server, variable) {
					return withHint(`"sallyport secret list" has the owners`, "%q does not own %q", scan.VisibleLine(args[1], 120), args[0])
				}
				return nil
			})
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%q no longer owns %q.\n", scan.VisibleLine(args[1], 120), args[0])
			}
			return err
		},
	}
}
