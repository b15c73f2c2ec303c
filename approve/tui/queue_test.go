package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sallyport/approve"
)

func TestTheQueueIsSearched(t *testing.T) {
	shell := call("q2")
	shell.Server, shell.Tool, shell.Summary = "Shell", "execute", "runs make"
	d := newDesk(t, call("q1"), shell, call("q3"))
	for _, text := range []string{"shell", "EXEC", "make"} {
		d.keys("/")
		d.typed(text)
		d.sees("search: "+text, "Shell · execute")
		if strings.Contains(d.m.screen(), "write_file") {
			t.Errorf("%q leaves\n%s", text, d.m.screen())
		}
		d.keys("esc")
		d.sees("write_file")
	}
	d.keys("/")
	d.typed("q3x")
	d.sees("No question has")
	d.keys("backspace", "enter")
	d.sees("only q3")
	d.keys("enter")
	d.sees("path: s1.q3")
}

func TestKeysThatAnswerAreTextInASearch(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.keys("/", "a", "d", "space", "q", "?")
	d.sees("search: ad q?")
	d.sent(0)
	if d.quit {
		t.Error("the program ended")
	}
}

func TestTheCursorMoves(t *testing.T) {
	var questions []approve.Question
	for i := range 50 {
		questions = append(questions, call(fmt.Sprint("q", i)))
	}
	d := newDesk(t, questions...)
	for _, c := range []struct{ key, at string }{
		{"j", "q1"}, {"down", "q2"}, {"k", "q1"}, {"up", "q0"}, {"k", "q0"}, {"G", "q49"}, {"j", "q49"}, {"g", "q0"}, {"pgdown", "q15"}, {"pgup", "q0"},
		{"end", "q49"}, {"home", "q0"},
	} {
		d.keys(c.key)
		if d.m.at != "s1."+c.at {
			t.Errorf("after %s at %s, not %s", c.key, d.m.at, c.at)
		}
		d.sees("writes " + c.at + ".go")
	}
}

func TestTheCursorStaysWhereItWas(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"), call("q3"), call("q4"))
	d.keys("j", "j")
	d.questions = d.questions[1:]
	d.changed()
	if d.m.at != "s1.q3" {
		t.Errorf("at %s", d.m.at)
	}
	d.questions = []approve.Question{d.questions[0], d.questions[2]}
	d.changed()
	if d.m.at != "s1.q4" {
		t.Errorf("at %s", d.m.at)
	}
}

func TestTabGoesBetweenQueueAndCard(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.keys("j", "tab")
	d.sees("path: s1.q2")
	d.keys("n")
	d.sees("path: s1.q1")
	d.keys("tab")
	d.sees("2 questions")
	d.sent(0)
}

func TestQuittingAnswersNothing(t *testing.T) {
	for _, key := range []string{"q", "ctrl+c"} {
		for _, screen := range [][]string{nil, {"enter"}, {"enter", "s"}, {"?"}} {
			d := newDesk(t, call("q1"), call("q2"))
			d.keys(screen...)
			d.keys(key)
			d.sent(0)
			if d.quit != (key == "ctrl+c" || len(screen) < 2 && (screen == nil || screen[0] == "enter")) {
				t.Errorf("%s after %q: %v", key, screen, d.quit)
			}
		}
	}
}

func TestQuittingWaitsForAnAnswerThatIsOnItsWay(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.hold = true
	d.keys("a", "q")
	d.sees("an answer is on its way")
	d.release()
	d.sent(1)
	if !d.quit {
		t.Error("it does not end")
	}
}

func TestAnAnswerForAQuestionThatIsGoneSaysSo(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.fails["s1.q1"] = approve.ErrGone
	d.keys("enter", "a")
	d.sees("the question is gone")
	d.questions = d.questions[1:]
	d.changed()
	d.sees("is gone: it was answered elsewhere", "1 question")
}

func TestAnErrorOfAnAnswerShowsAndTheCardIsFetchedAgain(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.fails["s1.q1"] = errAnother
	d.hold = true
	d.keys("a")
	d.cards["s1.q1"] = longCard("s1.q1")
	d.release()
	d.sees("look again", "more lines below")
	d.keys("a")
	d.sent(1)
	d.sees("there is more below")
}

func TestACardThatCannotBeFetchedSaysWhy(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.fails["card"] = errors.New("the session does not answer")
	d.keys("enter")
	d.sees("filesystem q1: the session does not answer", "2 questions")
}

func TestACardThatComesLateDoesNotTakeTheScreen(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.hold = true
	d.keys("enter", "j")
	d.release()
	d.sees("2 questions")
}

func TestManyChangesFetchACardOneAtATime(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.hold = true
	for range 100 {
		d.questions[0].Times++
		d.msg(changedMsg{})
	}
	n := 0
	fetch := d.m.fetch
	d.m.fetch = func(id string) (approve.Card, error) { n++; return fetch(id) }
	cmds := d.waiting
	d.waiting, d.hold = nil, false
	for _, c := range cmds {
		d.run(c)
	}
	if n > 2 {
		t.Errorf("%d fetches", n)
	}
	d.sees("path: s1.q1")
}

func TestTheClockRunsOnlyWhileSomethingDependsOnIt(t *testing.T) {
	back := call("q1")
	back.Waiting, back.Until = 0, time.Time{}
	late := call("q1")
	late.Until = noon.Add(-time.Second)
	for _, c := range []struct {
		name      string
		questions []approve.Question
		want      string
	}{
		{"no question", nil, "[]"},
		{"nobody waits", []approve.Question{back}, "[30s]"},
		{"the time is over", []approve.Question{late}, "[30s]"},
		{"a client waits", []approve.Question{back, call("q2")}, "[1s]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, c.questions...)
			d.changed()
			d.changed()
			if got := fmt.Sprint(d.clocks); got != c.want {
				t.Errorf("clocks %s, not %s", got, c.want)
			}
		})
	}
	d := newDesk(t, back)
	d.questions = append(d.questions, call("q2"))
	d.changed()
	d.msg(tickMsg{1}) // of the slow clock, which is no longer heard
	d.wait(time.Second)
	d.msg(tickMsg{2})
	d.questions = nil
	d.changed()
	d.msg(tickMsg{3})
	if got := fmt.Sprint(d.clocks); got != "[30s 1s 1s]" {
		t.Errorf("clocks %s", got)
	}
}

func TestProblemsAndWhoObservesShow(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.sessions[0].Observing = true
	for i := range 5 {
		d.odd = append(d.odd, fmt.Sprintf("odd%d.sock: it does not say what it is", i))
	}
	d.changed()
	d.sees("OBSERVING: filesystem", "5 problems", "! odd0.sock", "and 3 more problems")
}

func TestAllArgumentsCanBeRead(t *testing.T) {
	var words []string
	for i := range 500 {
		words = append(words, fmt.Sprintf("w%dw", i))
	}
	text := strings.Join(words, "/") + strings.Join(words, " ")
	d := newDesk(t, call("q1"), call("q2"))
	card := shortCard("s1.q1")
	card.Blocks[0].Lines = []approve.Line{{Name: "path", Text: text}}
	d.cards["s1.q1"] = card
	for _, size := range [][2]int{{80, 24}, {40, 12}, {200, 60}, {30, 8}} {
		d.size(size[0], size[1])
		d.keys("g", "enter")
		var all strings.Builder
		for _, r := range d.m.shown.rows {
			line := ""
			for _, s := range r {
				line += s.text
			}
			if widthOf(line) > size[0] {
				t.Errorf("at %v a row is too wide: %q", size, line)
			}
			all.WriteString(strings.ReplaceAll(line, " ", ""))
		}
		if !strings.Contains(all.String(), strings.ReplaceAll(text, " ", "")) {
			t.Errorf("at %v something is missing:\n%s", size, all.String())
		}
		d.keys("tab")
	}
}
