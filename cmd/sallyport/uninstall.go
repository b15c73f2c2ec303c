package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sallyport/keyring"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/client"
)

func newUninstallCommand() *cobra.Command {
	var in installation
	var named []string
	cmd := &cobra.Command{
		Use:   "uninstall [CLIENT|FILE…]",
		Short: "give the clients' configurations back as they were",
		Long: `Take sallyport out of the configurations of clients. What install changed is put back to
the byte, keys from the keyring included; where somebody changed an entry since, or put
sallyport there by hand, as little is changed as takes it out. A key that install moved is
removed from the keyring once no server has it any more.

Without a word, the configurations of your own clients are taken, and all files that
install wrote. Pins, rules and the log stay: they are in "sallyport help pin" and
"sallyport help log". The program itself goes with "sh install.sh --uninstall".

With --keep-references the keys stay in the keyring, and keyring:NAME in the
configuration, where only sallyport knows what to do with it.`,
		Example: `  sallyport uninstall --dry-run
  sallyport uninstall cursor --server github`,
		RunE: func(cmd *cobra.Command, args []string) error {
			in.which = append(args, named...)
			return in.uninstall(cmd.OutOrStdout())
		},
	}
	in.flags(cmd, &named)
	cmd.Flags().BoolVar(&in.keepKeys, "keep-references", false, "leave keys in the keyring, and the references to them")
	return cmd
}

// A removal is an entry that sallyport is taken out of.
type removal struct {
	doc    *client.Document
	entry  client.Entry
	undone client.Undone
	name   string // as wrap has it
	owned  []owned
}

// An owned is a secret that the entry refers to.
type owned struct{ secret, variable string }

// An unwrapping takes sallyport out of configurations.
type unwrapping struct {
	in      *installation
	places  places
	out     io.Writer
	records map[*client.Document]*client.Record
	list    []removal
	edited  map[*client.Document][]byte
	values  map[string]string
	secrets *secrets
	index   *keyring.Index
}

func (in *installation) uninstall(out io.Writer) error {
	places, err := currentPlaces()
	if err != nil {
		return err
	}
	files, err := in.written(places)
	if err != nil {
		return err
	}
	docs, broken := documents(files)
	docs, closed := writable(docs)
	broken += closed
	index, err := keyring.LoadIndex(places.secretsFile())
	if err != nil {
		return err
	}
	u := &unwrapping{in: in, index: index, places: places, out: out, records: map[*client.Document]*client.Record{}, edited: map[*client.Document][]byte{}, values: map[string]string{}}
	for _, d := range docs {
		if err := u.find(d); err != nil {
			return err
		}
	}
	for _, name := range in.servers {
		if !slices.ContainsFunc(u.list, func(r removal) bool { return r.entry.Server == name }) {
			return usageError{withHint(`"sallyport scan" lists the servers`, "sallyport stands in front of no server %q", scan.VisibleLine(name, 80))}
		}
	}
	if len(u.list) == 0 {
		fmt.Fprintf(out, "Sallyport stands in front of nothing in %s.\n", countOf(len(docs), "configuration"))
		return brokenError(broken)
	}
	failed, err := u.undo()
	if err != nil {
		return err
	}
	if broken += failed; len(u.list) == 0 {
		return brokenError(broken)
	}
	u.show()
	switch {
	case in.dryRun:
		u.diff()
		fmt.Fprintln(out, "Nothing was changed.")
		return brokenError(broken)
	case !in.yes:
		if err := confirm(fmt.Sprintf("Take sallyport out of %s?", countOf(len(u.list), "entry"))); err != nil {
			return err
		}
	}
	if err := u.apply(); err != nil {
		return err
	}
	return brokenError(broken)
}

// written are the configurations that were meant: without a word, the user's own, and whatever install wrote.
func (in *installation) written(p places) ([]client.File, error) {
	env, err := searched()
	if err != nil {
		return nil, err
	}
	records, err := p.undoRecords().All()
	if err != nil {
		return nil, err
	}
	clients, files, err := in.named(env)
	if err != nil || len(files) > 0 && len(clients) == 0 {
		return files, err
	}
	all := slices.DeleteFunc(client.Find(env), func(f client.File) bool { return f.Scope == client.Project })
	for _, r := range records {
		if f, ok := r.File(); ok {
			all = append(all, f)
		}
	}
	for _, f := range all {
		if len(clients) == 0 || slices.Contains(clients, f.Client) {
			files = append(files, f)
		}
	}
	return slices.DeleteFunc(files, func(f client.File) bool {
		_, err := os.Lstat(f.Path)
		return err != nil // removed since
	}), nil
}

// find looks for entries that sallyport is in front of.
func (u *unwrapping) find(d *client.Document) error {
	record, err := u.places.undoRecords().Load(d.File)
	if err != nil {
		return err
	}
	u.records[d] = record
	for _, e := range d.Entries {
		w, ok := unwrap(e)
		if !ok || len(u.in.servers) > 0 && !slices.Contains(u.in.servers, e.Server) {
			continue
		}
		undone, _ := record.Of(e)
		r := removal{doc: d, entry: e, undone: undone, name: w.name}
		for _, o := range ownedBy(e, w) {
			if u.mayHave(r, o) {
				r.owned = append(r.owned, o)
			}
		}
		u.list = append(u.list, r)
	}
	return nil
}

// ownedBy are the secrets that an entry refers to.
func ownedBy(e client.Entry, w wrapped) (list []owned) {
	for _, v := range e.Env {
		if name, is := strings.CutPrefix(v.Value, "keyring:"); is {
			list = append(list, owned{name, v.Name})
		}
	}
	for _, a := range e.Args[min(w.first, len(e.Args)):] {
		if name, is := strings.CutPrefix(a.Value[strings.LastIndexAny(a.Value, "= ")+1:], "keyring:"); is {
			list = append(list, owned{name, argsVariable})
		}
	}
	return list
}

// mayHave reports whether an entry may have the value of a secret back: where install took it from there, or where it is tied to the
// server's variable in the user's own configuration. A clone could name any.
func (u *unwrapping) mayHave(r removal, o owned) bool {
	if slices.ContainsFunc(r.undone.Changes, func(c client.Change) bool { return c.Secret == o.secret }) {
		return true
	}
	return r.doc.Scope == client.User && slices.ContainsFunc(u.index.Secrets[o.secret].Owners, func(x keyring.Owner) bool {
		return x.Server == r.name && x.Variable == o.variable
	})
}

// undo makes the edits, and reads the keys for them. A file that cannot be undone is told, and the others go on.
func (u *unwrapping) undo() (failed int, err error) {
	broken := map[*client.Document]error{}
	for _, r := range u.list {
		w, _ := unwrap(r.entry)
		err := r.doc.Undo(r.entry, r.undone.Changes, w.first, u.valuesFor(r))
		var h hinted
		if errors.As(err, &h) {
			return 0, err // of the store
		}
		if err != nil {
			broken[r.doc] = fmt.Errorf("the server %q: %w", r.entry.Server, err)
		}
	}
	for _, r := range u.list {
		if u.edited[r.doc] == nil && broken[r.doc] == nil {
			u.edited[r.doc], broken[r.doc] = r.doc.Edited()
		}
	}
	for d, err := range broken {
		if err != nil {
			warningf("%s: %q is left as it is: %v", d.Title, d.Path, err)
			failed++
		}
	}
	u.list = slices.DeleteFunc(u.list, func(r removal) bool { return broken[r.doc] != nil })
	return failed, nil
}

// valuesFor gives the keys that an entry is to have back.
func (u *unwrapping) valuesFor(r removal) func(secret, variable string) (string, bool, error) {
	if u.in.keepKeys {
		return nil
	}
	return func(secret, variable string) (string, bool, error) {
		if variable == "" {
			variable = argsVariable
		}
		if !slices.Contains(r.owned, owned{secret, variable}) {
			return "", false, nil
		}
		if u.in.dryRun {
			return "‹secret:" + secret + "›", true, nil
		}
		text, err := u.value(secret)
		return text, true, err
	}
}

// value reads a key.
func (u *unwrapping) value(name string) (string, error) {
	if v, known := u.values[name]; known {
		return v, nil
	}
	if u.secrets == nil {
		s, err := openSecrets()
		if err != nil {
			return "", err
		}
		u.secrets = &s
	}
	err := patiently(func(ctx context.Context) error {
		v, err := u.secrets.store.Get(ctx, name)
		u.values[name] = v.Reveal()
		return err
	})
	if err != nil {
		return "", hinted{fmt.Errorf("the secret %q: %w", name, err), "mend that, or add --keep-references to leave keyring:NAME in the configuration"}
	}
	return u.values[name], nil
}

func (u *unwrapping) show() {
	var last *client.Document
	for _, r := range u.list {
		if r.doc != last {
			last = r.doc
			fmt.Fprintf(u.out, "%s: %s\n", r.doc.Title, pathText(r.doc.Path))
		}
		words := []string{"unwrap"}
		for _, o := range r.owned {
			if u.in.keepKeys {
				words = append(words, fmt.Sprintf("%s stays keyring:%s", o.variable, o.secret))
			} else {
				words = append(words, fmt.Sprintf("%s from keyring:%s", o.variable, o.secret))
			}
		}
		fmt.Fprintf(u.out, "  %-14s %s\n", scan.VisibleLine(r.entry.Server, 40), scan.VisibleLine(strings.Join(words, "; "), 0))
	}
}

func (u *unwrapping) diff() {
	done := map[*client.Document]bool{}
	for _, r := range u.list {
		if !done[r.doc] {
			done[r.doc] = true
			fmt.Fprint(u.out, scan.Visible(r.doc.Diff(withoutKeys(r.doc))))
		}
	}
}

// apply writes the files, and then gives up what nobody needs any more.
func (u *unwrapping) apply() error {
	var failed []error
	done := map[*client.Document]error{}
	for _, r := range u.list {
		err, tried := done[r.doc]
		if !tried {
			err = r.doc.Write(u.edited[r.doc])
			if done[r.doc] = err; err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", r.doc.Title, err))
			}
		}
		if err == nil {
			failed = append(failed, u.forget(r))
		}
	}
	var titles []string
	for _, r := range u.list {
		d := r.doc
		if err, left := done[d]; err != nil || !left {
			continue
		}
		delete(done, d)
		record := u.records[d]
		whole := len(record.Entries) == 0
		failed = append(failed, u.places.undoRecords().Save(d.File, record))
		how := ""
		if whole && record.Original != "" && record.Original == client.Hash(u.edited[d]) {
			how = ": as it was, to the byte"
		}
		fmt.Fprintf(u.out, "Wrote %s%s\n", pathText(d.Path), how)
		if runs(d.Row) {
			titles = append(titles, d.Title)
		}
	}
	if slices.Sort(titles); len(titles) > 0 {
		fmt.Fprintf(u.out, "Running now, still with sallyport: restart %s.\n", strings.Join(titles, ", "))
	}
	return errors.Join(failed...)
}

// forget drops the record of an entry, and its secrets where install kept them for it.
func (u *unwrapping) forget(r removal) error {
	u.records[r.doc].Without(r.entry)
	if u.in.keepKeys || u.secrets == nil {
		return nil
	}
	var failed []error
	for _, o := range r.owned {
		// The same server may be in the configuration of another client, which still needs it.
		needed, err := u.needed(r, o)
		if err != nil {
			failed = append(failed, err)
		}
		if needed {
			continue
		}
		if err := u.secrets.release(o.secret, r.name, o.variable, slices.Contains(r.undone.Made, o.secret)); err != nil {
			failed = append(failed, fmt.Errorf("removing the secret %s: %w", wrap.ShellWord(o.secret), err))
		}
	}
	return errors.Join(failed...)
}

// needed reports whether a configuration that stays, or that stays so, gives the secret to the same server.
func (u *unwrapping) needed(r removal, o owned) (bool, error) {
	var without []*client.Document
	for d, data := range u.edited {
		entries, err := d.Of(data)
		if err != nil || refers(entries, r.name, o.secret, o.variable) {
			return true, err
		}
		without = append(without, d)
	}
	return refersElsewhere(u.places, r.name, o.secret, o.variable, without...)
}
