//go:build linux

package child

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// put writes an executable file and returns its path.
func put(t testing.TB, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func noLogin() (string, error) { return "", errors.New("the login shell was asked") }

func TestFind(t *testing.T) {
	top := t.TempDir()
	script := "#!/bin/sh\n"
	put(t, top+"/a/tool", script, 0o755)
	put(t, top+"/b/tool", script, 0o755)
	put(t, top+"/b/plain", script, 0o644)
	put(t, top+"/c/plain", script, 0o755)
	put(t, top+"/login/serverx", "#!/usr/bin/env noode\n", 0o755)
	put(t, top+"/login/noode", script, 0o755)
	put(t, top+"/abs/npx", "#!/usr/bin/env -S noode --x\n", 0o755)
	put(t, top+"/cwd/evil", script, 0o755)
	os.Symlink(top+"/a/tool", top+"/c/link")
	t.Chdir(top + "/cwd")
	login := func() (string, error) { return top + "/login:.::/bin", nil }

	for name, test := range map[string]struct {
		command, path string
		login         func() (string, error)
		want, wantEnv string
		err           string
	}{
		"first element wins":               {"tool", top + "/a:" + top + "/b", noLogin, top + "/a/tool", "", ""},
		"a link stays a link":              {"link", top + "/c", noLogin, top + "/c/link", "", ""},
		"what is not executable is passed": {"plain", top + "/b:" + top + "/c", noLogin, top + "/c/plain", "", ""},
		"the working folder does not choose": {"evil", ".::../cwd:" + top + "/a", login, "", "",
			`"evil" is neither in the client's PATH nor in that of your login shell`},
		"a relative path does":          {"./evil", "", noLogin, top + "/cwd/evil", "", ""},
		"an absolute path":              {top + "/a/tool", "", noLogin, top + "/a/tool", "", ""},
		"the login shell's PATH":        {"serverx", top + "/a:/bin", login, top + "/login/serverx", top + "/login:/bin:" + top + "/a", ""},
		"the login shell fails":         {"serverx", top + "/a", noLogin, "", "", `"command -v serverx" in a terminal`},
		"the interpreter's, then":       {top + "/abs/npx", "/bin", login, top + "/abs/npx", top + "/login:/bin", ""},
		"the interpreter is nowhere":    {top + "/abs/npx", "/bin", func() (string, error) { return "/usr/bin", nil }, "", "", `finding the interpreter of "` + top + `/abs/npx"`},
		"the interpreter is in PATH":    {top + "/abs/npx", top + "/login", noLogin, top + "/abs/npx", "", ""},
		"only a misfit":                 {"plain", top + "/b", func() (string, error) { return "/bin", nil }, "", "", `is not executable; run "chmod +x`},
		"no command":                    {"", "/bin", noLogin, "", "", "names none"},
		"a NUL in the command":          {"a\x00b", "/bin", noLogin, "", "", "names none"},
		"no such path":                  {"/no/such/thing", "", noLogin, "", "", `"/no/such/thing" does not exist`},
		"a folder in place of a tool":   {top + "/a", "", noLogin, "", "", "is a folder, not a program"},
		"a device in place of a tool":   {"/dev/null", "", noLogin, "", "", "no regular file"},
		"a path through a file":         {top + "/a/tool/x", "", noLogin, "", "", "not a directory"},
		"a path that is not executable": {top + "/b/plain", "", noLogin, "", "", "is not executable"},
	} {
		t.Run(name, func(t *testing.T) {
			path, wantEnv, err := find(test.command, []string{"PATH=/overridden", "PATH=" + test.path}, test.login)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("find = %q, %v; want an error with %q", path, err, test.err)
				}
				return
			}
			if err != nil || path != test.want || wantEnv != test.wantEnv {
				t.Fatalf("find = %q, %q, %v\nwant %q, %q", path, wantEnv, err, test.want, test.wantEnv)
			}
		})
	}
}

func TestWhatCannotBeStartedIsExplained(t *testing.T) {
	top := t.TempDir()
	os.Symlink("nowhere", top+"/dangling")
	elf := "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 57)
	long := strings.Repeat("x", 200<<10)
	for name, test := range map[string]struct {
		c    Command
		want string
	}{
		"no file":               {Command{Path: top + "/none"}, "does not exist; correct the path"},
		"a dangling link":       {Command{Path: top + "/dangling"}, `is a symbolic link to "nowhere", which does not exist`},
		"a folder":              {Command{Path: top}, "is a folder"},
		"not executable":        {Command{Path: put(t, top+"/plain", "#!/bin/sh\n", 0o644)}, "chmod +x"},
		"no interpreter":        {Command{Path: put(t, top+"/noint", "#! /no/such/sh -e\n", 0o755)}, `its interpreter "/no/such/sh" does not exist`},
		"CR LF":                 {Command{Path: put(t, top+"/crlf", "#!/bin/sh\r\n", 0o755)}, "ends in CR LF"},
		"a folder interprets":   {Command{Path: put(t, top+"/dirint", "#!/tmp\n", 0o755)}, `its interpreter "/tmp" does not exist`},
		"plain interprets":      {Command{Path: put(t, top+"/plainint", "#!"+top+"/plain\n", 0o755)}, "is not executable"},
		"no #! line":            {Command{Path: put(t, top+"/text", "echo hello\n", 0o755)}, `nor a script with a "#!" line`},
		"an empty file":         {Command{Path: put(t, top+"/empty", "", 0o755)}, "the file is empty"},
		"another machine":       {Command{Path: put(t, top+"/elf", elf, 0o755)}, "another kind of machine"},
		"too long":              {Command{Path: "/bin/true", Args: []string{"true", long}}, "too long"},
		"no such folder":        {Command{Path: "/bin/true", Dir: top + "/none"}, "in the folder"},
		"a file for a folder":   {Command{Path: "/bin/true", Dir: top + "/plain"}, "not a folder"},
		"a relative folder":     {Command{Path: "/bin/true", Dir: "x"}, "not an absolute path"},
		"a relative path":       {Command{Path: "true"}, "not an absolute path"},
		"a NUL in an argument":  {Command{Path: "/bin/true", Args: []string{"true", "a\x00"}}, "NUL"},
		"a NUL in the variable": {Command{Path: "/bin/true", Env: []string{"A=\x00"}}, "NUL"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Prepare()
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Start(test.c)
			if err == nil {
				p.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Start: %v, want %q", err, test.want)
			}
			if alive(s.pid) {
				t.Error("the supervisor lives")
			}
		})
	}
}

func TestLargeEnvironmentPasses(t *testing.T) {
	env := testEnv("describe")
	for i := range 500 {
		env = append(env, "V"+decimal(i)+"="+strings.Repeat("x", 1000))
	}
	p := startCommand(t, Command{Path: self(), Args: []string{"x"}, Env: env})
	go func() { // more than a pipe holds
		buf := make([]byte, 1<<16)
		for {
			if _, err := p.Stdout.Read(buf); err != nil {
				return
			}
		}
	}()
	if <-p.Done(); p.Status() != (Status{}) {
		t.Fatal(p.Status())
	}
}

func TestMarkerAloneMakesNoSupervisor(t *testing.T) {
	// Somebody gives our binary that name in a shell: it is an ordinary run of it.
	r, w, _ := os.Pipe()
	defer r.Close()
	null, _ := os.Open(os.DevNull)
	defer null.Close()
	pid, err := syscall.ForkExec(self(), []string{supervisorName}, &syscall.ProcAttr{
		Env: []string{modeVar + "=describe"}, Files: []uintptr{null.Fd(), w.Fd(), w.Fd()},
	})
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<12)
	n, _ := r.Read(buf)
	syscall.Wait4(pid, nil, 0, nil)
	if !strings.HasPrefix(string(buf[:n]), "fd 0") {
		t.Fatalf("it said %q", buf[:n])
	}
}
