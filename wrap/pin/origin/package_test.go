//go:build unix

package origin

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestPackageIsStartedFromTheStore(t *testing.T) {
	w := newWorld(t)
	w.server("1.2.3")
	r := w.resolved(t, "npx", "-y", "@scope/server@latest", "--flag", "a b")
	o := r.Origin
	if o.Kind != Package || o.Package != "@scope/server" || o.Version != "1.2.3" || o.Spec != "@scope/server@latest" || o.Bin != "node_modules/@scope/server/dist/index.js" {
		t.Errorf("Origin = %+v", o)
	}
	if !strings.HasPrefix(o.RuntimeVersion, "v") || o.Runtime == "" {
		t.Errorf("Runtime = %q, %q", o.Runtime, o.RuntimeVersion)
	}
	if got := w.output(t, r.Command); got != "1.2.3 dep one --flag,a b\n" {
		t.Errorf("it printed %q", got)
	}
	if len(w.said) != 1 || w.said[0] != "installing @scope/server@latest, once" {
		t.Errorf("progress: %q", w.said)
	}
	w.server("1.3.0")
	old, err := w.Prepare(t.Context(), w.launch("npx", "-y", "@scope/server@latest", "--flag", "a b"), o, r.Lock)
	if err != nil || old.Args[1] != r.Command.Args[1] {
		t.Errorf("after a new version: %q, %v", old, err)
	}
	if next := w.resolved(t, "npx", "-y", "@scope/server@latest"); next.Origin.Version != "1.3.0" || w.output(t, next.Command) != "1.3.0 dep one \n" {
		t.Errorf("the new version: %+v", next.Origin)
	}
}

func TestSameThingIsTheSameBytes(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	one, _ := json.Marshal(w.resolved(t, "npx", "@scope/server@1.0.0").Origin)
	w.Dir += "2"
	two, _ := json.Marshal(w.resolved(t, "npx", "@scope/server@1.0.0").Origin)
	if string(one) != string(two) {
		t.Errorf("%s\n%s", one, two)
	}
}

func TestRunnersChooseTheCommandThatNpxWould(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	w.reg.publish("one", "1.0.0", map[string]string{"package.json": `{"bin":"cli.cjs"}`, "cli.cjs": "console.log('one')"})
	w.reg.publish("shell", "1.0.0", map[string]string{"package.json": `{"bin":{"anything":"run"}}`, "run": "#!/bin/sh\necho shell $*\n"})
	w.reg.publish("two", "1.0.0", map[string]string{"package.json": `{"bin":{"a":"a.js","b":"b.js"}}`, "a.js": "", "b.js": ""})
	w.reg.publish("none", "1.0.0", map[string]string{"package.json": `{}`, "a.js": ""})
	for name, test := range map[string]struct{ args, want, err string }{
		"named by a flag":       {"npx -y -p @scope/server other", "other\n", ""},
		"npm exec":              {"npm exec --yes --package=@scope/server -- other", "other\n", ""},
		"the only one":          {"npx one", "one\n", ""},
		"bunx":                  {"bunx one@1.0.0", "one\n", ""},
		"pnpm":                  {"pnpm dlx one@1.0.0", "one\n", ""},
		"yarn":                  {"yarn dlx -q one@1.0.0", "one\n", ""},
		"an alias":              {"npx uno@npm:one@1.0.0", "one\n", ""},
		"not JavaScript":        {"npx shell@1 x y", "shell x y\n", ""},
		"several packages":      {"npx -p one -p shell anything z", "shell z\n", ""},
		"through env":           {"env A=b npx one", "one\n", ""},
		"through cmd":           {"cmd /c npx -y one@1.0.0", "one\n", ""},
		"two and none alike":    {"npx two", "", "has no command, or several"},
		"no command":            {"npx none", "", "has no command"},
		"no such command":       {"npx -p one sh", "", `has the command "sh"`},
		"no such package":       {"npx nothing", "", "404"},
		"no such version":       {"npx one@9", "", "ETARGET"},
		"a command and no name": {"npx -p one", "", "no command of it"},
	} {
		t.Run(name, func(t *testing.T) {
			args := strings.Fields(test.args)
			if test.err == "" {
				if got := w.output(t, w.resolved(t, args...).Command); got != test.want {
					t.Errorf("it printed %q", got)
				}
				return
			}
			if _, err := w.Resolve(t.Context(), w.launch(args...)); err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("Resolve: %v", err)
			}
		})
	}
}

func TestFolderAndGitRepositoryAreCopied(t *testing.T) {
	need(t, "git")
	w := newWorld(t)
	write(t, w.dir+"/pkg/package.json", `{"name":"local","version":"0.1.0","bin":"index.js"}`)
	write(t, w.dir+"/pkg/index.js", "#!/usr/bin/env node\nconsole.log('local')\n")
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = w.dir+"/pkg", w.env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	for name, spec := range map[string]string{"folder": "./pkg", "named": "local@file:pkg", "git": "git+file://" + w.dir + "/pkg"} {
		t.Run(name, func(t *testing.T) {
			r := w.resolved(t, "npx", spec)
			if r.Origin.Package != "local" || r.Origin.Version != "0.1.0" || w.output(t, r.Command) != "local\n" {
				t.Errorf("%+v", r.Origin)
			}
			if name == "git" && !strings.Contains(string(r.Lock), "#") {
				t.Errorf("the lock has no commit:\n%s", r.Lock)
			}
			if err := os.RemoveAll(w.folder(r)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Prepare(t.Context(), w.launch("npx", spec), r.Origin, r.Lock); err != nil {
				t.Errorf("restoring: %v", err)
			}
		})
	}
}

func TestNeitherFolderNorEnvironmentChooseTheCode(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	evil := newRegistry(t)
	evil.publish("@scope/server", "1.0.0", map[string]string{"package.json": `{"bin":{"server":"x.js"}}`, "x.js": "#!/usr/bin/env node\nconsole.log('evil')"})
	for _, dir := range []string{w.dir, filepath.Dir(w.Dir)} {
		write(t, dir+"/.npmrc", "registry="+evil.URL+"/\nignore-scripts=true\n")
		write(t, dir+"/package.json", `{"name":"x","workspaces":["**"],"overrides":{"dep":"file:./evil"}}`)
		write(t, dir+"/node_modules/@scope/server/package.json", `{"name":"@scope/server","version":"1.0.0","bin":{"server":"x.js"}}`)
		write(t, dir+"/node_modules/@scope/server/x.js", "console.log('evil')")
	}
	write(t, w.dir+"/evil.js", "console.log('evil')")
	good := w.env
	w.env = append(w.env, "npm_config_registry="+evil.URL, "NPM_CONFIG_USERCONFIG="+w.dir+"/.npmrc", "NPM_CONFIG_PREFIX="+w.dir,
		"npm_config_@scope:registry="+evil.URL, "INIT_CWD="+w.dir, "NODE_OPTIONS=--require "+w.dir+"/evil.js", "NPM_CONFIG_GLOBALCONFIG="+w.dir+"/global")
	write(t, w.dir+"/global", "registry="+evil.URL+"/\n")
	t.Chdir(w.dir)
	r := w.resolved(t, "npx", "-y", "@scope/server@1.0.0")
	w.env = good
	if got := w.output(t, r.Command); got != "1.0.0 dep one \n" {
		t.Errorf("it printed %q", got)
	}
	if len(evil.asked) > 0 {
		t.Errorf("the other registry was asked for %q", evil.asked)
	}
}

func TestNpmrcOfTheUserDoesNotChangeWhatAnInstallationIs(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	want := w.resolved(t, "npx", "@scope/server").Origin
	write(t, w.home+"/.npmrc", "registry="+w.reg.URL+`/
save=false
package-lock=false
shrinkwrap=false
lockfile-version=1
package-lock-only=true
install-strategy=linked
install-links=false
bin-links=false
global=true
dry-run=true
workspaces=true
save-exact=false
loglevel=silly
json=true
format-package-lock=false
`)
	w.Dir += "2"
	if got := w.resolved(t, "npx", "@scope/server").Origin; got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestInstallScriptsRunWithoutTheServersSecrets(t *testing.T) {
	w := newWorld(t)
	w.reg.publish("built", "1.0.0", map[string]string{
		"package.json": `{"bin":"index.js","scripts":{"install":"node build.js"}}`,
		"build.js":     "require('fs').writeFileSync('out.js', `module.exports = '${process.env.API_TOKEN} ${process.env.FOR_NPM}'`)",
		"index.js":     "#!/usr/bin/env node\nconsole.log(require('./out'))\n",
	})
	write(t, w.home+"/.npmrc", "registry="+w.reg.URL+"/\n//elsewhere.example/:_authToken=${FOR_NPM}\n")
	w.env = append(w.env, "API_TOKEN=secret", "FOR_NPM=its own")
	if got := w.output(t, w.resolved(t, "npx", "built").Command); got != "undefined its own\n" {
		t.Errorf("it printed %q", got)
	}
	r := w.resolved(t, "npx", "--ignore-scripts", "built")
	if _, err := os.Stat(w.folder(r) + "/node_modules/built/out.js"); !os.IsNotExist(err) {
		t.Errorf("the script ran: %v", err)
	}
}

func TestMissingFolderIsRestored(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	l := w.launch("npx", "@scope/server@1.0.0")
	r := w.resolved(t, l.Args...)
	w.server("1.1.0")
	os.RemoveAll(w.Dir)
	var all sync.WaitGroup
	for range 3 {
		s := &Store{Dir: w.Dir, Find: find}
		all.Go(func() {
			if _, err := s.Prepare(t.Context(), l, r.Origin, r.Lock); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := w.output(t, r.Command); got != "1.0.0 dep one \n" {
		t.Errorf("it printed %q", got)
	}
	for _, e := range names(t, w.Dir) {
		if strings.HasPrefix(e, "new-") || strings.HasPrefix(e, "old-") {
			t.Errorf("%q was left", e)
		}
	}
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestFalsifiedLockIsRefused(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	l := w.launch("npx", "@scope/server@1.0.0")
	r := w.resolved(t, l.Args...)
	at := strings.Index(string(r.Lock), `"integrity":"sha512-`) + len(`"integrity":"sha512-`)
	swap := map[bool]string{true: "B", false: "A"}[r.Lock[at] == 'A']
	forged := []byte(string(r.Lock[:at]) + swap + string(r.Lock[at+1:]))

	_, err := w.Prepare(t.Context(), l, r.Origin, forged)
	wantChanged(t, err, "lock", "")
	_, err = w.Prepare(t.Context(), l, r.Origin, nil)
	wantChanged(t, err, "lock", "")

	o := r.Origin
	o.Lock = digest(forged) // whoever can write the pin file makes it fit
	_, err = w.Prepare(t.Context(), l, o, forged)
	wantChanged(t, err, "lock", "")
	if exists(filepath.Join(w.Dir, o.id())) {
		t.Error("its folder was made")
	}
}

func TestOtherBytesUnderTheSameVersionAreRefused(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	l := w.launch("npx", "@scope/server@1.0.0")
	r := w.resolved(t, l.Args...)
	os.RemoveAll(w.Dir)
	os.RemoveAll(w.home + "/.npm")
	w.reg.publish("dep", "1.0.0", map[string]string{"package.json": `{}`, "index.js": `module.exports = "evil"`})
	_, err := w.Prepare(t.Context(), l, r.Origin, r.Lock)
	wantChanged(t, err, "lock", "")
	if next := w.resolved(t, l.Args...); next.Origin.Lock == r.Origin.Lock || next.Origin.Tree == r.Origin.Tree {
		t.Error("the new bytes have the same digests")
	}
}

func TestFilesThatAreNotThoseOfTheFirstTimeAreRefused(t *testing.T) {
	w := newWorld(t)
	w.reg.publish("built", "1.0.0", map[string]string{
		"package.json": `{"bin":"index.js","scripts":{"install":"node build.js"}}`,
		"build.js":     "require('fs').writeFileSync('out.js', '//' + process.hrtime.bigint())",
		"index.js":     "#!/usr/bin/env node\n",
	})
	r := w.resolved(t, "npx", "built")
	os.RemoveAll(w.Dir)
	for range 2 {
		_, err := w.Prepare(t.Context(), w.launch("npx", "built"), r.Origin, r.Lock)
		wantChanged(t, err, "package", "")
	}
	if exists(w.folder(r)) {
		t.Error("the other files are in the store")
	}
}

func TestWithoutNetworkTheErrorSaysWhatToDo(t *testing.T) {
	w := newWorld(t)
	w.server("1.0.0")
	l := w.launch("npx", "@scope/server@1.0.0")
	r := w.resolved(t, l.Args...)
	w.reg.Close()
	if _, err := w.Prepare(t.Context(), l, r.Origin, r.Lock); err != nil {
		t.Errorf("with its folder there: %v", err)
	}
	os.RemoveAll(w.Dir)
	os.RemoveAll(w.home + "/.npm")
	_, err := w.Prepare(t.Context(), l, r.Origin, r.Lock)
	var c *Changed
	if err == nil || errors.As(err, &c) || !strings.Contains(err.Error(), "connect to the network") {
		t.Errorf("Prepare: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Prepare(ctx, l, r.Origin, r.Lock); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
}

func TestWithoutNpmAPackageIsUnresolved(t *testing.T) {
	w := newWorld(t)
	w.Find = func(name string) (string, error) {
		if name == "npm" {
			return "", errors.New("no npm")
		}
		return "/somewhere/" + name, nil
	}
	if o := w.resolved(t, "bunx", "x@1.0.0").Origin; o.Kind != Unresolved || !strings.Contains(o.Why, "no npm") {
		t.Errorf("%+v", o)
	}
}

func wantChanged(t *testing.T, err error, what, file string) {
	t.Helper()
	var c *Changed
	if !errors.As(err, &c) || c.What != what || c.File != file || c.Error() == "" {
		t.Fatalf("Prepare: %v, want a change of the %s %q", err, what, file)
	}
}

func TestSpecsWithPathsMeanTheWorkingFolder(t *testing.T) {
	for spec, want := range map[string]string{
		"a": "a", "a@1": "a@1", "@a/b@^1": "@a/b@^1", "a/b": "a/b", "github:a/b#c/d": "github:a/b#c/d", "a/b#c/d": "a/b#c/d",
		"https://x.example/a/b.tgz": "https://x.example/a/b.tgz", "git@x.example:a/b": "git@x.example:a/b", "~/a/b": "~/a/b",
		".": "/w", "./a": "/w/a", "../a": "/a", "/a/b": "/a/b", "a.tgz": "/w/a.tgz", "x/y/z": "/w/x/y/z", "file:a": "/w/a",
		"n@file:./a": "n@file:/w/a", "n@./a": "n@file:/w/a", "file:///a": "/a", "@a/b@../c": "@a/b@file:/c",
	} {
		if got := absolute(spec, "/w"); got != want {
			t.Errorf("absolute(%q) = %q, want %q", spec, got, want)
		}
	}
}
