package main

import (
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/child"
	"sallyport/wrap/client"
	"sallyport/wrap/pin/origin"
)

// check looks at what stands in a configuration.
func (s *scanning) check(x *scanned) {
	if odd := x.entry.Odd(); odd != "" {
		x.find("odd", "low", "", "%s", odd)
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
	if x.Remote {
		checkAddress(x)
		return
	}
	if len(x.argv) == 0 || x.argv[0] == "" {
		return
	}
	checkShell(x)
	checkPackage(x)
	s.checkFolders(x)
	checkContainer(x)
}

func (s *scanning) checkWrap(x *scanned) {
	command := x.entry.Command.Value
	switch {
	case x.Remote:
		x.find("remote", "low", "", "the client connects to it by itself: sallyport cannot stand between")
	case x.Wrapped && strings.ContainsAny(command, `/\`) && !isFile(command):
		x.find("broken-wrap", "high", "sallyport doctor", "the sallyport in front of it is not there: %q", command)
	case x.Wrapped, x.entry.Odd() != "":
	default:
		severity := "medium"
		if x.Disabled {
			severity = "low"
		}
		x.find("unwrapped", severity, s.installText(x), "sallyport does not stand in front of it")
	}
}

// installText is the command that wraps an entry.
func (s *scanning) installText(x *scanned) string {
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
	if u, err := url.Parse(x.entry.URL); err == nil && x.Remote {
		for name, values := range u.Query() {
			if credential(name, values[0]) != "" {
				x.find("plain-key", "high", "write a variable of the client in its place", "its address holds a credential in plain text (%d bytes)", len(values[0]))
			}
		}
		if _, has := u.User.Password(); has {
			x.find("plain-key", "high", "write a variable of the client in its place", "its address holds a password in plain text")
		}
	}
}

func checkAddress(x *scanned) {
	u, err := url.Parse(x.entry.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "ws" {
		return
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback() || strings.HasPrefix(host, "${") {
		return
	}
	x.find("clear-text", "high", "write https", "whoever is on the way to %s reads and changes what is said", scan.VisibleLine(host, 80))
}

var (
	shells       = []string{"sh", "bash", "zsh", "dash", "ksh", "fish", "ash", "pwsh", "powershell"}
	shellCommand = regexp.MustCompile(`^(-[a-z]*c|-Command|-command|-EncodedCommand|-enc)$`)
	fetched      = regexp.MustCompile(`(?i)\b(curl|wget|iwr|invoke-webrequest)\b.*\|\s*(sudo\s+)?(env\s+)?(ba|z|da|k)?sh\b|\b(iex|invoke-expression)\b`)
)

// checkShell looks for a shell whose own words make the command.
func checkShell(x *scanned) {
	base := programBase(x.argv[0])
	switch {
	case slices.Contains(shells, base) && slices.ContainsFunc(x.argv[1:], shellCommand.MatchString):
		if fetched.MatchString(strings.Join(x.argv, " ")) {
			x.find("shell", "high", "install what it fetches, and start that", "a shell runs what it fetches from the network at each start")
			return
		}
		x.find("shell", "medium", "write the program and its arguments, without the shell", "%s makes its command line: what runs is not what stands there", base)
	case base == "cmd" && len(x.argv) > 2 && strings.EqualFold(x.argv[1], "/c"):
		x.find("shell", "low", "", "cmd starts it, which is usual on Windows")
	case base == "env" && slices.Contains(x.argv[1:], "-S"):
		x.find("shell", "low", "write the program and its arguments", "env splits its command line")
	case len(x.argv) == 1 && strings.ContainsAny(base, " |;&`$"):
		x.find("shell", "medium", "write the program as command, and its arguments as args", "its command is a whole command line, which some clients give to a shell")
	}
}

func programBase(path string) string {
	return strings.TrimSuffix(strings.ToLower(filepath.Base(strings.ReplaceAll(path, `\`, "/"))), ".exe")
}

// checkPackage looks at what a runner would fetch.
func checkPackage(x *scanned) {
	argv := x.argv
	if programBase(argv[0]) == "cmd" && len(argv) > 2 {
		argv = argv[2:]
	}
	spec, floating := origin.Floating(argv)
	if floating && !x.Wrapped { // what is wrapped is pinned, or asked about
		x.find("floating", "medium", "name an exact version; or wrap it, which pins the one that you accept", "%s may be another version at each start", scan.VisibleLine(spec, 80))
	}
	if name := packageOf(argv); name != "" {
		if popular := lookalike(name); popular != "" {
			x.find("lookalike", "high", "look whether it is what you meant", "its package %s looks like %s, which many people use", scan.VisibleLine(name, 80), popular)
		}
	}
}

// packageOf is the package that a runner is to fetch, without its version.
func packageOf(argv []string) string {
	if !slices.Contains([]string{"npx", "bunx", "uvx", "pipx", "pnpm", "yarn", "npm", "bun", "uv", "deno"}, programBase(argv[0])) {
		return ""
	}
	for i, arg := range argv[1:] {
		value, is := strings.CutPrefix(arg, "--package=")
		if (arg == "--package" || arg == "-p" || arg == "--from") && i+2 < len(argv) {
			value, is = argv[i+2], true
		}
		if is {
			return bareName(value)
		}
	}
	for _, arg := range argv[1:] {
		if strings.HasPrefix(arg, "-") || slices.Contains(runnerVerbs, arg) {
			continue
		}
		return bareName(arg)
	}
	return ""
}

// bareName takes the version from a package.
func bareName(spec string) string {
	spec = strings.TrimPrefix(spec, "npm:")
	if at := strings.LastIndexByte(spec, '@'); at > 0 {
		spec = spec[:at]
	}
	spec, _, _ = strings.Cut(spec, "==")
	spec, _, _ = strings.Cut(spec, "[")
	if strings.ContainsAny(spec, `:\`) || strings.HasPrefix(spec, ".") || strings.HasPrefix(spec, "/") {
		return ""
	}
	return spec
}

// checkFolders looks for arguments that are a folder with everything in it.
func (s *scanning) checkFolders(x *scanned) {
	for _, arg := range x.argv[1:] {
		value := arg
		if _, after, is := strings.Cut(arg, "="); is && strings.HasPrefix(arg, "-") {
			value = after
		}
		if s.broad(value) {
			x.find("broad", "medium", "name the folder that it needs", "it is given %s", scan.VisibleLine(value, 80))
			return
		}
	}
}

// broad reports whether a folder holds nearly everything of a user or a machine.
func (s *scanning) broad(path string) bool {
	clean := filepath.Clean(path)
	if slices.Contains([]string{"~", "$HOME", "${HOME}", "${userHome}", "${env:HOME}", "%USERPROFILE%"}, strings.TrimRight(path, `/\`)) {
		return true
	}
	if len(path) <= 3 && len(path) >= 2 && path[1] == ':' && strings.Trim(path[2:], `\/`) == "" {
		return true
	}
	return clean == filepath.Clean(s.env.Home) || slices.Contains([]string{"/", "/home", "/Users", "/root", "/etc", "/var", "/mnt", "/usr", "/private", `C:\Users`}, clean)
}

// checkContainer looks at what a container is given of the machine.
func checkContainer(x *scanned) {
	if base := programBase(x.argv[0]); base != "docker" && base != "podman" {
		return
	}
	for i, arg := range x.argv {
		value := ""
		if i+1 < len(x.argv) {
			value = x.argv[i+1]
		}
		if name, after, is := strings.Cut(arg, "="); is {
			arg, value = name, after
		}
		source, _, _ := strings.Cut(value, ":")
		if arg == "--mount" {
			for _, part := range strings.Split(value, ",") {
				if name, path, _ := strings.Cut(part, "="); name == "src" || name == "source" {
					source = path
				}
			}
		}
		mounts := arg == "-v" || arg == "--volume" || arg == "--mount"
		switch {
		case arg == "--privileged":
			x.find("broad", "high", "take --privileged away", "its container may do what root may")
		case (arg == "--network" || arg == "--net") && value == "host":
			x.find("broad", "medium", "give it a network of its own", "its container shares the network of this machine")
		case mounts && strings.HasSuffix(source, "docker.sock"):
			x.find("broad", "high", "take the socket away", "it may start containers, and so do what root may")
		case mounts && (&scanning{env: client.Environment{Home: "/"}}).broad(source):
			x.find("broad", "medium", "mount the folder that it needs", "its container is given %s", scan.VisibleLine(source, 80))
		}
	}
}
