package origin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// A lock is a package-lock.json, decoded without types: the names of members are told apart by their case, as npm does.
type lock map[string]any

// maxLock bounds a lock and a list of files, in bytes.
const maxLock = 64 << 20

// projectName is what the project that an installation is calls itself.
const projectName = "pinned"

func parseLock(raw []byte) (lock, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var l lock
	if err := d.Decode(&l); err != nil {
		return nil, fmt.Errorf("reading package-lock.json: %v", err)
	}
	if l.packages() == nil {
		return nil, fmt.Errorf("reading package-lock.json: it lists no packages; npm 7 or later writes them")
	}
	return l, nil
}

func (l lock) packages() map[string]any {
	m, _ := l["packages"].(map[string]any)
	return m
}

// member is one package of the lock by its folder, "" for the project itself. A missing one is an empty map.
func (l lock) member(folder string) map[string]any {
	m, _ := l.packages()[folder].(map[string]any)
	return m
}

// dependencies are the names under which the project's own dependencies are installed.
func (l lock) dependencies() []string {
	m, _ := l.member("")["dependencies"].(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// canonical is l as text: members sorted by name, one line for each, and one for each package.
func (l lock) canonical() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{\n")
	for i, key := range slices.Sorted(maps.Keys(l)) {
		if i > 0 {
			b.WriteString(",\n")
		}
		value := l[key]
		if m, ok := value.(map[string]any); ok && key == "packages" {
			fmt.Fprintf(&b, " %s: {\n", compact(key))
			for i, folder := range slices.Sorted(maps.Keys(m)) {
				if i > 0 {
					b.WriteString(",\n")
				}
				fmt.Fprintf(&b, "  %s: %s", compact(folder), compact(m[folder]))
			}
			b.WriteString("\n }")
			continue
		}
		fmt.Fprintf(&b, " %s: %s", compact(key), compact(value))
	}
	b.WriteString("\n}\n")
	if b.Len() > maxLock {
		return nil, fmt.Errorf("reading package-lock.json: it has more than %d bytes", maxLock)
	}
	return b.Bytes(), nil
}

// manifest is the package.json that belongs to l.
func (l lock) manifest() []byte {
	m := map[string]any{"name": projectName, "private": true}
	if d, ok := l.member("")["dependencies"]; ok {
		m["dependencies"] = d
	}
	return []byte(compact(m) + "\n")
}

// compact is JSON on one line. What comes here was decoded from JSON.
func compact(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// An entry is the command of an installed package.
type entry struct{ name, version, bin string }

// entry finds the command as npx does: the one that want names, else the only one, else the one that is called like the package.
func (l lock) entry(want string) (entry, error) {
	deps := l.dependencies()
	for _, dep := range deps {
		folder := "node_modules/" + dep
		m := l.member(folder)
		e := entry{name: dep}
		if name, ok := m["name"].(string); ok {
			e.name = name
		}
		e.version, _ = m["version"].(string)
		bins, _ := m["bin"].(map[string]any)
		bin, ok := bins[want].(string)
		if want == "" {
			bin, ok = onlyBin(bins, e.name)
		}
		if !ok {
			continue
		}
		if link, _ := m["link"].(bool); link {
			return entry{}, fmt.Errorf("the package %q is a link to a folder, which cannot be pinned", dep)
		}
		e.bin = path.Join(folder, bin)
		if !strings.HasPrefix(e.bin, folder+"/") || strings.ContainsRune(bin, '\\') {
			return entry{}, fmt.Errorf("the command of the package %q is %q, out of its folder", dep, bin)
		}
		return e, nil
	}
	if want != "" {
		return entry{}, fmt.Errorf("none of the packages %q has the command %q", deps, want)
	}
	return entry{}, fmt.Errorf("the package %q has no command, or several of which none is called like it; name one by --package", deps)
}

func onlyBin(bins map[string]any, name string) (string, bool) {
	files := map[any]bool{}
	for _, file := range bins {
		files[file] = true
	}
	if len(files) == 1 {
		for file := range files {
			s, ok := file.(string)
			return s, ok
		}
	}
	bin, ok := bins[name[strings.IndexByte(name, '/')+1:]].(string)
	return bin, ok
}
