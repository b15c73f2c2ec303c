package hosts

import (
	"strings"
	"testing"
)

func BenchmarkOf(b *testing.B) {
	code := "if err := get(\"https://api.example.com/v1/x?y=1\"); err != nil { // see http://docs.example.org\n\treturn a[i:j], m[k]\n}\n"
	for _, text := range []struct{ name, s string }{
		{"honest/url", "https://api.github.com/repos/a/b"},
		{"honest/idn", "https://münchen.example/"},
		{"honest/prose", strings.Repeat("see https://example.com/a and https://example.org/b for it. ", 1000)},
		{"honest/code", strings.Repeat(code, 1000)},
		{"honest/no url", strings.Repeat("lorem ipsum dolor sit amet: x, y; ", 2000)},
		{"hostile/schemes", strings.Repeat("a://", maxText/4)},
		{"hostile/nested", strings.Repeat(`ab:\\`, maxText/5)},
		{"hostile/users", strings.Repeat("https://"+strings.Repeat("a@", 4000)+"b.example ", 100)},
		{"hostile/colons", strings.Repeat(":", maxText)},
		{"hostile/slashes", strings.Repeat("/", maxText)},
		{"hostile/backslashes", strings.Repeat(`="\\`, maxText/4)},
		{"hostile/quotes", strings.Repeat(`"https://a.b" `, maxText/14)},
		{"hostile/open quotes", strings.Repeat("'https://a.b ", maxText/14)},
		{"hostile/no slashes", strings.Repeat("'http:a b", maxText/9)},
		{"hostile/lines", strings.Repeat("'http:\n", maxText/7)},
		{"hostile/scp", strings.Repeat("a@b:c ", maxText/6)},
		{"hostile/scp without end", strings.Repeat("a@", maxText/2)},
		{"hostile/labels", "http://" + strings.Repeat("ß.", maxText/4)},
		{"hostile/idn", strings.Repeat("http://ßäöüßäöüßäöüßäöü.example/", maxText/60)},
		{"hostile/oracle", strings.Repeat("jdbc:oracle:@a", maxText/14)},
		{"hostile/postgres", strings.Repeat("postgres:/?host=a&", maxText/18)},
	} {
		b.Run(text.name, func(b *testing.B) {
			b.SetBytes(int64(len(text.s)))
			b.ReportAllocs()
			for b.Loop() {
				Of(text.s, false)
			}
		})
	}
}

func BenchmarkLocal(b *testing.B) {
	for b.Loop() {
		Local("a.b.c.d.e.f.example.com")
	}
}
