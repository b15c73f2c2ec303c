package scan

import (
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestNamesThatLookAlikeHaveOneSkeleton(t *testing.T) {
	tests := []struct{ name, a, b string }{
		{"Cyrillic a", "paypal", "p\u0430ypal"},
		{"whole word in Cyrillic", "scope", "\u0455\u0441\u043e\u0440\u0435"},
		{"rn and m", "rnoon", "moon"},
		{"one, l and I", "1ist_fi1es", "Iist_files"},
		{"bar", "|ist", "list"},
		{"zero", "t00l", "tool"},
		{"capital zero", "TO0L", "tool"},
		{"full width", "\uff52\uff45\uff41\uff44", "read"},
		{"mathematical", "\U0001d42b\U0001d41e\U0001d41a\U0001d41d", "read"},
		{"Greek omicron", "t\u03bf\u03bfl", "tool"},
		{"Roman numeral", "\u2170tem", "item"},
		{"capital Roman numeral", "\u2169ray", "xray"},
		{"case", "READ_File", "read_file"},
		{"capital I", "getID", "getid"},
		{"capital Cyrillic", "\u041dELLO", "hello"},
		{"capital M in Cyrillic", "\u041cail", "mail"},
		{"long s", "li\u017ft", "list"},
		{"Kelvin", "\u212aey", "key"},
		{"Cherokee", "\u13a1ead", "Read"},
		{"zero-width space", "re\u200bad", "read"},
		{"soft hyphen", "re\u00adad", "read"},
		{"variation selector", "read\ufe0f", "read"},
		{"tag", "read\U000e0041", "read"},
		{"composed and decomposed", "caf\u00e9", "cafe\u0301"},
		{"hyphen and underscore", "read-file", "read_file"},
		{"dot and blank", "read.file", "read file"},
		{"other hyphens", "read\u2010file", "read\u2212file"},
		{"long dash", "read\u2014file", "read_file"},
		{"no-break space", "read\u00a0file", "read_file"},
		{"one dot leader", "read\u2024file", "read.file"},
		{"cases of Cyrillic", "\u0416", "\u0436"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a, b := Skeleton(tt.a), Skeleton(tt.b); a != b {
				t.Errorf("Skeleton(%q) = %+q, Skeleton(%q) = %+q", tt.a, a, tt.b, b)
			}
		})
	}
}

func TestNamesThatLookDifferentDiffer(t *testing.T) {
	for _, pair := range [][2]string{{"read", "write"}, {"nest", "vest"}, {"user", "yser"}, {"read_file", "readfile"},
		{"r\u00e9sum\u00e9", "resume"}, {"a", ""}, {"\u0433", "y"}} {
		if Skeleton(pair[0]) == Skeleton(pair[1]) {
			t.Errorf("%q and %q: one skeleton, %q", pair[0], pair[1], Skeleton(pair[0]))
		}
	}
}

func TestSkeletonOfEveryCharacterIsItsOwn(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		s := Skeleton(string(r))
		if again := Skeleton(s); again != s {
			t.Errorf("%U: %+q, then %+q", r, s, again)
		}
	}
}

func TestConfusablesAreInOrder(t *testing.T) {
	lines := strings.SplitAfter(confusables, "\n")
	lines = lines[:len(lines)-1]
	if !sort.StringsAreSorted(lines) || len(lines) < 5000 {
		t.Fatalf("%d lines, sorted: %v", len(lines), sort.StringsAreSorted(lines))
	}
	for _, line := range lines {
		r, n := utf8.DecodeRuneInString(line)
		want := line[n : len(line)-1]
		if got, ok := prototype(r); !ok || got != want || want != norm.NFD.String(want) {
			t.Errorf("prototype(%U) = %+q, want %+q", r, got, want)
		}
	}
}

func TestPlainNamesCostNothing(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() { Skeleton("get_user_by_token") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMixedScripts(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"ASCII", "read_file-2", ""},
		{"Latin with marks", "r\u00e9sum\u00e9", ""},
		{"Cyrillic alone", "\u0444\u0430\u0439\u043b_2", ""},
		{"Cyrillic in Latin", "p\u0430ypal", "Latin, Cyrillic"},
		{"Greek in Latin", "t\u03bfol", "Latin, Greek"},
		{"Armenian in Latin", "\u0585pen", "Armenian, Latin"},
		{"Cherokee in Latin", "\u13a1ead", "Cherokee, Latin"},
		{"Greek and Cyrillic", "\u03bf\u043e", "Greek, Cyrillic"},
		{"Japanese with Latin", "\u8aad\u3080\u30d5_file", ""},
		{"Korean with Latin", "\u6f22\ud55c_file", ""},
		{"Bopomofo with Han", "\u6f22\u3105", ""},
		{"Hangul with Hiragana", "\ud55c\u3080", "Hangul, Hiragana"},
		{"rare with Latin", "a\U00010330", "Latin, another script"},
		{"symbols have none", "a\u2212\U0001d41a\U0001f600", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := MixedScripts(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzSkeletonOfSkeleton(f *testing.F) {
	for _, s := range []string{"read_file", "p\u0430ypal", "\u1e9b\u0323", "\u03bd\u0345\u0301", "\xff\xc3", "a\u200d\u0301\u0327",
		strings.Repeat("\u0301\u0327", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Skeleton(s)
		if again := Skeleton(once); again != once {
			t.Errorf("%+q: %+q, then %+q", s, once, again)
		}
		MixedScripts(s)
	})
}

func BenchmarkSkeleton(b *testing.B) {
	for _, bb := range []struct{ name, in string }{
		{"plain", "get_user_by_token"}, {"ASCII", "listItems-v1"}, {"Cyrillic", "p\u0430ypal_\u0441reate"},
		{"marks", strings.Repeat("\u0301\u0327", 1<<15)}, {"long", strings.Repeat("\u0436\u8aad\u13a1\ufdfa", 1<<13)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.in)))
			b.ReportAllocs()
			for b.Loop() {
				Skeleton(bb.in)
				MixedScripts(bb.in)
			}
		})
	}
}
