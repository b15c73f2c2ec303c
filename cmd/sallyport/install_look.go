package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sallyport/wrap"
	"sallyport/wrap/child"
	"sallyport/wrap/pin"
)

// look starts the servers that may be started from here, each as its client would, and prepares one review for each name. What does not
// start is left as it was.
func (j *job) look(ctx context.Context) error {
	var list []lookup
	var of []*planned
	for _, n := range j.wrapped() {
		if n.unseen == "" {
			list = append(list, lookup{name: n.name, client: n.doc.Client, named: j.namedIn(n), argv: n.argv, env: withPath(clientEnv(n.doc.Terminal(), j.environ, n.env)), dir: n.dir})
			of = append(of, n)
		}
	}
	key, err := pin.EnvKey(filepath.Join(j.places.state, "pins"))
	if err != nil {
		return err
	}
	for i, s := range lookAt(ctx, list) {
		n := of[i]
		switch blocked := j.blocked(n.name); {
		case blocked != "":
			n.left = "it is blocked: " + blocked
		case s.err != nil:
			n.left = "it does not start: " + s.err.Error()
			j.failed++
		default:
			n.pin = s.pin
			n.asWritten(key)
			for k := range n.moves {
				// Whoever sits here has a proxy, or certificates, of their own; a client that is started here has them too.
				n.moves[k].environs = [][]string{clientEnv(n.doc.Terminal(), j.environ, n.env), clientEnv(true, j.environ, n.env)}
				n.moves[k].dir = n.dir
				if len(n.pin.Launches) > 0 {
					n.moves[k].origin = &n.pin.Launches[0].Origin
				}
			}
		}
	}
	return j.review()
}

// withPath is an environment in which programs are found as wrap will find them: where this terminal has them first.
func withPath(env []string) []string {
	path := "PATH=" + child.JoinPath(os.Getenv("PATH"), pathIn(env))
	return append(slices.DeleteFunc(slices.Clone(env), func(v string) bool { return strings.HasPrefix(v, "PATH=") }), path)
}

func (j *job) blocked(name string) string {
	if accepted, err := j.places.pins().Load(name); err == nil && accepted != nil {
		return accepted.Blocked
	}
	return ""
}

// namedIn are the variables after --env.
func (j *job) namedIn(n *planned) (names []string) {
	for i, w := range n.words {
		if w == "--env" {
			names = append(names, n.words[i+1])
		}
	}
	return names
}

// asWritten makes of the launch that was looked at the one that the configuration will name: with references in place of keys, and with
// what the client fills in marked.
func (n *planned) asWritten(key []byte) {
	if len(n.pin.Launches) == 0 {
		return
	}
	l := &n.pin.Launches[0]
	l.Args, l.Env, l.Variable = slices.Clone(l.Args), maps.Clone(l.Env), n.vary
	for _, v := range n.entry.Env {
		if _, named := l.Env[v.Name]; named && n.env[v.Name] != v.Value {
			l.Env[v.Name] = "" // another value each time
		}
	}
	for _, f := range n.moves {
		reference := f.before + "keyring:" + f.name
		if f.variable != argsVariable {
			maps.Copy(l.Env, pin.EnvOf(key, []string{f.variable}, func(string) (string, bool) { return reference, true }))
			continue
		}
		for i, a := range n.entry.Args {
			if a == f.text && i+1 < len(l.Args) {
				l.Args[i+1] = reference
			}
		}
	}
}

// review joins what was seen under one name, and compares it with what was accepted.
func (j *job) review() error {
	seen := map[string]*pin.Pin{}
	var names []string
	for _, n := range j.wrapped() {
		if n.pin == nil {
			continue
		}
		first, again := seen[n.name]
		switch {
		case !again:
			seen[n.name] = n.pin.Clone()
			names = append(names, n.name)
		case len(pin.Diff(first, n.pin)) > 0:
			n.note("it shows something else here than another client's %s: you are asked when this client starts it", wrap.ShellWord(n.name))
			n.pin = nil
		default:
			for _, l := range n.pin.Launches {
				first.AddLaunch(l, n.pin.Locks[l.Origin.Lock])
			}
			for _, c := range n.pin.Clients {
				if !slices.Contains(first.Clients, c) {
					first.Clients = append(first.Clients, c)
				}
			}
		}
	}
	for _, name := range names {
		accepted, err := j.places.pins().Load(name)
		if err != nil {
			return withHint(fmt.Sprintf("put the file back as it was, or run \"sallyport pin remove %s\"", wrap.ShellWord(name)), "%v", err)
		}
		others := othersOf(j.places, name)
		for _, other := range names[:slices.Index(names, name)] {
			others = append(others, seen[other])
		}
		r, err := newReview(accepted, seen[name], others)
		if err == nil {
			err = r.choose(nil)
		}
		if err != nil {
			return err
		}
		if !r.empty() {
			j.reviews = append(j.reviews, r)
		}
	}
	return nil
}

// accept writes what was reviewed of servers that are wrapped now.
func (j *job) accept(done map[string]bool) error {
	for _, r := range j.reviews {
		if !done[r.name] {
			continue
		}
		before, err := j.places.pins().Load(r.name)
		if err == nil {
			err = r.accept(j.places, before)
		}
		if err != nil {
			return err
		}
		if left := r.left(); len(left) > 0 {
			fmt.Fprintf(j.out, "%s: still held: %s\n", wrap.ShellWord(r.name), wrapText(strings.Join(left, ", "), 80, "  "))
		}
		tellSessions(j.out, j.places, r.name)
	}
	return nil
}
