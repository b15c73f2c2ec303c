package scan

import (
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Made-up bodies. Tokens are put together here, so that no file of the repository
// holds one.
const (
	hex8   = "3f9a07c2"
	hex32  = hex8 + "d41be65f" + "90a3c7e2" + "b8d6f014"
	hex40  = hex32 + hex8
	hex64  = hex32 + "71c0e9b4" + "5a2d8f36" + "e4b7091c" + "ad53f682"
	mix10  = "aZ3kP9xQ7b"
	mix20  = mix10 + "Lm2Rt8Vw4Y"
	mix36  = mix20 + "cN6sD1fGhJ0uKe4M"
	mix43  = mix36 + "5TqXy9W"
	upper  = "Q7ZK2M5XW4NB6TRJ"
	base32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE"
	header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
	claims = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkoifQ"
)

// tokens are given whole by their match, in whatever they are embedded.
var tokens = []struct{ kind, token string }{
	{"age-secret-key", "AGE-SECRET-" + "KEY-1" + base32},
	{"ai-key", "gsk" + "_" + mix36 + mix10 + "abCD12"},
	{"ai-key", "r8" + "_" + mix36 + "Z"},
	{"anthropic-key", "sk-" + "ant-api03-" + mix43 + "-" + mix43 + "AA"},
	{"atlassian-token", "ATA" + "TT3" + mix43 + mix43 + mix43 + mix43 + "=1A2B3C4D"},
	{"aws-key", "AK" + "IA" + upper},
	{"aws-key", "AS" + "IA" + upper},
	{"azure-secret", "a1B" + "8Q~" + mix20 + "-" + mix10 + "_z"},
	{"databricks-token", "da" + "pi" + hex32},
	{"digitalocean-token", "dop_" + "v1_" + hex64},
	{"docker-token", "dckr_" + "pat_" + mix20 + "x-Y_z12"},
	{"doppler-token", "dp." + "pt." + mix43},
	{"figma-token", "fig" + "d_" + mix43},
	{"gcp-key", "AI" + "za" + mix36[:34] + "-"},
	{"github-token", "gh" + "p_" + mix36},
	{"github-token", "gh" + "s_" + mix36},
	{"github-token", "github" + "_pat_" + mix20 + "ab_" + mix43 + "0123456789ABCDEF"},
	{"gitlab-token", "gl" + "pat-" + mix20},
	{"google-oauth", "GOC" + "SPX-" + mix20 + "-aB3_xY7"},
	{"google-oauth", "ya" + "29." + mix43 + "-" + mix20},
	{"heroku-key", "HR" + "KU-AA" + mix43 + "-" + mix10},
	{"huggingface-token", "h" + "f_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"},
	{"jwt", header + "." + claims + "." + mix43},
	{"linear-key", "lin" + "_api_" + mix36 + "aB1c"},
	{"mailgun-key", "key" + "-" + hex32},
	{"notion-token", "nt" + "n_" + mix43 + "abc"},
	{"notion-token", "sec" + "ret_" + mix43},
	{"npm-token", "np" + "m_" + mix36},
	{"openai-key", "s" + "k-" + mix43 + "abcde"},
	{"openai-key", "s" + "k-proj-" + mix43 + "T3BlbkFJ" + mix43},
	{"pypi-token", "py" + "pi-AgEIcHlwaS5vcmc" + mix43 + "-_" + mix20},
	{"rubygems-key", "ruby" + "gems_" + hex40 + hex8},
	{"sendgrid-key", "S" + "G." + mix20 + "x-." + mix43},
	{"shopify-token", "shp" + "at_" + hex32},
	{"slack-token", "xox" + "b-123456789012-1234567890123-" + mix20 + "aBcD"},
	{"slack-token", "xa" + "pp-1-A0123456789-1234567890123-" + hex64},
	{"square-token", "sq0" + "atp-" + mix20 + "-9"},
	{"stripe-key", "sk_" + "live_" + mix20 + "abcd"},
	{"stripe-key", "rk_" + "test_" + mix20 + "abcd"},
	{"supabase-key", "sb" + "p_" + hex40},
	{"tailscale-key", "ts" + "key-auth-" + mix10 + "-" + mix20},
	{"telegram-token", "123456" + "7890:" + "AA" + mix20 + "-_" + mix10 + "z"},
	{"terraform-token", "aB3dE5gH7jK9mN" + ".atlas" + "v1." + mix43 + mix20},
	{"twilio-key", "S" + "K" + hex32},
	{"vault-token", "hv" + "s." + mix43},
}

func TestSecretsFindsTokensWhereverTheyStand(t *testing.T) {
	places := []struct{ name, before, after string }{
		{"alone", "", ""},
		{"prose", "Use ", " for now, please."},
		{"end of a sentence", "The key is ", "."},
		{"brackets", "(see ", ")"},
		{"markdown", "`", "`"},
		{"JSON", `{"a":["`, `","b"]}`},
		{"JSON in a string", `{\"a\":\"`, `\",\"b\":1}`},
		{"escaped line breaks", `first\n`, `\nlast`},
		{"escaped quote", `x\u0022`, `\u0022y`},
		{"query", "https://host/x?a=1&k=", "&b=2"},
		{"percent-encoded", "a%3D", "%26b"},
		{".env", "A=1\nMY_TOKEN=", "\nB=2\n"},
		{"shell export", "export API_KEY=\"", "\"\n"},
		{"YAML", "auth:\n  token: ", "\n  user: me\n"},
		{"ideographs", "密钥", "大小"},
		{"long text", strings.Repeat("word ", 100), strings.Repeat(" word", 100)},
	}
	for _, tt := range tokens {
		for _, p := range places {
			text := p.before + tt.token + p.after
			want := Match{tt.kind, len(p.before), len(p.before) + len(tt.token)}
			if got := Secrets(text); !slices.Equal(got, []Match{want}) {
				t.Errorf("%s, %s: got %v, want %v in %q", tt.kind, p.name, shown(text, got), want, text)
			}
		}
	}
}

func TestSecretsLeavesNearMissesAlone(t *testing.T) {
	for _, tt := range tokens {
		near := []string{tt.token[:min(len(tt.token)*2/5, 19)]}
		if tt.kind != "github-token" && tt.kind != "jwt" {
			near = append(near, strings.Repeat("x", 12)+"…"+tt.token[:6])
		}
		for _, text := range near {
			if got := Secrets(text); got != nil {
				t.Errorf("%s: %v in %q", tt.kind, got, text)
			}
		}
	}
}

func shown(text string, all []Match) (out []string) {
	for _, m := range all {
		out = append(out, m.Kind+" "+text[m.Start:m.End])
	}
	return out
}

// Values are marked with «…».
var values = []struct{ name, kind, text string }{
	{"environment file", "assignment", "DB_PASSWORD=«hunter2x»\n"},
	{"environment file, signs", "assignment", "DB_PASSWORD=«p@s)s&w0rd,;x»\nA=1"},
	{"environment file, letters only", "assignment", "DB_PASSWORD=«correcthorse»\n"},
	{"export", "assignment", "export ADMIN_PASSWD='«S3cureMe?»'\n"},
	{"JSON", "assignment", `{"password": "«hunter2x»"}`},
	{"JSON, escaped quote in it", "assignment", `{"password": "«ab\"c1d2»"}`},
	{"JSON in a string", "assignment", `{\"password\":\"«hunter2x»\"}`},
	{"JSON in a string in a string", "assignment", `{\\\"password\\\":\\\"«hunter2x»\\\"}`},
	{"digits only", "assignment", `"password": "«12345678»"`},
	{"camel case", "assignment", `clientSecret: "«` + mix20 + `»"`},
	{"header of an API", "assignment", "X-Api-Key: «" + hex32 + "»\n"},
	{"query", "assignment", "https://h/x?access_token=«" + mix20 + "»&b=1"},
	{"YAML", "assignment", "api_key: «" + hex32 + "»\n"},
	{"UUID under a key", "assignment", "API_KEY=«3f9a07c2-d41b-465f-90a3-c7e2b8d6f014»"},
	{"walrus", "assignment", "apiKey := \"«" + mix20 + "»\""},
	{"arrow", "assignment", "'secret_key' => '«" + mix20 + "»'"},
	{"subscript", "assignment", `os.environ["API_TOKEN"] = "«` + mix20 + `»"`},
	{"call", "assignment", `setenv("API_TOKEN", "«` + mix20 + `»")`},
	{"option", "assignment", "mysql --password «hunter2x» db"},
	{"option with sign", "assignment", "cli --token=«" + mix20 + "» run"},
	{"element", "assignment", "<password>«hunter2x»</password>"},
	{"name and value", "assignment", `{"name":"API_KEY","value":"«` + mix20 + `»"}`},
	{"name and value, YAML", "assignment", "- name: API_KEY\n  value: «" + mix20 + "»\n"},
	{"connection string", "assignment", "Server=db;User Id=sa;Password=«hunter2x»;Encrypt=yes"},
	{"storage account", "assignment", "AccountName=a;AccountKey=«" + mix43 + mix43 + "==»;Suffix=x"},
	{"sentence", "assignment", "Your temporary password is «Xy7kd93Qz» until Friday"},
	{"login form", "assignment", "Password: «hunter2!»"},
	{"npm", "assignment", "//host/:_auth=«dXNlcjpodW50ZXIyeA==»"},
	{"docker", "assignment", `{"auths":{"h":{"auth":"«dXNlcjpodW50ZXIyeA==»"}}}`},
	{"passphrase", "assignment", `mnemonic: "«legal winner thank year wave sausage»"`},
	{"aligned", "assignment", `password            =          "«hunter2x»"`},
	{"typed", "assignment", `const password: string = "«hunter2x»"`},
	{"block", "assignment", "password: |\n  «hunter2x»\n"},
	{"table", "assignment", "| API key | «" + mix20 + "» |"},
	{"bold", "assignment", "**Password:** «hunter2x»"},
	{"attribute", "assignment", `<db password="«hunter2x»"/>`},
	{"key and value", "assignment", `<add key="ApiKey" value="«` + mix20 + `»"/>`},
	{"base64", "assignment", "  password: «aHVudGVyMng=»\n"},
	{"three quotes", "assignment", `password = """«hunter2x»"""`},
	{"Dockerfile", "assignment", "ENV API_TOKEN «" + mix20 + "»\n"},
	{"fish", "assignment", "set -gx API_TOKEN «" + mix20 + "»\n"},
	{"percent-encoded", "assignment", "next=%2Fa%3Ftoken%3D«" + mix20 + "»&x=1"},
	{"is:", "assignment", "The API key is: «" + hex32 + "»"},
	{"secret key of AWS", "aws-key", "aws_secret_access_key = «wJalrXUtnF3MI/K7MD8NG/bPxRfiCY9hQ2vL5k7a»"},
	{"Heroku", "heroku-key", "HEROKU_API_KEY=«3f9a07c2-d41b-465f-90a3-c7e2b8d6f014»"},
	{"Discord", "discord-token", `token = "«MTIzNDU2Nzg5MDEyMzQ1Njc4` + `.Gx3kQ9.` + mix36 + `»"`},
	{"token under a name", "github-token", "GITHUB_TOKEN=«gh" + "p_" + mix36 + "»"},
	{"bearer", "bearer", "Authorization: Bearer «" + mix36 + "»"},
	{"bearer in a command", "bearer", `curl -H "Authorization: Bearer «` + mix36 + `»" https://h`},
	{"JWT of a bearer", "jwt", "Authorization: Bearer «" + header + "." + claims + "." + mix43 + "»"},
	{"basic", "bearer", "Authorization: Basic «dXNlcjpodW50ZXIyeA==»"},
	{"authorization in JSON", "bearer", `"Authorization": "Token «` + mix20 + `»"`},
	{"URL", "url-password", "postgres://app:«s3cr3t!x»@db.example.org:5432/app"},
	{"URL, signs", "url-password", "amqp://u:«p/w#1»@host/v"},
	{"URL, at sign", "url-password", "redis://:«p@ssw0rd»@cache:6379"},
	{"webhook of Slack", "slack-webhook", "https://hooks.slack.com/services/«T012AB3CD/B045EF6GH/" + mix20 + "abCd»"},
	{"webhook of Discord", "discord-token", "https://discord.com/api/webhooks/123456789012345678/«" + mix43 + mix20 + "»"},
	{"shared access", "azure-secret", "https://h/c?sv=2022&se=2026&sig=«" + mix43 + "%3D»&x=1"},
	{"netrc", "netrc", "machine h.example login me password «hunter2x»\n"},
	{"pgpass", "pgpass", "db.example:5432:app:me:«hunter2x»\n"},
	{"pgpass, any", "pgpass", "x:*:*:me:«hunter2x»\n"},
	{"PEM", "private-key", "x «-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEpAIBAAKCAQEA7Zk\nq1==\n-----END RSA PRIVATE KEY-----» y"},
	{"PEM in JSON", "private-key", `{"private_key": "«-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nAbc\n-----END PRIVATE KEY-----\n»"}`},
	{"PEM without end", "private-key", "«-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nAAAA»"},
	{"PGP", "private-key", "«-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\nlQOYBFkq1kMBCADZk\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----»"},
	{"PuTTY", "private-key", "Private-Lines: 2«\nAAAAgQDKq1kMBCADZkAAAA\nAbcd=\n»"},
}

func TestSecretsFindsValues(t *testing.T) {
	for _, tt := range values {
		t.Run(tt.name, func(t *testing.T) {
			before, rest, _ := strings.Cut(tt.text, "«")
			value, after, ok := strings.Cut(rest, "»")
			if !ok {
				t.Fatal("no marks")
			}
			text := before + value + after
			got := Secrets(text)
			// Blanks around a block do not matter.
			if len(got) != 1 || got[0].Kind != tt.kind || strings.Trim(text[got[0].Start:got[0].End], "\\n\n") != strings.Trim(value, "\\n\n") {
				t.Errorf("got %q, want %s %q", shown(text, got), tt.kind, value)
			}
		})
	}
}

// Each shape is found in its shortest and its longest form, and not when it is longer.
func TestEveryShapeIsFound(t *testing.T) {
	for _, s := range shapes {
		body := strings.Repeat(mix43, maxToken/len(mix43)+1)
		switch s.class {
		case hexClass:
			body = strings.Repeat(hex64, maxToken/len(hex64))
		case upperClass:
			body = strings.Repeat(upper, maxToken/len(upper))
		}
		if s.kind == "sendgrid-key" {
			body = mix20 + "ab." + body
		}
		for _, n := range []int{s.min, s.max} {
			token := s.prefix + body[:n]
			if got := Secrets("x: " + token + " y"); !slices.Equal(got, []Match{{s.kind, 3, 3 + len(token)}}) {
				t.Errorf("%s: got %v for %q", s.kind, got, token)
			}
		}
		if text := s.prefix + body[:s.min-1]; slices.ContainsFunc(Secrets(text), func(m Match) bool { return m.Kind == s.kind }) && s.kind != "slack-token" {
			t.Errorf("%s: %q is too short", s.kind, text)
		}
	}
}

var harmlessTexts = []string{
	"commit 3f9a07c2d41be65f90a3c7e2b8d6f0143f9a07c2",
	"id: 3f9a07c2-d41b-465f-90a3-c7e2b8d6f014",
	`"integrity": "sha512-` + mix43 + mix43 + `=="`,
	"data:image/png;base64," + strings.Repeat(mix43+"+/", 200),
	"PASSWORD=changeme", "password: ${DB_PASSWORD}", "TOKEN=<token>", `"api_key": "your-api-key-here"`, "API_KEY=xxxxxxxxxxxxxxxxxxxx",
	"SECRET=$SECRET", "token: {{ .Values.token }}", `"password": "********"`, "password=%s", "token: ${{ secrets.GITHUB_TOKEN }}",
	`"token": "keyring:github"`, "GITHUB_TOKEN=env:GITHUB_TOKEN", "secret: op://vault/item/field", "PRIVATE_KEY=/etc/ssl/private/host.key",
	"password: string", "token: true", `password: "Password"`, "token = getToken(user)", "const secret = process.env.SECRET_KEY_1",
	"max_tokens: 4096", "token_type: bearer", "tokenizer: cl100k_base", "password_file: /run/secrets/db1", "secretName: my-secret-1",
	"token.IDENT", "func (t token) key() string", "password := req.FormValue(\"password\")", "The token is invalid.", "password is required",
	"Bearer token authentication", "Authorization: Bearer <token>", "Authorization: Bearer $TOKEN", "Basic authentication",
	"-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA7Zk\n-----END CERTIFICATE-----",
	"looks for -----BEGIN RSA PRIVATE KEY----- in files", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
	"-----BEGIN PUBLIC KEY-----\nMIIEpAIBAAKCAQEA7Zk\n-----END PUBLIC KEY-----",
	"https://host:8080/a@b", "https://user@host/", "postgres://user:password@localhost/db", "postgres://u:${PW}@h/db", "http://a/:b@c",
	"AK" + "IAIOSFODNN7EXAMPLE", "sk-your-openai-api-key-goes-here", "disk-usage-metrics-for-the-organisation", "sk-usage-metrics-for-the-organisation",
	"gh" + "p_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "hf_hub_download_from_the_internet_with_retries", "npm_config_registry_and_other_settings_of_it",
	"eyJ", "eyJhbGciOiJub25lIn0", "eyJmb28iOiJiYXIifQ.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl", "a.b.c",
	"function(e){e.token=t,e.secret=n,e.password=i.password}", "key: value", "primary_key: customer_id", "public_key: " + hex64[:20],
	`append(env, "PWD="+dir.Path())`, `"@scope/password": "^1.2.10"`, `"@scope/token": "4.0.0-beta.12"`, "IFTOKEN   = -0x3f879678\n",
	"Password: password16,", `{"go/token", "\x04r\x86\x01>\x02\x03\x01\x0f\x02"}`, "| GCP API key | `AI" + "za[0-9A-Za-z-_]{35}` |", "setSecret(secret: Uint8Array, n: number)", "privateKey = jwtTestEC256PrivateKey\n",
	"10:30:AA", "x:5432:y", "a:*:b", "sig=short", "The passphrase protects your key", "pwd && ls -la", "PWD=/home/user/project1",
}

func TestSecretsLeavesHarmlessTextsAlone(t *testing.T) {
	for _, text := range harmlessTexts {
		if got := Secrets(text); got != nil {
			t.Errorf("%q in %q", shown(text, got), text)
		}
	}
}

func TestGitHubChecksumCountsWhateverTheTokenLooksLike(t *testing.T) {
	body := strings.Repeat("01", 15)
	sum, end := crc32.ChecksumIEEE([]byte(body)), ""
	for range 6 {
		end = string(base62[sum%62]) + end
		sum /= 62
	}
	good, bad := "gh"+"p_"+body+end, "gh"+"p_"+body+"010101"
	if got := Secrets(good); len(got) != 1 {
		t.Errorf("%q is not found", good)
	}
	if got := Secrets(bad); got != nil {
		t.Errorf("%q is found", bad)
	}
}

func TestKindsAreSortedAndDescribed(t *testing.T) {
	all := Kinds()
	for i, k := range all {
		if k.Doc == "" || i > 0 && all[i-1].Name >= k.Name {
			t.Errorf("%+v", k)
		}
	}
	for _, s := range shapes {
		if !slices.ContainsFunc(all, func(k Kind) bool { return k.Name == s.kind && !k.Personal }) {
			t.Errorf("%q is no kind", s.kind)
		}
	}
	for _, s := range shapes {
		if s.max > maxToken {
			t.Errorf("%q may be longer than a token", s.prefix)
		}
	}
}

func TestScanningCleanTextAllocatesNothing(t *testing.T) {
	text := strings.Join(harmlessTexts, "\n")
	Secrets(text)
	if n := testing.AllocsPerRun(20, func() { Secrets(text); Personal(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func mask(text string, all []Match) string {
	var b strings.Builder
	last := 0
	for _, m := range all {
		b.WriteString(text[last:m.Start] + "‹masked›")
		last = m.End
	}
	return b.String() + text[last:]
}

// sound holds matches against what is promised of them.
func sound(t *testing.T, text string, find func(string) []Match, personal bool) {
	t.Helper()
	all, last := find(text), 0
	for _, m := range all {
		if m.Start < last || m.End <= m.Start || m.End > len(text) {
			t.Fatalf("%v out of order in %q", all, text)
		}
		if !utf8.RuneStart(text[m.Start]) || m.End < len(text) && !utf8.RuneStart(text[m.End]) {
			t.Fatalf("%v is not on boundaries of characters of %q", m, text)
		}
		if !slices.ContainsFunc(kinds, func(k Kind) bool { return k.Name == m.Kind && k.Personal == personal }) {
			t.Fatalf("%q is no kind", m.Kind)
		}
		last = m.End
	}
	if len(all) == 0 {
		return
	}
	once := mask(text, all)
	if again := find(once); len(again) != 0 {
		t.Fatalf("%q is masked as %q, which holds %q", text, once, shown(once, again))
	}
}

func FuzzSecrets(f *testing.F) {
	for _, tt := range tokens {
		f.Add("a " + tt.token + ", b")
	}
	for _, tt := range values {
		f.Add(strings.NewReplacer("«", "", "»", "").Replace(tt.text))
	}
	for _, s := range harmlessTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if utf8.ValidString(s) {
			sound(t, s, Secrets, false)
		}
	})
}

// What is found in pieces in any order keeps the promises too: tokens that touch,
// values in values, names whose values are taken out.
func TestMaskingTwiceIsMaskingOnce(t *testing.T) {
	pieces := strings.Split("\n| |=|:|\"|'|\\|\\n|,|-|_|.|/|@|://|%3D|‹masked›|é|大|{|}|<|>|&|a|Z|9|password|secret|token|api_key|Bearer |"+
		"Authorization: |Basic |-----BEGIN PRIVATE KEY-----|-----END PRIVATE KEY-----|MIIEpAIBAAKCAQEA7Zk|login me |--|export |:5432:|:*:|is |value|"+
		"hunter2x|http|user|sig=|Q~|:AA|1234567890|+49 30 901820|415-555-0134|jane@example.org|DE89370400440532013000|4111 1111 1111 1111|@b.example|"+
		"536-22-8726|529.982.247-25|"+mix20+"|"+hex32+"|"+header+"|"+claims, "|")
	for _, tt := range tokens {
		pieces = append(pieces, tt.token)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		sound(t, b.String(), Secrets, false)
		sound(t, b.String(), Personal, true)
	}
}

const rounds = 20000
