package origin

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]string{ // the kind, and what of it
		"./server --port 1":                        "program ./server",
		"env A=b -u C -- ./server":                 "program ./server",
		"env -i A=b node x.js":                     "script x.js",
		"env NODE_ENV=production node x.js":        "script x.js",
		"env NODE_OPTIONS=--require=./e.js node x": "unresolved env sets NODE_OPTIONS",
		"env LD_PRELOAD=./e.so ./server":           "unresolved env sets LD_PRELOAD",
		"env PATH=/x node x.js":                    "unresolved env sets PATH",
		"env -S node x.js":                         "unresolved the option",
		"env -C /x node x.js":                      "unresolved the option",
		"env A=b":                                  "unresolved env starts no program",
		"env env LD_PRELOAD=x ./server":            "unresolved env starts another program",
		"cmd /c npx -y a@1.0.0":                    "package a@1.0.0",
		`CMD.EXE /C C:\n\npx.cmd -y a@1.0.0`:       "package a@1.0.0",
		"cmd /c npx a & evil":                      "unresolved cmd runs a line",
		"cmd /k npx a":                             "unresolved cmd runs a line",
		"sudo ./server":                            "unresolved sudo starts another",
		"timeout 5 npx a":                          "unresolved timeout starts",

		"node dist/index.js x -e y":            "script dist/index.js",
		"/opt/bin/node --no-warnings x.js":     "script x.js",
		"node --max-old-space-size=1 -- x.js":  "script x.js",
		"node -e 1":                            "unresolved the flag \"-e\"",
		"node -p 1":                            "unresolved the flag",
		"node -pe 1":                           "unresolved the flag",
		"node --eval=1 x.js":                   "unresolved the flag",
		"node -r ./e.js x.js":                  "unresolved the flag",
		"node --require=./e.js x.js":           "unresolved the flag",
		"node --import ./e.js x.js":            "unresolved the flag",
		"node --loader=./e.js x.js":            "unresolved the flag",
		"node --experimental-loader ./e x.js":  "unresolved the flag",
		"node --env-file=.env x.js":            "unresolved the flag",
		"node --openssl-config=x x.js":         "unresolved the flag",
		"node -":                               "unresolved the flag",
		"node":                                 "unresolved node names no script",
		"python3.12 -u -Xdev -W ignore s.py a": "script s.py",
		"python -uBE s.py":                     "script s.py",
		"python -m mod":                        "unresolved the flag \"-m\"",
		"python -um mod":                       "unresolved the flag",
		"python -c 1":                          "unresolved the flag",
		"python -":                             "unresolved the flag",
		"bash s.sh -c":                         "script s.sh",
		"bash -eu -o pipefail s.sh":            "script s.sh",
		"bash -euo pipefail s.sh":              "script s.sh",
		"/bin/sh -c ./s.sh":                    "unresolved the flag \"-c\"",
		"bash -lc ./s.sh":                      "unresolved the flag",
		"bash --rcfile x s.sh":                 "unresolved the flag",
		"ruby -r./e s.rb":                      "unresolved the flag",
		"perl -w s.pl":                         "script s.pl",
		"perl -Mevil s.pl":                     "unresolved the flag",
		"bun run s.ts":                         "script s.ts",
		"bun s.ts":                             "script s.ts",
		"bun run start":                        "unresolved \"start\" is the file of no script",
		"bun -r ./e.ts s.ts":                   "unresolved the flag",
		"deno run -A --allow-net=x s.ts":       "script s.ts",
		"deno run npm:a@1.0.0":                 "unresolved \"npm:a@1.0.0\" is fetched",
		"deno run https://a.example/x.ts":      "unresolved \"https://a.example/x.ts\" is fetched",
		"deno run --import-map=x s.ts":         "unresolved the flag",
		"deno eval 1":                          "unresolved only \"deno run FILE\"",
		"tsx s.ts":                             "script s.ts",
		"tsx watch s.ts":                       "unresolved \"watch\"",
		"java -jar s.jar":                      "script s.jar",
		"java -cp x Main":                      "unresolved only",

		"npx -y @a/b@1.0.0 -y --package=x":      "package @a/b@1.0.0",
		"npx -- @a/b":                           "package @a/b",
		"npx --package a -p b@2 c d":            "package a b@2",
		"npx -q --registry=https://r.example a": "package a",
		"npx -c evil":                           "unresolved npx -c runs",
		"npx --call=evil -p a":                  "unresolved npx --call runs",
		"npx --no-install a":                    "error the flag \"--no-install\"",
		"npx --node-options=--require=x a":      "error the flag \"--node-options\"",
		"npx --userconfig x a":                  "error the flag \"--userconfig\"",
		"npx --prefix . a":                      "error the flag \"--prefix\"",
		"npx -p":                                "error has no value",
		"npx":                                   "error npx names no package",
		"npx -p  c":                             "error no package",
		"npm exec a -- --flag":                  "package a",
		"npm --silent x -y a":                   "package a",
		"npm exec a --script-shell=x":           "error the flag \"--script-shell\"",
		"npm exec -p a b":                       "error the flag \"-p\"",
		"npm start":                             "unresolved npm start runs what the working folder says",
		"bunx --bun a":                          "package a",
		"bun x a":                               "package a",
		"pnpm dlx --package=a b":                "package a",
		"pnpm exec a":                           "unresolved pnpm exec runs",
		"yarn dlx -p a b":                       "package a",
		"yarn start":                            "unresolved yarn start runs",
		"uvx mcp-server-git":                    "unresolved the files of Python packages are not verified, and \"mcp-server-git\" names no exact",
		"uvx --from git+https://x.example/y z":  "unresolved the files of Python packages",
		"uvx mcp-server-git@1.0.0":              "unresolved the files of Python packages are not verified, and its dep",
		"pipx run --spec a[cli]==1.0 a":         "unresolved the files of Python packages are not verified, and its dep",
		"uv tool run a@latest":                  "unresolved the files of Python packages are not verified, and \"a@latest\" names no exact",
		"uv run server.py":                      "unresolved uv runs what",
		"docker run -i --rm a/b:1 -x":           "image a/b:1",
		"docker run -ie KEY --mount x -v/a:/b --name=x a": "image a",
		"docker container run --pull always -- a":         "image a",
		"podman run -it -e=A a":                           "image a",
		"docker run --unknown x a":                        "unresolved the flag \"--unknown\" of docker run",
		"docker run -iZ a":                                "unresolved the flag \"-iZ\"",
		"docker run -i":                                   "unresolved docker run names no image",
		"docker exec a b":                                 "unresolved only the image of",
		"docker --context x run a":                        "unresolved only the image of",
	} {
		t.Run(line, func(t *testing.T) {
			p, err := parse(Launch{Args: strings.Split(line, " "), Dir: t.TempDir()})
			got := p.kind + " "
			switch {
			case err != nil:
				got = "error " + err.Error()
			case p.kind == Unresolved:
				got += p.why
			case p.kind == Script:
				got += p.args[p.script]
			case p.kind == Program:
				got += p.args[0]
			default:
				got += p.spec
			}
			kind, text, _ := strings.Cut(want, " ")
			if kind != "error" && kind != p.kind || !strings.Contains(got, text) || (kind == Script || kind == Program || kind == Package || kind == Image) && got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

func TestFloating(t *testing.T) {
	sum := "@sha256:" + strings.Repeat("a", 64)
	for line, want := range map[string]string{
		"npx -y a": "a", "npx a@latest": "a@latest", "npx @a/b@^1.0.0": "@a/b@^1.0.0", "npx a@1.2": "a@1.2", "npx @a/b@1.2.3": "",
		"npx a@v1.2.3-rc.1+x": "", "npx n@npm:a@1.0.0": "", "npx n@npm:a": "n@npm:a", "npx -p a@1.0.0 -p b c": "b", "npx ./a": "",
		"npx github:a/b": "github:a/b", "npx github:a/b#" + strings.Repeat("a", 40): "", "npx github:a/b#v1": "github:a/b#v1",
		"npx https://x.example/a.tgz": "https://x.example/a.tgz", "bunx a": "a", "env A=b pnpm dlx a": "a",
		"uvx a": "a", "uvx a@1.0": "", "uvx a>=1.0 b": "a>=1.0", "pipx run a==1.0": "", "docker run a": "a", "docker run a:1": "a:1",
		"docker run a" + sum: "", "node x.js": "", "./x": "", "npx --what a": "", "npx -c a": "",
	} {
		spec, floating := Floating(strings.Fields(line))
		if floating != (want != "") || floating && spec != want {
			t.Errorf("Floating(%q) = %q, %v", line, spec, floating)
		}
	}
}

func TestHostileCommandLinesAreRefused(t *testing.T) {
	for name, args := range map[string][]string{
		"none": nil, "empty": {""}, "NUL": {"node", "a\x00"}, "newline in a package": {"npx", "a\nb"}, "flag as a package": {"npx", "-p", "-g", "a"},
	} {
		if _, err := parse(Launch{Args: args, Dir: t.TempDir()}); err == nil {
			t.Errorf("%s: parse succeeded", name)
		}
	}
	long := append([]string{"docker", "run"}, make([]string, 0)...)
	for range 100_000 {
		long = append(long, "-"+strings.Repeat("i", 20))
	}
	if p, err := parse(Launch{Args: long, Dir: t.TempDir()}); err != nil || p.kind != Unresolved {
		t.Errorf("a long command line: %q, %v", p.kind, err)
	}
}

// FuzzParse keeps the promises that the rest builds on: an index that is used is inside, what stays in front of the command and what
// follows are words of the command line in their order, and a refusal has its reason.
func FuzzParse(f *testing.F) {
	for _, line := range []string{"env A=b npx -y -p a b c", "cmd /c node x.js", "docker run -ie K --name x img", "npm exec a -- -x", "python3 -uW ignore s.py", "uvx --from a==1 b", "bun x a", "deno run -A x.ts"} {
		f.Add(line)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, line string) {
		l := Launch{Args: strings.Split(line, " "), Dir: dir}
		p, err := parse(l)
		Floating(l.Args)
		if err != nil {
			return
		}
		if !strings.HasSuffix(line, strings.Join(p.args, " ")) || !strings.HasPrefix(line, strings.Join(p.prefix, " ")) {
			t.Errorf("%q was cut to %q and %q", line, p.prefix, p.args)
		}
		switch {
		case p.kind == Unresolved && p.why == "",
			p.kind == Script && (p.script < 1 || p.script >= len(p.args) || p.args[p.script] == ""),
			p.kind == Image && (p.image < 2 || p.image >= len(p.args) || p.args[p.image] == ""),
			p.kind == Package && (len(p.run.specs) == 0 || p.spec == ""),
			p.kind == Program && p.args[0] == "":
			t.Errorf("%q: %+v", line, p)
		}
	})
}
