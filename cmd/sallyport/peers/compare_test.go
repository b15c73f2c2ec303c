package peers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checkRelayed reports where one side of the wrapper saw the sessions otherwise than the other side.
// Nothing is normalised here. It returns the requests and notifications that the wrapper kept from
// the server, which are for the caller to judge; the answers that it gave in the server's place, and
// late answers to what the client has cancelled, are no difference.
func checkRelayed(t *testing.T, near, far []recording) (kept []string) {
	t.Helper()
	if len(near) == 0 || len(near) != len(far) {
		t.Fatalf("%d sessions at the client's side, %d at the server's", len(near), len(far))
	}
	for i := range near {
		missing := keptFrom(near[i].c2s, far[i].c2s)
		kept = append(kept, missing...)
		if d := difference(without(near[i].c2s, missing), far[i].c2s); d != "" {
			t.Errorf("client to server, session %d, %s", i, d)
		}
		own := unanswered(near[i].c2s, missing)
		if d := difference(withoutAnswers(far[i].s2c, own), withoutAnswers(near[i].s2c, own)); d != "" {
			t.Errorf("server to client, session %d, %s", i, d)
		}
		was, is := changes(lines(far[i].s2c)), changes(lines(near[i].s2c))
		if !slices.Equal(was, is) {
			t.Errorf("server to client, session %d: announced %q, client told %q", i, was, is)
		}
	}
	return kept
}

// keptFrom returns the frames of in that out lacks, where out otherwise is in.
func keptFrom(in, out []byte) []string {
	var missing []string
	rest := lines(out)
	for _, frame := range lines(in) {
		if len(rest) > 0 && rest[0] == frame {
			rest = rest[1:]
			continue
		}
		missing = append(missing, frame)
	}
	if len(rest) > 0 {
		return nil // more than frames left out: let the difference be shown
	}
	return missing
}

func without(stream []byte, frames []string) []byte {
	return filter(stream, func(frame string) bool {
		i := slices.Index(frames, frame)
		if i >= 0 {
			frames = slices.Delete(slices.Clone(frames), i, i+1)
		}
		return i < 0
	})
}

// unanswered returns the ids of the requests that the wrapper answers itself, or keeps the answer
// to: those that it kept from the server, and those that the client has cancelled.
func unanswered(c2s []byte, kept []string) map[any]bool {
	ids := map[any]bool{}
	for _, frame := range kept {
		var e envelope
		if json.Unmarshal([]byte(frame), &e) == nil && e.ID != nil {
			ids[e.ID] = true
		}
	}
	for _, frame := range lines(c2s) {
		var e envelope
		if json.Unmarshal([]byte(frame), &e) == nil && e.Method == "notifications/cancelled" {
			ids[e.Params.RequestID] = true
		}
	}
	return ids
}

// withoutAnswers leaves out the responses to the given requests, and what is announced at will.
func withoutAnswers(stream []byte, requests map[any]bool) []byte {
	return filter(stream, func(frame string) bool {
		if listChanged.MatchString(frame) {
			return false
		}
		var e envelope
		return len(requests) == 0 || json.Unmarshal([]byte(frame), &e) != nil || e.Method != "" || !requests[e.ID]
	})
}

// listChanged matches the notifications that the wrapper thins out to one a second of a kind, the
// first and, when the second is over, one more: their number and place are not compared.
var listChanged = regexp.MustCompile(`"method":"notifications/(tools|prompts|resources)/list_changed"`)

// changes returns the different announcements of changed lists.
func changes(frames []string) []string {
	var all []string
	for _, frame := range frames {
		if listChanged.MatchString(frame) {
			all = append(all, frame)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func filter(stream []byte, keep func(frame string) bool) []byte {
	var kept []byte
	for frame := range bytes.Lines(stream) {
		if keep(strings.TrimSuffix(string(frame), "\n")) {
			kept = append(kept, frame...)
		}
	}
	return kept
}

// difference describes the first frame that came out otherwise than it went in.
func difference(in, out []byte) string {
	if bytes.Equal(in, out) {
		return ""
	}
	was, is := lines(in), lines(out)
	for i := range max(len(was), len(is)) {
		if a, b := at(was, i), at(is, i); a != b {
			return fmt.Sprintf("frame %d of %d in, %d out:\n in  %s\n out %s", i, len(was), len(is), clip(a, b), clip(b, a))
		}
	}
	return fmt.Sprintf("%d bytes in, %d out: different only in line ends", len(in), len(out))
}

// checkSame reports frames that one run has and the other has not, order and the given variable
// parts aside: what a server says unasked comes when it likes.
func checkSame(t *testing.T, what string, bare, wrapped []string) {
	t.Helper()
	was, is := normalised(bare), normalised(wrapped)
	for i := range max(len(was), len(is)) {
		a, b := at(was, i), at(is, i)
		if a != b {
			t.Errorf("%s, %d bare, %d wrapped:\n bare    %s\n wrapped %s", what, len(was), len(is), clip(a, b), clip(b, a))
			return
		}
	}
}

// variable are the parts of an answer that no two runs share.
var variable = []struct{ pattern, replacement string }{
	{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`, "‹time›"},
	{`\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT[^"\\]*`, "‹time›"},
	{`\d{1,2}:\d\d:\d\d [AP]M`, "‹time›"},
	{`"blob":"UmVzb3VyY2U[^"]*"`, `"blob":"‹text with a time›"`},
}

var variables = func() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, v := range variable {
		all = append(all, regexp.MustCompile(v.pattern))
	}
	return all
}()

func normalised(in []string) []string {
	out := slices.Clone(in)
	for i := range out {
		for j, re := range variables {
			out[i] = re.ReplaceAllString(out[i], variable[j].replacement)
		}
	}
	slices.Sort(out)
	return out
}

// said returns the frames that the servers of all sessions sent, repeated announcements once.
func said(all []recording) []string {
	var frames []string
	for _, r := range all {
		frames = append(frames, lines(withoutAnswers(r.s2c, nil))...)
		frames = append(frames, changes(lines(r.s2c))...)
	}
	return frames
}

func lines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func at(frames []string, i int) string {
	if i < len(frames) {
		return frames[i]
	}
	return ""
}

// clip cuts a to the neighbourhood of its first difference from b.
func clip(a, b string) string {
	const around = 300
	if a == "" {
		return "(nothing)"
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from, to := max(0, i-around), min(len(a), i+around)
	return strings.ToValidUTF8(a[from:to], "?")
}

func TestComparisonSeesEachChangeOfAStream(t *testing.T) {
	const in = `{"a":"é","b":[1.0]}` + "\n" + `{"c":1}` + "\n"
	changes := map[string]string{
		"re-encoded number": strings.Replace(in, "1.0", "1", 1),
		"escaped letter":    strings.Replace(in, "é", `\u00e9`, 1),
		"space":             strings.Replace(in, ":", ": ", 1),
		"order":             `{"c":1}` + "\n" + `{"a":"é","b":[1.0]}` + "\n",
		"lost frame":        `{"c":1}` + "\n",
		"extra frame":       in + `{"d":1}` + "\n",
		"carriage return":   strings.Replace(in, "\n", "\r\n", 1),
		"lost line end":     strings.TrimSuffix(in, "\n"),
	}
	for name, out := range changes {
		if difference([]byte(in), []byte(out)) == "" {
			t.Errorf("%s: not seen", name)
		}
	}
	if d := difference([]byte(in), []byte(in)); d != "" {
		t.Errorf("the same stream: %s", d)
	}
}
