// Package dialog asks a person by a dialog of the desktop, where no terminal shows the question, and tells them by passing
// notifications.
//
// The programs are zenity or kdialog, and notify-send; osascript; PowerShell. Each is started for one dialog, in a process group of its
// own, and ends with it. What a person pressed is told by words and exit statuses that are ours: no program says them by a fault, or
// because it is another one than we think.
//
// What holds:
//   - Deny is preselected. Closing the window, its end, a program that cannot be started, one that breaks off, and an answer sooner than
//     anybody can read allow nothing.
//   - Foreign text is data: made visible, and handed over as the rest of one argument, or as a variable or an argument of a script that
//     never changes; never as markup, as script or as an option.
//   - A dialog allows only what it shows whole: a call that writes, that asks for no typed word, and whose card has room. For the rest it
//     says where to answer.
//   - A program is believed that lies in the system's own folders and that only the administrator can replace. It gets an environment of
//     a short list, of checked values: a client's configuration may come with a cloned repository, and could name another program,
//     another display, or a module to load.
//
// It does not protect against who can use the display as this person: such a program can press the buttons, and one that starts us can
// name a display of its own. On X11 that is every program of theirs. It does not know either whether a window was in sight, or whether
// fonts or a magnified screen push a part of it out.
package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport/approve"
)

// A Verdict is what a person pressed. The zero value is no answer.
type Verdict uint8

// Verdicts.
const (
	None    Verdict = iota // no answer: the question stays open
	Deny                   // not this time
	Once                   // this call
	Session                // Question.Scopes[0], until the session ends
)

// Dialogs knows the desktop of this machine. Methods may be called concurrently. A nil one is usable: it asks nobody.
type Dialogs struct {
	program  program
	notifier notifier
	env      []string      // of both
	guard    time.Duration // a verdict that comes sooner was given blindly
}

// A program shows dialogs. Its zero value is none.
type program struct {
	name, path string
	room       room
	most       buttons // that it can show
	command    func(text string, b buttons) command
}

// A notifier shows notifications. Its zero value is none.
type notifier struct {
	path string
	args func(title, text string) []string
}

// buttons are what a dialog offers.
type buttons uint8

const (
	tells       buttons = iota // nothing but to close it
	asksOnce                   // Deny, once
	asksSession                // Deny, once, for this session
)

// A command shows one dialog. Its verdict reads the exit status, -1 for a signal, and the output without the last line feed; known tells
// that the program said so itself.
type command struct {
	args    []string
	env     []string // besides that of all programs
	verdict func(status int, out string) (v Verdict, known bool)
}

const (
	title        = "sallyport: may this be done?"
	titleTells   = "sallyport: a question waits"
	labelDeny    = "Deny"
	labelOnce    = "Allow once"
	labelSession = "Allow for this session"
	labelClose   = "Close"
)

const (
	// guardTime is how long nobody can have read a dialog, counted from the start of its program: 400 ms of looking, as everywhere, and
	// as much for the program to come up, which takes half of that on a quick machine.
	guardTime = 800 * time.Millisecond
	// attempts is how often a dialog is shown that was answered blindly: by a key that was meant for the window before it.
	attempts = 3
)

// turn lets one dialog of this process be open at a time.
var turn = make(chan struct{}, 1)

// Find looks for a desktop and for a program that shows dialogs. environ is the environment that the client gave us. The error says in
// words what is missing; where only notifications can be shown, both come back, and Name is empty.
func Find(environ []string) (*Dialogs, error) { return find(environ) }

// Name is the program that shows dialogs: "zenity", "kdialog", "osascript", "powershell"; empty for none.
func (d *Dialogs) Name() string {
	if d == nil {
		return ""
	}
	return d.program.name
}

// Ask shows a question and waits until it is answered, or until ctx ends, which closes the dialog. card is what the answer will be for.
// What may not be allowed by a dialog is only told of, and comes back as None without an error.
func (d *Dialogs) Ask(ctx context.Context, q approve.Question, card approve.Card) (Verdict, error) {
	if d.Name() == "" {
		return None, errors.New("asking by a dialog: there is no program for it here")
	}
	text, b := compose(q, card, d.program)
	if b == tells && d.notifier.path != "" {
		d.Notify(noteTitle(q), q.Summary+"\n"+whereToAnswer)
		return None, nil
	}
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return None, ctx.Err()
	}
	for range attempts {
		v, blind, err := d.show(ctx, text, b)
		if err != nil || !blind {
			return v, err
		}
	}
	return None, fmt.Errorf("asking by %s: answered %d times before anybody could read it", d.Name(), attempts)
}

// show shows a dialog once. An answer that came sooner than the guard is blind, whatever it is.
func (d *Dialogs) show(ctx context.Context, text string, b buttons) (v Verdict, blind bool, err error) {
	if err := ctx.Err(); err != nil {
		return None, false, err
	}
	c := d.program.command(text, b)
	start := time.Now()
	end, err := run(ctx, d.program.path, c.args, slices.Concat(c.env, d.env))
	took := time.Since(start)
	if ctxErr := ctx.Err(); ctxErr != nil {
		return None, false, ctxErr
	}
	if err != nil {
		return None, false, fmt.Errorf("asking by %s: %v", d.Name(), err)
	}
	v, known := c.verdict(end.status, end.out)
	switch {
	case !known:
		return None, false, fmt.Errorf("asking by %s: it ended with %s", d.Name(), end)
	case b == tells, v == Session && b != asksSession:
		return None, false, nil
	}
	return v, took < d.guard, nil
}

// noteTime bounds a program that shows a notification.
const noteTime = 10 * time.Second

// notes bounds how many notifications of this process are under way; what comes on top is dropped.
var notes = make(chan struct{}, 4)

// Notify shows a passing notification, if the desktop can; it does not wait. Of a long text the beginning is shown.
func (d *Dialogs) Notify(title, text string) {
	if d == nil || d.notifier.path == "" {
		return
	}
	select {
	case notes <- struct{}{}:
	default:
		return
	}
	// Whoever reads it knows then who speaks, and no program takes it for an option.
	if !strings.HasPrefix(title, "sallyport") {
		title = "sallyport: " + title
	}
	args := d.notifier.args(noteLine(title), noteText(text))
	go func() {
		defer func() { <-notes }()
		ctx, cancel := context.WithTimeout(context.Background(), noteTime)
		defer cancel()
		run(ctx, d.notifier.path, args, d.env) // nobody to tell that a notification was not shown
	}()
}
