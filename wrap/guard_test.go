package wrap

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestSchemasThatSayWhatStringsMayBe(t *testing.T) {
	for definition, want := range map[string]bool{
		``: false,
		`{"name":"t","inputSchema":{"properties":{"a":{"enum":["x"]}}}}`:                                          false,
		`{"name":"t","outputSchema":{"type":"object","properties":{"a":{"type":"string","description":"x"}}}}`:    false,
		`{"name":"t","outputSchema":{"type":"object","properties":{"a":{"type":"string","pattern":"^x"}}}}`:       true,
		`{"name":"t","outputSchema":{"type":"object","properties":{"a":{"type":"string","enum":["x"]}}}}`:         true,
		`{"name":"t","outputSchema":{"type":"object","properties":{"a":{"type":"string","maxLength":3}}}}`:        true,
		`{"name":"t","outputSchema":{"type":"object","properties":{"a":{"type":"string","format":"uri"}}}}`:       true,
		`{"name":"t","outputSchema":{"$ref":"#/$defs/a","$defs":{"a":{}}}}`:                                       true,
		`{"name":"t","outputSchema":{"type":"object","properties":{"a":{"type":"string","p\\u0061ttern":"^x"}}}}`: true,
	} {
		if got := constrains([]byte(definition)); got != want {
			t.Errorf("%s: %v", definition, got)
		}
	}
}

// wordGuard looks for one word.
type wordGuard string

func (g wordGuard) Holds(frame []byte) bool { return bytes.Contains(frame, []byte(g)) }
func (g wordGuard) Frame(frame []byte, _ bool) ([]byte, []string, error) {
	return bytes.ReplaceAll(frame, []byte(g), []byte("***")), []string{"word"}, nil
}
func (g wordGuard) Text(text []byte) ([]byte, []string) {
	if !g.Holds(text) {
		return text, nil
	}
	return bytes.ReplaceAll(text, []byte(g), []byte("***")), []string{"word"}
}

// However long a line is, and wherever it is read in parts, no part of what the guard looks for is shown.
func TestLongLinesOfAServerAreNotCutWithinASecret(t *testing.T) {
	const word = "ghp_A1b2C3d4E5f6G7h8I9j0"
	for name, text := range map[string]string{
		"short":          "token " + word,
		"with blanks":    strings.Repeat("some words ", maxStderr/11) + word + " end",
		"without blanks": strings.Repeat("x", maxStderr-10) + word + strings.Repeat("y", 2*maxStderr),
		"at the end":     strings.Repeat("x ", maxStderr) + word,
		"a blank late":   strings.Repeat("x", maxStderr+5) + " " + word + " end",
		"line feeds":     strings.Repeat("\n", 3*maxStderr) + word,
	} {
		for _, part := range []int{1, 7, 1000, 1 << 20} {
			var out bytes.Buffer
			CopyVisible(&out, &inParts{[]byte(text + "\nafter"), part}, wordGuard(word))
			for i := 0; i+6 <= len(word); i++ {
				if strings.Contains(out.String(), word[i:i+6]) {
					t.Fatalf("%s by %d: %q of it was shown", name, part, word[i:i+6])
				}
			}
			if !strings.HasSuffix(out.String(), "after\n") {
				t.Errorf("%s by %d: what came later is missing: %.200s", name, part, out.String())
			}
		}
	}
}

// inParts gives a text in parts of a size.
type inParts struct {
	text []byte
	size int
}

func (r *inParts) Read(b []byte) (int, error) {
	if len(r.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.text[:min(len(r.text), r.size)])
	r.text = r.text[n:]
	return n, nil
}
