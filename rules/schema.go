package rules

import "encoding/json"

// Schema gives the JSON Schema (draft 2020-12) of rule files, for editors. It knows the shape of a file; what expressions mean, only
// Load knows.
func Schema() []byte {
	top := fileShape.schema()
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "sallyport rules"
	out, err := json.MarshalIndent(top, "", "  ")
	if err != nil {
		panic(err) // maps of strings
	}
	return append(out, '\n')
}

func (s *shape) schema() map[string]any {
	out := map[string]any{}
	if s.kind != "" {
		out["type"] = s.kind
	}
	if s.doc != "" {
		out["description"] = s.doc
	}
	if s.words != nil {
		out["enum"] = s.words
	}
	if s.size != [2]uint64{} {
		out["minimum"], out["maximum"] = s.size[0], s.size[1]
	}
	var or []any
	for _, o := range s.or {
		or = append(or, o.schema())
	}
	if or != nil {
		out["anyOf"] = or
	}
	if s.must != nil {
		out["required"] = s.must
	}
	switch {
	case s.kind == "array" && s.each != nil:
		out["items"] = s.each.schema()
	case s.kind == "object":
		s.members(out)
	}
	return out
}

func (s *shape) members(out map[string]any) {
	if s.keys != nil {
		props := map[string]any{}
		for _, k := range s.keys {
			props[k.name] = k.val.schema()
		}
		out["properties"] = props
	}
	if s.each != nil {
		out["additionalProperties"] = s.each.schema()
	} else {
		out["additionalProperties"] = false
	}
}
