package client

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"sallyport/wrap/file"
)

// A Record says what was done to a file: it is kept until that is undone.
type Record struct {
	Client   string   `json:"client"`
	Title    string   `json:"title"`
	Path     string   `json:"path"`     // with links followed
	Original string   `json:"original"` // SHA-256 of the file before the first change, as "h1:" and base64
	Entries  []Undone `json:"entries"`
}

// Undone are the changes of an entry that can be undone.
type Undone struct {
	Section string   `json:"section,omitempty"`
	Server  string   `json:"server"`
	Name    string   `json:"name"` // as --name has it
	Changes []Change `json:"changes"`
	Made    []string `json:"made,omitempty"` // secrets that were kept for it
}

// Of gives the changes of an entry.
func (r *Record) Of(e Entry) (Undone, bool) {
	for _, u := range r.Entries {
		if u.Section == e.Section && u.Server == e.Server {
			return u, true
		}
	}
	return Undone{}, false
}

// Without forgets an entry.
func (r *Record) Without(e Entry) {
	r.Entries = slices.DeleteFunc(r.Entries, func(u Undone) bool { return u.Section == e.Section && u.Server == e.Server })
}

// Hash names the content of a file.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return "h1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// Original is the hash of what was read.
func (d *Document) Original() string { return Hash(d.data) }

// Real is the file with links followed.
func (f File) Real() string {
	if real, err := filepath.EvalSymlinks(f.Path); err == nil {
		return real
	}
	return f.Path
}

// Records is the folder where records are kept, a file for each configuration.
type Records string

func (r Records) path(f File) string {
	sum := sha256.Sum256([]byte(f.Real()))
	return filepath.Join(string(r), fmt.Sprintf("%x.json", sum[:12]))
}

const recordVersion = 1

type recordFile struct {
	Version int `json:"version"`
	Record
}

// Load reads the record of a file; an empty one where there is none.
func (r Records) Load(f File) (*Record, error) {
	record, err := r.read(r.path(f))
	if errors.Is(err, fs.ErrNotExist) {
		return &Record{Client: f.Client, Title: f.Title, Path: f.Real()}, nil
	}
	return record, err
}

func (r Records) read(path string) (*Record, error) {
	data, err := file.ReadFile(path, maxSize)
	if err != nil {
		return nil, err
	}
	var read recordFile
	if err := json.Unmarshal(data, &read); err != nil {
		return nil, fmt.Errorf("the undo record %q is damaged: %v; move it away to undo what can be seen in the file itself", path, err)
	}
	if read.Version != recordVersion {
		return nil, fmt.Errorf("the undo record %q is of version %d, which this sallyport does not know: use the one that wrote it", path, read.Version)
	}
	return &read.Record, nil
}

// All are the records of all files.
func (r Records) All() (list []*Record, err error) {
	entries, err := os.ReadDir(string(r))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		record, err := r.read(filepath.Join(string(r), e.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, record)
	}
	return list, err
}

// File is the file that the record is about; ok is false where no such client is known.
func (r *Record) File() (f File, ok bool) {
	for _, row := range Clients {
		if row.Title == r.Title {
			return File{row, r.Path}, true
		}
	}
	return f, false
}

// Save keeps a record; one without entries is removed.
func (r Records) Save(f File, record *Record) error {
	if len(record.Entries) == 0 {
		err := os.Remove(r.path(f))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := file.MkdirPrivate(string(r)); err != nil {
		return err
	}
	data, err := json.MarshalIndent(recordFile{recordVersion, *record}, "", " ")
	if err != nil {
		return err
	}
	return file.WriteFile(r.path(f), append(data, '\n'), 0o600)
}
