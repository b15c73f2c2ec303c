package origin

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// An interpreter says which of its flags leave what it runs to the script. Any other flag makes the launch unresolved.
type interpreter struct {
	verb   string   // the word that has to come first
	plain  []string // whole words, with or without "=value"; a "*" at the end stands for any rest
	value  []string // words whose value is the next argument or behind "="
	short  string   // letters that may stand together behind one "-"
	takes  string   // letters whose value is the rest of the word, or the next argument
	ending []string // the script's name has to end so, where the interpreter would take another word for something else
	node   bool
}

var nodeFlags = strings.Fields(`--no-* --trace-* --inspect* --max-* --stack-* --harmony* --enable-source-maps --unhandled-rejections
	--dns-result-order --use-openssl-ca --use-system-ca --use-bundled-ca --expose-gc --expose_gc --title --throw-deprecation --pending-deprecation
	--disable-warning --disable-proto --abort-on-uncaught-exception --tls-* --secure-heap* --allow-* --permission --experimental-vm-modules
	--experimental-modules --experimental-fetch --experimental-json-modules --experimental-strip-types --experimental-transform-types
	--experimental-wasm-modules --experimental-sqlite --experimental-permission --experimental-specifier-resolution
	--experimental-import-meta-resolve --experimental-require-module --experimental-detect-module --experimental-websocket --optimize-for-size`)

var shell = interpreter{short: "eufvxnabhmBCEHPT", takes: "o", plain: []string{"--posix", "--norc", "--noprofile"}}

var interpreters = map[string]interpreter{
	"node":    {plain: nodeFlags, node: true},
	"nodejs":  {plain: nodeFlags, node: true},
	"tsx":     {plain: nodeFlags, ending: scriptEndings},
	"ts-node": {plain: []string{"--esm", "--transpile-only", "-T", "--swc", "--files", "--skip-project"}, ending: scriptEndings},
	"bun":     {verb: "run?", plain: []string{"--smol", "--silent", "--bun", "-b", "--no-install"}, ending: scriptEndings},
	"deno": {verb: "run", plain: strings.Fields(`--allow-* --deny-* --no-prompt --quiet --no-check --no-lock --no-config --no-remote --no-npm --cached-only
		--unstable* --node-modules-dir --v8-flags --no-code-cache --check -A -R -W -N -E -S -I -q`), ending: scriptEndings},
	"python": {short: "uBEsSIOqvbdP", takes: "XW"},
	"pypy":   {short: "uBEsSIOqvbdP", takes: "XW"},
	"ruby":   {short: "wWdv"},
	"perl":   {short: "wWXtT"},
	"php":    {short: "nq"},
	"sh":     shell, "bash": shell, "zsh": shell, "dash": shell, "ash": shell, "ksh": shell, "mksh": shell,
	"fish": {plain: []string{"--no-config"}},
	"java": {verb: "-jar"},
}

var scriptEndings = []string{".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"}

// script is the index of the script in args, or why there is none.
func (in interpreter) script(args []string) (int, string) {
	name, i := program(args[0]), 1
	if in.verb != "" && i < len(args) && args[i] == strings.TrimSuffix(in.verb, "?") {
		i++
	} else if in.verb != "" && !strings.HasSuffix(in.verb, "?") {
		return 0, fmt.Sprintf("only %q names a file that can be verified", name+" "+in.verb+" FILE")
	}
	for ; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			i++
			break
		}
		if !strings.HasPrefix(arg, "-") {
			break
		}
		word, skip := in.flag(arg)
		if word == "" {
			return 0, fmt.Sprintf("the flag %q of %s can make it run other code than a file that was verified", arg, name)
		}
		i += skip
	}
	if i >= len(args) || args[i] == "" {
		return 0, fmt.Sprintf("%s names no script", name)
	}
	if at := args[i]; strings.Contains(at, "://") || name == "deno" && strings.Contains(at, ":") && !filepath.IsAbs(at) {
		return 0, fmt.Sprintf("%q is fetched by %s, and its files are not verified", at, name)
	}
	if in.ending != nil && !slices.Contains(in.ending, filepath.Ext(args[i])) {
		return 0, fmt.Sprintf("%q is the file of no script that %s surely runs", args[i], name)
	}
	return i, ""
}

// flag is the flag that arg is, "" for one that is not known to be harmless, and how many arguments follow as its value.
func (in interpreter) flag(arg string) (word string, skip int) {
	name, _, valued := strings.Cut(arg, "=")
	for _, p := range in.plain {
		if stem, any := strings.CutSuffix(p, "*"); name == p || any && strings.HasPrefix(name, stem) {
			return name, 0
		}
	}
	if slices.Contains(in.value, name) {
		if valued {
			return name, 0
		}
		return name, 1
	}
	if strings.HasPrefix(arg, "--") || len(arg) < 2 {
		return "", 0
	}
	for i, c := range arg[1:] {
		if strings.ContainsRune(in.takes, c) {
			if i+2 == len(arg) {
				return arg, 1
			}
			return arg, 0
		}
		if !strings.ContainsRune(in.short, c) {
			return "", 0
		}
	}
	return arg, 0
}

// scriptPath is the file of the script, symlinks resolved.
func (p plan) scriptPath() (string, error) {
	path := p.args[p.script]
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.launch.Dir, path)
	}
	if p.node {
		path = nodeFile(path)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("looking for the script %q: %v", path, errNoFile)
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("resolving the links of %q: %v", path, cause(err))
	}
	return real, nil
}

// nodeFile is the file that node runs for path: itself, with an ending, or the main file of a folder.
func nodeFile(path string) string {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() {
		return path
	}
	tries := []string{path + ".js", path + ".json", path + ".node"}
	if err == nil && info.IsDir() {
		var manifest struct{ Main string }
		// Whatever it says, the file that is found here is the one that is verified and started.
		if json.Unmarshal([]byte(head(filepath.Join(path, "package.json"), 1<<20)), &manifest) != nil {
			manifest.Main = ""
		}
		if main := filepath.Join(path, manifest.Main); manifest.Main != "" {
			tries = append(tries, main, main+".js", main+".json", main+".node", filepath.Join(main, "index.js"))
		}
		tries = append(tries, filepath.Join(path, "index.js"))
	}
	for _, try := range tries {
		if info, err := os.Stat(try); err == nil && info.Mode().IsRegular() {
			return try
		}
	}
	return path
}

func (s *Store) resolveScript(ctx context.Context, p plan) (Resolved, error) {
	path, err := p.scriptPath()
	if err != nil {
		return Resolved{}, err
	}
	sum, err := digestFile(path)
	if err != nil {
		return Resolved{}, err
	}
	o := Origin{Kind: Script, Path: path, Digest: sum}
	if o.Runtime, err = s.Find(p.args[0]); err != nil {
		return Resolved{}, err
	}
	o.RuntimeVersion = runtimeVersion(ctx, o.Runtime, p.launch.Env)
	c, err := s.prepareScript(p, o)
	return Resolved{Origin: o, Command: c}, err
}

// prepareScript starts the interpreter by the path that it was found under, links unresolved: that is how a Python environment is told.
func (s *Store) prepareScript(p plan, o Origin) (Command, error) {
	path, err := p.scriptPath()
	if err != nil {
		return Command{}, gone("script", o, err)
	}
	sum, err := digestFile(path)
	if err != nil {
		return Command{}, err
	}
	if err := same("script", o, path, sum); err != nil {
		return Command{}, err
	}
	runtime := o.Runtime
	if strings.ContainsAny(p.args[0], `/\`) || !runs(runtime) {
		if runtime, err = s.Find(p.args[0]); err != nil {
			return Command{}, err
		}
	}
	args := slices.Clone(p.args)
	args[p.script] = path
	return s.command(p, Command{Path: runtime, Args: args})
}

// gone is a change where a file is missing, and err otherwise.
func gone(what string, o Origin, err error) error {
	if _, stat := os.Lstat(o.Path); o.Path != "" && os.IsNotExist(stat) {
		return &Changed{What: what, Name: o.Path, Old: o.Digest, New: "missing"}
	}
	return err
}

// runtimeVersion asks an interpreter for its version, "" where it says none that could be one.
func runtimeVersion(ctx context.Context, path string, env []string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Env, cmd.Dir, cmd.WaitDelay = installEnv(env, path), filepath.Dir(path), time.Second
	group(cmd)
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(out), "\n")
	line = strings.TrimSpace(line)
	if len(line) > 100 || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return line
}

// exists is true of anything, a dangling link too.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil || !os.IsNotExist(err)
}
