package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

// openScope shows what a grant would hold for, the narrowest first.
func (m *model) openScope(a approve.Answer) {
	s := m.shown
	if len(s.questions) > 1 || len(s.questions[0].Scopes) == 0 {
		m.status = "nothing like it can be granted: answer once"
		return
	}
	if a.Allow && !m.mayAllow() {
		return
	}
	m.acts()
	m.draft, m.mode = a, inScope
	m.scope.again()
	m.layOutScope()
}

// layOutScope says in words, and as it would be written, what a grant holds for.
func (m *model) layOutScope() {
	q := m.shown.questions[0]
	if m.draft.For == approve.ForOnce || m.draft.Scope >= len(q.Scopes) {
		return
	}
	sc := q.Scopes[m.draft.Scope]
	what := "Allow without asking, until the session ends (8 hours at most),"
	switch {
	case m.draft.For == approve.ForAlways && m.draft.Allow:
		what = "Allow without asking, always,"
	case m.draft.For == approve.ForAlways:
		what = "Deny without asking, always,"
	}
	if q.Tool != "" {
		what += " calls of " + q.Server + " · " + q.Tool
	} else {
		what += " " + q.Method + " of " + q.Server
	}
	head := what + " with:"
	style := plain
	if sc.Whole {
		head, style = what+" whatever they say:", warn
	}
	w := m.width
	rows := append(wrapped(w, 0, span{head, bold}), row{})
	if sc.Whole {
		rows = append(rows, wrapped(w, 2, span{"! every call of this tool", warn})...)
	}
	for text := range strings.SplitSeq(sc.Words, "\n") {
		rows = append(rows, wrapped(w, 4, span{"  " + text, style})...)
	}
	rows = append(rows, row{})
	rows = append(rows, wrapped(w, 2, span{"step " + scopeStep(m.draft.Scope, len(q.Scopes)), plain})...)
	rows = append(rows, row{})
	written := "As a rule of answers.yaml it would be (for a session nothing is written):"
	if m.draft.For == approve.ForAlways {
		written = "This is written to answers.yaml:"
	}
	rows = append(rows, wrapped(w, 2, span{written, bold})...)
	for text := range strings.SplitSeq(strings.TrimRight(sc.Text, "\n"), "\n") {
		rows = append(rows, wrapped(w, 6, span{"  " + text, plain})...)
	}
	m.scope.rows = rows
}

func scopeStep(at, n int) string {
	text := fmt.Sprintf("%d of %d", at+1, n)
	switch {
	case n == 1:
		return text + ": there is no other"
	case at == 0:
		return text + ", the narrowest; + makes it wider"
	case at == n-1:
		return text + ", the widest; - makes it narrower"
	}
	return text + "; + makes it wider, - narrower"
}

func (m *model) scopeKey(name string) tea.Cmd {
	switch name {
	case "esc", "q":
		m.mode, m.draft = inCard, approve.Answer{}
	case "+", "=", "right", "l":
		m.scopeStep(1)
	case "-", "left", "h":
		m.scopeStep(-1)
	case "y", "enter":
		if m.held(name) || m.tooSoon(&m.scope) {
			return nil
		}
		if !m.scope.seen {
			m.status = "there is more below: go to its end first (G or Space)"
			return nil
		}
		if m.draft.Allow {
			return m.allow(m.draft)
		}
		return m.sendAll(m.draft)
	default:
		m.scope.move(name, m.room())
	}
	return nil
}

func (m *model) scopeStep(step int) {
	to := m.draft.Scope + step
	if to < 0 || to >= len(m.shown.questions[0].Scopes) {
		return
	}
	m.draft.Scope = to
	m.scope.again()
	m.layOutScope()
}

// A confirmation is asked for before something is allowed that one key is not enough for.
type confirmation struct {
	page
	typed string
}

// openCheck asks for a word, or for another look at doubts.
func (m *model) openCheck(a approve.Answer) {
	m.acts()
	m.draft, m.mode = a, inConfirm
	m.check.typed = ""
	m.check.again()
	m.layOutCheck()
}

func (m *model) layOutCheck() {
	if m.mode != inConfirm {
		return
	}
	s := m.shown
	q := s.questions[0]
	rows := wrapped(m.width, 0, span{m.consequence(), bold})
	rows = append(rows, wrapped(m.width, 4, span{"  " + q.Summary, plain})...)
	if m.draft.For != approve.ForOnce {
		if q.Scopes[m.draft.Scope].Whole {
			rows = append(rows, wrapped(m.width, 2, span{"! every call of this tool", warn})...)
		}
		for text := range strings.SplitSeq(q.Scopes[m.draft.Scope].Words, "\n") {
			rows = append(rows, wrapped(m.width, 4, span{"  " + text, plain})...)
		}
	}
	_, doubtful := s.chosen()
	if len(doubtful) > 0 {
		rows = append(rows, row{})
		rows = append(rows, wrapped(m.width, 2, span{"! What is checked deserves a look:", warn})...)
	}
	for _, item := range doubtful {
		rows = append(rows, wrapped(m.width, 4, span{"  " + item.Key, bold})...)
		for _, doubt := range item.Doubts {
			rows = append(rows, wrapped(m.width, 6, span{"    ! " + doubt, warn})...)
		}
	}
	rows = append(rows, row{})
	if q.Word != "" {
		rows = append(rows, wrapped(m.width, 2, span{"To allow it, type this word and press Enter: ", plain}, span{q.Word, warn})...)
	} else {
		rows = append(rows, wrapped(m.width, 2, span{"y accepts it all the same.", plain})...)
	}
	m.check.rows = append(rows, wrapped(m.width, 2, span{"Esc goes back, and nothing is allowed.", plain})...)
}

// consequence is what the draft does, in words.
func (m *model) consequence() string {
	switch s := m.shown; {
	case len(s.items()) > 0:
		return fmt.Sprintf("Accept %d of %d:", len(m.draft.Items), len(s.items()))
	case m.draft.For == approve.ForSession:
		return "Allow, until the session ends (8 hours at most):"
	case m.draft.For == approve.ForAlways:
		return "Allow, always:"
	case m.draft.Count > 1:
		return fmt.Sprintf("Allow %d times:", m.draft.Count)
	}
	return "Allow once:"
}

// maxTyped bounds what is typed. No word is as long.
const maxTyped = 200

func (m *model) checkKey(k tea.KeyPressMsg, name string) tea.Cmd {
	word := m.shown.questions[0].Word
	switch {
	case name == "esc":
		m.mode, m.check.typed, m.draft = inCard, "", approve.Answer{}
	case name == "enter" && word == "":
		m.status = "y accepts it, Esc goes back"
	case name == "enter" || name == "y" && word == "":
		return m.confirm(name, word)
	case word == "":
		m.check.move(name, m.room())
	case name == "backspace":
		m.check.typed = shorter(m.check.typed)
	case k.Text != "":
		if len(m.check.typed) < maxTyped {
			m.check.typed += clean(k.Text)
		}
	default:
		m.check.move(name, m.room())
	}
	return nil
}

// confirm sends the draft if the word was typed and all was seen.
func (m *model) confirm(name, word string) tea.Cmd {
	if m.held(name) || m.tooSoon(&m.check.page) {
		return nil
	}
	switch {
	case !m.check.seen:
		m.status = "there is more below: go to its end first (End or PgDn)"
	case m.check.typed != word && m.check.typed == "":
		m.status = "the word is missing: nothing was allowed"
	case m.check.typed != word:
		m.status, m.check.typed = "that is another word: nothing was allowed", ""
	default:
		a := m.draft
		a.Typed = word
		return m.sendAll(a)
	}
	return nil
}

// shorter drops the last character.
func shorter(text string) string {
	runes := []rune(text)
	return string(runes[:max(0, len(runes)-1)])
}
