package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
)

func openVault(t *testing.T, path, passphrase string) Store {
	t.Helper()
	s, err := OpenFile(path, Key{Passphrase: NewValue([]byte(passphrase))})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.(*vault).recipients {
		r.(*age.ScryptRecipient).SetWorkFactor(10) // a second less
	}
	return s
}

func TestTheEncryptedFileKeepsValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.age")
	s := openVault(t, path, "correct horse")
	ctx := t.Context()
	long := strings.Repeat("long\n\x00ü", 1000)
	for name, value := range map[string]string{"a": "hunter2-hunter2", "b": long} {
		if err := s.Set(ctx, name, NewValue([]byte(value))); err != nil {
			t.Fatal(err)
		}
	}
	b, _ := os.ReadFile(path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" || strings.Contains(string(b), "hunter2") || strings.Contains(string(b), "aHVudGVy") {
		t.Error("it is not private", err)
	}
	again := openVault(t, path, "correct horse")
	if v, err := again.Get(ctx, "b"); err != nil || v.Reveal() != long {
		t.Error(err)
	}
	if err := again.Remove(ctx, "b"); err != nil {
		t.Error(err)
	}
	if err := again.Remove(ctx, "b"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := openVault(t, path, "correct horse").Get(ctx, "b"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestAnEncryptedFileThatDoesNotOpenStaysAsItIs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.age")
	if err := openVault(t, path, "right").Set(t.Context(), "a", NewValue([]byte("hunter2-hunter2"))); err != nil {
		t.Fatal(err)
	}
	good, _ := os.ReadFile(path)
	flipped := append([]byte{}, good...)
	flipped[len(flipped)-5] ^= 1
	for name, tt := range map[string]struct {
		content          []byte
		passphrase, want string
	}{
		"the wrong passphrase": {good, "wrong", "check the passphrase"},
		"cut in half":          {good[:len(good)/2], "right", "damaged"},
		"cut in the header":    {good[:30], "right", "damaged"},
		"a byte flipped":       {flipped, "right", "damaged"},
		"no age file":          {[]byte("hello\n"), "right", "damaged"},
		"empty":                {nil, "right", "damaged"},
	} {
		if err := os.WriteFile(path, tt.content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := openVault(t, path, tt.passphrase).Get(t.Context(), "a")
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: get: %v", name, err)
		}
		if err := openVault(t, path, tt.passphrase).Set(t.Context(), "b", NewValue([]byte("x"))); err == nil {
			t.Errorf("%s: it was written to", name)
		}
		if now, _ := os.ReadFile(path); string(now) != string(tt.content) {
			t.Errorf("%s: it was changed", name)
		}
	}
	v := &vault{path: path}
	for _, text := range []string{
		`{"version":2,"secrets":{}}`, `{"version":1}`, `{"version":1,"secrets":{"a":"eA=="},"x":1}`, `{"version":1,"secrets":{"a":"eA==","a":"eQ=="}}`,
		`{"version":1,"secrets":{"a b":"eA=="}}`, `{"version":1,"Secrets":{}}`, `[]`, ``, `{"version":1,"secrets":{}} `,
	} {
		if _, err := v.decode([]byte(text)); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

func TestIdentitiesOpenTheFile(t *testing.T) {
	dir := t.TempDir()
	path, id := filepath.Join(dir, "s.age"), filepath.Join(dir, "key.txt")
	const one = "# created: today\nAGE-SECRET-KEY-18X53LANQX7VSESHG2A7E0V9WTWY0ASXY3KSVKCLZWTJ9X7LJ3Z3SF594C5\n"
	for _, tt := range []struct {
		text string
		mode os.FileMode
		want string
	}{
		{one, 0o644, "chmod 600"}, {"nonsense", 0o600, "holds no age identity"}, {"", 0o600, "holds no age identity"},
	} {
		os.Remove(id)
		os.WriteFile(id, []byte(tt.text), tt.mode)
		if _, err := OpenFile(path, Key{Identity: id}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v", tt.text, err)
		}
	}
	if _, err := OpenFile(path, Key{Identity: filepath.Join(dir, "gone")}); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Error(err)
	}
	if _, err := OpenFile(path, Key{}); err == nil {
		t.Error("opened with nothing")
	}
	os.Remove(id)
	os.WriteFile(id, []byte(one), 0o600)
	s, err := OpenFile(path, Key{Identity: id})
	if err == nil {
		err = s.Set(t.Context(), "a", NewValue([]byte("v")))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openVault(t, path, "x").Get(t.Context(), "a"); err == nil {
		t.Error("a passphrase opened it")
	}
}
