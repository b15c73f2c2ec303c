package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tidwall/gjson"
	"golang.org/x/text/unicode/norm"
)

// Functions that say exactly what arguments are, for what allows: grants above all. Where there are two ways to read a value, they do not
// hold.

var exactFunctions = []*Function{
	{
		Name: "only", Usage: `only(x, "name", …)`, min: 1, max: maxOnly + 1,
		Doc:     "Whether x (args, or an object in it) has these members and no others; only(args) says that there are none.",
		Example: `only(args, "path") and within(args.path, "/srv/notes")`,
		run:     func(_ *frame, a []any) (any, error) { return only(a[0], a[1:]) },
		outer:   []any{new(func(any, ...string) bool)}, inner: []any{new(func(*frame, any, ...string) bool)},
	},
	{
		Name: "isText", Usage: "isText(x)", min: 1, max: 1,
		Doc:     "Whether x is a string.",
		Example: `only(args, "body") and isText(args.body)`,
		run: func(_ *frame, a []any) (any, error) {
			_, ok := a[0].(string)
			return ok, nil
		},
		outer: []any{new(func(any) bool)}, inner: []any{new(func(*frame, any) bool)},
	},
	{
		Name: "same", Usage: "same(x, json)", min: 2, max: 2,
		Doc: "Whether x is the value that the literal json spells: strings letter by letter, numbers by their value, lists in order, " +
			"objects in any order and with no other members.",
		Example:  `same(args.labels, '["bug", "ui"]')`,
		literals: sameLiteral, onlyLiterals: true,
		run: func(_ *frame, a []any) (any, error) {
			return a[1].(*exactValue).is(a[0])
		},
		outer: []any{new(func(any, string) bool)}, inner: []any{new(func(*frame, any, *exactValue) bool)},
	},
	{
		Name: "within", Usage: "within(path, folder or [folders])", min: 2, max: 2,
		Doc: "As under, for what allows: whether everything that path may come to mean, symlinks resolved, is one of the folders or " +
			"below one, letter by letter, but for hidden files and folders below it, whose names begin with a dot. Folders are absolute, and " +
			"are taken as they are written, not for what symlinks make of them. " +
			"False for a path with wildcards, variables, control characters, several paths, a URI or an address in it.",
		Example:  `within(args.path, ["/srv/notes", "/srv/drafts"])`,
		literals: placesLiteral, onlyLiterals: true,
		run: func(f *frame, a []any) (any, error) {
			p, err := text(a[0])
			if err != nil {
				return nil, err
			}
			return f.within(p, a[1].(*placeSet).folders)
		},
		outer: []any{new(func(string, string) bool), new(func(string, []string) bool), new(func(string, []any) bool)},
		inner: []any{new(func(*frame, string, *placeSet) bool)},
	},
}

// maxOnly bounds the names that only compares.
const maxOnly = 100

func only(x any, names []any) (any, error) {
	o, ok := x.(*object)
	if !ok {
		return nil, fmt.Errorf("only needs args or an object in it, not %s", kindOf(x))
	}
	n := 0
	for it := newIter(o.raw); ; n++ {
		key, _, more := it.member()
		if !more {
			return n == len(names), nil
		}
		if n == len(names) || !slices.ContainsFunc(names, func(name any) bool { return name == any(string(key)) }) {
			return false, nil
		}
	}
}

// exactValue is a literal of JSON, taken apart once. Numbers are int or float64.
type exactValue struct {
	scalar any
	list   []*exactValue
	object map[string]*exactValue
	kind   byte // '{', '[' or 0
}

var errNotJSON = errors.New("same needs one literal of JSON, with no name twice and numbers that are held exactly")

// maxExact bounds how deep a literal of JSON is nested.
const maxExact = 32

func sameLiteral(texts []string) (any, error) {
	if len(texts) != 1 || !gjson.Valid(texts[0]) || !utf8.ValidString(texts[0]) {
		return nil, errNotJSON
	}
	return exactOf([]byte(strings.TrimSpace(texts[0])), maxExact)
}

func exactOf(raw []byte, depth int) (*exactValue, error) {
	if depth == 0 {
		return nil, errors.New("the literal is nested too deep")
	}
	v := &exactValue{}
	switch raw[0] {
	case '{':
		v.kind, v.object = '{', map[string]*exactValue{}
		for it := newIter(raw); ; {
			key, val, ok := it.member()
			if !ok {
				return v, nil
			}
			member, err := exactOf(val, depth-1)
			if err != nil {
				return nil, err
			}
			if v.object[string(key)] != nil {
				return nil, errNotJSON
			}
			v.object[string(key)] = member
		}
	case '[':
		v.kind = '['
		for it := newIter(raw); ; {
			val, ok := it.element()
			if !ok {
				return v, nil
			}
			element, err := exactOf(val, depth-1)
			if err != nil {
				return nil, err
			}
			v.list = append(v.list, element)
		}
	}
	var err error
	if v.scalar, err = decode(raw); err != nil {
		return nil, errNotJSON
	}
	return v, nil
}

// is compares a value from the wire, in time linear in its length.
func (v *exactValue) is(x any) (bool, error) {
	switch x := x.(type) {
	case *object:
		if v.kind != '{' {
			return false, nil
		}
		n := 0
		for it := newIter(x.raw); ; n++ {
			key, raw, ok := it.member()
			if !ok {
				return n == len(v.object), nil
			}
			want := v.object[string(key)]
			if want == nil {
				return false, nil
			}
			got, err := decode(raw)
			if err != nil {
				return false, err
			}
			if same, err := want.is(got); !same || err != nil {
				return false, err
			}
		}
	case []any:
		if v.kind != '[' || len(x) != len(v.list) {
			return false, nil
		}
		for i, e := range x {
			if same, err := v.list[i].is(e); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	}
	if v.kind != 0 {
		return false, nil
	}
	if x == nil || v.scalar == nil {
		return x == v.scalar, nil
	}
	same, err := equal(x, v.scalar)
	return same && err == nil, nil // two kinds are no error: they are not the same
}

// placeSet is the second argument of within: clean absolute paths.
type placeSet struct{ folders []string }

func placesLiteral(folders []string) (any, error) {
	for _, d := range folders {
		if !strings.HasPrefix(d, "/") && !drive(d) || cleanPath(d) != d {
			return nil, fmt.Errorf("within needs absolute paths without a trailing slash, dots or backslashes, not %q", d)
		}
	}
	return &placeSet{folders}, nil
}

// within tells whether all that a path may mean lies at or below the places, letter by letter, and is not hidden there: who gives a folder
// of a project away hardly means its .git/hooks, .envrc or .vscode, which make programs run what they say.
func (f *frame) within(p string, places []string) (bool, error) {
	if !plainPath(p) {
		return false, nil
	}
	forms, err := f.meanings(p)
	if err != nil {
		return false, err
	}
	for _, form := range forms {
		if !slices.ContainsFunc(places, func(place string) bool {
			return atOrBelow(form, place) && !strings.Contains(form[len(strings.TrimSuffix(place, "/")):], "/.")
		}) {
			return false, nil
		}
	}
	return true, nil
}

// atOrBelow compares clean absolute paths by their components.
func atOrBelow(p, dir string) bool {
	rest, ok := strings.CutPrefix(p, dir)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(dir, "/"))
}

// plainPath tells whether a text is one path to every reader: nothing in it is a pattern, a variable, an address, a list, or a way to
// write a letter that some take for another.
func plainPath(s string) bool {
	if s == "" || len(s) > maxPath || fileURI(trimmed(unbroken.Replace(s))) || norm.NFKC.String(s) != norm.NFC.String(s) {
		return false
	}
	return !slices.ContainsFunc(readings(s), func(r string) bool { return !plainReading(r) })
}

func plainReading(s string) bool {
	if !utf8.ValidString(s) || strings.ContainsAny(s, "*?{}$`<>|\"") || oddSigns(s) || strings.Contains(s, "://") {
		return false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError || ignored(r) }) {
		return false
	}
	if scheme, _, found := strings.Cut(s, ":"); found && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\`) {
		return false // "s3:x", "host:path", or a stream of a file
	}
	for i := 1; i < len(s); i++ { // "a,/b"
		if strings.IndexByte(",;: ", s[i-1]) >= 0 && strings.IndexByte(`/\~.%`, s[i]) >= 0 && !(i == 2 && drive(s)) {
			return false
		}
	}
	for part := range strings.SplitSeq(slashed(s), "/") { // what is left of a name where blanks and dots at its end are dropped
		if part != "" && part != "." && part != ".." && strings.Trim(part, ". ") == "" {
			return false
		}
	}
	return true
}

// oddSigns tells "~+/x", which only a shell knows, and "%TEMP%" and "100%", which are no way to encode a letter.
func oddSigns(s string) bool {
	if s != "" && s[0] == '~' && len(s) > 1 && s[1] != '/' && s[1] != '\\' {
		return true
	}
	for i := range len(s) {
		if s[i] == '%' && (i+2 >= len(s) || percentDecoded(s[i:i+3]) == s[i:i+3]) {
			return true
		}
	}
	return false
}
