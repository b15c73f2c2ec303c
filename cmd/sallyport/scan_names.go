package main

import (
	"slices"
	"strings"
	"sync"
)

// popular are packages of MCP servers that many people use, as they are called on npm and PyPI in November 2026: those of the reference
// servers, of the vendors, and of what lists of popular servers begin with.
var popular = strings.Fields(`
	@modelcontextprotocol/server-filesystem @modelcontextprotocol/server-memory @modelcontextprotocol/server-everything
	@modelcontextprotocol/server-sequential-thinking @modelcontextprotocol/server-github @modelcontextprotocol/server-gitlab
	@modelcontextprotocol/server-postgres @modelcontextprotocol/server-slack @modelcontextprotocol/server-brave-search
	@modelcontextprotocol/server-puppeteer @modelcontextprotocol/server-google-maps @modelcontextprotocol/server-gdrive
	@modelcontextprotocol/server-redis @modelcontextprotocol/server-everart @modelcontextprotocol/server-aws-kb-retrieval
	@modelcontextprotocol/inspector @playwright/mcp @executeautomation/playwright-mcp-server chrome-devtools-mcp
	@upstash/context7-mcp @sentry/mcp-server @stripe/mcp @notionhq/notion-mcp-server @supabase/mcp-server-supabase
	figma-developer-mcp @browserbasehq/mcp-server-browserbase firecrawl-mcp tavily-mcp exa-mcp-server
	@brave/brave-search-mcp-server @cloudflare/mcp-server-cloudflare @azure/mcp @azure-devops/mcp @heroku/mcp-server
	@mongodb-js/mongodb-mcp-server @elastic/mcp-server-elasticsearch @hubspot/mcp-server @shopify/dev-mcp @apify/actors-mcp-server
	@wonderwhy-er/desktop-commander @21st-dev/magic @smithery/cli mcp-remote mcp-proxy supergateway @perplexity-ai/mcp-server
	@kazuph/mcp-fetch @modelcontextprotocol/sdk @zencoderai/slack-mcp-server slack-mcp-server @benborla29/mcp-server-mysql
	@bytebase/dbhub @negokaz/excel-mcp-server @cocal/google-calendar-mcp @gongrzhe/server-gmail-autoauth-mcp @suekou/mcp-notion-server
	@taazkareem/clickup-mcp-server @sooperset/mcp-atlassian @currents/mcp @netlify/mcp @vercel/mcp-adapter @railway/mcp-server
	@neondatabase/mcp-server-neon @upstash/mcp-server @e2b/mcp-server @kubernetes/mcp-server kubernetes-mcp-server mcp-server-kubernetes
	@circleci/mcp-server-circleci @postman/postman-mcp-server @pinecone-database/mcp @motherduck/mcp-server @antv/mcp-server-chart
	task-master-ai @eslint/mcp nx-mcp @angular/cli @storybook/mcp @svelte/mcp @mui/mcp @prisma/mcp puppeteer-mcp-server
	mcp-server-fetch mcp-server-git mcp-server-time mcp-server-sqlite mcp-server-sentry postgres-mcp mcp-atlassian
	awslabs.aws-documentation-mcp-server awslabs.core-mcp-server awslabs.cdk-mcp-server awslabs.aws-api-mcp-server awslabs.terraform-mcp-server
	mcp-server-qdrant markitdown-mcp mcp-obsidian blender-mcp serena-agent duckduckgo-mcp-server arxiv-mcp-server
	mcp-server-docker snowflake-labs-mcp elevenlabs-mcp office-word-mcp-server excel-mcp-server zen-mcp-server basic-memory
`)

// vendors are scopes whose packages nobody else publishes under the same name.
var vendors = strings.Fields("@modelcontextprotocol @upstash @supabase @notionhq @browserbasehq @cloudflare @mongodb-js @elastic @brave @apify")

// lookalike is the popular package that a name is one letter away from, or that it is but for its scope or its dashes; "" for none, and for
// one that is popular itself.
func lookalike(name string) string {
	name = strings.ToLower(name)
	for _, p := range popular {
		if p == name {
			return ""
		}
	}
	if p := byDashes()[dashed(name)]; len(p) >= 8 {
		return p // modelcontextprotocol-server-filesystem
	}
	scope, base, scoped := strings.Cut(name, "/")
	for _, p := range popular {
		theirScope, theirBase, theirs := strings.Cut(p, "/")
		switch {
		case len(p) < 8:
		case oneApart(name, p):
			return p
		case scoped && theirs && base == theirBase && oneApart(scope, theirScope):
			return p
		case !scoped && theirs && name == theirBase && len(theirBase) > 10 && slices.Contains(vendors, theirScope): // without its scope
			return p
		}
	}
	return ""
}

// dashed writes a name with one kind of separator, and without the sign of a scope.
func dashed(name string) string {
	return dashes.Replace(strings.TrimPrefix(name, "@"))
}

var dashes = strings.NewReplacer("_", "-", ".", "-", "/", "-")

// byDashes are the popular packages by their dashed names.
var byDashes = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, p := range popular {
		m[dashed(p)] = p
	}
	return m
})

// oneApart reports whether a letter more, less, changed or swapped with its neighbour makes one string of the other.
func oneApart(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if a == b || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
