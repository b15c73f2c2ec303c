package guard

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
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

func newGuard(t testing.TB, names ...string) *Guard {
	t.Helper()
	var list []Secret
	for _, n := range names {
		list = append(list, Secret{n, []byte(values[n])})
	}
	g, weak := New(list)
	if len(weak) > 0 {
		t.Fatal("not guarded: ", weak)
	}
	return g
}

func TestEveryFormIsFoundOnEverySurface(t *testing.T) {
	for name := range values {
		g := newGuard(t, name)
		for _, piece := range piecesOf(name) {
			for _, f := range forms {
				for _, s := range surfaces {
					frame := []byte(fmt.Sprintf(strings.ReplaceAll(s.frame, "%s", "%[1]s"), f.inJSON(piece)))
					if !json.Valid(frame) {
						t.Fatalf("%s, %s, %s: the test's frame is no JSON: %s", name, f.name, s.name, frame)
					}
					clean, found, err := g.Frame(frame, false)
					if err != nil || len(found) != 1 || found[0] != name || !json.Valid(clean) || !bytes.Contains(clean, []byte("‹secret:"+name+"›")) {
						t.Errorf("%s, %s, %s: found %v, %v in\n%s\n%s", name, f.name, s.name, found, err, frame, clean)
						continue
					}
					if rest := leaked(clean, piece); rest != "" {
						t.Errorf("%s, %s, %s: left %s in %s", name, f.name, s.name, rest, clean)
					}
					if !g.Holds(frame) || g.Holds(clean) {
						t.Errorf("%s, %s, %s: Holds says something else", name, f.name, s.name)
					}
				}
			}
		}
	}
}

// leaked looks, in a way of its own, whether a value can still be read from a text.
func leaked(text []byte, value string) string {
	s := string(text)
	for range levels + 1 {
		for what, form := range map[string]string{
			"value": value, "hex": hex.EncodeToString([]byte(value)), "base64": base64.RawStdEncoding.EncodeToString([]byte(value))[:len(value)*8/6],
		} {
			if strings.Contains(s, form) || what == "hex" && strings.Contains(strings.ToLower(s), form) {
				return what
			}
		}
		if u, err := url.PathUnescape(s); err == nil {
			s = u
		}
		var b strings.Builder
		for i := 0; i < len(s); {
			var c string
			if n := strings.IndexByte(s[i:], '\\'); n != 0 {
				if n < 0 {
					n = len(s) - i
				}
				b.WriteString(s[i : i+n])
				i += n
				continue
			}
			size := 2
			if i+6 <= len(s) && s[i+1] == 'u' {
				size = 6
			}
			if i+size > len(s) || json.Unmarshal([]byte(`"`+s[i:i+size]+`"`), &c) != nil {
				c, size = s[i:i+1], 1
			}
			b.WriteString(c)
			i += size
		}
		s = b.String()
	}
	return ""
}

func TestFormsAreFoundInPlainText(t *testing.T) {
	for name := range values {
		g := newGuard(t, name)
		for _, piece := range piecesOf(name) {
			for _, f := range forms {
				text := f.raw
				if text == nil {
					text = f.text
				}
				line := []byte("ERROR token=" + text(piece) + " (denied)\n")
				clean, found := g.Text(line)
				if len(found) != 1 || !bytes.HasPrefix(clean, []byte("ERROR token=")) || !bytes.HasSuffix(clean, []byte(" (denied)\n")) || leaked(clean, piece) != "" {
					t.Errorf("%s, %s: %v, %s", name, f.name, found, clean)
				}
			}
		}
	}
}

func TestFormsThatAreSplitOverTextsAreFound(t *testing.T) {
	g := newGuard(t, "github", "odd")
	for _, value := range []string{values["github"], values["odd"], base64.StdEncoding.EncodeToString([]byte(values["github"])), eachRune(values["odd"], `\u%04x`)} {
		for _, filler := range []string{"", "some text before ", strings.Repeat("a long text. ", 500)} {
			for _, cuts := range [][]int{{1}, {7}, {len(value) - 1}, {5, 9}, {1, 2, 3, 4, 5, 6, 7, 8}} {
				var items []string
				from := 0
				for i, to := range append(cuts, len(value)) {
					part := value[from:to]
					if i == 0 {
						part = filler + part
					}
					if i == len(cuts) {
						part += filler
					}
					if !strings.HasPrefix(value, `\u`) {
						part = strings.Trim(quote(part), `"`)
					}
					items = append(items, `{"type":"text","text":"`+strings.ToValidUTF8(part, "")+`"}`)
					from = to
				}
				frame := []byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[` + strings.Join(items, ",") + `]}}`)
				if !json.Valid(frame) {
					continue // the cut went through an escape
				}
				var joined struct {
					Result struct{ Content []struct{ Text string } }
				}
				clean, found, err := g.Frame(frame, false)
				if err != nil || len(found) == 0 || json.Unmarshal(clean, &joined) != nil {
					t.Errorf("cut at %v: %v, %v\n%s", cuts, found, err, clean)
					continue
				}
				text := ""
				for _, c := range joined.Result.Content {
					text += c.Text
				}
				if leaked([]byte(text), values["github"]) != "" || leaked([]byte(text), values["odd"]) != "" || strings.Count(text, "a long text. ") != 2*strings.Count(filler, "a long text. ") {
					t.Errorf("cut at %v: %s", cuts, clean)
				}
			}
		}
	}
}

func TestTextsUnderEscapedNamesAreFound(t *testing.T) {
	g, _ := New([]Secret{{"digits", []byte("123456789012345678901")}})
	frame := []byte(`{"result":{"content":[{"type":"text","te\u0078t":"1234567890"},{"type":"text", "text" : "12345678901"}]}}`)
	clean, found, err := g.Frame(frame, false)
	if err != nil || len(found) != 1 || bytes.Contains(clean, []byte("12345")) || !g.Holds(frame) {
		t.Errorf("%s, %v, %v", clean, found, err)
	}
}

func TestFramesThatCannotBeCutAreRefused(t *testing.T) {
	g := newGuard(t, "github")
	for _, tt := range []struct{ name, frame string }{
		{"a key", `{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"%s":1}}}`},
		{"an id", `{"jsonrpc":"2.0","id":"%s","result":{}}`},
		{"a method", `{"jsonrpc":"2.0","method":"%s"}`},
		{"an image", `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"image","mimeType":"image/png","data":"%s"}]}}`},
		{"a blob", `{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"a:b","blob":"%s"}]}}`},
		{"an address", `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"resource_link","uri":"https://x/?%s","name":"n"}]}}`},
		{"a cursor", `{"jsonrpc":"2.0","id":1,"result":{"tools":[],"nextCursor":"%s"}}`},
		{"the name of a tool", `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"%s","inputSchema":{}}]}}`},
		{"metadata", `{"jsonrpc":"2.0","id":1,"result":{"content":[],"_meta":{"x/text":"%s","text":"%[1]s"}}}`},
		{"a request state", `{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"%s"}}`},
	} {
		frame := []byte(fmt.Sprintf(strings.Replace(tt.frame, "%s", "%[1]s", 1), values["github"]))
		clean, found, err := g.Frame(frame, false)
		if !errors.Is(err, ErrPlace) || clean != nil || len(found) != 1 || strings.Contains(err.Error(), "ghp_") {
			t.Errorf("%s: %s, %v, %v", tt.name, clean, found, err)
		}
	}
	frame := []byte(`{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":"` + values["github"] + `"}}}`)
	if _, _, err := g.Frame(frame, true); !errors.Is(err, ErrPlace) {
		t.Error("structured content with a schema was changed:", err)
	}
}

func TestWhatIsNoSecretIsNotGuarded(t *testing.T) {
	for _, v := range []string{
		"", "x", "1234567", "true", "production", "localhost:5432", "/home/ann/notes", "~/notes", "C:\\Users\\ann", "db.example.com", "10.0.0.1", "127.0.0.1:8080",
		"https://api.example.com/v1", "ann@example.com", "2026-11-23", "20261123", "service_account", "my-project", "aaaaaaaaaaaa",
		`{"type":"service_account","client_email":"bot@example.com"}`, "GITHUB_TOKEN",
	} {
		if g, weak := New([]Secret{{"x", []byte(v)}}); g != nil || len(weak) != 1 {
			t.Errorf("%q is guarded", v)
		}
	}
	for _, v := range []string{
		"s3cr3tpw", "correct horse battery staple", "https://hooks.example.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXX9XXXXXX", "1234567890123456", "https://user:passw0rd@example.com",
	} {
		if g, weak := New([]Secret{{"x", []byte(v)}}); g == nil || len(weak) != 0 {
			t.Errorf("%q is not guarded", v)
		}
	}
	if g, _ := New(nil); g != nil || g.Holds([]byte("x")) {
		t.Error("a guard of nothing")
	}
}

// What honest encoders write beside a value, or of one that looks escaped itself.
func TestFormsBesideEscapesAreFound(t *testing.T) {
	for _, tt := range []struct{ value, text string }{
		{"tok%2Fabc&def123", `tok%2Fabc\u0026def123`},
		{"tok%2Fabc/def123", `tok%2Fabc\/def123`},
		{"gab/cde+fgh12", `C:\\gab\/cde+fgh12`},
		{"gab/cde+fgh12", `line\\ngab\/cde+fgh12`},
		{"npm_A1b2C3d4E5f6", `%6E\u0070m_A1b2C3d4E5f6`},
		{"npm_A1b2C3d4E5f6", `npm_A1b2C3d4E5f%\u00336`},
		{"npm_A1b2C3d4E5f6", strings.Repeat(`\`, 8196) + "npm_A1b2C3d4E5f6"},
		{"npm_A1b2C3d4E5f6", "100%" + hex.EncodeToString([]byte("npm_A1b2C3d4E5f6"))},
		{"npm_A1b2C3d4E5\\", `x npm_A1b2C3d4E5\\ y`},
	} {
		g, _ := New([]Secret{{"s", []byte(tt.value)}})
		frame := []byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"` + tt.text + `"}]}}`)
		clean, found, err := g.Frame(frame, false)
		if err != nil || len(found) != 1 || !json.Valid(clean) || leaked(clean, tt.value) != "" {
			t.Errorf("%s in %.80s: %.200s, %v, %v", tt.value, tt.text, clean, found, err)
		}
	}
}

func TestPartsOfValuesAreLookedFor(t *testing.T) {
	for value, part := range map[string]string{
		`{"Authorization":"Bearer ntn_A1b2C3d4E5f6G7"}`:                "ntn_A1b2C3d4E5f6G7",
		"Authorization: Bearer ntn_A1b2C3d4E5f6G7":                     "ntn_A1b2C3d4E5f6G7",
		"https://ghp_A1b2C3d4E5f6@github.com/a.git":                    "ghp_A1b2C3d4E5f6",
		"app:Tr0ub4dor-3x@tcp(db:3306)/app":                            "Tr0ub4dor-3x",
		"postgres://app:p%40ssw0rd-1@db/app":                           "p@ssw0rd-1",
		"host=db user=app password=Tr0ub4dor-3x dbname=app":            "Tr0ub4dor-3x",
		"Endpoint=sb://x/;SharedAccessKey=Zm9vYmFyYmF6cXV4MTIz=;A=b":   "Zm9vYmFyYmF6cXV4MTIz=",
		`{"password":"hunter2-x"}`:                                     "hunter2-x",
		"P@ssw0rd123!":                                                 "P@ssw0rd123!",
		"/K7MDENG/bPxRfiCYEXAMPLEKEY":                                  "/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"correcthorses":                                                "correcthorses",
		"https://hooks.example.com/services/T0/B0/X9XXXXXXXXXXXXXXXXX": "https://hooks.example.com/services/T0/B0/X9XXXXXXXXXXXXXXXXX",
	} {
		g, weak := New([]Secret{{"s", []byte(value)}})
		if clean, found := g.Text([]byte("x " + part + " y")); len(weak) > 0 || len(found) != 1 || bytes.Contains(clean, []byte(part)) {
			t.Errorf("%s: of %q was left %s", value, part, clean)
		}
	}
}

// What looks like a form and is none: the n of a line feed, half of an escape, a form in another case.
func TestOtherTextIsLeftAsItIs(t *testing.T) {
	g, _ := New([]Secret{{"n", []byte("nabcdefgh12")}, {"u", []byte("0041abcdefgh")}, {"github", []byte(values["github"])}})
	for _, text := range []string{
		`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\nabcdefgh12"}]}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\u0041abcdefgh"}]}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"` + strings.ToUpper(values["github"]) + `"}]}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"ghp_A1b2C3d4E5f6G7h8"},{"type":"image","data":"","mimeType":"x"}]}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"100% of C:\\new\\table \\u00 %zz %2 \\"}]}}`,
	} {
		clean, found, err := g.Frame([]byte(text), false)
		if err != nil || found != nil || &clean[0] == nil || string(clean) != text {
			t.Errorf("%s\n%s %v %v", text, clean, found, err)
		}
	}
}
