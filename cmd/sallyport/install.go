package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
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
they start. One plan is shown for all, and asked about once:

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

func searched() (client.Environment, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return client.Environment{}, err
	}
	cwd, err := os.Getwd()
	return client.Environment{System: runtime.GOOS, Home: home, Cwd: cwd, Getenv: os.Getenv}, err
}

// named are the clients and the files that the command line names.
func (in *installation) named(env client.Environment) (clients []string, files []client.File, err error) {
	for _, word := range in.which {
		if slices.Contains(clientNames(), word) {
			clients = append(clients, word)
			continue
		}
		f, ok := client.At(env, word)
		if !ok {
			return nil, nil, usageError{withHint("clients: "+strings.Join(clientNames(), " ")+"; or the path of one of their files", "%q is neither a client that sallyport knows nor one of their configurations", scan.VisibleLine(word, 80))}
		}
		files = append(files, f)
	}
	return clients, files, nil
}

// files are the configurations that were meant.
func (in *installation) files(out io.Writer) (files []client.File, err error) {
	env, err := searched()
	if err != nil {
		return nil, err
	}
	clients, files, err := in.named(env)
	if err != nil || len(files) > 0 && len(clients) == 0 {
		return files, err
	}
	for _, f := range client.Find(env) {
		switch {
		case len(clients) > 0 && !slices.Contains(clients, f.Client):
		case f.Scope == client.Project && len(clients) == 0:
			fmt.Fprintf(out, "%s\n  left alone: it belongs to a project; name it to wrap its servers\n", pathText(f.Path))
		case f.Scope == client.Project && (client.Tracked(f.Path) || client.Tracked(f.Real())):
			fmt.Fprintf(out, "%s\n  left alone: git tracks it, so others have it too. Name the file to wrap its servers\n  all the same, or add them to your own scope: %s\n", pathText(f.Path), ownScope(f))
		default:
			files = append(files, f)
		}
	}
	return files, nil
}

// ownScope says how a server gets into a configuration of the user's alone.
func ownScope(f client.File) string {
	if f.Client == "claude-code" {
		return "claude mcp add --scope local NAME -- COMMAND"
	}
	for _, row := range client.Clients {
		if row.Client == f.Client && row.Scope == client.User {
			paths := row.Paths[runtime.GOOS]
			if paths == nil {
				paths = row.Paths[""]
			}
			return paths[len(paths)-1]
		}
	}
	return "the client's own settings"
}

// pathText is a path for people.
func pathText(path string) string {
	if home, err := os.UserHomeDir(); err == nil {
		if rel, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(rel) {
			path = "~/" + filepath.ToSlash(rel)
		}
	}
	return scan.VisibleLine(path, 0)
}

// documents reads files. What cannot be read is told, and left out.
func documents(files []client.File) (list []*client.Document, broken int) {
	list = readAll(files, func(_ client.File, err error) {
		warningf("%v: it is left as it is", err)
		broken++
	})
	return list, broken
}

// readAll reads files; one that two rows find is read once.
func readAll(files []client.File, unread func(client.File, error)) (list []*client.Document) {
	seen := map[string]client.File{}
	for _, f := range files {
		if first, again := seen[f.Real()]; again {
			if first.Client != f.Client {
				hintf("%s: %q is the same file as that of %s, and taken for that", f.Title, f.Path, first.Title)
			}
			continue
		}
		seen[f.Real()] = f
		if d, err := client.Read(f); err != nil {
			unread(f, err)
		} else {
			list = append(list, d)
		}
	}
	return list
}

// writable leaves out files that are not to be written, and says why.
func writable(docs []*client.Document) (list []*client.Document, closed int) {
	for _, d := range docs {
		info, err := os.Stat(d.Real())
		switch {
		case err != nil || info.Mode().Perm()&0o200 == 0: // which could be replaced all the same
			warningf("%s: %q is read-only: it is left as it is; \"chmod u+w\" it first", d.Title, d.Path)
		case !inPlace(d.File):
			warningf("%s: %q is a link that leads out of %s, to %q: it is left as it is; put the file itself there", d.Title, d.Path, rootOf(d.File), d.Real())
		default:
			list = append(list, d)
			continue
		}
		closed++
	}
	return list, closed
}

// rootOf is the folder in which a configuration may lie.
func rootOf(f client.File) string {
	if folder := f.Folder(); f.Scope == client.Project && folder != "" {
		return folder
	}
	home, _ := os.UserHomeDir()
	return home
}

// inPlace reports whether a file lies where it should, links followed: below the home or the project's folder. A file that is no link lies
// where a variable of its client says.
func inPlace(f client.File) bool {
	if info, err := os.Lstat(f.Path); err == nil && info.Mode()&os.ModeSymlink == 0 && f.Scope == client.User {
		return true
	}
	root, err := filepath.EvalSymlinks(rootOf(f))
	return err == nil && below(f.Real(), root)
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
	j.show()
	switch {
	case j.in.dryRun:
		j.diff()
		fmt.Fprintln(j.out, "Nothing was changed, and nothing was started.")
		return j.result()
	case len(j.wrapped()) == 0:
		fmt.Fprintln(j.out, "Nothing was changed.")
		return j.result()
	}
	page := newPage(j.out)
	j.reviews = slices.DeleteFunc(j.reviews, func(r *review) bool {
		return !slices.ContainsFunc(j.wrapped(), func(n *planned) bool { return n.name == r.name })
	})
	for _, r := range j.reviews {
		r.print(page)
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
