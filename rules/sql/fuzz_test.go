package sql

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// harmless makes of s what every dialect takes for the content of a string and
// of a comment.
func harmless(s string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("'\"\\`*/[]$!\n\r\x00\u0085\u2028\u2029#:", c) || c == utf8.RuneError {
			return 'x'
		}
		return c
	}, s)
}

func FuzzContentOfStringsAndCommentsChangesNothing(f *testing.F) {
	for _, s := range bypasses {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = harmless(s)
		if len(s) > 1<<16 {
			return
		}
		for _, form := range []string{"SELECT a FROM t WHERE b = 'x%s'", "SELECT a /* x%s */ FROM t", "SELECT a -- %s\n FROM t", "SELECT a FROM t WHERE b = 'x''%s'"} {
			text := fmt.Sprintf(form, s)
			list := parse(text)
			if shown(list) != "select" || !slices.Equal(list[0].Tables, []string{"t"}) {
				t.Errorf("%q: %q %v", text, shown(list), list)
			}
		}
	})
}

var writeVerbs = []string{"DROP TABLE x", "DELETE FROM x", "INSERT INTO x VALUES (1)", "UPDATE x SET a = 1", "TRUNCATE TABLE x", "EXEC x", "GRANT a TO b", "ALTER TABLE x ADD y int", "CREATE TABLE x (a int)"}

func FuzzParse(f *testing.F) {
	for i, s := range bypasses {
		f.Add(s, uint8(i))
	}
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		if len(s) > 1<<16 {
			return
		}
		for _, st := range parse(s) {
			if st.Kind == "" || st.Kind == unknown && !st.Write || len(st.Tables) > 10*maxTables {
				t.Errorf("%q: %+v", s, st)
			}
		}
		verb := writeVerbs[int(n)%len(writeVerbs)]
		// A statement at the start is one in every reading, and one behind what
		// some dialect reads as whole is one there.
		texts := []string{verb + "\n;" + s}
		for _, d := range dialects {
			if r := read(s, d); !r.cut && !strings.HasSuffix(s, "\\") && !r.d.names.lines {
				texts = append(texts, s+"\n;"+verb)
			}
		}
		for _, text := range texts {
			if !slices.ContainsFunc(parse(text), func(s Statement) bool { return s.Write }) {
				t.Errorf("%q does not write", text)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	fill := func(s string) string { return strings.Repeat(s, (maxText-64)/len(s)) }
	for name, text := range map[string]string{
		"small":    "SELECT u.id, count(*) FROM users u JOIN orders o ON o.uid = u.id WHERE u.name = 'x' GROUP BY u.id LIMIT 10",
		"mysql":    "SELECT `a`, \"b\" FROM `t` WHERE c = 'it\\'s' -- x\n# y\n /*!40001 x */",
		"in-list":  "SELECT * FROM t WHERE a IN (" + fill("12345, ") + "1)",
		"parens":   fill("("),
		"nested":   "SELECT " + fill("(a)=(a) AND ("),
		"quotes":   "SELECT " + fill("'\\'"),
		"comments": fill("/*"),
		"dollars":  fill("$a$b"),
		"names":    "SELECT * FROM " + fill("a,"),
		"deletes":  "WITH x AS " + fill("(DELETE FROM a WHERE b=c "),
		"run-on":   fill("DROP TABLE x "),
		"mixed":    "SELECT 1 /*! */ -- \n # // ''' ` [ ]] $$ \\ \" \r\nGO\n" + fill("a[1]='\\'$a$`x`\"y\"--z\r\n//#"),
		"lines":    "GO\n" + fill("go x\n"),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				parse(text)
			}
		})
	}
}
