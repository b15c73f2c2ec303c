package rules

import "time"

// Action is what happens to a frame. The zero value refuses it.
type Action uint8

// The actions, strictest first.
const (
	Deny Action = iota
	Ask
	Allow
)

var actionNames = [...]string{"deny", "ask", "allow"}

// String gives "deny", "ask" or "allow"; anything else is "deny".
func (a Action) String() string { return nameOf(actionNames[:], int(a), 0) }

// MarshalText gives the same word.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Class is what a tool does to the world. The zero value is judged as Write.
type Class uint8

// The classes of tools.
const (
	Unknown Class = iota
	Read
	Write
	Destructive
)

var classNames = [...]string{"unknown", "read", "write", "destructive"}

// String gives "unknown", "read", "write" or "destructive".
func (c Class) String() string { return nameOf(classNames[:], int(c), 0) }

// On is the kind of frame that a rule looks at.
type On uint8

// The kinds of frames. Other is what no word of `on:` but any covers: unknown
// methods, extensions, completion, tasks.
const (
	Call On = iota
	Result
	List
	Prompt
	Resource
	Sampling
	Elicitation
	Notification
	Other
)

var onNames = [...]string{"call", "result", "list", "prompt", "resource",
	"sampling", "elicitation", "notification", "other"}

// String gives the word that `on:` takes, or "other".
func (o On) String() string { return nameOf(onNames[:], int(o), int(Other)) }

func nameOf(names []string, i, zero int) string {
	if i < len(names) {
		return names[i]
	}
	return names[zero]
}

// Trust says whose file a source is. The zero value may only tighten.
type Trust uint8

// Folder marks the file of a working folder, which may have come with a cloned
// repository; User marks the user's own files; Answers marks the file of remembered
// answers, which holds grants and nothing else.
const (
	Folder Trust = iota
	User
	Answers
)

// Source names one rule file to load. An Optional file may be absent.
type Source struct {
	Path     string
	Trust    Trust
	Optional bool
}

// ServerConfig is what the user's files say of one server.
type ServerConfig struct {
	Env     map[string]Given  // name to value, references unresolved
	Args    []Given           // put behind the command line
	Observe bool              // wrap may be started with --observe
	Rules   []string          // files that --rules may name
	Like    string            // the server whose classes and pack rules hold for this one too
	Places  map[string]string // "config", "state", "runtime" to a directory
	pinning pinning
}

// Limits bound what a peer may send.
type Limits struct {
	Frame int64 // bytes of one frame
	Depth int   // nesting of one frame
	Keys  int   // members of one object
	Open  int   // requests without an answer, per direction
}

// LogOptions say what the log holds and for how long.
type LogOptions struct {
	Arguments bool   // record argument values
	Debug     string // file for masked frames, empty for none
	KeepDays  int
	KeepBytes int64
}

// Facts are what expressions may know of the machine. Resolve gives a path with
// its symlinks resolved as far as the path exists; nil compares paths as written.
// Resolve is called by one goroutine at a time.
// Roots are folders, besides Cwd, from which the server may start relative paths.
type Facts struct {
	Home, Cwd string
	Roots     []string
	OtherHome string // the server's own home folder, where it is another one
	Resolve   func(path string) string
	History   *History // what passed earlier in the session; nil makes seen and count errors
}

// World is one frame to be judged. Args and Result are raw JSON that a strict
// reader has accepted; nil Args stand for {}.
type World struct {
	On      On
	Method  string // the JSON-RPC method, or an extension's identifier with Other
	Tool    string // name of the called tool, empty where there is none
	Class   Class  // that a human gave the tool when it was pinned; Unknown where nobody did
	Args    []byte // params.arguments of a call, else params
	Result  []byte // the result or error object, on Result and List
	Beside  []byte // of a call: members of params that are neither name, arguments nor _meta, as an object; nil for none
	Default Action // where no rule matches and On is not Call

	Time  time.Time // of the frame, for count
	Notes Notes     // set by Decide: what History.Add is to remember if the frame passes
}

// Decision is an action with its cause. The zero value denies.
type Decision struct {
	Action  Action `json:"action"`
	Rule    string `json:"rule"` // "base/keys", "no-force-push", "default/write"
	At      string `json:"at"`   // "rules.yaml:12", "base:7", or empty for a stance of the program
	Because string `json:"because"`
}
