package wrap

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"sallyport/wrap/pin"
)

// TestDialogues plays testdata/*.txtar. Each has rules.yaml and a dialogue of lines:
//
//	c: FRAME        the client sends FRAME
//	s: FRAME        the server sends FRAME
//	answer N allow  the Nth question is answered; or deny
//	sleep D         time passes
//	accept S DEF    a human accepts definition DEF of section S; accept none: the pin is removed
//	own: RESULT     the server answers the oldest open request of ours with RESULT, or with an error: own! ERROR
//	  =             the other side gets the very line
//	  c< FRAME      the client gets exactly FRAME; s< likewise
//	  c~ TEXT       the client gets a frame with TEXT in it; s~ likewise
//	  log TEXT      the log got a line with TEXT in it
//	  told TEXT     the user was told a line with TEXT in it
//	  proposed TEXT the last proposal has TEXT in it; accepted TEXT the pin that was written
//
// What is indented follows from the line before. A frame that nobody expected is an error.
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, f := range archive.Files {
				parts[f.Name] = string(f.Data)
			}
			inBubble(t, parts["rules.yaml"], func(t *testing.T, r *rig) {
				d := &dialogue{t: t, r: r}
				for i, line := range strings.Split(parts["dialogue"], "\n") {
					d.line(i+1, line)
				}
				d.settle()
			})
		})
	}
}

type dialogue struct {
	t          *testing.T
	r          *rig
	n          int    // line of the last action
	sent, side string // what was sent last, and by whom
	got        map[string][]string
	own        []string // ids of requests of ours that have no answer
	pin        *pin.Pin
	told       string
}

func (d *dialogue) line(n int, line string) {
	d.t.Helper()
	text := strings.TrimSpace(line)
	switch {
	case text == "" || text[0] == '#':
	case line[0] == ' ' || line[0] == '\t':
		d.expect(n, text)
	default:
		d.settle()
		d.n = n
		d.act(n, text)
	}
}

func (d *dialogue) act(n int, text string) {
	d.t.Helper()
	verb, rest, _ := strings.Cut(text, " ")
	switch verb {
	case "c:":
		d.sent, d.side = rest, "c"
		d.r.client.Write([]byte(rest + "\n"))
	case "s:":
		d.sent, d.side = rest, "s"
		d.r.server.Write([]byte(rest + "\n"))
	case "answer":
		number, word, _ := strings.Cut(rest, " ")
		i, err := strconv.Atoi(number)
		if err != nil {
			d.t.Fatalf("line %d: %v", n, err)
		}
		d.r.asker.answer(i, Answer{Allowed: word == "allow", By: "test", Reason: "the tester said no"})
	case "accept":
		d.accept(n, rest)
	case "own:", "own!":
		if len(d.own) == 0 {
			d.t.Fatalf("line %d: there is no request of ours", n)
		}
		what := map[string]string{"own:": "result", "own!": "error"}[verb]
		d.sent, d.side = fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"%s":%s}`, d.own[0], what, rest), "s"
		d.own = d.own[1:]
		d.r.server.Write([]byte(d.sent + "\n"))
	case "sleep":
		pause, err := time.ParseDuration(rest)
		if err != nil {
			d.t.Fatalf("line %d: %v", n, err)
		}
		time.Sleep(pause)
	default:
		d.t.Fatalf("line %d: what is %q", n, verb)
	}
	synctest.Wait()
	d.got = map[string][]string{"c": lines(d.r.toClient.take()), "s": lines(d.r.toServer.take())}
	for _, line := range d.got["s"] {
		if id := ownID.FindString(line); id != "" {
			d.own = append(d.own, id)
		}
	}
}

var ownID = regexp.MustCompile(`"sallyport-[0-9a-f]{24}"`)

// accept does what a human does with the verb pin.
func (d *dialogue) accept(n int, text string) {
	d.t.Helper()
	if text == "none" {
		d.pin = nil
		d.r.session.PinsChanged(nil)
		return
	}
	if d.pin == nil {
		d.pin = &pin.Pin{Server: "test", Launches: []pin.Launch{d.r.session.Pins.Launch}}
	}
	d.pin = d.pin.Clone()
	section, definition, _ := strings.Cut(text, " ")
	if definition != "" {
		item, err := pin.NewItem([]byte(definition))
		if err != nil {
			d.t.Fatalf("line %d: %v", n, err)
		}
		var named struct{ Name, URI, URITemplate, Class string }
		json.Unmarshal([]byte(definition), &named)
		name := cmp.Or(named.URI, named.URITemplate, named.Name)
		if section == "instructions" || section == "serverInfo" {
			name = ""
		}
		d.pin.Items[pin.Key{Section: pin.Section(section), Name: name}] = item
	}
	d.r.session.PinsChanged(d.pin)
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func (d *dialogue) expect(n int, text string) {
	d.t.Helper()
	verb, rest, _ := strings.Cut(text, " ")
	side := verb[:1]
	switch verb {
	case "=":
		side, rest = "s", d.sent
		if d.side == "s" {
			side = "c"
		}
		fallthrough
	case "c<", "s<":
		if got := d.next(side); got != rest {
			d.t.Errorf("line %d: got  %s\nwant %s", n, got, rest)
		}
	case "c~", "s~":
		if got := d.next(side); !strings.Contains(got, rest) {
			d.t.Errorf("line %d: got %s\nwant %s in it", n, got, rest)
		}
	case "told":
		if d.told += d.r.warnings.take(); !strings.Contains(d.told, rest) {
			d.t.Errorf("line %d: the user was told\n%s\nwant %s in it", n, d.told, rest)
		}
	case "proposed", "accepted":
		d.r.mu.Lock()
		got := ""
		if p := map[string]*pin.Pin{"proposed": d.r.proposed, "accepted": d.r.accepted}[verb]; p != nil {
			got = string(p.Encode())
		}
		d.r.mu.Unlock()
		if !strings.Contains(got, rest) {
			d.t.Errorf("line %d: %s is\n%s\nwant %s in it", n, verb, got, rest)
		}
	case "log":
		b, err := os.ReadFile(d.r.log.Path())
		if err != nil {
			d.t.Fatal(err)
		}
		if !strings.Contains(string(b), rest) {
			d.t.Errorf("line %d: the log has no %s", n, rest)
		}
	default:
		d.t.Fatalf("line %d: what is %q", n, verb)
	}
}

func (d *dialogue) next(side string) string {
	if len(d.got[side]) == 0 {
		return "nothing"
	}
	first := d.got[side][0]
	d.got[side] = d.got[side][1:]
	return first
}

// settle complains about frames that nobody expected.
func (d *dialogue) settle() {
	d.t.Helper()
	for side, rest := range d.got {
		for _, frame := range rest {
			d.t.Errorf("line %d: unexpected for %s: %s", d.n, side, frame)
		}
	}
	d.got = nil
}
