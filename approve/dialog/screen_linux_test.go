package dialog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/approve"
)

// A screen is a real X server without a monitor, and the programs of this machine.
type screen struct {
	system
	display string
}

// newScreen starts an X server. Where a program is missing the test is skipped, or fails if SALLYPORT_DIALOG is "required".
func newScreen(t testing.TB, name string) screen {
	t.Helper()
	s := system{folders: []string{"/usr/bin", "/bin"}, runtime: "/run/user/none", home: t.TempDir()}
	if folder := os.Getenv("SALLYPORT_DIALOG_FOLDER"); folder != "" {
		s.folders = []string{folder}
	}
	missing := ""
	if s.program(name) == "" {
		missing = name
	}
	for _, tool := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = tool
		}
	}
	switch {
	case missing == "":
	case os.Getenv("SALLYPORT_DIALOG") == "required" && missing != "kdialog":
		t.Fatalf("%s is not installed, and SALLYPORT_DIALOG=required", missing)
	default:
		t.Skipf("%s is not installed: install %s, xvfb and xdotool to see real dialogs answered", missing, name)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-noreset", "-nolisten", "tcp", "-screen", "0", "1366x768x24")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	r.SetReadDeadline(time.Now().Add(30 * time.Second))
	var n int
	if _, err := fmt.Fscan(r, &n); err != nil {
		t.Fatalf("starting Xvfb: %v", err)
	}
	return screen{s, fmt.Sprintf(":%d", n)}
}

func (s screen) dialogs(t testing.TB, name string) *Dialogs {
	t.Helper()
	desktop := map[string]string{"zenity": "GNOME", "kdialog": "KDE"}[name]
	d, err := s.find([]string{"DISPLAY=" + s.display, "XDG_CURRENT_DESKTOP=" + desktop})
	if err != nil || d.Name() != name {
		t.Fatalf("%q, %v", d.Name(), err)
	}
	d.guard = 0
	return d
}

func (s screen) xdotool(t testing.TB, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "xdotool", args...)
	cmd.Env = []string{"DISPLAY=" + s.display, "PATH=" + os.Getenv("PATH")}
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// window waits for a dialog to be seen; without a number in time the test fails.
func (s screen) window(t testing.TB) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if out, err := s.xdotool(t, "search", "--onlyvisible", "--name", "^sallyport: "); err == nil && out != "" {
			return strings.Fields(out)[0]
		}
	}
	t.Fatal("no dialog was seen")
	return ""
}

// clear waits until no dialog is seen any more.
func (s screen) clear(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := s.xdotool(t, "search", "--onlyvisible", "--name", "^sallyport: "); err != nil {
			return
		}
	}
	t.Fatal("a dialog stays in sight")
}

func (s screen) press(t *testing.T, window string, keys ...string) {
	t.Helper()
	if _, err := s.xdotool(t, "windowfocus", "--sync", window); err != nil {
		return // it is gone already
	}
	s.xdotool(t, append([]string{"key"}, keys...)...)
}

// An answered is what came of a question.
type answered struct {
	verdict Verdict
	err     error
}

func ask(ctx context.Context, d *Dialogs, q approve.Question, card approve.Card) chan answered {
	done := make(chan answered, 1)
	go func() {
		v, err := d.Ask(ctx, q, card)
		done <- answered{v, err}
	}()
	return done
}

func (s screen) wait(t *testing.T, done chan answered) answered {
	t.Helper()
	select {
	case a := <-done:
		s.clear(t)
		return a
	case <-time.After(30 * time.Second):
		t.Fatal("the dialog was not answered")
		return answered{}
	}
}

func TestAPersonAnswersARealDialog(t *testing.T) {
	type keys map[string]Verdict
	for name, keys := range map[string]keys{
		// In zenity the buttons are in a ring: this session, Deny, once. In zenity 4 that is Deny, once, this session.
		"zenity": {"Return": Deny, "space": Deny, "Escape": None, "Tab Return": Once, "shift+Tab Return": Session},
		// In kdialog a list stands above OK and Cancel.
		"kdialog": {"Return": Deny, "Escape": None, "Down Return": Once, "Down Down Return": Session, "Up Return": Deny},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, name)
			d := s.dialogs(t, name)
			q, card := write(hostile)
			for pressed, want := range keys {
				done := ask(t.Context(), d, q, card)
				s.press(t, s.window(t), strings.Fields(pressed)...)
				if got := s.wait(t, done); got.verdict != want || got.err != nil {
					t.Errorf("%s: %v, %v; want %v", pressed, got.verdict, got.err, want)
				}
			}
			aloneWhereItOnlyTells(t, s, d)
			endsWithItsQuestion(t, s, d)
			blindAnswers(t, s, d)
		})
	}
}

func aloneWhereItOnlyTells(t *testing.T, s screen, d *Dialogs) {
	t.Helper()
	q, card := write(hostile)
	q.Class = "destructive"
	for _, keys := range [][]string{{"Return"}, {"Tab", "Tab", "Return", "Escape"}} {
		done := ask(t.Context(), d, q, card)
		s.press(t, s.window(t), keys...)
		if got := s.wait(t, done); got.verdict != None || got.err != nil {
			t.Errorf("a dialog that only tells: %v, %v", got.verdict, got.err)
		}
	}
}

func endsWithItsQuestion(t *testing.T, s screen, d *Dialogs) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q, card := write("x")
	done := ask(ctx, d, q, card)
	s.window(t)
	cancel()
	if got := s.wait(t, done); got.verdict != None || !errors.Is(got.err, context.Canceled) {
		t.Errorf("a question that has ended: %v, %v", got.verdict, got.err)
	}
}

// blindAnswers presses Allow in each dialog that comes, as somebody who types on.
func blindAnswers(t *testing.T, s screen, d *Dialogs) {
	t.Helper()
	blind := *d
	blind.guard = time.Hour
	q, card := write("x")
	done := ask(t.Context(), &blind, q, card)
	keys := map[string][]string{"zenity": {"Tab", "Return"}, "kdialog": {"Down", "Return"}}[d.Name()]
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		select {
		case got := <-done:
			if got.verdict != None || got.err == nil {
				t.Errorf("a blind answer: %v, %v", got.verdict, got.err)
			}
			return
		default:
		}
		if out, err := s.xdotool(t, "search", "--onlyvisible", "--name", "^sallyport: "); err == nil && out != "" {
			s.press(t, strings.Fields(out)[0], keys...)
		}
	}
	t.Error("it is asked for ever")
}

// TestARealDialogShowsTextAsItIs compares the sizes of windows: were entities, tags or backslashes read, a text would have more lines.
func TestARealDialogShowsTextAsItIs(t *testing.T) {
	for _, name := range []string{"zenity", "kdialog"} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, name)
			d := s.dialogs(t, name)
			sizes := map[string]string{}
			for text, summary := range map[string]string{
				"plain":       strings.Repeat("x", 60),
				"entities":    strings.Repeat("&#10;", 12),
				"tags":        "<b>x</b><br/><br/><p>x</p><big><big>x</big></big><h1>x</h1>",
				"broken tags": "<b><i x=<<</b>&&&amp",
				"backslashes": `\n\n\n\\n\\n\012\012\r\n\f\v\t\x0a\u000a`,
			} {
				q, card := write(strings.Repeat("W", 60)) // wider than any of them, so that all windows have one width
				q.Summary = summary
				done := ask(t.Context(), d, q, card)
				window := s.window(t)
				geometry, err := s.xdotool(t, "getwindowgeometry", "--shell", window)
				if err != nil {
					t.Fatal(err)
				}
				lines := strings.Fields(geometry)
				i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "HEIGHT=") })
				if i < 0 {
					t.Fatal(geometry)
				}
				sizes[text] = lines[i]
				s.press(t, window, "Escape")
				s.wait(t, done)
			}
			for text, size := range sizes {
				if size != sizes["plain"] {
					t.Errorf("%s: %s, plain text %s", text, size, sizes["plain"])
				}
			}
		})
	}
}

// BenchmarkWindow measures the time from a question to its window in sight, and that of looking for it.
func BenchmarkWindow(b *testing.B) {
	for _, name := range []string{"zenity", "kdialog"} {
		b.Run(name, func(b *testing.B) {
			s := newScreen(b, name)
			d := s.dialogs(b, name)
			q, card := write("x")
			for b.Loop() {
				ctx, cancel := context.WithCancel(b.Context())
				done := ask(ctx, d, q, card)
				s.window(b)
				b.StopTimer()
				cancel()
				<-done
				s.clear(b)
				b.StartTimer()
			}
		})
	}
}
