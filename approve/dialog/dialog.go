// Package dialog asks a person by a dialog of the desktop, where no terminal shows the question, and tells them by notifications.
//
// Foreign text reaches a dialog as data: as one argument of a program or as a variable that a fixed script reads, never as markup, as
// script, or as an option, and made visible. Deny is preselected; closing a dialog, its end, and every fault allow nothing. A dialog
// lets go only what it shows whole, and only writes: for the rest it says where to answer.
//
// The program is looked for in the system's own folders, and gets an environment made of a short list, since a client's configuration
// may come with a cloned repository and could name another program or another display. A display on this machine is believed: whoever
// can open one as this user can press its buttons.
package dialog

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"sallyport/approve"
	"sallyport/rules/scan"
)

// A Verdict is what a person pressed. The zero value is no answer.
type Verdict uint8

// Verdicts.
const (
	None Verdict = iota
	Deny
	Once
	Session
)

// Dialogs are those of this machine's desktop. A nil one asks nobody. All methods may be called concurrently.
type Dialogs struct {
	tool   tool
	notify string // the program that shows notifications; empty for none
	env    []string
	turn   chan struct{} // one dialog at a time
}

// A tool is a program that shows dialogs: its path, the arguments and input for a question, and what it says with its end.
type tool struct {
	name, path string
	command    func(d *Dialogs, ctx context.Context, title, text string) *exec.Cmd
	verdict    func(status int, out string) Verdict
}

const (
	guard    = 400 * time.Millisecond // a dialog that is answered sooner was not read
	maxLines = 30
	maxText  = 2000
)

// Find looks for a desktop and for a program that shows dialogs. environ is the environment that the client gave us. The error says what
// is missing.
func Find(environ []string) (*Dialogs, error) {
	d := &Dialogs{turn: make(chan struct{}, 1)}
	if err := d.find(environ); err != nil {
		return nil, err
	}
	return d, nil
}

// Name is the program that shows dialogs; empty for none.
func (d *Dialogs) Name() string {
	if d == nil {
		return ""
	}
	return d.tool.name
}

// whole gives the text of a dialog, and reports whether a person may allow what it shows there.
func whole(q approve.Question, c approve.Card) (text string, ok bool) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", scan.VisibleLine(q.Summary, 200))
	lines := 2
	for _, block := range c.Blocks {
		if block.Title != "" {
			fmt.Fprintln(&b, scan.VisibleLine(block.Title, 0))
			lines++
		}
		for _, l := range block.Lines {
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
			fmt.Fprintln(&b, scan.VisibleLine(text, 0))
			lines += 1 + len(text)/80
		}
	}
	ok = lines <= maxLines && b.Len() <= maxText && q.Kind == approve.KindCall && q.Class == "write" && q.Word == "" && len(c.Items) == 0
	return b.String(), ok
}

// Ask shows a question and waits until it is answered, or until ctx ends, which closes the dialog.
func (d *Dialogs) Ask(ctx context.Context, q approve.Question, c approve.Card) (Verdict, error) {
	if d == nil || d.tool.path == "" {
		return None, errors.New("there is no program that shows dialogs")
	}
	text, ok := whole(q, c)
	if !ok {
		d.Notify("sallyport: "+q.Server+" waits for you", q.Summary+"\nRun \"sallyport approve\" in a terminal.")
		return None, nil
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return None, ctx.Err()
	}
	title := scan.VisibleLine(fmt.Sprintf("sallyport: may server %q do this?", q.Server), 120)
	cmd := d.tool.command(d, ctx, title, text)
	cmd.Env = append(cmd.Env, d.env...)
	apart(cmd)
	start := time.Now()
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return None, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return None, fmt.Errorf("showing a dialog: %w", err)
	}
	v := d.tool.verdict(cmd.ProcessState.ExitCode(), strings.TrimSpace(string(out)))
	if v != Deny && time.Since(start) < guard {
		return None, errors.New("the dialog was answered before anybody could read it")
	}
	return v, nil
}

// notifyTime bounds the program that shows a notification.
const notifyTime = 10 * time.Second

// Notify shows a passing notification, if the desktop can. It does not wait.
func (d *Dialogs) Notify(title, text string) {
	if d == nil || d.notify == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), notifyTime)
	cmd := d.notification(ctx, scan.VisibleLine(title, 120), scan.Visible(text))
	cmd.Env = append(cmd.Env, d.env...)
	apart(cmd)
	go func() {
		defer cancel()
		cmd.Run()
	}()
}
