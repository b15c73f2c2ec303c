package card

import (
	"fmt"
	"strings"

	"sallyport/approve"
	"sallyport/rules/sql"
)

// maxSQL bounds what all statements of a card take together.
const maxSQL = 1 << 20

// statements tells what statements of SQL would do.
func (e *effects) statements() {
	left := maxSQL
	toolSQL := sqlTools.any(e.toolWords) || sqlTools.any(words(e.call.Question.Server))
	n := 0
	for i := range e.t.nodes {
		key := words(e.t.keyOf(int32(i)))
		if !e.t.nodes[i].isString() || !sqlWords.any(key) {
			continue
		}
		text := e.t.nodes[i].text()
		if left -= len(text); left < 0 || n >= maxListed {
			e.cut = true
			e.warn("the statements of SQL are too long to be read")
			return
		}
		list := sql.Parse(text)
		if !toolSQL && !set("sql statement statements").any(key) && (len(list) == 0 || list[0].Kind == "unknown") {
			continue // a search that somebody called a query
		}
		n++
		e.handled[int32(i)] = true
		e.block("would do in a database: "+e.t.name(int32(i)), approve.BlockFacts, func(s *sink) { e.tellSQL(s, list) })
		e.phrase("SQL: " + short(strings.Join(strings.Fields(text), " "), 80))
	}
}

func (e *effects) tellSQL(s *sink, list []sql.Statement) {
	if len(list) == 0 {
		s.say("", "no statement")
	}
	if len(list) > 1 {
		s.say("statements", count(len(list)))
	}
	for i, st := range list {
		if i == maxListed {
			s.cut = true
			e.warn("more than " + plural(maxListed, "statement") + " of SQL")
			return
		}
		text := "reads"
		if st.Write {
			text = "writes"
		}
		if st.Kind == "unknown" {
			text = "cannot be told: it may write"
		}
		if len(st.Tables) > 0 {
			text += " " + short(strings.Join(st.Tables, ", "), maxLineBytes)
		}
		if (st.Kind == "update" || st.Kind == "delete") && !st.Where {
			text += ": every row, as nothing narrows it"
		}
		s.add(approve.Line{Name: line(st.Kind), Text: text, Warn: st.Write})
		if word := destroysSQL(st); word != "" {
			e.warn(fmt.Sprintf("a statement of SQL destroys: %s %s", line(st.Kind), short(strings.Join(st.Tables, ", "), 200)))
			if e.word == "" || word == "drop" || word == "truncate" {
				e.word = word
			}
		} else if st.Kind == "unknown" {
			e.warn("a statement of SQL cannot be read with certainty")
		}
	}
}

// destroysSQL gives the word for a statement that plainly destroys.
func destroysSQL(st sql.Statement) string {
	switch st.Kind {
	case "drop", "truncate":
		return st.Kind
	case "delete", "update":
		if !st.Where {
			return st.Kind
		}
	}
	return ""
}
