package wrap

import "sallyport/rules"

// Protocol versions with an initialize, and those with metadata in each request.
var (
	legacyVersions = []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}
	modernVersions = []string{"2026-07-28"}
)

// The keys of _meta that carry a modern request's own handshake, and what servers tag their messages with.
const (
	metaVersion      = "io.modelcontextprotocol/protocolVersion"
	metaCapabilities = "io.modelcontextprotocol/clientCapabilities"
	metaLogLevel     = "io.modelcontextprotocol/logLevel"
	metaSubscription = "io.modelcontextprotocol/subscriptionId"
	metaServerInfo   = "io.modelcontextprotocol/serverInfo"
	extensionTasks   = "io.modelcontextprotocol/tasks"
	extensionApps    = "io.modelcontextprotocol/ui"
)

type era uint8

const (
	legacy era = 1 << iota
	modern
)

func (e era) String() string {
	if e == modern {
		return "2026-07-28"
	}
	return "legacy"
}

// from says which side may send a method.
type from uint8

const (
	byClient from = 1 << iota
	byServer
)

// A method is what the session knows of one: who may send it, as what, in which era, which rules look at it, and what happens where no
// rule does.
type method struct {
	request bool
	from    from
	eras    era
	on      rules.On
	stance  rules.Action
}

const bothEras = legacy | modern

// methods has a line for each request and notification of the five revisions and of the tasks extension (SEP-2663). What is not here
// is refused unless a rule allows it.
var methods = map[string]method{
	"initialize":               {true, byClient, legacy, rules.Other, rules.Allow},
	"server/discover":          {true, byClient, bothEras, rules.Other, rules.Allow},
	"ping":                     {true, byClient | byServer, legacy, rules.Other, rules.Allow},
	"tools/list":               {true, byClient, bothEras, rules.Other, rules.Allow},
	"tools/call":               {true, byClient, bothEras, rules.Call, rules.Deny}, // the class of the tool decides
	"resources/list":           {true, byClient, bothEras, rules.Other, rules.Allow},
	"resources/templates/list": {true, byClient, bothEras, rules.Other, rules.Allow},
	"resources/read":           {true, byClient, bothEras, rules.Resource, rules.Allow},
	"resources/subscribe":      {true, byClient, legacy, rules.Resource, rules.Allow},
	"resources/unsubscribe":    {true, byClient, legacy, rules.Resource, rules.Allow},
	"prompts/list":             {true, byClient, bothEras, rules.Other, rules.Allow},
	"prompts/get":              {true, byClient, bothEras, rules.Prompt, rules.Allow},
	"completion/complete":      {true, byClient, bothEras, rules.Other, rules.Allow},
	"logging/setLevel":         {true, byClient, legacy, rules.Other, rules.Allow},
	"subscriptions/listen":     {true, byClient, bothEras, rules.Other, rules.Allow},
	"roots/list":               {true, byServer, legacy, rules.Other, rules.Allow},
	"sampling/createMessage":   {true, byServer, legacy, rules.Sampling, rules.Deny},
	"elicitation/create":       {true, byServer, legacy, rules.Elicitation, rules.Allow}, // a URL asks: see elicitationStance

	"tasks/get":    {true, byClient | byServer, bothEras, rules.Other, rules.Deny},
	"tasks/result": {true, byClient | byServer, legacy, rules.Other, rules.Deny},
	"tasks/list":   {true, byClient | byServer, legacy, rules.Other, rules.Deny},
	"tasks/cancel": {true, byClient | byServer, bothEras, rules.Other, rules.Deny},
	"tasks/update": {true, byClient, modern, rules.Other, rules.Deny},

	"notifications/initialized":                {false, byClient, legacy, rules.Notification, rules.Allow},
	"notifications/cancelled":                  {false, byClient | byServer, bothEras, rules.Notification, rules.Allow},
	"notifications/progress":                   {false, byClient | byServer, bothEras, rules.Notification, rules.Allow},
	"notifications/roots/list_changed":         {false, byClient, legacy, rules.Notification, rules.Allow},
	"notifications/message":                    {false, byServer, bothEras, rules.Notification, rules.Allow},
	"notifications/tools/list_changed":         {false, byServer, bothEras, rules.Notification, rules.Allow},
	"notifications/prompts/list_changed":       {false, byServer, bothEras, rules.Notification, rules.Allow},
	"notifications/resources/list_changed":     {false, byServer, bothEras, rules.Notification, rules.Allow},
	"notifications/resources/updated":          {false, byServer, bothEras, rules.Notification, rules.Allow},
	"notifications/elicitation/complete":       {false, byServer, legacy, rules.Notification, rules.Allow},
	"notifications/subscriptions/acknowledged": {false, byServer, modern, rules.Notification, rules.Allow},
	"notifications/tasks/status":               {false, byClient | byServer, legacy, rules.Notification, rules.Deny},
	"notifications/tasks":                      {false, byServer, modern, rules.Notification, rules.Deny},
}

// mayNeedInput are the modern methods whose result may ask the client for more (MRTR, SEP-2322).
var mayNeedInput = map[string]bool{"tools/call": true, "prompts/get": true, "resources/read": true}

// lists are the results that are arrays of definitions: the member, and the name within an item that must be unique.
var lists = map[string]struct{ member, key string }{
	"tools/list":               {"tools", "name"},
	"prompts/list":             {"prompts", "name"},
	"resources/list":           {"resources", "uri"},
	"resources/templates/list": {"resourceTemplates", "uriTemplate"},
}

// Codes of our own errors, outside of the range that JSON-RPC and MCP reserve, so that no client takes them for a step of negotiation.
const (
	codeDenied    = -31001
	codeMalformed = -31003 // a response of the server that could not be passed on
	codeEnded     = -31004 // the server is gone
	codeTooMany   = -31005

	codeMethodNotFound = -32601
	codeInvalidParams  = -32602
	codeVersion        = -32022 // UnsupportedProtocolVersion, of 2026-07-28
)

// codeURLElicitation is the code of an error of 2025-11-25 only, as it is written in a frame.
const codeURLElicitation = "-32042"

// Stance tells what a session makes of a request of the client: which rules look at it, and what happens where none matches. Methods
// that no revision knows are refused unless a rule allows them.
func Stance(name string) (rules.On, rules.Action) {
	m, known := methods[name]
	if !known || !m.request {
		return rules.Other, rules.Deny
	}
	return m.on, m.stance
}
