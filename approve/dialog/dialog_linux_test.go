package dialog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sallyport/approve"
)

const hostile = "<b>bold</b> &lt;i&gt; --ok-label=x $(id) `id` \"quoted\" 'single' _m \x1b]0;x\x07 \u202egnp \u200b<span size='9'>x</span>\nnext"

func question(summary string) (approve.Question, approve.Card) {
	return approve.Question{ID: "s.q1", Server: "s", Kind: approve.KindCall, Class: "write", Summary: summary},
		approve.Card{Digest: "h1:x", Blocks: []approve.Block{{Title: "arguments", Lines: []approve.Line{{Name: "path", Text: summary}}}}}
}

// standIns puts programs of the test in the place of the system's. They write down how they were called, and end as the test says.
func standIns(t *testing.T, name, script string) (seen string) {
	t.Helper()
	dir := t.TempDir()
	seen = filepath.Join(dir, "seen")
	text := "#!/bin/sh\nfor a in \"$@\"; do printf '[%s]\\n' \"$a\" >>" + seen + "; done\nenv >" + seen + ".env\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	oldFolders, oldOwner := folders, trusted
	folders, trusted = []string{dir}, uint32(os.Getuid())
	t.Cleanup(func() { folders, trusted = oldFolders, oldOwner })
	return seen
}

func TestVerdictsOfPrograms(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         Verdict
		err          bool
	}{
		{"zenity", "sleep 0.5; exit 0", Once, false},
		{"zenity", "exit 0", None, true}, // sooner than anybody reads
		{"zenity", "sleep 0.5; echo Allow for this session; exit 1", Session, false},
		{"zenity", "sleep 0.5; echo Allow for this session; exit 0", None, false},
		{"zenity", "exit 1", Deny, false},
		{"zenity", "sleep 0.5; exit 5", None, false},
		{"zenity", "sleep 0.5; exit 255", None, false},
		{"zenity", "sleep 0.5; kill -9 $$", None, false},
		{"kdialog", "sleep 0.5; exit 0", Once, false},
		{"kdialog", "sleep 0.5; exit 1", Session, false},
		{"kdialog", "exit 2", Deny, false},
		{"kdialog", "sleep 0.5; exit 254", None, false},
	} {
		t.Run(c.name+" "+c.script, func(t *testing.T) {
			standIns(t, c.name, c.script)
			d, err := Find([]string{"DISPLAY=:7"})
			if err != nil {
				t.Fatal(err)
			}
			q, card := question("writes a.txt")
			got, err := d.Ask(t.Context(), q, card)
			if got != c.want || (err != nil) != c.err || d.Name() != c.name {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestForeignTextIsDataForTheProgram(t *testing.T) {
	for _, name := range []string{"zenity", "kdialog"} {
		seen := standIns(t, name, "exit 1")
		d, err := Find([]string{"DISPLAY=:7", "LD_PRELOAD=/evil.so", "GTK_MODULES=evil", "PATH=/evil", "HOME=/evil"})
		if err != nil {
			t.Fatal(err)
		}
		q, card := question(hostile)
		q.Server = hostile
		if _, err := d.Ask(t.Context(), q, card); err != nil && name == "zenity" {
			t.Error(err)
		}
		b, err := os.ReadFile(seen)
		if err != nil {
			t.Fatal(err)
		}
		args := string(b)
		for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u200b", "\n[--ok-label=x"} {
			if strings.Contains(args, bad) {
				t.Errorf("%s got %q in\n%s", name, bad, args)
			}
		}
		if name == "zenity" && !strings.Contains(args, "[--no-markup]") || name == "kdialog" && strings.Contains(args, "<b>") {
			t.Errorf("%s reads markup:\n%s", name, args)
		}
		env, _ := os.ReadFile(seen + ".env")
		for _, bad := range []string{"LD_PRELOAD", "GTK_MODULES", "evil"} {
			if strings.Contains(string(env), bad) {
				t.Errorf("%s got %s:\n%s", name, bad, env)
			}
		}
	}
}

func TestDisplaysAndProgramsOfOthersAreNotUsed(t *testing.T) {
	standIns(t, "zenity", "exit 0")
	for _, environ := range [][]string{nil, {"DISPLAY=evil.example:0"}, {"DISPLAY="}, {"WAYLAND_DISPLAY=/tmp/evil"}, {"DISPLAY=:0/../../x"}} {
		if d, err := Find(environ); err == nil || d.Name() != "" {
			t.Errorf("%q is used", environ)
		}
	}
	path := filepath.Join(folders[0], "zenity")
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	if d, err := Find([]string{"DISPLAY=:7"}); err == nil || d.Name() != "" {
		t.Error("a program is used that others may write")
	}
}

func TestWhatADialogCannotShowWholeIsNotAllowedThere(t *testing.T) {
	standIns(t, "zenity", "sleep 0.5; exit 0")
	d, err := Find([]string{"DISPLAY=:7"})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*approve.Question, *approve.Card){
		"destructive": func(q *approve.Question, _ *approve.Card) { q.Class = "destructive" },
		"a read":      func(q *approve.Question, _ *approve.Card) { q.Class = "read" },
		"a word":      func(q *approve.Question, _ *approve.Card) { q.Word = "delete" },
		"a surface":   func(q *approve.Question, _ *approve.Card) { q.Kind = approve.KindSurface },
		"items":       func(_ *approve.Question, c *approve.Card) { c.Items = []approve.Item{{}} },
		"long": func(_ *approve.Question, c *approve.Card) {
			c.Blocks[0].Lines = make([]approve.Line, maxLines)
		},
		"wide": func(_ *approve.Question, c *approve.Card) { c.Blocks[0].Lines[0].Text = strings.Repeat("x", maxText) },
	} {
		q, c := question("x")
		change(&q, &c)
		if v, err := d.Ask(t.Context(), q, c); v != None || err != nil {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	var none *Dialogs
	q, c := question("x")
	if v, err := none.Ask(t.Context(), q, c); v != None || err == nil {
		t.Errorf("no dialogs: %v, %v", v, err)
	}
	none.Notify("a", "b")
}

func TestNotificationsHoldNoMarkup(t *testing.T) {
	seen := standIns(t, "notify-send", "exit 0")
	d, err := Find([]string{"DISPLAY=:7"})
	if err != nil {
		t.Fatal(err)
	}
	d.Notify("--title", hostile)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(seen); err == nil && strings.Count(string(b), "]\n") >= 4 {
			if text := string(b); !strings.Contains(text, "[--]\n[--title]\n") || strings.Contains(text, "<b>") || strings.ContainsAny(text, "\x1b\u202e") {
				t.Errorf("it got %s", text)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("no notification came")
		}
	}
}

// TestZenity plays a person at a real zenity on a real X server. SALLYPORT_MUST_RUN makes it an error that there is none.
func TestZenity(t *testing.T) {
	for _, tool := range []string{"/usr/bin/zenity", "Xvfb", "xdotool"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("SALLYPORT_MUST_RUN") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	display := xServer(t)
	d, err := Find([]string{"DISPLAY=" + display})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		wait time.Duration
		keys []string
		want Verdict
	}{
		{"Return", time.Second, []string{"Return"}, Deny},
		{"Escape", time.Second, []string{"Escape"}, Deny},
		{"the button beside it", time.Second, []string{"Tab", "Return"}, Once},
		{"the one on the other side", time.Second, []string{"shift+Tab", "Return"}, Session},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, card := question(hostile)
			press := make(chan error, 1)
			go func() { press <- pressKeys(display, c.wait, c.keys) }()
			got, err := d.Ask(t.Context(), q, card)
			if keysErr := <-press; keysErr != nil {
				t.Fatal(keysErr)
			}
			if got != c.want || err != nil {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	q, card := question("x")
	if v, err := d.Ask(ctx, q, card); v != None || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a question that is gone: %v, %v", v, err)
	}
}

func xServer(t *testing.T) (display string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-nolisten", "tcp", "-screen", "0", "1024x768x24")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var n int
	if _, err := fmt.Fscan(r, &n); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(":%d", n)
}

// pressKeys waits for a window and presses keys in it.
func pressKeys(display string, wait time.Duration, keys []string) error {
	tool := func(args ...string) error {
		cmd := exec.Command("xdotool", args...)
		cmd.Env = append(os.Environ(), "DISPLAY="+display)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("xdotool %q: %v\n%s", args, err, out)
		}
		return nil
	}
	if err := tool("search", "--sync", "--onlyvisible", "--name", "^sallyport"); err != nil {
		return err
	}
	time.Sleep(wait)
	for _, key := range keys {
		if err := tool("key", key); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}
