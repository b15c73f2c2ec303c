package tui

import (
	"testing"
	"time"

	"sallyport/approve"
)

func TestAGrantIsShownBeforeItIsSentTheNarrowestFirst(t *testing.T) {
	for _, c := range []struct {
		name, key, says string
		allow           bool
		hold            string
	}{
		{"this session", "s", "until the session ends", true, approve.ForSession},
		{"always", "w", "Allow without asking, always", true, approve.ForAlways},
		{"deny always", "D", "Deny without asking, always", false, approve.ForAlways},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, call("q1"))
			d.keys(c.key)
			d.sent(0)
			d.sees(c.says, "path is ~/project/q1.go", `when: args.path == "/home/u/project/q1.go"`, "1 of 3")
			d.keys("y")
			if a := d.sent(1); a.Allow != c.allow || a.For != c.hold || a.Scope != 0 || a.Digest != "h1:s1.q1" {
				t.Errorf("sent %+v", a)
			}
		})
	}
}

func TestAScopeIsWidenedAndNarrowedStepByStep(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.keys("w", "+")
	d.sees("below ~/project", "2 of 3")
	d.keys("right", "right", "+")
	d.sees("! every call of this tool", "3 of 3")
	d.keys("left")
	d.sees("below ~/project")
	d.keys("-", "-", "-", "+", "enter")
	if a := d.sent(1); a.Scope != 1 {
		t.Errorf("sent %+v", a)
	}
}

func TestKeysAreDeadForAMomentOnTheScopeScreen(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.keys("s")
	d.key("y")
	d.sent(0)
	d.sees("too soon")
	d.wait(guardTime)
	d.key("+")
	d.key("y")
	d.key("enter")
	d.sent(0)
	d.wait(guardTime)
	d.key("y")
	d.sent(1)
}

func TestEnterHeldDownOnAButtonDoesNotConfirmTheScope(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.keys("right", "right", "enter")
	d.sees("until the session ends")
	for range 50 {
		d.wait(500 * time.Millisecond)
		d.key("enter")
	}
	d.sent(0)
}

func TestEscLeavesTheScope(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.keys("s", "esc")
	d.sees("[d deny]")
	d.keys("y")
	d.sent(0)
	d.keys("a")
	if a := d.sent(1); a.For != approve.ForOnce || a.Scope != 0 {
		t.Errorf("sent %+v", a)
	}
}

func TestALongGrantIsConfirmedOnlyAfterItsEndWasSeen(t *testing.T) {
	q := call("q1")
	for range 60 {
		q.Scopes[0].Text += "  # more of it\n"
	}
	d := newDesk(t, q)
	d.keys("w", "y")
	d.sent(0)
	d.sees("there is more below")
	d.keys("G", "y")
	d.sent(1)
}

func TestAGrantOfWhatNeedsAWordNeedsIt(t *testing.T) {
	d := newDesk(t, destructive("q1", "delete"))
	d.keys("s", "+", "+", "y")
	d.sent(0)
	d.sees("type this word", "! every call of this tool")
	d.typed("delete")
	d.keys("enter")
	if a := d.sent(1); a.For != approve.ForSession || a.Scope != 2 || a.Typed != "delete" {
		t.Errorf("sent %+v", a)
	}
}

func TestWhatCannotBeGrantedSaysSo(t *testing.T) {
	q := call("q1")
	q.Scopes = nil
	d := newDesk(t, q)
	for _, key := range []string{"s", "w", "D"} {
		d.keys(key)
		d.sees("nothing like it can be granted")
	}
	d.sent(0)
}

func TestTheLastGrantIsTakenBackOnce(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.keys("u")
	d.sees("there is no grant to take back")
	d.receipt = approve.Receipt{Text: "allowed", Undo: "g7"}
	d.keys("s", "y")
	d.sees("u takes the grant back")
	d.fails["undo"] = errAnother
	d.keys("u")
	d.sees("was not taken back: what it would do")
	delete(d.fails, "undo")
	d.keys("u")
	d.sees("taken back: the grant of filesystem q1")
	d.keys("u")
	if len(d.undone) != 2 || d.undone[1] != "s1 g7" {
		t.Errorf("undone %q", d.undone)
	}
}
