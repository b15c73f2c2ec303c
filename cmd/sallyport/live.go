package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"sallyport/approve"
	"sallyport/rules/scan"
)

// liveTime bounds what other sessions have to say.
const liveTime = 3 * time.Second

// sessionsOf are the live sessions of a server, of all for "".
func sessionsOf(p places, server string) []approve.Session {
	ctx, cancel := context.WithTimeout(context.Background(), liveTime)
	defer cancel()
	sessions, odd, err := approve.Live(ctx, p.runtime)
	if err != nil {
		warningf("looking for live sessions: %v", err)
	}
	for _, o := range odd {
		warningf("%v", o)
	}
	var found []approve.Session
	for _, s := range sessions {
		if server == "" || s.Server == server {
			found = append(found, s)
		}
	}
	return found
}

// tellSessions has the live sessions of a server read its pin anew.
func tellSessions(out io.Writer, p places, server string) {
	ctx, cancel := context.WithTimeout(context.Background(), liveTime)
	defer cancel()
	for _, s := range sessionsOf(p, server) {
		if err := s.PinsChanged(ctx); err != nil {
			warningf("session %s goes on with the old pin: %v", scan.VisibleLine(s.Session, 40), err)
			continue
		}
		fmt.Fprintf(out, "session %s of %s knows\n", scan.VisibleLine(s.Session, 40), scan.VisibleLine(clientName(s.Client), 40))
	}
}

func clientName(name string) string {
	if name == "" {
		return "a client"
	}
	return name
}
