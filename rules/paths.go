package rules

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func slashed(s string) string { return strings.ReplaceAll(s, `\`, "/") }

// rooted tells whether a string begins like a path that does not depend on where
// one stands, or says in so many words that it is a relative one.
func rooted(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '/', '~', '\\':
		return true
	case '.':
		return hasAnyPrefix(s, "./", "../", `.\`, `..\`) || s == ".."
	case '$', '%':
		return homeVariable(s) != ""
	}
	return drive(s) || fileURI(s)
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// drive tells "C:\x" and "C:/x".
func drive(s string) bool {
	return len(s) >= 3 && s[1] == ':' && (s[2] == '/' || s[2] == '\\') && (s[0]|0x20) >= 'a' && (s[0]|0x20) <= 'z'
}

func fileURI(s string) bool { return len(s) >= 5 && strings.EqualFold(s[:5], "file:") }

// homeVariable gives the spelling of the home folder that s begins with, or "".
func homeVariable(s string) string {
	for _, v := range []string{"~", "$HOME", "${HOME}", "%USERPROFILE%", "%HOME%"} {
		if len(s) >= len(v) && strings.EqualFold(s[:len(v)], v) &&
			(len(s) == len(v) || s[len(v)] == '/' || s[len(v)] == '\\') {
			return s[:len(v)]
		}
	}
	return ""
}

// forms gives every absolute path that s may come to mean: as written and with
// symlinks resolved, and the same for the readings that a server or a file system
// may give it (percent-encoding, backslashes, outer blanks, a NUL that ends it).
func (f *frame) forms(s string) []string {
	var out []string
	add := func(p string) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	place := func(abs string) {
		clean := cleanPath(abs)
		add(clean)
		if f.facts.Resolve == nil {
			return
		}
		// Cleaning "link/.." takes away a step that the file system would go
		// through, so both orders count.
		add(f.resolve(clean))
		if abs != clean {
			add(f.resolve(abs))
		}
	}
	for _, reading := range readings(s) {
		place(f.absolute(reading))
		if v := homeVariable(reading); v != "" && f.facts.OtherHome != "" {
			place(filepath.ToSlash(f.facts.OtherHome) + "/" + reading[len(v):])
		}
		if relative(reading) { // servers have folders of their own to start from
			for _, root := range f.facts.Roots {
				place(filepath.ToSlash(root) + "/" + reading)
			}
			for _, start := range f.starts {
				place(start + "/" + reading)
			}
		}
		if drive(reading) { // a folder called "C:" to all but Windows
			place(filepath.ToSlash(f.facts.Cwd) + "/" + reading)
		}
	}
	return out
}

// cleanPath is path.Clean that knows of drives.
func cleanPath(p string) string {
	if drive(p) {
		return p[:2] + path.Clean("/"+p[3:])
	}
	return path.Clean(p)
}

func (f *frame) resolve(p string) string {
	real := f.facts.Resolve(filepath.FromSlash(p))
	f.lost = f.lost || real == ""
	return cleanPath(filepath.ToSlash(real))
}

// meanings is forms for what came over the wire.
func (f *frame) meanings(s string) ([]string, error) {
	if len(s) > maxPath {
		return nil, errLongPath
	}
	if slices.ContainsFunc(readings(s), otherHome) {
		return nil, errOtherHome
	}
	if err := f.findStarts(); err != nil {
		return nil, err
	}
	f.lost = false
	forms := f.forms(s)
	if f.lost {
		return nil, errors.New("a path goes through too many links")
	}
	return forms, nil
}

// relative tells whether where one stands decides what a path means.
func relative(p string) bool {
	return !strings.HasPrefix(p, "/") && homeVariable(p) == "" && !drive(p)
}

// otherHome tells "~user" and "~user/x": whose folder that is only the account
// database knows.
func otherHome(p string) bool {
	if len(p) < 3 || p[0] != '~' {
		return false
	}
	name, _, below := strings.Cut(slashed(p[1:]), "/")
	return below && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

var errOtherHome = errors.New("a path begins in another user's home; write it out")

// unbroken takes out the tabs and line ends that readers of URIs ignore.
var unbroken = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// trimmed takes off what readers of URIs and paths ignore at both ends.
func trimmed(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' || r == 0xfeff || unicode.IsSpace(r) })
}

// maxPath is the longest string that is looked at as a path, in bytes; the longest
// that Linux opens has 4096.
const maxPath = 8 << 10

var errLongPath = fmt.Errorf("a path has more than %d bytes", maxPath)

func readings(s string) []string {
	all := []string{s}
	if fileURI(s) {
		all[0] = uriPath(s)
	}
	add := func(r string) {
		if r != "" && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	// What stands before a URI or path is dropped by some readers, tabs and line ends
	// within one by others; a query or a fragment is no part of the name to most.
	for _, t := range []string{s, trimmed(s), trimmed(unbroken.Replace(s))} {
		if !fileURI(t) {
			add(t)
			continue
		}
		add(uriPath(t))
		add(percentDecoded(strings.TrimLeft(slashed(t[len("file:"):]), "/")))
		if i := strings.IndexAny(t, "?#"); i >= 0 {
			add(uriPath(t[:i]))
		}
	}
	add(strings.TrimSpace(all[0]))
	for range 2 { // encoded twice is decoded twice by a proxy and its server
		for _, r := range all {
			if strings.IndexByte(r, '%') >= 0 {
				add(percentDecoded(r))
			}
		}
	}
	for _, r := range all {
		if before, _, found := strings.Cut(r, "\x00"); found {
			add(before)
		}
	}
	for _, r := range all {
		if strings.IndexByte(r, '\\') >= 0 {
			add(slashed(r))
		}
	}
	for _, r := range all {
		if strings.ContainsFunc(r, func(c rune) bool { return c >= utf8.RuneSelf }) {
			add(norm.NFC.String(r)) // some servers look for the one after the other
			add(norm.NFD.String(r))
		}
	}
	return all
}

func percentDecoded(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if d, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(d)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// uriPath gives the path of a file: URI, whatever its authority and number of
// slashes; a query or a fragment stays, as part of the name.
func uriPath(s string) string {
	p := slashed(s[len("file:"):])
	if rest, ok := strings.CutPrefix(p, "//"); ok {
		i := strings.IndexByte(rest, '/')
		if i < 0 || hasAnyPrefix(rest, "~", ".", "$", "%") || drive(rest) {
			p = rest
		} else {
			p = rest[i:]
		}
	}
	p = percentDecoded(p)
	if len(p) > 1 && p[0] == '/' && (drive(p[1:]) || homeVariable(p[1:]) != "") {
		p = p[1:]
	}
	return p
}

// absolute expands the home folder and puts Cwd before what is relative; it does
// not clean.
func (f *frame) absolute(p string) string {
	if v := homeVariable(p); v != "" {
		return filepath.ToSlash(f.facts.Home) + "/" + p[len(v):]
	}
	if strings.HasPrefix(p, "/") || drive(p) {
		return p
	}
	return filepath.ToSlash(f.facts.Cwd) + "/" + p
}
