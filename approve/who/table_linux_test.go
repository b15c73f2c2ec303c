package who

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A row is a process in a table that the tests make up.
type row struct {
	pid, parent, session int
	name                 string
	pts                  int    // its terminal; 0 for none
	start                int    // in seconds before now
	uid                  int    // us where it is 0; root where it is -1
	group                string // "/" where it is empty
	environ              string
	args                 string // separated by blanks; the name where it is empty
	exe                  string // the name where it is empty
}

const us = 1000

// table writes a proc file system. Programs lie in a folder beside it.
func table(t testing.TB, rows []row) system {
	t.Helper()
	dir := t.TempDir()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		t.Fatal(err)
	}
	s := system{filepath.Join(dir, "proc")}
	for _, r := range rows {
		put(t, s, r, int(now.Sec))
	}
	return s
}

func put(t testing.TB, s system, r row, now int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(s.root, fmt.Sprint(r.pid), "fd"), 0o700); err != nil {
		t.Fatal(err)
	}
	tty, uid := 0, us
	if r.pts > 0 {
		tty = 136<<8 | r.pts
	}
	if r.uid != 0 {
		uid = max(r.uid, 0)
	}
	if r.group == "" {
		r.group = "/"
	}
	if r.args == "" {
		r.args = r.name
	}
	if r.exe == "" {
		r.exe = r.name
	}
	if r.environ == "" {
		r.environ = "HOME=/home/me"
	}
	stat := fmt.Sprintf("%d (%s) S %d %d %d %d -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", r.pid, r.name, r.parent, r.pid, r.session, tty, (now-r.start)*ticks+r.pid%ticks)
	for name, text := range map[string]string{
		"stat": stat, "status": fmt.Sprintf("Name:\tx\nUid:\t%d\t%d\t%d\t%d\n", uid, uid, uid, uid),
		"cgroup": "1:cpu:/\n0::" + r.group + "\n", "environ": r.environ + "\x00",
		"cmdline": strings.ReplaceAll(r.args, " ", "\x00") + "\x00",
	} {
		write(t, s.file(r.pid, name), []byte(text))
	}
	program := filepath.Join(filepath.Dir(s.root), strings.ReplaceAll(r.exe, "/", "_"))
	write(t, program, []byte(r.exe))
	if err := os.Symlink(program, s.file(r.pid, "exe")); err != nil {
		t.Fatal(err)
	}
}

const (
	scope = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-code-7.scope"
	vte   = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope"
)

// desktop is what runs before anybody starts anything.
var desktop = []row{
	{pid: 1, name: "systemd", start: 9000, uid: -1, group: "/init.scope"},
	{pid: 20, parent: 1, name: "systemd", start: 8000, session: 20, group: "/user.slice/user-1000.slice/user@1000.service/init.scope"},
	{pid: 30, parent: 20, name: "gnome-terminal-", exe: "gnome-terminal-server", start: 7000, session: 30, group: "/user.slice/x.service"},
	{pid: 31, parent: 30, name: "bash", pts: 1, session: 31, start: 6900, group: vte},
	{pid: 32, parent: 31, name: "sallyport", pts: 1, session: 31, start: 5, group: vte},
}

// editor is VS Code: its main process started the client, which is its extension host, and its terminals.
var editor = []row{
	{pid: 100, parent: 20, name: "code", session: 100, start: 600, group: scope},
	{pid: 101, parent: 100, name: "code", session: 100, start: 590, group: scope, args: "code --type=utility --host"},
	{pid: 102, parent: 101, name: "sallyport", session: 100, start: 500, group: scope, args: "sallyport wrap"},
	{pid: 110, parent: 100, name: "code", session: 100, start: 590, group: scope, args: "code --type=utility --pty"},
	{pid: 111, parent: 110, name: "bash", session: 111, pts: 5, start: 300, group: scope},
}

// claude is Claude Code in a person's terminal.
var claude = []row{
	{pid: 40, parent: 31, name: "claude", exe: "node", session: 31, pts: 1, start: 600, group: vte, args: "claude"},
	{pid: 41, parent: 40, name: "sh", session: 41, start: 590, group: vte, args: "sh -c sallyport"},
	{pid: 42, parent: 41, name: "sallyport", session: 41, start: 580, group: vte, args: "sallyport wrap"},
}

const pane = "/user.slice/user-1000.slice/user@1000.service/tmux-spawn-1.scope"

// tmux is a multiplexer that was told to start Claude Code in a terminal of its own, without a shell.
var tmux = []row{
	{pid: 60, parent: 20, name: "tmux: server", exe: "tmux", session: 60, start: 700, group: vte},
	{pid: 61, parent: 60, name: "claude", session: 61, pts: 7, start: 600, group: pane},
	{pid: 62, parent: 61, name: "sallyport", session: 61, pts: 7, start: 590, group: pane},
}

// shared is a desktop's client that shares a cgroup with what started it.
func shared(group string) []row {
	return []row{
		{pid: 1, name: "systemd", start: 9000, uid: -1, group: "/init.scope"},
		{pid: 71, parent: 1, name: "systemd", session: 71, start: 800, group: group},
		{pid: 72, parent: 71, name: "claude", session: 71, start: 200, group: group},
		{pid: 73, parent: 72, name: "sallyport", session: 71, start: 100, group: group},
	}
}

// kitty is a terminal program, in whose cgroup a client without a terminal was started by hand.
var kitty = []row{
	{pid: 90, parent: 20, name: "kitty", session: 90, start: 400, group: "/kitty.scope"},
	{pid: 91, parent: 90, name: "bash", session: 91, pts: 3, start: 390, group: "/kitty.scope"},
	{pid: 92, parent: 91, name: "claude", session: 92, start: 200, group: "/kitty.scope"},
	{pid: 93, parent: 92, name: "sallyport", session: 92, start: 100, group: "/kitty.scope"},
}

// asPeer is the process that is judged.
func asPeer(r row) row {
	r.pid, r.name, r.start = 900, "sallyport", 1
	return r
}

var container = []row{
	{pid: 1, name: "claude", session: 1, start: 100, group: "/docker/abc", environ: "PATH=/bin"},
	{pid: 2, parent: 1, name: "sallyport", session: 1, start: 90, group: "/docker/abc"},
}

// tables are who is judged among whom. Where want is empty the peer passes, with the note, or with none.
var tables = []struct {
	name       string
	rows       []row
	self       int
	peer       row
	want, note string
}{
	{"editor: its own terminal", slices.Concat(desktop, editor), 102, asPeer(row{parent: 111, session: 111, pts: 5, group: scope}), "", ""},
	{"editor: a terminal elsewhere", slices.Concat(desktop, editor), 102, asPeer(row{parent: 31, session: 31, pts: 1, group: vte}), "", ""},
	{"editor: its agent's terminal", slices.Concat(desktop, editor), 102, asPeer(row{parent: 111, session: 111, pts: 5, group: scope, environ: "A=b\x00COPILOT_AGENT=1"}), "COPILOT_AGENT is set", ""},
	{"editor: a child of the client", slices.Concat(desktop, editor), 102, asPeer(row{parent: 101, session: 900, pts: 6, group: scope}), "started by the client (code 101)", ""},
	{"editor: an orphan of the client", slices.Concat(desktop, editor, []row{{pid: 700, parent: 20, name: "mypty", session: 100, start: 3, group: scope}}), 102, asPeer(row{parent: 700, session: 900, pts: 6, group: scope}), "belongs to the client", ""},
	{"editor: an orphan below the client's cgroup", slices.Concat(desktop, editor, []row{{pid: 700, parent: 20, name: "mypty", session: 100, start: 3, group: scope}}), 102, asPeer(row{parent: 700, session: 900, pts: 6, group: scope + "/x"}), "belongs to the client", ""},
	{"editor: a cgroup with a name like the client's", slices.Concat(desktop, editor), 102, asPeer(row{parent: 31, session: 31, pts: 1, group: scope + "x"}), "", ""},
	{"multiplexer: an orphan of a client that has a terminal's cgroup", slices.Concat(desktop, tmux, []row{{pid: 700, parent: 20, name: "mypty", session: 700, start: 3, group: pane}}), 62, asPeer(row{parent: 700, session: 900, pts: 9, group: pane}), "belongs to the client", ""},
	{"multiplexer: another terminal", slices.Concat(desktop, tmux, []row{{pid: 63, parent: 60, name: "bash", session: 63, pts: 8, start: 300, group: pane + "2"}}), 62, asPeer(row{parent: 63, session: 63, pts: 8, group: pane + "2"}), "", ""},
	{"one cgroup for the service manager and all that it starts", slices.Concat(shared("/all.service"), []row{{pid: 700, parent: 71, name: "mypty", session: 700, start: 3, group: "/all.service"}}), 73, asPeer(row{parent: 700, session: 900, pts: 9, group: "/all.service"}), "belongs to the client", ""},
	{"one cgroup for a login and all that it starts", slices.Concat(shared("/x/session-3.scope"), []row{{pid: 700, parent: 71, name: "xterm", session: 700, start: 300, group: "/x/session-3.scope"}, {pid: 701, parent: 700, name: "bash", session: 701, pts: 6, start: 299, group: "/x/session-3.scope"}}), 73, asPeer(row{parent: 701, session: 701, pts: 6, group: "/x/session-3.scope"}), "", ""},
	{"wrap in a terminal of its own", slices.Concat(desktop, []row{{pid: 80, parent: 30, name: "sh", session: 80, pts: 4, start: 60, group: vte, args: "sh -c sallyport"}, {pid: 81, parent: 80, name: "sallyport", session: 80, pts: 4, start: 59, group: vte}}), 81, asPeer(row{parent: 31, session: 31, pts: 1, group: vte}), "", ""},
	{"a program without a terminal that was started in one", slices.Concat(desktop, kitty, []row{{pid: 700, parent: 20, name: "tmux", session: 700, start: 300, group: "/kitty.scope"}, {pid: 701, parent: 700, name: "bash", session: 701, pts: 6, start: 299, group: "/kitty.scope"}}), 93, asPeer(row{parent: 701, session: 701, pts: 6, group: "/kitty.scope"}), "", ""},
	{"another build of the same size", slices.Concat(desktop, claude), 42, asPeer(row{parent: 31, session: 31, pts: 1, exe: "sallypork"}), "with another program", ""},
	{"service manager: a terminal of its own", slices.Concat(desktop, editor), 102, asPeer(row{parent: 20, session: 900, pts: 6, group: "/run.service"}), "made by the service manager", ""},
	{"service manager: a shell in a terminal of its own", slices.Concat(desktop, editor, []row{{pid: 700, parent: 20, name: "bash", session: 700, pts: 6, start: 3}}), 102, asPeer(row{parent: 700, session: 700, pts: 6}), "made by the service manager", ""},
	{"service manager: a terminal in a terminal of its own", slices.Concat(desktop, editor, []row{{pid: 700, parent: 20, name: "bash", session: 700, pts: 6, start: 5}, {pid: 701, parent: 700, name: "script", session: 700, pts: 6, start: 4}, {pid: 702, parent: 701, name: "sh", session: 702, pts: 7, start: 3}}), 102, asPeer(row{parent: 702, session: 702, pts: 7}), "made by the service manager", ""},
	{"terminal: opened for one command", slices.Concat(desktop, claude, []row{{pid: 700, parent: 30, name: "sh", session: 700, pts: 6, start: 300, args: "sh -c sallyport"}}), 42, asPeer(row{parent: 700, session: 700, pts: 6}), "", "for this command alone"},
	{"terminal: the peer is first in it", slices.Concat(desktop, claude), 42, asPeer(row{parent: 30, session: 900, pts: 6}), "", "for this command alone"},
	{"terminal: its own shell", slices.Concat(desktop, claude), 42, asPeer(row{parent: 31, session: 31, pts: 1, group: vte}), "", ""},
	{"terminal: a child behind a launcher", slices.Concat(desktop, claude), 42, asPeer(row{parent: 40, session: 31, pts: 1, group: vte}), "started by the client (node (claude) 40)", ""},
	{"terminal: a stray one", slices.Concat(desktop, claude), 42, asPeer(row{parent: 20, session: 31, pts: 1, group: vte}), "stray one", ""},
	{"terminal: opened after the question", slices.Concat(desktop, claude, []row{{pid: 700, parent: 30, name: "bash", session: 700, pts: 6, start: 3}}), 42, asPeer(row{parent: 700, session: 700, pts: 6}), "", "opened after the question"},
	{"terminal: of a program that is younger than the client", slices.Concat(desktop, claude, []row{{pid: 700, parent: 20, name: "xterm", session: 20, start: 30}, {pid: 701, parent: 700, name: "bash", session: 701, pts: 6, start: 29}}), 42, asPeer(row{parent: 701, session: 701, pts: 6}), "", "comes from xterm 700, which is younger"},
	{"login after the client", slices.Concat(desktop, claude, []row{{pid: 700, parent: 1, name: "sshd", uid: -1, session: 700, start: 30}, {pid: 701, parent: 700, name: "bash", session: 701, pts: 6, start: 29}}), 42, asPeer(row{parent: 701, session: 701, pts: 6}), "", ""},
	{"console without a login", slices.Concat(desktop, claude, []row{{pid: 701, parent: 1, name: "ash", session: 701, pts: 6, start: 700}}), 42, asPeer(row{parent: 701, session: 701, pts: 6}), "", "no terminal program"},
	{"script that was left alone", slices.Concat(desktop, claude, []row{{pid: 700, parent: 20, name: "script", session: 31, start: 30, group: "/x"}, {pid: 701, parent: 700, name: "sh", session: 701, pts: 6, start: 29}}), 42, asPeer(row{parent: 701, session: 701, pts: 6}), "nobody looks at", ""},
	{"script of a person's", slices.Concat(desktop, claude, []row{{pid: 700, parent: 31, name: "script", session: 31, pts: 1, start: 30, group: "/x"}, {pid: 701, parent: 700, name: "sh", session: 701, pts: 6, start: 29}}), 42, asPeer(row{parent: 701, session: 701, pts: 6}), "", ""},
	{"another user", slices.Concat(desktop, claude), 42, asPeer(row{parent: 31, session: 31, pts: 1, uid: 1001}), "belongs to user 1001", ""},
	{"a name that imitates a stat", slices.Concat(desktop, claude, []row{{pid: 700, parent: 40, name: "x) S 1 700 700 34817 (", session: 700, pts: 6, start: 3}}), 42, asPeer(row{parent: 700, session: 700, pts: 6}), "started by the client", ""},
	{"an ancestor that cannot be seen", slices.Concat(desktop, claude), 42, asPeer(row{parent: 666, session: 900, pts: 6}), "666 cannot be seen", ""},
	{"a ring of ancestors", slices.Concat(desktop, claude, []row{{pid: 800, parent: 801, name: "x", start: 2}, {pid: 801, parent: 800, name: "x", start: 2}}), 42, asPeer(row{parent: 800, session: 900, pts: 6}), "its parent has just ended", ""},
	{"a parent that is younger", slices.Concat(desktop, claude, []row{{pid: 800, parent: 31, name: "x", start: 0}}), 42, asPeer(row{parent: 800, session: 900, pts: 6}), "has just ended", ""},
	{"container: the client is its first process", container, 2, asPeer(row{parent: 1, session: 900, pts: 6, group: "/docker/abc"}), "started by the client (claude 1)", ""},
	{"container: a shell from outside", slices.Concat(container, []row{{pid: 50, name: "sh", session: 50, pts: 2, start: 30, group: "/docker/abc"}}), 2, asPeer(row{parent: 50, session: 50, pts: 2, group: "/docker/abc"}), "", "from outside of this container"},
	{"the client is gone", slices.Concat(desktop, []row{{pid: 42, parent: 20, name: "sallyport", session: 41, start: 580}}), 42, asPeer(row{parent: 31, session: 31, pts: 1}), "", "the client is not known"},
	{"what is left of the client is a launcher", slices.Concat(desktop, []row{{pid: 41, parent: 20, name: "timeout", session: 41, start: 590, group: vte}, {pid: 42, parent: 41, name: "sallyport", session: 41, start: 580}}), 42, asPeer(row{parent: 41, session: 900, pts: 6}), "started by the client (timeout 41)", ""},
	{"wrap by hand", slices.Concat(desktop, []row{{pid: 42, parent: 31, name: "sallyport", session: 31, pts: 1, start: 580, group: vte}}), 42, asPeer(row{parent: 31, session: 31, pts: 1, group: vte}), "started by the client (bash 31)", ""},
	{"terminal: opened by a stray one", slices.Concat(desktop, claude, []row{{pid: 700, parent: 20, name: "mypty", session: 31, pts: 1, start: 30, group: vte}, {pid: 701, parent: 700, name: "sh", session: 701, pts: 6, start: 29, group: vte}}), 42, asPeer(row{parent: 701, session: 701, pts: 6}), "stray one", ""},
	{"script that an ancestor of the client inherited", slices.Concat(desktop, editor, []row{{pid: 700, parent: 100, name: "script", session: 700, start: 30, group: "/x"}, {pid: 701, parent: 700, name: "sh", session: 701, pts: 6, start: 29}}), 102, asPeer(row{parent: 701, session: 701, pts: 6}), "nobody looks at", ""},
}

func TestTables(t *testing.T) {
	for _, c := range tables {
		t.Run(c.name, func(t *testing.T) {
			s := table(t, append(slices.Clone(c.rows), c.peer))
			g := newGuard(s, c.self)
			p, err := g.judge(c.peer.pid, time.Now().Add(-time.Minute/4))
			got := ""
			if err != nil {
				got = err.Error()
			}
			switch {
			case c.want == "" && got != "" || !strings.Contains(got, c.want):
				t.Errorf("got %q, want %q; %q", got, c.want, p.Chain)
			case c.note != "" && !strings.Contains(strings.Join(p.Notes, "; "), c.note), c.note == "" && got == "" && len(p.Notes) > 0:
				t.Errorf("the notes are %q, want %q", p.Notes, c.note)
			}
		})
	}
}

// TestWhatCannotBeReadIsRefused takes away one file at a time.
func TestWhatCannotBeReadIsRefused(t *testing.T) {
	peer := row{pid: 900, parent: 111, name: "sallyport", session: 111, pts: 5, start: 1, group: scope}
	for _, c := range []struct {
		pid        int
		name, want string
	}{
		{900, "stat", "900 cannot be seen"}, {900, "status", "900 cannot be seen"}, {900, "exe", "which program"}, {900, "environ", "hides its environment"},
		{900, "cgroup", "what this process belongs to"}, {111, "environ", "process 111 hides its environment"}, {110, "stat", "110 cannot be seen"},
		{1, "stat", "1 cannot be seen"}, {111, "exe", ""}, {111, "cmdline", ""}, {20, "environ", ""}, {100, "cgroup", "belongs to the client"},
	} {
		t.Run(fmt.Sprintf("%d %s", c.pid, c.name), func(t *testing.T) {
			s := table(t, slices.Concat(desktop, editor, []row{peer}))
			g := newGuard(s, 102)
			if err := os.Remove(s.file(c.pid, c.name)); err != nil {
				t.Fatal(err)
			}
			_, err := g.judge(900, time.Now())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestProgramThatWasReplaced has a session whose own file was replaced by a newer one.
func TestProgramThatWasReplaced(t *testing.T) {
	peer := row{pid: 900, parent: 31, name: "sallyport", exe: "newer", session: 31, pts: 1, start: 1}
	s := table(t, slices.Concat(desktop, claude, []row{peer}))
	g := newGuard(s, 42)
	if _, err := g.judge(900, time.Now()); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("a newer build elsewhere: %v", err)
	}
	g.path = filepath.Join(filepath.Dir(s.root), "newer")
	if _, err := g.judge(900, time.Now()); err != nil {
		t.Errorf("a newer build in its place: %v", err)
	}
}

func TestNumbersThatAreUsedAgain(t *testing.T) {
	s := table(t, slices.Concat(desktop, claude))
	chain, err := s.ancestry(32)
	if err != nil {
		t.Fatal(err)
	}
	other := slices.Clone(chain)
	other[0].start++
	if unchanged(chain, other) || !unchanged(chain, slices.Clone(chain)) {
		t.Error("another process counts as the same")
	}
	other = slices.Clone(chain)
	other[1].parent = 1
	if unchanged(chain, other) {
		t.Error("another parent counts as the same")
	}
	g := newGuard(s, 42)
	reused := g.client
	reused.start++
	g.client = reused
	if g.client.among(g.ancestors) >= 0 {
		t.Error("a process that started later counts as the client")
	}
}

func TestGuardMayBeUsedConcurrently(t *testing.T) {
	s := table(t, slices.Concat(desktop, claude))
	g := newGuard(s, 42)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := g.judge(32, time.Now()); err != nil {
				t.Error(err)
			}
			g.SetChild(30_000)
			g.SetChild(41)
			if c := g.Client(); len(c) > 0 {
				c[0] = "another"
			}
		})
	}
	all.Wait()
	if got := g.Client(); len(got) != 5 || got[0] != "node (claude) 40" {
		t.Errorf("the client is %q", got)
	}
}
