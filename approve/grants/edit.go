package grants

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sallyport/rules"
	"sallyport/wrap/file"
)

// maxFile is the size of the largest rule file.
const maxFile = 1 << 20

// addition is what one answer put into the file.
type addition struct{ text string } // elements with the file's line ends, but for the last one

// read gives the content of the file, nil where there is none. An empty one is not nil.
func (s *Store) read() ([]byte, error) {
	data, err := file.ReadFile(s.file, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case data == nil:
		data = []byte{}
	}
	return data, nil
}

// load reads the content of a file, where one that is missing, or holds nothing but comments, has no grants yet.
func (s *Store) load(data []byte) (*rules.Policy, error) {
	if blank(data) {
		data = []byte("version: 1\n")
	}
	return rules.LoadAnswers(s.file, data)
}

func blank(data []byte) bool {
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

// append writes a draft to the file.
func (s *Store) append(d draft, questions []rules.Decision, w *rules.World, sc rules.Scope) (undo string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	old, err := s.read()
	if err != nil {
		return "", err
	}
	policy, err := s.load(old)
	if err != nil {
		return "", fmt.Errorf("%q is left as it is, since it does not load; repair it first: %v", s.file, err)
	}
	d.first = nextName(policy)
	text, err := s.write(d, questions, w, sc)
	if err != nil {
		return "", err
	}
	data, added, err := insert(old, text)
	if err != nil {
		return "", fmt.Errorf("%q is left as it is: %v", s.file, err)
	}
	if err := s.check(data, policy, text, len(distinct(questions))); err != nil {
		return "", err
	}
	if err := s.replace(old, data); err != nil {
		return "", err
	}
	s.stale = s.use(data) != nil
	undo = fmt.Sprintf("%s%d", d.prefix, d.first)
	s.added[undo] = addition{added}
	return undo, nil
}

// check tells whether a new content of the file loads, and holds what the old one held and the grants of text besides.
func (s *Store) check(data []byte, old *rules.Policy, text string, count int) error {
	policy, err := rules.LoadAnswers(s.file, data)
	if err != nil {
		return fmt.Errorf("%q is left as it is, since it would not load with the answer in it: %v", s.file, err)
	}
	added, err := rules.LoadAnswers("the answer", []byte(heading+text))
	if err != nil {
		return err
	}
	want, got := append(said(old), said(added)...), said(policy)
	slices.Sort(want)
	slices.Sort(got)
	if len(said(added)) != count || !slices.Equal(want, got) {
		return fmt.Errorf("%q is left as it is: the answer cannot be added without changing what stands there; add it by hand", s.file)
	}
	return nil
}

// said gives what the grants of a policy say, without their places.
func said(p *rules.Policy) (out []string) {
	for _, r := range p.Rules() {
		out = append(out, fmt.Sprintf("%q", []string{r.Name, r.Does, r.Answers, r.When, r.Because, strings.Join(r.On, " ")}))
	}
	return out
}

// lock keeps other sallyports from writing the file. The lock stands beside the path that all of them know, wherever a symlink leads.
func (s *Store) lock() (unlock func() error, err error) {
	dir := filepath.Dir(s.file)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := file.MkdirPrivate(dir); err != nil {
			return nil, err
		}
	}
	return file.Lock(s.file + ".lock")
}

// replace writes the file, unless it is not what it was read as, or is not to be written.
func (s *Store) replace(old, data []byte) error {
	now, err := s.read()
	switch {
	case err != nil:
		return err
	case !bytes.Equal(now, old) || (now == nil) != (old == nil):
		return fmt.Errorf("%q was changed in this moment; answer again", s.file)
	case len(data) > maxFile:
		return fmt.Errorf("%q would be larger than %d bytes; take old grants out of it", s.file, maxFile)
	}
	if info, err := os.Stat(s.file); err == nil && info.Mode().Perm()&0o200 == 0 {
		return fmt.Errorf("%q is read-only, so nothing is written to it", s.file)
	}
	return file.WriteFile(s.file, data, 0o600)
}

var (
	listKey   = regexp.MustCompile(`^grants: *(#.*)?$`)
	listStart = regexp.MustCompile(`^( *)- `)
)

// insert puts elements behind the last one of the list, or a list with them at the end of the file. It gives the new content and the lines
// of the elements in it, without the last line end.
func insert(data []byte, elements string) (out []byte, added string, err error) {
	eol := "\n"
	if bytes.Contains(data, []byte("\r\n")) {
		eol = "\r\n"
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	at, indent, found := listEnd(lines)
	head := ""
	switch {
	case found:
		elements = shifted(elements, indent)
	case slices.ContainsFunc(lines, oddList.Match):
		return nil, "", errors.New(`its grants are written in brackets or quotes; write "grants:" on a line of its own, and each grant below from "- name:" on`)
	case blank(data):
		at, head = len(lines), heading
	default:
		at, head = len(lines), "grants:\n"
	}
	before, after := bytes.Join(lines[:at], nil), bytes.Join(lines[at:], nil)
	head, elements = strings.ReplaceAll(head, "\n", eol), strings.ReplaceAll(elements, "\n", eol)
	added = strings.TrimSuffix(elements, eol)
	if len(before) > 0 && before[len(before)-1] != '\n' { // the last line has no end, and is to have none
		head, elements = eol+head, added
	}
	return slices.Concat(before, []byte(head+elements), after), added, nil
}

// oddList matches a line with the key of a list that listKey does not match.
var oddList = regexp.MustCompile(`^(\? *)?["']?grants["']? *:`)

// listEnd gives the number of the line behind the last element of the list of grants, and how far its elements are indented.
func listEnd(lines [][]byte) (at, indent int, found bool) {
	inside := false
	for i, line := range lines {
		text := strings.TrimRight(string(line), "\r\n")
		trimmed := strings.TrimSpace(text)
		switch {
		case !inside:
			inside = listKey.MatchString(text)
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case text[0] != ' ' && !strings.HasPrefix(text, "- "):
			return at, indent, found
		default:
			if m := listStart.FindStringSubmatch(text); m != nil && !found {
				indent, found = len(m[1]), true
			}
			at = i + 1
		}
	}
	return at, indent, found
}

// shifted indents elements as those of the file are.
func shifted(elements string, indent int) string {
	var b strings.Builder
	for line := range strings.Lines(elements) {
		b.WriteString(strings.Repeat(" ", indent) + strings.TrimPrefix(line, "  "))
	}
	return b.String()
}

// remove takes an addition out of the file again. A list that is left without elements goes too, since an empty one does not load.
func (s *Store) remove(a addition) (err error) {
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	old, err := s.read()
	if err != nil {
		return err
	}
	data, ok := without(old, a.text)
	if ok {
		_, err = rules.LoadAnswers(s.file, data)
	}
	if !ok || err != nil {
		return fmt.Errorf("what was added to %q was changed since; take it out by hand", s.file)
	}
	return s.replace(old, data)
}

// without takes whole lines out of the file that stand there once.
func without(data []byte, text string) (out []byte, ok bool) {
	core := []byte(text)
	at := bytes.Index(data, core)
	if at < 0 || bytes.Count(data, core) != 1 || at > 0 && data[at-1] != '\n' {
		return nil, false
	}
	before, after := data[:at], data[at+len(core):]
	switch {
	case bytes.HasPrefix(after, []byte("\r\n")):
		after = after[2:]
	case bytes.HasPrefix(after, []byte("\n")):
		after = after[1:]
	case len(after) > 0:
		return nil, false
	default:
		before = withoutEnd(before) // the last line had none before either
	}
	lines := bytes.SplitAfter(slices.Concat(before, after), []byte("\n"))
	if _, _, found := listEnd(lines); found {
		return bytes.Join(lines, nil), true
	}
	lines = slices.DeleteFunc(lines, func(l []byte) bool { return listKey.Match(bytes.TrimRight(l, "\r\n")) })
	out = bytes.Join(lines, nil)
	if len(after) == 0 && !bytes.HasSuffix(data, []byte("\n")) {
		out = withoutEnd(out)
	}
	return out, true
}

func withoutEnd(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
}
