package audit

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// evidence is a log folder in memory, so that every tampering starts from the same one.
type evidence map[string]string

// makeEvidence logs sessions that ended. It returns the folder and its head.
func makeEvidence(t testing.TB, ids ...string) (evidence, string) {
	t.Helper()
	dir := t.TempDir()
	for _, id := range ids {
		l := openLog(t, dir, Session{ID: id, Client: "cursor", Server: "server-" + id})
		l.Append(&Entry{Direction: "c2s", Method: "tools/call", Tool: "one", Decision: "pass"})
		l.Append(&Entry{Direction: "s2c", Method: "tools/call", Tool: "two", Decision: "refuse", Reason: "é"})
		closeLog(t, l)
	}
	dir = filepath.Join(dir, "log")
	r := verifyDir(t, dir)
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	e := evidence{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		e[entry.Name()] = string(data)
	}
	return e, r.Head
}

// file returns the name of the file of a session, or the heads for "heads".
func (e evidence) file(t testing.TB, id string) string {
	t.Helper()
	if id == "heads" {
		return headsName
	}
	for name := range e {
		if strings.HasSuffix(name, "-"+id+ext) {
			return name
		}
	}
	t.Fatalf("no session %q", id)
	return ""
}

// verify writes the evidence to a folder and reports on it.
func (e evidence) verify(t testing.TB) Report {
	t.Helper()
	dir := t.TempDir()
	for name, data := range e {
		write(t, filepath.Join(dir, name), data, 0o600)
	}
	return verifyDir(t, dir)
}

// edit changes the lines of one file.
func (e evidence) edit(t testing.TB, id string, f func(lines []string) []string) {
	t.Helper()
	name := e.file(t, id)
	lines := strings.SplitAfter(e[name], "\n")
	e[name] = strings.Join(f(lines[:len(lines)-1]), "")
}

func TestEveryFlippedByteShows(t *testing.T) {
	good, _ := makeEvidence(t, "b")
	dir := t.TempDir()
	for name, data := range good {
		write(t, filepath.Join(dir, name), data, 0o600)
	}
	for _, id := range []string{"b", "heads"} {
		name := good.file(t, id)
		path := filepath.Join(dir, name)
		for i := range len(good[name]) {
			bad := []byte(good[name])
			bad[i] ^= []byte{0x01, 0x20}[i%2] // the second one changes the case of letters
			write(t, path, string(bad), 0o600)
			if err := verifyDir(t, dir).Err(); !errors.Is(err, ErrBroken) {
				t.Errorf("%s: byte %d (%q) changed to %q does not show", id, i, good[name][i], bad[i])
			}
		}
		write(t, path, good[name], 0o600)
	}
}

func TestEveryDroppedDoubledOrMovedLineShows(t *testing.T) {
	good, _ := makeEvidence(t, "a", "b", "c")
	edits := []struct {
		name string
		edit func(lines []string, i int) []string
	}{
		{"drop", func(l []string, i int) []string { return slices.Delete(l, i, i+1) }},
		{"double", func(l []string, i int) []string { return slices.Insert(l, i, l[i]) }},
		{"double at the end", func(l []string, i int) []string { return append(l, l[i]) }},
		{"swap with the next", func(l []string, i int) []string {
			l[i], l[(i+1)%len(l)] = l[(i+1)%len(l)], l[i]
			return l
		}},
		{"empty line before", func(l []string, i int) []string { return slices.Insert(l, i, "\n") }},
	}
	for _, id := range []string{"b", "heads"} {
		count := strings.Count(good[good.file(t, id)], "\n")
		for _, tt := range edits {
			for i := range count {
				e := maps.Clone(good)
				e.edit(t, id, func(l []string) []string { return tt.edit(l, i) })
				r := e.verify(t)
				if id == "heads" && tt.name == "drop" && i == count-1 {
					// The end record of the last session: the same as a kill before it was written.
					if c := r.Sessions[2]; r.Err() != nil || c.State != Unended {
						t.Errorf("the end of heads cut off: %+v", c)
					}
					continue
				}
				if !errors.Is(r.Err(), ErrBroken) {
					t.Errorf("%s: %s line %d does not show", id, tt.name, i+1)
				}
			}
		}
	}
}

// TestTamperingShows is the table of what shows and where. An empty want says that it does not show,
// and head then says whether it does against a head that was saved before.
func TestTamperingShows(t *testing.T) {
	good, saved := makeEvidence(t, "a", "b", "c")
	tests := []struct {
		name   string
		tamper func(t *testing.T, e evidence)
		want   string // a finding
		head   bool   // the saved head is still in the chain
	}{
		{"nothing", func(t *testing.T, e evidence) {}, "", true},
		{"a decision edited", func(t *testing.T, e evidence) {
			e[e.file(t, "b")] = strings.Replace(e[e.file(t, "b")], "refuse", "pass", 1)
		}, "-b.jsonl:3: its hash is wrong: this line, or the hash of the one before it, was changed", true},
		{"a decision edited and its hash computed", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string {
				l[2] = rehash(l[1], strings.Replace(l[2], "refuse", "pass", 1))
				return l
			})
		}, "-b.jsonl:4: its hash is wrong", true},
		{"all hashes of a session computed anew", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string {
				l[2] = rehash(l[1], strings.Replace(l[2], "refuse", "pass", 1))
				l[3] = rehash(l[2], l[3])
				return l
			})
		}, "-b.jsonl:4: it is not the last line that heads.jsonl line 4 names", true},
		{"the first line of a session replaced, and all hashes computed", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string {
				l[0] = rehash("", strings.Replace(l[0], "cursor", "claude", 1))
				for i := range l[1:] {
					l[i+1] = rehash(l[i], l[i+1])
				}
				return l
			})
		}, "-b.jsonl:1: it is not the first line that heads.jsonl line 3 names", true},
		{"one line dropped", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string { return slices.Delete(l, 1, 2) })
		}, "-b.jsonl:2: the line before it, number 2, is missing", true},
		{"two lines dropped", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string { return slices.Delete(l, 1, 3) })
		}, "-b.jsonl:2: the lines before it, numbers 2 to 3, are missing", true},
		{"a line doubled", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string { return slices.Insert(l, 1, l[1]) })
		}, "-b.jsonl:3: it has the number 2 of the line before it", true},
		{"two lines swapped", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string { l[1], l[2] = l[2], l[1]; return l })
		}, "-b.jsonl:3: it is out of place: number 2 follows number 3", true},
		{"a line added to an ended session", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string {
				return append(l, rehash(l[3], strings.Replace(l[3], `"seq":4`, `"seq":5`, 1)))
			})
		}, "-b.jsonl:5: it was added after the end; heads.jsonl line 4 says that the file has 4 lines", true},
		{"the tail of an ended session cut", func(t *testing.T, e evidence) {
			e.edit(t, "b", func(l []string) []string { return l[:3] })
		}, "-b.jsonl:3: the file ends here; heads.jsonl line 4 says that it has 4 lines", true},
		{"a session emptied", func(t *testing.T, e evidence) { e[e.file(t, "b")] = "" },
			"-b.jsonl:1: it is not the first line that heads.jsonl line 3 names", true},
		{"a session file removed", func(t *testing.T, e evidence) { delete(e, e.file(t, "b")) },
			"-b.jsonl: the file is missing, and no record says that it was removed", true},
		{"a session removed with its records", func(t *testing.T, e evidence) {
			delete(e, e.file(t, "b"))
			e.edit(t, "heads", func(l []string) []string { return slices.Delete(l, 2, 4) })
		}, "heads.jsonl:3: the lines before it, numbers 3 to 4, are missing", true},
		{"the files of two sessions exchanged", func(t *testing.T, e evidence) {
			a, b := e.file(t, "a"), e.file(t, "b")
			e[a], e[b] = e[b], e[a]
		}, "-a.jsonl:1: it is not the first line that heads.jsonl line 1 names", true},
		{"a file put among the sessions", func(t *testing.T, e evidence) { e["20260101T000000Z-x.jsonl"] = e[e.file(t, "b")] },
			"-x.jsonl: no record in heads.jsonl names it", true},
		{"heads.jsonl removed", func(t *testing.T, e evidence) { delete(e, headsName) },
			"-a.jsonl: no record in heads.jsonl names it", false},
		{"the last session's end record cut", func(t *testing.T, e evidence) {
			e.edit(t, "heads", func(l []string) []string { return l[:5] })
		}, "", false},
		{"the last session and its records cut", func(t *testing.T, e evidence) {
			delete(e, e.file(t, "c"))
			e.edit(t, "heads", func(l []string) []string { return l[:4] })
		}, "", false},
		{"everything computed anew", rewriteAll, "", false},
		{"everything removed", func(t *testing.T, e evidence) { clear(e) }, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := maps.Clone(good)
			tt.tamper(t, e)
			r := e.verify(t)
			switch err := r.Err(); {
			case tt.want == "" && err != nil:
				t.Errorf("it shows: %v", err)
			case tt.want != "" && !errors.Is(err, ErrBroken):
				t.Errorf("it does not show")
			case tt.want != "" && !slices.ContainsFunc(r.all(), func(s string) bool { return strings.Contains(s, tt.want) }):
				t.Errorf("no finding says %q:\n%s", tt.want, strings.Join(r.all(), "\n"))
			}
			if got := r.Knows(saved); got != tt.head {
				t.Errorf("the saved head is known: %v, want %v", got, tt.head)
			}
		})
	}
}

// all returns the findings as text.
func (r Report) all() []string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.String())
	}
	for _, s := range r.Sessions {
		for _, f := range s.Findings {
			all = append(all, f.String())
		}
	}
	return all
}

// rehash gives a line the hash that it has to have behind prev.
func rehash(prev, line string) string {
	before := noHash
	if prev != "" {
		_, before, _ = splitLine([]byte(strings.TrimSuffix(prev, "\n")))
	}
	body, _, _ := splitLine([]byte(strings.TrimSuffix(line, "\n")))
	return fmt.Sprintf("%s%s%s\"}\n", body, hashIntro, hashOf(before, body))
}

// rewriteAll is what nothing in the folder can show: a decision changed, and every hash after it
// computed anew, those in heads.jsonl too.
func rewriteAll(t *testing.T, e evidence) {
	var oldEnd, newEnd string
	e.edit(t, "b", func(l []string) []string {
		_, h, _ := splitLine([]byte(strings.TrimSuffix(l[3], "\n")))
		oldEnd = h.String()
		l[2] = rehash(l[1], strings.Replace(l[2], "refuse", "pass", 1))
		l[3] = rehash(l[2], l[3])
		_, h, _ = splitLine([]byte(strings.TrimSuffix(l[3], "\n")))
		newEnd = h.String()
		return l
	})
	e.edit(t, "heads", func(l []string) []string {
		for i := range l {
			prev := ""
			if i > 0 {
				prev = l[i-1]
			}
			l[i] = rehash(prev, strings.Replace(l[i], oldEnd, newEnd, 1))
		}
		return l
	})
}
