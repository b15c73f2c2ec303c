package main

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// runners start a package that is named by their first argument which is no flag.
var runners = []string{
	"npx", "bunx", "uvx", "pipx", "pnpm", "yarn", "npm", "bun", "uv", "deno", "node", "python", "python3", "ruby", "docker", "podman", "env",
}

// runnerVerbs stand between a runner and the package.
var runnerVerbs = []string{"run", "exec", "dlx", "tool", "x", "--"}

// buildFolders say nothing of what was built in them.
var buildFolders = []string{"dist", "build", "src", "lib", "bin", "out", "index", "main", "server", "cli", "node_modules", ".bin", ""}

// deriveName gives a server the name that a person would: @modelcontextprotocol/server-filesystem is filesystem.
func deriveName(argv []string) string {
	word := argv[0]
	base := strings.TrimSuffix(path.Base(strings.ReplaceAll(word, `\`, "/")), ".exe")
	if slices.Contains(runners, base) {
		for _, arg := range argv[1:] {
			if strings.HasPrefix(arg, "-") || slices.Contains(runnerVerbs, arg) {
				continue
			}
			word = arg
			break
		}
	}
	word = strings.ReplaceAll(word, `\`, "/")
	parts := strings.Split(word, "/")
	slices.Reverse(parts)
	for _, part := range parts {
		if name := plainName(part); !slices.Contains(buildFolders, name) {
			return name
		}
	}
	return plainName(base)
}

var decoration = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(mcp-server-|server-|mcp-)|(-mcp-server|-server|-mcp|\.(js|mjs|cjs|ts|py|rb|exe|sh))$`)
})

// plainName strips versions, endings, and the words that every server has in its name.
func plainName(part string) string {
	if i := strings.LastIndexAny(part, "@:"); i > 0 {
		part = part[:i]
	}
	for range 3 {
		if cut := decoration().ReplaceAllString(part, ""); cut != "" {
			part = cut
		}
	}
	return strings.Map(func(r rune) rune {
		if nameRune(r) {
			return r
		}
		return -1
	}, part)
}

func nameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.'
}

// validName reports whether a name can stand in rules, logs and file names.
func validName(name string) bool {
	return strings.TrimSpace(name) == name && name != "" && len(name) <= 64 && name[0] != '.' && !strings.ContainsFunc(name, func(r rune) bool { return !nameRune(r) && r != ' ' })
}
