package keyring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
)

const (
	identityOne   = "AGE-SECRET-KEY-18X53LANQX7VSESHG2A7E0V9WTWY0ASXY3KSVKCLZWTJ9X7LJ3Z3SF594C5\n"
	identityOther = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n"
)

// opened is the encrypted file at path for an identity, a vault whose file has not been read yet.
func withIdentity(t *testing.T, path, identity string) *vault {
	t.Helper()
	id := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(id, []byte(identity), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenFile(path, Key{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	return s.(*vault)
}

func mustWrite(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sealed is a text as the encrypted file of an identity.
func sealed(t *testing.T, v *vault, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, v.recipients...)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// staysAsItIs wants an error from every operation, and the file untouched.
func staysAsItIs(t *testing.T, name, path string, open func() Store, words string) {
	t.Helper()
	was, _ := os.ReadFile(path)
	_, get := open().Get(t.Context(), "a")
	for what, err := range map[string]error{
		"get":    get,
		"set":    open().Set(t.Context(), "b", NewValue([]byte("x"))),
		"remove": open().Remove(t.Context(), "a"),
	} {
		wantError(t, name+": "+what, err, words)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %s: a value in %v", name, what, err)
		}
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, was) {
		t.Errorf("%s: it was changed", name)
	}
}

func TestTheEncryptedFileKeepsAnyValue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "there", "yet", "s.age")
	v := withIdentity(t, path, identityOne)
	keepsAnyValue(t, v)
	wantError(t, "empty", v.Set(t.Context(), "a", NewValue(nil)), "is empty")
}

func TestEveryFlippedByteOfTheEncryptedFileIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.age")
	v := withIdentity(t, path, identityOne)
	mustSet(t, v, "a", "hunter2-hunter2")
	good, _ := os.ReadFile(path)
	try := func(what string, content []byte) {
		t.Helper()
		mustWrite(t, path, content)
		if secrets, err := (&vault{path: path, identities: v.identities}).load(); err == nil {
			t.Errorf("%s: it was read: %d secrets", what, len(secrets))
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		try(fmt.Sprintf("byte %d flipped", i), bad)
		try(fmt.Sprintf("cut at %d", i), good[:i])
	}
	try("a byte more", append(bytes.Clone(good), 'x'))
	try("twice", append(bytes.Clone(good), good...))
}

func TestWhatTheEncryptedFileCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.age")
	v := withIdentity(t, path, identityOne)
	open := func() Store { return withIdentity(t, path, identityOne) }
	for name, tt := range map[string]struct{ text, want string }{
		"a later version":     {`{"version":2,"secrets":{},"more":[]}`, "written by a later sallyport: install that one"},
		"a name twice":        {`{"version":1,"secrets":{"a":"aHVudGVyMg==","a":"eA=="}}`, "damaged: put a copy of it back"},
		"an unknown member":   {`{"version":1,"secrets":{"a":"eA=="},"more":1}`, "damaged"},
		"a member twice":      {`{"version":1,"version":1,"secrets":{}}`, "damaged"},
		"a bad name":          {`{"version":1,"secrets":{"../a":"eA=="}}`, "damaged"},
		"a value of no bytes": {`{"version":1,"secrets":{"a":null}}`, "damaged"},
		"no base64":           {`{"version":1,"secrets":{"a":"hunter2!"}}`, "damaged"},
		"more behind it":      {`{"version":1,"secrets":{}}{"version":1,"secrets":{}}`, "damaged"},
		"no JSON":             {"hunter2", "damaged"},
		"nothing":             {"", "damaged"},
		"too large":           {strings.Repeat(" ", maxVault+1), "damaged"},
	} {
		mustWrite(t, path, sealed(t, v, tt.text))
		staysAsItIs(t, name, path, open, tt.want)
	}
}

func TestOtherKeysDoNotOpenTheEncryptedFile(t *testing.T) {
	dir := t.TempDir()
	byIdentity, byPassphrase := filepath.Join(dir, "i.age"), filepath.Join(dir, "p.age")
	mustSet(t, withIdentity(t, byIdentity, identityOne), "a", "hunter2-hunter2")
	mustSet(t, openVault(t, byPassphrase, "right"), "a", "hunter2-hunter2")
	staysAsItIs(t, "another identity", byIdentity, func() Store { return withIdentity(t, byIdentity, identityOther) }, "does not open: check the identity file")
	staysAsItIs(t, "a passphrase for an identity", byIdentity, func() Store { return openVault(t, byIdentity, "right") }, "does not open: check the passphrase")
	staysAsItIs(t, "an identity for a passphrase", byPassphrase, func() Store { return withIdentity(t, byPassphrase, identityOne) }, "does not open: check the identity file")
	both := withIdentity(t, byIdentity, identityOther+identityOne)
	wantValue(t, both, "a", "hunter2-hunter2")
	mustSet(t, both, "b", "for both")
	wantValue(t, withIdentity(t, byIdentity, identityOther), "b", "for both")
	wantValue(t, withIdentity(t, byIdentity, identityOne), "b", "for both")
}

// A file may ask for as much work as it likes before anybody can tell whether the passphrase is right.
func TestAFileThatAsksForTooMuchWorkIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.age")
	mustSet(t, openVault(t, path, "right"), "a", "hunter2-hunter2")
	good, _ := os.ReadFile(path)
	for _, work := range []string{"21", "30", "63"} {
		bad := bytes.Replace(good, []byte(" 10\n"), []byte(" "+work+"\n"), 1)
		if bytes.Equal(bad, good) {
			t.Fatal("the header names no work")
		}
		mustWrite(t, path, bad)
		staysAsItIs(t, work, path, func() Store { return openVault(t, path, "right") }, "damaged")
	}
}

func TestTheEncryptedFileIsOnlyOfItsOwner(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("access lists")
	}
	path := filepath.Join(t.TempDir(), "s.age")
	mustSet(t, withIdentity(t, path, identityOne), "a", "hunter2-hunter2")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	staysAsItIs(t, "others can write", path, func() Store { return withIdentity(t, path, identityOne) }, "chmod")
}

func TestTheEncryptedFileHasABound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.age")
	v := withIdentity(t, path, identityOne)
	mustSet(t, v, "a", "hunter2-hunter2")
	was, _ := os.ReadFile(path)
	wantError(t, "set", v.Set(t.Context(), "b", NewValue(make([]byte, maxVault))), "more than 1048576 bytes")
	if now, _ := os.ReadFile(path); !bytes.Equal(now, was) {
		t.Error("it was changed")
	}
	wantValue(t, v, "a", "hunter2-hunter2")
}

// Two programs that change the file at once lose nothing of each other; who reads meanwhile sees what is there.
func TestChangesOfTheEncryptedFileAreNotLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.age")
	mustSet(t, withIdentity(t, path, identityOne), "a", "hunter2-hunter2")
	var all sync.WaitGroup
	for _, program := range []string{"x", "y"} {
		v := withIdentity(t, path, identityOne)
		for i := range 5 {
			all.Go(func() {
				if err := v.Set(t.Context(), fmt.Sprint(program, i), NewValue([]byte(program))); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if got, err := v.Get(t.Context(), "a"); err != nil || got.Reveal() != "hunter2-hunter2" {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	secrets, err := withIdentity(t, path, identityOne).load()
	if err != nil || len(secrets) != 11 {
		t.Errorf("%d secrets, %v", len(secrets), err)
	}
}

// FuzzVault states what the reader promises: what it takes has valid names only, and is written back byte for byte.
func FuzzVault(f *testing.F) {
	f.Add([]byte(`{"version":1,"secrets":{"a":"aHVudGVyMg==","b/c":""}}`))
	f.Add([]byte(`{"version":1,"secrets":{}}`))
	f.Add([]byte(`{"version":2,"secrets":{}}`))
	f.Add([]byte(`{"version":1,"secrets":{"a":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		secrets, err := (&vault{path: "x"}).decode(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(content{1, secrets})
		if err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q became %q, %v", text, again, err)
		}
		for name := range secrets {
			if ValidName(name) != nil {
				t.Errorf("%q: the name %q", text, name)
			}
		}
	})
}
