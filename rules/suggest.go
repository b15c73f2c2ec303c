package rules

import (
	"strconv"
	"strings"
	"unicode"

	"sallyport/rules/scan"
)

// Suggest gives a rule that would allow this call and calls like it, of the same server and tool: the widest of its scopes that goes no
// further than the folders and hosts of its paths and addresses. It is the text of one element of `rules:`, indented by two blanks,
// built from literals. ok is false where no rule could say it. Whole says that nothing in the arguments narrows it: it allows every
// call of the tool.
func (j *Judge) Suggest(w *World) (text string, whole, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	var like scope
	for _, s := range j.scopes(w) {
		if s.Whole {
			break
		}
		like = s
		if s.wide {
			break
		}
	}
	if like.When == "" {
		return "", false, false
	}
	when := like.When
	if len(like.folders) > 0 { // in the words of hand-written rules, too, where they fit
		plain := "all(paths(args), under(#, " + literals(minimal(like.folders)) + ")) and\n" + when
		if j.holds(plain, w) {
			when = plain
		}
	}
	when = "server.name == " + literal(j.view.server) + " and\ntool.name == " + literal(w.Tool) + " and\n" + when
	if scan.Visible(when) != when {
		return "", false, false
	}
	when = strings.ReplaceAll(when, "\n", "\n        ")
	return "  - name: " + ruleName("allow-"+w.Tool) + "\n    when: |\n        " + when + "\n    do: allow\n", false, true
}

// holds tells whether an expression would allow this call.
func (j *Judge) holds(when string, w *World) bool {
	j.frame.reset(w, j.view.Class(w.Tool, w.Class))
	defer j.frame.release()
	_, ok := j.proved(scope{Scope: Scope{When: when}}, true)
	return ok
}

// literal writes a string as an expression does, in letters that show.
func literal(s string) string {
	quoted := strconv.Quote(s)
	if _, hidden := scan.Hidden(quoted); hidden || scan.Visible(quoted) != quoted {
		return strconv.QuoteToASCII(s)
	}
	return quoted
}

func literals(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = literal(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// ruleName makes a name that a rule may have.
func ruleName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && goodName("a"+string(r)) {
			return r
		}
		return '-'
	}, s)
	return s[:min(len(s), 100)]
}
