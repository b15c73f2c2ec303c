package rules

import (
	"bytes"
	"strings"
)

// collector gathers the canonical paths of a value.
type collector struct {
	frame *frame
	out   []string
	size  int // bytes of out
}

// maxForms bounds what all paths of a frame take, in bytes.
const maxForms = 4 << 20

func (c *collector) value(v any) error {
	switch v := v.(type) {
	case string:
		return c.path(v)
	case *object:
		return c.object(v.raw, false)
	case []any:
		for _, e := range v {
			if err := c.value(e); err != nil {
				return err
			}
		}
	case []string:
		for _, e := range v {
			if err := c.path(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// object walks the members; inherited says that the object stands at a key that
// names paths, where keys may be paths as well ({"files": {"a.txt": "…"}}).
func (c *collector) object(raw []byte, inherited bool) error {
	if err := c.frame.keys.enter(raw); err != nil {
		return err
	}
	for it := newIter(raw); ; {
		key, val, ok := it.member()
		if !ok {
			return nil
		}
		kind := c.frame.keys.of(key).path()
		if inherited && kind != contentKey {
			kind = pathKey
			if bytes.ContainsAny(key, `/\.~`) {
				if err := c.path(string(key)); err != nil {
					return err
				}
			}
		}
		if err := c.raw(val, kind); err != nil {
			return err
		}
	}
}

func (c *collector) raw(val []byte, kind keyKind) error {
	switch val[0] {
	case '{':
		return c.object(val, kind == pathKey)
	case '[':
		if err := c.frame.keys.enter(val); err != nil {
			return err
		}
		for it := newIter(val); ; {
			e, ok := it.element()
			if !ok {
				return nil
			}
			if err := c.raw(e, kind); err != nil {
				return err
			}
		}
	case '"':
		if kind == contentKey {
			return nil
		}
		if kind == pathKey || pathShaped(val, kind == looseKey) {
			if s := unquote(val); !webAddress(s) {
				return c.path(s)
			}
		}
	}
	return nil
}

// pathShaped looks at a raw string without decoding what is plainly no path.
func pathShaped(val []byte, loose bool) bool {
	if len(val) < 3 {
		return false
	}
	in := val[1 : len(val)-1]
	switch in[0] {
	case '/', '~', '.', '$', '%', '\\', ' ', '\t', 0xef:
	default:
		if !loose && !(len(in) > 2 && in[1] == ':') && (in[0]|0x20 != 'f' || len(in) < 5) {
			return false
		}
	}
	s := unquote(val)
	if fileURI(strings.TrimSpace(unbroken.Replace(s))) {
		return true
	}
	t := trimmed(s)
	if strings.Contains(t, "\n") && !strings.Contains(slashed(t), "/..") {
		return false // a text, that cannot be cleaned into another path either
	}
	return rooted(t) || loose && (strings.ContainsAny(s, `/\`) || s != "" && s[0] == '.')
}

func webAddress(s string) bool {
	return len(s) > 7 && (strings.EqualFold(s[:7], "http://") || len(s) > 8 && strings.EqualFold(s[:8], "https://"))
}

func (c *collector) path(s string) error {
	if s == "" {
		return nil
	}
	forms, err := c.frame.meanings(s)
	if err != nil {
		return err
	}
	c.out = append(c.out, forms...)
	for _, form := range forms {
		c.size += len(form)
	}
	if len(c.out) > maxList || c.size > maxForms {
		return errLongList
	}
	return nil
}
