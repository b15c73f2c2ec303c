//go:build linux

package child

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestLoginShellPath(t *testing.T) {
	const noisy = "echo noise; printf 'PATH=/fake\\0'; echo noise >&2\n"
	for _, shell := range []string{"bash", "zsh", "fish", "dash"} {
		exe, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("no %s here", shell)
			continue
		}
		set, profile, rc := `export PATH="/mine/`+shell+`:$PATH"`+"\n", ".profile", ".profile"
		switch shell {
		case "bash":
			profile, rc = ".bash_profile", ".bashrc"
		case "zsh":
			profile, rc = ".zprofile", ".zshrc"
		case "fish":
			set = "set -gx PATH /mine/fish $PATH\n"
			profile, rc = ".config/fish/config.fish", ".config/fish/config.fish"
		}
		sourceRC := ""
		if shell == "bash" {
			sourceRC = "case $- in *i*) . ~/.bashrc;; esac\n" // as distributions do
		}
		for name, test := range map[string]struct{ profile, rc, want, err string }{
			"noise in the profile":                      {noisy + set, "", "/mine/" + shell + ":", ""},
			"set for interactive shells":                {sourceRC, noisy + set, "/mine/" + shell + ":", ""},
			"background job holds the pipe":             {set, "", "/mine/" + shell + ":", ""},
			"a start file that becomes another program": {sourceRC, "exec /bin/true\n", "", "ended without a word"},
			"a start file that hangs":                   {sourceRC, "sleep 1000\n", "", "longer than 300ms"},
			"a start file that waits for us":            {sourceRC, "read x; read y </dev/tty\n" + set, "/mine/" + shell + ":", ""},
		} {
			t.Run(shell+"/"+name, func(t *testing.T) {
				home := t.TempDir()
				if strings.HasPrefix(name, "background") {
					test.profile = "sleep 3 &\n" + test.profile
				}
				if profile == rc {
					test.profile += test.rc
				} else {
					put(t, home+"/"+rc, test.rc, 0o644)
				}
				put(t, home+"/"+profile, test.profile, 0o644)
				limit := long
				if strings.Contains(name, "hangs") {
					limit = 300 * time.Millisecond
				}
				before := descriptors(t)
				path, err := account{name: "tester", home: home, shell: exe}.path(limit)
				if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
					t.Fatalf("path = %q, %v; want an error with %q", path, err, test.err)
				}
				if test.err == "" && (err != nil || !strings.HasPrefix(path, test.want) || strings.Contains(path, "noise")) {
					t.Fatalf("path = %q, %v; want %q…", path, err, test.want)
				}
				if after := descriptors(t); before != after {
					t.Errorf("descriptors before:\n%safter:\n%s", before, after)
				}
			})
		}
	}
}

func TestLoginShellSeesNothingOfTheClient(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "hush")
	t.Setenv("BASH_ENV", "/evil")
	home := t.TempDir()
	put(t, home+"/.profile", "env > ~/seen; echo $PWD >> ~/seen\n", 0o644)
	if _, err := (account{name: "tester", home: home, shell: "/bin/sh"}).path(long); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(home + "/seen")
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); strings.Contains(s, "hush") || strings.Contains(s, "/evil") || !strings.Contains(s, loginMarker) {
		t.Fatalf("the start file saw\n%s", s)
	}
}

func TestHangingStartFileIsKilledWithItsGroup(t *testing.T) {
	home := t.TempDir()
	fifo := home + "/tree"
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	tree, err := os.OpenFile(fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	put(t, home+"/.profile", "exec 9>~/tree; trap '' TERM; sleep 1000 & sleep 1000\n", 0o644)
	if _, err := (account{name: "tester", home: home, shell: "/bin/sh"}).path(300 * time.Millisecond); err == nil {
		t.Fatal("a PATH from a shell that hangs")
	}
	tree.SetReadDeadline(time.Now().Add(long))
	if n, err := tree.Read(make([]byte, 1)); n != 0 || err == nil || os.IsTimeout(err) {
		t.Fatalf("waiting for the group's end: %v", err)
	}
}

func TestAccounts(t *testing.T) {
	const text = "# User Database\nroot:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000:A,,,:/home/alice:\n+::::::\n" +
		"bob:********:501:20::0:0:Bob:/Users/bob:/bin/zsh\n"
	for uid, want := range map[string]account{
		"0":    {"root", "/root", "/bin/bash"},
		"1000": {"alice", "/home/alice", "/bin/sh"},
		"501":  {"bob", "/Users/bob", "/bin/zsh"},
	} {
		if got, ok := parsePasswd(text, uid); !ok || got != want {
			t.Errorf("uid %s: %+v, want %+v", uid, got, want)
		}
	}
	if got, ok := parsePasswd(text, "7"); ok {
		t.Errorf("uid 7: %+v", got)
	}
	for _, shell := range []string{"", "bash", "/usr/sbin/nologin", "/bin/false"} {
		if path, err := (account{name: "x", shell: shell}).path(long); err == nil {
			t.Errorf("shell %q gave %q", shell, path)
		}
	}
}
