package child

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Environment says what the child's environment is made of.
type Environment struct {
	Client []string          // what the client gave us: os.Environ()
	Named  []string          // the names after --env
	Set    map[string]string // servers.NAME.env of the user's rules
	Path   string            // replaces PATH when not empty
}

// Build computes the child's environment, sorted by name.
//
// Without --env it is the client's, with --env only the named variables and the base list (see [base]). In both cases
// variables of our own are left out, and so are those that inject code into programs (see [injection]) unless they are
// named: the names of those that the client had are returned as dropped, sorted, so that one line can say so. Then
// come Set and Path. Of several values of one name the last counts; entries without a name or a "=" are skipped. A name
// after --env that the client does not have is no error.
//
// A value that is a reference to a secret ("keyring:github") is an error, since the child must never see the reference
// in place of the secret. Build may be called concurrently.
func (e Environment) Build() (env, dropped []string, err error) {
	named := make(map[string]bool)
	for _, n := range e.Named {
		if !validName(n) {
			return nil, nil, fmt.Errorf("--env %q: not the name of a variable; give the name alone, its value stands in the client's configuration", n)
		}
		named[foldName(n)] = true
	}
	limited := len(named) > 0

	vars := make(map[string][2]string) // by folded name: name and value
	for _, v := range e.Client {
		if n, value, ok := split(v); ok {
			vars[foldName(n)] = [2]string{n, value}
		}
	}
	for key, v := range vars {
		switch {
		case own(v[0]):
			delete(vars, key)
		case named[key]:
		case injection(v[0]):
			dropped = append(dropped, v[0])
			delete(vars, key)
		case limited && !base(v[0]):
			delete(vars, key)
		}
	}
	if err := e.apply(vars); err != nil {
		return nil, nil, err
	}
	env = make([]string, 0, len(vars))
	for _, v := range vars {
		env = append(env, v[0]+"="+v[1])
	}
	slices.Sort(env)
	slices.Sort(dropped)
	return env, dropped, nil
}

// apply refuses references to secrets, and lays Set and Path over vars.
func (e Environment) apply(vars map[string][2]string) error {
	for _, key := range slices.Sorted(maps.Keys(vars)) {
		if _, set := e.Set[vars[key][0]]; !set && strings.HasPrefix(vars[key][1], "keyring:") {
			return unresolved("in the client's configuration", vars[key][0], vars[key][1])
		}
	}
	for _, n := range slices.Sorted(maps.Keys(e.Set)) {
		value := e.Set[n]
		if !validName(n) {
			return fmt.Errorf("setting the variable %q: not the name of a variable; correct the server's env in your rules", n)
		}
		if strings.ContainsRune(value, 0) {
			return fmt.Errorf("setting the variable %q: its value holds a NUL byte; correct the server's env in your rules", n)
		}
		if reference(value) {
			return unresolved("in your rules", n, value)
		}
		vars[foldName(n)] = [2]string{n, value}
	}
	if e.Path != "" {
		if strings.ContainsRune(e.Path, 0) {
			return errors.New("setting the variable \"PATH\": its value holds a NUL byte")
		}
		vars[foldName("PATH")] = [2]string{"PATH", e.Path}
	}
	return nil
}

func unresolved(where, name, value string) error {
	return fmt.Errorf("the variable %q %s names the secret %q, and secret references are not supported yet; write its value there for now", name, where, value)
}

// reference is whether the user's rules name a secret here. A scheme with nothing after it is a value like any other,
// but for keyring.
func reference(value string) bool {
	scheme, rest, ok := strings.Cut(value, ":")
	switch scheme {
	case "keyring":
		return ok
	case "file", "env", "exec":
		return rest != ""
	}
	return false
}

// split cuts an entry at its first "=". Windows keeps the folder of each drive in variables that begin with one.
func split(entry string) (name, value string, ok bool) {
	from := min(leadingEquals, len(entry))
	i := strings.IndexByte(entry[from:], '=')
	if i < 0 || from+i == 0 || strings.ContainsRune(entry, 0) {
		return "", "", false
	}
	return entry[:from+i], entry[from+i+1:], true
}

func validName(n string) bool { return n != "" && !strings.ContainsAny(n, "=\x00") }

func own(name string) bool { return strings.HasPrefix(foldName(name), "SALLYPORT_") }
