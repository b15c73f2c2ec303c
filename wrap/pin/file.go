package pin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// version is that of the files that this package reads and writes.
const version = 1

// Encode writes a pin. It is the only form that Decode accepts.
func (p *Pin) Encode() []byte {
	w := &writer{}
	w.pin(p)
	return w.out
}

// A writer puts members of the outermost object onto lines, with commas between them. Where it has something to compare with, it
// does that instead of writing.
type writer struct {
	out   []byte
	began bool

	compare bool
	want    []byte // what is still to come
	n       int    // bytes that were the same
	differs bool
}

// same reports whether Encode would write exactly data, and if not, the line of the first difference.
func (p *Pin) same(data []byte) (bool, int) {
	w := &writer{compare: true, want: data}
	w.pin(p)
	if !w.differs && len(w.want) == 0 {
		return true, 0
	}
	return false, bytes.Count(data[:w.n], []byte("\n")) + 1
}

func (w *writer) text(s string) {
	switch {
	case !w.compare:
		w.out = append(w.out, s...)
	case w.differs:
	case len(w.want) >= len(s) && string(w.want[:len(s)]) == s:
		w.want, w.n = w.want[len(s):], w.n+len(s)
	default:
		w.differs = true
	}
}

func (w *writer) bytes(b []byte) {
	switch {
	case !w.compare:
		w.out = append(w.out, b...)
	case w.differs:
	case bytes.HasPrefix(w.want, b):
		w.want, w.n = w.want[len(b):], w.n+len(b)
	default:
		w.differs = true
	}
}

func (w *writer) pin(p *Pin) {
	w.text("{")
	w.member(`"version": ` + fmt.Sprint(version))
	w.member(`"server": ` + quote(p.Server))
	if p.Blocked != "" {
		w.member(`"blocked": ` + quote(p.Blocked))
	}
	if len(p.Clients) > 0 {
		names := make([]string, len(p.Clients))
		for i, c := range slices.Sorted(slices.Values(p.Clients)) {
			names[i] = quote(c)
		}
		w.member(`"clients": [` + strings.Join(names, ", ") + "]")
	}
	if len(p.Launches) > 0 {
		w.member(`"launches": [`)
		for i, l := range p.Launches {
			w.line(4, string(l.line())+comma(i, len(p.Launches)))
		}
		w.line(2, "]")
	}
	w.locks(p.Locks)
	for _, section := range Sections {
		w.section(p, section)
	}
	w.text("\n}\n")
}

// line begins a line.
func (w *writer) line(indent int, text string) {
	w.text("\n        "[:1+indent])
	w.text(text)
}

// member begins a line with a member, behind the comma of the one before.
func (w *writer) member(text string) {
	if w.began {
		w.text(",")
	}
	w.began = true
	w.line(2, text)
}

func comma(i, n int) string {
	if i+1 < n {
		return ","
	}
	return ""
}

func (w *writer) locks(locks map[string][]byte) {
	if len(locks) == 0 {
		return
	}
	w.member(`"locks": {`)
	hashes := slices.Sorted(maps.Keys(locks))
	for i, hash := range hashes {
		w.line(4, quote(hash)+": [")
		lines := strings.Split(strings.TrimSuffix(string(locks[hash]), "\n"), "\n")
		for j, l := range lines {
			w.line(6, quote(l)+comma(j, len(lines)))
		}
		w.line(4, "]"+comma(i, len(hashes)))
	}
	w.line(2, "}")
}

func (w *writer) section(p *Pin, section Section) {
	keys := p.Keys(section)
	if len(keys) == 0 {
		return
	}
	w.member(`"` + string(section) + `": {`)
	for i, k := range keys {
		item := p.Items[k]
		w.line(4, quote(k.Name))
		w.text(": {")
		if item.Class != "" {
			w.text(`"class": ` + quote(item.Class) + ", ")
		}
		w.text(`"hash": ` + quote(item.Hash) + `, "definition": `)
		w.bytes(item.Definition)
		w.text("}" + comma(i, len(keys)))
	}
	w.line(2, "}")
}

// quote writes a text as definitions have it.
func quote(s string) string { return string(appendText(nil, []byte(s))) }

// line is the launch as it stands in a file.
func (l Launch) line() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Decode reads what Encode wrote, and nothing else. The errors name the line.
func Decode(data []byte) (*Pin, error) {
	r := &reader{rest: data}
	p, err := r.pin()
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", r.n, err)
	}
	if same, line := p.same(data); !same {
		return nil, fmt.Errorf("line %d: it is not as sallyport writes it", line)
	}
	return p, nil
}

// A reader takes a file apart line by line. It need not be strict about form: what is not as Encode writes it is refused in the end.
type reader struct {
	rest []byte
	n    int // of the line at hand
}

// next returns the next line without its indentation and comma; "" at the end.
func (r *reader) next() []byte {
	if len(r.rest) == 0 {
		return nil
	}
	r.n++
	line, rest, _ := bytes.Cut(r.rest, []byte("\n"))
	r.rest = rest
	return bytes.TrimSuffix(bytes.TrimLeft(line, " "), []byte(","))
}

var errForm = errors.New("it is not as sallyport writes it")

func (r *reader) pin() (*Pin, error) {
	p := &Pin{Locks: map[string][]byte{}, Items: map[Key]Item{}}
	if string(r.next()) != "{" {
		return nil, errForm
	}
	for first := true; ; first = false {
		line := r.next()
		name, value, ok := bytes.Cut(line, []byte(`": `))
		if string(line) == "}" && len(r.rest) == 0 && !first {
			return p, nil
		}
		if !ok || len(name) < 2 {
			return nil, errForm
		}
		if err := r.member(p, string(name[1:]), value, first); err != nil {
			return nil, err
		}
	}
}

func (r *reader) member(p *Pin, name string, value []byte, first bool) error {
	if first != (name == "version") {
		return errForm
	}
	switch name {
	case "version":
		var v int
		if json.Unmarshal(value, &v) != nil || v < 1 {
			return errForm
		}
		if v > version {
			return fmt.Errorf("it is of version %d, and this sallyport reads version %d; use a newer one", v, version)
		}
		return nil
	case "server":
		return unquote(value, &p.Server)
	case "blocked":
		return unquote(value, &p.Blocked)
	case "clients":
		return unquote(value, &p.Clients)
	case "launches":
		return r.launches(p)
	case "locks":
		return r.locks(p)
	}
	if slices.Contains(Sections, Section(name)) {
		return r.section(p, Section(name))
	}
	return fmt.Errorf("unknown member %q", name)
}

func unquote(value []byte, into any) error {
	if json.Unmarshal(value, into) != nil {
		return errForm
	}
	return nil
}

func (r *reader) launches(p *Pin) error {
	for {
		line := r.next()
		if string(line) == "]" {
			return nil
		}
		var l Launch
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if dec.Decode(&l) != nil {
			return errForm
		}
		p.Launches = append(p.Launches, l)
	}
}

func (r *reader) locks(p *Pin) error {
	for {
		line := r.next()
		if string(line) == "}" {
			return nil
		}
		quoted, ok := bytes.CutSuffix(line, []byte(": ["))
		var hash string
		if !ok || unquote(quoted, &hash) != nil {
			return errForm
		}
		var lock []byte
		for line = r.next(); string(line) != "]"; line = r.next() {
			var text string
			if unquote(line, &text) != nil {
				return errForm
			}
			lock = append(append(lock, text...), '\n')
		}
		p.Locks[hash] = lock
	}
}

func (r *reader) section(p *Pin, section Section) error {
	for {
		line := r.next()
		if string(line) == "}" {
			return nil
		}
		k, item, err := readItem(section, line)
		if err != nil {
			return err
		}
		if got := hashOf(item.Definition); got != item.Hash {
			return fmt.Errorf("the hash of %s does not fit its definition: one of them was edited", quote(k.String()))
		}
		p.Items[k] = item
	}
}

// readItem reads `"name": {"class": …, "hash": …, "definition": …}`.
func readItem(section Section, line []byte) (Key, Item, error) {
	line, ok := bytes.CutSuffix(line, []byte("}"))
	end := endOfText(line)
	if !ok || end < 0 {
		return Key{}, Item{}, errForm
	}
	k, item := Key{Section: section}, Item{}
	if unquote(line[:end], &k.Name) != nil {
		return Key{}, Item{}, errForm
	}
	line, ok = bytes.CutPrefix(line[end:], []byte(": {"))
	if rest, has := bytes.CutPrefix(line, []byte(`"class": "`)); ok && has {
		class, rest, _ := bytes.Cut(rest, []byte(`", `))
		if item.Class, line = string(class), rest; !slices.Contains([]string{"read", "write", "destructive"}, item.Class) || section != Tools {
			return Key{}, Item{}, fmt.Errorf("unknown class %s; it is read, write or destructive, of tools only", quote(item.Class))
		}
	}
	line, has := bytes.CutPrefix(line, []byte(`"hash": "`))
	hash, definition, found := bytes.Cut(line, []byte(`", "definition": `))
	if !ok || !has || !found || len(definition) == 0 {
		return Key{}, Item{}, errForm
	}
	item.Hash, item.Definition = string(hash), definition
	return k, item, nil
}

// endOfText is the offset behind the string that line begins with, -1 if it does not.
func endOfText(line []byte) int {
	if len(line) == 0 || line[0] != '"' {
		return -1
	}
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}
