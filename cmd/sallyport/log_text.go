package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"sallyport/rules/scan"
	"sallyport/wrap/audit"
)

// logWidth is the width that the log is printed for.
const logWidth = 80

// A logPrinter prints records of the log for people. Everything in a record is foreign text.
type logPrinter struct {
	w       *bufio.Writer
	colour  bool
	servers bool // name the server in each line
}

func (p logPrinter) header(r audit.Record) {
	observing := ""
	if r.Observing {
		observing = ", OBSERVING"
	}
	fmt.Fprintf(p.w, "session %s: %s, since %s%s\n", scan.VisibleLine(r.Session, 64), ends(r.Client, r.Server),
		r.Time.Local().Format(time.DateTime), observing)
}

func ends(client, server string) string {
	if client == "" {
		client = "?"
	}
	if server == "" {
		server = "?"
	}
	return scan.VisibleLine(client, 24) + " → " + scan.VisibleLine(server, 32)
}

// record prints a line of any kind.
func (p logPrinter) record(r audit.Record) {
	switch r.Event {
	case "start":
		p.header(r)
	case "end":
		fmt.Fprintf(p.w, "session %s: %s, ended: %s\n", scan.VisibleLine(r.Session, 64), ends(r.Client, r.Server), scan.VisibleLine(r.Reason, 200))
	default:
		p.decision(r)
	}
}

// decision prints when, which way, what was decided, of what; then by which rule and why, on the same
// line if it is short.
func (p logPrinter) decision(r audit.Record) {
	var b strings.Builder
	b.WriteString(r.Time.Local().Format(time.TimeOnly))
	if p.servers {
		fmt.Fprintf(&b, " %-12s", scan.VisibleLine(r.Server, 12))
	}
	b.WriteString(arrow(r.Direction))
	indent := utf8.RuneCountInString(b.String()) + 8
	word := scan.VisibleLine(r.Decision, 16)
	fmt.Fprintf(&b, "%s%s ", p.paint(word), pad(word, 7))
	fmt.Fprintf(&b, "%-12s %s", scan.VisibleLine(r.Method, 40), scan.VisibleLine(r.Tool, 64))
	text := strings.TrimRight(b.String(), " ")
	width := utf8.RuneCountInString(text)
	if p.colour {
		width -= len(p.paint(word)) - len(word)
	}

	rule := ruleText(r)
	room := logWidth - max(width, indent+32) - 2
	switch {
	case r.Reason != "":
		if rule != "" {
			rule += ": "
		}
		rule += scan.VisibleLine(r.Reason, 1000)
	case rule != "" && utf8.RuneCountInString(rule) <= room:
		text += strings.Repeat(" ", max(0, indent+32-width)+2) + rule
		rule = ""
	}
	fmt.Fprintln(p.w, text)
	p.indented(rule, indent)
	p.indented(scan.VisibleLine(r.Edits, 1000), indent)
	p.indented(answerText(r), indent)
	if r.Ref != "" && isRefused(r) {
		p.indented("sallyport rules explain "+scan.VisibleLine(r.Ref, 100), indent)
	}
}

func arrow(direction string) string {
	switch direction {
	case "c2s":
		return " → "
	case "s2c":
		return " ← "
	}
	return "   "
}

func ruleText(r audit.Record) string {
	rule := scan.VisibleLine(r.Rule, 80)
	if r.At == "" {
		return rule
	}
	return strings.TrimSpace(rule + " (" + scan.VisibleLine(r.At, 200) + ")")
}

func answerText(r audit.Record) string {
	if r.Answer == "" {
		return ""
	}
	text := "answer: " + scan.VisibleLine(r.Answer, 64)
	if r.By != "" {
		text += ", by " + scan.VisibleLine(r.By, 300)
	}
	if r.Wait > 0 {
		text += ", after " + r.Wait.Round(100*time.Millisecond).String()
	}
	if r.Granted != "" {
		text += ", granted for " + scan.VisibleLine(r.Granted, 300)
	}
	return text
}

// indented prints text in as many lines as it takes.
func (p logPrinter) indented(text string, indent int) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && indent+utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > logWidth {
			fmt.Fprintf(p.w, "%*s%s\n", indent, "", line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		fmt.Fprintf(p.w, "%*s%s\n", indent, "", line)
	}
}

func (p logPrinter) paint(decision string) string {
	code := ""
	switch decision {
	case "refuse", "drop":
		code = "31"
	case "hold":
		code = "33"
	case "edit":
		code = "36"
	}
	if !p.colour || code == "" {
		return decision
	}
	return "\x1b[" + code + "m" + decision + "\x1b[0m"
}

func pad(s string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// coloured says whether what is printed to out may have colours.
func coloured(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// A tally counts the decisions of a session.
type tally struct {
	decisions, refused int
	ended, observing   bool
	reason             string
}

func (t *tally) add(r audit.Record) {
	t.observing = t.observing || r.Observing
	switch r.Event {
	case "end":
		t.ended, t.reason = true, scan.VisibleLine(r.Reason, 200)
	case "":
		t.decisions++
		if isRefused(r) {
			t.refused++
		}
	}
}

func (t *tally) text() string {
	text := fmt.Sprintf("%d decisions, %d refused", t.decisions, t.refused)
	switch {
	case t.ended && t.reason != "":
		text += "; ended: " + t.reason
	case t.ended:
		text += "; ended"
	}
	return text
}

// listed is one session in the list.
type listed struct {
	ID        string    `json:"id"`
	Started   time.Time `json:"started"`
	Client    string    `json:"client"`
	Server    string    `json:"server"`
	Observing bool      `json:"observing"`
	Decisions int       `json:"decisions"`
	Refused   int       `json:"refused"`
	Ended     bool      `json:"ended"`
}

// listSessions prints the latest sessions, the newest last.
func listSessions(out io.Writer, limit int, asJSON bool) error {
	dir, files, err := logFiles()
	if err != nil {
		return err
	}
	if len(files) == 0 && !asJSON {
		return errNoSessions(dir)
	}
	if limit > 0 && len(files) > limit {
		files = files[len(files)-limit:]
	}
	list := []listed{}
	for _, f := range files {
		list = append(list, summary(f))
	}
	if asJSON {
		return writeJSON(out, list)
	}
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "STARTED           SESSION       CLIENT → SERVER      DECISIONS REFUSED")
	for _, l := range list {
		who := ends(l.Client, l.Server)
		notes := ""
		if !l.Ended {
			notes += "  no end"
		}
		if l.Observing {
			notes += "  OBSERVING"
		}
		fmt.Fprintf(w, "%s  %-12s  %s%s %9d %7d%s\n", l.Started.Local().Format("2006-01-02 15:04"), l.ID, who, pad(who, 20),
			l.Decisions, l.Refused, notes)
	}
	return w.Flush()
}

func summary(f audit.File) listed {
	l := listed{ID: f.ID, Started: f.Started}
	var t tally
	for r, err := range audit.Read(f.Path) {
		if err != nil {
			continue // verify says what is wrong with it
		}
		if r.Event == "start" {
			l.Client, l.Server = scan.VisibleLine(r.Client, 64), scan.VisibleLine(r.Server, 64)
		}
		t.add(r)
	}
	l.Observing, l.Decisions, l.Refused, l.Ended = t.observing, t.decisions, t.refused, t.ended
	return l
}

// printReport prints what verify found: every session that is not ok or open, the sums, and the head.
func printReport(out io.Writer, r audit.Report) error {
	w := bufio.NewWriter(out)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "broken   %s\n", f)
	}
	count := map[audit.State]int{}
	for _, s := range r.Sessions {
		count[s.State]++
		for _, f := range s.Findings {
			fmt.Fprintf(w, "%-8s %s\n", s.State, f)
		}
	}
	fmt.Fprintf(w, "%d sessions", len(r.Sessions))
	sep := ": "
	for _, state := range []audit.State{audit.OK, audit.Live, audit.Unended, audit.Broken} {
		if n := count[state]; n > 0 {
			fmt.Fprintf(w, "%s%d %s", sep, n, state)
			sep = ", "
		}
	}
	if r.Removed > 0 {
		fmt.Fprintf(w, "; %d removed by age or size", r.Removed)
	}
	fmt.Fprintf(w, "\nhead %s\n", r.Head)
	return w.Flush()
}
