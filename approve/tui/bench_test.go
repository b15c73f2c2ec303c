package tui

import (
	"fmt"
	"strings"
	"testing"

	"sallyport/approve"
)

func thousand(b *testing.B) *desk {
	var questions []approve.Question
	for i := range 1000 {
		questions = append(questions, call(fmt.Sprint("q", i)))
	}
	d := newDesk(b, questions...)
	d.m.plain = false
	return d
}

func BenchmarkQueueOfAThousandKeyAndView(b *testing.B) {
	d := thousand(b)
	for i := range b.N {
		d.key([]string{"j", "k"}[i/500%2])
		d.m.View()
	}
}

func BenchmarkQueueOfAThousandChangeAndView(b *testing.B) {
	d := thousand(b)
	for b.Loop() {
		d.changed()
		d.m.View()
	}
}

func BenchmarkQueueOfAThousandSearchAndView(b *testing.B) {
	d := thousand(b)
	d.key("/")
	for i := range b.N {
		d.key([]string{"q", "backspace"}[i%2])
		d.m.View()
	}
}

func BenchmarkLayOutOfAMegabyte(b *testing.B) {
	for name, text := range map[string]string{
		"one word": strings.Repeat("a", 1<<20), "words": strings.Repeat("some word ", 1<<17), "wide": strings.Repeat("漢", 1<<20/3), "jamo": strings.Repeat("ᄀ", 1<<20/3),
		"blanks": strings.Repeat(" ", 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			s := sheet{questions: []approve.Question{call("q1")}, cards: []approve.Card{shortCard("s1.q1")}}
			s.cards[0].Blocks[0].Lines[0].Text = text
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s.layOut(80)
			}
		})
	}
}
