package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// openLog opens a log in a folder below dir, and closes it at the end of the test.
func openLog(t testing.TB, dir string, s Session) *Log {
	t.Helper()
	l, err := Open(filepath.Join(dir, "log"), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close("end of the test") })
	return l
}

func closeLog(t testing.TB, l *Log) {
	t.Helper()
	if err := l.Close("end of input"); err != nil {
		t.Fatal(err)
	}
}

func readLines(t testing.TB, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	return lines[:len(lines)-1]
}

func verifyDir(t testing.TB, dir string) Report {
	t.Helper()
	r, err := Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLinesHaveTheDocumentedForm(t *testing.T) {
	dir := t.TempDir()
	var path string
	synctest.Test(t, func(t *testing.T) {
		l := openLog(t, dir, Session{ID: "s1", Client: "cursor", Server: "github", Version: "1.0", Rules: "h1:aa", Observing: true})
		path = l.Path()
		l.Append(&Entry{Direction: "c2s", Method: "tools/call", Tool: "create_issue", ID: []byte("7"), Args: Digest{0xab},
			Decision: "refuse", Rule: "no", At: "rules.yaml:3", Reason: "because", Answer: "deny", By: "tui",
			Judge: 1500, Wait: time.Second, Size: 99, Trace: "00-4b", Values: []byte(`{"a":1}`)})
		closeLog(t, l)
	})
	const common = `,"session":"s1","client":"cursor","server":"github","observing":true`
	want := []string{
		`{"time":"2000-01-01T00:00:00Z","seq":1` + common + `,"event":"start","version":"1.0","rules":"h1:aa"`,
		`{"time":"2000-01-01T00:00:00Z","seq":2` + common + `,"dir":"c2s","method":"tools/call","tool":"create_issue","id":7` +
			`,"args":"k1:ab000000000000000000000000000000","size":99,"decision":"refuse","rule":"no","at":"rules.yaml:3"` +
			`,"reason":"because","answer":"deny","by":"tui","judge_ns":1500,"wait_ns":1000000000,"trace":"00-4b"`,
		`{"time":"2000-01-01T00:00:00Z","seq":3` + common + `,"event":"end","reason":"end of input"`,
	}
	lines := readLines(t, path)
	prev := "h1:" + strings.Repeat("0", 64)
	for i, body := range want {
		sum := sha256.Sum256([]byte(prev + "\n" + body + "\n"))
		prev = "h1:" + hex.EncodeToString(sum[:])
		if got, want := strings.TrimSuffix(lines[i], "\n"), body+`,"hash":"`+prev+`"}`; got != want {
			t.Errorf("line %d:\n got %s\nwant %s", i+1, got, want)
		}
	}
	if got := filepath.Base(path); got != "20000101T000000Z-s1.jsonl" {
		t.Errorf("the file is called %q", got)
	}
}

func TestRecipeOfThePackageCommentGivesTheHash(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no shell")
	}
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip("no sha256sum")
	}
	l := openLog(t, t.TempDir(), Session{Server: "github"})
	for range 5 {
		l.Append(call())
	}
	closeLog(t, l)
	recipe := `{ sed -n 4p FILE | sed 's/.*,"hash":"\(h1:[0-9a-f]*\)"}$/\1/'
		sed -n 5p FILE | sed 's/,"hash":"h1:[0-9a-f]*"}$//'; } | sha256sum`
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(recipe, "FILE", `"$1"`), "sh", l.Path())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, hash, _ := splitLine([]byte(strings.TrimSuffix(readLines(t, l.Path())[4], "\n")))
	if got := "h1:" + strings.Fields(string(out))[0]; got != hash.String() {
		t.Errorf("the recipe gives %s, the line says %s", got, hash)
	}
}

func TestDigestIsTheKeyedHashOfTheFolder(t *testing.T) {
	dir := t.TempDir()
	l := openLog(t, dir, Session{})
	key, err := os.ReadFile(filepath.Join(dir, "log", "key"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("hello"))
	want := "k1:" + hex.EncodeToString(mac.Sum(nil)[:16])
	d := l.NewDigester()
	for range 2 {
		if got := d.Sum([]byte("hello")).String(); got != want {
			t.Errorf("digest %s, want %s", got, want)
		}
	}
	other := openLog(t, dir, Session{})
	if got := other.NewDigester().Sum([]byte("hello")).String(); got != want {
		t.Errorf("another session of the folder has the digest %s, want %s", got, want)
	}
	if openLog(t, t.TempDir(), Session{}).NewDigester().Sum([]byte("hello")).String() == want {
		t.Error("another folder has the same digest")
	}
}

func TestForeignTextIsEscapedAndCut(t *testing.T) {
	long := strings.Repeat("é", 300)
	tests := []struct{ name, in, want string }{
		{"plain", "create_issue", `"create_issue"`},
		{"quotes", `a"b\c`, `"a\"b\\c"`},
		{"line ends", "a\r\nb\tc", `"a\u000d\nb\tc"`},
		{"terminal escape", "\x1b[2J\x9b", `"\u001b[2J\ufffd"`},
		{"delete and C1", "\x7f\u009b", `"\u007f\u009b"`},
		{"bidi", "a\u202eb\u2066c", `"a\u202eb\u2066c"`},
		{"zero width", "a\u200b\u00ad\ufeff", `"a\u200b\u00ad\ufeff"`},
		{"tag characters", "a\U000e0041", `"a\udb40\udc41"`},
		{"variation selectors", "a\ufe0f\U000e0100", `"a\ufe0f\udb40\udd00"`},
		{"blank letters", "\u3164\u2800\u00a0", `"\u3164\u2800\u00a0"`},
		{"line separator", "a\u2028b", `"a\u2028b"`},
		{"invalid UTF-8", "a\xffb\xed\xa0\x80", `"a\ufffdb\ufffd\ufffd\ufffd"`},
		{"letters of all scripts", "Ünï 日本 עברית 🚪", `"Ünï 日本 עברית 🚪"`},
		{"too long", long, `"` + long[:256] + `…"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(appendString(nil, tt.in, 256))
			want := tt.want
			for _, r := range tt.want {
				if r > 0x7e && !visible(r) {
					want = strings.ReplaceAll(want, string(r), string(appendEscape(nil, r)))
				}
			}
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if !json.Valid([]byte(got)) {
				t.Errorf("%s is not valid JSON", got)
			}
		})
	}
}

func TestArgumentsKeepTheirValueAndStayOnOneLine(t *testing.T) {
	raw := "{\"a\":\t\"x\u202e\u007f\U000e0041é\\n\",\r\"b\":[1,2]}"
	got := appendJSON(nil, []byte(raw))
	if strings.ContainsAny(string(got), "\n\r\t\u202e\u007f\U000e0041") {
		t.Errorf("%q is not safe", got)
	}
	var a, b any
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &b); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the value changed from %v to %v", a, b)
	}
}

func TestIDsAreWrittenAsTheyAreOrAsStrings(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"none", ``, ``},
		{"integer", `42`, `,"id":42`},
		{"negative", `-42`, `,"id":-42`},
		{"string", `"a\u00e9\"b"`, `,"id":"a\u00e9\"b"`},
		{"null", `null`, `,"id":null`},
		{"two values", `1,"x":2`, `,"id":"1,\"x\":2"`},
		{"string that ends early", `"a","b"`, `,"id":"\"a\",\"b\""`},
		{"string that ends in a backslash", `"a\"`, `,"id":"\"a\\\""`},
		{"unknown escape", `"\x"`, `,"id":"\"\\x\""`},
		{"short escape", `"\u12"`, `,"id":"\"\\u12\""`},
		{"lone quote", `"`, `,"id":"\""`},
		{"lone minus", `-`, `,"id":"-"`},
		{"leading zero", `007`, `,"id":"007"`},
		{"too long", strings.Repeat("1", 257), `,"id_size":257`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(appendID(nil, []byte(tt.in)))
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got != "" && !json.Valid([]byte("{"+got[1:]+"}")) {
				t.Errorf("%s is not valid JSON", got)
			}
		})
	}
}

func TestValuesAreLoggedOnlyWhereTheSessionAsksForThem(t *testing.T) {
	tests := []struct {
		name      string
		arguments bool
		values    string
		want      string
	}{
		{"not asked for", false, `{"a":1}`, ""},
		{"asked for", true, `{"a":1}`, `"values":{"a":1}`},
		{"too large", true, `"` + strings.Repeat("x", valuesSize) + `"`, `"values_size":1048578`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := openLog(t, t.TempDir(), Session{Arguments: tt.arguments})
			l.Append(&Entry{Decision: "pass", Values: []byte(tt.values)})
			closeLog(t, l)
			line := readLines(t, l.Path())[1]
			if got := strings.Contains(line, `"values`); got != (tt.want != "") || !strings.Contains(line, tt.want) {
				t.Errorf("the line is %.300s", line)
			}
			if err := verifyDir(t, l.dir).Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTwoPumpsShareOneChain(t *testing.T) {
	l := openLog(t, t.TempDir(), Session{})
	var pumps sync.WaitGroup
	for range 2 {
		pumps.Go(func() {
			for range 500 {
				l.Append(call())
				if err := l.Flush(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	pumps.Wait()
	closeLog(t, l)
	r := verifyDir(t, l.dir)
	if r.Err() != nil || r.Sessions[0].Lines != 1002 || r.Sessions[0].State != OK {
		t.Errorf("%+v", r)
	}
}

func TestSessionsOpenAtOnceShareTheHeads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	var sessions sync.WaitGroup
	for range 16 {
		sessions.Go(func() {
			l, err := Open(dir, Session{})
			if err == nil {
				l.Append(call())
				err = l.Close("done")
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	sessions.Wait()
	r := verifyDir(t, dir)
	if r.Err() != nil || len(r.Sessions) != 16 {
		t.Errorf("%+v", r)
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
		id    string
		want  string
	}{
		{"an id that is no file name", nil, "../x", `session id "../x"`},
		{"an id that is too long", nil, strings.Repeat("x", 65), "session id"},
		{"a key of another size", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "key"), "short", 0o600) }, "", "5 bytes in place of 32"},
		{"heads that are something else", func(t *testing.T, dir string) { write(t, filepath.Join(dir, headsName), "hello\n", 0o600) }, "", "the log is broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Chmod(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if tt.spoil != nil {
				tt.spoil(t, dir)
			}
			l, err := Open(dir, Session{ID: tt.id})
			if err == nil {
				l.Close("")
				t.Fatal("it opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
}

func write(t testing.TB, path, data string, perm os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), perm); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, perm); err != nil {
		t.Fatal(err)
	}
}
