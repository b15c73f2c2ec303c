package guard

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// The values are made up; they have the shapes of what people keep.
var values = map[string]string{
	"github": "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
	"short":  "s3cr3tpw",
	"odd":    `p"ä\s/s+w%rd & more`,
	"lines":  "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\nggSjAgEAAoIBAQDZ9x1f7Yc3\n-----END PRIVATE KEY-----\n",
	"json":   `{"type":"service_account","private_key_id":"5f3a9c0d7b1e48aa91c2d3e4f5a6b7c8","client_email":"bot@example.com","project_id":"demo"}`,
	"url":    "postgres://app:Tr0ub4dor-3x@db.example.com:5432/app",
	"bearer": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
}

// looked is what has to be found of each value.
var looked = map[string][]string{
	"lines":  {"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw", "ggSjAgEAAoIBAQDZ9x1f7Yc3"},
	"json":   {"5f3a9c0d7b1e48aa91c2d3e4f5a6b7c8"},
	"url":    {"Tr0ub4dor-3x", "postgres://app:Tr0ub4dor-3x@db.example.com:5432/app"},
	"bearer": {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"},
}

func piecesOf(name string) []string {
	if list := looked[name]; list != nil {
		return list
	}
	return []string{values[name]}
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}

func eachByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func eachRune(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

// everyOther escapes every other character, and leaves the rest to JSON.
func everyOther(s, format string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n%2 == 0 {
			fmt.Fprintf(&b, format, r)
			continue
		}
		b.WriteString(strings.Trim(quote(string(r)), `"`))
	}
	return b.String()
}

// A form is how a value may stand in a string of JSON: text is put through JSON once more, raw is not.
type form struct {
	name string
	text func(string) string
	raw  func(string) string
}

var forms = []form{
	{name: "as it is", text: func(s string) string { return s }},
	{name: "JSON in JSON", text: func(s string) string { return "{" + quote(s) + "}" }},
	{name: "JSON in JSON in JSON", text: func(s string) string { return quote("{" + quote(s) + "}") }},
	{name: `every character as \u`, raw: func(s string) string { return eachRune(s, `\u%04x`) }},
	{name: `every character as \U in capitals`, raw: func(s string) string { return eachRune(s, `\u%04X`) }},
	{name: `every other one as \u`, raw: func(s string) string { return everyOther(s, `\u%04x`) }},
	{name: `as \\u`, text: func(s string) string { return eachRune(s, `\u%04x`) }},
	{name: `as \\\\u`, text: func(s string) string { return quote(eachRune(s, `\u%04x`)) }},
	{name: `as \u005cu`, raw: func(s string) string { return eachRune(s, `\u005cu%04x`) }},
	{name: `as \\x`, text: func(s string) string { return eachByte(s, `\x%02x`) }},
	{name: "slashes escaped", raw: func(s string) string { return strings.ReplaceAll(strings.Trim(quote(s), `"`), "/", `\/`) }},
	{name: "for a query", text: url.QueryEscape},
	{name: "for a path", text: url.PathEscape},
	{name: "every byte as %", text: func(s string) string { return eachByte(s, "%%%02x") }},
	{name: "every byte as %25", text: func(s string) string { return eachByte(s, "%%25%02X") }},
	{name: "every other byte as %", text: func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if i%2 == 0 || s[i] == '%' || s[i] >= 0x80 {
				fmt.Fprintf(&b, "%%%02X", s[i])
			} else {
				b.WriteByte(s[i])
			}
		}
		return b.String()
	}},
	{name: `% as \u0025`, raw: func(s string) string { return eachByte(s, `\u0025%02x`) }},
	{name: "hex", text: func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{name: "HEX", text: func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }},
	{name: "base64 +0", text: func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{name: "base64 +1", text: func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x" + s + "yz")) }},
	{name: "base64 +2", text: func(s string) string { return base64.StdEncoding.EncodeToString([]byte("xy" + s + "z")) }},
	{name: "base64 of user:value", text: func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+s)) }},
	{name: "base64url +0", text: func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{name: "base64url +1", text: func(s string) string { return base64.URLEncoding.EncodeToString([]byte("\xff" + s)) }},
	{name: "base64url +2", text: func(s string) string { return base64.URLEncoding.EncodeToString([]byte("\xff\xfe" + s + "\xfb")) }},
	{name: "base64 in a URL", text: func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) }},
	{name: `base64 with \/`, raw: func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", `\/`)
	}},
	{name: `hex as \u`, raw: func(s string) string { return eachRune(hex.EncodeToString([]byte(s)), `\u%04x`) }},
}

// inJSON is the form as the content of a string of JSON.
func (f form) inJSON(s string) string {
	if f.raw != nil {
		return f.raw(s)
	}
	return strings.Trim(quote("before "+f.text(s)+" behind"), `"`)
}

// surfaces are where a server can say something; %s is the content of a string.
var surfaces = []struct{ name, frame string }{
	{"text of a result", `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"%s"}]}}`},
	{"structured content", `{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"a":[{"b":"%s"}]}}}`},
	{"message of an error", `{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"%s"}}`},
	{"data of an error", `{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m","data":{"x":["%s"]}}}`},
	{"text of a resource", `{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"file:///a","text":"%s"}]}}`},
	{"log notification", `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"x":"%s"}}}`},
	{"progress", `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"message":"%s"}}`},
	{"elicitation", `{"jsonrpc":"2.0","id":"e","method":"elicitation/create","params":{"message":"%s","requestedSchema":{}}}`},
	{"sampling", `{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":"%s"}}]}}`},
	{"description of a tool", `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","description":"%s","inputSchema":{"type":"object"}}]}}`},
}
