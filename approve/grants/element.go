package grants

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport/rules"
	"sallyport/rules/scan"
)

// Names of grants are ours alone: a word and a number.
const (
	filePrefix   = "answer-"
	memoryPrefix = "session-"
)

// heading begins a file of answers.
const heading = "version: 1\ngrants:\n"

// draft is an answer that is about to become grants.
type draft struct {
	prefix string
	first  int // number of the first of them
	given  string
	deny   bool
	until  time.Time
}

// write gives the elements of `grants:` for a draft, read back and found to answer the questions about the frame.
func (s *Store) write(d draft, questions []rules.Decision, w *rules.World, sc rules.Scope) (string, error) {
	asked := distinct(questions)
	switch {
	case len(asked) == 0 || slices.ContainsFunc(questions, func(q rules.Decision) bool { return q.Action != rules.Ask || q.Rule == "" }):
		return "", errQuestions
	case w == nil || w.On != rules.Call || w.Tool == "":
		return "", fmt.Errorf("only calls of tools can be answered in advance")
	case sc.Whole != (sc.When == ""):
		return "", errScope
	}
	var b strings.Builder
	for i, question := range asked {
		s.element(&b, d, fmt.Sprintf("%s%d", d.prefix, d.first+i), grant{question, w.Tool, sc.When})
	}
	text := b.String()
	policy, err := rules.LoadAnswers("the answer", []byte(heading+text))
	if err != nil {
		return "", fmt.Errorf("the answer cannot be written down: %v", err)
	}
	judge := s.judge(policy)
	for i, question := range asked {
		name, _, deny, ok := judge.Answers(w, question)
		if want := fmt.Sprintf("grant/%s%d", d.prefix, d.first+i); !ok || name != want || deny != d.deny {
			return "", fmt.Errorf("the answer, once written down, does not hold for %s of this very call", scan.VisibleLine(question, 100))
		}
	}
	return text, nil
}

// grant is what a grant says.
type grant struct{ question, tool, when string }

// element writes one grant. All that is foreign stands in quotes, or is an expression.
func (s *Store) element(b *strings.Builder, d draft, name string, g grant) {
	fmt.Fprintf(b, "  - name: %s\n    answers: %s\n    server: %s\n", name, quoted(g.question), quoted(s.server))
	if s.client != "" {
		fmt.Fprintf(b, "    client: %s\n", quoted(s.client))
	}
	fmt.Fprintf(b, "    tool: %s\n", quoted(g.tool))
	if g.when != "" {
		fmt.Fprintf(b, "    when: |\n      %s\n", strings.ReplaceAll(g.when, "\n", "\n      "))
	}
	if d.deny {
		b.WriteString("    do: deny\n")
	}
	if d.given != "" {
		fmt.Fprintf(b, "    given: %s\n", quoted(scan.VisibleLine(d.given, 200)))
	}
}

// quoted writes a text as YAML does in double quotes, in letters that show. YAML has all the escapes of Go.
func quoted(s string) string {
	q := strconv.Quote(s)
	if _, hidden := scan.Hidden(q); hidden || scan.Visible(q) != q {
		return strconv.QuoteToASCII(s)
	}
	return q
}

// distinct gives the names of questions, each once.
func distinct(questions []rules.Decision) (names []string) {
	for _, q := range questions {
		if !slices.Contains(names, q.Rule) {
			names = append(names, q.Rule)
		}
	}
	return names
}

var ourName = regexp.MustCompile(`^grant/` + filePrefix + `([0-9]{1,9})$`)

// nextName gives the number behind all that a file has.
func nextName(p *rules.Policy) int {
	next := 1
	for _, r := range p.Rules() {
		if m := ourName.FindStringSubmatch(r.Name); m != nil {
			n, _ := strconv.Atoi(m[1])
			next = max(next, n+1)
		}
	}
	return next
}
