package origin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// npmFlags keep what a configuration of the user may say otherwise from changing what an installation is. Registries, credentials,
// proxies and whether install scripts run stay the user's.
var npmFlags = strings.Fields(`--save --save-exact --package-lock --package-lock-only=false --lockfile-version=3 --shrinkwrap
	--install-links --install-strategy=hoisted --bin-links --global=false --location=project --workspaces=false --dry-run=false
	--production=false --no-audit --no-fund --no-progress --no-update-notifier --no-color --json=false --loglevel=error
	--fetch-retries=2 --fetch-retry-factor=2 --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=2000`)

// npm runs npm in the folder dir, which is the whole project, since it has a package.json and --workspaces=false ends the search for
// another above it. A --prefix would hide npm's global configuration, and the certificates of a company's proxy with it.
func (s *Store) npm(ctx context.Context, p plan, dir string, words ...string) error {
	path, err := s.tool(p, "npm")
	if err != nil {
		return err
	}
	node, err := s.tool(p, "node")
	if err != nil {
		return err
	}
	args := append([]string{words[0]}, npmFlags...)
	cmd := exec.CommandContext(ctx, path, append(args, words[1:]...)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, installEnv(p.launch.Env, node, path), 2*time.Second
	var said tail
	cmd.Stderr = &said
	group(cmd)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("npm was stopped: %w", ctx.Err())
		}
		return &npmError{text: said.String(), err: err}
	}
	return nil
}

// tool finds node or npm: beside the runner where the entry names that by its path, as an installation of node has them.
func (s *Store) tool(p plan, name string) (string, error) {
	if filepath.IsAbs(p.args[0]) {
		beside := filepath.Join(filepath.Dir(p.args[0]), name)
		if runtime.GOOS == "windows" {
			beside += map[bool]string{true: ".cmd", false: ".exe"}[name == "npm"]
		}
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	return s.Find(name)
}

// An npmError is what npm said when it ended badly.
type npmError struct {
	text string
	err  error
}

var offline = regexp.MustCompile(`\b(ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR|EIDLETIMEOUT)\b`)

func (e *npmError) integrity() bool { return strings.Contains(e.text, "EINTEGRITY") }

func (e *npmError) Error() string {
	var lines []string
	for line := range strings.Lines(e.text) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(line, "npm error"), "npm ERR!"))
		if line != "" && !strings.Contains(line, "A complete log of this run") && len(lines) < 3 {
			lines = append(lines, line)
		}
	}
	text := fmt.Sprintf("npm ended with %v and said %q", e.err, strings.Join(lines, "; "))
	if offline.MatchString(e.text) {
		text += "; the registry does not answer: connect to the network, or to the one that the registry is in, and start again"
	}
	return text
}

// tail keeps the first 8 KiB that are written to it; npm says first what went wrong.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.Buffer.Write(p[:min(len(p), max(0, 8<<10-t.Len()))])
	return len(p), nil
}

// passed are the variables that npm and install scripts see. None chooses code; what the entry sets for the server, tokens above all,
// is not among them, and so does not reach the install scripts of its dependencies.
var passed = strings.Fields(`PATH HOME USER LOGNAME TMPDIR TMP TEMP LANG LC_ALL LC_CTYPE TZ HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_RUNTIME_DIR SSH_AUTH_SOCK
	SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT APPDATA LOCALAPPDATA USERPROFILE USERNAME PROGRAMFILES PROGRAMFILES(X86) PROGRAMDATA
	HOMEDRIVE HOMEPATH NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE`)

var npmrcVariable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\??\}`)

// installEnv is the environment of npm: what passed lists, and what the user's own .npmrc refers to. The folders of tools come first in
// PATH, and its relative elements are left out.
func installEnv(env []string, tools ...string) []string {
	names := slices.Clone(passed)
	home := value(env, "HOME")
	if runtime.GOOS == "windows" {
		home = value(env, "USERPROFILE")
	}
	if filepath.IsAbs(home) {
		for _, m := range npmrcVariable.FindAllStringSubmatch(head(filepath.Join(home, ".npmrc"), 1<<20), -1) {
			if name := m[1]; !loader.MatchString(name) || name == "NPM_TOKEN" || name == "NODE_AUTH_TOKEN" {
				names = append(names, name)
			}
		}
	}
	var dirs []string
	for _, t := range tools {
		dirs = append(dirs, filepath.Dir(t))
	}
	for _, dir := range filepath.SplitList(value(env, "PATH")) {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	out := []string{"PATH=" + strings.Join(dirs, string(filepath.ListSeparator))}
	for _, v := range env {
		name, _, ok := strings.Cut(v, "=")
		if ok && !strings.EqualFold(name, "PATH") && slices.ContainsFunc(names, func(s string) bool { return s == name || strings.EqualFold(s, name) && foldable(s) }) {
			out = append(out, v)
		}
	}
	return out
}

// foldable names are read in any case: proxies in lower case, and all on Windows.
func foldable(name string) bool {
	return runtime.GOOS == "windows" || strings.HasSuffix(name, "_PROXY")
}

// value is the last value of a variable.
func value(env []string, name string) (val string) {
	for _, v := range env {
		if n, rest, ok := strings.Cut(v, "="); ok && (n == name || runtime.GOOS == "windows" && strings.EqualFold(n, name)) {
			val = rest
		}
	}
	return val
}

// noTool reports that npm or node is not there.
func (s *Store) noTool(p plan) error {
	_, err := s.tool(p, "npm")
	_, err2 := s.tool(p, "node")
	return errors.Join(err, err2)
}
