package approve

import "context"

// An Inbox follows the live sessions of a runtime folder and their questions. All methods may be called concurrently.
type Inbox struct{}

// Open begins to follow the sessions whose sockets are in dir. tui says that a person looks at a screen: while one does, sessions put up
// no dialogs.
func Open(dir string, tui bool) (*Inbox, error) { return nil, nil }

// Close ends it.
func (in *Inbox) Close() {}

// Changed yields after something changed; one that is not taken stands for all that follow.
func (in *Inbox) Changed() <-chan struct{} { return nil }

// Sessions are those that live, the oldest first.
func (in *Inbox) Sessions() []Status { return nil }

// Questions are the open ones, the oldest first.
func (in *Inbox) Questions() []Question { return nil }

// Odd says what is wrong in the runtime folder: one line each.
func (in *Inbox) Odd() []string { return nil }

// Card fetches the card of a question, as it is now.
func (in *Inbox) Card(ctx context.Context, id string) (Card, error) { return Card{}, nil }

// Answer answers a question. Errors are for people, in words: the question is gone, what it would do has changed since (look again), or
// this process may not answer.
func (in *Inbox) Answer(ctx context.Context, a Answer) (Receipt, error) { return Receipt{}, nil }

// Undo takes back what the receipt's answer granted.
func (in *Inbox) Undo(ctx context.Context, session, undo string) error { return nil }
