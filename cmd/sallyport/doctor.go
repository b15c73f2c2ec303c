package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sallyport/approve/dialog"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/client"
)

// States of what doctor looks at.
const (
	stateEnforced = "enforced" // the canary was refused
	stateWell     = "well"
	stateNote     = "note"   // worth knowing, and nothing to mend
	stateOpen     = "open"   // sallyport does not stand there
	stateBroken   = "broken" // it does, and something is wrong
	statePassed   = "PASSED" // the canary reached the server
)

// A diagnosis is one thing that doctor looked at.
type diagnosis struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Client  string `json:"client,omitempty"`
	Path    string `json:"path,omitempty"`
	Server  string `json:"server,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"` // what to type
}

func newDoctorCommand() *cobra.Command {
	var in installation
	var asJSON bool
	var named []string
	cmd := &cobra.Command{
		Use:   "doctor [CLIENT|FILE…]",
		Short: "prove that sallyport stands where it should, and say what does not work",
		Long: `Start each wrapped server as its client would, with the environment that the client
has (a desktop's, for clients that a desktop starts), and send it a call of a tool named
sallyport_canary, which has to be refused. A server that answers it is not protected.

Tells besides what is not wrapped, which files a client rewrote, which secrets are
missing, which doors for questions work here, which sessions run another version of
sallyport or older rules, and for each what to type.

Servers of a project's configuration are started only where that file is named.

States: enforced, well, note, open (not wrapped), broken, PASSED (the canary went
through). Exit status 1 where something is open, broken or PASSED.`,
		Example: `  sallyport doctor
  sallyport doctor cursor --server github
  sallyport doctor --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			in.which = append(args, named...)
			return in.doctor(cmd.Context(), cmd.OutOrStdout(), asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&named, "client", nil, "the same as CLIENT; may be repeated")
	cmd.Flags().StringArrayVar(&in.servers, "server", nil, "only this server; may be repeated")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

// A patient is an entry under examination.
type patient struct {
	n    *planned
	d    diagnosis
	done bool // nothing is left to try
}

func (in *installation) doctor(ctx context.Context, out io.Writer, asJSON bool) error {
	if ctx == nil {
		ctx = context.Background()
	}
	places, err := currentPlaces()
	if err != nil {
		return err
	}
	files, err := in.examined(places)
	if err != nil {
		return err
	}
	var list []diagnosis
	if _, _, err := loadPolicy(places, nil, places.config); err != nil {
		why, _, _ := strings.Cut(err.Error(), "\n") // the rest is in what the fix prints
		list = append(list, diagnosis{ID: "rules", State: stateBroken, Message: why, Fix: "sallyport rules check"})
	}
	docs := readAll(files, func(f client.File, err error) {
		if inner := errors.Unwrap(err); inner != nil {
			err = inner // without the path, which stands above
		}
		if len(in.servers) == 0 {
			list = append(list, diagnosis{ID: "file:" + f.Path, State: stateBroken, Client: f.Client, Path: f.Path, Message: err.Error()})
		}
	})
	home, _ := os.UserHomeDir()
	workspace, err := os.MkdirTemp("", "sallyport-workspace-")
	if err != nil {
		return err
	}
	defer os.Remove(workspace)
	p := &planner{home: home, workspace: workspace, environ: os.Environ(), servers: in.servers, chosen: map[string]bool{}}
	if p.program, err = program(); err != nil {
		return err
	}
	patients := p.examine(docs, in.namedFiles())
	for _, name := range in.servers {
		if !p.chosen[name] {
			return usageError{withHint(`"sallyport scan" lists the servers`, "no configuration has a server %q", scan.VisibleLine(name, 80))}
		}
	}
	sendCanaries(ctx, patients)
	for _, x := range patients {
		list = append(list, x.d)
	}
	list = append(list, rewritten(places, docs, in.servers)...)
	if len(in.which)+len(in.servers) == 0 {
		list = append(list, doorsHere(places)...)
		list = append(list, sessionsHere(places)...)
	}
	if asJSON {
		err = writeJSON(out, append([]diagnosis{}, list...))
	} else {
		printDiagnoses(out, list)
	}
	return errors.Join(err, verdictOf(list))
}

// examined are the configurations that are looked at: those of uninstall, and what lies in this folder.
func (in *installation) examined(p places) ([]client.File, error) {
	files, err := in.written(p)
	if err != nil {
		return nil, err
	}
	env, err := searched()
	if err != nil {
		return nil, err
	}
	clients, named, err := in.named(env)
	for _, f := range client.Find(env) {
		if f.Scope == client.Project && (len(clients) == 0 && len(named) == 0 || slices.Contains(clients, f.Client)) {
			files = append(files, f)
		}
	}
	return files, err
}

// namedFiles are the files that the command line names, not only their clients.
func (in *installation) namedFiles() map[string]bool {
	named := map[string]bool{}
	if env, err := searched(); err == nil {
		_, files, _ := in.named(env) // an error came before
		for _, f := range files {
			named[f.Real()] = true
		}
	}
	return named
}

// examine says of each entry what can be said without starting it. named are the files that were named.
func (p *planner) examine(docs []*client.Document, named map[string]bool) (list []*patient) {
	for _, d := range docs {
		for _, e := range d.Entries {
			if len(p.servers) > 0 && !slices.Contains(p.servers, e.Server) {
				continue
			}
			p.chosen[e.Server] = true
			list = append(list, p.look(d, e, named[d.Real()]))
		}
	}
	return list
}

func (p *planner) look(d *client.Document, e client.Entry, named bool) *patient {
	x := &patient{done: true, d: diagnosis{ID: strings.Join([]string{"server", d.Client, d.Path, e.Section, e.Server}, ":"), Client: d.Client, Path: d.Path, Server: e.Server}}
	say := func(state, fix, format string, a ...any) *patient {
		x.d.State, x.d.Fix, x.d.Message = state, fix, fmt.Sprintf(format, a...)
		return x
	}
	install := fmt.Sprintf("sallyport install %s --server %s", d.Client, wrap.ShellWord(e.Server))
	if d.Scope == client.Project {
		install = "sallyport install " + wrap.ShellWord(d.Path)
	}
	w, wrapped := unwrap(e)
	switch {
	case e.Remote():
		return say(stateNote, "", "remote: the client connects to it by itself, and nothing can stand between")
	case e.Odd() != "" && wrapped:
		return say(stateBroken, "", "%s", e.Odd())
	case e.Odd() != "":
		return say(stateNote, "", "%s", e.Odd())
	case !wrapped:
		return say(stateOpen, install, "not wrapped")
	case e.Disabled:
		return say(stateNote, "", "disabled: not started")
	case !isFile(e.Command.Value) && strings.ContainsAny(e.Command.Value, `/\`):
		return say(stateBroken, fmt.Sprintf("sallyport uninstall %[1]s --server %[2]s; sallyport install %[1]s --server %[2]s", d.Client, wrap.ShellWord(e.Server)),
			"its program %q is not there", e.Command.Value)
	case d.Scope == client.Project && !named:
		return say(stateNote, "sallyport doctor "+wrap.ShellWord(d.Path), "it belongs to a project: not started")
	}
	n := &planned{doc: d, entry: e, name: w.name, argv: []string{e.Command.Value}}
	for _, a := range e.Args {
		n.argv = append(n.argv, a.Value)
	}
	x.n = n
	if p.environment(n); d.Scope == client.Project {
		n.unseen = ""
	}
	if n.unseen != "" {
		return say(stateNote, "", "not started: %s", n.unseen)
	}
	x.done = false
	return x
}

// rewritten are entries that install wrote and that are no longer there as it wrote them: clients rewrite their files.
func rewritten(p places, docs []*client.Document, servers []string) (list []diagnosis) {
	records, err := p.undoRecords().All()
	if err != nil {
		return []diagnosis{{ID: "undo", State: stateBroken, Message: err.Error()}}
	}
	for _, r := range records {
		at := slices.IndexFunc(docs, func(d *client.Document) bool { return d.Title == r.Title && d.Real() == r.Path })
		f, known := r.File()
		if at < 0 && (!known || isFile(r.Path)) {
			continue // not looked at
		}
		for _, u := range r.Entries {
			d := diagnosis{ID: strings.Join([]string{"rewritten", r.Client, r.Path, u.Section, u.Server}, ":"), State: stateBroken, Client: r.Client, Path: r.Path, Server: u.Server}
			switch {
			case len(servers) > 0 && !slices.Contains(servers, u.Server):
				continue
			case at < 0:
				d.State, d.Message = stateNote, "install wrote the file, and it is gone"
				_ = f
			default:
				i := slices.IndexFunc(docs[at].Entries, func(e client.Entry) bool { return e.Section == u.Section && e.Server == u.Server })
				if i >= 0 {
					if _, wrapped := unwrap(docs[at].Entries[i]); wrapped {
						continue
					}
					d.Message, d.Fix = "install wrapped it, and somebody rewrote it since: the client, or you", fmt.Sprintf("sallyport install %s --server %s", r.Client, wrap.ShellWord(u.Server))
				} else {
					d.State, d.Message = stateNote, "install wrapped it, and it is no longer in the file"
				}
			}
			list = append(list, d)
		}
	}
	return list
}

// doorsHere says by which ways a question reaches a person.
func doorsHere(p places) (list []diagnosis) {
	desktop, err := dialog.Find(os.Environ())
	switch {
	case err != nil:
		list = append(list, diagnosis{ID: "door:dialog", State: stateNote, Message: "dialogs of the desktop do not work here: " + err.Error() + `; "sallyport approve" in a terminal does`})
	case desktop.Name() == "":
		list = append(list, diagnosis{ID: "door:dialog", State: stateNote, Message: `there is no program for dialogs here (zenity, kdialog); "sallyport approve" in a terminal works`})
	default:
		list = append(list, diagnosis{ID: "door:dialog", State: stateWell, Message: "dialogs by " + desktop.Name()})
	}
	if err := os.MkdirAll(p.runtime, 0o700); err != nil {
		list = append(list, diagnosis{ID: "door:sockets", State: stateBroken, Message: fmt.Sprintf("sessions cannot be reached: %v", err)})
	}
	return list
}

// sessionsHere are sessions that are not as they would start now.
func sessionsHere(p places) (list []diagnosis) {
	changed := rulesChanged(p)
	for _, s := range sessionsOf(p, "") {
		d := diagnosis{ID: "session:" + s.Session, State: stateBroken, Client: s.Client, Server: s.Server, Fix: "restart " + cmp.Or(s.Client, "its client")}
		switch {
		case s.Version != versionText():
			d.Message = fmt.Sprintf("the session %s runs another sallyport: %s", s.Session, s.Version)
		case s.Observing:
			d.State, d.Message, d.Fix = stateNote, fmt.Sprintf("the session %s is OBSERVING: nothing is refused in it", s.Session), ""
		case changed.After(s.Started):
			d.Message = fmt.Sprintf("the session %s began before your rules were changed", s.Session)
		default:
			continue
		}
		list = append(list, d)
	}
	return list
}

func printDiagnoses(out io.Writer, list []diagnosis) {
	p := newPage(out)
	last := "\x00"
	for _, d := range list {
		if d.Path != last {
			if last = d.Path; d.Path != "" {
				p.printf("%s: %s\n", titleOf(d.Client), pathText(d.Path))
			} else {
				p.printf("this machine\n")
			}
		}
		style := map[string]style{stateEnforced: green, stateWell: green, stateOpen: yellow, stateBroken: red, statePassed: red}[d.State]
		p.printf("  %s", p.paint(style, fmt.Sprintf("%-9s", d.State)))
		text := d.Message
		if d.Server != "" {
			text = scan.VisibleLine(d.Server, 40) + ": " + text
		}
		p.printf("%s\n", wrapText(scan.VisibleLine(text, 0), pageWidth, "           "))
		if d.Fix != "" {
			p.printf("           run: %s\n", scan.VisibleLine(d.Fix, 0))
		}
	}
}

func titleOf(name string) string {
	for _, row := range client.Clients {
		if row.Client == name {
			return row.Title
		}
	}
	return name
}

// verdictOf is the error of doctor.
func verdictOf(list []diagnosis) error {
	n := map[string]int{}
	for _, d := range list {
		n[d.State]++
	}
	var words []string
	for _, state := range []string{statePassed, stateBroken, stateOpen} {
		if n[state] > 0 {
			words = append(words, fmt.Sprintf("%d %s", n[state], state))
		}
	}
	if len(words) == 0 {
		return nil
	}
	return errors.New(strings.Join(words, ", "))
}
