package wrap

import "testing"

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
