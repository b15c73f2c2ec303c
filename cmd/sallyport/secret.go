package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"sallyport/keyring"
	"sallyport/keyring/guard"
	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/child"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/origin"
)

const (
	// storeTime is how long a store has where a person sits at a terminal, and may have to type a password for it.
	storeTime = 60 * time.Second
	// storeNotice is when that person is told what we wait for.
	storeNotice = 2 * time.Second
)

// patiently does something with a store. What a person types at our own prompts is no part of its time.
func patiently(do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	notice := time.AfterFunc(storeNotice, func() {
		hintf("waiting for the store of secrets: a keyring may ask for its password in a window of its own")
	})
	defer notice.Stop()
	return do(ctx)
}

// storeText is a kind of store as people say it.
func storeText(kind string) string {
	if kind == keyring.File {
		return "encrypted file"
	}
	return "keyring of the system"
}

func newSecretCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "keep the keys of servers out of configurations",
		Long: `Keep the keys of servers in the keyring of the system (Keychain, Credential Manager,
Secret Service), and hand each to the one server that owns it.

In a client's configuration, write keyring:NAME in place of the value of a variable,
or of an argument that begins or ends so:

  "command": "sallyport",
  "args": ["wrap", "--name", "github", "--env", "GITHUB_TOKEN", "--", "npx", "-y", "…"],
  "env": {"GITHUB_TOKEN": "keyring:github"}

In your own rules.yaml, servers.NAME.env and servers.NAME.args also take other places:

  servers:
    github:
      env:
        GITHUB_TOKEN: keyring:github
        OTHER: file:~/.config/other.key        # nobody else may read it
        THIRD: {exec: [op, read, "op://vault/item/field"], ttl: 1h, timeout: 20s}

A secret goes only to a server, a variable and a command line that you gave it to: with
"secret set --for" and an accepted pin, with "secret tie", or by an answer in "sallyport
approve". So a configuration that came with a cloned repository gets a question.

What a server sends back is searched for the exact values, also escaped, in base64 or
hexadecimal; ‹secret:NAME› stands in their place, and the third such frame ends the
session. There is no verb that prints a value.

Without a keyring (a server, a container), keep them in a file that age encrypts:

  secrets: {store: file, identity: ~/.config/sallyport/key.txt}     # age-keygen -o key.txt
  secrets: {store: file, passphrase: {exec: [pass, show, sallyport]}}

Opening it by a passphrase takes a second for each server that starts; by an identity
it takes none.`,
		Args: noVerb("secret"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSecretSetCommand(), newSecretListCommand(), newSecretRemoveCommand(), newSecretTieCommand(), newSecretUntieCommand(), newSecretImportCommand())
	return cmd
}

// noVerb refuses words behind a command that only has verbs.
func noVerb(of string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{withHint(fmt.Sprintf(`run "sallyport %s --help"`, of), "unknown verb %q after %s", args[0], of)}
		}
		return nil
	}
}

// secrets are the stores and the index as the user's rules say.
type secrets struct {
	places places
	store  keyring.Store
	kind   string // keyring.Keyring or keyring.File
}

// openSecrets opens the store that the user's rules name. The passphrase of a file comes from the terminal where they name no other place.
func openSecrets() (secrets, error) {
	p, err := currentPlaces()
	if err != nil {
		return secrets{}, err
	}
	policy, _, err := loadPolicy(p, nil, p.config) // not a working folder's
	if err != nil {
		return secrets{}, err
	}
	s := secrets{places: p, kind: keyring.Keyring}
	o := policy.Secrets()
	if o.File {
		s.kind = keyring.File
	}
	if o.File && o.Identity == "" && !o.Passphrase.Secret() {
		s.store, err = vaultByHand(o, p)
		return s, err
	}
	environ := os.Environ()
	s.store, err = openStore(o, p, keyring.Resolver{Environ: environ, Exec: environ, Home: p.home, Program: func(name string) (string, error) {
		path, _, err := child.Find(name, environ)
		return path, err
	}})
	return s, err
}

// vaultByHand opens the encrypted file with a passphrase from the terminal. A session has no terminal: it needs another place.
func vaultByHand(o rules.SecretOptions, p places) (keyring.Store, error) {
	passphrase, err := readHidden("Passphrase of the encrypted file: ")
	if err != nil {
		return nil, err
	}
	hintf("servers cannot ask you for the passphrase: write identity: FILE or passphrase: {exec: [program, argument]} under secrets: in your rules")
	path := p.vaultFile()
	if o.Path != "" {
		path = absolute(o.Path, p.config, p.home)
	}
	return keyring.OpenFile(path, keyring.Key{Passphrase: keyring.NewValue(passphrase)})
}

func newSecretSetCommand() *cobra.Command {
	var owners []string
	var yes bool
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "keep a value under a name",
		Long: `Read a value from the terminal, twice and without echo, or from standard input where
that is no terminal (one final line end is cut off), and keep it under a name.

--for SERVER:VARIABLE ties it to a variable of a server, by the name that the server has
in its client's configuration. The server's command still has to be one that you
accepted ("sallyport pin accept"), or gave it to ("sallyport secret tie").`,
		Example: `  sallyport secret set github --for github:GITHUB_PERSONAL_ACCESS_TOKEN
  gh auth token | sallyport secret set github --yes`,
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			ties, err := ownersOf(owners)
			if err != nil {
				return err
			}
			return setSecret(cmd.OutOrStdout(), args[0], ties, yes)
		},
	}
	cmd.Flags().StringArrayVar(&owners, "for", nil, "SERVER:VARIABLE that may have it; may be repeated")
	cmd.Flags().BoolVar(&yes, "yes", false, "replace what is there without asking")
	return cmd
}

// oneName wants the name of a secret.
func oneName(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{withHint(`"sallyport secret list" has the names`, "one name is needed, not %d", len(args))}
	}
	if err := keyring.ValidName(args[0]); err != nil {
		return usageError{fmt.Errorf("%q: %w", args[0], err)}
	}
	return nil
}

// ownersOf reads SERVER:VARIABLE.
func ownersOf(texts []string) (list []keyring.Owner, err error) {
	for _, text := range texts {
		at := strings.LastIndexByte(text, ':')
		if at < 0 || !validName(text[:at]) || !validVariable(text[at+1:]) {
			return nil, usageError{withHint("write SERVER:VARIABLE, like github:GITHUB_TOKEN", "%q names no variable of a server", text)}
		}
		list = append(list, keyring.Owner{Server: text[:at], Variable: text[at+1:]})
	}
	return list, nil
}

func validVariable(name string) bool {
	return name != "" && !strings.ContainsAny(name, "=\x00 :") && scan.VisibleLine(name, 0) == name
}

func setSecret(out io.Writer, name string, owners []keyring.Owner, yes bool) error {
	s, err := openSecrets()
	if err != nil {
		return err
	}
	index, err := keyring.LoadIndex(s.places.secretsFile())
	if err != nil {
		return err
	}
	var old keyring.Value
	err = patiently(func(ctx context.Context) (err error) { old, err = s.store.Get(ctx, name); return err })
	switch {
	case errors.Is(err, keyring.ErrLocked), errors.Is(err, keyring.ErrNoKeyring), err != nil && !errors.Is(err, keyring.ErrNotFound) && s.kind == keyring.File:
		return err
	case err == nil || !errors.Is(err, keyring.ErrNotFound):
		old.Clear()
		if !yes {
			if err := confirm(fmt.Sprintf("There is a secret %q already. Replace it?", name)); err != nil {
				return fmt.Errorf("the secret %q stays as it is: %w", name, err)
			}
		}
	}
	b, err := readSecret(name)
	if err != nil {
		return err
	}
	value := keyring.NewValue(b)
	defer value.Clear()
	_, weak := guard.New([]guard.Secret{{Name: name, Value: b}})
	if err := patiently(func(ctx context.Context) error { return s.keep(ctx, name, value, owners) }); err != nil {
		return err
	}
	fmt.Fprintf(out, "Kept as %q.\n", name)
	if was := index.Secrets[name].Store; was != "" && was != s.kind {
		warningf("what was kept as %q before is still in the %s", name, storeText(was))
	}
	for _, o := range owners {
		fmt.Fprintf(out, "Server %q may have it as %s, once its command is accepted. In its configuration: \"%s\": \"keyring:%s\"\n",
			scan.VisibleLine(o.Server, 80), o.Variable, o.Variable, name)
	}
	if len(owners) == 0 {
		hintf("no server may have it yet: \"sallyport secret tie %s SERVER:VARIABLE\" says which", name)
	}
	if len(weak) > 0 {
		hintf("it is too short, or too plain, to be told from other text: nobody will look for it in what servers say")
	}
	return nil
}

// keep writes the value, then the index: an index without a value gives a clear error, a value without an index a question.
func (s secrets) keep(ctx context.Context, name string, value keyring.Value, owners []keyring.Owner) error {
	if err := s.store.Set(ctx, name, value); err != nil {
		return fmt.Errorf("keeping the secret %q: %w", name, err)
	}
	return keyring.UpdateIndex(s.places.secretsFile(), func(i *keyring.Index) error {
		e := i.Secrets[name]
		e.Store, e.Set = s.kind, time.Now().UTC().Truncate(time.Second)
		i.Secrets[name] = e
		for _, o := range owners {
			i.Tie(name, o.Server, o.Variable, "")
		}
		return nil
	})
}

const maxSecret = 90 << 10 // as much as a store takes

// readSecret reads a value, from the terminal or from standard input.
func readSecret(name string) ([]byte, error) {
	var b []byte
	var err error
	if term.IsTerminal(os.Stdin.Fd()) {
		if b, err = readHidden(fmt.Sprintf("Value of %s: ", name)); err != nil {
			return nil, err
		}
		again, err := readHidden("Once more: ")
		if err != nil {
			return nil, err
		}
		defer clear(again)
		if !bytes.Equal(b, again) {
			clear(b)
			return nil, errors.New("the two are not the same: nothing was kept")
		}
	} else {
		if b, err = io.ReadAll(io.LimitReader(os.Stdin, maxSecret+1)); err != nil {
			return nil, fmt.Errorf("reading the value: %w", err)
		}
		b, _ = bytes.CutSuffix(b, []byte("\n"))
		b, _ = bytes.CutSuffix(b, []byte("\r"))
	}
	switch {
	case len(b) == 0:
		return nil, errors.New("the value is empty: nothing was kept")
	case len(b) > maxSecret:
		return nil, fmt.Errorf("the value is longer than %d bytes: nothing was kept", maxSecret)
	case bytes.IndexByte(b, 0) >= 0:
		return nil, errors.New("the value holds a NUL byte, which no variable can: nothing was kept")
	}
	return b, nil
}

// readHidden reads a line without echo. Ctrl-C leaves the terminal as it was.
func readHidden(prompt string) ([]byte, error) {
	fd := os.Stdin.Fd()
	state, err := term.GetState(fd)
	if err != nil {
		return nil, withHint("run it in a terminal", "there is no terminal to type at")
	}
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer func() { signal.Stop(signals); close(done) }()
	go func() {
		select {
		case <-signals:
			term.Restore(fd, state)
			fmt.Fprintln(os.Stderr)
			os.Exit(130)
		case <-done:
		}
	}()
	fmt.Fprint(os.Stderr, prompt)
	b, err := term.ReadPassword(fd)
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return nil, fmt.Errorf("reading from the terminal: %w", err)
	}
	return b, nil
}

// A tied is a command line that may have a secret.
type tied struct {
	command []string
	named   []string                    // after --env
	lookup  func(string) (string, bool) // their values
	secrets []string                    // of them, those that are secrets
	install bool                        // a package that is not there yet; else it is known by its words, which no start has
	known   *origin.Origin              // what it starts, where that was looked at
	environ []string                    // of the client; nil for ours
	dir     string                      // where the client starts it; "" for here
}

// launchOf is the digest of a command line as a session in this folder would start it.
func launchOf(p places, t tied) (string, error) {
	argv := t.command
	if t.environ == nil {
		t.environ = os.Environ()
	}
	e := child.Environment{Client: t.environ, Named: t.named, Limit: true}
	built, err := e.Build()
	if err != nil {
		return "", err
	}
	if _, built, err = p.find(argv[0], e, built); err != nil {
		return "", err
	}
	cwd := t.dir
	if cwd == "" {
		if cwd, err = workingFolder(); err != nil {
			return "", err
		}
	}
	key, err := pin.EnvKey(filepath.Join(p.state, "pins"))
	if err != nil {
		return "", err
	}
	var wants []want
	for _, name := range t.secrets {
		wants = append(wants, want{variable: name})
	}
	env := launchEnv(pin.EnvOf(key, t.named, t.lookup), wants, steering(built.Env, p.home, cwd, p.recordedPath()))
	store, launch := p.store(built.Env), origin.Launch{Args: slices.Clone(argv), Env: built.Env, Dir: cwd}
	if t.known != nil {
		return launchDigest(store, launch, *t.known, env), nil
	}
	if !t.install {
		return launchDigest(store, launch, store.Look(launch), env), nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), installTime)
	defer cancel()
	r, err := store.Resolve(ctx, launch)
	if err != nil {
		return "", err
	}
	return launchDigest(store, launch, r.Origin, env), nil
}
