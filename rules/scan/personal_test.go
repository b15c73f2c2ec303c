package scan

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// What is found is marked with «…».
var personalCases = []struct{ name, kind, text string }{
	{"address", "email", "mail «jane.doe+x@mail.example.org», please"},
	{"address in brackets", "email", "Jane <«jane@example.org»>."},
	{"mailto", "email", "mailto:«jane@example.org»?subject=x"},
	{"address in JSON", "email", `{"a":"«jane@example.org»"}`},
	{"address behind an escape", "email", `x\n«jane@example.org»\ny`},
	{"address with umlauts", "email", "«jörg@müller.example»"},
	{"address among ideographs", "email", "联系«jane@example.org»大小"},
	{"international", "phone", "call «+49 30 901820-12»."},
	{"international, no separators", "phone", "tel:«+4930901820»"},
	{"international, brackets", "phone", "«+1 (415) 555-0134»"},
	{"North American", "phone", "call «415-555-0134» now"},
	{"North American, brackets", "phone", "call «(415) 555-0134»"},
	{"North American, dots", "phone", "call «415.555.0134».\n"},
	{"IBAN", "iban", "IBAN «DE89 3704 0044 0532 0130 00»."},
	{"IBAN, in a row", "iban", "«GB82WEST12345698765432»"},
	{"Visa", "card", "card «4111 1111 1111 1111» ok"},
	{"American Express", "card", "«3782-822463-10005»"},
	{"Mastercard", "card", `"number":"«5555555555554444»"`},
	{"social security", "us-ssn", "SSN: «536-22-8726»,"},
	{"social security, blanks", "us-ssn", "SSN «536 22 8726»"},
	{"CPF", "br-cpf", "CPF «529.982.247-25»"},
	{"fiscal code", "it-fiscal-code", "CF «RSSMRA85T10A562S»."},
}

func TestPersonalFindsData(t *testing.T) {
	for _, tt := range personalCases {
		t.Run(tt.name, func(t *testing.T) {
			before, rest, _ := strings.Cut(tt.text, "«")
			value, after, _ := strings.Cut(rest, "»")
			want := Match{tt.kind, len(before), len(before) + len(value)}
			if got := Personal(before + value + after); !slices.Equal(got, []Match{want}) {
				t.Errorf("got %q, want %v", shown(before+value+after, got), want)
			}
		})
	}
}

var impersonal = []string{
	"git@github.com:a/b.git", "ssh://jane@host.example.org/x", "https://u:p@host.example.org", "logo@2x.png", "npm i @scope/pkg@1.2.3",
	"pkg@v1.2.3", "a@b", "user@localhost", "@mention", "x@.org", "x@a..org", "actions/checkout@8f4b7f84864484a7bf31766abe9204da3cbe65b3",
	"+12345", "a+4930901820", "1+4930901820123", "2024-11-22T10:30:00+01:00", "+0200", "x += 12345678901", "192.168.100.200", "m=+123.456789000", "5092019688680754699",
	"415-555-01345", "1-415-555-0134-9", "115-555-0134", "v415.555.0134", "3f9a07c2-4155-5501-3490-a3c7e2b8d6f0",
	"DE89 3704 0044 0532 0130 01", "XX89370400440532013000", "SHA256", "DE89", "XDE89370400440532013000",
	"4111 1111 1111 1112", "4111111111111111111111", "0.4111111111111111", "0x4111111111111111", "4444444444444444", "1700000000000000",
	"000-12-3456", "666-12-3456", "912-12-3456", "536-00-8726", "536-22-0000", "1536-22-8726", "536 22 8726", "536-22-87261",
	"529.982.247-26", "111.111.111-11", "RSSMRA85T10A562T", "20241122103000", "1.234.567.890",
}

func TestPersonalLeavesOthersAlone(t *testing.T) {
	for _, text := range impersonal {
		if got := Personal(text); got != nil {
			t.Errorf("%q in %q", shown(text, got), text)
		}
	}
}

func FuzzPersonal(f *testing.F) {
	for _, tt := range personalCases {
		f.Add(strings.NewReplacer("«", "", "»", "").Replace(tt.text))
	}
	for _, s := range impersonal {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if utf8.ValidString(s) {
			sound(t, s, Personal, true)
		}
	})
}
