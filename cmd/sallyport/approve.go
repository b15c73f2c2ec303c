package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sallyport/approve"
	"sallyport/approve/tui"
	"sallyport/rules/scan"
)

func newApproveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approve",
		Short: "answer the questions of all live sessions",
		Long: `Show the calls that wait for a person, and what each would do, and answer them.
Press ? for the keys. It finds every live session of yours, may come late, leave
and come back; questions wait where the client runs. Several may look at once; the
first answer counts.

A call waits until shortly before its client gives up (--budget of sallyport wrap;
50 seconds where that is not known). Then the client hears that nothing was
executed and that it may repeat the call when you say so. The question stays: what
you allow later passes once, the very same call, within five minutes. What was
cancelled is never executed, and nothing is ever allowed by a clock.

You may answer from a terminal of your own. A process that the client started, or
the server, may not, nor one without a terminal, nor another program than
sallyport. This stops an agent that runs "sallyport approve allow" in the plain
ways, not one that takes pains; the log has every answer with its process chain.

Where no such screen is open, a dialog of the desktop comes up for writes that it
can show whole, or a form of the client where that has them. In your rules:

    approve:
      wait: 45s        # 0s: never wait, always come back
      dialog: false
      form: false
      notify: false

Grants for always go to answers.yaml beside your rules.yaml.`,
		Example: `  sallyport approve
  sallyport approve list --json
  sallyport approve allow q3
  sallyport approve deny q3`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{withHint(`run "sallyport approve --help"`, "unknown verb %q after approve", args[0])}
			}
			in, err := openInbox(true)
			if err != nil {
				return err
			}
			defer in.Close()
			return tui.Run(cmd.Context(), in)
		},
	}
	cmd.AddCommand(newApproveListCommand(), newApproveShowCommand(), newApproveAllowCommand(), newApproveDenyCommand())
	return cmd
}

func openInbox(screen bool) (*approve.Inbox, error) {
	p, err := currentPlaces()
	if err != nil {
		return nil, err
	}
	in, err := approve.Open(p.runtime, screen)
	if err != nil {
		return nil, fmt.Errorf("looking for live sessions: %w", err) // which says what to type
	}
	return in, nil
}

// answerTime bounds what a session may take for one answer.
const answerTime = 30 * time.Second

// withQuestions opens the inbox and waits until the sessions have said what they ask.
func withQuestions(use func(ctx context.Context, in *approve.Inbox) error) error {
	in, err := openInbox(false)
	if err != nil {
		return err
	}
	defer in.Close()
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	if err := in.Settle(ctx, liveTime); err != nil {
		return err
	}
	for _, odd := range in.Odd() {
		warningf("%s", odd)
	}
	return use(ctx, in)
}

func newApproveListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the open questions",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withQuestions(func(_ context.Context, in *approve.Inbox) error {
				questions := in.Questions()
				var err error
				if asJSON {
					if questions == nil {
						questions = []approve.Question{}
					}
					err = writeJSON(cmd.OutOrStdout(), questions)
				} else {
					err = printQuestions(cmd.OutOrStdout(), questions, len(in.Sessions()))
				}
				if n := len(in.Odd()); err == nil && n > 0 {
					err = fmt.Errorf("%s, so there may be more questions", plural(n, "session does not say what it asks", "sessions do not say what they ask"))
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

func printQuestions(out io.Writer, questions []approve.Question, sessions int) error {
	if len(questions) == 0 {
		_, err := fmt.Fprintf(out, "No questions. %s.\n", plural(sessions, "live session", "live sessions"))
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSERVER\tCLASS\tWAITS\tWHAT")
	for _, q := range questions {
		waits := "came back"
		if q.Waiting > 0 {
			waits = time.Until(q.Until).Round(time.Second).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", shown(q.ID), shown(q.Server), shown(q.Class), waits, scan.VisibleLine(q.Summary, 120))
	}
	return w.Flush()
}

// shown is a name of another process for people.
func shown(text string) string { return scan.VisibleLine(text, 60) }

// findQuestion takes an id, or its end where that is enough.
func findQuestion(in *approve.Inbox, id string) (approve.Question, error) {
	var found []approve.Question
	for _, q := range in.Questions() {
		if q.ID == id || strings.HasSuffix(q.ID, "."+id) {
			found = append(found, q)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return approve.Question{}, usageError{withHint(`take the whole id, as "sallyport approve list" prints it`, "%q is the end of more than one id", id)}
	}
	return approve.Question{}, withHint(`run "sallyport approve list" for those that are open`, "there is no question %q", id)
}

func newApproveShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "show what a call would do",
		Args:  oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withQuestions(func(ctx context.Context, in *approve.Inbox) error {
				q, err := findQuestion(in, args[0])
				if err != nil {
					return err
				}
				c, err := in.Card(ctx, q.ID)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), []approve.Card{c})
				}
				printCard(cmd.OutOrStdout(), q, c)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array of one card")
	return cmd
}

func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{withHint(`"sallyport approve list" has the ids`, "one question is answered at a time")}
	}
	return nil
}

// printCard shows all that a person has to see before they answer, and nothing that could move a cursor.
func printCard(out io.Writer, q approve.Question, c approve.Card) {
	fmt.Fprintf(out, "%s  %s  %s\n%s\n\n", shown(q.ID), shown(q.Server), shown(q.Class), scan.VisibleLine(q.Summary, 120))
	fmt.Fprint(out, scan.Visible(cardText(c)))
	if q.Word != "" {
		fmt.Fprintf(out, "\nTo allow it, type: %s\n", shown(q.Word))
	}
	for i, sc := range q.Scopes {
		fmt.Fprintf(out, "\nscope %d, for --for session or --for always:\n%s\n", i, scan.Visible(sc.Words))
	}
}

type answerFlags struct {
	yes     bool
	forTime string
	scope   int
	count   int
	word    string
	digest  string
	items   []string
	classes []string
}

func newApproveAllowCommand() *cobra.Command {
	var f answerFlags
	cmd := &cobra.Command{
		Use:   "allow ID",
		Short: "let a call go",
		Long: `Show what a call would do, ask, and let it go: once, or with --for session or
--for always, which show first what they would grant. Where a word has to be typed,
--word takes it. What a server shows is accepted as a whole, less what is doubtful,
or, with --item, in parts.

--digest allows only what "sallyport approve show --json" has shown under that
digest.`,
		Args: oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withQuestions(func(ctx context.Context, in *approve.Inbox) error {
				return f.allow(ctx, cmd.OutOrStdout(), in, args[0])
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	flags.StringVar(&f.forTime, "for", "once", "once, session, or always")
	flags.IntVar(&f.scope, "scope", 0, "which of the scopes to grant, 0 being the narrowest")
	flags.IntVar(&f.count, "count", 1, "how many of the same that wait are let go")
	flags.StringVar(&f.word, "word", "", "the word that has to be typed, if there is one")
	flags.StringVar(&f.digest, "digest", "", "of the card that was looked at")
	flags.StringArrayVar(&f.items, "item", nil, "accept only this of what a server shows; may be repeated")
	flags.StringArrayVar(&f.classes, "class", nil, "TOOL=read, TOOL=write or TOOL=destructive; may be repeated")
	return cmd
}

// held turns the word of --for into what an answer holds.
func (f *answerFlags) held() (string, error) {
	switch f.forTime {
	case "once":
		return approve.ForOnce, nil
	case approve.ForSession, approve.ForAlways:
		return f.forTime, nil
	}
	return "", usageError{withHint("write --for once, --for session or --for always", "an answer cannot be for %q", f.forTime)}
}

func (f *answerFlags) allow(ctx context.Context, out io.Writer, in *approve.Inbox, id string) error {
	held, err := f.held()
	if err != nil {
		return err
	}
	q, err := findQuestion(in, id)
	if err != nil {
		return err
	}
	c, err := in.Card(ctx, q.ID)
	if err != nil {
		return err
	}
	if f.digest != "" && f.digest != c.Digest {
		return withHint("look at it again", "what it would do has changed since it had that digest")
	}
	if held != approve.ForOnce && (f.scope < 0 || f.scope >= len(q.Scopes)) {
		return usageError{withHint("answer once, or take one of the scopes that are shown", "there is no scope %d to grant", f.scope)}
	}
	printCard(out, q, c)
	if held != approve.ForOnce {
		fmt.Fprintf(out, "\nThis would be granted for %s:\n%s\n%s\n", held, scan.Visible(q.Scopes[f.scope].Words), scan.Visible(q.Scopes[f.scope].Text))
	}
	a := approve.Answer{ID: q.ID, Digest: q.Digest(c), Allow: true, For: held, Scope: f.scope, Count: f.count, Items: f.items, Typed: f.word, Door: "command"}
	if a.Classes, err = classMap(f.classes); err != nil {
		return err
	}
	if !f.yes {
		if a.Typed, err = f.ask(q); err != nil {
			return err
		}
	}
	fresh, cancel := context.WithTimeout(context.Background(), answerTime) // a person took their time
	defer cancel()
	r, err := in.Answer(fresh, a)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, scan.VisibleLine(r.Text, 300))
	return nil
}

// ask has the person say yes, or the word.
func (f *answerFlags) ask(q approve.Question) (word string, err error) {
	if q.Word == "" {
		return "", confirm("Allow this?")
	}
	if f.word != "" {
		return f.word, confirm("Allow this?")
	}
	if info, err := os.Stdin.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return "", hinted{errNotAsked, "run it in a terminal, or add --yes --word"}
	}
	fmt.Fprintf(os.Stderr, "Type %q to allow this: ", scan.VisibleLine(q.Word, 60))
	line := make([]byte, 200)
	n, err := os.Stdin.Read(line)
	if err != nil {
		return "", errors.New("nothing was typed: nothing was allowed")
	}
	return strings.TrimSpace(string(line[:n])), nil
}

func classMap(given []string) (map[string]string, error) {
	classes := map[string]string{}
	for _, text := range given {
		tool, class, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usageError{withHint("write --class TOOL=read, TOOL=write or TOOL=destructive", "%q gives no class", text)}
		}
		classes[tool] = class
	}
	return classes, nil
}

func newApproveDenyCommand() *cobra.Command {
	var f answerFlags
	cmd := &cobra.Command{
		Use:   "deny ID",
		Short: "refuse a call",
		Args:  oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withQuestions(func(ctx context.Context, in *approve.Inbox) error {
				held, err := f.held()
				if err != nil {
					return err
				}
				q, err := findQuestion(in, args[0])
				if err != nil {
					return err
				}
				r, err := in.Answer(ctx, approve.Answer{ID: q.ID, For: held, Scope: f.scope, Door: "command"})
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), scan.VisibleLine(r.Text, 300))
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&f.forTime, "for", "once", "once, session, or always")
	cmd.Flags().IntVar(&f.scope, "scope", 0, "which of the scopes to refuse, 0 being the narrowest")
	return cmd
}
