package rules

// The format of rule files, as data: what keys there are, of what kind, and what they are for. The readers take the known keys from
// here, and Schema makes the JSON Schema for editors of it.

// shape is a value in a rule file.
type shape struct {
	kind  string // "object", "array", "string", "integer", "number", "boolean"; "" for any value, and where alternatives say
	doc   string
	keys  []member  // of an object with fixed names
	must  []string  // names that an object has to have
	each  *shape    // values of an object with free names, elements of an array
	words []string  // a string that is one of these
	or    []*shape  // alternatives
	size  [2]uint64 // of a number: minimum and maximum, where not both are 0
}

type member struct {
	name string
	val  *shape
}

// names gives the fixed names of an object.
func (s *shape) names() []string {
	out := make([]string, len(s.keys))
	for i, k := range s.keys {
		out[i] = k.name
	}
	return out
}

func textOf(doc string) *shape              { return &shape{kind: "string", doc: doc} }
func wordOf(doc string, w ...string) *shape { return &shape{kind: "string", doc: doc, words: w} }
func flagOf(doc string) *shape              { return &shape{kind: "boolean", doc: doc} }
func listOf(doc string, each *shape) *shape { return &shape{kind: "array", doc: doc, each: each} }
func mapOf(doc string, each *shape) *shape  { return &shape{kind: "object", doc: doc, each: each} }
func countOf(doc string) *shape {
	return &shape{kind: "integer", doc: doc, size: [2]uint64{1, 1 << 31}}
}
func objectOf(doc string, keys ...member) *shape {
	return &shape{kind: "object", doc: doc, keys: keys}
}

func (s *shape) needs(names ...string) *shape { s.must = names; return s }

// oneOrMany is a word, or a list of them.
func oneOrMany(doc string, words ...string) *shape {
	return &shape{doc: doc, or: []*shape{wordOf("", words...), listOf("", wordOf("", words...))}}
}

func bytesOf(doc string) *shape {
	return &shape{doc: doc + "; a number of bytes, or one with KiB, MiB or GiB behind it", or: []*shape{{kind: "integer", size: [2]uint64{1, 1 << 50}}, textOf("")}}
}

var onWords = append(append([]string{}, onNames[:Other]...), "any")

var placesShape = objectOf("folders that SALLYPORT_*_DIR may name for this server",
	member{"config", textOf("for SALLYPORT_CONFIG_DIR")},
	member{"state", textOf("for SALLYPORT_STATE_DIR")},
	member{"runtime", textOf("for SALLYPORT_RUNTIME_DIR")})

var serverShape = objectOf("what holds for one server, by the name that it has in the client's configuration",
	member{"classes", mapOf("what its tools do to the world", wordOf("", classNames[Read:]...))},
	member{"like", textOf("the server whose classes, and whose rules in packs, hold for this one too")},
	member{"env", mapOf("variables that it gets", givenShape)},
	member{"args", listOf("what is put behind its command line; other processes of yours can see it there", givenShape)},
	member{"first_sight", firstSightShape},
	member{"drift", driftShape},
	member{"observe", flagOf("whether wrap may be started with --observe")},
	member{"rules", listOf("files that --rules may name, relative to this one", textOf(""))},
	member{"places", placesShape})

var logShape = objectOf("what is logged, and for how long",
	member{"arguments", flagOf("record the values of arguments; rules replay needs them")},
	member{"debug", textOf("a file for all frames")},
	member{"keep_days", countOf("days after which a session's log is removed")},
	member{"keep_bytes", bytesOf("size from which on the oldest logs are removed")})

var boundShape = objectOf("a bound of a number, or a value",
	member{"max", &shape{kind: "number", doc: "a larger number becomes this"}},
	member{"min", &shape{kind: "number", doc: "a smaller number becomes this"}},
	member{"default", &shape{kind: "number", doc: "what a missing argument becomes; without it a call that lacks it is refused"}},
	member{"value", &shape{doc: "what the argument becomes, whatever it was"}})

var ruleShape = objectOf("a rule: an expression with an action or an edit",
	member{"name", textOf("unique; decisions, logs and off: go by it")},
	member{"on", oneOrMany("the frames that it looks at: call, unless it says otherwise", onWords...)},
	member{"when", textOf("an expression; without one, the rule always matches")},
	member{"do", wordOf("what happens; of all rules that match, the strictest decides", actionNames[:]...)},
	member{"mask", listOf("what is replaced by ‹masked:…› in what the server says", &shape{or: []*shape{
		wordOf("", maskNames()...),
		objectOf("a pattern", member{"matches", textOf("a regular expression (RE2)")}).needs("matches"),
	}})},
	member{"set", mapOf("what arguments of a call become", &shape{or: []*shape{boundShape, {kind: "string"}, {kind: "number"}, {kind: "boolean"}, {kind: "array"}, {kind: "null"}}})},
	member{"hide", oneOrMany("the lists that it takes definitions out of, where its expression holds for one", hideNames...)},
	member{"because", textOf("the reason, for people and models")}).needs("name")

var callShape = objectOf("a frame",
	member{"server", textOf("")}, member{"client", textOf("")}, member{"tool", textOf("")},
	member{"args", mapOf("the arguments of a call, or the params of another request", &shape{})},
	member{"on", wordOf("", onNames[:]...)},
	member{"method", textOf("")},
	member{"result", mapOf("the result, with on: result", &shape{})})

var testShape = objectOf("a frame, and what is to become of it",
	member{"call", callShape},
	member{"want", wordOf("", actionNames[:]...)},
	member{"by", textOf("the rule that is to decide")},
	member{"times", countOf("how often the frame comes, the last one being looked at; for count and seen")},
	member{"set", mapOf("arguments as rules are to change them", &shape{})},
	member{"mask", listOf("kinds that rules are to mask, in order", textOf(""))},
	member{"hide", flagOf("whether a rule is to hide this definition from a list")}).needs("call", "want")

var grantShape = objectOf("a remembered answer to one question",
	member{"name", textOf("unique")},
	member{"answers", textOf("the rule, or the default, whose question it answers in advance")},
	member{"server", textOf("")}, member{"client", textOf("any, where it is left out")},
	member{"tool", textOf("")}, member{"method", textOf("")},
	member{"on", oneOrMany("call, unless it says otherwise", onWords...)},
	member{"when", textOf("an expression that the frame has to match")},
	member{"do", wordOf("the answer; allow, unless it says otherwise", Deny.String(), Allow.String())},
	member{"given", textOf("who answered, when")}).needs("name", "answers", "server")

var fileShape = objectOf("rules of sallyport",
	member{"version", &shape{kind: "integer", doc: "1", size: [2]uint64{1, 1}}},
	member{"include", listOf("further files, relative to this one", textOf(""))},
	member{"use", listOf("packs that ship with sallyport; base, unless it says otherwise", wordOf("", Packs()...))},
	member{"off", listOf("rules that are switched off, like base/keys", textOf(""))},
	member{"default", objectOf("what happens where no rule matches a call, by the class of its tool",
		member{"read", wordOf("", actionNames[:]...)}, member{"write", wordOf("", actionNames[:]...)},
		member{"destructive", wordOf("", actionNames[:]...)})},
	member{"first_sight", firstSightShape},
	member{"drift", driftShape},
	member{"servers", &shape{kind: "object", doc: "what holds for single servers", each: serverShape,
		keys: []member{{"only", wordOf("refuse every server that has no accepted pin", "pinned")}}}},
	member{"limits", objectOf("what a peer may send",
		member{"frame", bytesOf("one frame")}, member{"depth", countOf("nesting of one frame")},
		member{"keys", countOf("members of one object")}, member{"open", countOf("requests without an answer")})},
	member{"log", logShape},
	member{"approve", approveShape},
	member{"secrets", secretsShape},
	member{"rules", listOf("", ruleShape)},
	member{"tests", listOf("what rules test runs", testShape)},
	member{"grants", listOf("remembered answers; in answers.yaml only", grantShape)}).needs("version")
