package client

import (
	"os"
	"path/filepath"
	"strings"
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
	Timeout  string // member with the time for a tool call; "" where there is none
	Seconds  bool   // that is in seconds, not in milliseconds
}

var usual = shape{sections: [][]string{{"mcpServers"}}, command: "command", args: "args", env: "env", disabled: "disabled"}

func (s shape) in(sections ...[]string) shape { s.sections = sections; return s }

func (s shape) timeout(member string, seconds bool) shape {
	s.Timeout, s.Seconds = member, seconds
	return s
}

func everywhere(paths ...string) map[string][]string { return map[string][]string{"": paths} }

// bySystem gives paths for Linux, macOS and Windows.
func bySystem(linux, darwin, windows string) map[string][]string {
	return map[string][]string{"linux": {linux}, "darwin": {darwin}, "windows": {windows}}
}

// Clients is the table of clients.
var Clients = []Row{
	{"claude-desktop", "Claude Desktop", User, JSON, bySystem("~/.config/Claude/claude_desktop_config.json",
		"~/Library/Application Support/Claude/claude_desktop_config.json", "$APPDATA/Claude/claude_desktop_config.json"), usual},
	{"claude-code", "Claude Code", User, JSON, everywhere("$CLAUDE_CONFIG_DIR/.claude.json", "~/.claude.json"),
		usual.in([]string{"mcpServers"}, []string{"projects", "*", "mcpServers"}).timeout("timeout", false)},
	{"claude-code", "Claude Code (project)", Project, JSON, everywhere("./.mcp.json"), usual.timeout("timeout", false)},
	{"cursor", "Cursor", User, JSON, everywhere("~/.cursor/mcp.json"), usual},
	{"cursor", "Cursor (project)", Project, JSON, everywhere("./.cursor/mcp.json"), usual},
	{"vscode", "VS Code", User, JSON, bySystem("~/.config/Code/User/mcp.json", "~/Library/Application Support/Code/User/mcp.json", "$APPDATA/Code/User/mcp.json"),
		usual.in([]string{"servers"})},
	{"vscode", "VS Code (workspace)", Project, JSON, everywhere("./.vscode/mcp.json"), usual.in([]string{"servers"})},
	{"codex", "Codex CLI", User, TOML, everywhere("$CODEX_HOME/config.toml", "~/.codex/config.toml"), codex},
	{"codex", "Codex CLI (project)", Project, TOML, everywhere("./.codex/config.toml"), codex},
	{"gemini", "Gemini CLI", User, JSON, everywhere("~/.gemini/settings.json"), usual.timeout("timeout", false)},
	{"gemini", "Gemini CLI (project)", Project, JSON, everywhere("./.gemini/settings.json"), usual.timeout("timeout", false)},
	{"windsurf", "Windsurf", User, JSON, everywhere("~/.codeium/windsurf/mcp_config.json"), usual},
	{"zed", "Zed", User, JSON, map[string][]string{"": {"~/.config/zed/settings.json"}, "windows": {"$APPDATA/Zed/settings.json"}}, zed},
	{"zed", "Zed (project)", Project, JSON, everywhere("./.zed/settings.json"), zed},
	{"goose", "Goose", User, YAML, map[string][]string{"": {"~/.config/goose/config.yaml"}, "windows": {"$APPDATA/Block/goose/config/config.yaml"}},
		shape{sections: [][]string{{"extensions"}}, command: "cmd", args: "args", env: "envs", enabled: "enabled", Timeout: "timeout", Seconds: true}},
	{"opencode", "opencode", User, JSON, everywhere("~/.config/opencode/opencode.jsonc", "~/.config/opencode/opencode.json"), opencode},
	{"opencode", "opencode (project)", Project, JSON, everywhere("./opencode.jsonc", "./opencode.json"), opencode},
	{"cline", "Cline", User, JSON, bySystem("~/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
		"~/Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
		"$APPDATA/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"), usual.timeout("timeout", true)},
	{"cline", "Cline CLI", User, JSON, everywhere("$CLINE_MCP_SETTINGS_PATH", "~/.cline/data/settings/cline_mcp_settings.json"), usual.timeout("timeout", true)},
	{"lm-studio", "LM Studio", User, JSON, everywhere("~/.lmstudio/mcp.json", "~/.cache/lm-studio/mcp.json"), usual},
}

var (
	codex    = shape{sections: [][]string{{"mcp_servers"}}, command: "command", args: "args", env: "env", enabled: "enabled", Timeout: "tool_timeout_sec", Seconds: true}
	zed      = shape{sections: [][]string{{"context_servers"}}, command: "command", args: "args", env: "env", enabled: "enabled"}
	opencode = shape{sections: [][]string{{"mcp"}}, command: "command", env: "environment", enabled: "enabled", Timeout: "timeout"}
)

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
			if _, err := os.Lstat(path); err == nil {
				files = append(files, File{row, path})
				break
			}
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
