package pin

import (
	"strings"
	"unicode"

	"github.com/tidwall/gjson"
)

// A Proposal is a class for a tool, with the reason, for a human to look at.
type Proposal struct{ Class, Why string }

// verbs tell what a tool does, as far as its name is honest.
var verbs = map[string]string{
	"get": "read", "list": "read", "read": "read", "search": "read", "find": "read", "fetch": "read", "query": "read", "show": "read",
	"describe": "read", "view": "read", "lookup": "read", "count": "read", "check": "read", "inspect": "read", "browse": "read",
	"delete": "destructive", "remove": "destructive", "drop": "destructive", "purge": "destructive", "wipe": "destructive",
	"destroy": "destructive", "truncate": "destructive", "erase": "destructive", "reset": "destructive", "kill": "destructive",
	"uninstall": "destructive", "revoke": "destructive", "force": "destructive",
	"create": "write", "write": "write", "update": "write", "edit": "write", "set": "write", "add": "write", "put": "write",
	"post": "write", "send": "write", "move": "write", "rename": "write", "upload": "write", "insert": "write", "run": "write",
	"execute": "write", "exec": "write", "install": "write", "push": "write", "merge": "write", "publish": "write", "deploy": "write",
	"append": "write", "copy": "write", "save": "write", "call": "write", "invoke": "write", "submit": "write", "apply": "write",
	"enable": "write", "disable": "write", "start": "write", "stop": "write", "click": "write", "type": "write", "fill": "write",
}

// ProposeClass says what a tool seems to do. known is the class that a rule pack has for it, "" for none: packs are written by people
// who tried the tool, so theirs holds. Else a tool is taken for a read only where its name and the server's hint both say so: either
// alone is the server's word.
func ProposeClass(name string, definition []byte, known string) Proposal {
	hints := gjson.GetBytes(definition, "annotations")
	reads := hints.Get("readOnlyHint").Type == gjson.True
	breaks := hints.Get("destructiveHint").Type == gjson.True && !reads
	verb, class := verbOf(name)
	switch {
	case known != "":
		if reads && known != "read" {
			return Proposal{known, "a rule pack says so, and the server's hint says read"}
		}
		return Proposal{known, "a rule pack says so"}
	case class == "destructive" && reads:
		return Proposal{"destructive", "its name says " + verb + ", though its hint says read"}
	case class == "destructive":
		return Proposal{"destructive", "its name says " + verb}
	case breaks:
		return Proposal{"destructive", "its hint says so"}
	case class == "read" && reads:
		return Proposal{"read", "its name and its hint say so"}
	case class == "write" && reads:
		return Proposal{"write", "its name says " + verb + ", though its hint says read"}
	case reads:
		return Proposal{"write", "only its hint says read"}
	case class == "read":
		return Proposal{"write", "only its name says " + verb}
	case class == "write":
		return Proposal{"write", "its name says " + verb}
	}
	return Proposal{"write", "nothing tells what it does"}
}

// verbOf finds the gravest verb among the words of a name, and what it stands for.
func verbOf(name string) (verb, class string) {
	grave := map[string]int{"": 0, "read": 1, "write": 2, "destructive": 3}
	for _, word := range words(name) {
		if c := verbs[word]; grave[c] > grave[class] {
			verb, class = word, c
		}
	}
	return verb, class
}

// words takes apart snake_case, kebab-case and camelCase.
func words(name string) []string {
	var b strings.Builder
	small := false
	for _, r := range name {
		if unicode.IsUpper(r) && small {
			b.WriteByte(' ')
		}
		small = unicode.IsLower(r) || unicode.IsDigit(r)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}
