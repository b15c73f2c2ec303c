package rules

import (
	"bytes"
	"strings"
)

// Keys are read as words ("filePath", "file-path" and "FILE_PATH" are file and
// path). The last word decides about contents, any word about paths.
var (
	contentWords = words(`content contents text texts body data message messages markdown html
		xml json csv diff patch string str description comment comments summary prompt
		observation observations instruction instructions blob base64 bytes title subject`)
	pathWords = words(`path paths pathname file files filename filenames filepath filepaths
		dir dirs directory directories folder folders root roots cwd workdir source sources
		src destination destinations dest dst uri uris notebook attachment attachments
		pathnames basedir rootdir outdir`)
	looseWords = words(`from to input inputs output outputs target targets location locations
		name names repo repository workspace project image images document documents database
		db key identity cert certificate config log link ref module entry item items include`)
	commandWords = words(`command commands cmd cmds commandline script scripts shell bash sh
		zsh powershell exec run argv args arguments code`)
)

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// keyKind says what a key's value is to us.
type keyKind uint8

const (
	plainKey   keyKind = iota
	looseKey           // a path where the value has the shape of one
	pathKey            // always a path
	contentKey         // never a path
)

func kindOfKey(key []byte) keyKind {
	kind := plainKey
	last := eachWord(key, func(w []byte) {
		switch {
		case pathWords[string(w)]:
			kind = pathKey
		case kind == plainKey && looseWords[string(w)]:
			kind = looseKey
		}
	})
	if contentWords[string(last)] {
		return contentKey
	}
	return kind
}

func isCommandKey(key []byte) bool {
	found := false
	eachWord(key, func(w []byte) { found = found || commandWords[string(w)] })
	return found
}

// eachWord calls f with the lower-case words of a key and gives the last one. Keys
// of more than 64 bytes are cut, since words that matter are short.
func eachWord(key []byte, f func([]byte)) (last []byte) {
	var buf [64]byte
	w := buf[:0]
	flush := func() {
		if len(w) > 0 {
			f(w)
			last = w
		}
	}
	prevLower := false
	for _, c := range key[:min(len(key), len(buf))] {
		upper := c >= 'A' && c <= 'Z'
		letter := upper || c >= 'a' && c <= 'z' || c >= 0x80
		if !letter && (c < '0' || c > '9') || upper && prevLower {
			flush()
			w = w[len(w):]
		}
		if letter {
			if upper {
				c |= 0x20
			}
			w = append(w, c)
		}
		prevLower = letter && !upper
	}
	flush()
	return last
}

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
	for it := newIter(raw); ; {
		key, val, ok := it.member()
		if !ok {
			return nil
		}
		kind := kindOfKey(key)
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
