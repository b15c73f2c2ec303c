package keyring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestValuesAreNotPrinted(t *testing.T) {
	v := NewValue([]byte("hunter2-hunter2"))
	j, _ := json.Marshal(map[string]any{"a": v, "b": &v, "c": []Value{v}})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v, "in", struct{ V Value }{v})
	for _, text := range []string{
		fmt.Sprint(v), fmt.Sprintf("%s %v %+v %#v %q %x %d %p", v, v, v, v, v, v, v, v), fmt.Sprintf("%v %+v", struct{ V Value }{v}, []*Value{&v}[0]),
		string(j), log.String(), fmt.Errorf("x: %v", v).Error(),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e746572") {
			t.Errorf("printed: %s", text)
		}
	}
	if v.Reveal() != "hunter2-hunter2" || v.Len() != 15 {
		t.Error("it is another value")
	}
	b := v.b
	if v.Clear(); b[0] != 0 || v.Len() != 0 {
		t.Error("it was not cleared")
	}
}

func TestReferences(t *testing.T) {
	for _, tt := range []struct {
		text string
		is   bool
		err  bool
		want string
	}{
		{"keyring:github", true, false, "keyring:github"},
		{"keyring:a/b@c-d_e.f", true, false, "keyring:a/b@c-d_e.f"},
		{"keyring:", true, true, ""}, {"keyring:a b", true, true, ""}, {"keyring:a\nb", true, true, ""}, {"keyring:../x", true, true, ""},
		{"keyring:" + strings.Repeat("x", 129), true, true, ""},
		{"file:/x", true, false, "file:/x"}, {"env:X", true, false, "env:X"},
		{"file:", false, false, ""}, {"env:", false, false, ""}, {"exec:op read", false, false, ""}, {"Keyring:x", false, false, ""}, {"https://x", false, false, ""}, {"", false, false, ""}, {"plain", false, false, ""},
	} {
		ref, is, err := Parse(tt.text)
		if is != tt.is || (err != nil) != tt.err || err == nil && is && ref.String() != tt.want {
			t.Errorf("%q: %v, %v, %v", tt.text, ref, is, err)
		}
	}
	r := Reference{Scheme: Exec, Argv: []string{"/usr/bin/op", "read", "a\x1b[0m"}}
	if r.String() != `exec:/usr/bin/op read a<U+001B>[0m` && strings.Contains(r.String(), "\x1b") || r.Label() != "exec/op" {
		t.Errorf("%s, %s", r, r.Label())
	}
}

// programs is a folder with stand-ins, and how to find them.
func programs(t *testing.T, scripts map[string]string) Resolver {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins are shell scripts")
	}
	dir := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return Resolver{Environ: append(os.Environ(), "FROM_CLIENT=value of a variable"), Home: dir, Program: func(name string) (string, error) {
		path := filepath.Join(dir, name)
		_, err := os.Stat(path)
		return path, err
	}}
}

func run(argv ...string) Reference { return Reference{Scheme: Exec, Argv: argv} }

// The command lines that manuals name, against programs of that name which check them.
func TestPasswordManagersAreAsked(t *testing.T) {
	r := programs(t, map[string]string{
		"op":     `[ "$*" = "read op://vault/github/token" ] && echo op-value`,
		"pass":   `[ "$*" = "show github/token" ] && printf 'pass-value\nuser: me\n'`,
		"gopass": `[ "$*" = "show -o github/token" ] && printf gopass-value`,
		"vault":  `[ "$*" = "kv get -field=token secret/github" ] && echo vault-value`,
		"aws":    `[ "$*" = "secretsmanager get-secret-value --secret-id github --query SecretString --output text" ] && echo '{"token":"aws"}'`,
	})
	for want, ref := range map[string]Reference{
		"op-value":             run("op", "read", "op://vault/github/token"),
		"pass-value\nuser: me": run("pass", "show", "github/token"),
		"gopass-value":         run("gopass", "show", "-o", "github/token"),
		"vault-value":          run("vault", "kv", "get", "-field=token", "secret/github"),
		`{"token":"aws"}`:      run("aws", "secretsmanager", "get-secret-value", "--secret-id", "github", "--query", "SecretString", "--output", "text"),
	} {
		values, err := r.Resolve(t.Context(), []Reference{ref})
		if err != nil || values[0].Reveal() != want {
			t.Errorf("%v: %v", ref, err)
		}
	}
}

func TestProgramsThatFailAreNamed(t *testing.T) {
	r := programs(t, map[string]string{
		"fails":  "echo you are not signed in >&2; exit 3",
		"says":   "echo hunter2-hunter2; echo hunter2-hunter2 >&2; exit 1",
		"tells":  "echo token ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8 >&2; exit 1",
		"hangs":  "sleep 60 & sleep 60",
		"floods": "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 10485760",
		"silent": "exit 0",
		"nul":    `printf 'a\000b'`,
		"chatty": "echo warning: old version >&2; echo value-of-chatty",
		"asks":   "read x; echo got-$x",
	})
	for name, want := range map[string]string{
		"fails": "you are not signed in", "says": "exit status 1", "tells": "exit status 1", "hangs": "has not answered within 300ms", "floods": "more than 65536 bytes",
		"silent": "prints nothing", "nul": "NUL byte", "missing": `there is no program "missing"`,
	} {
		start := time.Now()
		ref := run(name)
		if name == "hangs" {
			ref.Timeout = 300 * time.Millisecond
		}
		values, err := r.Resolve(t.Context(), []Reference{ref, {Scheme: Env, Name: "FROM_CLIENT"}})
		if err == nil || values != nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "exec:"+name) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "ghp_")) {
			t.Errorf("%s: a value in %v", name, err)
		}
		if time.Since(start) > 30*time.Second {
			t.Errorf("%s: nothing ended it", name)
		}
	}
	for name, want := range map[string]string{"chatty": "value-of-chatty", "asks": "got-"} {
		if values, err := r.Resolve(t.Context(), []Reference{run(name)}); err != nil || values[0].Reveal() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFilesAndVariables(t *testing.T) {
	r := programs(t, nil)
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(r.Home, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("good", "line one\nline two\n", 0o600)
	write("open", "x\n", 0o644)
	write("large", strings.Repeat("x", maxFile+1), 0o600)
	write("empty", "\n", 0o600)
	for _, tt := range []struct {
		ref        Reference
		want, fail string
	}{
		{Reference{Scheme: File, Name: "~/good"}, "line one\nline two", ""},
		{Reference{Scheme: File, Name: filepath.Join(r.Home, "good")}, "line one\nline two", ""},
		{Reference{Scheme: File, Name: "good"}, "", "begins with / or ~/"},
		{Reference{Scheme: File, Name: "~/open"}, "", "run chmod 600"},
		{Reference{Scheme: File, Name: "~/large"}, "", "large"},
		{Reference{Scheme: File, Name: "~/gone"}, "", "there is no file"},
		{Reference{Scheme: File, Name: "~/"}, "", "file:~/"},
		{Reference{Scheme: File, Name: "~/empty"}, "", "is empty"},
		{Reference{Scheme: Env, Name: "FROM_CLIENT"}, "value of a variable", ""},
		{Reference{Scheme: Env, Name: "NOT_THERE"}, "", "has not set that variable"},
		{Reference{Scheme: Keyring, Name: "x"}, "", "no keyring"},
		{Reference{Scheme: "vault", Name: "x"}, "", "nobody knows where"},
		{Reference{Scheme: Exec}, "", "names no program"},
	} {
		values, err := r.Resolve(t.Context(), []Reference{tt.ref})
		switch {
		case tt.fail == "" && (err != nil || values[0].Reveal() != tt.want):
			t.Errorf("%v: %v", tt.ref, err)
		case tt.fail != "" && (err == nil || !strings.Contains(err.Error(), tt.fail)):
			t.Errorf("%v: %v, want %q", tt.ref, err, tt.fail)
		}
	}
	_, err := r.Resolve(t.Context(), []Reference{{Scheme: File, Name: "~/gone"}, {Scheme: Env, Name: "FROM_CLIENT"}, {Scheme: Env, Name: "NOT_THERE"}})
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not a line for each: %v", err)
	}
}

func openVault(t *testing.T, path, passphrase string) Store {
	t.Helper()
	s, err := OpenFile(path, Key{Passphrase: NewValue([]byte(passphrase))})
	if err != nil {
		t.Fatal(err)
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

func TestSlowStoresDoNotHoldALaunch(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := call(ctx, func() (string, error) { select {} })
	if !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
}

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
