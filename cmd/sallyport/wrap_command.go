package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sallyport/rules"
	"sallyport/rules/scan"
	"sallyport/wrap/child"
	"sallyport/wrap/file"
)

// spawn starts the server with the secrets that it may have. What has them is guarded from here on.
func (l *launch) spawn(super *child.Supervisor, command child.Command, wants []want) error {
	wants, err := l.meant(wants)
	if err != nil {
		return err
	}
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
func (f wrapFlags) command(argv []string, view *rules.View, p places) (child.Command, child.Built, error) {
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
	path, built, err := p.find(argv[0], e, built)
	if err != nil {
		return child.Command{}, built, err
	}
	return child.Command{Path: path, Args: argv, Env: built.Env}, built, nil
}

// find looks for a program: where it was in the terminal in which install ran, then where the client says, and last where the login shell
// would. What it is found by becomes the program's own search path. A path that the entry itself names is left alone.
func (p places) find(program string, e child.Environment, built child.Built) (string, child.Built, error) {
	recorded, err := file.ReadFile(p.pathFile(), 64<<10)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", built, fmt.Errorf("the search path that install recorded: %w", err)
	}
	if text := strings.TrimSpace(string(recorded)); text != "" && !slices.Contains(e.Named, "PATH") {
		e.Path = child.JoinPath(text, pathIn(built.Env))
		if built, err = e.Build(); err != nil {
			return "", built, err
		}
	}
	path, login, err := child.Find(program, built.Env)
	if err != nil || login == "" {
		return path, built, err
	}
	e.Path = login
	built, err = e.Build()
	return path, built, err
}

// recordedPath is the search path that install kept; "" for none that can be read.
func (p places) recordedPath() string {
	text, err := file.ReadFile(p.pathFile(), 64<<10)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func pathIn(env []string) string {
	for _, v := range env {
		if path, ok := strings.CutPrefix(v, "PATH="); ok {
			return path
		}
	}
	return ""
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
