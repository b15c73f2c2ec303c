package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"sallyport/rules/scan"
	"sallyport/wrap"
	"sallyport/wrap/pin"
	"sallyport/wrap/pin/drift"
)

func newPinDiffCommand() *cobra.Command {
	var asJSON bool
	var f wrapFlags
	cmd := &cobra.Command{
		Use:   "diff SERVER [-- COMMAND [ARG…]]",
		Short: "show how a server differs from what you accepted",
		Long: `Show how a server, as a session saw it last, differs from what you accepted: a word
diff of every text, with invisible characters made visible as <U+200B>. With
-- COMMAND that command is started and looked at instead, which shows what a new
version of a package would change before you use it.

Exit status 1 if there is a difference.`,
		Example: `  sallyport pin diff github
  sallyport pin diff everything -- npx -y @modelcontextprotocol/server-everything@2026.8.31`,
		Args: func(cmd *cobra.Command, args []string) error {
			if n := cmd.ArgsLenAtDash(); n >= 0 && n != 1 || n < 0 && len(args) != 1 {
				return usageError{withHint(`write "sallyport pin diff SERVER"`, "one server, please")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.name = args[0]
			if err := checkServerName(f.name); err != nil {
				return err
			}
			return diffPin(cmd.OutOrStdout(), f, args[1:], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	cmd.Flags().StringArrayVar(&f.env, "env", nil, "with a command: a variable that the client's entry sets; may be repeated")
	return cmd
}

func diffPin(out io.Writer, f wrapFlags, command []string, asJSON bool) error {
	p, err := currentPlaces()
	if err != nil {
		return err
	}
	accepted, err := p.pins().Load(f.name)
	if err != nil {
		return err
	}
	proposal, err := p.proposals().Load(f.name)
	if len(command) > 0 {
		proposal, err = probe(f, command)
	}
	switch {
	case err != nil:
		return err
	case proposal == nil && accepted == nil:
		return noServer(p, f.name)
	case proposal == nil:
		proposal = accepted
	}
	r, err := newReview(accepted, proposal, othersOf(p, f.name))
	if err != nil {
		return err
	}
	if asJSON {
		var b bytes.Buffer
		if err = writeJSON(&b, r.json()); err == nil {
			_, err = out.Write(escapeHidden(b.Bytes()))
		}
	} else {
		r.print(newPage(out))
		if !r.empty() {
			fmt.Fprintf(out, "To accept it: %s%s\n", acceptHint(f.name), acceptCommand(command))
		}
	}
	if err == nil && !r.empty() {
		err = exitStatus(1)
	}
	return err
}

func acceptCommand(command []string) string {
	if len(command) == 0 {
		return ""
	}
	return " -- " + commandText(command)
}

// A difference is one in JSON.
type difference struct {
	Item    string         `json:"item"`
	Kinds   []drift.Kind   `json:"kinds"`
	Changes []drift.Change `json:"changes,omitempty"`
	Class   string         `json:"class,omitempty"`
	Held    string         `json:"held,omitempty"`
	Old     *definition    `json:"old,omitempty"`
	New     *definition    `json:"new,omitempty"`
	Accept  string         `json:"accept,omitempty"` // the command
}

type definition struct {
	Hash       string          `json:"hash"`
	Definition json.RawMessage `json:"definition"`
}

func (r *review) json() []difference {
	out := []difference{}
	for _, l := range r.launches {
		d := difference{Item: "launch", Kinds: []drift.Kind{drift.Added}, Accept: acceptHint(r.name) + " launch"}
		d.New = &definition{Hash: strings.Join([]string{l.Origin.Digest, l.Origin.Tree}, ""), Definition: mustJSON(l)}
		out = append(out, d)
	}
	for _, x := range r.differences {
		d := difference{Item: x.Key.String(), Kinds: x.Kinds, Changes: x.Changes, Held: r.doubt(x)}
		if x.Key.Section == pin.Tools {
			d.Class = r.classes[x.Key.Name].Class
		}
		if x.Old != nil {
			d.Old = &definition{x.Old.Hash, x.Old.Definition}
		}
		d.Accept = acceptHint(r.name) + " " + wrap.ShellWord(x.Key.String())
		if x.New != nil {
			d.New = &definition{x.New.Hash, x.New.Definition}
			d.Accept = acceptHint(r.name) + " " + wrap.ItemWord(x.Key, x.New.Hash)
		}
		out = append(out, d)
	}
	return out
}

// escapeHidden writes what cannot be seen in JSON as escapes: outside of texts there is nothing of that.
func escapeHidden(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, r := range string(b) {
		if text := string(r); r >= 0x7f && scan.VisibleLine(text, 0) != text {
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, "\\u%04x", unit)
			}
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}

func newPinShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show SERVER [ITEM…]",
		Short: "show what you accepted of a server",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkServerName(args[0]); err != nil {
				return err
			}
			p, err := currentPlaces()
			if err != nil {
				return err
			}
			accepted, err := p.pins().Load(args[0])
			if err != nil {
				return err
			}
			if accepted == nil {
				return withHint("run \"sallyport pin diff "+wrap.ShellWord(args[0])+"\" to see what it is", "nobody has accepted server %q", args[0])
			}
			if asJSON {
				_, err := cmd.OutOrStdout().Write(escapeHidden(accepted.Encode()))
				return err
			}
			return showPin(newPage(cmd.OutOrStdout()), p, accepted, args[1:])
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the pin file")
	return cmd
}

func showPin(out *page, p places, accepted *pin.Pin, items []string) error {
	r := &review{name: accepted.Server, new: accepted, classes: map[string]pin.Proposal{}}
	out.printf("server %q: %s accepted, in %s\n", accepted.Server, counts(accepted), pinsPath(p, accepted.Server))
	if accepted.Blocked != "" {
		out.flow(0, span{"BLOCKED: " + accepted.Blocked, red})
	}
	for _, l := range accepted.Launches {
		if len(items) == 0 || slices.Contains(items, "launch") {
			r.printLaunch(out, l)
		}
	}
	shown := 0
	for _, key := range accepted.Keys("") {
		if len(items) > 0 && !slices.Contains(items, key.String()) {
			continue
		}
		shown++
		item := accepted.Items[key]
		out.printf("\n%s  %s\n", out.paint(bold, strings.TrimSpace(key.Section.One()+" "+key.Name)), out.paint(dim, item.Class+" "+item.Hash))
		printDefinition(out, key, item.Definition)
	}
	if len(items) > 0 && shown == 0 && !slices.Contains(items, "launch") {
		return usageError{withHint("run \"sallyport pin show "+wrap.ShellWord(accepted.Server)+"\" for all of it", "nothing of that name was accepted of server %q", accepted.Server)}
	}
	return nil
}

func printStates(out io.Writer, states []state) error {
	if len(states) == 0 {
		fmt.Fprintln(out, "Nothing is pinned yet. \"sallyport pin accept NAME -- COMMAND\" looks at a server and pins it.")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERVER\tSTATE\tTOOLS\tOTHER\tAGE\t")
	for _, s := range states {
		note := ""
		switch s.State {
		case "drift":
			note = fmt.Sprintf("%d differ", s.Changes)
		case "blocked":
			note = scan.VisibleLine(s.Problem, 40)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\n", scan.VisibleLine(s.Server, 40), s.State, s.Tools, s.Other, ageText(s.Since), note)
	}
	w.Flush()
	for _, s := range states {
		if s.State == "broken" {
			fmt.Fprintf(os.Stderr, "sallyport: warning: %s\n", scan.VisibleLine(s.Problem, 0))
		}
	}
	return nil
}

// ageText says in one unit how long ago something was.
func ageText(t time.Time) string {
	switch d := time.Since(t); {
	case t.IsZero():
		return "-"
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}
