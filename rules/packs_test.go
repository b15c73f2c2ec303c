package rules

import (
	"os"
	"testing"
)

// TestPacksPassTheirTests runs testdata/packs. The tests are not in the packs, so that a start does not read them.
func TestPacksPassTheirTests(t *testing.T) {
	for _, name := range Packs() {
		t.Run(name, func(t *testing.T) {
			p, err := Load(os.ReadFile, Source{Path: "testdata/packs/" + name + ".yaml", Trust: User})
			if err != nil {
				t.Fatal(err)
			}
			results := p.Test(testFacts)
			for _, r := range results {
				if !r.OK() {
					t.Error(r)
				}
			}
			if len(results) < 3 {
				t.Errorf("only %d tests ran", len(results))
			}
		})
	}
}
