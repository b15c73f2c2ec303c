package main

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/child"
	"sallyport/wrap/client"
)

// check looks at what stands in a configuration.
func (s *scanning) check(x *scanned) {
	if odd := x.entry.Odd(); odd != "" {
		severity := "low"
		if x.entry.Command.Value != "" {
			severity = "medium" // it may start something all the same
		}
		x.find("odd", severity, "", "%s", odd)
	}
	if x.Project {
		x.find("project", "low", "", "a client that trusts this folder starts it, or connects to it")
	}
	s.checkWrap(x)
	s.checkKeys(x)
	for _, v := range x.entry.Env {
		if child.Injects(v.Name) {
			x.find("injection", "high", "take it out of the entry", "%s puts code into its process", v.Name)
		}
	}
	if checkAddress(x, x.entry.URL); x.Remote {
		return
	}
	if len(x.argv) == 0 || x.argv[0] == "" {
		return
	}
	s.checkCommand(x)
}

func (s *scanning) checkWrap(x *scanned) {
	command := x.entry.Command.Value
	switch {
	case x.Remote:
		x.find("remote", "low", "", "the client connects to it by itself: sallyport cannot stand between")
	case x.Wrapped && strings.ContainsAny(command, `/\`) && x.Project && !sameProgram(command):
		// One that came with the folder is no firewall of ours.
		x.Wrapped = false
		x.find("broken-wrap", "high", "look at it; then sallyport uninstall and install "+wrap.ShellWord(x.Path), "what stands in front of it is not this sallyport: %q", command)
	case x.Wrapped && strings.ContainsAny(command, `/\`) && !isFile(command):
		x.find("broken-wrap", "high", "sallyport doctor", "the sallyport in front of it is not there: %q", command)
	case x.Wrapped && !strings.ContainsAny(command, `/\`) && slices.ContainsFunc(x.entry.Env, func(v client.Variable) bool { return v.Name == "PATH" }):
		x.Wrapped = false
		x.find("broken-wrap", "high", "write the absolute path of sallyport", "the entry's own PATH says which sallyport stands in front of it")
	case x.Wrapped && strings.ContainsAny(command, `/\`) && !sameProgram(command):
		x.find("broken-wrap", "medium", "sallyport doctor", "what stands in front of it is another program than this sallyport: %q", command)
	case x.Wrapped, x.entry.Odd() != "" && x.entry.Command.Value == "":
	default:
		severity := "medium"
		if x.Disabled {
			severity = "low"
		}
		if x.doc == nil {
			x.find("unwrapped", severity, s.installText(x), "it came in a package of its own, in which sallyport cannot stand in front of it")
			return
		}
		x.find("unwrapped", severity, s.installText(x), "sallyport does not stand in front of it")
	}
}

// installText is the command that wraps an entry.
func (s *scanning) installText(x *scanned) string {
	if x.doc == nil {
		return "switch it off there, add the server to the client's own configuration, and run \"sallyport install " + x.Client + "\""
	}
	if x.Project {
		return "sallyport install " + wrap.ShellWord(x.Path)
	}
	return "sallyport install " + x.Client + " --server " + wrap.ShellWord(x.Server)
}

func (s *scanning) checkKeys(x *scanned) {
	for _, f := range findsOf(x.doc, x.entry) {
		fix := s.installText(x)
		switch {
		case x.Remote:
			fix = "write a variable of the client in its place (${env:NAME}, ${input:NAME})"
		case x.Wrapped:
			fix = "sallyport secret import " + x.Client
		}
		x.find("plain-key", "high", fix, "%s holds a %s in plain text (%d bytes)", f.variable, f.kind, len(f.value))
	}
	if len(scan.Secrets(x.entry.Command.Value)) > 0 {
		x.find("plain-key", "high", s.installText(x), "its command holds a credential in plain text")
	}
	if len(addressKeys(x.entry.URL)) > 0 {
		x.find("plain-key", "high", "write a variable of the client in its place (${env:NAME}, ${input:NAME})", "its address holds a credential in plain text")
	}
}

// cleanAddress is an address as clients take it: without blanks at its ends, and without tabs and line ends.
func cleanAddress(address string) string {
	return strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(strings.TrimFunc(address, func(r rune) bool { return r <= ' ' }))
}

// addressKeys are the credentials that an address holds.
func addressKeys(address string) (keys []string) {
	address = cleanAddress(address)
	for _, m := range scan.Secrets(address) {
		keys = append(keys, address[m.Start:m.End])
	}
	u, err := url.Parse(address)
	if err != nil {
		return keys
	}
	if password, has := u.User.Password(); has && !placeholder(password) {
		keys = append(keys, password)
	}
	if name := u.User.Username(); shapeOf(name) != "" {
		keys = append(keys, name)
	}
	for name, values := range u.Query() {
		for _, v := range values {
			if credential(name, v) != "" {
				keys = append(keys, v)
			}
		}
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if shapeOf(part) != "" {
			keys = append(keys, part)
		}
	}
	return keys
}

// shownAddress is an address without what may be a key.
func shownAddress(address string) string {
	keys := addressKeys(address)
	address = cleanAddress(address)
	for _, key := range keys {
		for _, form := range []string{key, url.QueryEscape(key), url.PathEscape(key)} {
			address = strings.ReplaceAll(address, form, "‹key›")
		}
	}
	address, _, cut := strings.Cut(address, "?")
	if at := strings.LastIndex(address, "@"); at >= 0 {
		if scheme := strings.Index(address, "://"); scheme >= 0 && scheme < at {
			address = address[:scheme+3] + "‹user›" + address[at:]
		}
	}
	if cut {
		address += "?…"
	}
	return address
}

// checkAddress looks whether an address is one without encryption.
func checkAddress(x *scanned, address string) {
	if address = cleanAddress(address); address == "" {
		return
	}
	u, err := url.Parse(address)
	if err != nil {
		x.find("odd", "low", "", "its address cannot be read")
		return
	}
	if u.Scheme != "http" && u.Scheme != "ws" {
		return
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback() || strings.HasPrefix(host, "${") {
		return
	}
	x.find("clear-text", "high", "write https", "whoever is on the way to %s reads and changes what is said", scan.VisibleLine(host, 80))
}
