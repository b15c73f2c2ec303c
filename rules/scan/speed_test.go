package scan

import (
	"fmt"
	"strings"
	"testing"
)

const size = 1 << 20

func filled(piece string) string { return strings.Repeat(piece, size/len(piece)+1)[:size] }

// ordinary texts, and texts made of near misses.
var speeds = []struct{ name, text string }{
	{"prose", filled("Reads a file from disk and returns the text of it, which may be large; the key to this is a token of trust between author and reader. ")},
	{"source", filled("func (p *parser) next() (tok token.Token, err error) {\n\tif p.tok.Kind == token.KEY && p.key != nil {\n\t\treturn token.Token{Kind: k, Pos: p.pos}, nil\n\t}\n\tfor i := 0; i < len(p.keys); i++ {\n\t\tsecret(p.keys[i])\n\t}\n}\n")},
	{"records", filled(`{"id":1048576,"uuid":"3f9a07c2-d41b-465f-90a3-c7e2b8d6f014","name":"Jane","tags":["a","b"],"created":"2024-11-22T10:30:00Z","url":"https://host.example/x/1","price":12.5},` + "\n")},
	{"umlauts", filled("Größe und Länge der Straße, 大小 und שלום. ")},
	{"hex", filled("3f9a07c2d41be65f90a3c7e2b8d6f014")},
	{"base64", filled(mix43 + "+/" + mix20)},
	{"sk-", filled("sk-")},
	{"AKIA", filled("AK" + "IA")},
	{"glpat", filled("gl" + "pat-")},
	{"BEGIN", filled("-----BEGIN ")},
	{"BEGIN with bodies", filled("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKC\n")},
	{"BEGIN KEY", filled("-----BEGIN PRIVATE KEY-----")},
	{"password=", filled("password=")},
	{"runs of names", filled(strings.Repeat("password=", 440) + " ")},
	{"runs of lines", filled("\n" + strings.Repeat("PASSWORD=", 440))},
	{"URLs before an at", filled(strings.Repeat("a://b:c", 70) + "@ ")},
	{"quoted", filled(`password="`)},
	{"quotes of two kinds", filled(`password="token='`)},
	{"escaped quotes", filled(`password=\"token="secret=\\\"`)},
	{"long quotes", filled(`password="` + strings.Repeat(`token=\"`, 500))},
	{"token:", filled("token: ")},
	{"api key", filled("api_key_")},
	{"words in a run", filled("secret-token-")},
	{"eyJ", filled("eyJ.")},
	{"JWT", filled(header + ".")},
	{"URLs", filled("a://b:c")},
	{"URLs with blanks", filled("a://b:c d@")},
	{"bearer", filled("Bearer ")},
	{"authorization", filled("authorization: basic ")},
	{"pgpass", filled(":*:*")},
	{"telegram", filled("12345678:AA")},
	{"azure", filled("1Q~a")},
	{"@", filled("a@")},
	{"domains", filled("a@b.")},
	{"phones", filled("+49 30 ")},
	{"digits", filled("4111 ")},
	{"brackets", filled("(415) ")},
}

func BenchmarkSecrets(b *testing.B) { speed(b, Secrets) }

func BenchmarkPersonal(b *testing.B) { speed(b, Personal) }

func speed(b *testing.B, find func(string) []Match) {
	for _, tt := range speeds {
		b.Run(strings.ReplaceAll(tt.name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(tt.text)))
			b.ReportAllocs()
			for b.Loop() {
				find(tt.text)
			}
			b.ReportMetric(float64(len(find(tt.text))), "matches")
		})
	}
}

// Near misses of any length are no reason to go through a text twice; a benchmark
// shows the speed, this that nothing is held back.
func TestMatchesBehindNearMissesAreFound(t *testing.T) {
	token := "gh" + "p_" + mix36
	for _, tt := range speeds {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.text[:size/16] + "\n\"'" + `\"` + "\n " + token + " \n"
			for _, m := range Secrets(text) {
				if m.Start <= len(text)-len(token)-2 && m.End >= len(text)-2 {
					return
				}
			}
			t.Error(fmt.Sprintf("nothing at the end of %q…", text[:40]))
		})
	}
}
