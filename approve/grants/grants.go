// Package grants keeps what people answered in advance: for a session in memory, for always in answers.yaml.
//
// A grant is an element of `grants:` as package rules defines it, for one question, server, client and tool, with the expression of a
// scope:
//
//   - name: answer-3
//     answers: "default/write"
//     server: "filesystem"
//     client: "claude-code"
//     tool: "write_file"
//     when: |
//     only(args, "path", "content") and
//     within(args["path"], ["/home/ann/notes"]) and
//     isText(args["content"])
//     given: "tui on pts/3, 2026-11-23 10:04:11"
//
// and one with do: deny is a no in advance. Those kept in memory are the same text, read and judged by the same code.
//
// # Guarantees
//
// Nothing is granted that was not read back and found to answer the questions of the frame that it was made from. A file is replaced as a
// whole, under a lock, and only by one that loads and holds all that the old one held; what stands in it stays byte for byte. A file that
// does not load is left as it is. Denials win, those of a file that no longer loads too. Any fault grants nothing.
//
// # Limits
//
// Programs of the same user can write answers.yaml themselves. The lock holds off other sallyports, not editors: what an editor saves in the
// instant between our last look and our write is lost.
package grants

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sallyport/rules"
)

const (
	// longest is how long a grant for a session holds at most.
	longest = 8 * time.Hour
	// most bounds the grants that are kept in memory.
	most = 1000
)

// A Store keeps the answers that hold for one server and client. Methods may be called concurrently.
type Store struct {
	file, server, client string
	facts                rules.Facts

	mu     sync.Mutex
	n      int // names given so far in memory
	kept   []kept
	memory *rules.Judge // of kept; nil where there are none
	broken bool         // it could not be made

	filed *rules.Judge // of the file as it was last read without fault
	stale bool         // and it had one since: only denials of it count
	added map[string]addition
}

// kept is what one answer put into memory.
type kept struct {
	id    string // that undoes it
	text  string // elements of grants:
	count int
	until time.Time // zero: as long as the store
}

// New makes a store for the file of answers at a path, which need not exist. It reads nothing yet: grants of the file count from the first
// Reload, Always or Deny on. facts are the store's own: calls of facts.Resolve may come at the same time as those of other holders.
func New(file, server, client string, facts rules.Facts) *Store {
	facts.History = nil // what passed is the session's to know; an expression that asks answers nothing here
	return &Store{file: file, server: server, client: client, facts: facts, added: map[string]addition{}}
}

var (
	errQuestions = errors.New("there is no question to answer in advance")
	errScope     = errors.New("the scope says nothing of the calls that it is for")
)

// Text is the grants that an answer for always would write now, one per question, as elements of `grants:` indented by two blanks; only
// `given:` is not in it yet.
func (s *Store) Text(questions []rules.Decision, w *rules.World, sc rules.Scope) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := 1
	if data, err := s.read(); err == nil {
		if policy, err := s.load(data); err == nil {
			first = nextName(policy)
		}
	}
	return s.write(draft{prefix: filePrefix, first: first}, questions, w, sc)
}

// Session keeps a grant in memory until that time, for 8 hours at most, whatever becomes of the clock. It gives what undoes it.
func (s *Store) Session(questions []rules.Decision, w *rules.World, sc rules.Scope, until time.Time) (undo string, err error) {
	now := time.Now()
	d := min(until.Sub(now), longest)
	if d <= 0 {
		return "", errors.New("the time for which it was to hold is over")
	}
	return s.keep(draft{prefix: memoryPrefix, until: now.Add(d)}, questions, w, sc)
}

// Always writes grants to the file. given says who answered, and when. A missing file is made, with mode 0600. It gives what undoes it.
func (s *Store) Always(questions []rules.Decision, w *rules.World, sc rules.Scope, given string) (undo string, err error) {
	return s.append(draft{prefix: filePrefix, given: given}, questions, w, sc)
}

// Deny keeps a no for the scope, in memory as long as the store, or always in the file. It gives what undoes it.
func (s *Store) Deny(questions []rules.Decision, w *rules.World, sc rules.Scope, always bool, given string) (undo string, err error) {
	if always {
		return s.append(draft{prefix: filePrefix, given: given, deny: true}, questions, w, sc)
	}
	return s.keep(draft{prefix: memoryPrefix, given: given, deny: true}, questions, w, sc)
}

// Undo takes back what Session, Always or Deny of this store gave that word for: from the file exactly the lines that were added, if
// nobody changed them.
func (s *Store) Undo(undo string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.kept {
		if s.kept[i].id == undo {
			s.kept = append(s.kept[:i:i], s.kept[i+1:]...)
			return s.remember()
		}
	}
	if a, ok := s.added[undo]; ok {
		if err := s.remove(a); err != nil {
			return err
		}
		delete(s.added, undo)
		return s.reload()
	}
	return fmt.Errorf("there is nothing to undo under %q; it was undone, or is over", undo)
}

// Answered says what the grants make of the questions that a frame raises: those kept in memory, and those of the file as it was at the
// last Reload. allow holds only where every question is answered; deny where one of them is denied, whatever answers it besides. by names
// the grants that said so.
func (s *Store) Answered(questions []rules.Decision, w *rules.World, now time.Time) (allow, deny bool, by string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(now)
	var names []string
	allow = len(questions) > 0 && !s.broken
	for _, q := range questions {
		name, no, ok := s.answer(q.Rule, w)
		if no {
			return false, true, name
		}
		if allow = allow && ok; ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if !allow {
		return false, false, ""
	}
	return true, false, strings.Join(names, ", ")
}

// answer asks both judges about one question. Where one of them cannot tell whether it was denied, it is not answered.
func (s *Store) answer(question string, w *rules.World) (by string, deny, ok bool) {
	doubt := false
	for _, j := range [2]*rules.Judge{s.memory, s.filed} {
		if j == nil {
			continue
		}
		name, _, no, answered := j.Answers(w, question)
		if no && answered {
			return name, true, true
		}
		doubt = doubt || no
		if answered && !ok && !(j == s.filed && s.stale) {
			by, ok = name, true
		}
	}
	return by, false, ok && !doubt
}

// Reload reads the file of answers anew. Where it cannot be read, or does not load, none of its grants count but the denials that it
// held before.
func (s *Store) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reload()
}

func (s *Store) reload() error {
	data, err := s.read()
	if err == nil {
		err = s.use(data)
	}
	s.stale = err != nil
	return err
}

// use takes the content of the file for what it is now; nil where there is none.
func (s *Store) use(data []byte) error {
	if data == nil {
		s.filed = nil
		return nil
	}
	policy, err := rules.LoadAnswers(s.file, data)
	if err == nil {
		s.filed = s.judge(policy)
	}
	return err
}

func (s *Store) judge(p *rules.Policy) *rules.Judge {
	return p.View(s.server, s.client).NewJudge(s.facts)
}

// keep puts a draft into memory.
func (s *Store) keep(d draft, questions []rules.Decision, w *rules.World, sc rules.Scope) (undo string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(time.Now())
	count := len(distinct(questions))
	total := count
	for _, k := range s.kept {
		total += k.count
	}
	if total > most {
		return "", fmt.Errorf("this session keeps %d grants already; undo some, or start it anew", most)
	}
	d.first = s.n + 1
	text, err := s.write(d, questions, w, sc)
	if err != nil {
		return "", err
	}
	id := fmt.Sprintf("%s%d", d.prefix, d.first)
	s.kept = append(s.kept, kept{id, text, count, d.until})
	if err := s.remember(); err != nil {
		s.kept = s.kept[:len(s.kept)-1]
		return "", errors.Join(err, s.remember())
	}
	s.n += count
	return id, nil
}

// expire drops what is over. A clock that was set back prolongs nothing, since times hold monotonic readings too, and one that was set
// forward, or went on while the machine slept, ends it.
func (s *Store) expire(now time.Time) {
	own := time.Now()
	over := func(until time.Time) bool {
		return !until.IsZero() && (!now.Before(until) || !own.Before(until) || !own.Round(0).Before(until.Round(0)))
	}
	left := s.kept[:0:0]
	for _, k := range s.kept {
		if !over(k.until) {
			left = append(left, k)
		}
	}
	if len(left) != len(s.kept) {
		s.kept = left
		s.remember() // a fault leaves s.broken
	}
}

// remember makes the judge of what is kept in memory.
func (s *Store) remember() error {
	s.memory, s.broken = nil, false
	if len(s.kept) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(heading)
	for _, k := range s.kept {
		b.WriteString(k.text)
	}
	policy, err := rules.LoadAnswers("this session", []byte(b.String()))
	if err != nil {
		s.broken = true
		return err
	}
	s.memory = s.judge(policy)
	return nil
}
