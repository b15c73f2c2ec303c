package client

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Formats of files.
const (
	JSON = "json"
	TOML = "toml"
	YAML = "yaml"
)

// Scopes of files.
const (
	User    = "user"    // the user's alone
	Project = "project" // of a folder that others may share: it can come with a cloned repository
)

// A Row is a place where a client looks for servers. Sources are the vendors' documentation, as of November 2026.
type Row struct {
	Client string // as --client takes it
	Title  string // as people call it
	Scope  string
	Format string
	// Paths are where the file may be, by operating system ("" for all others): "~/" is the home folder, "$NAME/" a variable that has to
	// be set, "./" the working folder. The first that exists counts.
	Paths map[string][]string
	shape
}

// A shape says what an entry looks like.
type shape struct {
	sections [][]string // keys on the way to the servers; "*" stands for every key
	command  string     // member with the program, or with the whole command line where it is a list
	args     string     // member with the arguments; "" where command has them
	env      string
	disabled string // member that switches the server off where it is true
	enabled  string // member that switches it off where it is false
	nests    string // member that may hold the rest: "transport", or "command" with path, args and env
	names    string // member with names of variables that are passed on besides; "" where there is none
	Timeout  string // member with the time for a tool call; "" where there is none
	Seconds  bool   // that is in seconds, not in milliseconds
	// Default is how long a client waits where the member is not there; 0 where nobody knows.
	Default time.Duration
	// keep says that the member is not added: what holds without it is more, or versions differ in how it is written.
	keep bool
}

var usual = shape{sections: [][]string{{"mcpServers"}}, command: "command", args: "args", env: "env", disabled: "disabled"}

func (s shape) in(sections ...[]string) shape { s.sections = sections; return s }

// waits says how long a client waits where nothing else is said.
func (s shape) waits(d time.Duration) shape { s.Default = d; return s }

func (s shape) timeout(member string, seconds bool, without time.Duration) shape {
	s.Timeout, s.Seconds, s.Default = member, seconds, without
	return s
}

func (s shape) nesting(member string) shape { s.nests = member; return s }

func (s shape) kept() shape { s.keep = true; return s }

// Limit is the time for a tool call that an entry should have, of at least want, and whether that is another one than it has. 0 is unknown.
func (r Row) Limit(e Entry, want time.Duration) (limit time.Duration, raise bool) {
	switch {
	case e.Timeout > 0 && (e.Timeout >= want || e.timeout.end <= e.timeout.start):
		return e.Timeout, false
	case e.Timeout > 0:
		return want, true
	case r.Timeout == "" || r.keep || e.timeout != nil || r.Default >= want:
		return r.Default, false
	}
	return want, true
}

func everywhere(paths ...string) map[string][]string { return map[string][]string{"": paths} }

// bySystem gives paths for Linux, macOS and Windows.
func bySystem(linux, darwin, windows string) map[string][]string {
	return map[string][]string{"linux": {linux}, "darwin": {darwin}, "windows": {windows}}
}

// Clients is the table of clients.
var Clients = []Row{
	{"claude-desktop", "Claude Desktop", User, JSON, bySystem("~/.config/Claude/claude_desktop_config.json",
		"~/Library/Application Support/Claude/claude_desktop_config.json", "$APPDATA/Claude/claude_desktop_config.json"), usual.waits(time.Minute)},
	{"claude-code", "Claude Code", User, JSON, everywhere("$CLAUDE_CONFIG_DIR/.claude.json", "~/.claude.json"),
		claudeCode.in([]string{"mcpServers"}, []string{"projects", "*", "mcpServers"})},
	{"claude-code", "Claude Code (project)", Project, JSON, everywhere("./.mcp.json"), claudeCode},
	{"cursor", "Cursor", User, JSON, everywhere("~/.cursor/mcp.json"), usual},
	{"cursor", "Cursor (project)", Project, JSON, everywhere("./.cursor/mcp.json"), usual},
	{"vscode", "VS Code", User, JSON, bySystem("~/.config/Code/User/mcp.json", "~/Library/Application Support/Code/User/mcp.json", "$APPDATA/Code/User/mcp.json"),
		usual.in([]string{"servers"})},
	{"vscode", "VS Code (workspace)", Project, JSON, everywhere("./.vscode/mcp.json"), usual.in([]string{"servers"})},
	{"codex", "Codex CLI", User, TOML, everywhere("$CODEX_HOME/config.toml", "~/.codex/config.toml"), codex},
	{"codex", "Codex CLI (project)", Project, TOML, everywhere("./.codex/config.toml"), codex},
	{"gemini", "Gemini CLI", User, JSON, everywhere("~/.gemini/settings.json"), gemini},
	{"gemini", "Gemini CLI (project)", Project, JSON, everywhere("./.gemini/settings.json"), gemini},
	{"windsurf", "Windsurf", User, JSON, everywhere("~/.codeium/windsurf/mcp_config.json"), usual},
	{"zed", "Zed", User, JSON, map[string][]string{"": {"~/.config/zed/settings.json"}, "windows": {"$APPDATA/Zed/settings.json"}}, zed},
	{"zed", "Zed (project)", Project, JSON, everywhere("./.zed/settings.json"), zed},
	{"goose", "Goose", User, YAML, map[string][]string{"": {"~/.config/goose/config.yaml"}, "windows": {"$APPDATA/Block/goose/config/config.yaml"}}, goose},
	{"opencode", "opencode", User, JSON, everywhere("~/.config/opencode/opencode.jsonc", "~/.config/opencode/opencode.json"), opencode},
	{"opencode", "opencode (project)", Project, JSON, everywhere("./opencode.jsonc", "./opencode.json"), opencode},
	{"cline", "Cline", User, JSON, bySystem("~/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
		"~/Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
		"$APPDATA/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"), cline},
	{"cline", "Cline CLI", User, JSON, everywhere("$CLINE_MCP_SETTINGS_PATH", "~/.cline/data/settings/cline_mcp_settings.json"), cline},
	{"lm-studio", "LM Studio", User, JSON, everywhere("~/.lmstudio/mcp.json", "~/.cache/lm-studio/mcp.json"), usual},
}

var (
	// 28 hours by the wall, and five minutes without a sign of life, which our progress is: a member would only shorten that.
	claudeCode = usual.timeout("timeout", false, 5*time.Minute).kept()
	codex      = shape{sections: [][]string{{"mcp_servers"}}, command: "command", args: "args", env: "env", enabled: "enabled", names: "env_vars"}.timeout("tool_timeout_sec", true, time.Minute)
	gemini     = usual.timeout("timeout", false, 10*time.Minute)
	zed        = shape{sections: [][]string{{"context_servers"}}, command: "command", args: "args", env: "env", enabled: "enabled", nests: "command"}.waits(time.Minute)
	goose      = shape{sections: [][]string{{"extensions"}}, command: "cmd", args: "args", env: "envs", enabled: "enabled", names: "env_keys"}.timeout("timeout", true, 5*time.Minute)
	// The number was for finding tools, then for calls too; later versions want a mapping.
	opencode = shape{sections: [][]string{{"mcp"}}, command: "command", env: "environment", enabled: "enabled"}.timeout("timeout", false, 30*time.Second).kept()
	cline    = usual.nesting("transport").timeout("timeout", true, time.Minute)
)

// programs are what the processes of clients are called, in lower case.
var programs = map[string][]string{
	"claude-desktop": {"claude-desktop", "claude.app", "claude.exe"},
	"claude-code":    {"claude"},
	"cursor":         {"cursor", "cursor.exe"},
	"vscode":         {"code", "code-insiders", "code.exe"},
	"codex":          {"codex", "codex.exe"},
	"gemini":         {"gemini"},
	"windsurf":       {"windsurf", "windsurf.exe"},
	"zed":            {"zed", "zed-editor", "zed.exe"},
	"goose":          {"goose", "goosed", "goose.exe"},
	"opencode":       {"opencode", "opencode.exe"},
	"cline":          {"code", "cline", "code.exe"},
	"lm-studio":      {"lm-studio", "lm studio", "lm studio.exe"},
}

// Programs are the names under which a client's processes run, in lower case.
func (r Row) Programs() []string { return programs[r.Client] }

// Terminal reports whether people start the client in a terminal, so that it has the search path that they have there.
func (r Row) Terminal() bool {
	return slices.Contains([]string{"claude-code", "codex", "gemini", "goose", "opencode"}, r.Client) || r.Title == "Cline CLI"
}

// An Environment is where to look.
type Environment struct {
	System string // as runtime.GOOS
	Home   string
	Cwd    string
	Getenv func(string) string
}

// A File is a configuration that exists.
type File struct {
	Row
	Path string
}

// Folder is the folder of the project that the file belongs to; "" for a user's own.
func (f File) Folder() string {
	for _, paths := range f.Paths {
		for _, p := range paths {
			if rest, project := strings.CutPrefix(p, "./"); project {
				if dir, ok := strings.CutSuffix(filepath.ToSlash(f.Path), "/"+rest); ok {
					return filepath.FromSlash(dir)
				}
			}
		}
	}
	return ""
}

// Find gives the files that exist, in the order of the table.
func Find(env Environment) (files []File) {
	for _, row := range Clients {
		paths, ok := row.Paths[env.System]
		if !ok {
			paths = row.Paths[""]
		}
		for _, p := range paths {
			path := env.expand(p)
			if path == "" {
				continue
			}
			if _, err := os.Lstat(path); err != nil {
				continue
			}
			// Where the working folder is the home, what is the user's own is no project's.
			if !slices.ContainsFunc(files, func(f File) bool { return f.Path == path }) {
				files = append(files, File{row, path})
			}
			break
		}
	}
	return files
}

func (env Environment) expand(path string) string {
	first, rest, _ := strings.Cut(path, "/")
	switch {
	case first == "~":
		first = env.Home
	case first == ".":
		first = env.Cwd
	case strings.HasPrefix(first, "$"):
		first = env.Getenv(first[1:])
	}
	if first == "" {
		return ""
	}
	return filepath.Join(first, filepath.FromSlash(rest))
}

// At is the configuration that a path is. Its name tells the client; ok is false where it tells none.
func At(env Environment, path string) (f File, ok bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return f, false
	}
	for _, row := range Clients {
		paths, has := row.Paths[env.System]
		if !has {
			paths = row.Paths[""]
		}
		for _, p := range paths {
			rest, project := strings.CutPrefix(p, "./")
			if project && strings.HasSuffix(filepath.ToSlash(path), "/"+rest) && !(f.Path != "" && f.Scope == User) {
				f, ok = File{row, path}, true
			} else if !project && env.expand(p) == path {
				return File{row, path}, true
			}
		}
	}
	return f, ok
}

// InProject are the configurations of projects that a file with such a path is. Some systems do not tell upper case from lower.
func InProject(path string) []File {
	return projectFiles(func(rest string) (string, bool) {
		slashed := filepath.ToSlash(path)
		return path, len(slashed) > len(rest) && strings.EqualFold(slashed[len(slashed)-len(rest)-1:], "/"+rest)
	})
}

// Behind are the configurations of projects to which a path is the way: the file itself, or the folder of it.
func Behind(path string) []File {
	return projectFiles(func(rest string) (string, bool) {
		first, below, _ := strings.Cut(rest, "/")
		return filepath.Join(path, filepath.FromSlash(below)), strings.EqualFold(filepath.Base(path), first)
	})
}

// projectFiles are the configurations of projects whose path below the project's folder matches.
func projectFiles(match func(rest string) (path string, ok bool)) (files []File) {
	for _, row := range Clients {
		for _, p := range row.Paths[""] {
			rest, project := strings.CutPrefix(p, "./")
			if !project {
				continue
			}
			if path, ok := match(rest); ok {
				files = append(files, File{row, path})
			}
		}
	}
	return files
}
