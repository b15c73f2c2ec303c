package wrap

import (
	"context"

	"sallyport/rules"
)

// An Asker puts a question to a human. It is declared here and implemented elsewhere, so that a session knows nothing of terminals.
type Asker interface {
	// Ask blocks until a human has answered or ctx ends, which is when the question is void: its frame was cancelled or the session
	// is over. It is called once for each held frame, each time in a goroutine of its own.
	Ask(ctx context.Context, q Question) Answer
}

// A Question is a held frame. Its slices are not shared with anything.
type Question struct {
	Server, Client string
	Method, Tool   string
	Class          rules.Class
	Arguments      []byte // raw JSON: params.arguments of a call, else params
	Decision       rules.Decision
}

// An Answer is what a human said. The zero value refuses.
type Answer struct {
	Allowed bool
	By      string // who, by which door
	Reason  string // why not: a phrase for the model and the log
}

// NoApprover is the Asker of a session whose questions cannot reach anybody: it refuses and says so.
type NoApprover struct{}

// Ask refuses at once.
func (NoApprover) Ask(context.Context, Question) Answer {
	return Answer{Reason: "a person would have to approve this, and there is no way yet to ask one"}
}
