package tui

import (
	"maps"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

func TestTheFirstQuestionOpensByItself(t *testing.T) {
	d := newDesk(t)
	d.sees("No questions")
	d.questions = []approve.Question{call("q1")}
	d.cards["s1.q1"] = shortCard("s1.q1")
	d.changed()
	d.sees("[d deny]", "path: s1.q1")
}

func TestEnterPressesTheButtonInFocusWhichIsDeny(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.keys("enter")
	if a := d.sent(1); a.Allow || a.ID != "s1.q1" || a.Digest != "h1:s1.q1" || a.Door != "tui" {
		t.Errorf("sent %+v", a)
	}
	d = newDesk(t, call("q1"), call("q2"))
	d.keys("enter", "right", "enter")
	if a := d.sent(1); !a.Allow || a.Count != 1 || a.ID != "s1.q1" {
		t.Errorf("sent %+v", a)
	}
	d.sees("[d deny]", "path: s1.q2") // the next card begins at deny again
	d.keys("enter")
	if a := d.sent(2); a.Allow {
		t.Errorf("sent %+v", a)
	}
}

func TestOneKeyAnswers(t *testing.T) {
	waits := call("q1")
	waits.Waiting = 3
	for _, c := range []struct {
		name, key string
		want      approve.Answer
	}{
		{"a allows once", "a", approve.Answer{Allow: true, Count: 1}},
		{"d denies", "d", approve.Answer{}},
		{"A allows all that wait", "A", approve.Answer{Allow: true, Count: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, waits)
			d.keys(c.key)
			got := d.sent(1)
			if got.Allow != c.want.Allow || got.Count != c.want.Count || got.For != approve.ForOnce || got.Digest != "h1:s1.q1" {
				t.Errorf("sent %+v", got)
			}
		})
	}
}

func TestKeysThatAnswerAreDeadForAMomentAfterTheCardCameUp(t *testing.T) {
	for _, key := range []string{"enter", "a", "A", "d", "D", "s", "w"} {
		d := newDesk(t, call("q1"))
		d.wait(guardTime - time.Millisecond)
		d.key(key)
		d.sent(0)
		d.sees("too soon")
		if d.m.mode != inCard {
			t.Errorf("%s opened another screen", key)
		}
	}
	d := newDesk(t, call("q1"))
	d.wait(guardTime)
	d.key("a")
	d.sent(1)
}

func TestKeysAreDeadAfterTheCardHasChanged(t *testing.T) {
	another := shortCard("s1.q1")
	another.Digest = "h1:other"
	sameDigest := shortCard("s1.q1")
	sameDigest.Blocks[0].Lines[0].Text = "elsewhere"
	for name, card := range map[string]approve.Card{"another digest": another, "the same digest of another text": sameDigest} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, call("q1"))
			d.wait(time.Minute)
			d.cards["s1.q1"] = card
			d.questions[0].Times++
			d.changed()
			d.sees("look again")
			d.wait(guardTime / 2)
			d.key("a")
			d.sent(0)
			d.wait(guardTime)
			d.key("a")
			if a := d.sent(1); a.Digest != card.Digest {
				t.Errorf("sent %+v", a)
			}
		})
	}
}

func TestKeysAreDeadAfterTheQuestionHasChanged(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.keys("s")
	d.sees("path is ~/project/q1.go")
	d.questions[0].Scopes = d.questions[0].Scopes[1:]
	d.changed()
	d.key("y")
	d.key("a")
	d.sent(0)
	if d.m.mode != inCard {
		t.Error("the scope of an older question is still on the screen")
	}
}

func TestKeysAreDeadWhenTheQueueMovesUp(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.keys("enter", "a")
	d.sent(1)
	d.sees("path: s1.q2")
	d.key("d")
	d.sent(1)
	d.sees("too soon")
	d.wait(guardTime)
	d.key("d")
	if a := d.sent(2); a.ID != "s1.q2" {
		t.Errorf("sent %+v", a)
	}
}

func TestAKeyThatIsHeldDownAnswersOnce(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"), call("q3"))
	d.keys("enter", "a")
	d.wait(660 * time.Millisecond) // keyboards wait so long before they repeat
	for range 100 {
		d.key("a")
		d.wait(33 * time.Millisecond)
	}
	d.sent(1)
	d.wait(holdTime)
	d.key("a")
	d.sent(2)
}

func TestEnterHeldDownInTheQueueAnswersNothing(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.keys("enter")
	for range 100 {
		d.wait(500 * time.Millisecond)
		d.key("enter")
	}
	d.sent(0)
}

func TestRepeatedKeysThatTheTerminalMarksAnswerNothing(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.wait(time.Minute)
	k := keyOf("a")
	k.IsRepeat = true
	d.msg(k)
	d.sent(0)
}

func TestAQuestionIsAnsweredOnceWhileTheAnswerIsOnItsWay(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.hold = true
	d.keys("a", "d", "a", "enter")
	d.sees("on its way")
	d.release()
	d.sent(1)
	d.sees("filesystem q1: allowed")
}

func TestAQuestionThatStaysIsAnsweredAgainOnlyWhenItHasChanged(t *testing.T) {
	q := call("q1")
	q.Waiting = 3
	d := newDesk(t, q)
	d.stays = true
	d.keys("a", "d")
	d.sent(1)
	d.questions[0].Waiting = 2
	d.changed()
	d.sees("×2")
	d.keys("d")
	d.sent(2)
}

func TestALongCardIsAllowedOnlyAfterItsEndWasSeen(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.cards["s1.q1"] = longCard("s1.q1")
	d.questions[0].Times++
	d.changed()
	for _, key := range []string{"a", "A", "s", "w"} {
		d.keys(key)
		d.sent(0)
		d.sees("there is more below")
	}
	d.size(40, 12)
	d.keys("a")
	d.sent(0)
	d.size(80, 24)
	d.keys("pgdown", "a")
	d.sent(0)
	d.keys("G")
	d.sees("the last line")
	d.size(40, 12)
	d.keys("a") // its end was seen
	d.sent(1)
}

func TestALongCardIsDeniedWithoutALookAtItsEnd(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.cards["s1.q1"] = longCard("s1.q1")
	d.keys("enter", "d")
	if a := d.sent(1); a.Allow {
		t.Errorf("sent %+v", a)
	}
}

func TestHelpOverACardDoesNotShowItsEnd(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.cards["s1.q1"] = longCard("s1.q1")
	d.keys("enter", "?", "G")
	d.size(80, 200)
	d.size(80, 24)
	d.keys("esc", "a")
	d.sent(0)
	d.sees("there is more below")
}

func TestWhatDoesNotFitIsNotAnswered(t *testing.T) {
	d := newDesk(t, call("q1"))
	d.size(20, 5)
	d.sees("too small")
	d.keys("a", "d", "enter")
	d.sent(0)
	d.size(80, 24)
	d.keys("a")
	d.sent(1)
}

func TestACardThatTheSessionCannotNameIsOnlyDenied(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"))
	d.cards["s1.q1"] = approve.Card{ID: "s1.q1"}
	d.keys("enter", "a")
	d.sent(0)
	d.sees("can only be denied")
	d.keys("d")
	d.sent(1)
}

func TestAWordHasToBeTyped(t *testing.T) {
	d := newDesk(t, destructive("q1", "delete"))
	d.keys("a")
	d.sent(0)
	d.sees("type this word", "word: ")
	d.keys("enter")
	d.sees("the word is missing")
	d.typed("delet")
	d.keys("enter")
	d.sees("another word")
	d.msg(tea.PasteMsg{Content: "delete"})
	d.keys("enter")
	d.sent(0)
	d.typed("deletx")
	d.keys("backspace")
	d.typed("e")
	d.keys("enter")
	if a := d.sent(1); !a.Allow || a.Typed != "delete" || a.Digest != "h1:s1.q1" {
		t.Errorf("sent %+v", a)
	}
}

func TestAWordIsNotAskedForToDeny(t *testing.T) {
	d := newDesk(t, destructive("q1", "delete"))
	d.keys("d")
	if a := d.sent(1); a.Allow {
		t.Errorf("sent %+v", a)
	}
}

func TestEscFromTheWordAllowsNothing(t *testing.T) {
	d := newDesk(t, destructive("q1", "delete"))
	d.keys("a")
	d.typed("delete")
	d.keys("esc")
	d.sent(0)
	d.sees("[d deny]")
	d.keys("a", "enter")
	d.sent(0) // what was typed before does not count
}

func TestABatchShowsAllAndIsAnsweredWithTheDigestOfEach(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"), call("q3"), destructive("q4", "delete"))
	d.keys("space", "space", "a")
	d.sees("2 calls", "write_file: writes q1.go", "write_file: writes q2.go")
	d.keys("G", "a")
	if len(d.answers) != 2 || d.answers[0].Digest != "h1:s1.q1" || d.answers[1].Digest != "h1:s1.q2" || !d.answers[0].Allow || d.answers[1].Count != 1 {
		t.Fatalf("sent %+v", d.answers)
	}
	d.sees("2 of 2 answered")
}

func TestABatchIsAllowedOnlyAfterItsEndWasSeen(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"), call("q3"))
	d.cards["s1.q2"] = longCard("s1.q2")
	d.keys("space", "space", "a", "a")
	d.sent(0)
	d.sees("there is more below")
	d.keys("G", "a")
	d.sent(2)
}

func TestOnlyCallsThatAreAlikeAreMarkedTogether(t *testing.T) {
	other := call("q2")
	other.Server = "shell"
	read := call("q3")
	read.Class = "read"
	d := newDesk(t, call("q1"), other, read, destructive("q4", "delete"), surface("q5"))
	for range 5 {
		d.keys("space", "j")
	}
	if got := slices.Collect(maps.Keys(d.m.marked)); !slices.Equal(got, []string{"s1.q1"}) {
		t.Errorf("marked %q", got)
	}
}

func TestABatchLosesWhatIsGoneAndIsReadAgain(t *testing.T) {
	d := newDesk(t, call("q1"), call("q2"), call("q3"), call("q4"))
	d.keys("space", "space", "space", "a", "G")
	d.questions = d.questions[1:]
	d.changed()
	d.sees("2 calls", "is gone")
	d.key("a")
	d.sent(0)
	d.keys("G", "a")
	d.sent(2)
}
