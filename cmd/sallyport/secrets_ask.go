package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"sallyport/approve"
	"sallyport/keyring"
	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/audit"
	"sallyport/wrap/file"
)

const (
	// ownerTime is how long a launch waits for a person who says that it may have a secret. Clients give a server 5 to 60 s.
	ownerTime = 20 * time.Second
	// ownerPause is between two looks at whether somebody tied the secret by a command meanwhile.
	ownerPause = 300 * time.Millisecond
)

// secretsWanted are secrets that nobody tied to a launch.
type secretsWanted struct {
	l      *launch
	wants  []want
	digest string
	steers map[string]string // variables that steer the launch
}

func (s secretsWanted) names() string {
	var names []string
	for _, w := range s.wants {
		if text := fmt.Sprintf("%s (%s)", w.ref, w.variable); !slices.Contains(names, text) {
			names = append(names, text)
		}
	}
	return strings.Join(names, ", ")
}

// commands are what to type to tie them.
func (s secretsWanted) commands() string {
	var list []string
	for _, w := range s.wants {
		if w.ref.Scheme == keyring.Keyring {
			list = append(list, fmt.Sprintf("sallyport secret tie %s %s -- %s", w.ref.Name, w.ownText(s.l.flags.name), commandText(s.l.start.launch.Args)))
		}
	}
	if len(list) == 0 {
		list = append(list, fmt.Sprintf("sallyport pin accept %s -- %s", wrap.ShellWord(s.l.flags.name), commandText(s.l.start.launch.Args)))
	}
	return strings.Join(slices.Compact(list), " && ")
}

// owned reports whether all were tied meanwhile.
func (s secretsWanted) owned() bool {
	open, err := s.l.unowned(s.wants, s.digest, len(s.steers) > 0)
	return err == nil && len(open) == 0
}

// tie notes that a human gave them to this launch.
func (s secretsWanted) tie() error {
	return keyring.UpdateIndex(s.l.set.places.secretsFile(), func(i *keyring.Index) error {
		for _, w := range s.wants {
			if w.ref.Scheme != keyring.Keyring {
				if !slices.Contains(i.Launches[s.l.flags.name], s.digest) { // the user's rules say whose it is
					i.Launches[s.l.flags.name] = append(i.Launches[s.l.flags.name], s.digest)
				}
				continue
			}
			if _, ok := i.Secrets[w.ref.Name]; !ok {
				i.Secrets[w.ref.Name] = keyring.Entry{Store: s.store(), Set: time.Now().UTC().Truncate(time.Second)}
			}
			i.Tie(w.ref.Name, s.l.flags.name, w.variable, s.digest)
		}
		return nil
	})
}

func (s secretsWanted) store() string {
	if s.l.set.policy.Secrets().File {
		return keyring.File
	}
	return keyring.Keyring
}

// askForSecrets asks a person whether the launch may have secrets, in a terminal where the person looks at the server, else wherever
// questions are answered. The server has not been started.
func (l *launch) askForSecrets(s secretsWanted) error {
	if l.start.probing {
		fmt.Fprintln(os.Stderr, strings.Join(s.lines(), "\n"))
		if err := confirm(fmt.Sprintf("Give %s to this command?", s.names())); err != nil {
			return withHint("run "+s.commands(), "server %q wants %s, which nobody gave to this command", l.flags.name, s.names())
		}
		return s.tie()
	}
	runtime := l.set.places.runtime
	if err := file.MkdirPrivate(runtime); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), ownerTime)
	defer cancel()
	started := time.Now().UTC()
	listener, err := approve.Listen(runtime, l.log.ID(), l.asker.serve(approve.Served{
		Status: func() approve.Status {
			return approve.Status{Session: l.log.ID(), Server: l.flags.name, Client: l.flags.client, Version: versionText(), Started: started, Open: l.asker.desk.Count()}
		},
		PinsChanged: func() error { l.asker.desk.Recheck(); return nil },
		End:         func(string) error { cancel(); return nil },
	}))
	if err != nil {
		warningf("nobody can be asked whether server %q may have %s: %v", l.flags.name, s.names(), err)
		ctx, cancel = context.WithTimeout(context.Background(), 0)
		defer cancel()
	} else {
		defer listener.Close()
	}
	warningf("server %q waits: somebody has to say that it may have %s: run \"sallyport approve\"", l.flags.name, s.names())
	go func() {
		for ctx.Err() == nil {
			time.Sleep(ownerPause)
			l.asker.desk.Recheck()
		}
	}()
	o := l.asker.desk.Ask(ctx, l.asker.secrets(s))
	entry := audit.Entry{Method: "start", Decision: "note", Reason: "it may have " + s.names(), Answer: "allowed", By: o.By, Shown: o.Shown}
	if !o.Allowed {
		entry.Decision, entry.Rule, entry.Reason, entry.Answer = "refuse", "secrets/owner", "wants "+s.names()+": "+o.Reason, "refused"
		if o.By == "" {
			entry.Answer = "none in time"
		}
	}
	l.asker.note(entry)
	if !o.Allowed {
		return withHint(fmt.Sprintf("if it shall have it, run \"%s\" in a terminal, or \"sallyport approve\" while the client starts it again", s.commands()),
			"nobody has given %s to this command of server %q: %s", s.names(), scan.VisibleLine(l.flags.name, 80), o.Reason)
	}
	return nil
}

// lines say what wants what.
func (s secretsWanted) lines() []string {
	lines := []string{
		"server:  " + scan.VisibleLine(s.l.flags.name, 80),
		"command: " + scan.VisibleLine(commandText(s.l.start.launch.Args), 0),
		"folder:  " + scan.VisibleLine(s.l.start.origin.Dir, 0),
		"runs:    " + scan.VisibleLine(commandText(s.l.start.command.Args), 0),
	}
	for _, name := range slices.Sorted(maps.Keys(s.steers)) {
		lines = append(lines, scan.VisibleLine("with:    "+name+"="+s.steers[name], 0))
	}
	for _, w := range s.wants {
		lines = append(lines, fmt.Sprintf("wants:   %s as %s", w.ref, scan.VisibleLine(w.variable, 80)))
	}
	return lines
}

// secrets is the question whether a launch may have secrets.
func (a *asker) secrets(s secretsWanted) *approve.Held {
	h := &approve.Held{
		Question: approve.Question{
			Server: a.l.flags.name, Client: a.l.flags.client, Kind: approve.KindSecret, Method: "start", Class: "write",
			Summary: scan.VisibleLine("wants "+s.names()+", for "+commandText(s.l.start.launch.Args), 200),
			Rules:   []approve.Cause{{Rule: "secrets/owner", Because: "nobody gave it to this command of this server"}},
		},
		Key: "secrets",
	}
	h.Card = func([]byte) approve.Card { return s.card(a.guard().Client()) }
	h.Known = func() (approve.Outcome, bool) {
		return approve.Outcome{Allowed: true, By: "sallyport secret tie"}, s.owned()
	}
	h.Accept = func(approve.Question, approve.Answer, approve.By) error { return s.tie() }
	h.Opened = func(ctx context.Context, open approve.Question) { a.doors(ctx, open, h, nil) }
	return h
}

// card shows what wants what, and who has it already.
func (s secretsWanted) card(client []string) approve.Card {
	facts := approve.Block{Kind: approve.BlockFacts}
	for _, line := range s.lines() {
		name, text, _ := strings.Cut(line, ":")
		facts.Lines = append(facts.Lines, approve.Line{Name: name, Text: strings.TrimSpace(text)})
	}
	facts.Lines = append(facts.Lines, approve.Line{Name: "started by", Text: strings.Join(client, " ← ")})
	doubts := approve.Block{Kind: approve.BlockWarning}
	warn := func(format string, args ...any) {
		doubts.Lines = append(doubts.Lines, approve.Line{Text: scan.VisibleLine(fmt.Sprintf(format, args...), 300)})
	}
	s.doubts(warn)
	return approve.Card{Blocks: []approve.Block{facts, doubts}}
}

// doubts tells what speaks against giving the secrets.
func (s secretsWanted) doubts(warn func(format string, args ...any)) {
	index, err := keyring.LoadIndex(s.l.set.places.secretsFile())
	if err != nil {
		warn("%v", err)
		return
	}
	for _, w := range s.wants {
		e, known := index.Secrets[w.ref.Name]
		if w.ref.Scheme != keyring.Keyring {
			continue
		}
		if !known {
			warn("%s was not set by sallyport: whoever wrote this configuration chose the name", w.ref)
		}
		for _, o := range e.Owners {
			warn("%s belongs to server %q as %s", w.ref, o.Server, o.Variable)
		}
	}
	if len(s.steers) > 0 {
		warn("its variables can lead what it is given elsewhere: other certificates, another network, other programs")
	}
	if s.l.start.accepted.Accepted() && !s.l.start.known {
		warn("you accepted server %q, but what runs it is not the same, or not known", s.l.flags.name)
	}
	warn("whoever has the value can use it anywhere: give it to a command that you know, from a configuration of your own")
}
