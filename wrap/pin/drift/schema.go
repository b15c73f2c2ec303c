package drift

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// keyword compares one keyword of a schema.
func (c *comparison) keyword(p place, name string, old, new option) {
	at := p.below(name)
	switch name {
	case "title", "description", "$comment", "examples":
		c.add(Wording, at.path, old.text(), new.text())
		return
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "anyOf", "oneOf", "allOf", "prefixItems":
		if old.is && new.is && sameShape(old.val, new.val) {
			at.schema = schemas
			if name == "properties" {
				at.schema = properties
			}
			at.either = at.either || name == "oneOf"
			if name == "properties" || name == "patternProperties" || name == "$defs" || name == "definitions" || name == "dependentSchemas" {
				c.value(at, old.val, new.val)
				return
			}
			c.list(at, old.val, new.val)
			return
		}
		c.add(p.mixed(containerKind(name, old, new)), at.path, old.text(), new.text())
		return
	case "items", "contains", "if", "then", "else", "propertyNames", "unevaluatedItems", "additionalProperties", "unevaluatedProperties":
		if old.is && new.is && isObject(old.val) && isObject(new.val) && name != "if" && name != "contains" {
			at.schema = schema
			c.value(at, old.val, new.val)
			return
		}
	}
	c.add(p.mixed(keywordKind(name, old, new)), at.path, old.text(), new.text())
}

// list compares schemas of a list one by one.
func (c *comparison) list(at place, a, b any) {
	oldList, okA := a.([]any)
	newList, okB := b.([]any)
	if !okA || !okB || len(oldList) != len(newList) {
		c.add(Schema, at.path, text(a), text(b))
		return
	}
	at.schema = schema
	c.value(at, a, b)
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

// mixed is what a change of a kind is called at this place.
func (p place) mixed(k Kind) Kind {
	if p.either && (k == Wider || k == Narrower) {
		return Schema
	}
	return k
}

// presence is the kind of a schema that came or went among others.
func presence(among role, came bool) Kind {
	switch {
	case among != properties:
		return Schema
	case came:
		return Parameter
	}
	return Narrower
}

func sameShape(a, b any) bool {
	_, listA := a.([]any)
	_, listB := b.([]any)
	return isObject(a) && isObject(b) || listA && listB
}

// containerKind is the kind of a change to a keyword that holds schemas and came, went, or became something else.
func containerKind(name string, old, new option) Kind {
	switch {
	case name == "properties" && !old.is && isObject(new.val):
		return Parameter
	case name == "properties" && !new.is && isObject(old.val):
		return Narrower
	}
	return Schema
}

// keywordKind is what a change of one keyword does to the set of values that a schema takes.
func keywordKind(name string, old, new option) Kind {
	if !understood(name, old) || !understood(name, new) {
		return Schema
	}
	switch name {
	case "enum", "type":
		return unionKind(old, new)
	case "required":
		return turn(unionKind(asSet(old), asSet(new)))
	case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains":
		return boundKind(old, new)
	case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties":
		return boundKind(negated(old), negated(new))
	case "uniqueItems":
		return flagKind(old, new, Schema)
	case "additionalProperties", "unevaluatedProperties", "unevaluatedItems":
		closed := func(o option) bool { return o.is && o.val == false }
		open := func(o option) bool { return !o.is || o.val == true }
		switch {
		case closed(old) && open(new):
			return Wider
		case open(old) && closed(new):
			return Narrower
		}
	}
	return Schema
}

// understood tells whether a keyword is absent or has a value of the sort that it has to have: no text may hide in another one.
func understood(name string, o option) bool {
	list, isList := o.val.([]any)
	switch name {
	case "enum":
		return !o.is || isList
	case "required":
		return !o.is || isList && !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
	case "type":
		return !o.is || isList && !slices.ContainsFunc(list, func(v any) bool { return !isType(v) }) || isType(o.val)
	case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains",
		"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties":
		_, ok := number(o.val)
		return !o.is || ok
	}
	return true
}

func isType(v any) bool {
	name, ok := v.(string)
	return ok && slices.Contains([]string{"null", "boolean", "object", "array", "number", "string", "integer"}, name)
}

// flagKind compares flags that ask for more where they are true, and are false where they are absent.
func flagKind(old, new option, unclear Kind) Kind {
	off := func(o option) bool { return !o.is || o.val == false }
	switch {
	case off(old) && new.val == true:
		return Narrower
	case old.val == true && off(new):
		return Wider
	}
	return unclear
}

// turn exchanges wider and narrower.
func turn(k Kind) Kind {
	switch k {
	case Wider:
		return Narrower
	case Narrower:
		return Wider
	}
	return k
}

// asSet takes an absent list of required names for an empty one.
func asSet(o option) option {
	if !o.is {
		return option{[]any{}, true}
	}
	return o
}

// unionKind compares sets of alternatives. Where there is none, everything is taken.
func unionKind(old, new option) Kind {
	if !old.is {
		return Narrower
	}
	if !new.is {
		return Wider
	}
	a, b := set(old.val), set(new.val)
	gained, lost := false, false
	for v := range b {
		gained = gained || !a[v]
	}
	for v := range a {
		lost = lost || !b[v]
	}
	switch {
	case gained && !lost:
		return Wider
	case lost && !gained:
		return Narrower
	}
	return Schema
}

func set(v any) map[string]bool {
	out := map[string]bool{}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		if s, ok := item.(string); ok {
			out["s"+s] = true
		} else {
			out["j"+text(item)] = true
		}
	}
	return out
}

// boundKind compares upper bounds. A number that cannot be compared cheaply is not understood.
func boundKind(old, new option) Kind {
	switch {
	case !old.is:
		return Narrower
	case !new.is:
		return Wider
	}
	a, okA := number(old.val)
	b, okB := number(new.val)
	switch {
	case !okA || !okB || a == b:
		return Schema
	case a < b:
		return Wider
	}
	return Narrower
}

func negated(o option) option {
	n, ok := o.val.(json.Number)
	if !ok {
		return o
	}
	text := "-" + string(n)
	if rest, minus := strings.CutPrefix(string(n), "-"); minus {
		text = rest
	}
	return option{json.Number(text), o.is}
}

// number reads one; those that are not told apart as float64 count as not understood.
func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(n), 64)
	return f, err == nil
}
