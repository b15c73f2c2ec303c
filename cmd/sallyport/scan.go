package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/client"
	"sallyport/wrap/pin"
)

// severities, from the mildest.
var severities = []string{"low", "medium", "high", "critical"}

// A finding is something wrong with a configuration.
type finding struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Fix      string `json:"fix,omitempty"` // what to type, or to do

	of    string // what of the server it is about, where there may be several
	print string // tells it from others, wherever the files lie
}

// A scanned is a server as a configuration has it; without a name it stands for a file that could not be read.
type scanned struct {
	ID       string    `json:"id"`
	Client   string    `json:"client"`
	Title    string    `json:"title"`
	Path     string    `json:"path"`
	Line     int       `json:"line"`
	Section  string    `json:"section,omitempty"`
	Server   string    `json:"server"`
	Command  string    `json:"command"` // or the address; without keys
	Wrapped  bool      `json:"wrapped"`
	Remote   bool      `json:"remote"`
	Disabled bool      `json:"disabled"`
	Project  bool      `json:"project"`
	Findings []finding `json:"findings"`

	doc   *client.Document
	entry client.Entry
	argv  []string // the server's own command line
	w     wrapped
}

func (s *scanned) find(kind, severity, fix, format string, a ...any) {
	s.findOf("", kind, severity, fix, fmt.Sprintf(format, a...))
}

// findOf notes a finding about a part of a server, once.
func (s *scanned) findOf(of, kind, severity, fix, message string) {
	n := 0
	for _, f := range s.Findings {
		if f.Kind != kind {
			continue
		}
		if n++; of != "" && f.of == of {
			return
		}
	}
	print := strings.Join([]string{kind, s.Client, s.Section, s.Server}, ":")
	if n > 0 {
		print += fmt.Sprintf(":%d", n)
	}
	s.Findings = append(s.Findings, finding{print + ":" + s.Path, kind, severity, message, fix, of, print})
}

// A scanning is what the command line of scan says.
type scanning struct {
	paths         []string
	probe         bool
	asJSON, sarif bool
	failOn        string

	places places
	env    client.Environment
	root   string // of the folder that was named; "" where none was
	list   []*scanned
}

func newScanCommand() *cobra.Command {
	var s scanning
	cmd := &cobra.Command{
		Use:   "scan [PATH…]",
		Short: "list every server that clients are configured to start, and what is wrong with it",
		Long: `List every MCP server that a client of this machine is configured to start, wrapped or
not, desktop extensions and plugins too, and say what is wrong with each. With a PATH,
only what lies in that folder or file: a clone can be looked at before a client trusts it.

Nothing is started and no reference is resolved; nothing leaves this machine. --probe
starts your own servers, never those of a project, and looks at what they show.

Kinds of findings:
  plain-key        a credential lies in the file
  unwrapped        sallyport does not stand in front of it
  unpinned         nobody accepted what it shows
  drift            it is not what was accepted
  floating         another version may run tomorrow
  lookalike        its package is one letter from a popular one
  shell            a shell makes its command line
  injection        a variable puts code into its process
  broad            it is given a folder with everything in it, or the whole machine
  hidden           a definition holds characters that people do not see
  hint             a tool's hint contradicts its name
  duplicate        another server has a tool of that name
  clear-text       the client talks to it without encryption
  remote           the client connects to it by itself
  project          it comes with a folder that somebody else may have written
  broken-wrap      the sallyport in front of it is not there
  odd, unreadable  what cannot be understood

--fail-on SEVERITY (low, medium, high, critical) makes the exit status 1 where there is a
finding of that severity or a graver one.`,
		Example: `  sallyport scan
  sallyport scan ~/src/clone --fail-on high
  sallyport scan --sarif > mcp.sarif`,
		RunE: func(cmd *cobra.Command, args []string) error {
			s.paths = args
			return s.run(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&s.probe, "probe", false, "start your own servers, and look at what they show")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print a JSON array, one object for each server")
	cmd.Flags().BoolVar(&s.sarif, "sarif", false, "print SARIF 2.1.0, for code hosts")
	cmd.Flags().StringVar(&s.failOn, "fail-on", "", "low, medium, high or critical: fail where something is at least that grave")
	return cmd
}

func (s *scanning) run(out io.Writer) error {
	if s.asJSON && s.sarif {
		return usageError{withHint("choose one", "--json and --sarif are two formats")}
	}
	if s.probe && len(s.paths) > 0 {
		hintf("--probe starts your own servers, and nothing of what you named")
	}
	if s.failOn != "" && !slices.Contains(severities, s.failOn) {
		return usageError{withHint("write --fail-on low, medium, high or critical", "%q is no severity", scan.VisibleLine(s.failOn, 40))}
	}
	var err error
	if s.places, err = currentPlaces(); err != nil {
		return err
	}
	if s.env, err = searched(); err != nil {
		return err
	}
	if err := s.collect(); err != nil {
		return err
	}
	for _, x := range s.list {
		if x.Server != "" && x.doc != nil {
			s.check(x)
		}
	}
	if len(s.paths) == 0 {
		if s.extensions(); s.probe {
			s.startAll(context.Background())
		}
		s.checkPins()
	}
	switch {
	case s.asJSON:
		err = writeJSON(out, append([]*scanned{}, s.list...))
	case s.sarif:
		err = writeSARIF(out, s.root, s.list)
	default:
		s.print(newPage(out))
	}
	return errors.Join(err, s.verdict())
}

// verdict is an error where --fail-on says so.
func (s *scanning) verdict() error {
	n := 0
	for _, x := range s.list {
		for _, f := range x.Findings {
			if s.failOn != "" && slices.Index(severities, f.Severity) >= slices.Index(severities, s.failOn) {
				n++
			}
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%s of severity %s or graver", plural(n, "finding", "findings"), s.failOn)
}

// collect reads the configurations.
func (s *scanning) collect() error {
	files := client.Find(s.env)
	if len(s.paths) > 0 {
		files = nil
		for _, path := range s.paths {
			found, err := s.under(path)
			if err != nil {
				return err
			}
			files = append(files, found...)
		}
	}
	seen := map[string]bool{}
	for _, f := range files {
		if seen[f.Client+" "+f.Path] {
			continue
		}
		seen[f.Client+" "+f.Path] = true
		d, err := client.Read(f)
		if err != nil {
			if inner := errors.Unwrap(err); inner != nil {
				err = inner // without the path, which stands above
			}
			s.unread(f, err.Error())
			continue
		}
		if d.Empty() {
			s.unread(f, "it is empty")
		}
		for _, e := range d.Entries {
			s.list = append(s.list, newScanned(d.File, d, e))
		}
	}
	return nil
}

func (s *scanning) unread(f client.File, why string) {
	x := &scanned{Client: f.Client, Title: f.Title, Path: f.Path, Line: 1, Project: f.Scope == client.Project}
	x.ID = strings.Join([]string{f.Client, f.Path}, ":")
	x.find("unreadable", "medium", "", "%s", why)
	s.list = append(s.list, x)
}

func newScanned(file client.File, d *client.Document, e client.Entry) *scanned {
	x := &scanned{Client: file.Client, Title: file.Title, Path: file.Path, Line: e.Line, Section: e.Section, Server: e.Server, Remote: e.Remote(),
		Disabled: e.Disabled, Project: file.Scope == client.Project, Findings: []finding{}, doc: d, entry: e}
	x.ID = strings.Join([]string{file.Client, file.Path, e.Section, e.Server}, ":")
	for _, a := range append([]client.Text{e.Command}, e.Args...) {
		x.argv = append(x.argv, a.Value)
	}
	if x.w, x.Wrapped = unwrap(e); x.Wrapped {
		x.argv = x.w.command
	}
	if x.Remote {
		x.argv, x.Command = nil, shownAddress(e.URL)
		return x
	}
	// Neither a key that we know nor what is stuck to it is shown.
	hidden := map[string]string{}
	for _, f := range credentialsOf(d, e, x.w) {
		if f.variable == argsVariable {
			hidden[f.text.Value] = f.before + "‹" + f.kind + "›"
		}
	}
	words := make([]string, len(x.argv))
	for i, arg := range x.argv {
		mask, is := hidden[arg]
		if words[i] = wrap.ShellWord(arg); is {
			words[i] = mask
		}
	}
	if x.Command = strings.Join(words, " "); e.Command.Value == "" {
		x.Command = ""
	}
	for _, m := range slices.Backward(scan.Secrets(x.Command)) {
		x.Command = x.Command[:m.Start] + "‹" + m.Kind + "›" + x.Command[m.End:]
	}
	return x
}

// maxWalk is how many entries of a folder are looked at.
const maxWalk = 20_000

// under finds configurations of projects in a folder and below, or takes a file for one. Links are not followed: a clone would choose what
// is read. Where a link, or too many files, may hide something, that is a finding.
func (s *scanning) under(path string) (files []client.File, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, usageError{withHint("write the path of a folder, or of a configuration in it", "%q is not there: %v", path, errors.Unwrap(err))}
	}
	if !info.IsDir() {
		f, ok := client.At(s.env, path)
		if !ok {
			return nil, usageError{withHint("its name has to be one that a client reads, like .mcp.json or .vscode/mcp.json", "%q is no configuration that sallyport knows", path)}
		}
		return []client.File{f}, nil
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, err
	}
	if s.root = path; len(s.paths) > 1 {
		s.root = "" // of several folders none is the one
	}
	here := client.File{Row: client.Row{Title: "Folder", Scope: client.Project}, Path: path}
	n := 0
	err = filepath.WalkDir(path, func(at string, e fs.DirEntry, err error) error {
		if n++; n > maxWalk {
			s.unread(here, fmt.Sprintf("it holds more than %d files: the rest was not looked at", maxWalk))
			return filepath.SkipAll
		}
		if err != nil {
			s.unread(client.File{Row: here.Row, Path: at}, "it cannot be looked into")
			return nil
		}
		link, dir := e.Type()&fs.ModeSymlink != 0, e.IsDir()
		if link {
			for _, f := range slices.Concat(client.InProject(at), client.Behind(at)) {
				s.unread(f, "it is a link, which may lead anywhere: it was not read")
			}
		}
		for _, f := range client.InProject(at) {
			switch {
			case dir:
				s.unread(f, "it is a folder")
			case !link && filepath.Dir(at) != path:
				files = append(files, f)
			}
		}
		if dir && at != path && slices.Contains([]string{".git", "node_modules", ".venv"}, e.Name()) {
			return filepath.SkipDir
		}
		return nil
	})
	// Those of the folder itself come from their own places, however much lies before them.
	return append(s.atTop(path), files...), err
}

// atTop are the configurations of a folder itself.
func (s *scanning) atTop(dir string) (files []client.File) {
	env := s.env
	env.Cwd = dir
	for _, f := range client.Find(env) {
		if f.Scope != client.Project || len(f.Folder()) == 0 {
			continue
		}
		real, err := filepath.EvalSymlinks(f.Path)
		if info, statErr := os.Lstat(f.Path); err == nil && real == f.Path && statErr == nil && info.Mode().IsRegular() {
			files = append(files, f)
		}
	}
	return files
}

// startAll looks at the user's own servers, and keeps what they show for the checks of pins.
func (s *scanning) startAll(ctx context.Context) {
	p := &planner{home: s.env.Home, workspace: os.TempDir(), environ: os.Environ(), chosen: map[string]bool{}}
	var list []lookup
	var of []*scanned
	for _, x := range s.list {
		if x.Project || x.Disabled || x.Remote || x.doc == nil || x.entry.Odd() != "" {
			continue
		}
		n := &planned{doc: x.doc, entry: x.entry, argv: slices.Clone(x.argv)}
		p.environment(n)
		if n.unseen != "" {
			x.find("odd", "low", "", "not started: %s", n.unseen)
			continue
		}
		list = append(list, lookup{name: s.nameOf(x), client: x.Client, named: x.w.named, argv: n.argv, env: clientEnv(x.doc.Terminal(), p.environ, n.env), dir: n.dir})
		of = append(of, x)
	}
	for i, r := range lookAt(ctx, list) {
		if r.err != nil {
			of[i].find("odd", "medium", "", "it does not start: %v", r.err)
			continue
		}
		s.shown(of[i], r.pin)
		if accepted, err := s.places.pins().Load(s.nameOf(of[i])); err == nil && accepted.Accepted() && len(pin.Diff(accepted, r.pin)) > 0 {
			of[i].find("drift", "high", "sallyport pin diff "+wrap.ShellWord(s.nameOf(of[i])), "what it shows now is not what was accepted")
		}
	}
}

// nameOf is the server's name for pins.
func (s *scanning) nameOf(x *scanned) string {
	if x.w.name != "" {
		return x.w.name
	}
	if validName(x.Server) {
		return x.Server
	}
	return cmp.Or(deriveName(x.argv), "server")
}
