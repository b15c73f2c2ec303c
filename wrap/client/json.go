package client

import (
	"encoding/json"
	"fmt"

	"github.com/tailscale/hujson"
)

// readJSON reads JSON with comments and trailing commas.
func readJSON(data []byte) (*node, error) {
	v, err := hujson.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("it is no JSON: %v", err)
	}
	return jsonNode(&v), nil
}

func jsonNode(v *hujson.Value) *node {
	n := &node{start: v.StartOffset, end: v.EndOffset}
	switch x := v.Value.(type) {
	case *hujson.Object:
		n.kind = object
		for i := range x.Members {
			name, _ := x.Members[i].Name.Value.(hujson.Literal)
			n.members = append(n.members, member{name.String(), jsonNode(&x.Members[i].Value)})
		}
	case *hujson.Array:
		n.kind = list
		for i := range x.Elements {
			n.elements = append(n.elements, jsonNode(&x.Elements[i]))
		}
	case hujson.Literal:
		n.text = string(x)
		if x.Kind() == '"' {
			n.kind, n.text = text, x.String()
		}
	}
	return n
}

// quote writes a string as JSON, TOML and YAML read it alike: in double quotes.
func quote(s string) (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}
