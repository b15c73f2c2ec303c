package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sallyport/rules"
	"sallyport/rules/scan"
)

// explain judges the call and prints what led to the decision.
func (a *asked) explain(out io.Writer) error {
	w, err := a.world()
	if err != nil {
		return err
	}
	policy, facts, err := policyHere(a.rules)
	if err != nil {
		return err
	}
	facts = asThen(facts, a.started)
	w.Class = newAccepted().class(a.server, w.Tool)
	e := policy.View(a.server, a.client).NewJudge(facts).Explain(&w)
	if a.asJSON {
		return writeJSON(out, e)
	}
	a.printVerdict(out, w, e)
	a.remedy(out, policy, w, e.Decision)
	hidden := 0
	for _, r := range e.Rules {
		pack, _, inPack := strings.Cut(r.Name, "/")
		ofUser := !inPack || pack == "folder" || pack == "grant"
		if !a.all && !r.Matched && r.Fault == "" && (r.Skipped != "" || !ofUser) {
			hidden++
			continue
		}
		a.printExplained(out, r)
	}
	if hidden > 0 {
		fmt.Fprintf(out, "%d more rules do not match or are about other frames; --all shows them\n", hidden)
	}
	return nil
}

func (a *asked) printVerdict(out io.Writer, w rules.World, e rules.Explanation) {
	v := func(s string) string { return scan.VisibleLine(s, 200) }
	what := v(w.Method)
	if w.Tool != "" {
		what = fmt.Sprintf("%s (class %s)", v(w.Tool), e.Class)
	}
	fmt.Fprintf(out, "%s of server %q: %s\n", what, v(a.server), strings.ToUpper(e.Decision.Action.String()))
	by := "by " + e.Decision.Rule
	if e.Decision.At != "" {
		by += " (" + e.Decision.At + ")"
	}
	fmt.Fprintln(out, wrapText(by+": "+v(e.Decision.Because), 80, "  "))
	for _, c := range e.Changes {
		fmt.Fprintf(out, "  %s becomes %s by %s\n", v(c.Name), v(string(c.Value)), c.Rule)
	}
	for _, m := range e.Masked {
		fmt.Fprintf(out, "  %s is masked by %s\n", m.Kind, m.Rule)
	}
	fmt.Fprintln(out)
}

// remedy says what the user can write to have such calls pass.
func (a *asked) remedy(out io.Writer, policy *rules.Policy, w rules.World, d rules.Decision) {
	if d.Action == rules.Allow {
		return
	}
	p, err := currentPlaces()
	if err != nil {
		return
	}
	if text, whole := a.suggestion(w); text != "" {
		what := "calls like it"
		if whole {
			what = "every call of this tool"
		}
		fmt.Fprintf(out, "To allow %s, add this to %s:\n\nrules:\n%s\n", what, p.rulesFile(), text)
		return
	}
	pack, _, inPack := strings.Cut(d.Rule, "/")
	switch {
	case inPack && pack == "folder":
		fmt.Fprintf(out, "The rule stands in this project's .sallyport.yaml.\n\n")
	case inPack && pack == "default":
		fmt.Fprintf(out, "To allow it, add a rule for it with \"do: allow\" to %s.\n\n", p.rulesFile())
	case inPack:
		fmt.Fprintf(out, "A rule that allows does not help against one that denies or asks. To do without this\none, add this to %s:\n\noff: [%s]\n\n",
			p.rulesFile(), d.Rule)
	case d.At != "":
		fmt.Fprintf(out, "A rule that allows does not help against one that denies or asks: change this one, at\n%s.\n\n", d.At)
	}
}

// suggestion is a rule that allows the call, tried out; "" if there is none. Whole tells that it allows all calls of the tool.
func (a *asked) suggestion(w rules.World) (text string, whole bool) {
	policy, facts, err := policyHere(a.rules)
	if err != nil {
		return "", false
	}
	facts = asThen(facts, a.started)
	text, whole, ok := policy.View(a.server, a.client).NewJudge(facts).Suggest(&w)
	if !ok {
		return "", false
	}
	dir, err := os.MkdirTemp("", "sallyport-")
	if err != nil {
		return "", false
	}
	defer os.RemoveAll(dir)
	trial := filepath.Join(dir, "suggested.yaml")
	if os.WriteFile(trial, []byte("version: 1\nrules:\n"+text), 0o600) != nil {
		return "", false
	}
	policy, facts, err = policyHere(append([]string{trial}, a.rules...))
	if err != nil {
		return "", false
	}
	facts = asThen(facts, a.started)
	if d, _ := policy.View(a.server, a.client).NewJudge(facts).DecideCall(&w); d.Action != rules.Allow {
		return "", false
	}
	return text, whole
}

func (a *asked) printExplained(out io.Writer, r rules.Explained) {
	verdict := "does not match"
	switch {
	case r.Fault != "":
		verdict = "cannot be evaluated: " + r.Fault
	case r.Matched:
		verdict = "matches"
	case r.Skipped != "":
		verdict = "is not looked at: " + r.Skipped
	}
	fmt.Fprintln(out, wrapText(fmt.Sprintf("%s %s (%s) %s", r.Does, r.Name, r.At, verdict), 80, "    "))
	for _, p := range r.Parts {
		pad := strings.Repeat("  ", p.Depth+1)
		expr, value := p.Expr, p.Value
		if !a.all {
			expr = cut(expr, 60)
		}
		if len([]rune(pad+expr+" = "+value)) <= 80 {
			fmt.Fprintf(out, "%s%s = %s\n", pad, expr, value)
			continue
		}
		fmt.Fprintf(out, "%s%s\n%s  = %s\n", pad, expr, pad, wrapText(value, 80, pad+"    "))
	}
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func indent(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// shellWord quotes a name for a command that people paste.
func shellWord(s string) string {
	s = scan.VisibleLine(s, 200)
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
