package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/child"
)

// spawn starts the server with the secrets that it may have. What has them is guarded from here on.
func (l *launch) spawn(super *child.Supervisor, command child.Command, wants []want) error {
	values, err := l.released(wants)
	if err != nil {
		return err
	}
	l.guard = l.give(&command, l.start.view.Server(), wants, values)
	l.log.Clean(l.guard.Clean)
	if l.tee != nil {
		l.tee.clean = frameCleaner(l.guard)
	}
	if l.proc, err = super.Start(command); err != nil {
		return err
	}
	l.expiry(wants)
	return nil
}

// tellUser prints what a session has to say, without secrets.
func (l *launch) tellUser(text string) {
	text = l.guard.Clean(text)
	if rest, security := strings.CutPrefix(text, "SECURITY: "); security {
		fmt.Fprintf(os.Stderr, "sallyport: SECURITY: %s\n", rest)
		return
	}
	warningf("%s", text)
}

// command finds the program and makes its environment, without the secrets that it is to get.
func (f wrapFlags) command(argv []string, view *rules.View) (child.Command, child.Built, error) {
	e := child.Environment{Client: os.Environ(), Set: map[string]string{}}
	secret, limit := naming(e.Client, argv, view.Server())
	// Who has a secret gets no variable that nobody named: a configuration could say where to send it.
	if e.Named, e.Limit = f.env, limit; len(f.env) == 0 {
		e.Named = secret
	}
	for name, g := range view.Server().Env {
		if g.Secret() {
			e.Secret = append(e.Secret, name)
			continue
		}
		e.Set[name] = g.Text
	}
	built, err := e.Build()
	if err != nil {
		return child.Command{}, built, err
	}
	for _, name := range built.Dropped {
		warningf("server %q does not get %s: it injects code into programs; name it with --env if it shall", f.name, scan.VisibleLine(name, 80))
	}
	if limit && len(f.env) == 0 && len(built.Left) > 0 {
		hintf("server %q gets a secret, so of the client's variables it gets the usual ones only; name others with --env (left out: %s)",
			f.name, scan.VisibleLine(strings.Join(built.Left, " "), 200))
	}
	path, login, err := child.Find(argv[0], built.Env)
	if err != nil {
		return child.Command{}, built, err
	}
	if login != "" {
		e.Path = login
		if built, err = e.Build(); err != nil {
			return child.Command{}, built, err
		}
	}
	return child.Command{Path: path, Args: argv, Env: built.Env}, built, nil
}

// homeOf is where the server will look for "~".
func homeOf(env []string) string {
	for _, v := range env {
		for _, name := range []string{"HOME=", "USERPROFILE="} {
			if home, ok := strings.CutPrefix(v, name); ok && filepath.IsAbs(home) {
				return home
			}
		}
	}
	return ""
}
