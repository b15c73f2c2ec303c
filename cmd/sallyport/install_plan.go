package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/client"
	"sallyport/wrap/file"
	"sallyport/wrap/pin"
)

// wantedLimit is what a client's time for a tool call is raised to: people take longer than a minute to come to their terminal.
const wantedLimit = 10 * time.Minute

// A planned is an entry, and what install means to do with it.
type planned struct {
	doc   *client.Document
	entry client.Entry
	left  string // why it is left as it is; "" where it is wrapped
	notes []string

	name   string   // for --name
	words  []string // in front of the command
	argv   []string // the command
	env    map[string]string
	dir    string
	vary   []int         // indexes of argv that the client fills in anew each time
	limit  time.Duration // the client's time for a tool call is raised to it; 0 where it stays
	moves  []find
	unseen string // why it is not looked at before its client starts it; "" where it is

	pin     *pin.Pin // what it is; nil where nobody looked
	changes []client.Change
}

func (p *planned) wraps() bool { return p.left == "" }

func (p *planned) note(format string, a ...any) { p.notes = append(p.notes, fmt.Sprintf(format, a...)) }

// A planner plans for one user on one machine.
type planner struct {
	program   string
	home      string
	workspace string // stands for the folder that a client has open
	environ   []string
	servers   []string        // that were named; none for all
	chosen    map[string]bool // that were found
	keepKeys  bool
	programs  map[string]string // by server name, what is started under it
	pins      pin.Folder
}

// plan says what to do with the entries of configurations.
func (p *planner) plan(docs []*client.Document) (list []*planned) {
	for _, d := range docs {
		for _, e := range d.Entries {
			if len(p.servers) > 0 && !slices.Contains(p.servers, e.Server) {
				continue
			}
			p.chosen[e.Server] = true
			list = append(list, p.entry(d, e))
		}
	}
	return list
}

func (p *planner) entry(d *client.Document, e client.Entry) *planned {
	n := &planned{doc: d, entry: e}
	w, wrapped := unwrap(e)
	switch {
	case wrapped && e.Command.Value != p.program && strings.ContainsAny(e.Command.Value, `/\`) && !isFile(e.Command.Value):
		n.left = fmt.Sprintf("wrapped by %q, which is not there: \"sallyport uninstall %s --server %s\", then install again", e.Command.Value, d.Client, wrap.ShellWord(e.Server))
	case e.Odd() != "":
		n.left = e.Odd()
	case wrapped:
		n.left, n.name = "already wrapped", w.name
		if e.Command.Value != p.program {
			n.left += fmt.Sprintf(" by %q", e.Command.Value)
		}
	case e.Remote():
		n.left = "remote: the client connects to it by itself, and nothing can stand between"
	case len(scan.Secrets(e.Command.Value)) > 0:
		n.left = "its command holds a key: write that as a variable under env, and it can be kept elsewhere"
	case !e.Command.Editable():
		n.left = "its command is written in a way that cannot be edited in place"
	}
	if !n.wraps() {
		return n
	}
	n.argv = []string{e.Command.Value}
	for _, a := range e.Args {
		n.argv = append(n.argv, a.Value)
	}
	if n.name = p.nameOf(d, e, n.argv); n.name == "" {
		n.left = "it has a name of which none can be made that sallyport takes"
		return n
	}
	if other := otherWrapper(n.argv); other != "" {
		n.note("%s stands in front of the server too, and stays there", other)
	}
	if e.Disabled {
		n.unseen = "it is disabled"
	}
	p.environment(n)
	limit, raise := d.Limit(e, wantedLimit)
	if raise {
		n.limit = limit
	}
	n.words = []string{"wrap", "--name", n.name, "--client", d.Client}
	if limit > 0 {
		n.words = append(n.words, "--budget", timeText(limit))
	}
	for _, name := range p.named(n) {
		n.words = append(n.words, "--env", name)
	}
	n.words = append(n.words, "--")
	if p.credentials(n); p.keepKeys {
		if slices.ContainsFunc(n.moves, func(f find) bool { return f.variable == argsVariable }) {
			n.unseen = "its command line holds a key, which a pin would hold too"
		}
		n.moves = nil
	}
	return n
}

// timeText is a time without what is zero in it.
func timeText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// named are the variables that the server is to get besides the usual ones; none where it is to get all.
func (p *planner) named(n *planned) (names []string) {
	for _, v := range n.entry.Env {
		names = append(names, v.Name)
	}
	names = append(names, n.entry.Names...)
	if n.entry.EnvFile != "" {
		path, known := p.fill(n.doc.Row, n.entry.EnvFile)
		more, err := namesInFile(path)
		if !known || err != nil {
			n.note("the variables of its envFile cannot be read, so it gets all that the client has, and its keys stay")
			n.unseen = "its envFile cannot be read"
			return nil
		}
		names = append(names, more...)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !validVariable(name) })
}

var nameInFile = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=`)

// namesInFile are the variables that a file of NAME=value lines sets.
func namesInFile(path string) (names []string, err error) {
	data, err := file.ReadFile(path, 1<<20)
	for _, m := range nameInFile.FindAllSubmatch(data, -1) {
		names = append(names, string(m[1]))
	}
	return names, err
}

// environment fills in what only a client knows, so that the server can be looked at.
func (p *planner) environment(n *planned) {
	n.env = map[string]string{}
	home := p.home
	if folder := n.doc.Folder(); folder != "" {
		inside := *p
		inside.workspace, home = folder, folder
		p = &inside
	}
	unknown := func(what string) {
		if n.unseen == "" {
			n.unseen = what + " holds a variable that only the client knows"
		}
	}
	for _, v := range n.entry.Env {
		text, known := p.fill(n.doc.Row, v.Value)
		if n.env[v.Name] = text; !known {
			unknown(v.Name)
		}
	}
	for i, arg := range n.argv {
		text, known := p.fill(n.doc.Row, arg)
		if !known {
			unknown("its command line")
		}
		if text != arg {
			n.argv[i] = text
			n.vary = append(n.vary, i)
		}
	}
	dir, known := p.fill(n.doc.Row, n.entry.Dir)
	if n.dir = dir; dir == "" {
		if n.dir = home; filepath.IsAbs(n.entry.Section) && isDir(n.entry.Section) {
			n.dir = n.entry.Section
		}
	}
	if !known || !isDir(n.dir) {
		unknown("its folder")
	}
	if n.doc.Scope == client.Project {
		n.unseen = "it comes with a project, whose servers are not started from here"
	}
}

var variable = regexp.MustCompile(`\$\{\{[^}]*\}\}|\$?\{[^{}]*\}|\$[A-Za-z_][A-Za-z0-9_]*`)

// fill writes values in the place of variables as clients do. known is false where one is left.
func (p *planner) fill(row client.Row, text string) (filled string, known bool) {
	known = true
	filled = variable.ReplaceAllStringFunc(text, func(v string) string {
		if v[0] == '{' && !strings.HasPrefix(v, "{env:") && !strings.HasPrefix(v, "{file:") || v[0] == '$' && v[1] != '{' && row.Client != "gemini" {
			return v // no variable here
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(v, "$"), "{"), "}")
		switch inner {
		case "userHome":
			return p.home
		case "workspaceFolder", "workspaceRoot":
			return p.workspace
		case "pathSeparator", "/":
			return string(filepath.Separator)
		}
		name, fallback, has := strings.Cut(strings.TrimPrefix(inner, "env:"), ":-")
		for _, e := range p.environ {
			if value, is := strings.CutPrefix(e, name+"="); is && (value != "" || !has) {
				return value
			}
		}
		if known = known && has; has {
			return fallback
		}
		return v
	})
	return filled, known
}

// nameOf is what the server is called in rules, pins and logs: as the client has it, unless that name belongs to another program already.
func (p *planner) nameOf(d *client.Document, e client.Entry, argv []string) string {
	name := strings.TrimLeft(strings.Map(func(r rune) rune {
		if nameRune(r) || r == ' ' {
			return r
		}
		return '-'
	}, e.Server), ". -")
	if name = strings.TrimSpace(name[:min(len(name), 64)]); !validName(name) {
		if name = deriveName(argv); !validName(name) {
			return ""
		}
	}
	what := programOf(argv)
	for _, try := range []string{name, name + "-" + d.Client, name + "-" + d.Client + "-2", name + "-" + d.Client + "-3"} {
		if has, taken := p.programs[try]; validName(try) && (!taken || has == what) && p.pinned(try, what) {
			p.programs[try] = what
			return try
		}
	}
	return ""
}

// pinned reports whether the pin of that name, if there is one, is of such a program.
func (p *planner) pinned(name, what string) bool {
	accepted, err := p.pins.Load(name)
	if err != nil || accepted == nil || len(accepted.Launches) == 0 {
		return true // one that cannot be read is told when it is looked at
	}
	return slices.ContainsFunc(accepted.Launches, func(l pin.Launch) bool { return len(l.Args) > 0 && programOf(l.Args) == what })
}

// programOf tells programs apart that a command line may start: by the program, or by what a runner is to run.
func programOf(argv []string) string {
	base := strings.TrimSuffix(filepath.Base(filepath.FromSlash(argv[0])), ".exe")
	if !slices.Contains(runners, base) {
		return base
	}
	for _, arg := range argv[1:] {
		if !strings.HasPrefix(arg, "-") && !slices.Contains(runnerVerbs, arg) {
			return base + " " + arg
		}
	}
	return base
}

// wrappers are programs that stand in front of servers as we do.
var wrappers = []string{"mcp-scan", "snyk-agent-scan", "mcp-guardian", "pipelock", "thv", "toolhive", "mcp-proxy", "mcp-remote", "mcp-gateway", "mcp-firewall", "mcpwall", "mcp-defender"}

func otherWrapper(argv []string) string {
	for _, arg := range argv[:min(len(argv), 4)] {
		if name := plainName(arg); slices.Contains(wrappers, strings.TrimSuffix(filepath.Base(filepath.FromSlash(arg)), ".exe")) || slices.Contains(wrappers, name) {
			return scan.VisibleLine(arg, 60)
		}
	}
	return ""
}

// credentials finds the plain keys of an entry.
func (p *planner) credentials(n *planned) {
	command := []string{n.entry.Command.Value}
	for _, a := range n.entry.Args {
		command = append(command, a.Value)
	}
	if n.entry.EnvFile != "" {
		return
	}
	for _, f := range credentialsOf(n.doc, n.entry, wrapped{name: n.name, named: p.named(n), command: command}) {
		if f.why == "" {
			n.moves = append(n.moves, f)
		} else {
			n.note("the %s in %s stays: %s", f.kind, scan.VisibleLine(f.variable, 60), f.why)
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
