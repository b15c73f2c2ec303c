package dialog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// withBus gives a stage a session bus that nobody listens on.
func withBus(t *testing.T, s stage) stage {
	t.Helper()
	if err := syscall.Mknod(filepath.Join(s.runtime, "bus"), syscall.S_IFSOCK|0o600, 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// noted waits for the notification that a program was called for.
func noted(t *testing.T, s stage) []string {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(filepath.Join(s.seen, "notify-send.args")); err == nil {
			return s.strings(t, "notify-send.args")
		}
	}
	t.Fatal("no notification came")
	return nil
}

func TestNotificationsHoldNoMarkupAndNoEscapes(t *testing.T) {
	s := withBus(t, staged(t, map[string]string{"notify-send": "exit 0", "zenity": "exit 91"}))
	s.dialogs(t).Notify("--title <b>", "<b>a</b> &amp; \\n \\074b \u202ex\n"+strings.Repeat("line\n", 99))
	want := []string{
		"--app-name=sallyport", "--", "sallyport: --title ‹b›",
		"&lt;b&gt;a&lt;/b&gt; &amp;amp; \\\\n \\\\074b &lt;U+202E&gt;x\nline\nline\nline\n…",
	}
	if got := noted(t, s); !slices.Equal(got, want) {
		t.Errorf("it got\n%q\nwant\n%q", got, want)
	}
	if env := s.strings(t, "notify-send.env"); !slices.Contains(env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+s.runtime+"/bus") {
		t.Errorf("it got %q", env)
	}
}

func TestANotificationTellsOfWhatADialogMayNotAllow(t *testing.T) {
	s := withBus(t, staged(t, map[string]string{"notify-send": "exit 0", "zenity": "exit 91"}))
	q, card := write("deletes a.txt")
	q.Class, q.Word = "destructive", "delete"
	if v, err := s.dialogs(t).Ask(t.Context(), q, card); v != None || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	got := noted(t, s)
	if got[2] != "sallyport: files waits for you" || got[3] != "deletes a.txt\nAnswer it with &#34;sallyport approve&#34; in a terminal." {
		t.Errorf("it got %q", got)
	}
	if _, err := os.Stat(filepath.Join(s.seen, "zenity.args")); err == nil {
		t.Error("a dialog came too")
	}
}

func TestAFloodOfNotificationsIsDropped(t *testing.T) {
	s := withBus(t, staged(t, map[string]string{"zenity": "exit 91", "notify-send": ""}))
	d := s.dialogs(t)
	for range cap(notes) {
		notes <- struct{}{}
	}
	defer func() {
		for range cap(notes) {
			<-notes
		}
	}()
	for range 1000 {
		d.Notify("a", "b")
	}
	if len(notes) != cap(notes) {
		t.Error("more are under way than may be")
	}
}

func TestNobodyIsAskedWithoutADesktop(t *testing.T) {
	var none *Dialogs
	q, card := write("x")
	if v, err := none.Ask(t.Context(), q, card); v != None || err == nil {
		t.Errorf("%v, %v", v, err)
	}
	none.Notify("a", "b")
	if none.Name() != "" {
		t.Error("it has a name")
	}
	if v, err := new(Dialogs).Ask(t.Context(), q, card); v != None || err == nil {
		t.Errorf("the zero value: %v, %v", v, err)
	}

	// Where only notifications can be shown, they are.
	s := withBus(t, staged(t, map[string]string{"notify-send": "exit 0"}))
	d, err := s.find(s.environ)
	if d == nil || d.Name() != "" || err == nil {
		t.Fatalf("%v, %v", d, err)
	}
	if v, err := d.Ask(t.Context(), q, card); v != None || err == nil {
		t.Errorf("%v, %v", v, err)
	}
	d.Notify("a", "b")
	noted(t, s)
}
