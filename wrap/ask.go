package wrap

import (
	"context"

	"sallyport/rules"
	"sallyport/wrap/pin"
)

// An Asker puts a question to a human. It is declared here and implemented elsewhere, so that a session knows nothing of terminals.
type Asker interface {
	// Ask blocks until a human has answered or ctx ends. When its deadline has passed, the client is told to come back, and the question
	// may stay; when it was cancelled, the frame is gone. Ask is called once for each held frame, each time in a goroutine of its own.
	Ask(ctx context.Context, q Question) Answer
}

// A Question is a held frame, or what a server shows. Its slices are not shared with anything.
type Question struct {
	Server, Client string
	Method, Tool   string
	Class          rules.Class
	// Questions are all that asks, in order; of a surface, what pins refuse.
	Questions  []rules.Decision
	Whole      bool        // the tool and its arguments raise them all, so that they can be answered in advance
	World      rules.World // what the rules judged
	Pin        string      // hash of what was accepted of the tool; empty where nothing was
	Definition []byte      // what was accepted of the tool, raw JSON
	Again      bool        // the client may send the same request again, so that a late answer is of use
	// Surface gives what the server shows now as a pin that could be accepted. nil: the question is about the frame.
	Surface func() *pin.Pin
	// Elicit asks the user by a form of the client's own. nil: the client shows none.
	Elicit func(ctx context.Context, text string) (allowed bool, err error)
}

// An Answer is what a human said. The zero value refuses.
type Answer struct {
	Allowed bool
	Pending bool   // nobody has answered in time; the question stays
	By      string // who, by which door; empty for nobody
	Reason  string // why not: a phrase for the model and the log
	Shown   string // digest of what was looked at
	Granted string // what was granted beyond this once
}

// NoApprover is the Asker of a session whose questions cannot reach anybody: it refuses and says so.
type NoApprover struct{}

// Ask refuses at once.
func (NoApprover) Ask(context.Context, Question) Answer {
	return Answer{Reason: "a person would have to approve this, and nobody can be asked here"}
}
