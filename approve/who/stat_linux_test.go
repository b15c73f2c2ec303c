package who

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzNameImitatesNothing has processes of any name: none of them changes what is read beside it.
func FuzzNameImitatesNothing(f *testing.F) {
	for _, name := range []string{"bash", "a b", "x) S 1 2 3 4 5", ") (", "((", "\n", ")", ""} {
		f.Add(name, 7, 1)
	}
	f.Fuzz(func(t *testing.T, name string, pid, parent int) {
		p, err := parseStat(fmt.Sprintf("%d (%s) S %d 7 5 34817%s 123 0\n", pid, name, parent, strings.Repeat(" 0", 14)))
		if want := (process{pid: pid, parent: parent, session: 5, tty: "pts/1", start: 123, name: name}); err != nil || p != want {
			t.Errorf("got %+v, %v, want %+v", p, err, want)
		}
	})
}

func FuzzStat(f *testing.F) {
	for _, stat := range []string{"", "()", "1 (x) S", "7 (x) S 1 7 5 -1" + strings.Repeat(" 0", 14) + " -1", ")(", "1 ("} {
		f.Add(stat)
	}
	f.Fuzz(func(t *testing.T, stat string) { parseStat(stat) })
}

func TestTTYName(t *testing.T) {
	for device, want := range map[uint32]string{
		0: "", 136 << 8: "pts/0", 136<<8 | 3: "pts/3", 136<<8 | 0x2c | 1<<20: "pts/300", 4<<8 | 2: "tty2", 4<<8 | 64: "ttyS0", 229 << 8: "terminal 229:0",
	} {
		if got := ttyName(device); got != want {
			t.Errorf("%#x: got %q, want %q", device, got, want)
		}
	}
}

func TestTooManyAncestorsAreRefused(t *testing.T) {
	rows := slices.Concat(desktop, claude)
	for i := range maxChain {
		rows = append(rows, row{pid: 1000 + i, parent: 999 + i, name: "bash", session: 31, pts: 1, start: 2})
	}
	rows[len(rows)-maxChain].parent = 31
	s := table(t, append(rows, row{pid: 2000, parent: 999 + maxChain, name: "sallyport", session: 31, pts: 1, start: 1}))
	if _, err := newGuard(s, 42).judge(2000, time.Now()); err == nil || !strings.Contains(err.Error(), "too many ancestors") {
		t.Error(err)
	}
}

func TestShownNamesAreVisibleAndFew(t *testing.T) {
	rows := slices.Clone(desktop)
	for i := range 12 {
		rows = append(rows, row{pid: 1000 + i, parent: 999 + i, name: "x\n\x1b[2J\u202e" + strings.Repeat("y", 100), exe: "p", session: 31, pts: 1, start: 20})
	}
	rows[len(rows)-12].parent = 31
	s := table(t, append(rows, row{pid: 2000, parent: 1011, name: "sallyport", session: 31, pts: 1, start: 1}))
	client := newGuard(s, 2000).Client()
	if len(client) != maxShown {
		t.Errorf("%d are shown", len(client))
	}
	for _, c := range client {
		if strings.ContainsAny(c, "\n\x1b\u202e") || len([]rune(c)) > 2*maxName+20 {
			t.Errorf("shown as %q", c)
		}
	}
}
