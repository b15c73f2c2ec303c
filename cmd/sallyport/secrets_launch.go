package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sallyport/keyring"
	"sallyport/keyring/guard"
	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/child"
	"sallyport/wrap/pin/origin"
)

const (
	// argsVariable stands for the command line where owners have variables.
	argsVariable = "args"
	// resolveTime is how long all secrets of a launch may take: clients give up after 5 to 60 s.
	resolveTime = 8 * time.Second
	// existsTime is how long a look may take whether a secret is there, before somebody is asked about it.
	existsTime = 3 * time.Second
)

// secretsFile is the index of secrets, and vaultFile the encrypted file where the rules name no other.
func (p places) secretsFile() string { return filepath.Join(p.config, "secrets.json") }
func (p places) vaultFile() string   { return filepath.Join(p.config, "secrets.age") }

// A want is a secret that a server is to get.
type want struct {
	variable string // of its environment, or argsVariable
	ref      keyring.Reference
	users    bool // the user's own rules say so, not only the client's configuration
	arg      int  // for argsVariable: index of the client's command line, -1 behind it
	before   string
}

// wants are the secrets that the client's configuration and the user's rules name. literal are arguments of the rules that are none,
// by their place among those of the rules.
func wantsOf(argv []string, built child.Built, server rules.ServerConfig) (list []want, err error) {
	for _, name := range slices.Sorted(maps.Keys(server.Env)) {
		if g := server.Env[name]; g.Secret() {
			ref, err := referenceOf(g)
			if err != nil {
				return nil, fmt.Errorf("the variable %q of your rules: %w", name, err)
			}
			list = append(list, want{variable: name, ref: ref, users: true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(built.Secrets)) {
		ref, _, err := keyring.Parse(built.Secrets[name])
		if err != nil {
			return nil, fmt.Errorf("the variable %q in the client's configuration: %w", name, err)
		}
		list = append(list, want{variable: name, ref: ref})
	}
	for i, arg := range argv[1:] {
		at := strings.LastIndexAny(arg, "= ") + 1
		ref, is, err := keyring.Parse(arg[at:])
		if !is || ref.Scheme != keyring.Keyring {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the argument %q in the client's configuration: %w", arg, err)
		}
		list = append(list, want{variable: argsVariable, ref: ref, arg: i + 1, before: arg[:at]})
	}
	for _, g := range server.Args {
		if g.Secret() {
			ref, err := referenceOf(g)
			if err != nil {
				return nil, fmt.Errorf("an argument of your rules: %w", err)
			}
			list = append(list, want{variable: argsVariable, ref: ref, users: true, arg: -1})
		}
	}
	return list, nil
}

func referenceOf(g rules.Given) (keyring.Reference, error) {
	if g.Exec != nil {
		return keyring.Reference{Scheme: keyring.Exec, Argv: g.Exec, TTL: g.TTL, Timeout: g.Timeout}, nil
	}
	ref, is, err := keyring.Parse(g.Reference)
	if err == nil && !is {
		err = fmt.Errorf("%q names nothing", g.Reference)
	}
	ref.TTL, ref.Timeout = g.TTL, g.Timeout
	return ref, err
}

// launchDigest names what a command line starts: the words, the program, the script, or the package with all that was installed with it,
// what it is run by, the folder where that may choose what runs, and variables that choose what becomes of what it is given.
func launchDigest(store *origin.Store, l origin.Launch, o origin.Origin, env map[string]string) string {
	o.Runtime, o.RuntimeVersion, o.Why = "", "", ""
	what := struct {
		Args, Runtimes []string
		Origin         origin.Origin
		Dir            string
		Env            map[string]string
	}{Args: l.Args, Origin: o, Dir: l.Dir, Env: env}
	relative := slices.ContainsFunc(l.Args, func(arg string) bool { return strings.HasPrefix(arg, ".") || strings.Contains(arg, "file:") })
	if (o.Kind == origin.Script || o.Kind == origin.Package || o.Kind == origin.Image) && !relative {
		what.Dir = ""
	}
	runtimes := []string{l.Args[0]}
	if o.Kind == origin.Package {
		runtimes = append(runtimes, "node", "npm")
	}
	for _, name := range runtimes {
		if path, err := store.Find(name); err == nil {
			what.Runtimes = append(what.Runtimes, path)
		}
	}
	b, err := json.Marshal(what)
	if err != nil {
		return "" // which no owner has
	}
	sum := sha256.Sum256(b)
	return "l1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// launchEnv are the variables that count for whether a launch is a known one: what its entry names, without secrets, and what steers it.
func launchEnv(named map[string]string, wants []want, steering map[string]string) map[string]string {
	m := maps.Clone(named)
	if m == nil {
		m = map[string]string{}
	}
	for _, w := range wants {
		delete(m, w.variable)
	}
	for name, value := range steering {
		m["steering "+name] = value
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

// naming are the names of variables that refer to secrets, and whether any secret is wanted at all.
func naming(environ, argv []string, server rules.ServerConfig) (names []string, wanted bool) {
	for _, v := range environ {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(value, keyring.Keyring+":") {
			names = append(names, name)
		}
	}
	wanted = len(names) > 0 || slices.ContainsFunc(argv, func(arg string) bool { return strings.Contains(arg, keyring.Keyring+":") })
	for _, g := range server.Env {
		wanted = wanted || g.Secret()
	}
	return names, wanted || slices.ContainsFunc(server.Args, rules.Given.Secret)
}

// meant leaves out what is for other servers: some clients let what one entry sets be seen by the servers of all (mcporter does, while it
// lists them). What an entry names after --env is meant for it, and so is a secret that nobody else has.
func (l *launch) meant(wants []want) (list []want, err error) {
	if len(wants) == 0 {
		return nil, nil
	}
	index, err := keyring.LoadIndex(l.set.places.secretsFile())
	if err != nil {
		return nil, err
	}
	for _, w := range wants {
		owners := index.Secrets[w.ref.Name].Owners
		mine := slices.ContainsFunc(owners, func(o keyring.Owner) bool { return o.Server == l.flags.name })
		if w.users || w.variable == argsVariable || slices.Contains(l.flags.env, w.variable) || mine || len(owners) == 0 {
			list = append(list, w)
			continue
		}
		hintf("server %q does not get %s: %s is a secret of server %q; if it is meant for this one, name it after --env in its entry",
			l.flags.name, scan.VisibleLine(w.variable, 80), w.ref, scan.VisibleLine(owners[0].Server, 80))
	}
	return list, nil
}

// released finds the values of what the server wants, once it is clear that it may have them.
func (l *launch) released(wants []want) ([]keyring.Value, error) {
	if len(wants) == 0 {
		return nil, nil
	}
	steers := steering(l.start.origin.Env, l.set.facts.Home, l.set.facts.Cwd, l.set.places.recordedPath())
	digest := launchDigest(l.start.store, l.start.origin, l.start.launch.Origin, launchEnv(l.start.launch.Env, wants, steers))
	open, err := l.unowned(wants, digest, len(steers) > 0)
	if err != nil {
		return nil, err
	}
	resolver, err := l.resolver()
	if err == nil && len(open) > 0 {
		if err = missing(open, resolver); err == nil {
			err = l.askForSecrets(secretsWanted{l, open, digest, steers})
		}
	}
	if err != nil {
		return nil, err
	}
	refs, limit := make([]keyring.Reference, len(wants)), resolveTime
	for i, w := range wants {
		refs[i], limit = w.ref, max(limit, w.ref.Timeout+time.Second)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	values, err := resolver.Resolve(ctx, refs)
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return values, nil
}

// unowned are those that nobody tied to this server, variable and launch. What the user's own rules name is tied by them to server and
// variable; a launch is known where it was accepted with the server's pin, or where a secret was tied to it.
func (l *launch) unowned(wants []want, digest string, steered bool) (open []want, err error) {
	index, err := keyring.LoadIndex(l.set.places.secretsFile())
	if err != nil {
		return nil, err
	}
	// Where whatever comes first is accepted, no person has; and nobody has accepted variables that steer.
	accepted := l.start.known && !steered && l.start.view.FirstSight() != "accept"
	for _, w := range wants {
		tied, known := index.Tied(w.ref.Name, l.flags.name, w.variable, digest)
		if w.ref.Scheme != keyring.Keyring {
			tied, known = false, slices.Contains(index.Launches[l.flags.name], digest)
		}
		if !(tied || w.users) || !(known || accepted) {
			open = append(open, w)
		}
	}
	return open, nil
}

// missing is an error where there is no such secret: nobody is asked about what is not there. What a store says besides comes later.
func missing(wants []want, r keyring.Resolver) error {
	ctx, cancel := context.WithTimeout(context.Background(), existsTime)
	defer cancel()
	for _, w := range wants {
		if w.ref.Scheme != keyring.Keyring {
			continue
		}
		v, err := r.Store.Get(ctx, w.ref.Name)
		if v.Clear(); errors.Is(err, keyring.ErrNotFound) {
			return withHint(fmt.Sprintf("run \"sallyport secret set %s\" in a terminal; \"sallyport secret list\" has the names", w.ref.Name), "there is no secret %q", w.ref.Name)
		}
	}
	return nil
}

// resolver is for this launch.
func (l *launch) resolver() (keyring.Resolver, error) {
	environ := os.Environ()
	// Programs get the usual variables only: a configuration could name the address of another vault.
	usual, err := child.Environment{Client: environ, Limit: true}.Build()
	if err != nil {
		return keyring.Resolver{}, err
	}
	r := keyring.Resolver{Environ: environ, Exec: usual.Env, Home: l.set.facts.Home, Program: func(name string) (string, error) {
		path, _, err := child.Find(name, usual.Env)
		return path, err
	}}
	store, err := openStore(l.set.policy.Secrets(), l.set.places, r)
	r.Store = store
	return r, err
}

// openStore is where secrets are kept. The passphrase of the encrypted file comes from where the rules say.
func openStore(o rules.SecretOptions, p places, r keyring.Resolver) (keyring.Store, error) {
	if !o.File {
		return keyring.OS(), nil
	}
	path := p.vaultFile()
	if o.Path != "" {
		path = absolute(o.Path, p.config, p.home)
	}
	if o.Identity != "" {
		return keyring.OpenFile(path, keyring.Key{Identity: absolute(o.Identity, p.config, p.home)})
	}
	if !o.Passphrase.Secret() {
		return nil, withHint("write identity: FILE or passphrase: {exec: [program, argument]} there", "secrets: {store: file} in your rules says nothing of what opens the file")
	}
	ref, err := referenceOf(o.Passphrase)
	if err != nil {
		return nil, err
	}
	if ref.Scheme == keyring.Keyring {
		return nil, withHint("write identity: FILE or passphrase: {exec: [program, argument]}", "the passphrase of the encrypted file cannot be in it")
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTime)
	defer cancel()
	values, err := r.Resolve(ctx, []keyring.Reference{ref})
	if err != nil {
		return nil, fmt.Errorf("the passphrase of the encrypted file: %w", err)
	}
	return keyring.OpenFile(path, keyring.Key{Passphrase: values[0]})
}

// give puts values where they are wanted, and makes the guard of them.
func (l *launch) give(command *child.Command, server rules.ServerConfig, wants []want, values []keyring.Value) *guard.Guard {
	var secrets []guard.Secret
	behind := map[int]string{} // arguments of the rules that are secrets, in order
	command.Args, command.Env = slices.Clone(command.Args), slices.Clone(command.Env)
	shown := false
	for i, w := range wants {
		value := values[i].Reveal()
		secrets = append(secrets, guard.Secret{Name: w.ref.Label(), Value: []byte(value)})
		switch {
		case w.variable != argsVariable:
			command.Env = append(command.Env, w.variable+"="+value)
			continue
		case w.arg < 0:
			behind[len(behind)] = value
		default:
			text := w.before + w.ref.Scheme + ":" + w.ref.Name
			for n, arg := range command.Args {
				if arg == text {
					command.Args[n] = w.before + value
				}
			}
		}
		shown = true
	}
	n := 0
	for _, g := range server.Args {
		text := g.Text
		if g.Secret() {
			text = behind[n]
			n++
		}
		command.Args = append(command.Args, text)
	}
	if shown {
		warningf("server %q gets a secret on its command line, where every program of this machine can see it (ps)", l.flags.name)
	}
	g, weak := guard.New(secrets)
	for _, name := range weak {
		hintf("the secret %s is too short, or too plain, to be told from other text: nobody looks for it in what server %q says", scan.VisibleLine(name, 80), l.flags.name)
	}
	for i := range values {
		values[i].Clear()
	}
	return g
}

// expiry tells the user when a value that was given is no longer good.
func (l *launch) expiry(wants []want) {
	for _, w := range wants {
		if w.ref.TTL > 0 {
			time.AfterFunc(w.ref.TTL, func() {
				warningf("the secret %s of server %q is older than its ttl of %v: restart the server in its client for a new one", w.ref, l.flags.name, w.ref.TTL)
			})
		}
	}
}

// ownText says who is to get a secret, as secret set --for takes it.
func (w want) ownText(server string) string { return wrap.ShellWord(server + ":" + w.variable) }
