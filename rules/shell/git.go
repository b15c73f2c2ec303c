package shell

import "strings"

// Keys of git's configuration that run nothing, in lower case. A key that ends
// in "." stands for all below it.
const calmKeys = " user. color. advice. init.defaultbranch core.quotepath core.autocrlf core.safecrlf core.longpaths core.ignorecase core.filemode core.eol core.precomposeunicode core.abbrev core.bare core.symlinks core.compression " +
	"commit.gpgsign tag.gpgsign tag.sort log. pull.rebase pull.ff push.default push.autosetupremote push.followtags fetch.prune fetch.parallel branch.autosetuprebase branch.sort merge.conflictstyle merge.ff merge.renamelimit rebase.autostash rebase.autosquash rerere.enabled rerere.autoupdate " +
	"diff.renames diff.renamelimit diff.algorithm diff.colormoved diff.noprefix diff.mnemonicprefix diff.context status. column. http.postbuffer http.version http.lowspeedlimit http.lowspeedtime protocol.version safe.directory gc.auto gc.pruneexpire maintenance.auto submodule.recurse clone.defaultremotename feature.manyfiles index.version credential.username "

func calmKey(key, value string) bool {
	key = strings.ToLower(key)
	section, _, _ := strings.Cut(key, ".")
	if strings.Contains(calmKeys, " "+key+" ") || strings.Contains(calmKeys, " "+section+". ") {
		return true
	}
	switch key {
	case "core.pager", "pager.log", "pager.diff", "pager.show", "pager.branch", "core.editor", "sequence.editor":
		return value == "cat" || value == "" || value == "true" || value == ":" || value == "false"
	case "core.fsmonitor":
		return value == "false" || value == "0"
	case "core.hookspath":
		return value == "/dev/null"
	case "credential.helper":
		return value == ""
	}
	return false
}

// Options of git's subcommands that run a program. Git accepts any beginning of a
// long option.
var gitPerils = map[string]peril{
	"clone":         {"--upload-pack --config --template", "uc"},
	"fetch":         {"--upload-pack", ""},
	"pull":          {"--upload-pack", ""},
	"ls-remote":     {"--upload-pack --exec", ""},
	"fetch-pack":    {"--upload-pack --exec", ""},
	"push":          {"--receive-pack --exec", ""},
	"send-pack":     {"--receive-pack --exec", ""},
	"archive":       {"--exec --remote", ""},
	"rebase":        {"--exec", "x"},
	"grep":          {"--open-files-in-pager", "O"},
	"difftool":      {"--extcmd --tool", "xt"},
	"mergetool":     {"--tool", "t"},
	"send-email":    {"--sendmail-cmd --smtp-server --to-cmd --cc-cmd --header-cmd", ""},
	"filter-branch": {"--", ""},
	"init":          {"--template", ""},
	"daemon":        {"--access-hook", ""},
	"instaweb":      {"--httpd --browser", "db"},
	"help":          {"--web", "w"},
	"fast-import":   {"--", ""},
	"cat-file":      {"--filters --textconv", ""},
}

func runGit(l *list, i int, args []arg, sc scope) {
	global := options{"pPvhC:c:", "version help html-path man-path info-path paginate no-pager no-replace-objects bare git-dir= work-tree= namespace= no-optional-locks no-lazy-fetch no-advice literal-pathspecs glob-pathspecs noglob-pathspecs icase-pathspecs list-cmds="}
	opts, rest, ok := global.read(args)
	if !ok {
		l.unknown(i)
		return
	}
	for _, o := range opts {
		if o.name != "-c" {
			continue
		}
		key, value, _ := strings.Cut(o.value.text, "=")
		if !o.value.exact || !calmKey(key, value) {
			l.unknown(i)
		}
	}
	if len(rest) == 0 {
		return
	}
	if !rest[0].exact {
		l.unknown(i)
		return
	}
	for _, a := range rest {
		if strings.HasPrefix(a.text, "ext::") || strings.HasPrefix(a.text, "fd::") {
			l.unknown(i)
		}
	}
	verb := rest[0].text
	l.gitVerb(i, verb, rest[1:], sc)
}

func (l *list) gitVerb(i int, verb string, args []arg, sc scope) {
	if p, ok := gitPerils[verb]; ok && p.in(args) || strings.HasPrefix(verb, "credential-") {
		l.unknown(i)
	}
	l.gitWrites(i, verb, args)
	switch verb {
	case "config":
		l.gitConfig(i, args)
	case "bisect":
		if len(args) > 1 && args[0].text == "run" {
			l.inner(i, args[1:], sc)
		}
	case "submodule":
		for n, a := range args {
			if a.text != "foreach" {
				continue
			}
			rest := args[n+1:]
			for len(rest) > 0 && (rest[0].text == "--recursive" || rest[0].text == "--quiet") {
				rest = rest[1:]
			}
			l.code(i, join(rest), sc)
			return
		}
	case "filter-branch", "fast-import", "web--browse", "shell", "remote-ext", "remote-fd", "upload-pack", "receive-pack", "http-backend",
		"merge-index", "mergetool", "difftool", "credential", "instaweb", "daemon", "svn", "p4", "filter-repo", "citool", "gui":
		l.unknown(i)
	case "rebase":
		for _, a := range args {
			if strings.HasPrefix(bundle(a.text), "x") {
				l.unknown(i)
			}
		}
	}
}

// gitWrites notes the file that a subcommand is told to write. All that show
// differences take "--output"; git accepts any beginning of it.
func (l *list) gitWrites(i int, verb string, args []arg) {
	c := &l.cmds[i]
	short := verb == "archive" || verb == "format-patch"
	if verb == "bundle" && len(args) > 1 && args[0].text == "create" {
		for _, a := range args[1:] {
			if !strings.HasPrefix(a.text, "-") || a.text == "-" {
				c.Writes = append(c.Writes, a.text)
				return
			}
		}
	}
	for n, a := range args {
		if a.text == "--" {
			return
		}
		name, value, attached := strings.Cut(a.text, "=")
		switch {
		case len(name) > 3 && (strings.HasPrefix("--output", name) || name == "--output-directory" || short && strings.HasPrefix("--output-directory", name)):
		case short && strings.HasPrefix(a.text, "-o"):
			value, attached = a.text[2:], len(a.text) > 2
		default:
			continue
		}
		if !attached && n+1 < len(args) {
			value = args[n+1].text
		}
		c.Writes = append(c.Writes, value)
	}
}

// gitConfig judges what git config would set.
func (l *list) gitConfig(i int, args []arg) {
	var operands []string
	for _, a := range args {
		if !a.exact {
			l.unknown(i)
			return
		}
		switch {
		case a.text == "--get", a.text == "--list", a.text == "-l", a.text == "--get-all", a.text == "--get-regexp", a.text == "--unset", a.text == "--unset-all":
			return
		case a.text == "--edit" || a.text == "-e" || a.text == "--rename-section":
			l.unknown(i)
		case !strings.HasPrefix(a.text, "-"):
			operands = append(operands, a.text)
		}
	}
	if len(operands) > 0 && operands[0] == "set" {
		operands = operands[1:]
	}
	if len(operands) < 2 || operands[0] == "get" || operands[0] == "unset" {
		return
	}
	for n, key := range operands[:len(operands)-1] {
		if strings.Contains(key, ".") {
			if !calmKey(key, operands[n+1]) {
				l.unknown(i)
			}
			return
		}
	}
	l.unknown(i)
}
