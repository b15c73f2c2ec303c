package rules

import "testing"

func TestPacksPassTheirTests(t *testing.T) {
	p, err := Load(open(nil))
	if err != nil {
		t.Fatal(err)
	}
	results := p.Test(testFacts)
	for _, r := range results {
		if !r.OK() {
			t.Error(r)
		}
	}
	if len(results) < 20 {
		t.Errorf("only %d tests ran", len(results))
	}
}
