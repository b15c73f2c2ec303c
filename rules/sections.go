package rules

import (
	"fmt"
	"math"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// read takes in the sections of one file.
func (l *loader) read(src *source, data []byte) error {
	node, err := src.parse(data)
	if err != nil {
		return err
	}
	entries, err := src.mapping(node, "a rule file")
	if err != nil {
		return err
	}
	if err := src.checkKeys(entries); err != nil {
		return err
	}
	read := map[string]func(*source, entry) error{
		"version": l.version, "include": l.includes, "use": l.uses, "off": l.offs, "default": l.defaults,
		"servers": l.servers, "limits": l.limits,
		"first_sight": func(s *source, e entry) error { return l.firstSight(s, e, "first_sight", &l.policy.pinning) },
		"drift":       func(s *source, e entry) error { return l.drift(s, e, "drift", &l.policy.pinning) },
		"log":         l.logs, "approve": l.approvals, "secrets": l.secrets, "rules": l.rules, "tests": l.tests, "grants": l.grants,
	}
	for _, e := range entries {
		if err := read[e.key](src, e); err != nil {
			return err
		}
	}
	return nil
}

// What a file that is not the user's own may hold.
var (
	folderKeys  = []string{"version", "rules", "tests"}
	packKeys    = []string{"version", "servers", "rules", "tests"}
	answersKeys = []string{"version", "grants", "tests"}
)

func (s *source) checkKeys(entries []entry) error {
	all := fileShape.names()
	known := slices.DeleteFunc(slices.Clone(all), func(k string) bool { return k == "grants" })
	switch {
	case s.pack != "":
		known = packKeys
	case s.trust == Answers:
		known = answersKeys
	}
	version := false
	for _, e := range entries {
		version = version || e.key == "version"
		switch {
		case s.trust == Folder && !slices.Contains(folderKeys, e.key) && slices.Contains(all, e.key):
			return e.pos.errorf("it may have come with a cloned repository; write this into your own rules",
				"%q is not taken from the rule file of a working folder", e.key)
		case e.key == "grants" && s.trust == User && s.pack == "":
			return e.pos.errorf("they stand in answers.yaml, beside your rules.yaml", "a rule file holds no grants")
		case s.trust == Answers && !slices.Contains(known, e.key) && slices.Contains(all, e.key):
			return e.pos.errorf("write this into rules.yaml", "%q is not taken from the file of answers", e.key)
		case !slices.Contains(known, e.key):
			return e.unknownKey("", known)
		}
	}
	if !version {
		return position{s, 1, 1}.errorf(`begin the file with "version: 1"`, "there is no version")
	}
	return nil
}

func (l *loader) version(s *source, e entry) error {
	v, err := s.integer(e.val, "version")
	if err != nil {
		return err
	}
	if v != 1 {
		return s.nodePos(e.val).errorf("this sallyport reads version 1", "unknown version %d", v)
	}
	return nil
}

func (l *loader) includes(s *source, e entry) error {
	files, err := s.words(e.val, "include")
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := l.include(s, f); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) uses(s *source, e entry) error {
	packs, err := s.words(e.val, "use")
	l.use, l.useSet = append(l.use, packs...), true
	return err
}

func (l *loader) offs(s *source, e entry) error {
	names, err := s.words(e.val, "off")
	l.off = append(l.off, names...)
	return err
}

func (l *loader) defaults(s *source, e entry) error {
	entries, err := s.mapping(e.val, "default")
	if err != nil {
		return err
	}
	for _, c := range entries {
		i := slices.Index(classNames[:], c.key)
		if i <= int(Unknown) {
			return c.unknownKey(" in default", classNames[Read:])
		}
		if err := l.once("default."+c.key, c.pos); err != nil {
			return err
		}
		a, err := s.action(c.val)
		if err != nil {
			return err
		}
		l.policy.defaults[i] = defaultEntry{a, c.pos.at()}
	}
	return nil
}

func (s *source) action(n ast.Node) (Action, error) {
	w, err := s.word(n, "an action")
	if err != nil {
		return Deny, err
	}
	i, err := w.choose("action", actionNames[:])
	return Action(i), err
}

func (l *loader) servers(s *source, e entry) error {
	servers, err := s.mapping(e.val, "servers")
	if err != nil {
		return err
	}
	for _, server := range servers {
		err := error(nil)
		if server.key == "only" {
			err = l.only(s, server)
		} else {
			err = l.server(s, server)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// only reads `only: pinned`, which refuses every server without an accepted pin.
func (l *loader) only(s *source, e entry) error {
	if s.pack != "" {
		return e.unknownKey(" in a pack", nil)
	}
	w, err := s.word(e.val, "only")
	if err != nil {
		return err
	}
	if _, err := w.choose("kind of server", []string{"pinned"}); err != nil {
		return err
	}
	l.policy.onlyPinned = true
	return l.once("servers.only", e.pos)
}

func (l *loader) server(s *source, server entry) error {
	entries, err := s.mapping(server.val, fmt.Sprintf("the server %q", server.key))
	if err != nil {
		return err
	}
	known := serverShape.names()
	if s.pack != "" {
		known = []string{"classes"}
	}
	config := l.policy.servers[server.key]
	for _, e := range entries {
		if !slices.Contains(known, e.key) {
			return e.unknownKey(fmt.Sprintf(" of the server %q", server.key), known)
		}
		what := fmt.Sprintf("servers.%s.%s", server.key, e.key)
		switch e.key {
		case "classes":
			err = l.classes(s, server.key, e)
		case "like":
			config.Like, err = l.like(s, what, e)
		case "env":
			config.Env, err = l.env(s, what, e, config.Env)
		case "args":
			if err = l.once(what, e.pos); err == nil {
				config.Args, err = s.arguments(e.val, what)
			}
		case "places":
			config.Places, err = l.places(s, what, e, config.Places)
		case "first_sight":
			err = l.firstSight(s, e, what, &config.pinning)
		case "drift":
			err = l.drift(s, e, what, &config.pinning)
		case "observe":
			if err = l.once(what, e.pos); err == nil {
				config.Observe, err = s.boolean(e.val, what)
			}
		case "rules":
			var files []word
			files, err = s.words(e.val, what)
			for _, f := range files {
				config.Rules = append(config.Rules, f.text)
			}
		}
		if err != nil {
			return err
		}
	}
	l.policy.servers[server.key] = config
	return nil
}

// like reads the name of the server whose classes and pack rules hold for this one too.
func (l *loader) like(s *source, what string, e entry) (string, error) {
	if err := l.once(what, e.pos); err != nil {
		return "", err
	}
	w, err := s.word(e.val, what)
	if err == nil && w.text == "" {
		err = w.pos.errorf("", "%s names a server", what)
	}
	l.likes = append(l.likes, w)
	return w.text, err
}

func (l *loader) places(s *source, what string, e entry, m map[string]string) (map[string]string, error) {
	known := placesShape.names()
	entries, err := s.mapping(e.val, what)
	for _, p := range entries {
		if !slices.Contains(known, p.key) {
			return nil, p.unknownKey(" in places", known)
		}
	}
	if err != nil {
		return nil, err
	}
	return l.texts(s, what, e, m)
}

// texts reads a mapping of names to texts on top of m.
func (l *loader) texts(s *source, what string, e entry, m map[string]string) (map[string]string, error) {
	entries, err := s.mapping(e.val, what)
	if err != nil {
		return nil, err
	}
	if m == nil {
		m = map[string]string{}
	}
	for _, t := range entries {
		if err := l.once(what+"."+t.key, t.pos); err != nil {
			return nil, err
		}
		w, err := s.word(t.val, t.key)
		if err != nil {
			return nil, err
		}
		m[t.key] = w.text
	}
	return m, nil
}

// classes reads the classes of a server's tools; the user's word goes before a pack's.
func (l *loader) classes(s *source, server string, e entry) error {
	entries, err := s.mapping(e.val, "classes")
	if err != nil {
		return err
	}
	m := l.policy.classesOf(server)
	for _, t := range entries {
		w, err := s.word(t.val, "a class")
		if err != nil {
			return err
		}
		i, err := w.choose("class", classNames[Read:])
		if err != nil {
			return err
		}
		if err := l.once(fmt.Sprintf("servers.%s.classes.%s", server, t.key), t.pos); err != nil {
			return err
		}
		m[t.key] = classEntry{Class(i) + Read, s.pack != ""}
	}
	return nil
}

func (l *loader) limits(s *source, e entry) error {
	lim := &l.policy.limits
	return l.numbers(s, e, map[string]func(int64){
		"frame": func(v int64) { lim.Frame = v },
		"depth": func(v int64) { lim.Depth = int(v) },
		"keys":  func(v int64) { lim.Keys = int(v) },
		"open":  func(v int64) { lim.Open = int(v) },
	})
}

// numbers reads a mapping whose values are positive numbers.
func (l *loader) numbers(s *source, e entry, set map[string]func(int64)) error {
	entries, err := s.mapping(e.val, e.key)
	if err != nil {
		return err
	}
	known := make([]string, 0, len(set))
	for k := range set {
		known = append(known, k)
	}
	slices.Sort(known)
	for _, n := range entries {
		name := e.key + "." + n.key
		if set[n.key] == nil {
			return n.unknownKey(" in "+e.key, known)
		}
		if err := l.once(name, n.pos); err != nil {
			return err
		}
		v, err := s.number(n, name)
		if err != nil {
			return err
		}
		if v <= 0 || v > math.MaxInt32 && !bytesKey(n.key) {
			return s.nodePos(n.val).errorf("", "%s is out of range", name)
		}
		set[n.key](v)
	}
	return nil
}

func bytesKey(key string) bool { return key == "frame" || key == "keep_bytes" }

func (s *source) number(n entry, what string) (int64, error) {
	if bytesKey(n.key) {
		return s.size(n.val, what)
	}
	return s.integer(n.val, what)
}

func (l *loader) logs(s *source, e entry) error {
	entries, err := s.mapping(e.val, "log")
	if err != nil {
		return err
	}
	known := logShape.names()
	log := &l.policy.log
	for _, o := range entries {
		name := "log." + o.key
		if !slices.Contains(known, o.key) {
			return o.unknownKey(" in log", known)
		}
		if err := l.once(name, o.pos); err != nil {
			return err
		}
		var v int64
		var w word
		switch o.key {
		case "arguments":
			log.Arguments, err = s.boolean(o.val, name)
		case "debug":
			w, err = s.word(o.val, name)
			log.Debug = w.text
		default:
			if v, err = s.number(o, name); err == nil && (v <= 0 || v > 1<<50 || o.key == "keep_days" && v > 100_000) {
				err = s.nodePos(o.val).errorf("", "%s is out of range", name)
			}
		}
		if err != nil {
			return err
		}
		switch o.key {
		case "keep_days":
			log.KeepDays = int(v)
		case "keep_bytes":
			log.KeepBytes = v
		}
	}
	return nil
}
