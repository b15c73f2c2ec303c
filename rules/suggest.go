package rules

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sallyport/rules/scan"
)

// Suggest gives a rule that would allow this call and calls like it: of the same server and tool, with paths below the same folders,
// the same hosts, the same command lines. It is the text of one element of `rules:`, indented by two blanks, built from literals. ok is
// false where no rule could say it. Whole says that nothing in the arguments narrows it: it allows every call of the tool.
func (j *Judge) Suggest(w *World) (text string, whole, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	if w.On != Call || w.Tool == "" {
		return "", false, false
	}
	j.frame.reset(w, j.view.Class(w.Tool, w.Class))
	defer j.frame.release()
	conditions := []string{"server.name == " + literal(j.view.server), "tool.name == " + literal(w.Tool)}
	scope, ok := j.frame.scope()
	if !ok {
		return "", false, false
	}
	when := strings.Join(append(conditions, scope...), " and\n        ")
	if scan.Visible(when) != when {
		return "", false, false
	}
	return "  - name: " + ruleName("allow-"+w.Tool) + "\n    when: |\n        " + when + "\n    do: allow\n", len(scope) == 0, true
}

// scope gives conditions that the arguments of the frame meet.
func (f *frame) scope() (conditions []string, ok bool) {
	list := func(kind listKind) []string {
		val, err := f.list(kind, f.Args)
		ok = ok && err == nil
		out, _ := val.([]string)
		return out
	}
	ok = true
	paths, err := f.pathsOfArgs()
	if err != nil {
		return nil, false
	}
	dirs := foldersOf(paths.([]string))
	switch wide := slices.Contains(dirs, "/") || slices.Contains(dirs, f.facts.Home); {
	case wide:
		conditions = append(conditions, "all(paths(args), # in "+literals(paths.([]string))+")")
	case len(dirs) > 0:
		conditions = append(conditions, "all(paths(args), under(#, "+literals(dirs)+"))")
	}
	if names := list(hostList); len(names) > 0 {
		conditions = append(conditions, "all(hosts(args), # in "+literals(names)+")")
	}
	if names := list(recipientList); len(names) > 0 {
		conditions = append(conditions, "all(recipients(args), # in "+literals(names)+")")
	}
	if !ok {
		return nil, false
	}
	for it := newIter(f.args.raw); ; {
		key, raw, more := it.member()
		if !more {
			return conditions, ok
		}
		said := f.keys.of(key).command() || f.keys.of(key).any&sqlWord != 0
		if raw[0] == '"' && said {
			conditions = append(conditions, "args["+literal(string(key))+"] == "+literal(unquote(raw)))
		} else if said || f.saysMore(raw) {
			return nil, false // what cannot be compared cannot be allowed
		}
	}
}

// saysMore tells whether a command or a query stands somewhere within a value.
func (f *frame) saysMore(raw []byte) bool {
	found := false
	eachString(&f.keys, raw, nil, func(key []byte, _ string) error {
		m := f.keys.of(key)
		found = found || m.command() || m.any&sqlWord != 0
		return nil
	})
	return found
}

// foldersOf gives the folders in which paths lie, without those that are below another one.
func foldersOf(paths []string) []string {
	var dirs []string
	for _, p := range paths {
		dir := path.Dir(p)
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	var out []string
	for _, d := range dirs {
		if n := len(out); n == 0 || !strings.HasPrefix(d, strings.TrimSuffix(out[n-1], "/")+"/") {
			out = append(out, d)
		}
	}
	return out
}

// literal writes a string as an expression does.
func literal(s string) string { return strconv.Quote(s) }

func literals(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = literal(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// ruleName makes a name that a rule may have.
func ruleName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && goodName("a"+string(r)) {
			return r
		}
		return '-'
	}, s)
	return s[:min(len(s), 100)]
}
