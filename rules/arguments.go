package rules

import (
	"encoding/json"
	"net/netip"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sallyport/rules/scan"
	"sallyport/rules/shell"
)

// What single arguments are to a scope.

type argumentKind uint8

const (
	fixedArgument   argumentKind = iota // what it is in this call
	textArgument                        // plainly content
	changesArgument                     // a list of changes of text
	pathArgument                        // a path
	pathsArgument                       // a list of paths
	addressArgument                     // a web address
)

// argument is one member of the arguments.
type argument struct {
	key, name string // "path", `args["path"]`
	kind      argumentKind
	isText    bool
	written   []string // the paths in it
	pin       string   // condition that it has this value; empty where that cannot be written
	place     string   // condition that it leads where it leads now; empty where it leads nowhere
	free      string   // condition that it is content
	leads     []string
	folders   []string // that a path is widened to
	site      string   // "https://example.com", of an address
}

// open tells whether the argument is widened as a place.
func (a *argument) open() bool { return a.site != "" || len(a.folders) > 0 }

func (a *argument) condition() string {
	switch a.kind {
	case addressArgument:
		return a.name + " matches " + literal("^"+regexp.QuoteMeta(a.site)+"(/[!-~]*)?$")
	case pathsArgument:
		return "all(" + a.name + ", within(#, " + literals(a.folders) + "))"
	}
	return "within(" + a.name + ", " + literals(a.folders) + ")"
}

func (a *argument) words() string {
	if a.kind == addressArgument {
		return "at " + a.site
	}
	return "in " + scan.VisibleLine(strings.Join(a.folders, " or "), 0) + " or below, nothing hidden"
}

// pinOf gives the condition that a member has this value, "" where that cannot be written.
func pinOf(name string, raw []byte) string {
	const longest = 2 << 10
	if len(raw) > longest || !utf8.Valid(raw) {
		return ""
	}
	switch raw[0] {
	case '"':
		if text := unquote(raw); faithful(text) {
			return name + " == " + literal(text)
		}
		return ""
	case 't', 'f':
		return name + " == " + string(raw)
	case 'n':
		return name + " == nil"
	}
	if n, err := strconv.Atoi(string(raw)); err == nil && strconv.Itoa(n) == string(raw) && n >= 0 {
		return name + " == " + string(raw)
	}
	var v any // the literal as json writes it: no way to spell a letter but one
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil || !faithful(string(text)) || strings.Contains(string(text), `\ufffd`) {
		return ""
	}
	if _, err := sameLiteral([]string{string(text)}); err != nil {
		return ""
	}
	return "same(" + name + ", " + literal(string(text)) + ")"
}

// faithful tells whether a decoded text is the only one that decodes to it: what is no Unicode, half a pair of surrogates for one, comes
// out as U+FFFD.
func faithful(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, utf8.RuneError) }

// contentNames are the arguments that are plainly content, as words.
var contentNames = strings.Fields(`content contents text body message markdown description comment
	new_text old_text new_str old_str new_string old_string new_content old_content file_text insert_text file_content
	text_content page_content commit_message comment_body issue_body`)

// A title may be what something is found by. Beside a body it is content too: that of an issue, a letter.
var (
	titleNames = []string{"title", "subject", "summary"}
	bodyNames  = []string{"body", "description", "issue_body", "page_content"}
)

func contentName(key string) bool { return slices.Contains(contentNames, wordsOf(key)) }

// wordsOf gives the words of a plain key, joined; "" for any other.
func wordsOf(key string) string {
	if len(key) >= maxKeyWords || strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		return ""
	}
	var words []string
	eachWord([]byte(key), func(w []byte) { words = append(words, string(w)) })
	return strings.Join(words, "_")
}

// freeTitles takes titles for content where a body stands beside them.
func (s *scoper) freeTitles() {
	if !slices.ContainsFunc(s.args, func(a argument) bool {
		return a.kind == textArgument && slices.Contains(bodyNames, wordsOf(a.key))
	}) {
		return
	}
	for i := range s.args {
		if a := &s.args[i]; a.isText && slices.Contains(titleNames, wordsOf(a.key)) {
			a.kind, a.free, a.place = textArgument, "isText("+a.name+")", ""
		}
	}
}

// changesOfText gives the member names of a list of objects that all have the same ones, each of them plainly content and a string; nil
// for anything else.
func changesOfText(raw []byte) (names []string) {
	for it := newIter(raw); ; {
		e, ok := it.element()
		if !ok {
			return names
		}
		if e[0] != '{' {
			return nil
		}
		var own []string
		for members := newIter(e); ; {
			key, val, ok := members.member()
			if !ok {
				break
			}
			if val[0] != '"' || !contentName(string(key)) {
				return nil
			}
			own = append(own, string(key))
		}
		slices.Sort(own)
		if own == nil || names != nil && !slices.Equal(names, own) {
			return nil
		}
		names = own
	}
}

func changesCondition(name string, members []string) string {
	conditions := []string{"only(#, " + strings.Trim(literals(members), "[]") + ")"}
	for _, m := range members {
		conditions = append(conditions, "isText(#["+literal(m)+"])")
	}
	return "all(" + name + ", " + strings.Join(conditions, " and ") + ")"
}

// addPlace says what is known of a string as a path or an address.
func (s *scoper) addPlace(a *argument, m keyMask, text string) {
	if site := siteOf(text); site != "" && m.any&commandWord == 0 && !s.destroys {
		a.kind, a.site = addressArgument, site
		return
	}
	named := m.path() == pathKey
	if m.path() == contentKey || !named && !rooted(text) || !plainPath(text) {
		return
	}
	leads, err := s.meanings(text)
	if err != nil || len(leads) > 8 {
		return
	}
	a.written, a.leads = []string{text}, leads
	a.place = "within(" + a.name + ", " + literals(leads) + ")"
	if named && (rooted(text) || !vaguePath(a.key)) {
		a.kind = pathArgument
	}
}

// addPlaces does it for a list of paths.
func (s *scoper) addPlaces(a *argument, raw []byte) {
	for it := newIter(raw); ; {
		e, ok := it.element()
		if !ok {
			break
		}
		if e[0] != '"' || len(a.leads) > 32 {
			return
		}
		text := unquote(e)
		leads, err := s.meanings(text)
		if err != nil || !plainPath(text) || !rooted(text) && vaguePath(a.key) {
			return
		}
		a.written, a.leads = append(a.written, text), append(a.leads, leads...)
	}
	if len(a.leads) > 0 {
		a.kind = pathsArgument
		a.place = "all(" + a.name + ", within(#, " + literals(minimal(a.leads)) + "))"
	}
}

// vaguePath tells keys that name a path as well as something else: a branch, a channel, a table.
func vaguePath(key string) bool {
	vague := true
	eachWord([]byte(key), func(w []byte) {
		vague = vague && !slices.Contains(surelyPath, string(w))
	})
	return vague
}

var surelyPath = strings.Fields(`path paths file files filename filenames filepath filepaths dir dirs directory directories folder folders
	cwd workdir pathname pathnames basedir rootdir outdir outfile infile logfile`)

// widen gives the paths the folders that are up levels above those that they lie in. It is false where one of them must not be given
// away whole, and where nothing is left to widen.
func (s *scoper) widen(up int) bool {
	sites, paths := false, false
	for i := range s.args {
		a := &s.args[i]
		sites = sites || a.site != ""
		if a.kind != pathArgument && a.kind != pathsArgument {
			continue
		}
		var dirs []string
		for _, p := range a.leads {
			above := up + 1
			if folderKey(a.key) {
				above = up
			}
			for range above {
				p = path.Dir(p)
			}
			if !s.mayGive(p) {
				return false
			}
			dirs = append(dirs, p)
		}
		a.folders, paths = minimal(dirs), true
	}
	return paths || sites && up == 0
}

// folderKey tells keys whose value is a folder.
func folderKey(key string) bool {
	found := false
	eachWord([]byte(key), func(w []byte) {
		found = found || keyWords[string(w)]&folderWord != 0 || string(w) == "repo" || string(w) == "repository"
	})
	return found
}

// mayGive tells whether all that is in a folder may be granted at once: not that of a whole system, of a home folder or what programs
// keep in one, nothing hidden, nor a folder that projects lie in.
func (s *scoper) mayGive(dir string) bool {
	if len(dir) > 512 || dir == "/" || strings.Contains(dir, "/.") || !faithful(dir) || !plainPath(dir) || cleanPath(dir) != dir {
		return false
	}
	project := false
	for _, root := range s.bothForms(append([]string{s.facts.Cwd}, s.facts.Roots...)) {
		if root == dir {
			project = true
		} else if atOrBelow(root, dir) {
			return false
		}
	}
	for _, home := range s.bothForms([]string{s.facts.Home, s.facts.OtherHome}) {
		if atOrBelow(home, dir) {
			return false
		}
		if name := path.Base(dir); path.Dir(dir) == home && (name == "Library" || name == "AppData") {
			return false
		}
	}
	return project || strings.Count(dir, "/") >= 2
}

// bothForms gives folders of the machine as written and with their symlinks resolved.
func (s *scoper) bothForms(folders []string) (out []string) {
	for _, d := range folders {
		if d == "" {
			continue
		}
		clean := cleanPath(filepath.ToSlash(d))
		out = append(out, clean)
		if s.facts.Resolve != nil {
			out = append(out, s.resolve(clean))
		}
	}
	return out
}

var siteForm = regexp.MustCompile(`^(https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?)(/[!-~]*)?$`)

// siteOf gives scheme, host and port of a web address that all readers take apart in the same way, else "". Names without a dot and
// numbers are no sites: what they lead to is this machine's network.
func siteOf(text string) string {
	m := siteForm.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	_, host, _ := strings.Cut(m[1], "://")
	host, _, _ = strings.Cut(host, ":")
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") || strings.Contains(host, "..") {
		return ""
	}
	return m[1]
}

// commandTool tells tools that may run what they are given as text.
func commandTool(name string) bool {
	found := false
	eachWord([]byte(name), func(w []byte) {
		found = found || keyWords[string(w)]&(commandWord|sqlWord) != 0 || slices.Contains(commandTools, string(w))
	})
	return found || len(name) >= maxKeyWords
}

var commandTools = strings.Fields(`eval evaluate execute invoke launch spawn repl notebook cell javascript python node ruby perl process
	keyboard keys key press type typing console task agent prompt workflow`)

func unknownPrograms(commands []shell.Command) bool {
	return slices.ContainsFunc(commands, func(c shell.Command) bool { return c.Unknown })
}

// minimal leaves out what is below another one.
func minimal(dirs []string) []string {
	dirs = slices.Clone(dirs)
	slices.Sort(dirs)
	var out []string
	for _, d := range dirs {
		if !slices.ContainsFunc(out, func(o string) bool { return atOrBelow(d, o) }) {
			out = append(out, d)
		}
	}
	return out
}

// saysMore tells whether a command or a query stands somewhere within a value.
func (f *frame) saysMore(raw []byte) bool {
	found := false
	eachString(&f.keys, raw, nil, func(key []byte, _ string) error {
		m := f.keys.of(key)
		found = found || m.text() || m.any&sqlWord != 0
		return nil
	})
	return found
}
