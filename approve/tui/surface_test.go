package tui

import (
	"maps"
	"slices"
	"testing"

	"sallyport/approve"
)

func surfaceDesk(t *testing.T, word string) *desk {
	t.Helper()
	q := surface("q1")
	q.Word = word
	d := newDesk(t, call("q0"), q)
	d.cards["s1.q1"] = surfaceCard("s1.q1")
	d.keys("j", "enter")
	return d
}

func TestWhatHasNoDoubtsIsCheckedAtFirst(t *testing.T) {
	d := surfaceDesk(t, "")
	d.sees("> [x] tools/list_issues", "[x] tools/create_issue", "[ ] tools/purge", "accept the 2 checked")
	d.keys("G", "a")
	if a := d.sent(1); !a.Allow || !slices.Equal(a.Items, []string{"tools/list_issues", "tools/create_issue"}) || a.Digest != "h1:surface" || a.Classes != nil {
		t.Errorf("sent %+v", a)
	}
}

func TestSpaceChecksTheItemUnderTheCursor(t *testing.T) {
	d := surfaceDesk(t, "")
	d.keys("space", "n", "space", "n", "p", "space", "G", "a")
	if a := d.sent(1); !slices.Equal(a.Items, []string{"tools/create_issue"}) {
		t.Errorf("sent %+v", a)
	}
}

func TestNothingCheckedIsNotAll(t *testing.T) {
	d := surfaceDesk(t, "")
	d.keys("space", "n", "space", "G", "a")
	d.sent(0)
	d.sees("nothing is checked")
	d.keys("d")
	if a := d.sent(1); a.Allow || a.Items != nil {
		t.Errorf("sent %+v", a)
	}
}

func TestDoubtsAreConfirmed(t *testing.T) {
	d := surfaceDesk(t, "")
	d.keys("p", "space", "G", "a")
	d.sent(0)
	d.sees("Accept 3 of 3", "tools/purge", "! its description tells the model")
	d.key("y")
	d.sent(0)
	d.keys("enter")
	d.sent(0)
	d.sees("y accepts it")
	d.keys("y")
	if a := d.sent(1); len(a.Items) != 3 {
		t.Errorf("sent %+v", a)
	}
}

func TestDoubtsAreConfirmedWithTheWord(t *testing.T) {
	d := surfaceDesk(t, "accept")
	d.keys("p", "space", "G", "a", "y", "enter")
	d.sent(0)
	d.keys("backspace")
	d.typed("accept")
	d.keys("enter")
	if a := d.sent(1); len(a.Items) != 3 || a.Typed != "accept" {
		t.Errorf("sent %+v", a)
	}
}

func TestEscFromDoubtsAcceptsNothing(t *testing.T) {
	d := surfaceDesk(t, "")
	d.keys("p", "space", "G", "a", "esc", "y")
	d.sent(0)
	d.sees("[x] tools/purge")
}

func TestAClassIsCycled(t *testing.T) {
	d := surfaceDesk(t, "")
	d.keys("c")
	d.sees("class write (you say so; proposed: read)")
	d.keys("c")
	d.sees("class destructive (you say so")
	d.keys("n", "c", "n", "c", "c", "G", "a")
	want := map[string]string{"tools/list_issues": "destructive", "tools/create_issue": "destructive"}
	if a := d.sent(1); !maps.Equal(a.Classes, want) { // that of an item that is left out is not sent
		t.Errorf("sent %+v", a)
	}
}

func TestACycleEndsWhereItBegan(t *testing.T) {
	d := surfaceDesk(t, "")
	d.keys("c", "c", "c", "G", "a")
	if a := d.sent(1); a.Classes != nil {
		t.Errorf("sent %+v", a)
	}
}

func TestNothingIsCheckedOutOfSight(t *testing.T) {
	card := surfaceCard("s1.q1")
	for range 40 {
		card.Items[0].Lines = append(card.Items[0].Lines, approve.Line{Text: "more of the definition"})
	}
	d := newDesk(t, call("q0"), surface("q1"))
	d.cards["s1.q1"] = card
	d.keys("j", "enter", "G")
	d.sees("> [x] tools/create_issue")
	d.keys("space", "g")
	d.sees("> [x] tools/list_issues")
}

func TestASurfaceThatChangesIsChosenAnew(t *testing.T) {
	d := surfaceDesk(t, "")
	d.keys("p", "space", "G", "a")
	card := surfaceCard("s1.q1")
	card.Digest, card.Items = "h1:new", append(card.Items, approve.Item{Key: "tools/late", Change: "new", Class: "write"})
	d.cards["s1.q1"] = card
	d.questions[1].Times++
	d.changed()
	d.sees("look again")
	d.key("y")
	d.sent(0)
	d.sees("[ ] tools/purge", "[x] tools/late")
}

func TestASurfaceIsAnsweredAlone(t *testing.T) {
	d := surfaceDesk(t, "")
	d.keys("G", "A", "s", "w", "D")
	d.sent(0)
}
