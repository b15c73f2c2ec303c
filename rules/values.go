package rules

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// kindOf names the JSON kind of a decoded value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "true or false"
	case int, float64:
		return "a number"
	case *object:
		return "an object"
	}
	if reflect.TypeOf(v).Kind() == reflect.Slice {
		return "a list"
	}
	return "something else"
}

var errNull = errors.New("a value is null; compare it with nil first")

func notNull(v any) (any, error) {
	if v == nil {
		return nil, errNull
	}
	return v, nil
}

// get gives the member of an object or the element of a list. An absent one is an
// error, and so is null, unless the expression compares it with nil.
func get(from, key any, null bool) (any, error) {
	var v any
	var err error
	switch from := from.(type) {
	case *object:
		name, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("an object has names, not %s", kindOf(key))
		}
		var found bool
		if v, found, err = from.value(name); !found {
			return nil, fmt.Errorf("there is no %q", name)
		}
	case []any:
		i, ok := key.(int)
		if !ok || i < 0 || i >= len(from) {
			return nil, fmt.Errorf("the list has no such element")
		}
		v = from[i]
	default:
		return nil, fmt.Errorf("%s has no members", kindOf(from))
	}
	if err == nil && v == nil && !null {
		return nil, errNull
	}
	return v, err
}

// equal compares values of one kind; two kinds are an error, since a server may
// take "true" for true.
func equal(a, b any) (bool, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x == y, nil
		}
	case bool:
		if y, ok := b.(bool); ok {
			return x == y, nil
		}
	case int:
		switch y := b.(type) {
		case int:
			return x == y, nil
		case float64: // decoded numbers that are whole are int
			return float64(x) == y && int(y) == x, nil
		}
	case float64:
		switch y := b.(type) {
		case float64:
			return x == y, nil
		case int:
			return equal(b, a)
		}
	}
	return false, fmt.Errorf("%s is compared with %s", kindOf(a), kindOf(b))
}

// in tells whether needle is a member name of an object or an element of a list.
func (f *frame) in(needle, where any) (bool, error) {
	switch w := where.(type) {
	case *object:
		name, ok := needle.(string)
		if !ok {
			return false, fmt.Errorf("an object has names, not %s", kindOf(needle))
		}
		return w.get(name) != nil, nil
	case nil:
		return false, errNull
	}
	list := reflect.ValueOf(where)
	if list.Kind() != reflect.Slice {
		return false, fmt.Errorf("%s holds nothing; use contains for text", kindOf(where))
	}
	if err := f.charge(list.Len()); err != nil {
		return false, err
	}
	var mixed error
	for i := range list.Len() {
		same, err := equal(needle, list.Index(i).Interface())
		if same {
			return true, nil
		}
		if mixed == nil {
			mixed = err
		}
	}
	return false, mixed
}

// notVacuous is chargeList for all(…): of nothing everything is true, which must not
// allow anything.
func (f *frame) notVacuous(v any) error {
	if f.allowing && v != nil {
		if l := reflect.ValueOf(v); l.Kind() == reflect.Slice && l.Len() == 0 {
			f.vacuous = true
			return errVacuous
		}
	}
	return f.chargeList(v)
}

var errVacuous = errors.New("all(…) of nothing")

func (f *frame) chargeList(v any) error {
	switch l := v.(type) {
	case []string:
		return f.charge(len(l))
	case []any:
		return f.charge(len(l))
	case nil:
		return errNull
	}
	if l := reflect.ValueOf(v); l.Kind() == reflect.Slice {
		return f.charge(l.Len())
	}
	return fmt.Errorf("a list is needed, not %s", kindOf(v))
}

var errNoResult = errors.New("there is no result")

func (a *answer) object() (*object, error) {
	if len(a.raw) == 0 || a.raw[0] != '{' {
		return nil, errNoResult
	}
	return &object{raw: a.raw}, nil
}

// text gives the text contents of a result, one below the other, or the message of
// an error.
func (a *answer) text() (string, error) {
	o, err := a.object()
	if err != nil {
		return "", err
	}
	if isErrorObject(o) {
		if m := o.get("message"); m[0] == '"' {
			return unquote(m), nil
		}
	}
	var parts []string
	for _, at := range []string{"content", "contents"} {
		raw := o.get(at)
		if raw == nil || raw[0] != '[' {
			continue
		}
		for it := newIter(raw); ; {
			e, ok := it.element()
			if !ok {
				break
			}
			parts = appendText(parts, e)
		}
	}
	return strings.Join(parts, "\n"), nil
}

// appendText adds the text of one content block, or of the resource in it.
func appendText(parts []string, block []byte) []string {
	if block[0] != '{' {
		return parts
	}
	o := &object{raw: block}
	if t := o.get("text"); t != nil && t[0] == '"' {
		parts = append(parts, unquote(t))
	}
	if r := o.get("resource"); r != nil {
		parts = appendText(parts, r)
	}
	return parts
}

func (a *answer) structured() (any, error) {
	o, err := a.object()
	if err != nil {
		return nil, err
	}
	raw := o.get("structuredContent")
	if raw == nil {
		return nil, errors.New("the result has no structured content")
	}
	v, err := decode(raw)
	if err == nil && v == nil {
		return nil, errNull
	}
	return v, err
}

func (a *answer) failed() (bool, error) {
	o, err := a.object()
	if err != nil {
		return false, err
	}
	if e := o.get("isError"); e != nil {
		return e[0] == 't', nil
	}
	return isErrorObject(o), nil
}

func isErrorObject(o *object) bool {
	return o.get("code") != nil && o.get("message") != nil && o.get("content") == nil
}
