package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestMain lets the test binary play the roles as the command does.
func TestMain(m *testing.M) {
	if runRole(os.Args[1:]) {
		return
	}
	// With -race every process that ends would sleep for a second, and dozens end here.
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	os.Exit(m.Run())
}

func measureQuickly(t *testing.T, args ...string) string {
	t.Helper()
	if err := checkSystem(); err != nil {
		t.Skip(err)
	}
	var stderr, stdout bytes.Buffer
	opts, err := parse(append([]string{"-quick", "-rounds", "1", "-targets", "bare,relay"}, args...), &stderr)
	if err != nil {
		t.Fatalf("parsing: %v\n%s", err, &stderr)
	}
	if err := run(t.Context(), opts, &stdout, &stderr); err != nil {
		t.Fatalf("measuring: %v\n%s", err, &stderr)
	}
	return stdout.String()
}

func TestTableHasEveryRow(t *testing.T) {
	table := measureQuickly(t)
	for _, f := range figures {
		if strings.Count(table, "| "+f.title+" ") != 1 {
			t.Errorf("want one row %q in the table:\n%s", f.title, table)
		}
	}
}

// The stand-ins for sallyport are scripts that know its command line.
const skipOptions = "#!/bin/sh\n[ \"$1\" = pin ] && exit 0\n[ \"$1\" = wrap ] || exit 2\nwhile [ \"$1\" != -- ]; do shift; done\nshift\n"

func standIn(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sallyport")
	if err := os.WriteFile(path, []byte(skipOptions+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrapperIsMeasuredAndJudged(t *testing.T) {
	wrapper := standIn(t, `[ -d "$SALLYPORT_CONFIG_DIR" ] || exit 3
"$@"
exit $?
`)
	table := measureQuickly(t, "-targets", "relay,sallyport", "-sallyport", wrapper)
	for _, f := range figures {
		i := strings.Index(table, "| "+f.title+" ")
		if i < 0 {
			t.Fatalf("no row %q in the table:\n%s", f.title, table)
		}
		row, _, _ := strings.Cut(table[i:], "\n")
		judged := strings.Contains(row, " ok |") || strings.Contains(row, " over |")
		if judged != (f.budget.kind != noBudget) {
			t.Errorf("want a verdict where there is a budget, got %q", row)
		}
	}
}

func TestWrapperThatRefusesEndsTheRun(t *testing.T) {
	if err := checkSystem(); err != nil {
		t.Skip(err)
	}
	wrapper := standIn(t, `"$@" | sed -u 's/"content":.*/"isError":true}}/'`+"\n")
	opts := options{rounds: 1, quick: true, targets: []string{sallyport}, sallyport: wrapper}
	err := run(t.Context(), opts, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `\"isError\":true`) {
		t.Errorf("want an error that shows the frame, got %v", err)
	}
}

func TestJSONHasEveryFigureOfTheRelay(t *testing.T) {
	var got report
	if err := json.Unmarshal([]byte(measureQuickly(t, "-json", "-spin=false", "-pin")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != len(figures) {
		t.Fatalf("want %d rows, got %d", len(figures), len(got.Rows))
	}
	for _, row := range got.Rows {
		if row.Key == memorySecondary {
			continue // a relay has no supervisor
		}
		if row.Median[relay] <= 0 || row.Ratio[relay] != 1 || len(row.Values[relay]) != 1 {
			t.Errorf("row %q of the relay: want one positive value, got %+v", row.Key, row)
		}
	}
}

func TestCommandLineThatMakesNoSenseIsRefused(t *testing.T) {
	for _, test := range []struct{ name, args, want string }{
		{"unknown target", "-targets bare,moon", `unknown target "moon"`},
		{"target named twice", "-targets bare,bare", `target "bare" is named twice`},
		{"no rounds", "-rounds 0", "-rounds must be 1 or more"},
		{"stray word", "-quick now", `unexpected argument "now"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stderr bytes.Buffer
			if _, err := parse(strings.Fields(test.args), &stderr); err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(stderr.String(), test.want) {
				t.Errorf("want %q, got %q", test.want, &stderr)
			}
		})
	}
}

func TestRenderedFramesAreJSONOfTheirSize(t *testing.T) {
	id := []byte(strconv.Itoa(firstID))
	list := manyTools()
	for _, test := range []struct {
		name      string
		frame     []byte
		from, to  int
		wantTools int
	}{
		{"echo", textAnswer(smallFrame).frame(id), smallFrame, smallFrame, 0},
		{"text", textAnswer(mediumFrame).frame(id), mediumFrame, mediumFrame, 0},
		{"records", recordsAnswer(mediumFrame).frame(id), mediumFrame, mediumFrame + 256, 0},
		{"list", list.frame(id), toolCount * toolSize, toolCount*toolSize + 1024, toolCount},
		{"call", echoRequest("").frame(firstID), smallFrame, smallFrame, 0},
		{"call with a path", echoRequest("/a/b").frame(firstID), smallFrame, smallFrame, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if n := len(test.frame); n < test.from || n > test.to {
				t.Errorf("want %d to %d bytes, got %d", test.from, test.to, n)
			}
			var got struct {
				ID     int
				Result struct{ Tools []struct{ Name string } }
			}
			if err := json.Unmarshal(test.frame, &got); err != nil {
				t.Fatal(err)
			}
			if got.ID != firstID || len(got.Result.Tools) != test.wantTools {
				t.Errorf("want id %d and %d tools, got %d and %d", firstID, test.wantTools, got.ID, len(got.Result.Tools))
			}
		})
	}
}

// A wrapper that refuses must end the run, not be measured.
func TestUnexpectedAnswersAreNoticed(t *testing.T) {
	const good = head + `1000001,"result":{}}` + "\n"
	for _, test := range []struct {
		name, line string
		ok         bool
	}{
		{"the answer", good, true},
		{"an error", head + `1000001,"error":{}}` + "\n" + " ", false},
		{"a longer result", head + `1000001,"result":{ }}` + "\n", false},
		{"a notification", `{"jsonrpc":"2.0","method":"notifications/message"}` + "\n", false},
		{"a short id", head + `17,"result":{}}` + "\n", false},
		{"nothing", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			id, err := new(session).check([]byte(test.line), len(good))
			if test.ok != (err == nil) || test.ok && id != firstID+1 {
				t.Errorf("got id %d, error %v", id, err)
			}
			if err != nil && test.line != "" && !strings.Contains(err.Error(), fmt.Sprintf("%.200q", test.line)) {
				t.Errorf("the error does not show the frame: %v", err)
			}
		})
	}
}

func TestLinesAreCutWhateverTheReads(t *testing.T) {
	long := strings.Repeat("x", 700<<10) + "\n"
	want := []string{"a\n", "\n", long, "b\n", long, long, "c\n"}
	r := newLineReader(&dribble{[]byte(strings.Join(want, "") + "cut off"), 1})
	for i, line := range want {
		got, err := r.next()
		if err != nil || string(got) != line {
			t.Fatalf("line %d: want %d bytes, got %d, error %v", i, len(line), len(got), err)
		}
	}
	if _, err := r.next(); err != io.EOF {
		t.Errorf("want the end, got %v", err)
	}
}

// dribble reads in pieces of changing sizes.
type dribble struct {
	text []byte
	step int
}

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.text) == 0 {
		return 0, io.EOF
	}
	d.step = d.step*7%100_003 + 1
	n := copy(p[:min(len(p), d.step)], d.text)
	d.text = d.text[n:]
	return n, nil
}

func TestVerdicts(t *testing.T) {
	num := func(f float64) *float64 { return &f }
	for _, test := range []struct {
		name         string
		budget       budget
		value, ratio *float64
		want         string
	}{
		{"no budget", budget{}, num(1), num(1), ""},
		{"not measured", budget{ratioMost, 2}, nil, nil, ""},
		{"no relay to compare with", budget{ratioMost, 2}, num(1), nil, ""},
		{"slower than allowed", budget{ratioMost, 2}, num(1), num(2.1), "over"},
		{"as slow as allowed", budget{ratioMost, 2}, num(9), num(2), "ok"},
		{"rate too low", budget{ratioLeast, 0.3}, num(9), num(0.2), "over"},
		{"rate high enough", budget{ratioLeast, 0.3}, num(0.1), num(0.4), "ok"},
		{"too large", budget{valueMost, 16}, num(17), num(1), "over"},
		{"small enough", budget{valueMost, 16}, num(11), nil, "ok"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.budget.verdict(test.value, test.ratio); got != test.want {
				t.Errorf("want %q, got %q", test.want, got)
			}
		})
	}
}
