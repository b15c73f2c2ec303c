package client

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sallyport/wrap/file"
)

// An Extension is a server that came to a client in a package of its own, from which no configuration of ours can take it.
type Extension struct {
	Client  string
	Title   string // of the kind
	Name    string
	Path    string // of what describes it
	Command string
	Args    []string
	Env     map[string]string
	Off     bool
	Problem string // why its description could not be read
}

// A package of servers: what describes it, and where its servers stand in that.
type packaged struct {
	client, title string
	patterns      map[string][]string // by system, "" for all others; "~/" and "$NAME/" as in Row
	servers       func(text []byte, path string) ([]Extension, error)
}

// packages are the kinds of packages, from the vendors' documentation as of November 2026.
var packages = []packaged{
	{"claude-desktop", "Claude Desktop (extension)", map[string][]string{
		"linux":   {"~/.config/Claude/Claude Extensions/*/manifest.json"},
		"darwin":  {"~/Library/Application Support/Claude/Claude Extensions/*/manifest.json"},
		"windows": {"$APPDATA/Claude/Claude Extensions/*/manifest.json"},
	}, desktopExtension},
	{"claude-code", "Claude Code (plugin)", everywhere("~/.claude/plugins/*/.mcp.json", "~/.claude/plugins/*/*/.mcp.json", "~/.claude/plugins/*/*/*/.mcp.json",
		"~/.claude/plugins/*/*/*/*/.mcp.json", "~/.claude/plugins/*/*/*/.claude-plugin/plugin.json", "~/.claude/plugins/*/*/*/*/.claude-plugin/plugin.json"), mcpServers},
	{"gemini", "Gemini CLI (extension)", everywhere("~/.gemini/extensions/*/gemini-extension.json"), mcpServers},
	{"vscode", "VS Code (extension)", everywhere("~/.vscode/extensions/*/package.json", "~/.vscode-server/extensions/*/package.json"), contributed},
	{"cursor", "Cursor (extension)", everywhere("~/.cursor/extensions/*/package.json"), contributed},
}

// maxExtensions bounds how many descriptions of a kind are read.
const maxExtensions = 2000

// Extensions are the servers in packages on this machine. What cannot be read has a Problem.
func Extensions(env Environment) (list []Extension) {
	for _, p := range packages {
		patterns, ok := p.patterns[env.System]
		if !ok {
			patterns = p.patterns[""]
		}
		var paths []string
		for _, pattern := range patterns {
			if pattern = env.expand(pattern); pattern != "" {
				found, _ := filepath.Glob(pattern) // the only error is a pattern that is none
				paths = append(paths, found...)
			}
		}
		for _, path := range paths[:min(len(paths), maxExtensions)] {
			text, err := file.ReadFile(path, maxSize)
			var found []Extension
			if err == nil {
				found, err = p.servers(text, path)
			}
			if err != nil {
				found = []Extension{{Name: filepath.Base(filepath.Dir(path)), Problem: err.Error()}}
			}
			for _, e := range found {
				e.Client, e.Title, e.Path = p.client, p.title, path
				list = append(list, e)
			}
		}
	}
	return list
}

type command struct {
	Command string
	Args    []string
	Env     map[string]string
}

// desktopExtension reads the manifest of an MCP bundle. Whether it is switched on stands in a folder beside that of the extensions.
func desktopExtension(text []byte, path string) ([]Extension, error) {
	var m struct {
		Name   string
		Server struct {
			Config command `json:"mcp_config"`
		}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("it is no JSON: %v", err)
	}
	dir := filepath.Dir(path)
	e := Extension{Name: m.Name, Command: m.Server.Config.Command, Args: m.Server.Config.Args, Env: m.Server.Config.Env}
	if e.Name == "" {
		e.Name = filepath.Base(dir)
	}
	settings := filepath.Join(filepath.Dir(filepath.Dir(dir)), "Claude Extensions Settings", filepath.Base(dir)+".json")
	var on struct{ IsEnabled *bool }
	if text, err := os.ReadFile(settings); err == nil && json.Unmarshal(text, &on) == nil && on.IsEnabled != nil {
		e.Off = !*on.IsEnabled
	}
	return []Extension{e}, nil
}

// mcpServers reads a mapping of servers, which may be the whole file.
func mcpServers(text []byte, path string) (list []Extension, err error) {
	var m struct {
		MCPServers json.RawMessage `json:"mcpServers"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("it is no JSON: %v", err)
	}
	servers := map[string]command{}
	if m.MCPServers == nil && filepath.Base(path) == ".mcp.json" {
		m.MCPServers = text
	}
	if m.MCPServers == nil || strings.HasPrefix(strings.TrimSpace(string(m.MCPServers)), `"`) {
		return nil, nil // none, or the name of a file that is found by itself
	}
	if err := json.Unmarshal(m.MCPServers, &servers); err != nil {
		return nil, fmt.Errorf("its servers cannot be read: %v", err)
	}
	for name, c := range servers {
		list = append(list, Extension{Name: name, Command: c.Command, Args: c.Args, Env: c.Env})
	}
	slices.SortFunc(list, func(a, b Extension) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// contributed reads what an extension of an editor announces: the servers' command lines are in its code.
func contributed(text []byte, _ string) (list []Extension, err error) {
	var m struct {
		Contributes struct {
			Providers []struct{ ID, Label string } `json:"mcpServerDefinitionProviders"`
		}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, nil // not ours to complain of
	}
	for _, p := range m.Contributes.Providers {
		list = append(list, Extension{Name: p.ID})
	}
	return list, nil
}
