package dialog

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sallyport/approve"
)

func TestOnlyWhatAProgramSaysItselfIsAVerdict(t *testing.T) {
	for _, c := range []struct {
		name, program, ending string
		want                  Verdict
		fault                 string // of the error; empty for none
	}{
		{"zenity allows once", "zenity", "exit 91", Once, ""},
		{"zenity 3 allows for the session", "zenity", "echo Allow for this session; exit 93", Session, ""},
		{"zenity 4 allows for the session", "zenity", "echo Allow for this session; exit 94", Session, ""},
		{"zenity denies", "zenity", "exit 92", Deny, ""},
		{"zenity is closed", "zenity", "exit 93", None, ""},
		{"zenity gives up", "zenity", "exit 95", None, "status 95"},
		{"zenity ends well without a word", "zenity", "exit 0", None, "status 0"},
		{"zenity ends well with the label", "zenity", "echo Allow for this session; exit 0", None, "status 0"},
		{"zenity ends with its usual status of Deny", "zenity", "exit 1", None, "status 1"},
		{"zenity says more than a label", "zenity", "echo Allow for this session; echo x; exit 93", None, "status 93"},
		{"zenity allows once and says something", "zenity", "echo x; exit 91", None, "status 91"},
		{"the third button without its label", "zenity", "exit 94", None, "status 94"},
		{"no display", "zenity", "echo cannot open display >&2; exit 1", None, "status 1: cannot open display"},
		{"an unknown option", "zenity", "exit 255", None, "status 255"},
		{"zenity is killed", "zenity", "kill -9 $$", None, "a signal"},
		{"kdialog allows once", "kdialog", "echo sallyport-once", Once, ""},
		{"kdialog allows for the session", "kdialog", "echo sallyport-session", Session, ""},
		{"kdialog denies", "kdialog", "echo sallyport-deny", Deny, ""},
		{"kdialog is closed", "kdialog", "exit 1", None, ""},
		{"kdialog ends well without a word", "kdialog", "exit 0", None, ""},
		{"kdialog breaks off after a word", "kdialog", "echo sallyport-once; exit 1", None, "status 1"},
		{"kdialog says two words", "kdialog", "echo sallyport-once; echo sallyport-deny", None, "status 0"},
		{"kdialog crashes", "kdialog", "kill -6 $$", None, "a signal"},
		{"a child that holds the output", "zenity", "sleep 600 & exit 91", Once, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := staged(t, map[string]string{c.program: c.ending}).dialogs(t)
			q, card := write("writes a.txt")
			got, err := d.Ask(t.Context(), q, card)
			if got != c.want || (err == nil) != (c.fault == "") || err != nil && !strings.HasSuffix(err.Error(), c.fault) {
				t.Errorf("%v, %v; want %v, %q", got, err, c.want, c.fault)
			}
			if d.Name() != c.program {
				t.Errorf("the program is %q", d.Name())
			}
		})
	}
}

func TestAnAnswerThatNobodyCanHaveReadIsAskedForAgain(t *testing.T) {
	for name, ending := range map[string]string{
		"allowed": "exit 91", "for the session": "echo Allow for this session; exit 93", "denied": "exit 92",
	} {
		t.Run(name, func(t *testing.T) {
			s := staged(t, nil)
			count := filepath.Join(s.seen, "count")
			path := filepath.Join(s.folders[0], "zenity")
			if err := os.WriteFile(path, []byte("#!/bin/sh\necho x >>"+count+"\n"+ending+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			d := s.dialogs(t)
			d.guard = time.Hour
			q, card := write("x")
			v, err := d.Ask(t.Context(), q, card)
			if v != None || err == nil || !strings.HasSuffix(err.Error(), "before anybody could read it") {
				t.Errorf("%v, %v", v, err)
			}
			if b, err := os.ReadFile(count); err != nil || strings.Count(string(b), "x") != attempts {
				t.Errorf("it was shown so often: %q, %v", b, err)
			}
		})
	}
	if guardTime < 400*time.Millisecond {
		t.Error("the guard is too short")
	}
}

func TestForeignTextIsOneArgumentWithoutMarkup(t *testing.T) {
	q, card := write(hostile)
	q.Server, q.Tool, q.Rules[0].Because, q.Scopes[0].Words = hostile, hostile, hostile, hostile
	shown, b := compose(q, card, program{room: wide, most: asksSession})
	if b != asksSession {
		t.Fatalf("the dialog only tells:\n%s", shown)
	}
	for _, r := range shown {
		if r < ' ' && r != '\n' || r == 0x202e || r == 0x200b {
			t.Errorf("%U is in the text", r)
		}
	}
	for name, want := range map[string][]string{
		"zenity": {
			"--question", "--default-cancel", "--title=sallyport: may this be done?", "--ok-label=Allow once", "--cancel-label=Deny",
			"--no-markup", "--no-wrap", "--text=" + shown, "--extra-button=Allow for this session",
		},
		"kdialog": {
			"--title=sallyport: may this be done?", "--menu=" + rich(shown), "--default=Deny",
			"sallyport-deny", "Deny", "sallyport-once", "Allow once", "sallyport-session", "Allow for this session",
		},
	} {
		s := staged(t, map[string]string{name: "exit 1"})
		s.dialogs(t).Ask(t.Context(), q, card)
		if got := s.strings(t, name+".args"); !slices.Equal(got, want) {
			t.Errorf("%s got\n%q\nwant\n%q", name, got, want)
		}
	}
	text := rich(shown)
	inner := strings.TrimSuffix(strings.TrimPrefix(text, `<qt><div align="left" style="white-space: pre">`), "</div></qt>")
	if len(inner) == len(text) || strings.ContainsAny(strings.ReplaceAll(inner, "<br/>", ""), "<>\n'\"") || strings.Contains(strings.ReplaceAll(inner, `\\`, ""), `\`) {
		t.Errorf("the rich text is\n%s", text)
	}
}

func TestProgramsGetNothingElseOfTheClient(t *testing.T) {
	s := staged(t, map[string]string{"zenity": "exit 92"})
	s.environ = append(s.environ, "PATH=/evil", "HOME=/evil", "LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/evil", "GTK_MODULES=evil", "GTK_PATH=/evil",
		"GTK_THEME=evil", "GTK3_MODULES=evil", "GIO_EXTRA_MODULES=/evil", "GDK_BACKEND=evil", "QT_PLUGIN_PATH=/evil", "QT_QPA_PLATFORM=evil", "XDG_CONFIG_HOME=/evil",
		"XDG_DATA_DIRS=/evil", "XDG_RUNTIME_DIR=/evil", "ZENITY_OK=92", "ZENITY_CANCEL=91", "DIALOG_OK=92", "LANG=evil", "LOCPATH=/evil", "BASH_ENV=/evil", "DBUS_SESSION_BUS_ADDRESS=unixexec:path=/evil",
		"XAUTHORITY=/evil", "WAYLAND_DISPLAY=/evil", "XDG_CURRENT_DESKTOP=$(evil)", "DISPLAY=:8")
	t.Chdir(t.TempDir())
	q, card := write("x")
	if v, err := s.dialogs(t).Ask(t.Context(), q, card); v != Deny || err != nil {
		t.Fatalf("%v, %v", v, err)
	}
	got := slices.DeleteFunc(s.strings(t, "zenity.env"), func(v string) bool {
		return strings.HasPrefix(v, "_=") || strings.HasPrefix(v, "SHLVL=") || strings.HasPrefix(v, "PWD=")
	})
	want := append([]string{
		"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "DISPLAY=:8", "XDG_RUNTIME_DIR=" + s.runtime, "HOME=" + s.home, "NO_AT_BRIDGE=1", "DBUS_SESSION_BUS_ADDRESS=disabled:",
	}, zenityEnv...)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("it got\n%q\nwant\n%q", got, want)
	}
	if pwd := s.strings(t, "zenity.pwd"); pwd[0] != "/\n" {
		t.Errorf("it ran in %q", pwd)
	}
}

// hung is a program that says when it is up, with its number and that of a child, and stays.
func hung(t *testing.T, s stage) (up func() []int) {
	t.Helper()
	fifo := filepath.Join(s.seen, "up")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	text := "#!/bin/sh\nsleep 600 &\necho $$ $! >" + fifo + "\nwait\n"
	if err := os.WriteFile(filepath.Join(s.folders[0], "zenity"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return func() []int {
		f, err := os.Open(fifo)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int
		for _, word := range strings.Fields(string(b)) {
			id, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
}

// gone waits until a process has ended. A zombie has: its parent is not ours.
func gone(t *testing.T, id int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(id) + "/stat")
		if err != nil || strings.Contains(string(b), ") Z ") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("process %d is still there", id)
		}
	}
}

func TestTheEndOfAQuestionEndsItsProgramAndAllThatItStarted(t *testing.T) {
	s := staged(t, nil)
	up := hung(t, s)
	d := s.dialogs(t)
	ctx, cancel := context.WithCancel(t.Context())
	q, card := write("x")
	done := make(chan error, 1)
	go func() {
		v, err := d.Ask(ctx, q, card)
		if v != None {
			err = errors.New("it was answered")
		}
		done <- err
	}()
	ids := up()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, id := range ids {
		gone(t, id)
	}
	if v, err := d.Ask(ctx, q, card); v != None || !errors.Is(err, context.Canceled) {
		t.Errorf("a question that has ended: %v, %v", v, err)
	}
}

// TestADialogEndsWithAKilledProcess asks from another process, and kills that.
func TestADialogEndsWithAKilledProcess(t *testing.T) {
	const variable = "SALLYPORT_TEST_FOLDER"
	if folder := os.Getenv(variable); folder != "" {
		s := system{folders: []string{folder}, owner: uint32(os.Getuid())}
		d, err := s.find([]string{"DISPLAY=:7"})
		if err != nil {
			t.Fatal(err)
		}
		q, card := write("x")
		d.Ask(t.Context(), q, card)
		return
	}
	s := staged(t, nil)
	up := hung(t, s)
	cmd := exec.Command(os.Args[0], "-test.run=^TestADialogEndsWithAKilledProcess$")
	cmd.Env = append(os.Environ(), variable+"="+s.folders[0])
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ids := up()
	t.Cleanup(func() { syscall.Kill(ids[1], syscall.SIGKILL) }) // what a dialog has started itself stays
	cmd.Process.Kill()
	cmd.Wait()
	gone(t, ids[0])
}

func TestOneDialogAtATime(t *testing.T) {
	s := staged(t, nil)
	up := hung(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	q, card := write("x")
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.dialogs(t).Ask(ctx, q, card)
	}()
	up()

	// Another desktop of this process has to wait for it, and gives up with its question.
	other := staged(t, map[string]string{"zenity": "exit 92"})
	waits, giveUp := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := other.dialogs(t).Ask(waits, q, card)
		ended <- err
	}()
	giveUp()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the second: %v", err)
	}
	answered := make(chan Verdict, 1)
	go func() {
		v, _ := other.dialogs(t).Ask(t.Context(), q, card)
		answered <- v
	}()
	select {
	case v := <-answered:
		t.Errorf("the third did not wait: %v", v)
	case <-time.After(50 * time.Millisecond): // a dialog takes a tenth of that here
	}
	if _, err := os.Stat(filepath.Join(other.seen, "zenity.args")); err == nil {
		t.Error("a second dialog came while the first was open")
	}
	cancel()
	<-done
	if v := <-answered; v != Deny {
		t.Errorf("after the first: %v", v)
	}
}

func TestWhatMayNotBeAllowedByADialogIsToldOf(t *testing.T) {
	for name, change := range map[string]func(*approve.Question, *approve.Card){
		"destructive":        func(q *approve.Question, _ *approve.Card) { q.Class = "destructive" },
		"a read":             func(q *approve.Question, _ *approve.Card) { q.Class = "read" },
		"no class":           func(q *approve.Question, _ *approve.Card) { q.Class = "" },
		"a word":             func(q *approve.Question, _ *approve.Card) { q.Word = "delete" },
		"a surface":          func(q *approve.Question, _ *approve.Card) { q.Kind = approve.KindSurface },
		"no kind":            func(q *approve.Question, _ *approve.Card) { q.Kind = "" },
		"items":              func(_ *approve.Question, c *approve.Card) { c.Items = []approve.Item{{}} },
		"no card":            func(_ *approve.Question, c *approve.Card) { *c = approve.Card{} },
		"an empty card":      func(_ *approve.Question, c *approve.Card) { c.Blocks = nil },
		"another question's": func(_ *approve.Question, c *approve.Card) { c.ID = "s.q2" },
		"many lines":         func(_ *approve.Question, c *approve.Card) { c.Blocks[0].Lines = make([]approve.Line, wide.lines) },
		"a long line": func(_ *approve.Question, c *approve.Card) {
			c.Blocks[0].Lines[0].Text = strings.Repeat("x", wide.chars)
		},
		"a very long line":      func(_ *approve.Question, c *approve.Card) { c.Blocks[0].Lines[0].Text = strings.Repeat("x", 1<<20) },
		"a long summary":        func(q *approve.Question, _ *approve.Card) { q.Summary = strings.Repeat("x", wide.chars) },
		"a long scope":          func(q *approve.Question, _ *approve.Card) { q.Scopes[0].Words = strings.Repeat("x\n", wide.lines) },
		"line feeds in a line":  func(_ *approve.Question, c *approve.Card) { c.Blocks[0].Lines[0].Text = strings.Repeat("\n", 300) },
		"characters of no note": func(_ *approve.Question, c *approve.Card) { c.Blocks[0].Lines[0].Text = strings.Repeat("\u202e", 300) },
		"very wide characters":  func(_ *approve.Question, c *approve.Card) { c.Blocks[0].Lines[0].Text = strings.Repeat("﷽", 200) },
	} {
		t.Run(name, func(t *testing.T) {
			q, card := write("x")
			change(&q, &card)
			s := staged(t, map[string]string{"zenity": "exit 91"}) // presses what would allow it
			if v, err := s.dialogs(t).Ask(t.Context(), q, card); v != None || err != nil {
				t.Errorf("%v, %v", v, err)
			}
			args := s.strings(t, "zenity.args")
			text := strings.TrimPrefix(args[len(args)-1], "--text=")
			if !slices.Contains(args, "--info") || slices.Contains(args, "--question") || strings.Contains(strings.Join(args, "\n"), "Allow") || !strings.HasSuffix(text, whereToAnswer) {
				t.Errorf("the dialog is %q", args)
			}
			if n := len(strings.Split(text, "\n")); n > wide.lines || len([]rune(text)) > wide.chars {
				t.Errorf("it has %d lines, %d characters", n, len([]rune(text)))
			}
		})
	}
}

func TestTheSessionIsOfferedOnlyWhereItIsNarrow(t *testing.T) {
	for name, change := range map[string]func(*approve.Question){
		"no scope":               func(q *approve.Question) { q.Scopes = nil },
		"whatever the arguments": func(q *approve.Question) { q.Scopes[0].Whole = true },
		"nobody can say of what": func(q *approve.Question) { q.Scopes[0].Words = "" },
	} {
		q, card := write("x")
		change(&q)
		s := staged(t, map[string]string{"zenity": "echo Allow for this session; exit 93"})
		if v, err := s.dialogs(t).Ask(t.Context(), q, card); v != None || err != nil {
			t.Errorf("%s: %v, %v", name, v, err)
		}
		if args := s.strings(t, "zenity.args"); strings.Contains(strings.Join(args, "\n"), labelSession) || !slices.Contains(args, "--question") {
			t.Errorf("%s: the dialog is %q", name, args)
		}
	}
}
