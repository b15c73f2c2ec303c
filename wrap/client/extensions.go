package client

import (
	"encoding/json"
	"errors"
	"io/fs"
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
	Off     bool
	Problem string // why its description could not be read
	entry   Entry
}

// Entry is the extension as an entry of a configuration, which cannot be edited.
func (e Extension) Entry() Entry {
	e.entry.Server, e.entry.Disabled = e.Name, e.Off
	return e.entry
}

// A kind of packages: each lies in a folder below root, and file describes it there.
type packaged struct {
	client, title string
	roots         map[string][]string // by system, as in Row
	file          string
	read          func(env Environment, text []byte, path string) ([]Extension, error)
}

// packages are the kinds of packages, from the vendors' documentation as of November 2026.
var packages = []packaged{
	{"claude-desktop", "Claude Desktop (extension)", bySystem("~/.config/Claude/Claude Extensions", "~/Library/Application Support/Claude/Claude Extensions", "$APPDATA/Claude/Claude Extensions"),
		"manifest.json", desktopExtension},
	{"gemini", "Gemini CLI (extension)", everywhere("~/.gemini/extensions"), "gemini-extension.json", mcpServers},
	{"vscode", "VS Code (extension)", everywhere("~/.vscode/extensions", "~/.vscode-server/extensions"), "package.json", contributed},
	{"cursor", "Cursor (extension)", everywhere("~/.cursor/extensions"), "package.json", contributed},
}

// maxExtensions bounds how many packages of a kind are looked at.
const maxExtensions = 2000

// Extensions are the servers in packages on this machine. What cannot be read has a Problem.
func Extensions(env Environment) (list []Extension) {
	for _, p := range packages {
		roots, ok := p.roots[env.System]
		if !ok {
			roots = p.roots[""]
		}
		for _, root := range roots {
			if root = env.expand(root); root == "" {
				continue
			}
			folders, _ := os.ReadDir(root) // where there is none, there are no packages
			for _, f := range folders[:min(len(folders), maxExtensions)] {
				list = append(list, p.describe(env, filepath.Join(root, f.Name(), p.file), false)...)
			}
		}
	}
	return append(list, plugins(env)...)
}

// describe reads what describes a package. One that is not there is no package.
func (p packaged) describe(env Environment, path string, off bool) []Extension {
	text, err := file.ReadFile(path, maxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var found []Extension
	if err == nil {
		found, err = p.read(env, text, path)
	}
	if err != nil {
		found = []Extension{{Name: filepath.Base(filepath.Dir(path)), Problem: err.Error()}}
	}
	for i := range found {
		e := &found[i]
		e.Client, e.Title, e.Path, e.Off = p.client, p.title, path, e.Off || off
		e.Command, e.Args = e.entry.Command.Value, nil
		for _, arg := range e.entry.Args {
			e.Args = append(e.Args, arg.Value)
		}
		if e.Problem == "" && e.entry.odd != "" && p.file != "package.json" {
			e.Problem = e.entry.odd
		}
	}
	return found
}

// entriesOf reads the servers below some keys of JSON, as configurations are read.
func entriesOf(text []byte, keys ...string) ([]Entry, error) {
	return File{Row: Row{Format: JSON, shape: usual.in(keys)}}.entries(text)
}

// desktopExtension reads the manifest of an MCP bundle. Whether it is switched on stands in a folder beside that of the extensions.
func desktopExtension(env Environment, text []byte, path string) ([]Extension, error) {
	entries, err := entriesOf(text, "server")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Server == "mcp_config" })
	if i < 0 {
		return nil, errors.New("it describes no server")
	}
	dir := filepath.Dir(path)
	e := Extension{Name: filepath.Base(dir), entry: entries[i]}
	var manifest struct{ Name string }
	if json.Unmarshal(text, &manifest) == nil && manifest.Name != "" {
		e.Name = manifest.Name
	}
	others, err := entriesOf(text, "server", "mcp_config", "platform_overrides")
	if err != nil {
		return nil, err
	}
	system := env.System
	if system == "windows" {
		system = "win32"
	}
	for _, o := range others {
		if o.Server == system && o.Command.Value != "" {
			e.entry.Command, e.entry.odd = o.Command, ""
		}
		if o.Server == system && o.list != nil {
			e.entry.Args = o.Args
		}
		if o.Server == system && len(o.Env) > 0 {
			e.entry.Env = o.Env
		}
	}
	settings := filepath.Join(filepath.Dir(filepath.Dir(dir)), "Claude Extensions Settings", filepath.Base(dir)+".json")
	var on struct{ IsEnabled *bool }
	if text, err := os.ReadFile(settings); err == nil && json.Unmarshal(text, &on) == nil && on.IsEnabled != nil {
		e.Off = !*on.IsEnabled
	}
	return []Extension{e}, nil
}

// mcpServers reads a mapping of servers.
func mcpServers(_ Environment, data []byte, path string) (list []Extension, err error) {
	root, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	servers, err := root.find("mcpServers")
	var entries []Entry
	switch {
	case err != nil:
		return nil, err
	case root.kind != object:
		return nil, errors.New("it is no mapping")
	case servers != nil && servers.kind == text:
		return nil, nil // the name of a file, which is looked at by itself
	case servers == nil && filepath.Base(path) == ".mcp.json":
		entries, err = entriesOf(data)
	default:
		entries, err = entriesOf(data, "mcpServers")
	}
	for _, e := range entries {
		list = append(list, Extension{Name: e.Server, entry: e})
	}
	return list, err
}

// contributed reads what an extension of an editor announces: the servers' command lines are in its code.
func contributed(_ Environment, text []byte, _ string) (list []Extension, err error) {
	var m struct {
		Contributes struct {
			Providers []struct{ ID, Label string } `json:"mcpServerDefinitionProviders"`
		}
	}
	if json.Unmarshal(text, &m) != nil {
		return nil, nil // not ours to complain of
	}
	for _, p := range m.Contributes.Providers {
		list = append(list, Extension{Name: p.ID})
	}
	return list, nil
}

// plugins are the servers of the plugins of Claude Code that are installed, and not of those that a marketplace merely offers.
func plugins(env Environment) (list []Extension) {
	root := env.expand("~/.claude")
	if root == "" {
		return nil
	}
	p := packaged{client: "claude-code", title: "Claude Code (plugin)", read: mcpServers}
	path := filepath.Join(root, "plugins", "installed_plugins.json")
	text, err := file.ReadFile(path, maxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var installed struct{ Plugins map[string]json.RawMessage }
	if err == nil {
		err = json.Unmarshal(text, &installed)
	}
	if err != nil {
		return []Extension{{Client: p.client, Title: p.title, Name: filepath.Base(path), Path: path, Problem: err.Error()}}
	}
	var settings struct{ EnabledPlugins map[string]bool }
	if text, err := file.ReadFile(filepath.Join(root, "settings.json"), maxSize); err == nil {
		json.Unmarshal(text, &settings) // what cannot be read switches nothing off
	}
	names := make([]string, 0, len(installed.Plugins))
	for name := range installed.Plugins {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		on, said := settings.EnabledPlugins[name]
		for _, dir := range installPaths(installed.Plugins[name]) {
			for _, file := range []string{".mcp.json", ".claude-plugin/plugin.json"} {
				list = append(list, p.describe(env, filepath.Join(dir, filepath.FromSlash(file)), said && !on)...)
			}
		}
	}
	return list
}

// installPaths are the folders of a plugin: version 1 of the file has one, version 2 a list.
func installPaths(raw json.RawMessage) (paths []string) {
	type at struct{ InstallPath string }
	var one at
	var many []at
	if json.Unmarshal(raw, &many) != nil && json.Unmarshal(raw, &one) == nil {
		many = []at{one}
	}
	for _, m := range many {
		if filepath.IsAbs(m.InstallPath) || strings.HasPrefix(m.InstallPath, "/") {
			paths = append(paths, m.InstallPath)
		}
	}
	return paths
}
