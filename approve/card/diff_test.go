package card

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// applied makes the hunks, so that a difference can be checked against what it is a difference of.
func applied(a, b []string, hunks []hunk) ([]string, bool) {
	var out []string
	at, bt := 0, 0
	for _, h := range hunks {
		if h.a0 < at || h.a1 < h.a0 || h.a1 > len(a) || h.b1 < h.b0 || h.b1 > len(b) || h.a0 == h.a1 && h.b0 == h.b1 || h.a0-at != h.b0-bt {
			return nil, false
		}
		out = append(append(out, a[at:h.a0]...), b[h.b0:h.b1]...)
		at, bt = h.a1, h.b1
	}
	return append(out, a[at:]...), true
}

func checkDiff(t *testing.T, a, b []string) []hunk {
	t.Helper()
	hunks := differences(a, b)
	if got, ok := applied(a, b, hunks); !ok || !slices.Equal(got, b) {
		t.Fatalf("differences of %q and %q are %v: they make %q", a, b, hunks, got)
	}
	return hunks
}

func TestDifferencesMakeOneTextOfTheOther(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		text := func() (out []string) {
			for range r.IntN(14) {
				out = append(out, strconv.Itoa(r.IntN(6)))
			}
			return out
		}
		checkDiff(t, text(), text())
	}
}

func TestDifferencesAreShort(t *testing.T) {
	for _, tc := range []struct {
		name, a, b string
		plus, less int
	}{
		{"equal", "a b c", "a b c", 0, 0},
		{"one line", "a b c", "a x c", 1, 1},
		{"insert", "a c", "a b c", 1, 0},
		{"repeated lines", "a a a b a a", "a a b a a", 0, 1},
		{"moved", "1 2 3 4 5 6", "4 1 2 3 5 6", 1, 1},
		{"no anchor", "x y x y x", "y x y x y", 1, 1},
		{"all new", "a b", "c d e", 3, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			plus, less := 0, 0
			for _, h := range checkDiff(t, strings.Fields(tc.a), strings.Fields(tc.b)) {
				plus, less = plus+h.b1-h.b0, less+h.a1-h.a0
			}
			if plus != tc.plus || less != tc.less {
				t.Errorf("+%d -%d, want +%d -%d", plus, less, tc.plus, tc.less)
			}
		})
	}
}

func TestDifferencesOfStrangersAreBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	text := func() []string {
		out := make([]string, maxFileLines)
		for i := range out {
			out[i] = strconv.Itoa(r.IntN(40))
		}
		return out
	}
	checkDiff(t, text(), text())
}

func TestLeftOutDifferencesAreSaidSo(t *testing.T) {
	a, b := make([]string, 5000), make([]string, 5000)
	for i := range a {
		a[i], b[i] = "old line "+strconv.Itoa(i), "new line "+strconv.Itoa(i)
	}
	s := sink{left: 10 << 10}
	plus, minus := writeDiff(&s, a, b)
	last := s.lines[len(s.lines)-1]
	if plus != 5000 || minus != 5000 || !s.cut || last.Name != leftOut || !strings.Contains(last.Text, "+5,000 −5,000") {
		t.Errorf("+%d -%d, cut %v, last %+v", plus, minus, s.cut, last)
	}
}

func FuzzDifferences(f *testing.F) {
	f.Add("a\nb\nc", "a\nc\nb")
	f.Add("x\nx\nx\ny", "y\nx\nx")
	f.Fuzz(func(t *testing.T, a, b string) {
		checkDiff(t, strings.Split(a, "\n"), strings.Split(b, "\n"))
	})
}
