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
	Limit  bool              // as if there were names after --env
	Set    map[string]string // values of servers.NAME.env of the user's rules
	Secret []string          // names of servers.NAME.env whose values are secrets: they are left out here
	Path   string            // replaces PATH when not empty
}

// A Built is what Build made.
type Built struct {
	Env     []string          // "NAME=value", sorted by name
	Dropped []string          // names of variables that inject code, which the client had, sorted
	Left    []string          // names of other variables of the client's that --env leaves out, sorted
	Secrets map[string]string // by name: what the client gave in place of a value ("keyring:github")
}

// Build computes the child's environment.
//
// Without --env it is the client's, with --env only the named variables and the base list (see [base]). In both cases
// variables of our own are left out, and so are those that inject code into programs (see [Injects]) unless they are
// named: the names of those that the client had are Dropped, so that one line can say so. Then
// come Set and Path. Of several values of one name the last counts; entries without a name or a "=" are skipped. A name
// after --env that the client does not have is no error.
//
// A variable of the client's that refers to a secret ("keyring:github") is not in Env but in Secrets: the child must never see the
// reference in place of the secret. Build may be called concurrently.
func (e Environment) Build() (Built, error) {
	named := make(map[string]bool)
	for _, n := range e.Named {
		if !validName(n) {
			return Built{}, fmt.Errorf("--env %q: not the name of a variable; give the name alone, its value stands in the client's configuration", n)
		}
		named[foldName(n)] = true
	}
	limited := len(named) > 0 || e.Limit

	vars := make(map[string][2]string) // by folded name: name and value
	for _, v := range e.Client {
		if n, value, ok := split(v); ok {
			vars[foldName(n)] = [2]string{n, value}
		}
	}
	var b Built
	for key, v := range vars {
		switch {
		case own(v[0]):
			delete(vars, key)
		case named[key]:
		case Injects(v[0]):
			b.Dropped = append(b.Dropped, v[0])
			delete(vars, key)
		case limited && !base(v[0]):
			b.Left = append(b.Left, v[0])
			delete(vars, key)
		}
	}
	if err := e.apply(vars); err != nil {
		return Built{}, err
	}
	b.Env = make([]string, 0, len(vars))
	for _, v := range vars {
		if _, set := e.Set[v[0]]; !set && strings.HasPrefix(v[1], "keyring:") {
			if b.Secrets == nil {
				b.Secrets = map[string]string{}
			}
			b.Secrets[v[0]] = v[1]
			continue
		}
		b.Env = append(b.Env, v[0]+"="+v[1])
	}
	slices.Sort(b.Env)
	slices.Sort(b.Dropped)
	slices.Sort(b.Left)
	return b, nil
}

// apply lays Set and Path over vars, and takes out what is to be filled from secrets.
func (e Environment) apply(vars map[string][2]string) error {
	for _, n := range slices.Concat(slices.Sorted(maps.Keys(e.Set)), e.Secret) {
		if !validName(n) {
			return fmt.Errorf("setting the variable %q: not the name of a variable; correct the server's env in your rules", n)
		}
		if strings.ContainsRune(e.Set[n], 0) {
			return fmt.Errorf("setting the variable %q: its value holds a NUL byte; correct the server's env in your rules", n)
		}
		vars[foldName(n)] = [2]string{n, e.Set[n]}
	}
	for _, n := range e.Secret {
		delete(vars, foldName(n))
	}
	if e.Path != "" {
		if strings.ContainsRune(e.Path, 0) {
			return errors.New("setting the variable \"PATH\": its value holds a NUL byte")
		}
		vars[foldName("PATH")] = [2]string{"PATH", e.Path}
	}
	return nil
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
