package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"sallyport/rules/scan"
	"sallyport/wrap/pin/origin"
)

// checkCommand looks at what a command line starts.
func (s *scanning) checkCommand(x *scanned) {
	argv, shell := bare(x.argv)
	if shell != "" {
		x.find("shell", "low", "", "%s", shell)
	}
	s.checkShell(x, argv)
	checkPackage(x, argv)
	if slices.ContainsFunc(argv[:min(len(argv), 4)], func(arg string) bool { return bareName(arg) == "mcp-remote" }) {
		for _, arg := range argv {
			if strings.Contains(arg, "://") {
				checkAddress(x, arg)
			}
		}
	}
	if base := programBase(argv[0]); base == "docker" || base == "podman" {
		s.checkContainer(x, argv)
		return
	}
	for _, arg := range argv[1:] {
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

// bare takes off what usually stands in front of a command and says nothing of it: env with variables, cmd with /c. note says what is odd
// about that.
func bare(argv []string) (words []string, note string) {
	for len(argv) > 1 {
		switch programBase(argv[0]) {
		case "env":
			i := 1
			for i < len(argv)-1 && (strings.Contains(argv[i], "=") && !strings.HasPrefix(argv[i], "-") || argv[i] == "-i" || argv[i] == "--") {
				i++
			}
			if flag, _, _ := strings.Cut(argv[i], "="); flag == "-S" || flag == "--split-string" || strings.HasPrefix(flag, "-S") {
				return argv, "env splits its command line"
			}
			argv = argv[i:]
		case "cmd":
			i := 1
			for i < len(argv)-1 && strings.HasPrefix(argv[i], "/") && !strings.EqualFold(argv[i], "/c") {
				i++
			}
			if !strings.EqualFold(argv[i], "/c") || i+1 >= len(argv) {
				return argv, ""
			}
			rest := argv[i+1:]
			if len(rest) == 1 {
				rest = strings.Fields(rest[0])
			}
			if len(rest) == 0 || strings.ContainsAny(strings.Join(rest, " "), "&|<>^%") {
				return argv, ""
			}
			argv, note = rest, "cmd starts it, which is usual on Windows"
		default:
			return argv, note
		}
	}
	return argv, note
}

var (
	shells       = []string{"sh", "bash", "zsh", "dash", "ksh", "fish", "ash"}
	powershells  = []string{"pwsh", "powershell"}
	shellCommand = regexp.MustCompile(`^-[a-z]*c$`)
	powerCommand = regexp.MustCompile(`(?i)^[-/](c|co|com|comm|comma|comman|command|e|ec|en|enc|enco|encod|encode|encoded|encodedc.*)$`)
	// What was fetched goes to a shell by a pipe, by an argument, or as a file.
	fetchedSh = regexp.MustCompile(`(?i)\b(curl|wget)\b.*\|\s*(\S*/)?(sudo\s+(-\S+\s+)*)?(env\s+(\S+=\S*\s+)*)?(\S*/)?(ba|z|da|k|a)?sh\b|(sh|eval|source|\.)\s.*(\$\(|` + "`" + `|<\()\s*(curl|wget)\b`)
	fetchedPS = regexp.MustCompile(`(?i)\b(iex|invoke-expression)\b`)
)

// checkShell looks for a shell whose own words make the command.
func (s *scanning) checkShell(x *scanned, argv []string) {
	base, all := programBase(argv[0]), strings.Join(argv, " ")
	sh := slices.Contains(shells, base) && slices.ContainsFunc(argv[1:], shellCommand.MatchString)
	ps := slices.Contains(powershells, base) && slices.ContainsFunc(argv[1:], powerCommand.MatchString)
	switch {
	case sh && fetchedSh.MatchString(all), ps && fetchedPS.MatchString(all):
		x.find("shell", "high", "install what it fetches, and start that", "a shell runs what it fetches from the network at each start")
	case sh, ps, base == "cmd" && len(argv) > 1:
		x.find("shell", "medium", "write the program and its arguments, without the shell", "%s makes its command line: what runs is not what stands there", base)
	case len(argv) == 1 && wholeLine(argv[0]):
		x.find("shell", "medium", "write the program as command, and its arguments as args", "its command is a whole command line, which some clients give to a shell")
	}
}

// wholeLine reports whether a command is one with arguments in it, and not the path of a program with blanks in its name.
func wholeLine(command string) bool {
	first, _, blanks := strings.Cut(command, " ")
	return strings.ContainsAny(command, "|;&`$<>") && !strings.HasPrefix(command, "${") || blanks && !strings.ContainsAny(first, `/\`)
}

func programBase(path string) string {
	base := strings.ToLower(filepath.Base(strings.ReplaceAll(path, `\`, "/")))
	for _, ext := range []string{".exe", ".cmd", ".bat", ".ps1"} {
		base = strings.TrimSuffix(base, ext)
	}
	return base
}

// checkPackage looks at what a runner would fetch.
func checkPackage(x *scanned, argv []string) {
	spec, floating := origin.Floating(argv)
	if floating && !x.Wrapped { // what is wrapped is pinned, or asked about
		x.find("floating", "medium", "name an exact version; or wrap it, which pins the one that you accept", "%s may be another version at each start", scan.VisibleLine(spec, 80))
	}
	for _, name := range packagesOf(argv) {
		if popular := lookalike(name); popular != "" {
			x.find("lookalike", "high", "look whether it is what you meant", "its package %s looks like %s, which many people use", scan.VisibleLine(name, 80), popular)
		}
	}
}

// Runners of packages, with their flags that a value follows, and those whose value is a package.
var (
	npmRunners    = []string{"npx", "bunx", "pnpm", "yarn", "npm", "bun", "deno", "pnpx"}
	pythonRunners = []string{"uvx", "pipx", "uv"}
	valueFlags    = []string{"-p", "--package", "--from", "--with", "--spec", "--python", "--index-url", "--registry", "-c", "--call", "--with-requirements", "--directory", "--project", "--refresh-package"}
	packageFlags  = []string{"-p", "--package", "--from", "--with", "--spec"}
)

// packagesOf are the packages that a runner is to fetch, without their versions.
func packagesOf(argv []string) (names []string) {
	base := programBase(argv[0])
	python := slices.Contains(pythonRunners, base)
	if !python && !slices.Contains(npmRunners, base) {
		return nil
	}
	add := func(spec string) {
		name := bareName(spec)
		if known := byDashes()[dashed(name)]; python && known != "" {
			name = known // PyPI takes all separators for the same
		}
		if name != "" {
			names = append(names, name)
		}
	}
	for i := 1; i < len(argv); i++ {
		flag, value, joined := strings.Cut(argv[i], "=")
		switch {
		case strings.HasPrefix(argv[i], "-") && python && flag == "-p": // the version of Python
			i++
		case strings.HasPrefix(argv[i], "-") && slices.Contains(valueFlags, flag):
			if !joined && i+1 < len(argv) {
				i++
				value = argv[i]
			}
			if slices.Contains(packageFlags, flag) {
				add(value)
			}
		case strings.HasPrefix(argv[i], "-"), slices.Contains(runnerVerbs, argv[i]):
		default:
			add(argv[i])
			return names
		}
	}
	return names
}

// bareName takes the version from a package; "" for what is a path or an address.
func bareName(spec string) string {
	spec = strings.TrimPrefix(spec, "npm:")
	if strings.ContainsAny(spec, `:\`) || strings.HasPrefix(spec, ".") || strings.HasPrefix(spec, "/") {
		return ""
	}
	if at := strings.LastIndexByte(spec, '@'); at > 0 {
		spec = spec[:at]
	}
	if at := strings.IndexAny(spec, "=<>~![; "); at >= 0 {
		spec = spec[:at]
	}
	return spec
}

// broad reports whether a folder holds nearly everything of a user or a machine.
func (s *scanning) broad(path string) bool {
	path = strings.TrimPrefix(path, "file://")
	for _, home := range []string{"~", "$HOME", "${HOME}", "${userHome}", "${env:HOME}", "%USERPROFILE%"} {
		if rest, is := strings.CutPrefix(path, home); is && (rest == "" || rest[0] == '/' || rest[0] == '\\') {
			path = s.env.Home + filepath.ToSlash(rest)
			break
		}
	}
	if len(path) >= 2 && len(path) <= 3 && path[1] == ':' && strings.Trim(path[2:], `\/`) == "" {
		return true
	}
	if !filepath.IsAbs(path) && !strings.HasPrefix(path, `C:\`) {
		return false
	}
	clean := filepath.Clean(path)
	home := filepath.Clean(s.env.Home)
	return clean == home || clean == filepath.Dir(home) || slices.Contains([]string{"/", "/home", "/Users", "/root", "/etc", "/var", "/mnt", "/usr", "/private", `C:\Users`}, clean)
}

// checkContainer looks at what a container is given of the machine.
func (s *scanning) checkContainer(x *scanned, argv []string) {
	for i, arg := range argv {
		value := ""
		if i+1 < len(argv) {
			value = argv[i+1]
		}
		if name, after, is := strings.Cut(arg, "="); is && strings.HasPrefix(arg, "--") {
			arg, value = name, after
		} else if strings.HasPrefix(arg, "-v") && len(arg) > 2 {
			arg, value = "-v", strings.TrimPrefix(arg[2:], "=")
		}
		mounts := arg == "-v" || arg == "--volume" || arg == "--mount"
		source := mountSource(arg, value)
		switch {
		case arg == "--privileged":
			x.find("broad", "high", "take --privileged away", "its container may do what root may")
		case (arg == "--network" || arg == "--net") && value == "host":
			x.find("broad", "medium", "give it a network of its own", "its container shares the network of this machine")
		case mounts && strings.HasSuffix(source, "docker.sock"):
			x.find("broad", "high", "take the socket away", "it may start containers, and so do what root may")
		case mounts && s.broad(source):
			x.find("broad", "medium", "mount the folder that it needs", "its container is given %s", scan.VisibleLine(source, 80))
		}
	}
}

// mountSource is the folder of the machine that a container gets.
func mountSource(flag, value string) string {
	if flag == "--mount" {
		for part := range strings.SplitSeq(value, ",") {
			if name, path, _ := strings.Cut(part, "="); name == "src" || name == "source" {
				return path
			}
		}
		return ""
	}
	// A colon ends it, but for that of a drive, and for those of a variable.
	at := 0
	if len(value) > 2 && unicode.IsLetter(rune(value[0])) && value[1] == ':' && strings.ContainsRune(`\/`, rune(value[2])) {
		at = 2
	}
	if end := strings.IndexByte(value, '}'); strings.HasPrefix(value, "${") && end > 0 {
		at = end
	}
	if colon := strings.IndexByte(value[at:], ':'); colon >= 0 {
		return value[:at+colon]
	}
	return value
}
