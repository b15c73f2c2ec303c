package rules

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// maxList is how many elements of one list an expression gets to see. A running
// expression cannot be interrupted, so its work is bounded by what it is given.
const maxList = 10_000

var errLongList = fmt.Errorf("a list holds more than %d elements", maxList)

// iter walks the members of an object or the elements of an array. It trusts the
// strict reader: on bytes that are no JSON it panics, which denies.
type iter struct {
	b []byte
	i int
}

func newIter(raw []byte) iter {
	it := iter{b: raw}
	it.space()
	it.i++ // the opening bracket
	return it
}

func (it *iter) space() {
	for it.b[it.i] == ' ' || it.b[it.i] == '\t' || it.b[it.i] == '\n' || it.b[it.i] == '\r' {
		it.i++
	}
}

// more moves to the next member or element; false at the closing bracket.
func (it *iter) more() bool {
	it.space()
	if it.b[it.i] == ',' {
		it.i++
		it.space()
	}
	return it.b[it.i] != '}' && it.b[it.i] != ']'
}

// member gives the next key, decoded, and the raw value.
func (it *iter) member() (key, val []byte, ok bool) {
	if !it.more() {
		return nil, nil, false
	}
	start := it.i
	it.i = skipString(it.b, it.i)
	key = it.b[start+1 : it.i-1]
	if bytes.IndexByte(key, '\\') >= 0 {
		key = []byte(unquote(it.b[start:it.i]))
	}
	it.space()
	it.i++ // the colon
	return key, it.value(), true
}

// element gives the next raw element.
func (it *iter) element() (val []byte, ok bool) {
	if !it.more() {
		return nil, false
	}
	return it.value(), true
}

func (it *iter) value() []byte {
	it.space()
	start := it.i
	it.i = skipValue(it.b, it.i)
	return it.b[start:it.i]
}

// skipString gives the index behind the string that starts at b[i]. The closing quote is looked for again only where an escape passes
// the one that was found.
func skipString(b []byte, i int) int {
	i++
	for quote := -1; ; {
		if quote < i {
			quote = i + bytes.IndexByte(b[i:], '"')
		}
		bs := bytes.IndexByte(b[i:quote], '\\')
		if bs < 0 {
			return quote + 1
		}
		i += bs + 2
	}
}

// skipValue gives the index behind the value that starts at b[i].
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
	default:
		for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
			i++
		}
		return i
	}
	for depth := 0; ; i++ {
		switch b[i] {
		case '"':
			i = skipString(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// unquote decodes a raw JSON string.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	return gjson.ParseBytes(raw).Str
}

// object is a JSON object from the wire; members are decoded when asked for, and
// once for all rules.
type object struct {
	raw  []byte
	seen []decoded
}

type decoded struct {
	name string
	val  any
	err  error
}

// value gives a decoded member, and whether there is one.
func (o *object) value(name string) (v any, found bool, err error) {
	for i := range o.seen {
		if o.seen[i].name == name {
			return o.seen[i].val, true, o.seen[i].err
		}
	}
	raw := o.get(name)
	if raw == nil {
		return nil, false, nil
	}
	v, err = decode(raw)
	o.seen = append(o.seen, decoded{name, v, err})
	return v, true, err
}

// get gives the raw value of a member, nil where there is none.
func (o *object) get(name string) []byte {
	if o == nil || len(o.raw) == 0 {
		return nil
	}
	for it := newIter(o.raw); ; {
		key, val, ok := it.member()
		if !ok {
			return nil
		}
		if string(key) == name {
			return val
		}
	}
}

// decode turns a raw value into what expressions see: string, bool, int, float64,
// nil, []any, and *object.
func decode(raw []byte) (any, error) {
	switch raw[0] {
	case '"':
		return unquote(raw), nil
	case '{':
		return &object{raw: raw}, nil
	case 't':
		return true, nil
	case 'f':
		return false, nil
	case 'n':
		return nil, nil
	case '[':
		return decodeList(raw)
	}
	return decodeNumber(string(raw))
}

func decodeList(raw []byte) (any, error) {
	list := []any{}
	for it := newIter(raw); ; {
		val, ok := it.element()
		if !ok {
			return list, nil
		}
		if len(list) == maxList {
			return nil, errLongList
		}
		v, err := decode(val)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

var errNumber = errors.New("a number cannot be held exactly")

// decodeNumber gives an int where the value is one, else a float64 whose shortest
// spelling means the same number. Any other number could be judged as one value
// and executed as another.
func decodeNumber(s string) (any, error) {
	if n, err := strconv.ParseInt(s, 10, 0); err == nil {
		return int(n), nil
	}
	digits, exp := decimal(s)
	if exp >= 0 && exp < 20 && len(digits) < 21 {
		if n, err := strconv.ParseInt(digits+strings.Repeat("0", exp), 10, 0); err == nil {
			return int(n), nil
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, errNumber
	}
	if d, e := decimal(strconv.FormatFloat(f, 'e', -1, 64)); d != digits || e != exp {
		return nil, errNumber
	}
	return f, nil
}

// decimal gives the significant digits of a JSON number, with its sign, and the
// power of ten of the last one. Zero is "0" and 0.
func decimal(s string) (digits string, exp int) {
	mantissa := s
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa = s[:i]
		exp, _ = strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	all := whole + frac
	exp -= len(frac)
	trimmed := strings.TrimRight(all, "0")
	exp += len(all) - len(trimmed)
	if trimmed = strings.TrimLeft(trimmed, "0"); trimmed == "" {
		return "0", 0
	}
	return sign + trimmed, exp
}
