package scan

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "hello, world", "hello, world"},
		{"umlauts and ideographs stay", "Größe 大小 שלום", "Größe 大小 שלום"},
		{"lines and tabs stay", "a\n\tb", "a\n\tb"},
		{"carriage return", "safe\rdanger", "safe<U+000D>danger"},
		{"escape sequence", "\x1b[2J\x1b]8;;x\a", "<U+001B>[2J<U+001B>]8;;x<U+0007>"},
		{"C1 control", "a\u009b31m", "a<U+009B>31m"},
		{"right-to-left override", "a\u202etxt.exe", "a<U+202E>txt.exe"},
		{"zero width", "ig\u200bnore", "ig<U+200B>nore"},
		{"tags", "x\U000e0041\U000e007f", "x<U+E0041><U+E007F>"},
		{"line separators", "a\u2028b\u2029c", "a<U+2028>b<U+2029>c"},
		{"soft hyphen", "a\u00adb", "a<U+00AD>b"},
		{"Hangul filler", "a\u3164b", "a<U+3164>b"},
		{"variation selectors", "a\ufe01\U000e0100", "a<U+FE01><U+E0100>"},
		{"private use", "\ue000", "<U+E000>"},
		{"no UTF-8", "a\xffb\xc3", "a<0xFF>b<0xC3>"},
		{"replacement character stays", "a\ufffdb", "a\ufffdb"},
		{"stacked marks", "a" + strings.Repeat("\u0301", 6), "a" + strings.Repeat("\u0301", 4) + "<U+0301><U+0301>"},
		{"delete", "a\x7f", "a<U+007F>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Visible(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestVisibleLine(t *testing.T) {
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"a\n\tb", 0, "a<U+000A><U+0009>b"},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"äöüäöü", 6, "äöüäöü"},
		{"äöüäöüä", 6, "äöüäö…"},
		{"ab\u202ecd", 8, "ab…"},
		{"ab\u202e", 10, "ab<U+202E>"},
		{"\u202e", 3, "…"},
		{"", 3, ""},
	}
	for _, tt := range tests {
		if got := VisibleLine(tt.in, tt.limit); got != tt.want {
			t.Errorf("VisibleLine(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
		}
	}
}

var hiddenCases = []struct {
	name, in string
	want     rune // 0: none
}{
	{"plain", "Reads a file.\n\tReturns text.\r\n", 0},
	{"accents and dashes", "Größe – „quoted“ … 50 € 大小", 0},
	{"escape", "a\x1b[0m", 0x1b},
	{"NUL", "a\x00", 0},
	{"backspace", "a\bb", '\b'},
	{"delete", "a\x7f", 0x7f},
	{"C1", "a\u0085b", 0x85},
	{"bidi override", "a\u202eb", 0x202e},
	{"bidi isolate", "a\u2066b", 0x2066},
	{"Hebrew with marks", "שלום\u200f!", 0},
	{"word joiner", "a\u2060b", 0x2060},
	{"invisible times", "a\u2062b", 0x2062},
	{"byte order mark inside", "a\ufeffb", 0xfeff},
	{"interlinear", "a\ufff9b", 0xfff9},
	{"tag letters", "a\U000e0049\U000e0067", 0xe0049},
	{"flag of Scotland", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f!", 0},
	{"flag that never ends", "🏴\U000e0067\U000e0062\U000e0073", 0xe0061},
	{"flag with a message", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e0067\U000e0062", 0xe0062},
	{"flag with a blank tag", "🏴\U000e0020", 0xe0020},
	{"flag, then text", "🏴 a", 0},
	{"pirate flag", "🏴\u200d☠\ufe0f", 0},
	{"family", "👨\u200d👩\u200d👧", 0},
	{"heart with VS16", "❤\ufe0f and #\ufe0f\u20e3", 0},
	{"doubled VS16", "❤\ufe0f\ufe0f", 0},
	{"selectors as data", "a\ufe00\ufe01", 0xfe00},
	{"selector after selector", "漢\ufe00\ufe01", 0xfe01},
	{"ideographic variant", "葛\U000e0100", 0},
	{"selector supplement as data", "😀\U000e0158", 0xe0158},
	{"two after one ideograph", "葛\U000e0100\U000e0101", 0xe0101},
	{"Persian ZWNJ", "می\u200cخواهم", 0},
	{"Hindi ZWJ", "क्\u200dष", 0},
	{"Thai ZWSP", "ภาษา\u200bไทย", 0},
	{"ZWNJ between Latin letters", "ig\u200cnore", 0x200c},
	{"ZWSP between Latin letters", "ig\u200bnore", 0x200b},
	{"ZWSP at the end", "text\u200b", 0},
	{"ZWSP beside a blank", "text \u200bmore", 0},
	{"zero-width data", "text \u200b\u200c\u200b", 0x200b},
}

func TestHidden(t *testing.T) {
	for _, tt := range hiddenCases {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			if tt.name == "NUL" {
				want = -1
			}
			check := func(f Finding, found bool, in string) {
				t.Helper()
				switch {
				case want == -1 && (!found || f.Rune != 0), want == 0 && found, want > 0 && (!found || f.Rune != want):
					t.Errorf("%q: got %+v %v", in, f, found)
				}
			}
			f, found := Hidden(tt.in)
			check(f, found, tt.in)
			for _, raw := range []string{jsonText(t, tt.in), escaped(tt.in)} {
				f, found := HiddenJSON([]byte(`{"a":[1,{"b":` + raw + `}]}`))
				check(f, found, raw)
				f, found = HiddenJSON([]byte(`{` + raw + `:null}`))
				check(f, found, raw)
			}
		})
	}
}

func jsonText(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// escaped spells every character as \uXXXX.
func escaped(s string) string {
	const hex = "0123456789aBcDeF"
	var b strings.Builder
	b.WriteByte('"')
	u := func(r rune) {
		b.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			b.WriteByte(hex[r>>shift&15])
		}
	}
	for _, r := range s {
		if r > 0xffff {
			u(0xd800 + (r-0x10000)>>10)
			u(0xdc00 + (r-0x10000)&0x3ff)
		} else {
			u(r)
		}
	}
	return b.String() + `"`
}

func TestHiddenJSONDoesNotJoinStrings(t *testing.T) {
	if f, found := HiddenJSON([]byte(`["a\u200b","\u200bb"]`)); found {
		t.Errorf("got %+v", f)
	}
}

func TestHiddenJSONAllocatesNothing(t *testing.T) {
	raw := []byte(`{"name":"read","description":"Reads \"a\" file\nGröße 👨‍👩‍👧","n":[1,2.5,null,true]}`)
	if n := testing.AllocsPerRun(100, func() { HiddenJSON(raw) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzVisible(f *testing.F) {
	for _, tt := range hiddenCases {
		f.Add(tt.in, 10)
	}
	f.Add("\xff\xfe\x1b]52;c;\a", 0)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		for _, out := range []string{Visible(s), VisibleLine(s, limit)} {
			if !utf8.ValidString(out) {
				t.Fatalf("%q is no UTF-8", out)
			}
			for _, r := range out {
				if r == '\n' || r == '\t' {
					continue
				}
				if !unicode.IsGraphic(r) || unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
					t.Fatalf("%q holds %U", out, r)
				}
			}
		}
		line := VisibleLine(s, limit)
		if strings.ContainsAny(line, "\n\t") || limit > 0 && utf8.RuneCountInString(line) > limit {
			t.Fatalf("%q is no line of %d", line, limit)
		}
		if Visible(Visible(s)) != Visible(s) {
			t.Fatal("what is visible changes when it is made visible again")
		}
	})
}

// A text and its JSON spellings are judged alike, whatever the escapes.
func FuzzHiddenJSON(f *testing.F) {
	for _, tt := range hiddenCases {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		want, found := Hidden(s)
		for _, raw := range []string{jsonText(t, s), escaped(s)} {
			got, gotFound := HiddenJSON([]byte(raw))
			if gotFound != found || got.Rune != want.Rune {
				t.Fatalf("%q: %+v %v, as text %+v %v", raw, got, gotFound, want, found)
			}
		}
	})
}

func BenchmarkHiddenJSON(b *testing.B) {
	raw := []byte(`{"description":"` + strings.Repeat(`Reads a file from disk, \"quoted\", and returns the text of it.\n`, 1000) + `"}`)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		HiddenJSON(raw)
	}
}

// TestOrdinaryCharactersAreNeverFindings holds the short cut against the detector, for every code point by itself and between letters.
func TestOrdinaryCharactersAreNeverFindings(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !ordinary(r) {
			continue
		}
		for _, s := range []string{string(r), "a" + string(r) + "b", string(r) + string(r)} {
			if f, found := Hidden(s); found {
				t.Fatalf("%U is ordinary and a finding: %s", r, f.What)
			}
		}
	}
}
