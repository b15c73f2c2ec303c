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
		if err != nil || found != nil || string(clean) != text {
			t.Errorf("%s\n%s %v %v", text, clean, found, err)
		}
	}
}
