package keyring

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hidden has a value where fmt does not ask for its Format.
type hidden struct{ v Value }

func TestValuesAreNotPrinted(t *testing.T) {
	v := NewValue([]byte("hunter2-hunter2"))
	j, _ := json.Marshal(map[string]any{"a": v, "b": &v, "c": []Value{v}})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v, "in", struct{ V Value }{v})
	for _, text := range []string{
		fmt.Sprint(v), fmt.Sprintf("%s %v %+v %#v %q %x %d %p", v, v, v, v, v, v, v, v), fmt.Sprintf("%v %+v", struct{ V Value }{v}, []*Value{&v}[0]),
		fmt.Sprintf("%v %+v %#v %s %q %x %d", hidden{v}, hidden{v}, hidden{v}, hidden{v}, hidden{v}, hidden{v}, hidden{v}), fmt.Sprintf("%v %+v", &hidden{v}, []hidden{{v}}),
		string(j), log.String(), fmt.Errorf("x: %v", v).Error(),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e746572") || strings.Contains(text, "104 117 110") || strings.Contains(text, "0x68, 0x75") {
			t.Errorf("printed: %s", text)
		}
	}
	if v.Reveal() != "hunter2-hunter2" || v.Len() != 15 {
		t.Error("it is another value")
	}
	b, copied := v.bytes(), v
	if v.Clear(); b[0] != 0 || v.Len() != 0 || copied.Len() != 0 {
		t.Error("it was not cleared")
	}
	var none Value
	if none.Clear(); none.Len() != 0 || none.Reveal() != "" || fmt.Sprint(none) != "‹secret›" {
		t.Error("the zero value is something")
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
	return Resolver{Exec: os.Environ(), Environ: append(os.Environ(), "FROM_CLIENT=value of a variable"), Home: dir, Program: func(name string) (string, error) {
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
		{Reference{Scheme: File, Name: "~/open"}, "", "run chmod 600 \""},
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
