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

	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/client"
)

// An installation is what the command line of install or uninstall says.
type installation struct {
	which    []string // clients and files
	servers  []string
	dryRun   bool
	yes      bool
	noProbe  bool
	keepKeys bool // of uninstall: the references
}

func newInstallCommand() *cobra.Command {
	var in installation
	var named []string
	cmd := &cobra.Command{
		Use:   "install [CLIENT|FILE…]",
		Short: "stand in front of the servers of the clients on this machine",
		Long: `Find the configurations of MCP clients, and put sallyport in front of each server that
they start. All that the servers show is printed, then one plan, and one question:

  wrap    the command gets "sallyport wrap --name … --" in front of it
  keys    plain keys go into the keyring of the system, each with its server as owner;
          keyring:NAME stands in their place
  look    each server is started once, as its client would start it, and what it
          shows is what you accept, or not
  time    the client's time for a tool call is raised to ten minutes, where its
          configuration has a member for that

Comments, order and blanks stay; nothing but what changes is written, and "sallyport
uninstall" brings every byte back. A file that a client changed meanwhile is left alone. A
server that does not start is left as it was, and so are remote servers, to which the
client connects by itself.

Without a word, the configurations of your own clients are looked for. Those that belong
to a project (.mcp.json, .vscode/mcp.json, …) are taken where their client is named and
git does not track them, or where the file is named; their servers are never started from
here.

Clients: ` + wrapText(strings.Join(clientNames(), " "), 80, "         "),
		Example: `  sallyport install --dry-run
  sallyport install cursor claude-code --server github
  sallyport install .vscode/mcp.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			in.which = append(args, named...)
			return in.install(cmd.OutOrStdout())
		},
	}
	in.flags(cmd, &named)
	cmd.Flags().BoolVar(&in.noProbe, "no-probe", false, "start no server: what it shows is asked about when its client starts it")
	cmd.Flags().BoolVar(&in.keepKeys, "keep-keys", false, "leave plain keys where they are")
	return cmd
}

func (in *installation) flags(cmd *cobra.Command, named *[]string) {
	cmd.Flags().StringArrayVar(named, "client", nil, "the same as CLIENT; may be repeated")
	cmd.Flags().StringArrayVar(&in.servers, "server", nil, "only this server; may be repeated")
	cmd.Flags().BoolVar(&in.dryRun, "dry-run", false, "show what would change, and change and start nothing")
	cmd.Flags().BoolVar(&in.yes, "yes", false, "do not ask")
}

func (in *installation) install(out io.Writer) error {
	places, err := currentPlaces()
	if err != nil {
		return err
	}
	self, err := program()
	if err != nil {
		return err
	}
	if _, _, err := loadPolicy(places, nil, places.config); err != nil {
		return err // no server would start
	}
	files, err := in.files(out)
	if err != nil {
		return err
	}
	docs, broken := documents(files)
	docs, closed := writable(docs)
	broken += closed
	workspace, err := os.MkdirTemp("", "sallyport-workspace-")
	if err != nil {
		return err
	}
	defer os.Remove(workspace)
	home, _ := os.UserHomeDir()
	p := planner{program: self, home: home, workspace: workspace, environ: os.Environ(), servers: in.servers, chosen: map[string]bool{},
		keepKeys: in.keepKeys, programs: map[string]string{}, pins: places.pins()}
	job := &job{in: in, places: places, out: out, program: self, environ: p.environ, list: p.plan(docs), broken: broken, edited: map[*client.Document][]byte{}}
	for _, name := range in.servers {
		if !p.chosen[name] {
			return usageError{withHint(`"sallyport scan" lists the servers`, "no configuration has a server %q", scan.VisibleLine(name, 80))}
		}
	}
	return job.run(context.Background())
}

// A job is a plan under way.
type job struct {
	in      *installation
	places  places
	out     io.Writer
	program string
	environ []string
	list    []*planned
	edited  map[*client.Document][]byte
	broken  int
	refused int // entries that cannot be edited
	failed  int // servers that were left as they were, since they did not start
	secrets *secrets
	reviews []*review
	moves   []find
	fresh   map[string]bool // secrets that nobody kept before
}

func (j *job) wrapped() (list []*planned) {
	for _, n := range j.list {
		if n.wraps() {
			list = append(list, n)
		}
	}
	return list
}

func (j *job) run(ctx context.Context) error {
	if len(j.wrapped()) == 0 {
		j.show()
		fmt.Fprintln(j.out, "Nothing to do.")
		return j.result()
	}
	if err := j.nameKeys(); err != nil {
		return err
	}
	if !j.in.dryRun && !j.in.noProbe {
		if err := j.look(ctx); err != nil {
			return err
		}
	}
	if err := j.edit(); err != nil {
		return err
	}
	if j.in.dryRun {
		j.show()
		j.diff()
		fmt.Fprintln(j.out, "Nothing was changed, and nothing was started.")
		return j.result()
	}
	// The plan comes last, so that it stands above the question however much the servers have.
	page := newPage(j.out)
	j.reviews = slices.DeleteFunc(j.reviews, func(r *review) bool {
		return !slices.ContainsFunc(j.wrapped(), func(n *planned) bool { return n.name == r.name })
	})
	for _, r := range j.reviews {
		r.print(page)
	}
	if j.show(); len(j.wrapped()) == 0 {
		fmt.Fprintln(j.out, "Nothing was changed.")
		return j.result()
	}
	if !j.in.yes {
		if err := confirm(j.question()); err != nil {
			return err
		}
	}
	if err := j.apply(); err != nil {
		return err
	}
	return j.result()
}

// show prints the plan.
func (j *job) show() {
	last := (*client.Document)(nil)
	for _, n := range j.list {
		if n.doc != last {
			last = n.doc
			fmt.Fprintf(j.out, "%s: %s\n", n.doc.Title, pathText(n.doc.Path))
			if real := n.doc.Real(); real != n.doc.Path {
				fmt.Fprintf(j.out, "  a link: %s is what is edited\n", pathText(real))
			}
		}
		server := scan.VisibleLine(n.entry.Server, 40)
		if n.entry.Section != "" {
			server += " (" + pathText(n.entry.Section) + ")"
		}
		if !n.wraps() {
			fmt.Fprintf(j.out, "  %-14s %s\n", server, scan.VisibleLine("left alone: "+n.left, 0))
			continue
		}
		fmt.Fprintf(j.out, "  %-14s %s\n", server, strings.Join(n.deeds(), "; "))
		for _, note := range n.notes {
			fmt.Fprintf(j.out, "                 %s\n", scan.VisibleLine(note, 0))
		}
	}
}

// deeds are what is done with an entry, for people.
func (n *planned) deeds() []string {
	words := []string{"wrap"}
	if n.name != n.entry.Server {
		words[0] += " as " + wrap.ShellWord(n.name)
	}
	for _, f := range n.moves {
		words = append(words, fmt.Sprintf("%s (%s, %d bytes) to keyring:%s", scan.VisibleLine(f.variable, 60), f.kind, len(f.value), f.name))
	}
	if n.limit > 0 {
		words = append(words, "time for a call to "+timeText(n.limit))
	}
	switch {
	case n.pin != nil:
		words = append(words, "shows "+counts(n.pin))
	case n.unseen != "":
		words = append(words, "not looked at: "+scan.VisibleLine(n.unseen, 120))
	}
	return words
}

func (j *job) question() string {
	docs := map[*client.Document]bool{}
	for _, n := range j.wrapped() {
		docs[n.doc] = true
	}
	words := []string{fmt.Sprintf("Wrap %s in %s", countOf(len(j.wrapped()), "server"), countOf(len(docs), "file"))}
	if len(j.moves) > 0 {
		words = append(words, fmt.Sprintf("move %s to the %s", countOf(len(j.moves), "key"), storeText(j.secrets.kind)))
	}
	if len(j.reviews) > 0 {
		words = append(words, fmt.Sprintf("accept what %s", plural(len(j.reviews), "server shows", "servers show")))
	}
	return strings.Join(words, ", ") + "?"
}

// result is what is left to say at the end.
func (j *job) result() error {
	switch {
	case j.failed > 0:
		return withHint("mend what keeps it from starting, and run it again; or add --no-probe", "%s", plural(j.failed, "server was left unwrapped: it did not start", "servers were left unwrapped: they did not start"))
	case j.refused > 0:
		return errors.New(plural(j.refused, "server was left unwrapped: see above", "servers were left unwrapped: see above"))
	case j.broken > 0:
		return brokenError(j.broken)
	}
	return nil
}
