package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sallyport/keyring/guard"
	"sallyport/rules/scan"
	"sallyport/wrap/client"
	"sallyport/wrap/pin/origin"
)

// A find is a value that looks like a credential.
type find struct {
	doc      *client.Document
	entry    client.Entry
	server   string // as wrap has it
	wrapped  wrapped
	variable string // or argsVariable
	text     client.Text
	before   string // of an argument, in front of the value
	value    string
	kind     string
	name     string // that it gets
	why      string // it is not moved; "" where it is

	// Where the server was looked at before: what it starts, and how.
	origin   *origin.Origin
	environs [][]string // that its client may give it; none for ours
	dir      string
}

// A wrapped is the command line of an entry in which sallyport stands in front.
type wrapped struct {
	name           string
	named, command []string
	first          int // index of the command among the entry's arguments
}

// unwrap takes the command line of an entry apart. ok is false where sallyport does not stand in front.
func unwrap(e client.Entry) (w wrapped, ok bool) {
	base := filepath.Base(filepath.FromSlash(e.Command.Value))
	if strings.TrimSuffix(base, ".exe") != "sallyport" || len(e.Args) == 0 || e.Args[0].Value != "wrap" {
		return w, false
	}
	for i, a := range e.Args {
		flag, value, together := strings.Cut(a.Value, "=")
		if !together && i+1 < len(e.Args) {
			value = e.Args[i+1].Value
		}
		switch flag {
		case "--name":
			w.name = value
		case "--env":
			w.named = append(w.named, value)
		case "--":
			for _, c := range e.Args[i+1:] {
				w.command = append(w.command, c.Value)
			}
			if w.first = i + 1; w.name == "" && len(w.command) > 0 {
				w.name = deriveName(w.command)
			}
			return w, len(w.command) > 0
		}
	}
	return w, false
}

// findsOf are the credentials of an entry, and why those stay that import does not move.
func findsOf(d *client.Document, e client.Entry) []find {
	w, ok := unwrap(e)
	list := credentialsOf(d, e, w)
	for i := range list {
		if f := &list[i]; !ok && !e.Remote() {
			f.why = "sallyport does not stand in front of this server yet"
		}
	}
	return list
}

// credentialsOf are the credentials of an entry whose command line is w.
func credentialsOf(d *client.Document, e client.Entry, w wrapped) (list []find) {
	add := func(f find) {
		f.doc, f.entry, f.server, f.wrapped = d, e, w.name, w
		switch {
		case e.Remote():
			f.why = "the client itself sends it: sallyport does not stand in front of remote servers"
		case !f.text.Editable():
			f.why = "it is written in a way that cannot be edited in place"
		case !validName(w.name):
			f.why = "the server has no name that sallyport takes"
		case shapeOf(strings.TrimRight(f.before, "= ")) != "":
			f.why = "there are several in one argument"
		case fallback.MatchString(f.value):
			f.why = "it is what a variable falls back to: take it out there"
		case len(f.value) > maxSecret:
			f.why = "it is longer than a store takes"
		}
		list = append(list, f)
	}
	for _, v := range slices.Concat(e.Env, e.Headers) {
		if kind := credential(v.Name, v.Value); kind != "" {
			add(find{variable: v.Name, text: v.Text, value: v.Value, kind: kind})
		}
	}
	for i, a := range e.Args {
		if i < w.first {
			continue // of wrap
		}
		at := strings.LastIndexAny(a.Value, "= ") + 1
		name := a.Value[:max(0, at-1)]
		if at == 0 && i > 0 && strings.HasPrefix(e.Args[i-1].Value, "-") {
			name = e.Args[i-1].Value
		}
		if kind := credential(strings.TrimLeft(name, "-"), a.Value[at:]); kind != "" {
			add(find{variable: argsVariable, text: a, before: a.Value[:at], value: a.Value[at:], kind: kind})
		} else if kind := shapeOf(a.Value); kind != "" {
			add(find{variable: argsVariable, text: a, value: a.Value, kind: kind})
		}
	}
	return list
}

// maxCredential is as long as a value may be that is looked at whole, in bytes.
const maxCredential = 64 << 10

// credential is what a value looks like beside its name; "" for nothing.
func credential(name, value string) string {
	if len(value) > maxCredential {
		value = value[:maxCredential] // as much as a store takes
	}
	if value == "" || strings.ContainsAny(value, "\x00\n") || placeholder(value) {
		return ""
	}
	if kind := shapeOf(value); kind != "" {
		return kind
	}
	if guard.Weak([]byte(value)) {
		return ""
	}
	if len(scan.Secrets(name+"="+value)) > 0 {
		return "credential"
	}
	upper := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	for _, word := range []string{"TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL", "AUTHORIZATION"} {
		if strings.HasSuffix(upper, word) {
			return "credential"
		}
	}
	return ""
}

func shapeOf(value string) string {
	if placeholder(value) {
		return ""
	}
	if len(value) > maxCredential {
		value = value[:maxCredential]
	}
	if found := scan.Secrets(value); len(found) > 0 {
		return found[0].Kind
	}
	return ""
}

// fallback is a variable of a client with what stands for it where it is not set.
var fallback = regexp.MustCompile(`\$\{[A-Za-z_:][A-Za-z0-9_:]*:?-([^}]*)\}`)

// placeholder tells values that say where another one is: variables of clients, references.
func placeholder(value string) bool {
	if m := fallback.FindStringSubmatch(value); m != nil && len(scan.Secrets(m[1])) > 0 {
		return false // a key, where the variable is not set
	}
	for _, p := range []string{"keyring:", "op://", "vault:", "<", "YOUR_", "your-", "xxx"} {
		if strings.HasPrefix(value, p) {
			return true
		}
	}
	return strings.Contains(value, "${") || strings.Contains(value, "{env:") || strings.Contains(value, "{file:") || strings.Contains(value, "keyring:") ||
		strings.HasPrefix(value, "$") && !strings.ContainsAny(value[1:], " ./")
}
