package tui

import (
	"slices"
	"testing"
)

func TestHowManyWaitIsReadBeforeAllOfThemAreAllowed(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.wait(2 * guardTime)
	d.questions[0].Waiting = 50
	d.changed()
	d.key("A")
	d.sent(0)
	d.sees("how many wait has just changed")
	d.wait(guardTime)
	d.key("A")
	if a := d.sent(1); a.Count != 50 {
		t.Errorf("sent %+v", a)
	}
}

func TestTheEndOfACardIsNotSeenOnAScreenThatIsTooNarrow(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.cards["s1.q1"] = longCard("s1.q1")
	d.keys("enter")
	d.size(20, 2000)
	d.size(80, 24)
	d.keys("a")
	d.sent(0)
	d.sees("there is more below")
}

func TestWhatNeedsAWordOrHasItemsIsNotMarked(t *testing.T) {
	d := newDesk(t, destructive("q1", "delete"), surface("q2"))
	d.keys("space", "j", "space")
	if len(d.m.marked) > 0 {
		t.Errorf("marked %v", d.m.marked)
	}
	d.sees("answered alone")
	d.keys("a")
	d.sees("mark several with Space")
}

func TestABatchInWhichOneNeedsAWordByNowIsNotAllowed(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.keys("space", "space", "a", "G")
	d.questions[1].Word = "delete"
	d.changed()
	d.keys("G", "a")
	d.sent(0)
	d.sees("needs a word that is typed")
	d.keys("d")
	d.sent(2)
}

func TestWhatIsNoLongerAlikeIsNotOpenedTogether(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.keys("space", "space")
	d.questions[1].Tool = "delete_file"
	d.changed()
	d.keys("a")
	d.sees("no longer like the others", "2 questions")
}

func TestKeysAreDeadForAMomentAfterAnAnswerOfAQuestionThatStays(t *testing.T) {
	q := call("q1")
	q.Waiting = 3
	d := newDesk(t, q)
	d.stays = true
	d.keys("a")
	d.questions[0].Waiting = 2
	d.changed()
	d.key("d")
	d.sent(1)
	d.sees("too soon")
	d.wait(guardTime)
	d.key("d")
	d.sent(2)
}

func TestAGrantIsTakenBackInTheSessionOfTheQuestionsId(t *testing.T) {
	q := call("q1")
	q.Session = "another"
	d := newDesk(t, q)
	d.receipt.Undo = "g1"
	d.keys("s", "y", "u")
	if len(d.undone) != 1 || d.undone[0] != "s1 g1" {
		t.Errorf("undone %q", d.undone)
	}
}

func TestWhatAnAnswerChangedIsNoReasonToLookAgain(t *testing.T) {
	q := call("q1")
	d := newDesk(t, q)
	d.stays = true
	d.questions[0].Times = 2
	d.hold = true
	d.changed() // the card is fetched while the answer is on its way
	d.keys("a")
	d.cards["s1.q1"] = longCard("s1.q1")
	slices.Reverse(d.waiting)
	d.release()
	d.questions = nil
	d.changed()
	d.sees("filesystem q1: allowed", "No questions")
}
