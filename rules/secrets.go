package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// A Given is a value that a server gets, or says where a secret is. One of Text, Reference and Exec is set.
type Given struct {
	Text      string        // the value
	Reference string        // keyring:NAME, file:PATH or env:NAME
	Exec      []string      // a program and its arguments, whose output is the value
	TTL       time.Duration // how long the value is good for; 0 for ever
	Timeout   time.Duration // how long finding it may take; 0 for as long as is usual
}

// Secret reports whether the value stands elsewhere.
func (g Given) Secret() bool { return g.Reference != "" || g.Exec != nil }

// SecretOptions say where secrets are kept. Only files of the user set them.
type SecretOptions struct {
	File       bool   // in an encrypted file, not in the keyring of the system
	Path       string // of that file; empty for the usual one
	Identity   string // a file with the key to it; empty where there is a passphrase
	Passphrase Given  // where the passphrase is
}

var (
	givenShape = &shape{or: []*shape{textOf("a value, or keyring:NAME, file:PATH, env:NAME"), objectOf("a value, or where it is",
		member{"text", textOf("the value, whatever it looks like")},
		member{"keyring", textOf("the name of a secret of sallyport's")},
		member{"file", textOf("a file that holds it")},
		member{"env", textOf("a variable of the client's environment")},
		member{"exec", listOf("a program and its arguments that print it", textOf(""))},
		member{"ttl", textOf("how long it is good for, like 1h")},
		member{"timeout", textOf("how long finding it may take, like 5s")})}}

	secretsShape = objectOf("where secrets are kept",
		member{"store", wordOf("in the keyring of the system, or in an encrypted file", "keyring", "file")},
		member{"path", textOf("of the encrypted file")},
		member{"identity", textOf("a file with the age identity that opens it")},
		member{"passphrase", givenShape})
)

var schemes = []string{"keyring", "file", "env", "exec"}

// Secrets says where secrets are kept.
func (p *Policy) Secrets() SecretOptions { return p.secrets }

func (l *loader) secrets(s *source, e entry) error {
	entries, err := s.mapping(e.val, "secrets")
	if err != nil {
		return err
	}
	o := &l.policy.secrets
	for _, e := range entries {
		what := "secrets." + e.key
		var w word
		switch e.key {
		case "store":
			if w, err = s.word(e.val, what); err == nil {
				_, err = w.choose("store", []string{"keyring", "file"})
				o.File = w.text == "file"
			}
		case "path":
			w, err = s.word(e.val, what)
			o.Path = w.text
		case "identity":
			w, err = s.word(e.val, what)
			o.Identity = w.text
		case "passphrase":
			if o.Passphrase, err = s.given(e.val, what); err == nil && !o.Passphrase.Secret() {
				err = s.nodePos(e.val).errorf("write {exec: [program, argument]}, file:PATH or env:NAME", "a passphrase does not stand in a rule file")
			}
		default:
			return e.unknownKey(" in secrets", secretsShape.names())
		}
		if err == nil {
			err = l.once(what, e.pos)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// env reads the variables that a server gets on top of m.
func (l *loader) env(s *source, what string, e entry, m map[string]Given) (map[string]Given, error) {
	entries, err := s.mapping(e.val, what)
	if err != nil {
		return nil, err
	}
	if m == nil {
		m = map[string]Given{}
	}
	for _, v := range entries {
		if err := l.once(what+"."+v.key, v.pos); err != nil {
			return nil, err
		}
		if m[v.key], err = s.given(v.val, v.key); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// arguments reads what is put behind a server's command line.
func (s *source) arguments(n ast.Node, what string) (list []Given, err error) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, s.nodePos(n).errorf("write [one, two]", "%s is a list, not %s", what, yamlKind(n))
	}
	for _, v := range seq.Values {
		g, err := s.given(v, "an element of "+what)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// given reads a value, or where it is.
func (s *source) given(n ast.Node, what string) (g Given, err error) {
	if _, ok := n.(ast.MapNode); !ok {
		w, err := s.word(n, what)
		if err != nil {
			return g, err
		}
		scheme, rest, ok := strings.Cut(w.text, ":")
		switch {
		case !ok || !slices.Contains(schemes, scheme) || rest == "" && scheme != "keyring":
			return Given{Text: w.text}, nil
		case scheme == "exec":
			return g, w.pos.errorf("write {exec: [program, argument]}", "%s: a program is a list of words here", what)
		}
		return Given{Reference: w.text}, nil
	}
	entries, err := s.mapping(n, what)
	if err != nil {
		return g, err
	}
	kinds := 0
	for _, e := range entries {
		var w word
		switch e.key {
		case "text", "keyring", "file", "env":
			kinds++
			if w, err = s.word(e.val, e.key); err == nil && e.key == "text" {
				g.Text = w.text
			} else if err == nil {
				g.Reference = e.key + ":" + w.text
			}
		case "exec":
			kinds++
			var list []word
			if list, err = s.words(e.val, "exec"); err == nil && len(list) == 0 {
				err = s.nodePos(e.val).errorf("write [program, argument]", "exec names no program")
			}
			for _, w := range list {
				g.Exec = append(g.Exec, w.text)
			}
		case "ttl":
			g.TTL, err = s.duration(e.val, "ttl")
		case "timeout":
			g.Timeout, err = s.duration(e.val, "timeout")
		default:
			return g, e.unknownKey(" in "+what, givenShape.or[1].names())
		}
		if err != nil {
			return g, err
		}
	}
	if kinds != 1 {
		return g, s.nodePos(n).errorf("one of text, keyring, file, env and exec", "%s says %d times where it is, not once", what, kinds)
	}
	return g, nil
}

// duration reads a time of more than nothing.
func (s *source) duration(n ast.Node, what string) (time.Duration, error) {
	w, err := s.word(n, what)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(w.text)
	if err != nil || d <= 0 {
		return 0, w.pos.errorf("write it like 5s, 10m or 1h", "%s is no time", what)
	}
	return d, nil
}
