package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"sallyport/rules/scan"
	"sallyport/wrap/audit"
)

// followPoll is the time between two looks at the sessions' files.
const followPoll = 200 * time.Millisecond

func newLogCommand() *cobra.Command {
	var asJSON bool
	var limit int
	cmd := &cobra.Command{
		Use:   "log",
		Short: "show, follow and verify the log of decisions",
		Long: `Without a further word, log lists the latest sessions.

Every decision about a frame is one line of JSON in a file of its session:
when, which server, method and tool, what was decided, by which rule and why,
what a person answered and by which door. Arguments are there as keyed digests
only, unless the rules file says "log: {arguments: true}".

Each line carries the hash of the line before it, and heads.jsonl the start and
the end of every session. "log verify" checks both. This shows mistakes and lazy
edits. It does not show what somebody did who computed all hashes anew: against
that, save the head that "log verify" prints on another machine.

The files are safe to look at with cat, grep and jq.`,
		Example: `    $ sallyport log
    STARTED           SESSION       CLIENT → SERVER      DECISIONS REFUSED
    2026-07-31 14:22  3f2a9c81d04b  cursor → github             41       2
    2026-07-31 15:03  91c0a2be77fd  claude → filesystem          7       0  no end`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{withHint(`run "sallyport log --help"`, "unknown verb %q after log", args[0])}
			}
			return listSessions(cmd.OutOrStdout(), limit, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	cmd.Flags().IntVarP(&limit, "number", "n", 20, "list that many sessions, 0 for all")
	cmd.AddCommand(newLogShowCommand(), newLogFollowCommand(), newLogVerifyCommand())
	return cmd
}

func newLogShowCommand() *cobra.Command {
	var s showing
	cmd := &cobra.Command{
		Use:   "show [SESSION]",
		Short: "show the decisions of one session, the newest by default",
		Long: `Show prints the decisions of one session, by default of the newest one. SESSION
is the session's id as "sallyport log" lists it, or the beginning of it.

→ is a frame from the client to the server, ← one from the server to the client.`,
		Example: `    $ sallyport log show --refused
    session 3f2a9c81d04b: cursor → github, since 2026-07-31 14:22:07
    14:22:31 → refuse  tools/call   push_files
                       no-force-push (rules.yaml:14): history stays
    41 decisions, 1 refused; ended: the client closed its end`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && s.session != "" {
				return usageError{errors.New("the session is named twice")}
			}
			if len(args) == 1 {
				s.session = args[0]
			}
			return showSession(cmd.OutOrStdout(), s)
		},
	}
	cmd.Flags().StringVar(&s.session, "session", "", "the session's id, or the beginning of it")
	cmd.Flags().BoolVar(&s.refused, "refused", false, "show only what was refused or dropped")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print a JSON array of the lines")
	return cmd
}

func newLogFollowCommand() *cobra.Command {
	var refused bool
	cmd := &cobra.Command{
		Use:   "follow",
		Short: "print the decisions of all sessions as they are made",
		Long: `Follow prints the decisions of all live sessions from now on, and of those that
start later, each with the name of its server. It ends with Ctrl-C.`,
		Example: `    $ sallyport log follow --refused
    15:04:11 filesystem   → refuse  tools/call   read_file
                                    keys-stay-home (rules.yaml:9): keys and .env
                                    files stay on this machine`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return follow(ctx, cmd.OutOrStdout(), refused)
		},
	}
	cmd.Flags().BoolVar(&refused, "refused", false, "print only what was refused or dropped")
	return cmd
}

func newLogVerifyCommand() *cobra.Command {
	var head string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "check that the log is as it was written",
		Long: `Verify checks every line of every session against the hash of the line before it,
and every session against its start and end in heads.jsonl. It prints what is
broken, where, and the head of heads.jsonl. The exit status is 1 if anything is
broken.

A session is
    ok       whole, from its start to its end
    open     whole so far, and its process lives
    unended  whole as far as it goes, but its process was killed before it could
             write an end: lines at its end could be missing unseen
    broken   changed, cut, or missing

Who can write the folder can also compute all hashes anew, or cut off the newest
sessions with their records. Only a head that was saved somewhere else shows
that: with --head, verify checks that it is still in the chain.`,
		Example: `    $ sallyport log verify
    412 sessions: 411 ok, 1 open; 38 removed by age or size
    head h1:5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592

    $ sallyport log verify --head "$(ssh other cat sallyport.head)"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if head != "" && !headForm().MatchString(head) {
				return usageError{fmt.Errorf(`head %q is not "h1:" and 64 hexadecimal digits`, head)}
			}
			return verifyLog(cmd.OutOrStdout(), head, asJSON)
		},
	}
	cmd.Flags().StringVar(&head, "head", "", "a head that an earlier verify printed")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array of the sessions, heads.jsonl first")
	return cmd
}

var headForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^h1:[0-9a-f]{64}$`) })

// logFiles returns the folder of the log and the sessions in it, the oldest first.
func logFiles() (dir string, files []audit.File, err error) {
	p, err := currentPlaces()
	if err != nil {
		return "", nil, err
	}
	dir = p.logDir()
	files, err = audit.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("listing the log: %v", err)
	}
	return dir, files, err
}

func errNoSessions(dir string) error {
	return withHint(`sessions are logged by "sallyport wrap"; to see one, run "sallyport demo"`, "no sessions in %q", dir)
}

// findSession returns the newest session whose id begins with id.
func findSession(id string) (audit.File, error) {
	dir, files, err := logFiles()
	if err != nil {
		return audit.File{}, err
	}
	if len(files) == 0 {
		return audit.File{}, errNoSessions(dir)
	}
	var found []audit.File
	for _, f := range files {
		if f.ID == id {
			return f, nil
		}
		if strings.HasPrefix(f.ID, id) {
			found = append(found, f)
		}
	}
	switch {
	case len(found) == 0:
		return audit.File{}, withHint(`run "sallyport log" for the list`, "no session %q", id)
	case len(found) > 1 && id != "":
		return audit.File{}, withHint(`run "sallyport log" for the list`, "%d sessions begin with %q", len(found), id)
	}
	return found[len(found)-1], nil
}

// showing is what show was asked for.
type showing struct {
	session string
	refused bool
	asJSON  bool
}

func (s showing) wants(r audit.Record) bool {
	return !s.refused || r.Event == "" && isRefused(r)
}

func isRefused(r audit.Record) bool { return r.Decision == "refuse" || r.Decision == "drop" }

func showSession(out io.Writer, s showing) error {
	f, err := findSession(s.session)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	defer w.Flush()
	if s.asJSON {
		return showJSON(w, f, s)
	}
	p := logPrinter{w: w, colour: coloured(out)}
	var t tally
	for r, err := range audit.Read(f.Path) {
		if err != nil {
			warnLine(err)
			continue
		}
		t.add(r)
		switch {
		case r.Event == "start":
			p.header(r)
		case r.Event == "" && s.wants(r):
			p.decision(r)
		}
	}
	fmt.Fprintln(w, t.text())
	return nil
}

func showJSON(w *bufio.Writer, f audit.File, s showing) error {
	sep := "[\n"
	for r, err := range audit.Read(f.Path) {
		if err != nil {
			warnLine(err)
			continue
		}
		if s.wants(r) {
			w.WriteString(sep)
			w.Write(r.Raw)
			sep = ",\n"
		}
	}
	if sep == "[\n" {
		w.WriteString("[")
	}
	_, err := w.WriteString("\n]\n")
	return err
}

func warnLine(err error) {
	warningf("%s", scan.VisibleLine(err.Error(), 300))
	hintf(`run "sallyport log verify"`)
}

// follow prints records until ctx ends.
func follow(ctx context.Context, out io.Writer, refused bool) error {
	places, err := currentPlaces()
	if err != nil {
		return err
	}
	tail, err := audit.NewTail(places.logDir())
	if err != nil {
		return fmt.Errorf("following the log: %v", err)
	}
	defer tail.Close()
	p := logPrinter{w: bufio.NewWriter(out), colour: coloured(out), servers: true}
	tick := time.NewTicker(followPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		records, err := tail.Poll()
		if err != nil {
			return fmt.Errorf("following the log: %v", err)
		}
		for _, r := range records {
			if !refused || isRefused(r) {
				p.record(r)
			}
		}
		if err := p.w.Flush(); err != nil {
			return err
		}
	}
}

// checked is one element of what verify prints as JSON.
type checked struct {
	audit.SessionReport
	Head string `json:"head,omitempty"` // of heads.jsonl
}

func verifyLog(out io.Writer, head string, asJSON bool) error {
	dir, files, err := logFiles()
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); len(files) == 0 && head == "" && errors.Is(err, fs.ErrNotExist) {
		return errNoSessions(dir)
	}
	r, err := audit.Verify(dir)
	if err != nil {
		return err
	}
	for i := range r.Sessions {
		visibleReport(&r.Sessions[i])
	}
	if asJSON {
		heads := checked{audit.SessionReport{File: "heads.jsonl", Lines: r.Lines, State: audit.OK, Findings: r.Findings}, r.Head}
		if len(r.Findings) > 0 {
			heads.State = audit.Broken
		}
		list := []checked{heads}
		for _, s := range r.Sessions {
			list = append(list, checked{SessionReport: s})
		}
		err = writeJSON(out, list)
	} else {
		err = printReport(out, r)
	}
	if err != nil {
		return err
	}
	return judgeReport(r, dir, head)
}

// judgeReport returns the error that a broken log, or one without the saved head, is.
func judgeReport(r audit.Report, dir, head string) error {
	if r.Err() != nil {
		return withHint(fmt.Sprintf("look at the files; to begin a new log, move the folder %q aside", dir), "the log is broken")
	}
	if head != "" && !r.Knows(head) {
		return withHint("the sessions since then, or all of it, may be missing or other ones",
			"head %s is not in the log: it was cut or written anew after that head was saved", head)
	}
	return nil
}

func visibleReport(s *audit.SessionReport) {
	s.ID, s.File = scan.VisibleLine(s.ID, 64), scan.VisibleLine(s.File, 100)
	s.Client, s.Server = scan.VisibleLine(s.Client, 64), scan.VisibleLine(s.Server, 64)
	for i := range s.Findings {
		f := &s.Findings[i]
		f.File, f.Text = scan.VisibleLine(f.File, 100), scan.VisibleLine(f.Text, 300)
	}
}

func writeJSON(out io.Writer, list any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(list); err != nil {
		return err
	}
	_, err := io.WriteString(out, escapeJSON(b.String()))
	return err
}

// escapeJSON spells what could move a terminal's cursor, or does not show, as JSON's own escapes. Such runes stand within strings only.
func escapeJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
