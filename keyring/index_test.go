package keyring

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheIndexTies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.json")
	err := UpdateIndex(path, func(i *Index) error {
		i.Secrets["github"] = Entry{Store: Keyring, Set: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
		i.Secrets["a"] = Entry{Store: File, Set: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
		i.Tie("github", "gh <&>", "TOKEN", "")
		i.Tie("github", "gh <&>", "TOKEN", "l1:x")
		i.Tie("github", "gh <&>", "TOKEN", "l1:x")
		i.Tie("github", "other", "TOKEN", "l1:y")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	i, err := LoadIndex(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, server, variable, launch string
		tied, known                    bool
	}{
		{"github", "gh <&>", "TOKEN", "l1:x", true, true}, {"github", "gh <&>", "TOKEN", "l1:y", true, false}, {"github", "gh <&>", "TOKEN", "", true, false},
		{"github", "gh <&>", "token", "l1:x", false, false}, {"github", "gh", "TOKEN", "l1:x", false, false}, {"a", "gh <&>", "TOKEN", "l1:x", false, false}, {"", "", "", "", false, false},
	} {
		if tied, known := i.Tied(tt.name, tt.server, tt.variable, tt.launch); tied != tt.tied || known != tt.known {
			t.Errorf("%+v: %v, %v", tt, tied, known)
		}
	}
	if !i.Untie("github", "other", "") || i.Untie("github", "other", "") || len(i.Secrets["github"].Owners) != 1 {
		t.Error("untied otherwise")
	}
	good, _ := os.ReadFile(path)
	if lines := strings.Count(string(good), "\n"); lines != 7 {
		t.Errorf("%d lines:\n%s", lines, good)
	}
	for name, text := range map[string]string{
		"later":          strings.Replace(string(good), `"version": 1`, `"version": 2`, 1),
		"twice":          strings.Replace(string(good), `"a": {`, `"github": {"store":"file","set":"2026-11-23T08:00:00Z"}, "a": {`, 1),
		"unknown":        strings.Replace(string(good), `"store":`, `"x":1,"store":`, 1),
		"another store":  strings.Replace(string(good), `"store":"file"`, `"store":"cloud"`, 1),
		"case":           strings.Replace(string(good), `"owners"`, `"Owners"`, 1),
		"half":           string(good[:len(good)/2]),
		"empty":          "",
		"no name":        strings.Replace(string(good), `"github"`, `"git hub"`, 1),
		"something else": "[]",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadIndex(path); err == nil {
			t.Errorf("%s: it was read", name)
		}
		if err := UpdateIndex(path, func(*Index) error { return nil }); err == nil {
			t.Errorf("%s: it was written", name)
		}
		if now, _ := os.ReadFile(path); string(now) != text {
			t.Errorf("%s: it was changed", name)
		}
	}
}

// FuzzIndex states what the reader promises: what it takes is written back with the same meaning, byte for byte but for white space.
func FuzzIndex(f *testing.F) {
	f.Add([]byte("{\n\"version\": 1,\n\"secrets\": {\n  \"a\": {\"store\":\"file\",\"set\":\"2026-11-23T08:00:00Z\",\"owners\":[{\"server\":\"s\",\"variable\":\"V\",\"launches\":[\"l1:x\"]}]}\n}\n}\n"))
	f.Add([]byte(`{"version":1,"secrets":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		i, err := decodeIndex("x", text)
		if err != nil {
			return
		}
		again, err := decodeIndex("x", i.encode())
		if err != nil || string(again.encode()) != string(i.encode()) {
			t.Errorf("%q: %v", text, err)
		}
		squeeze := func(b []byte) string {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune(" \n\r\t", r) {
					return -1
				}
				return r
			}, string(b))
		}
		if squeeze(text) != squeeze(i.encode()) {
			t.Errorf("%q became %q", text, i.encode())
		}
	})
}
