package rules

import (
	"strings"
	"testing"
)

func TestPinningIsWhatTheFilesSay(t *testing.T) {
	load := func(text string) (*Policy, error) {
		return Load(open(map[string]string{"rules.yaml": text}), Source{Path: "rules.yaml", Trust: User})
	}
	p, err := load("version: 1\nfirst_sight: hold\ndrift: {wording: pass, hint: pass}\nservers: {a: {first_sight: accept, drift: {hint: hold}}}\n")
	if err != nil {
		t.Fatal(err)
	}
	a, b := p.View("a", ""), p.View("b", "")
	if a.FirstSight() != "accept" || b.FirstSight() != "hold" || !a.DriftPasses("wording") || a.DriftPasses("hint") || !b.DriftPasses("hint") || b.DriftPasses("added") {
		t.Errorf("a: %s, b: %s", a.FirstSight(), b.FirstSight())
	}
	if p, err := load("version: 1\n"); err != nil || p.View("a", "").FirstSight() != "show" || p.View("a", "").DriftPasses("wording") {
		t.Errorf("without a word: %v", err)
	}
	for text, want := range map[string]string{
		"first_sight: always":                       "always",
		"drift: {package: pass}":                    "package",
		"drift: {wording: yes}":                     "wording",
		"drift: {wording: pass, wording: hold}":     "wording",
		"servers: {a: {drift: {executable: pass}}}": "executable",
	} {
		if _, err := load("version: 1\n" + text + "\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Load(open(map[string]string{"f.yaml": "version: 1\nfirst_sight: accept\n"}), Source{Path: "f.yaml"}); err == nil {
		t.Error("a file of a working folder loosens the first sight")
	}
}
