package rules

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"path"
	"slices"
	"strings"
	"testing"
)

// links are the symlinks of a machine that does not exist.
type links map[string]string

func (l links) resolve(p string) string {
	for range 40 {
		next := l.step(path.Clean(p))
		if next == path.Clean(p) {
			return next
		}
		p = next
	}
	return ""
}

func (l links) step(p string) string {
	parts := strings.Split(p, "/")
	for i := range parts {
		if to, ok := l[strings.Join(parts[:i+1], "/")]; ok {
			return path.Join(to, strings.Join(parts[i+1:], "/"))
		}
	}
	return p
}

func machine(l links) Facts {
	return Facts{Home: "/home/u", Cwd: "/home/u/work", Resolve: l.resolve}
}

var usualLinks = links{"/home/u/work/out": "/etc", "/home/u/work/in": "/home/u/work/src", "/home/u/work/src/up": "/home/u"}

// oracle says, from the words of a scope and nothing else, whether a call is one of those that they mean.
type oracle struct {
	words string
	own   map[string]any
	leads map[string]string // where paths of the own call led
	now   links
}

func (o *oracle) covers(call map[string]any) bool {
	said := map[string]bool{}
	for line := range strings.SplitSeq(o.words, "\n") {
		names, rest, _ := strings.Cut(line, ": ")
		switch {
		case strings.HasPrefix(line, "all calls of "):
			return true
		case line == "no other arguments", line == "no arguments":
		case strings.HasPrefix(line, "exactly these arguments: "):
			for name := range strings.SplitSeq(rest, ", ") {
				said[name] = true
				if !o.unchanged(name, call) {
					return false
				}
			}
		case strings.HasSuffix(line, ": exactly as in this call; no other arguments"):
			for name := range strings.SplitSeq(names, ", ") {
				said[name] = true
				if !o.unchanged(name, call) {
					return false
				}
			}
		case rest == "any text":
			for name := range strings.SplitSeq(names, ", ") {
				said[name] = true
				if !anyText(call[name]) {
					return false
				}
			}
		case strings.HasSuffix(line, ", as now"):
		case strings.HasSuffix(line, " or below, nothing hidden"):
			name, where, _ := strings.Cut(strings.TrimSuffix(line, " or below, nothing hidden"), " in ")
			said[name] = true
			if !o.inside(call[name], strings.Split(where, " or ")) {
				return false
			}
		case strings.Contains(line, " at http"):
			name, site, _ := strings.Cut(line, " at ")
			said[name] = true
			text, ok := call[name].(string)
			if !ok || text != site && !strings.HasPrefix(text, site+"/") {
				return false
			}
		default:
			panic("words that nobody knows: " + line)
		}
	}
	for name := range call {
		if !said[name] {
			return false
		}
	}
	return len(call) == len(said)
}

func (o *oracle) unchanged(name string, call map[string]any) bool {
	was, ok := call[name]
	if !ok || !alike(was, o.own[name]) {
		return false
	}
	to, ok := o.leads[name]
	return !ok || o.now.resolve(absolute(was.(string))) == to
}

func absolute(p string) string {
	if strings.HasPrefix(p, "/") {
		return p
	}
	return "/home/u/work/" + p
}

// inside tells whether what a path names is in one of the folders, as a kernel goes through it.
func (o *oracle) inside(v any, dirs []string) bool {
	switch v := v.(type) {
	case string:
		if v == "" || strings.ContainsAny(v, "*?{}$~%:\x00\n") {
			return false
		}
		if slashes := strings.ReplaceAll(v, `\`, "/"); slashes != v && !o.inside(slashes, dirs) {
			return false
		}
		real := o.now.resolve(absolute(v))
		return slices.ContainsFunc(dirs, func(d string) bool {
			return real == d || strings.HasPrefix(real, d+"/") && !strings.Contains(real[len(d):], "/.")
		})
	case []any:
		return len(v) > 0 && !slices.ContainsFunc(v, func(e any) bool { _, ok := e.(string); return !ok || !o.inside(e, dirs) })
	}
	return false
}

// anyText tells content: a string, or changes that are made of strings with names that say so.
func anyText(v any) bool {
	switch v := v.(type) {
	case string:
		return true
	case []any:
		return len(v) > 0 && !slices.ContainsFunc(v, func(e any) bool {
			o, ok := e.(map[string]any)
			for name, m := range o {
				_, text := m.(string)
				ok = ok && text && (name == "oldText" || name == "newText")
			}
			return !ok
		})
	}
	return false
}

func alike(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		n, ok := b.(json.Number)
		x, ok1 := new(big.Rat).SetString(a.String())
		y, ok2 := new(big.Rat).SetString(n.String())
		return ok && ok1 && ok2 && x.Cmp(y) == 0
	case []any:
		list, ok := b.([]any)
		return ok && slices.EqualFunc(a, list, alike)
	case map[string]any:
		m, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, m, alike)
	}
	return a == b
}

func membersOf(t testing.TB, raw []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return m
}

func encoded(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(v)
	return bytes.TrimSpace(b.Bytes())
}
