package approve

import (
	"time"
)

// Kinds of questions.
const (
	KindCall    = "call"    // a frame that rules hold
	KindSecret  = "secret"  // a server that is about to start wants a secret
	KindSurface = "surface" // what a server shows that nobody has accepted: at first sight, or because it changed
)

// A Question is what a session asks people. Its text has been made visible by the session.
type Question struct {
	ID      string    `json:"id"` // SESSION.qN, one among all live sessions
	Session string    `json:"session"`
	Server  string    `json:"server"`
	Client  string    `json:"client"`
	Kind    string    `json:"kind"`
	Method  string    `json:"method"`
	Tool    string    `json:"tool"`    // empty where there is none
	Class   string    `json:"class"`   // read, write, destructive
	Summary string    `json:"summary"` // one line: what it would do
	Rules   []Cause   `json:"rules"`   // what asks
	Asked   time.Time `json:"asked"`   // first
	Times   int       `json:"times"`   // how often it was asked
	Waiting int       `json:"waiting"` // how many frames wait now; 0: the client was told to come back
	Until   time.Time `json:"until"`   // when those are answered without a person; zero where none waits
	Word    string    `json:"word"`    // has to be typed to allow it; empty: one key is enough
	Scopes  []Scope   `json:"scopes"`  // what may be granted beyond this once, the narrowest first; none for a surface
}

// A Cause is a rule, or a default, that asks.
type Cause struct {
	Rule    string `json:"rule"`
	At      string `json:"at"`
	Because string `json:"because"`
}

// A Scope says which calls a grant would answer in advance.
type Scope struct {
	Words string `json:"words"` // for people: one to three lines
	Text  string `json:"text"`  // what an answer for always writes into answers.yaml
	Whole bool   `json:"whole"` // nothing in the arguments narrows it
}

// A Card is what a person looks at before they answer. Its text has been made visible, line by line, and holds no line feeds.
type Card struct {
	ID     string  `json:"id"`     // of the question
	Digest string  `json:"digest"` // of all that is shown; an answer names the one that was looked at
	Blocks []Block `json:"blocks"`
	Items  []Item  `json:"items,omitempty"` // of a surface: what may be accepted one by one
}

// Kinds of blocks.
const (
	BlockFacts   = "facts"   // "name: value" lines, as Line.Name and Line.Text
	BlockText    = "text"    // foreign text
	BlockDiff    = "diff"    // Line.Mark is "+", "-", " " or "@"
	BlockWarning = "warning" // what is unusual
)

// A Block is a part of a card.
type Block struct {
	Title string `json:"title"` // may be empty
	Kind  string `json:"kind"`
	Lines []Line `json:"lines"`
}

// A Line is one line of a block, of any length.
type Line struct {
	Mark string `json:"mark,omitempty"`
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
	Warn bool   `json:"warn,omitempty"` // it deserves a look
	// Spans, where there are any, spell Text as a word diff.
	Spans []Span `json:"spans,omitempty"`
}

// String is a line without its colours.
func (l Line) String() string {
	text := l.Text
	if l.Name != "" {
		text = l.Name + ": " + text
	}
	if l.Mark != "" {
		text = l.Mark + " " + text
	}
	if l.Warn {
		text = "! " + text
	}
	return text
}

// A Span is a part of a line. Mark is "+" for what is new, "-" for what is gone, empty for what stayed.
type Span struct {
	Mark string `json:"mark,omitempty"`
	Text string `json:"text"`
}

// An Item is a part of a surface.
type Item struct {
	Key    string   `json:"key"` // as sallyport pin accept takes it: NAME of a tool, "prompts:NAME", "@HASH" where a name does not show
	Change string   `json:"change"`
	Class  string   `json:"class,omitempty"` // proposed, of a tool
	Doubts []string `json:"doubts,omitempty"`
	Lines  []Line   `json:"lines"` // its definition, or the difference
}

// How long an answer holds.
const (
	ForOnce    = ""        // for the frames that it names
	ForSession = "session" // until the session ends, for 8 hours at most
	ForAlways  = "always"  // it is written to answers.yaml
)

// An Answer is what a person said of a question. The zero value denies it once.
type Answer struct {
	ID      string            `json:"id"`
	Digest  string            `json:"digest"` // of the card that they looked at
	Allow   bool              `json:"allow"`
	For     string            `json:"for"`               // ForOnce, ForSession, ForAlways
	Scope   int               `json:"scope"`             // index of Question.Scopes, for ForSession and ForAlways
	Count   int               `json:"count"`             // how many of the frames that wait are let go; 0 stands for one
	Items   []string          `json:"items,omitempty"`   // of a surface: keys of what is accepted; none for all
	Classes map[string]string `json:"classes,omitempty"` // of a surface: keys of tools that are something else than was proposed
	Typed   string            `json:"typed,omitempty"`   // Question.Word
	Door    string            `json:"door"`              // tui, command, dialog, client
}

// A Receipt says what came of an answer.
type Receipt struct {
	Text string `json:"text"` // one line for the person
	Undo string `json:"undo"` // what takes a grant back; empty where nothing was granted
}
