package rules

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"sallyport/rules/hosts"
	"sallyport/rules/scan"
	"sallyport/rules/shell"
	"sallyport/rules/sql"
)

// Functions that understand what stands in arguments: command lines, addresses, SQL, credentials, recipients.

// listKind is one list that is made of args at most once for all rules.
type listKind uint8

const (
	commandList listKind = iota
	hostList
	sqlList
	secretList
	recipientList
	listKinds
)

// list is such a list, boxed once.
type list struct {
	done bool
	val  any
	n    int
	err  error
}

var makeList = [listKinds]func(*walk, any) (any, int, error){
	commandList:   lister(commandsIn),
	hostList:      lister(hostsIn),
	sqlList:       lister(sqlIn),
	secretList:    lister(secretsIn),
	recipientList: lister(recipientsIn),
}

func lister[T any](in func(*walk, any) ([]T, error)) func(*walk, any) (any, int, error) {
	var none any = []T{} // boxed once
	return func(keys *walk, x any) (any, int, error) {
		l, err := in(keys, x)
		if len(l) == 0 {
			return none, 0, err
		}
		if err == nil && len(l) > maxList {
			err = errLongList
		}
		return l, len(l), err
	}
}

// list gives what x holds of a kind. A rule that would allow does not match where a part of it cannot be known.
func (f *frame) list(kind listKind, x any) (any, error) {
	var l list
	if x == any(f.Args) {
		if !f.lists[kind].done {
			val, n, err := makeList[kind](&f.keys, x)
			f.lists[kind] = list{true, val, n, err}
		}
		l = f.lists[kind]
	} else {
		l = f.listOf(kind, x)
	}
	if l.err == nil && f.allowing && l.n > 0 && unknownIn(l.val) {
		f.vacuous = true
		return nil, errUnknown
	}
	return l.val, l.err
}

// lastList is the list that was made last of something else: a predicate over another list asks for it again and again.
type lastList struct {
	of any // a string, an object or a result
	list
}

func (f *frame) listOf(kind listKind, x any) list {
	comparable := false
	switch x.(type) {
	case string, *object, *answer:
		comparable = true
	}
	last := &f.last[kind]
	if comparable && last.done && last.of == x {
		return last.list
	}
	val, n, err := makeList[kind](&f.keys, x)
	made := list{true, val, n, err}
	if comparable {
		*last = lastList{x, made}
	}
	return made
}

var errUnknown = errors.New("what it would do cannot be known")

func unknownIn(l any) bool {
	switch l := l.(type) {
	case []shell.Command:
		return slices.ContainsFunc(l, func(c shell.Command) bool { return c.Unknown || impostor(c.Program) })
	case []sql.Statement:
		return slices.ContainsFunc(l, func(s sql.Statement) bool { return s.Kind == "unknown" })
	}
	return false
}

// impostor tells a program that is named by a path to somewhere else than where systems keep theirs: "./ls" has the name ls as well.
func impostor(program string) bool {
	dir := path.Dir(program)
	return strings.ContainsAny(program, `/\\`) && !slices.Contains([]string{"/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/local/sbin",
		"/opt/homebrew/bin", "/opt/local/bin", "/snap/bin"}, dir)
}

// asker is a function over a kind of list.
func asker[T any](kind listKind, f Function) *Function {
	f.min, f.max = 1, 1
	f.run = func(f *frame, a []any) (any, error) { return f.list(kind, a[0]) }
	f.outer, f.inner = []any{new(func(any) []T)}, []any{new(func(*frame, any) []T)}
	return &f
}

var languageFunctions = []*Function{
	asker[shell.Command](commandList, Function{
		Name: "commands", Usage: "commands(x)",
		Doc: "The commands that the shell would run for x: args (strings at keys that hold commands, and argument arrays), a part of " +
			"it, or a string. Each has name, program, args, flags (-rf gives -rf, -r and -f), operands, env, reads and writes " +
			"(redirections), from (whose output it takes), via (sudo, xargs, sh -c …, which are looked through), unknown (what it " +
			"runs cannot be known) and inexact (an argument is computed). A rule that allows does not match an unknown one, nor a program that is named by a path " +
			"to elsewhere than /bin, /usr/bin and the like.",
		Example: `any(commands(args), .name == "git" and "push" in .args and "--force" in .flags)`,
	}),
	asker[string](hostList, Function{
		Name: "hosts", Usage: "hosts(x)",
		Doc: "The hosts that x names, in lower case, IDN as punycode, addresses in one form, and every reading where parsers of URLs " +
			"differ. A host that cannot be read is an error, hence a denial. Redirects and names are not followed.",
		Example: `any(hosts(args), not inDomain(#, "github.com"))`,
	}),
	asker[sql.Statement](sqlList, Function{
		Name: "sql", Usage: "sql(x)",
		Doc: "The SQL statements in x: args (strings at keys that hold queries), or a string. Each has kind (\"select\", \"drop\", …, " +
			"\"unknown\"), write (true wherever there is doubt), where (an update or delete has a condition) and tables.",
		Example: `any(sql(args), .write)`,
	}),
	asker[string](secretList, Function{
		Name: "secrets", Usage: "secrets(x)",
		Doc:     "The kinds of credentials that stand in x (args, result, or a string), like \"github-token\".",
		Example: `len(secrets(args)) > 0`,
	}),
	asker[string](recipientList, Function{
		Name: "recipients", Usage: "recipients(x)",
		Doc: "To whom a message in x would go: mail addresses in lower case, names of channels and users, at keys like to, cc, bcc, " +
			"recipients and channel.",
		Example: `any(recipients(args), not (# endsWith "@example.com"))`,
	}),
	{
		Name: "inDomain", Usage: "inDomain(host, domain or [domains])", min: 2, max: 2,
		Doc:      "Whether host is one of the domains or within one. Domains are literals.",
		Example:  `all(hosts(args), inDomain(#, ["example.com", "github.com"]))`,
		literals: domainLiterals, onlyLiterals: true,
		run: func(_ *frame, a []any) (any, error) {
			host, err := text(a[0])
			return slices.ContainsFunc(a[1].(*domainSet).domains, func(d string) bool { return hosts.Within(host, d) }), err
		},
		outer: []any{new(func(string, string) bool), new(func(string, []string) bool), new(func(string, []any) bool)},
		inner: []any{new(func(*frame, string, *domainSet) bool)},
	},
	{
		Name: "isLocal", Usage: "isLocal(host)", min: 1, max: 1,
		Doc:     "Whether host is this machine, its network, or what clouds keep there: loopback, private and link-local addresses, names without a dot.",
		Example: `any(hosts(args), isLocal(#))`,
		run: func(_ *frame, a []any) (any, error) {
			host, err := text(a[0])
			return hosts.Local(host), err
		},
		outer: []any{new(func(string) bool)}, inner: []any{new(func(*frame, string) bool)},
	},
	{
		Name: "seen", Usage: "seen(x)", min: 1, max: 1,
		Doc:     "Whether a frame of this session that passed has been asked about x before: a host, a recipient, any text or number.",
		Example: `any(hosts(args), not seen(#))`,
		run:     func(f *frame, a []any) (any, error) { return f.wasSeen(a[0]) },
		outer:   []any{new(func(any) bool)}, inner: []any{new(func(*frame, any) bool)},
	},
	{
		Name: "count", Usage: `count(x, "1m")`, min: 2, max: 2,
		Doc:      "How many frames of this session passed under x (a text or a number) within that time, this one included; 10,000 at most.",
		Example:  `count(tool.name, "1m") > 20`,
		literals: windowLiteral, onlyLiterals: true,
		run:   func(f *frame, a []any) (any, error) { return f.counted(a[0], a[1].(window)) },
		outer: []any{new(func(any, string) int)}, inner: []any{new(func(*frame, any, window) int)},
	},
}

// domainSet is the literal second argument of inDomain.
type domainSet struct{ domains []string }

func domainLiterals(names []string) (any, error) {
	set := &domainSet{}
	for _, n := range names {
		d, err := hosts.Canonical(n)
		if err != nil {
			return nil, fmt.Errorf("%q is no domain: %v", n, err)
		}
		set.domains = append(set.domains, d)
	}
	return set, nil
}

// eachString calls f with every string in raw and the key that it stands at, and keys themselves as strings at nil.
func eachString(w *walk, raw, key []byte, f func(key []byte, text string) error) error {
	switch raw[0] {
	case '"':
		return f(key, unquote(raw))
	case '[', '{':
		if err := w.enter(raw); err != nil {
			return err
		}
	}
	switch raw[0] {
	case '[':
		for it := newIter(raw); ; {
			e, ok := it.element()
			if !ok {
				return nil
			}
			if err := eachString(w, e, key, f); err != nil {
				return err
			}
		}
	case '{':
		for it := newIter(raw); ; {
			k, val, ok := it.member()
			if !ok {
				return nil
			}
			if err := f(nil, string(k)); err != nil {
				return err
			}
			if err := eachString(w, val, k, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachStringOf is eachString for a value of an expression; a string alone stands at the key "".
func eachStringOf(w *walk, x any, f func(key []byte, text string) error) error {
	switch x := x.(type) {
	case string:
		return f([]byte{}, x)
	case *object:
		return eachString(w, x.raw, nil, f)
	case *answer:
		if len(x.raw) == 0 {
			return errNoResult
		}
		return eachString(w, x.raw, nil, f)
	case []any:
		for _, e := range x {
			if err := eachStringOf(w, e, f); err != nil {
				return err
			}
		}
		return nil
	case []string:
		for _, e := range x {
			if err := f([]byte{}, e); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("args, a part of it or a string is needed, not %s", kindOf(x))
}

func hostsIn(keys *walk, x any) ([]string, error) {
	var out []string
	known := map[string]bool{}
	err := eachStringOf(keys, x, func(key []byte, text string) error {
		if key == nil {
			return nil
		}
		m := keys.of(key)
		bare := m.any&hostWord != 0 || len(key) == 0
		if !bare && m.path() == contentKey {
			return nil
		}
		found, err := hosts.Of(text, bare)
		for _, h := range found {
			if !known[h] {
				known[h] = true
				out = append(out, h)
			}
		}
		return err
	})
	return out, err
}

func sqlIn(keys *walk, x any) ([]sql.Statement, error) {
	var out []sql.Statement
	err := eachStringOf(keys, x, func(key []byte, text string) error {
		if key != nil && (len(key) == 0 || keys.of(key).any&sqlWord != 0) {
			out = append(out, sql.Parse(text)...)
		}
		return nil
	})
	return out, err
}

func secretsIn(keys *walk, x any) ([]string, error) {
	var out []string
	err := eachStringOf(keys, x, func(_ []byte, text string) error {
		for _, m := range scan.Secrets(text) {
			if !slices.Contains(out, m.Kind) {
				out = append(out, m.Kind)
			}
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}

func recipientsIn(keys *walk, x any) ([]string, error) {
	var out []string
	err := eachStringOf(keys, x, func(key []byte, text string) error {
		if key == nil || len(key) > 0 && keys.of(key).any&recipientWord == 0 {
			return nil
		}
		out = append(out, addressesIn(text)...)
		return nil
	})
	slices.Sort(out)
	return slices.Compact(out), err
}

// addressesIn gives every address in the value of a recipient field, those in display names too, or the whole value where there is
// none: a channel, a user.
func addressesIn(text string) []string {
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r <= ' ' || strings.ContainsRune(`,;<>"()[]`, r) })
	var out []string
	for _, p := range parts {
		if strings.Contains(p, "@") && len(p) > 1 && p[0] != '@' {
			out = append(out, strings.TrimPrefix(p, "mailto:"))
		}
	}
	if name := strings.TrimSpace(strings.ToLower(text)); out == nil && name != "" {
		out = append(out, name)
	}
	return out
}
