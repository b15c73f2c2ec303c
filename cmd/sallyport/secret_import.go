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

	"github.com/spf13/cobra"

	"sallyport/keyring"
	"sallyport/rules/scan"
	"sallyport/wrap/client"
)

func newSecretImportCommand() *cobra.Command {
	var dryRun, yes bool
	cmd := &cobra.Command{
		Use:   "import [CLIENT…]",
		Short: "move plain keys out of the clients' configurations",
		Long: `Look for values that look like credentials, by their name and by their shape, in the
configurations of the clients on this machine: in variables, arguments and headers.
Shows what would be moved and where to, never a value, and asks.

A value is moved where sallyport stands in front of the server: it goes where secrets
are kept, its owner is the server's variable with the command that stands there, and
keyring:NAME stands in its place. Nothing else of the file changes. A value that several
servers have becomes one secret with several owners. Variables like ${input:key} are
left alone, and so are configurations of projects unless their client is named.

Clients: ` + strings.Join(clientNames(), " "),
		Example: `  sallyport secret import --dry-run
  sallyport secret import cursor`,
		Args: func(_ *cobra.Command, args []string) error {
			for _, name := range args {
				if !slices.Contains(clientNames(), name) {
					return usageError{withHint("clients: "+strings.Join(clientNames(), " "), "%q is no client that sallyport knows", scan.VisibleLine(name, 80))}
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return importSecrets(cmd.OutOrStdout(), args, dryRun, yes)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show it, and change nothing")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func clientNames() (names []string) {
	for _, row := range client.Clients {
		if !slices.Contains(names, row.Client) {
			names = append(names, row.Client)
		}
	}
	return names
}

// configurations reads the files of clients; none for all but those of projects. A file that cannot be read is told, and left out.
func configurations(clients []string) (list []*client.Document, broken int) {
	env, err := searched()
	if err != nil {
		warningf("%v", err)
		return nil, 1
	}
	files := slices.DeleteFunc(client.Find(env), func(f client.File) bool {
		return len(clients) > 0 && !slices.Contains(clients, f.Client) || len(clients) == 0 && f.Scope == client.Project
	})
	return documents(files)
}

func importSecrets(out io.Writer, clients []string, dryRun, yes bool) error {
	docs, broken := configurations(clients)
	var finds []find
	for _, d := range docs {
		for _, e := range d.Entries {
			if e.Odd() == "" {
				finds = append(finds, findsOf(d, e)...)
			}
		}
	}
	if len(finds) == 0 {
		fmt.Fprintf(out, "No plain keys in %d configurations.\n", len(docs))
		return brokenError(broken)
	}
	s, err := openSecrets()
	if err != nil {
		return err
	}
	moves := slices.DeleteFunc(slices.Clone(finds), func(f find) bool { return f.why != "" })
	if err := s.name(moves); err != nil {
		return err
	}
	printFinds(out, finds, moves)
	switch {
	case len(moves) == 0:
		hintf(`run "sallyport install": it puts sallyport in front of servers, and moves their keys`)
		return brokenError(broken)
	case dryRun:
		fmt.Fprintln(out, "Nothing was changed.")
		return brokenError(broken)
	case !yes:
		if err := confirm(fmt.Sprintf("Move %s?", countOf(len(moves), "value"))); err != nil {
			return err
		}
	}
	if err := s.move(out, moves); err != nil {
		return err
	}
	return brokenError(broken)
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func brokenError(n int) error {
	if n == 0 {
		return nil
	}
	return errors.New(plural(n, "configuration was left as it is: see above", "configurations were left as they are: see above"))
}

// name gives each value a name: that of its server, with the variable where the server has several. One value has one name, in all files,
// and a name that is taken by another value gets a number.
func (s secrets) name(moves []find) error {
	index, err := keyring.LoadIndex(s.places.secretsFile())
	if err != nil {
		return err
	}
	values := map[string]map[string]bool{} // by server
	for _, m := range moves {
		if values[m.server] == nil {
			values[m.server] = map[string]bool{}
		}
		values[m.server][m.value] = true
	}
	names := map[string]string{} // by value
	taken := map[string]string{} // by name
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	for name := range index.Secrets {
		if s.store == nil {
			taken[name] = "\x00" // no value of anybody
			continue
		}
		v, err := s.store.Get(ctx, name)
		if err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return fmt.Errorf("the secret %q: %w", name, err)
		}
		taken[name] = v.Reveal()
		names[v.Reveal()] = name
	}
	for i := range moves {
		m := &moves[i]
		if m.name = names[m.value]; m.name != "" {
			continue
		}
		base := nameFrom(m.server)
		if len(values[m.server]) > 1 {
			base += "-" + nameFrom(m.variable)
		}
		m.name = base
		for n := 2; ; n++ {
			there, err := s.taken(ctx, m.name, taken)
			if err != nil {
				return err
			}
			if !there || taken[m.name] == m.value {
				break
			}
			m.name = fmt.Sprintf("%s-%d", base, n)
		}
		names[m.value], taken[m.name] = m.name, m.value
	}
	return nil
}

// taken reports whether there is a value of a name, be it in the index or not.
func (s secrets) taken(ctx context.Context, name string, known map[string]string) (bool, error) {
	if _, ok := known[name]; ok || s.store == nil {
		return ok, nil
	}
	v, err := s.store.Get(ctx, name)
	if errors.Is(err, keyring.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking whether there is a secret %q: %w", name, err)
	}
	known[name] = v.Reveal()
	return true, nil
}

// nameFrom makes a name of a secret from that of something else.
func nameFrom(text string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '@':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, text)
	if name = strings.Trim(name[:min(len(name), 60)], "-.@"); name == "" {
		return "secret"
	}
	return name
}

func printFinds(out io.Writer, finds, moves []find) {
	n := 0
	var last string
	for _, f := range finds {
		if f.doc.Path != last {
			last = f.doc.Path
			fmt.Fprintf(out, "%s: %s\n", f.doc.Title, scan.VisibleLine(last, 0))
		}
		what := fmt.Sprintf("%s, %d bytes", f.kind, len(f.value))
		where := scan.VisibleLine(f.entry.Server+": "+f.variable, 120)
		if f.why != "" {
			fmt.Fprintf(out, "  %s (%s): stays: %s\n", where, what, f.why)
			continue
		}
		fmt.Fprintf(out, "  %s (%s): becomes keyring:%s\n", where, what, moves[n].name)
		n++
	}
}

// move keeps values, ties them, and writes references into the files: in this order, so that what goes wrong leaves nothing without its
// value.
func (s secrets) move(out io.Writer, moves []find) error {
	edited := map[*client.Document][]byte{}
	changes := make([]client.Change, len(moves))
	for i, m := range moves {
		v := client.Variable{Text: m.text}
		if m.variable != argsVariable {
			v.Name = m.variable
		}
		var err error
		if changes[i], err = m.doc.SetSecret(v, m.before, m.name); err != nil {
			return err
		}
		edited[m.doc] = nil
	}
	for d := range edited {
		b, err := d.Edited()
		if err != nil {
			return fmt.Errorf("%s: %q is left as it is: %w", d.Title, d.Path, err)
		}
		edited[d] = b
	}
	if err := s.keepAll(moves); err != nil {
		return err
	}
	for _, d := range sortedDocs(edited) {
		before, err := s.places.undoRecords().Load(d.File)
		if err == nil {
			err = s.places.undoRecords().Save(d.File, withMoves(before, d, moves, changes))
		}
		if err != nil {
			return err
		}
		if err := d.Write(edited[d]); err != nil {
			return errors.Join(fmt.Errorf("%s: %w; the values are kept, and the file still has them", d.Title, err), s.places.undoRecords().Save(d.File, before))
		}
		fmt.Fprintf(out, "Wrote %s. Restart the servers in %s.\n", scan.VisibleLine(d.Path, 0), d.Title)
	}
	return nil
}

// withMoves adds to the record of a file what uninstall needs to write moved keys as they were.
func withMoves(before *client.Record, d *client.Document, moves []find, changes []client.Change) *client.Record {
	record := *before
	record.Entries = slices.Clone(before.Entries)
	if len(record.Entries) == 0 {
		record.Original = d.Original()
	}
	for i, m := range moves {
		if m.doc != d {
			continue
		}
		u, known := record.Of(m.entry)
		if !known {
			u = client.Undone{Section: m.entry.Section, Server: m.entry.Server, Name: m.server}
		}
		u.Changes = append(slices.Clone(u.Changes), changes[i])
		record.Without(m.entry)
		record.Entries = append(record.Entries, u)
	}
	return &record
}

// keepAll keeps values and ties them.
func (s secrets) keepAll(moves []find) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	kept := map[string]bool{}
	for _, m := range moves {
		if !kept[m.name] {
			if err := s.keep(ctx, m.name, keyring.NewValue([]byte(m.value)), nil); err != nil {
				return err
			}
			kept[m.name] = true
		}
	}
	return keyring.UpdateIndex(s.places.secretsFile(), func(i *keyring.Index) error {
		for _, m := range moves {
			for _, environ := range append(m.environs, nil)[:max(1, len(m.environs))] {
				t := m.launch(moves)
				t.environ = environ
				launch, err := launchOf(s.places, t)
				if err != nil {
					launch = "" // the client's own search path may have it; it is asked about
				}
				i.Tie(m.name, m.server, m.variable, launch)
			}
		}
		return nil
	})
}

// launch is the command line of a find once all are moved.
func (f find) launch(moves []find) tied {
	t := tied{command: slices.Clone(f.wrapped.command), named: f.wrapped.named, known: f.origin, dir: f.dir}
	for _, m := range moves {
		if m.doc != f.doc || m.entry.Section != f.entry.Section || m.entry.Server != f.entry.Server {
			continue
		}
		if m.variable != argsVariable {
			t.secrets = append(t.secrets, m.variable)
			continue
		}
		for i, arg := range t.command {
			if arg == m.text.Value {
				t.command[i] = m.before + "keyring:" + m.name
			}
		}
	}
	t.lookup = func(name string) (string, bool) {
		for _, v := range f.entry.Env {
			if v.Name == name {
				return v.Value, true
			}
		}
		return os.LookupEnv(name)
	}
	return t
}

func sortedDocs(m map[*client.Document][]byte) []*client.Document {
	return slices.SortedFunc(maps.Keys(m), func(a, b *client.Document) int { return strings.Compare(a.Path+a.Title, b.Path+b.Title) })
}
