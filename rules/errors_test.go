package rules

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files of testdata")

// Each case of testdata/errors.txt is "== name", the file, "--", and the error.
func TestErrorsPointAtTheirPlace(t *testing.T) {
	path := filepath.Join("testdata", "errors.txt")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, c := range strings.Split(string(data), "\n== ")[1:] {
		name, rest, _ := strings.Cut(c, "\n")
		text, want, _ := strings.Cut(rest, "\n--\n")
		text = strings.NewReplacer("<DASHES>", "---", "<TAB>", "\t", "<RLO>", "\u202e", "<FF>", "\xff", "<CR>", "\r").Replace(text)
		source := Source{Path: "rules.yaml", Trust: User}
		if strings.HasPrefix(name, "folder: ") {
			source = Source{Path: ".sallyport.yaml"}
		}
		if strings.HasPrefix(name, "answers: ") {
			source = Source{Path: "answers.yaml", Trust: Answers}
		}
		files := map[string]string{source.Path: text + "\n", "a.yaml": "version: 1\ninclude: [a.yaml]\n", "b.yaml": "version: 1\ndefault: {read: deny}\n",
			"dir/c.yaml": "version: 1\ninclude: [nothing.yaml]\n"}
		p, err := Load(open(files), source)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if (p == nil) != (err != nil) {
			t.Errorf("%s: policy %v with error %v", name, p, err)
		}
		if strings.TrimSpace(got) != strings.TrimSpace(want) && !*update {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		_, rest, _ = strings.Cut(c, "\n")
		text, _, _ = strings.Cut(rest, "\n--\n")
		out.WriteString("\n== " + name + "\n" + text + "\n--\n" + got + "\n")
	}
	if *update {
		head, _, _ := strings.Cut(string(data), "\n== ")
		if err := os.WriteFile(path, []byte(head+out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
