package card

import (
	"slices"
	"strings"

	"sallyport/rules/shell"
)

var (
	interpreters = set(`sh bash zsh dash ksh fish python python2 python3 node deno bun perl ruby php pwsh powershell osascript eval source .`)
	downloads    = set(`curl wget fetch aria2c http https nc ncat`)
	loaders      = set(`PATH IFS ENV BASH_ENV SHELLOPTS BASHOPTS PROMPT_COMMAND PS4 EDITOR VISUAL PAGER BROWSER SHELL PYTHONPATH PYTHONSTARTUP PYTHONHOME
		NODE_OPTIONS NODE_PATH PERL5OPT PERL5LIB PERL5DB RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS _JAVA_OPTIONS CLASSPATH LESSOPEN MANPAGER GCONV_PATH HOME`)
	wipers = set(`shred mkfs wipefs fdisk sfdisk parted blkdiscard srm`)
)

// changesWhatRuns tells variables by which another program, or other code, is run.
func changesWhatRuns(name string) bool {
	return loaders[name] || strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "DYLD_") || strings.HasPrefix(name, "GIT_") ||
		strings.HasPrefix(name, "npm_config_") || strings.HasPrefix(name, "BASH_FUNC_")
}

// destroys gives the word for a command that plainly destroys, "" for any other.
func destroys(c shell.Command) string {
	has := func(flags ...string) bool {
		return slices.ContainsFunc(c.Flags, func(f string) bool { return slices.Contains(flags, f) })
	}
	first := ""
	if len(c.Operands) > 0 {
		first = c.Operands[0]
	}
	switch c.Name {
	case "rm":
		if has("-r", "-R", "--recursive") {
			return "delete"
		}
	case "find":
		if slices.Contains(c.Args, "-delete") {
			return "delete"
		}
	case "git":
		return destroysGit(c, has)
	case "dd":
		if slices.ContainsFunc(c.Args, func(a string) bool { return strings.HasPrefix(a, "of=") && !strings.HasPrefix(a, "of=/dev/null") }) {
			return "overwrite"
		}
	case "truncate":
		return "truncate"
	case "dropdb", "dropuser":
		return "drop"
	case "kubectl", "aws", "gcloud", "az", "terraform", "tofu", "docker", "podman", "gh":
		for _, o := range c.Operands[:min(4, len(c.Operands))] {
			if slices.Contains([]string{"delete", "destroy", "rm", "prune", "rb", "delete-bucket", "terminate-instances"}, o) {
				return "delete"
			}
		}
	case "Remove-Item", "rd", "rmdir":
		if slices.ContainsFunc(c.Args, func(a string) bool { return strings.EqualFold(a, "-Recurse") || strings.EqualFold(a, "/s") }) {
			return "delete"
		}
	case "psql", "mysql", "sqlite3":
		return "" // their statements are code that shell.Parse does not give
	case "rsync":
		if slices.ContainsFunc(c.Flags, func(f string) bool { return strings.HasPrefix(f, "--delete") }) {
			return "delete"
		}
	}
	if wipers[c.Name] || strings.HasPrefix(c.Name, "mkfs.") || strings.HasPrefix(first, "mkfs") && c.Name == "busybox" {
		return "wipe"
	}
	return ""
}

func destroysGit(c shell.Command, has func(...string) bool) string {
	is := func(sub string) bool { return slices.Contains(c.Operands[:min(3, len(c.Operands))], sub) }
	switch {
	case is("push") && (has("-f", "--force", "--force-with-lease", "--mirror", "-d", "--delete") ||
		slices.ContainsFunc(c.Operands, func(o string) bool { return len(o) > 1 && (o[0] == '+' || o[0] == ':') })):
		return "push"
	case is("reset") && has("--hard"):
		return "reset"
	case is("clean") && has("-f", "--force"):
		return "delete"
	case is("branch") && has("-D"), is("stash") && (is("drop") || is("clear")), is("filter-branch"), is("filter-repo"):
		return "delete"
	}
	return ""
}

// backgrounds tells whether a line leaves something running: an & outside of quotes that is no && and no part of a redirection.
func backgrounds(s string) bool {
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote == '\'':
			if c == '\'' {
				quote = 0
			}
		case c == '\\':
			i++
		case quote == '"':
			if c == '"' {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '&':
			next := byte(0)
			if i+1 < len(s) {
				next = s[i+1]
			}
			switch {
			case next == '&':
				i++
			case next == '>' || i > 0 && (s[i-1] == '>' || s[i-1] == '<' || s[i-1] == '|'):
			default:
				return true
			}
		}
	}
	return false
}

// spell writes a command so that its words can be told apart.
func spell(c shell.Command) string {
	parts := make([]string, 0, 2+len(c.Args))
	for _, v := range c.Env {
		parts = append(parts, v+"=…")
	}
	if c.Program != "" || c.Name != "" {
		parts = append(parts, word(orElse(c.Program, c.Name)))
	} else if c.Unknown {
		parts = append(parts, "(unknown)")
	}
	size := 0
	for _, a := range c.Args {
		if size += len(a); size > 2*maxLineBytes {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, word(a))
	}
	return strings.Join(parts, " ")
}

// word puts quotes around what a shell, or a reader, would take for several words.
func word(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\n\r'\"|&;<>()#") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}
