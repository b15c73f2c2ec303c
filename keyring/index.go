package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sallyport/wrap/file"
)

// An Owner is a variable of a server that a human gave a secret to.
type Owner struct {
	Server   string   `json:"server"`
	Variable string   `json:"variable"`           // of its environment, or "args"
	Launches []string `json:"launches,omitempty"` // digests of command lines that may have it although nobody has pinned them
}

// An Entry is what is known of a secret beside its value.
type Entry struct {
	Store  string    `json:"store"` // keyring or file
	Set    time.Time `json:"set"`
	Owners []Owner   `json:"owners,omitempty"`
}

// An Index lists secrets by name. The zero value is empty.
type Index struct {
	Secrets map[string]Entry
	// Launches are digests of command lines, by server, that may have what the user's rules give the server from other places.
	Launches map[string][]string
}

type indexFile struct {
	Version  int                 `json:"version"`
	Secrets  map[string]Entry    `json:"secrets"`
	Launches map[string][]string `json:"launches"`
}

const maxIndex = 1 << 20

// LoadIndex reads an index. A file that is not there is an empty one.
func LoadIndex(path string) (*Index, error) {
	text, err := file.ReadFile(path, maxIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return &Index{map[string]Entry{}, map[string][]string{}}, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeIndex(path, text)
}

func decodeIndex(path string, text []byte) (*Index, error) {
	damaged := fmt.Errorf("%q is damaged: repair it, or move it away and run \"sallyport secret set\" and \"sallyport secret tie\" for each secret", path)
	var f indexFile
	err := json.Unmarshal(text, &f)
	switch {
	case f.Version > 1:
		return nil, fmt.Errorf("%q was written by a later sallyport: install that one", path)
	case err != nil || f.Version != 1 || f.Secrets == nil:
		return nil, damaged
	}
	if f.Launches == nil {
		f.Launches = map[string][]string{}
	}
	i := &Index{f.Secrets, f.Launches}
	for name, e := range i.Secrets {
		if ValidName(name) != nil || e.Store != Keyring && e.Store != File {
			return nil, damaged
		}
	}
	// A member that stands twice, or that we do not know, would be lost when we write.
	var was, now bytes.Buffer
	if json.Compact(&was, text) != nil || json.Compact(&now, i.encode()) != nil || !bytes.Equal(was.Bytes(), now.Bytes()) {
		return nil, damaged
	}
	return i, nil
}

// encode writes a line for each secret.
func (i *Index) encode() []byte {
	b := []byte("{\n\"version\": 1,\n\"secrets\": {")
	for n, name := range slices.Sorted(maps.Keys(i.Secrets)) {
		if n > 0 {
			b = append(b, ',')
		}
		entry, err := json.Marshal(i.Secrets[name])
		if err != nil {
			continue // a time of a year that has no name; set anew it is right
		}
		b = append(b, "\n  "...)
		key, _ := json.Marshal(name)
		b = append(append(append(b, key...), ": "...), entry...)
	}
	b = append(b, "\n}"...)
	if len(i.Launches) > 0 {
		launches, _ := json.Marshal(i.Launches) // sorted by name
		b = append(append(b, ",\n\"launches\": "...), launches...)
	}
	return append(b, "\n}\n"...)
}

// UpdateIndex changes an index under its lock. One that cannot be read stays as it is.
func UpdateIndex(path string, change func(*Index) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	unlock, err := file.Lock(path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	i, err := LoadIndex(path)
	if err != nil {
		return err
	}
	if err := change(i); err != nil {
		return err
	}
	return file.WriteFile(path, i.encode(), 0o600)
}

// Tied reports whether a human tied a secret to a variable of a server, and whether to this command line of it.
func (i *Index) Tied(name, server, variable, launch string) (variableTied, launchKnown bool) {
	for _, o := range i.Secrets[name].Owners {
		if o.Server == server && o.Variable == variable {
			return true, launch != "" && slices.Contains(o.Launches, launch)
		}
	}
	return false, false
}

// Tie notes that a variable of a server may have a secret. launch is the digest of a command line that may have it too; "" adds none.
func (i *Index) Tie(name, server, variable, launch string) {
	e := i.Secrets[name]
	n := slices.IndexFunc(e.Owners, func(o Owner) bool { return o.Server == server && o.Variable == variable })
	if n < 0 {
		n = len(e.Owners)
		e.Owners = append(slices.Clone(e.Owners), Owner{Server: server, Variable: variable})
	}
	if o := &e.Owners[n]; launch != "" && !slices.Contains(o.Launches, launch) {
		o.Launches = append(slices.Clone(o.Launches), launch)
	}
	i.Secrets[name] = e
}

// Untie takes back what Tie noted, for all variables of the server where variable is "". It reports whether there was anything.
func (i *Index) Untie(name, server, variable string) bool {
	e, was := i.Secrets[name], len(i.Secrets[name].Owners)
	e.Owners = slices.DeleteFunc(slices.Clone(e.Owners), func(o Owner) bool {
		return o.Server == server && (variable == "" || o.Variable == variable)
	})
	if len(e.Owners) == was {
		return false
	}
	i.Secrets[name] = e
	return true
}
