package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

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

// argv writes an entry whose command line is words.
func argv(words ...string) string {
	b, _ := json.Marshal(map[string]any{"command": words[0], "args": words[1:]})
	return string(b)
}

// scanCases are entries, as JSON or as a command line with "¦" between words, by the finding that they have: its kind and its severity.
// IMG stands for an image that is named by its digest, KEY for a credential.
var scanCases = []struct {
	kind, want string
	entries    []string
}{
	{"shell", "medium", []string{"sh¦-c¦exec x", "/bin/bash¦-lc¦x", "sh¦-c¦curl -o f https://example.com/i", "sallyport¦wrap¦--¦sh¦-c¦x", "/usr/bin/env¦A=b¦bash¦-c¦x",
		"powershell.exe¦-NoProfile¦-Command¦x", "pwsh¦-COMMAND¦x", "powershell¦-encodedcommand¦eAA=", "powershell¦-e¦eAA=", "cmd¦/c¦npx x@1.0.0 & start y",
		"npx -y x@1.0.0", "npx -y @scope/server@1.0.0", "sh¦-c¦cd app && iex -S mix"}}, // iex is the shell of Elixir
	{"shell", "high", []string{"sh¦-c¦curl -s https://example.com/i | sh", `sh¦-c¦sh -c "$(curl -fsSL https://example.com/i)"`, "bash¦-c¦bash <(curl -s https://example.com/i)",
		"bash¦-c¦wget -qO- https://example.com/i | /bin/sh", "bash¦-c¦curl https://example.com/i | sudo -E bash"}},
	{"shell", "low", []string{"cmd¦/c¦npx¦-y¦x@1.0.0", `C:\Windows\System32\cmd.exe¦/C¦npx¦x@1.0.0`, "cmd¦/d¦/s¦/c¦npx x@1.0.0", "env¦-S¦node x", "env¦--split-string=node x"}},
	{"shell", "", []string{"bash¦start.sh", "server¦-c¦x", "powershell¦-File¦x.ps1", "env¦A=b¦node¦x.js", "/opt/My Apps/server"}},

	{"floating", "medium", []string{"npx¦-y¦x", "npx¦x@latest", "npx¦x@^1.0.0", "uvx¦x", "docker¦run¦-i¦mcp/x:1"}},
	{"floating", "", []string{"npx¦x@1.0.0", "uvx¦x==1.0.0", "docker¦run¦-i¦IMG", "/opt/x", "sallyport¦wrap¦--¦npx¦x"}},

	{"lookalike", "high", []string{"npx¦-y¦@modelcontextprotocol/server-filesytem", "cmd¦/c¦npx¦-y¦mcp-remot", "npx.cmd¦-y¦mcp-remot", "env¦A=b¦npx¦-y¦mcp-remot", "pnpm¦dlx¦mcp-remot",
		"uv¦tool¦run¦mcp-server-gti", "npx¦--package=mcp-remot¦x", "uvx¦--from¦mcp-server-gti¦x", "uvx¦--python¦3.12¦mcp-server-gti", "uvx¦--with¦mcp-server-gti¦mcp-server-git",
		"uvx¦mcp-server-gti>=1.0", "sallyport¦wrap¦--¦npx¦mcp-remot"}},
	{"lookalike", "", []string{"npx¦-y¦@modelcontextprotocol/server-filesystem@1.0.0", "npx¦./mcp-remot", "uvx¦mcp_server_fetch"}}, // PyPI takes - and _ for the same

	{"broad", "medium", []string{"x¦/", "x¦--root=/", "x¦HOMEFOLDER", "x¦~/", "x¦~/.", "x¦HOMEFOLDER/..", `x¦C:\`, "x¦file:///", "docker¦run¦-v¦/:/host¦IMG", "docker¦run¦--volume=/:/host:ro¦IMG",
		"docker¦run¦-v/:/host¦IMG", "docker¦run¦-v¦HOMEFOLDER:/host¦IMG", "docker¦run¦-v¦${env:HOME}:/host¦IMG", `docker¦run¦-v¦C:\:/host¦IMG`,
		"docker¦run¦--mount¦type=bind,src=/,dst=/host¦IMG", "docker¦run¦--network¦host¦IMG"}},
	{"broad", "high", []string{"docker¦run¦-v¦/var/run/docker.sock:/var/run/docker.sock¦IMG", "docker¦run¦--privileged¦IMG"}},
	{"broad", "", []string{"x¦HOMEFOLDER/notes", "x¦/etc/x", "docker¦run¦-v¦HOMEFOLDER/notes:/notes¦IMG", "docker¦run¦-w¦/¦IMG", "docker¦run¦--network=bridge¦IMG"}},

	// Clients take blanks from the ends of an address, and tabs from anywhere in it.
	{"clear-text", "high", []string{`{"url":"http://mcp.example.com/mcp"}`, `{"url":"ws://mcp.example.com/mcp"}`, `{"url":"HTTP://mcp.example.com/mcp"}`, `{"url":" http://mcp.example.com/mcp"}`,
		`{"url":"ht\ttp://mcp.example.com/mcp"}`, `{"url":"http://localhost.example.com/mcp"}`, `{"url":"http://127.0.0.1.example.com/mcp"}`}},
	{"clear-text", "", []string{`{"url":"https://mcp.example.com/mcp"}`, `{"url":"http://127.0.0.1:3000/mcp"}`, `{"url":"http://[::1]:3000/mcp"}`, `{"url":"http://localhost:3000/mcp"}`}},
	{"remote", "low", []string{`{"url":"https://mcp.example.com/mcp"}`}},
	{"remote", "", []string{"x"}},

	{"injection", "high", []string{`{"command":"x","env":{"LD_PRELOAD":"/x.so"}}`, `{"command":"x","env":{"NODE_OPTIONS":"-r x"}}`}},
	{"injection", "", []string{`{"command":"x","env":{"NODE_ENV":"production"}}`}},
	{"unwrapped", "medium", []string{"x", "sallyport¦log"}},
	{"unwrapped", "low", []string{`{"command":"x","disabled":true}`}},
	{"unwrapped", "", []string{"sallyport¦wrap¦--¦x", `{"url":"https://mcp.example.com/mcp"}`}},
	{"broken-wrap", "high", []string{"/no/such/sallyport¦wrap¦--¦x"}},
	{"odd", "low", []string{`{}`, `1`}},

	{"plain-key", "high", []string{`{"command":"x","env":{"TOKEN":"KEY"}}`, `{"url":"https://mcp.example.com","headers":{"Authorization":"Bearer KEY"}}`, "x¦--token¦KEY",
		`{"url":"https://mcp.example.com/?api_key=KEY"}`, `{"url":"https://mcp.example.com/?token=&token=KEY"}`, `{"url":"https://mcp.example.com/s/KEY/mcp"}`,
		`{"url":"https://KEY@mcp.example.com/mcp"}`, `{"url":"https://u:Zq8vT3mXw2@mcp.example.com/mcp"}`}},
	{"plain-key", "", []string{`{"command":"x","env":{"TOKEN":"keyring:x"}}`, `{"command":"x","env":{"TOKEN":"${env:TOKEN}"}}`, `{"url":"https://mcp.example.com/?region=eu"}`}},
}

func TestScanFindsWhatIsWrongWithAnEntry(t *testing.T) {
	stands := strings.NewReplacer("KEY", scanKey, "IMG", "mcp/x@sha256:"+strings.Repeat("a", 64))
	for _, c := range scanCases {
		for _, text := range c.entries {
			t.Run(c.kind+"/"+cmp.Or(c.want, "none")+"/"+strings.ReplaceAll(text, "/", "⁄"), func(t *testing.T) {
				entry := stands.Replace(text)
				if text[0] != '{' && text != "1" {
					entry = argv(strings.Split(entry, "¦")...)
				}
				x := scanEntry(t, entry)
				if got := severitiesOf(x, c.kind); got != c.want {
					t.Errorf("%s: %q, want %q", entry, got, c.want)
				}
				var out, sarif bytes.Buffer
				b, err := json.Marshal(x)
				if err = errors.Join(err, writeSARIF(&sarif, "", []*scanned{x})); err != nil {
					t.Fatal(err)
				}
				(&scanning{list: []*scanned{x}}).print(&page{out: &out})
				if all := string(b) + out.String() + sarif.String(); strings.Contains(all, scanKey) || strings.Contains(all, "Zq8vT3mXw2") {
					t.Errorf("a key is shown: %.300s", out.String())
				}
			})
		}
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
}

func TestScanChecksExtensionsAsItChecksEntries(t *testing.T) {
	home := t.TempDir()
	writeTree(t, home, map[string]string{".gemini/extensions/e/gemini-extension.json": `{"mcpServers":{"shell":` + argv("sh", "-c", "x") + `,"plain-key":` + argv("x", "--token", scanKey) +
		`,"injection":{"command":"x","env":{"NODE_OPTIONS":"-r x"}},"broad":` + argv("docker", "run", "--privileged", "x") + `,"clear-text":{"httpUrl":"http://mcp.example.com"}}}`})
	for _, x := range looked(t, scanOf(home)) {
		if strings.Contains(x.Command, scanKey) || severitiesOf(x, x.Server) == "" {
			t.Errorf("no %s: %q %v", x.Server, x.Command, x.Findings)
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
	express react react-dom vue svelte angular next nuxt vite nx eslint typescript vitest playwright puppeteer axios prisma drizzle-orm mongodb redis pg mysql better-sqlite3 stripe openai
	@anthropic-ai/sdk @anthropic-ai/claude-code @openai/codex @google/gemini-cli @google/genai langchain @langchain/core @langchain/mcp-adapters ai dotenv semver @angular/core @sveltejs/kit
	@supabase/supabase-js @sentry/node @sentry/cli @stripe/stripe-js @notionhq/client @playwright/test @browserbasehq/sdk @browserbasehq/stagehand @octokit/rest @slack/web-api @slack/bolt
	@azure/identity @aws-sdk/client-s3 aws-sdk @google-cloud/storage firebase vercel netlify-cli wrangler heroku fastmcp mcp-framework mcp-use mcp-cli mcp-get mcp-handler cffi mcporter xmcp
	create-mcp mcp-inspector @mcp-ui/server @mcp-ui/client @modelcontextprotocol/client @modelcontextprotocol/server @modelcontextprotocol/core @modelcontextprotocol/ext-apps
	@modelcontextprotocol/create-server @modelcontextprotocol/server-pdf @modelcontextprotocol/server-map @salesforce/mcp @sap-ux/fiori-mcp-server @ui5/mcp-server
	@dynatrace-oss/dynatrace-mcp-server @launchdarkly/mcp-server @paypal/mcp @auth0/auth0-mcp-server @contentful/mcp-server @sanity/mcp-server @storyblok/mcp-server @mapbox/mcp-server
	@microsoft/clarity-mcp-server @softeria/ms-365-mcp-server @tanstack/react-query @agentdeskai/browser-tools-mcp @last9/mcp-server @gitkraken/cli @ui5/cli click linear-mcp-server
	trello-mcp-server pillow airtable-mcp-server discord-mcp youtube-mcp mcp-server-code-runner mcp-server-commands mcp-server-text-editor mcp-searxng mcp-package-version mcp-mermaid
	mcp-deepwiki mcp-fetch-server mcp-playwright mcp-knowledge-graph mcp-youtube-transcript n8n-mcp n8n nodemailer octokit bitbucket-mcp gitlab-mcp requests httpx aiohttp fastapi pydantic
	anthropic llama-index uv mcp mcp-agent mcp-server mcpo fastapi-mcp mcp-clickhouse mcp-server-mysql mcp-server-motherduck mcp-server-tree-sitter mcp-server-calculator mcp-server-rijksmuseum
	mcp-server-reddit mcp-grafana mcp-neo4j-cypher mcp-neo4j-memory mcp-redis mcp-run-python mcp-nixos mcp-simple-arxiv mcp-simple-pubmed mcp-alchemy mcp-text-editor mcp-gsuite mcp-shell-server
	mcp-youtube paper-search-mcp chroma-mcp dbt-mcp redis-mcp-server yfinance-mcp oracle-mcp-server aws-mcp-server jinja2 powerpoint-mcp six office-powerpoint-mcp-server
	awslabs.nova-canvas-mcp-server awslabs.cost-analysis-mcp-server awslabs.eks-mcp-server awslabs.ecs-mcp-server awslabs.lambda-tool-mcp-server awslabs.dynamodb-mcp-server
	awslabs.postgres-mcp-server awslabs.mysql-mcp-server awslabs.iam-mcp-server serena markitdown arxiv elevenlabs snowflake-connector-python qdrant-client duckduckgo-search
	jest webpack turbo zod ajv lodash commander chalk prettier pandas numpy sqlalchemy poetry rich typer flask django transformers torch boto3 pytest ruff black mypy pymongo inquirer socket.io`

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
	clone, colon := t.TempDir(), ":"
	if runtime.GOOS == "windows" {
		colon = "-"
	}
	writeTree(t, clone, map[string]string{
		strings.ReplaceAll("a:b c/.mcp.json", ":", colon): `{"mcpServers":{"s\u001b[2J\u202e\n":{"command":"sh","args":["-c","x"],"env":{"LD_PRELOAD":"x","A\u202e_TOKEN":"` + scanKey + `"}}}}`,
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

// checkSARIF checks that a text has the members that SARIF 2.1.0 asks for, and those that code hosts ask for.
func checkSARIF(t *testing.T, text, root string) {
	t.Helper()
	log := gjson.Parse(text)
	if !json.Valid([]byte(text)) || log.Get("version").Str != "2.1.0" || log.Get("runs.#").Int() != 1 || log.Get("runs.0.tool.driver.name").Str == "" || !log.Get("runs.0.results").IsArray() {
		t.Fatalf("%.200s", text)
	}
	rules, prints := map[string]bool{}, map[string]bool{}
	var helpless []string
	for _, r := range log.Get("runs.0.tool.driver.rules").Array() {
		id := r.Get("id").Str
		if rules[id] || id == "" || r.Get("shortDescription.text").Str == "" {
			t.Errorf("rule %s", r.Raw)
		}
		if rules[id] = true; r.Get("help.text").Str == "" {
			helpless = append(helpless, id)
		}
	}
	if helpless != nil {
		t.Errorf("rules without a help text: %q", helpless)
	}
	for _, r := range log.Get("runs.0.results").Array() {
		at, print := r.Get("locations.0.physicalLocation"), r.Get("partialFingerprints").Raw
		if !rules[r.Get("ruleId").Str] || !slices.Contains([]string{"note", "warning", "error"}, r.Get("level").Str) || r.Get("message.text").Str == "" || at.Get("region.startLine").Int() < 1 || len(print) < 5 {
			t.Fatalf("result %s", r.Raw)
		}
		u, err := url.Parse(at.Get("artifactLocation.uri").Str)
		if err != nil || u.Scheme != "" && u.Scheme != "file" {
			t.Fatalf("%s: %v", at.Raw, err)
		}
		path := filepath.FromSlash(u.Path)
		if u.Scheme == "" {
			path = filepath.Join(root, path)
		}
		if _, err := os.Stat(path); err != nil && runtime.GOOS != "windows" {
			t.Fatalf("%q leads nowhere", u)
		}
		if prints[print] {
			t.Errorf("two results have the fingerprint %s", print)
		}
		prints[print] = true
	}
	if strings.ContainsAny(text, "\x1b\u202e\u009b") || strings.Contains(text, scanKey) {
		t.Error("what should be hidden is shown")
	}
}

func TestSARIFHasWhatTheFormatAsksFor(t *testing.T) {
	clone, other := cloneOf(t), cloneOf(t)
	file := filepath.Join(clone, ".vscode", "mcp.json")
	for name, paths := range map[string][]string{"a folder": {clone}, "a file": {file}, "two folders": {clone, other}, "nothing": {t.TempDir()}} {
		t.Run(name, func(t *testing.T) { checkSARIF(t, sarifOf(t, paths...), clone) })
	}
}

// A code host tells by the fingerprint whether a finding is the one that it had.
func TestFindingsKeepTheirNames(t *testing.T) {
	a, b := cloneOf(t), cloneOf(t)
	if first, second := gjson.Get(sarifOf(t, a), "runs.0.results.#.partialFingerprints").Raw, gjson.Get(sarifOf(t, b), "runs.0.results.#.partialFingerprints").Raw; first != second {
		t.Errorf("the same clone in another folder has other fingerprints: %.120s, %.120s", first, second)
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
