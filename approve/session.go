package approve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"sallyport/rules/scan"
	"sallyport/wrap/file"
)

// A Session is one that lives, as another process sees it.
type Session struct {
	Status
	path string
}

// Live finds the sessions whose sockets are in dir and asks each how it is. odd says what there is besides. Sockets that nobody listens
// on any more are removed.
func Live(ctx context.Context, dir string) (sessions []Session, odd []error, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if err := file.MkdirPrivate(dir); err != nil {
		return nil, nil, err // others could have put sockets there
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if filepath.Ext(path) != extension || e.Type()&fs.ModeSocket == 0 {
			continue
		}
		all.Add(1)
		go func() {
			defer all.Done()
			r, err := ask(ctx, path, request{Verb: "status"})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case removeDead(path, err):
			case err != nil:
				odd = append(odd, fmt.Errorf("asking %q: %w", path, err))
			case r.Status != nil:
				sessions = append(sessions, Session{*r.Status, path})
			}
		}()
	}
	all.Wait()
	return sessions, odd, nil
}

// removeDead removes the socket of a session that was killed, which nobody listens on any more.
func removeDead(path string, err error) bool {
	if !refused(err) {
		return false
	}
	os.Remove(path)
	return true
}

// PinsChanged has the session read the pin of its server anew.
func (s Session) PinsChanged(ctx context.Context) error {
	_, err := ask(ctx, s.path, request{Verb: "pins"})
	return err
}

// End ends the session.
func (s Session) End(ctx context.Context, reason string) error {
	_, err := ask(ctx, s.path, request{Verb: "end", Reason: reason})
	return err
}

// Granted has the session read grants anew.
func (s Session) Granted(ctx context.Context) error {
	_, err := ask(ctx, s.path, request{Verb: "granted"})
	return err
}

// dial connects to a session, and makes sure that it is this user's.
func dial(path string) (*net.UnixConn, error) {
	// Connecting to a Unix socket never waits. A net.Dialer would bring the whole resolver into a program that has no use for one.
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	if err := samePeer(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func send(conn *net.UnixConn, q request) error {
	q.Version = version
	b, err := json.Marshal(q)
	if err == nil {
		_, err = conn.Write(append(b, '\n'))
	}
	return err
}

// ask sends a request and reads the reply.
func ask(ctx context.Context, path string, q request) (r reply, err error) {
	conn, err := dial(path)
	if err != nil {
		return r, err
	}
	defer conn.Close()
	end := time.Now().Add(peerTime)
	if q.Verb == "answer" || q.Verb == "card" {
		end = time.Now().Add(workTime)
	}
	if t, ok := ctx.Deadline(); ok && t.Before(end) {
		end = t
	}
	conn.SetDeadline(end)
	if err := send(conn, q); err != nil {
		return r, err
	}
	if err := readLine(conn, maxReply, &r); err != nil {
		return r, errors.New("it does not answer")
	}
	if r.Error != "" {
		return r, errors.New(scan.VisibleLine(r.Error, 300))
	}
	return r, nil
}
