package who

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestMark(t *testing.T) {
	for _, c := range []struct{ environ, want string }{
		{"", ""},
		{"HOME=/\x00TERM=xterm\x00", ""},
		{"CLAUDECODE=1\x00", "CLAUDECODE"},
		{"A=b\x00GEMINI_CLI=1", "GEMINI_CLI"},
		{"GEMINI_CLI=\x00", ""},
		{"GEMINI_CLI", ""},
		{"A=GEMINI_CLI=1\x00XGEMINI_CLI=1\x00gemini_cli=1\x00", ""},
		{"TERM_PROGRAM=vscode\x00CURSOR_TRACE_ID=x\x00VSCODE_PID=1\x00", ""},
		{"CLAUDECODE=1\x00TERM_PROGRAM=vscode\x00CLAUDE_CODE_SSE_PORT=1\x00", ""},
		{"CLAUDECODE=1\x00TERMINAL_EMULATOR=JetBrains-JediTerm\x00", ""},
		{"CLAUDECODE=1\x00TERM_PROGRAM=tmux\x00", "CLAUDECODE"},
		{"CLAUDECODE=1\x00TERM_PROGRAM=vscode\x00CLAUDE_CODE_ENTRYPOINT=cli\x00", "CLAUDE_CODE_ENTRYPOINT"},
		{"TERM_PROGRAM=vscode\x00CLAUDE_CODE_CHILD_SESSION=1\x00CLAUDECODE=1\x00", "CLAUDE_CODE_CHILD_SESSION"},
	} {
		if got := mark([]byte(c.environ)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.environ, got, c.want)
		}
	}
	seen := map[string]bool{}
	for _, m := range markers {
		if got := mark([]byte("A=b\x00" + m.name + "=1\x00")); got != m.name || m.from == "" || seen[m.name] {
			t.Errorf("%s: got %q, from %q", m.name, got, m.from)
		}
		seen[m.name] = true
	}
}

func TestScripted(t *testing.T) {
	for _, c := range []struct {
		args string
		tty  bool
		want bool
	}{
		{"-c x", true, true}, {"-c x", false, true}, {"-lc x", true, true}, {"-e -c x", true, true}, {"start.sh", true, true}, {"-- start.sh", true, true},
		{"-o pipefail -c x", true, true}, {"+x start.sh", true, true}, {"/c start", false, true}, {"-NoProfile -Command x", false, true},
		{"", true, false}, {"", false, true}, {"-l", true, false}, {"-i", false, false}, {"--login", true, false}, {"--login", false, true},
		{"--init-file integration.sh", true, false}, {"--rcfile rc -i", false, false}, {"-o vi", true, false},
	} {
		if got := scripted(strings.Fields(c.args), c.tty); got != c.want {
			t.Errorf("%q with a terminal %t: got %t", c.args, c.tty, got)
		}
	}
}

func TestZeroGuardRefuses(t *testing.T) {
	var g Guard
	if _, err := g.judge(1, time.Now()); err == nil {
		t.Error("it lets somebody pass")
	}
	if _, err := g.Judge(&net.UnixConn{}, time.Now()); err == nil {
		t.Error("it lets nobody pass")
	}
	if g.Client() != nil {
		t.Error("it has a client")
	}
}
