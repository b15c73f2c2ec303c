package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"sallyport/keyring"
	"sallyport/rules/scan"
	"sallyport/wrap/client"
	"sallyport/wrap/file"
)

// undoRecords is where what install did is kept, without a secret.
func (p places) undoRecords() client.Records { return client.Records(p.state + "/undo") }

// pathFile holds the search path of the terminal in which install ran.
func (p places) pathFile() string { return p.state + "/path" }

// nameKeys names the plain keys that move. With --dry-run the store is not asked which names are taken.
func (j *job) nameKeys() error {
	for _, n := range j.wrapped() {
		j.moves = append(j.moves, n.moves...)
	}
	if len(j.moves) == 0 {
		return nil
	}
	s := secrets{places: j.places, kind: keyring.Keyring}
	if !j.in.dryRun {
		var err error
		if s, err = openSecrets(); err != nil {
			return keepHint(err)
		}
	}
	if err := s.name(j.moves); err != nil {
		return keepHint(err)
	}
	j.secrets = &s
	i := 0
	for _, n := range j.wrapped() {
		i += copy(n.moves, j.moves[i:i+len(n.moves)])
	}
	return nil
}

func keepHint(err error) error {
	var h hinted
	if errors.As(err, &h) {
		return err
	}
	return hinted{err, "mend that, or add --keep-keys to leave plain keys where they are"}
}

// edit makes the edits of all files, and writes none.
func (j *job) edit() error {
	j.moves = nil
	for _, n := range j.wrapped() {
		var err error
		if n.changes, err = n.edit(n.doc, n.entry, j.program); err != nil {
			n.left = err.Error()
			j.refused++
			continue
		}
		j.moves = append(j.moves, n.moves...)
	}
	for _, n := range j.wrapped() {
		if j.edited[n.doc] != nil {
			continue
		}
		data, err := n.doc.Edited()
		if err != nil {
			return fmt.Errorf("%s: %q: %w", n.doc.Title, n.doc.Path, err)
		}
		j.edited[n.doc] = data
	}
	return nil
}

// edit makes the edits of one entry, in the document that was planned for or in a later reading of it.
func (n *planned) edit(d *client.Document, e client.Entry, program string) ([]client.Change, error) {
	changes, err := d.Front(e, program, n.words, n.limit)
	if err != nil {
		return nil, err
	}
	for _, f := range n.moves {
		v, err := placeOf(e, f)
		if err != nil {
			return nil, err
		}
		c, err := d.SetSecret(v, f.before, f.name)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// placeOf is where a key stands in an entry.
func placeOf(e client.Entry, f find) (client.Variable, error) {
	for _, v := range e.Env {
		if v.Name == f.variable && v.Value == f.text.Value {
			return v, nil
		}
	}
	for _, a := range e.Args {
		if f.variable == argsVariable && a.Value == f.text.Value {
			return client.Variable{Text: a}, nil
		}
	}
	return client.Variable{}, errors.New("its key is no longer there")
}

// diff prints what the files would have, without keys.
func (j *job) diff() {
	for _, d := range j.docs() {
		fmt.Fprint(j.out, scan.Visible(d.Diff(withoutKeys(d))))
	}
}

// withoutKeys hides the keys of a configuration, whether they move or not.
func withoutKeys(d *client.Document) func(string) string {
	var hide []string
	for _, e := range d.Entries {
		w, _ := unwrap(e)
		for _, f := range credentialsOf(d, e, w) {
			quoted, _ := json.Marshal(f.value)
			for _, text := range []string{f.value, strings.Trim(string(quoted), `"`), strings.ReplaceAll(f.value, "'", "''"), strings.ReplaceAll(f.value, "/", `\/`)} {
				hide = append(hide, text, fmt.Sprintf("‹%d bytes›", len(f.value)))
			}
		}
		for _, key := range addressKeys(e.URL) {
			hide = append(hide, key, "‹key›")
		}
	}
	replacer := strings.NewReplacer(hide...)
	return func(line string) string {
		line = replacer.Replace(line)
		for _, m := range slices.Backward(scan.Secrets(line)) {
			line = line[:m.Start] + "‹" + m.Kind + "›" + line[m.End:]
		}
		return line
	}
}

// apply does what was agreed on: the keys first, then one file after the other, then the pins.
func (j *job) apply() error {
	if err := j.recordPath(); err != nil {
		return err
	}
	made, err := j.keep()
	if err != nil {
		return err
	}
	done := map[string]bool{}
	var failed []error
	for _, d := range j.docs() {
		if err := j.write(d, made); err != nil {
			failed = append(failed, err)
			continue
		}
		for _, n := range j.wrapped() {
			if n.doc == d {
				done[n.name] = true
			}
		}
		fmt.Fprintf(j.out, "Wrote %s\n", pathText(d.Path))
	}
	if err := j.accept(done); err != nil {
		failed = append(failed, err)
	}
	if len(failed) == 0 {
		j.restart()
	}
	return errors.Join(failed...)
}

func (j *job) docs() (list []*client.Document) {
	for _, n := range j.wrapped() {
		if !slices.Contains(list, n.doc) {
			list = append(list, n.doc)
		}
	}
	return list
}

// keep puts the keys into the store and ties them; it gives the names of those that were not there before.
func (j *job) keep() (made map[string]bool, err error) {
	if len(j.moves) == 0 {
		return nil, nil
	}
	index, err := keyring.LoadIndex(j.places.secretsFile())
	if err != nil {
		return nil, err
	}
	records, err := j.places.undoRecords().All()
	if err != nil {
		return nil, err
	}
	made, j.fresh = map[string]bool{}, map[string]bool{}
	for _, r := range records {
		for _, u := range r.Entries {
			for _, name := range u.Made {
				made[name] = true
			}
		}
	}
	for _, m := range j.moves {
		if _, there := index.Secrets[m.name]; !there {
			made[m.name], j.fresh[m.name] = true, true
		}
	}
	return made, j.secrets.keepAll(j.moves)
}

// write is the transaction of one file: what can be undone is kept first, and forgotten where the file was not written. Some clients write
// their files all the time (a history, a counter): where they left the servers as they were, the edits are made anew.
func (j *job) write(d *client.Document, made map[string]bool) error {
	records := j.places.undoRecords()
	before, err := records.Load(d.File)
	if err != nil {
		return err
	}
	fresh, data := d, j.edited[d]
	for try := 0; ; try++ {
		if err = records.Save(d.File, j.record(before, fresh, d, made)); err != nil {
			return err
		}
		if err = fresh.Write(data); err == nil {
			j.edited[d] = data
			return nil
		}
		if !errors.Is(err, client.ErrChanged) || try == 3 {
			break
		}
		again, readErr := client.Read(d.File)
		if readErr != nil || !again.SameServers(d) {
			break
		}
		if data, readErr = j.anew(d, again); readErr != nil {
			break
		}
		fresh = again
	}
	return errors.Join(fmt.Errorf("%s: %w", d.Title, err), records.Save(d.File, before), j.forget(d))
}

// anew makes the edits of a document in a later reading of its file.
func (j *job) anew(d, again *client.Document) ([]byte, error) {
	for _, n := range j.wrapped() {
		if n.doc != d {
			continue
		}
		i := slices.IndexFunc(again.Entries, func(e client.Entry) bool { return e.Section == n.entry.Section && e.Server == n.entry.Server })
		if i < 0 {
			return nil, errors.New("it is no longer there")
		}
		var err error
		if n.changes, err = n.edit(again, again.Entries[i], j.program); err != nil {
			return nil, err
		}
	}
	return again.Edited()
}

// record is what can be undone once a reading of a document is written.
func (j *job) record(before *client.Record, reading, d *client.Document, made map[string]bool) *client.Record {
	record := *before
	record.Entries = slices.Clone(before.Entries)
	if len(record.Entries) == 0 {
		record.Original = reading.Original()
	}
	for _, n := range j.wrapped() {
		if n.doc != d {
			continue
		}
		u := client.Undone{Section: n.entry.Section, Server: n.entry.Server, Name: n.name, Changes: n.changes}
		for _, f := range n.moves {
			if made[f.name] {
				u.Made = append(u.Made, f.name)
			}
		}
		record.Without(n.entry)
		record.Entries = append(record.Entries, u)
	}
	return &record
}

// forget takes back the keys of a file that was not written, but for those that another file refers to.
func (j *job) forget(d *client.Document) error {
	var failed []error
	for _, m := range j.moves {
		needed, err := refersElsewhere(j.places, m.server, m.name, m.variable, d)
		if err != nil {
			failed = append(failed, err)
		}
		if m.doc == d && !needed && err == nil {
			failed = append(failed, j.secrets.release(m.name, m.server, m.variable, j.fresh[m.name]))
		}
	}
	return errors.Join(failed...)
}

// refersElsewhere reports whether a configuration, as it lies there now, gives a secret to the variable of a server of that name. Those
// that are being changed are left out.
func refersElsewhere(p places, server, secret, variable string, without ...*client.Document) (bool, error) {
	env, err := searched()
	if err != nil {
		return true, err
	}
	records, err := p.undoRecords().All()
	if err != nil {
		return true, err
	}
	files := client.Find(env)
	for _, r := range records {
		if f, ok := r.File(); ok {
			files = append(files, f)
		}
	}
	for _, f := range files {
		if slices.ContainsFunc(without, func(d *client.Document) bool { return d.Real() == f.Real() }) {
			continue
		}
		d, err := client.Read(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return true, nil // it may
		}
		if refers(d.Entries, server, secret, variable) {
			return true, nil
		}
	}
	return false, nil
}

// refers reports whether one of the entries has a secret for a variable of a server of that name.
func refers(entries []client.Entry, server, secret, variable string) bool {
	return slices.ContainsFunc(entries, func(e client.Entry) bool {
		w, ok := unwrap(e)
		return ok && w.name == server && slices.Contains(ownedBy(e, w), owned{secret, variable})
	})
}

// release unties a secret, and removes it where it was kept for this and nobody else has it.
func (s secrets) release(name, server, variable string, made bool) error {
	left := 0
	err := keyring.UpdateIndex(s.places.secretsFile(), func(i *keyring.Index) error {
		i.Untie(name, server, variable)
		if left = len(i.Secrets[name].Owners); left == 0 && made {
			delete(i.Secrets, name)
		}
		return nil
	})
	if err != nil || left > 0 || !made {
		return err
	}
	return patiently(func(ctx context.Context) error {
		if err := s.store.Remove(ctx, name); err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return err
		}
		return nil
	})
}

// recordPath keeps the search path of this terminal for clients that a desktop started: wrap looks for programs there first.
func (j *job) recordPath() error {
	if err := file.MkdirPrivate(j.places.state); err != nil {
		return err
	}
	return file.WriteFile(j.places.pathFile(), []byte(os.Getenv("PATH")+"\n"), 0o600)
}

// restart says what is left to do.
func (j *job) restart() {
	var running, others []string
	for _, d := range j.docs() {
		list := &others
		if runs(d.Row) {
			list = &running
		}
		if name := strings.TrimSuffix(strings.TrimSuffix(d.Title, " (project)"), " (workspace)"); !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
	}
	if len(running) > 0 {
		fmt.Fprintf(j.out, "Running now, with their old servers: restart %s.\n", strings.Join(running, ", "))
	}
	fmt.Fprintln(j.out, `Next: "sallyport doctor" proves it; "sallyport approve" answers questions.`)
}
