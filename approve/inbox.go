package approve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"sallyport/rules/scan"
	"sallyport/wrap/file"
)

// An Inbox follows the live sessions of a runtime folder and their questions. All methods may be called concurrently.
type Inbox struct {
	dir     string
	screen  bool
	changed chan struct{}
	ctx     context.Context
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu       sync.Mutex
	sessions map[string]*followed // by path of the socket
	odd      map[string]string
}

// A followed session. A session that says nothing of itself has no name.
type followed struct {
	status    Status
	questions []Question
}

// lookAgain is how often new sessions are looked for. It costs one stat of the folder.
const lookAgain = 500 * time.Millisecond

// Open begins to follow the sessions whose sockets are in dir. screen says that a person looks at them: while one does, sessions put up
// no dialogs.
func Open(dir string, screen bool) (*Inbox, error) {
	if err := file.MkdirPrivate(dir); err != nil {
		return nil, err // others could have put sockets there
	}
	in := &Inbox{dir: dir, screen: screen, changed: make(chan struct{}, 1), sessions: map[string]*followed{}, odd: map[string]string{}}
	in.ctx, in.stop = context.WithCancel(context.Background())
	if err := in.look(); err != nil {
		return nil, err
	}
	in.done.Add(1)
	go in.follow()
	return in, nil
}

// Close ends it.
func (in *Inbox) Close() {
	in.stop()
	in.done.Wait()
}

// Changed yields after something changed; one that is not taken stands for all that follow.
func (in *Inbox) Changed() <-chan struct{} { return in.changed }

func (in *Inbox) tell() {
	select {
	case in.changed <- struct{}{}:
	default:
	}
}

// follow looks for new sessions when the folder has changed.
func (in *Inbox) follow() {
	defer in.done.Done()
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	var last time.Time
	for {
		select {
		case <-in.ctx.Done():
			return
		case <-ticker.C:
		}
		info, err := os.Stat(in.dir)
		if err == nil && info.ModTime().Equal(last) && time.Since(last) > time.Second {
			continue // times of files are coarse
		}
		if err == nil {
			last = info.ModTime()
			err = in.look()
		}
		in.note(in.dir, err)
	}
}

// look follows the sessions that are new.
func (in *Inbox) look() error {
	entries, err := os.ReadDir(in.dir)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, e := range entries {
		path := filepath.Join(in.dir, e.Name())
		if filepath.Ext(path) != extension || e.Type()&fs.ModeSocket == 0 || in.sessions[path] != nil {
			continue
		}
		in.sessions[path] = &followed{}
		in.done.Add(1)
		go in.attend(path)
	}
	return nil
}

// note remembers what is wrong with a path, or that nothing is any more.
func (in *Inbox) note(path string, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	old := in.odd[path]
	if err == nil {
		delete(in.odd, path)
	} else {
		in.odd[path] = scan.VisibleLine(fmt.Sprintf("%s: %v", path, err), 300)
	}
	if in.odd[path] != old {
		in.tell()
	}
}

// attend follows one session until it is gone, and tries again where it does not answer.
func (in *Inbox) attend(path string) {
	defer in.done.Done()
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		err := in.watch(path)
		in.mu.Lock()
		*in.sessions[path] = followed{}
		in.mu.Unlock()
		in.tell()
		_, gone := os.Lstat(path)
		dead := removeDead(path, err)
		if dead || gone != nil || in.ctx.Err() != nil {
			in.mu.Lock()
			delete(in.sessions, path)
			in.mu.Unlock()
			in.note(path, nil)
			in.tell()
			return
		}
		in.note(path, err)
		select {
		case <-in.ctx.Done():
		case <-time.After(pause):
		}
	}
}

// watch reads what a session says of its questions.
func (in *Inbox) watch(path string) error {
	r, err := ask(in.ctx, path, request{Verb: "status"})
	if err != nil {
		return err
	}
	if r.Status == nil || r.Status.Session+extension != filepath.Base(path) {
		return errors.New("it does not say what it is")
	}
	conn, err := dial(path)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(in.ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(peerTime))
	if err := send(conn, request{Verb: "watch", Screen: in.screen}); err != nil {
		return err
	}
	lines := bufio.NewReader(conn)
	for first := true; ; first = false {
		line, err := readReply(lines)
		if err != nil {
			if !first && (errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)) {
				return nil // the session has ended
			}
			return err
		}
		in.note(path, nil)
		line.Questions = slices.DeleteFunc(line.Questions, func(q Question) bool { return !strings.HasPrefix(q.ID, r.Status.Session+".") })
		in.mu.Lock()
		*in.sessions[path] = followed{*r.Status, line.Questions}
		in.mu.Unlock()
		in.tell()
		conn.SetDeadline(time.Time{}) // nothing is said while nothing changes
	}
}

// readReply reads one of the lines that a session sends to who watches it.
func readReply(lines *bufio.Reader) (r reply, err error) {
	var b []byte
	for {
		part, err := lines.ReadSlice('\n')
		if b = append(b, part...); err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return r, err
		}
		if len(b) > maxReply {
			return r, errors.New("it says too much")
		}
	}
	if json.Unmarshal(b, &r) != nil {
		return r, errors.New("it speaks another language")
	}
	if r.Error != "" {
		return r, errors.New(scan.VisibleLine(r.Error, 300))
	}
	return r, nil
}

// Settle waits until every session that is there has said what it asks, or for a while: one that hangs is odd.
func (in *Inbox) Settle(ctx context.Context, patience time.Duration) error {
	end := time.NewTimer(patience)
	defer end.Stop()
	for {
		in.mu.Lock()
		settled := true
		for path, f := range in.sessions {
			settled = settled && (f.status.Session != "" || in.odd[path] != "")
		}
		in.mu.Unlock()
		if settled {
			return nil
		}
		select {
		case <-in.changed:
		case <-end.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Sessions are those that live, the oldest first.
func (in *Inbox) Sessions() []Status {
	in.mu.Lock()
	defer in.mu.Unlock()
	var list []Status
	for _, f := range in.sessions {
		if f.status.Session != "" {
			s := f.status
			s.Open = len(f.questions)
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Status) int { return a.Started.Compare(b.Started) })
	return list
}

// Questions are the open ones, the oldest first.
func (in *Inbox) Questions() []Question {
	in.mu.Lock()
	defer in.mu.Unlock()
	var list []Question
	for _, f := range in.sessions {
		list = append(list, f.questions...)
	}
	slices.SortFunc(list, func(a, b Question) int {
		if c := a.Asked.Compare(b.Asked); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Odd says what is wrong in the runtime folder: one line each.
func (in *Inbox) Odd() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := make([]string, 0, len(in.odd))
	for _, text := range in.odd {
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// of finds the socket of the session that has a question, or that is named.
func (in *Inbox) of(id string) (path string, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for path, f := range in.sessions {
		if f.status.Session == id || slices.ContainsFunc(f.questions, func(q Question) bool { return q.ID == id }) {
			return path, nil
		}
	}
	return "", ErrGone
}

// question is the one of an id, as it was shown last.
func (in *Inbox) question(id string) Question {
	for _, q := range in.Questions() {
		if q.ID == id {
			return q
		}
	}
	return Question{}
}

// Card fetches the card of a question, as it is now.
func (in *Inbox) Card(ctx context.Context, id string) (Card, error) {
	path, err := in.of(id)
	if err != nil {
		return Card{}, err
	}
	r, err := ask(ctx, path, request{Verb: "card", ID: id})
	if err == nil && (r.Card == nil || r.Card.ID != id || r.Card.Digest != in.question(id).Digest(*r.Card)) {
		err = errors.New("the session shows another card than it answers for")
	}
	if err != nil {
		return Card{}, err
	}
	return *r.Card, nil
}

// Answer answers a question. Errors are for people, in words: the question is gone, what it would do has changed since (look again), or
// this process may not answer.
func (in *Inbox) Answer(ctx context.Context, a Answer) (Receipt, error) {
	path, err := in.of(a.ID)
	if err != nil {
		return Receipt{}, err
	}
	r, err := ask(ctx, path, request{Verb: "answer", Answer: a})
	if err == nil && r.Receipt == nil {
		err = errors.New("the session does not say what came of it")
	}
	if err != nil {
		return Receipt{}, err
	}
	if a.For == ForAlways {
		in.granted(ctx, path)
	}
	return *r.Receipt, nil
}

// granted tells the other sessions of a grant that is for them too.
func (in *Inbox) granted(ctx context.Context, but string) {
	in.mu.Lock()
	var paths []string
	for path := range in.sessions {
		if path != but {
			paths = append(paths, path)
		}
	}
	in.mu.Unlock()
	for _, path := range paths {
		ask(ctx, path, request{Verb: "granted"}) // one that does not listen reads its grants when it starts anew
	}
}

// Undo takes back what an answer to a question of this session granted.
func (in *Inbox) Undo(ctx context.Context, session, undo string) error {
	path, err := in.of(session)
	if err != nil {
		return err
	}
	_, err = ask(ctx, path, request{Verb: "undo", Undo: undo})
	if err == nil {
		in.granted(ctx, path)
	}
	return err
}
