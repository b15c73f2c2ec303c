package who

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport/rules/scan"
)

func (p *Peer) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(p.Notes, n) {
		p.Notes = append(p.Notes, n)
	}
}

// quote shows a path.
func quote(path string) string { return strconv.Quote(scan.VisibleLine(path, 200)) }

// hasTerminal refuses who has no terminal.
func (g *Guard) hasTerminal(chain []process, peer *Peer) error {
	switch {
	case seesTerminals && chain[0].tty == "":
		return refusal("this process has no terminal; %s", own)
	case !seesTerminals:
		peer.note("this system does not show its terminal")
	}
	return nil
}

// isNoDescendant refuses what the client, we, or the server have started.
func (g *Guard) isNoDescendant(chain []process, _ *Peer) error {
	g.mu.Lock()
	child := g.child
	g.mu.Unlock()
	switch {
	case g.self.among(chain) >= 0 || child.among(chain) >= 0:
		return refusal("this process was started by the server; %s", own)
	case g.client.among(chain) >= 0:
		return refusal("this process was started by the client (%s), whose question it is; %s", g.shown[0], own)
	}
	return nil
}

// through reports whether a chain leads through something that started the client, is still there, and is in order: an editor that has
// terminals besides the client, or the shell in which the client was started.
func (g *Guard) through(chain []process, ok func(process) bool) bool {
	if len(g.ancestors) < 2 {
		return false
	}
	return slices.ContainsFunc(chain[1:], func(p process) bool {
		return p.pid != 1 && !inherits(p) && p.among(g.ancestors[1:]) >= 0 && ok(p)
	})
}

// isElsewhere refuses who sits in the client's terminal, or ours, or was started there, and has left its parents.
func (g *Guard) isElsewhere(chain []process, _ *Peer) error {
	for _, mine := range []process{g.client, g.self} {
		there := func(p process) bool { return mine.tty != "" && p.tty == mine.tty && p.session == mine.session }
		if slices.ContainsFunc(chain, there) && !g.through(chain, there) {
			return refusal("this process, or what started it, is a stray one in the client's own terminal; %s", own)
		}
	}
	return nil
}

// isOutside refuses who lives in the client's own cgroup.
func (g *Guard) isOutside(chain []process, _ *Peer) error {
	if g.group == "" {
		return nil
	}
	group, err := g.sys.cgroup(chain[0].pid)
	if err != nil {
		return refusal("it cannot be seen what this process belongs to")
	}
	if group != g.group && !strings.HasPrefix(group, g.group+"/") {
		return nil
	}
	if g.through(chain, func(p process) bool {
		theirs, err := g.sys.cgroup(p.pid)
		return err == nil && theirs == g.group
	}) {
		return nil
	}
	return refusal("this process belongs to the client (%s), which nobody's terminal does; %s", g.shown[0], own)
}

// isUnmarked refuses who has an agent's mark, or whose ancestors have. Environments of others cannot be read; those of ours must be, up
// to the process that opened the terminal. Further up there are programs that the system protects.
func (g *Guard) isUnmarked(chain []process, peer *Peer) error {
	if !seesEnvironments {
		peer.note("this system does not show its environment")
		return nil
	}
	below := true
	for i, p := range chain {
		environ, err := g.sys.environ(p.pid)
		switch {
		case err == nil:
		case i == 0 || below && mustShow && p.uid == g.self.uid:
			return refusal("process %d hides its environment; %s", p.pid, own)
		}
		if m := mark(environ); m != "" {
			return refusal("this terminal, or what runs in it, was started by an agent (%s is set in its environment); %s", m, own)
		}
		if err == nil && p.uid == g.self.uid && p.pid != 1 && blank(environ) {
			peer.note("%s was started with an empty environment", g.sys.words(chain[i : i+1])[0])
		}
		below = below && p.pid != chain[0].session
	}
	return nil
}

// makers are programs that make a terminal for another program and show it to whoever started them: alone they show it to nobody.
var makers = []string{"script", "scriptlive", "socat", "expect", "unbuffer", "python", "perl", "ruby", "node", "tclsh"}

// roots are where ancestors end on Windows, whose processes keep the number of a parent that has ended.
var roots = []string{"explorer", "svchost", "services", "wininit", "winlogon", "sihost", "System"}

// isHeld refuses terminals that nobody looks at: those that the service manager makes, and those whose maker was left alone.
func (g *Guard) isHeld(chain []process, _ *Peer) error {
	if top := plainName(chain[len(chain)-1].name); !seesTerminals && !slices.Contains(roots, top) {
		return refusal("what started %s has ended, and cannot be seen; %s", g.sys.words(chain[len(chain)-1:])[0], own)
	}
	since := g.client
	if since.pid == 0 {
		since = g.self
	}
	// A terminal may be shown in another one, and that is to be looked at too.
	for i, p := range chain[:len(chain)-1] {
		if p.tty == "" || p.pid != p.session {
			continue
		}
		maker := chain[i+1]
		if isManager(maker) {
			return refusal("its terminal was made by the service manager, and nobody sees it; %s", own)
		}
		if maker.pid != 1 && maker.start >= since.start && slices.Contains(makers, strings.TrimRight(maker.name, "0123456789.")) && g.isAlone(chain[i+1:]) {
			return refusal("its terminal was made by %s, which nobody looks at; %s", g.sys.words(chain[i+1 : i+2])[0], own)
		}
	}
	return nil
}

// isAlone reports whether what started the first of a chain has left it.
func (g *Guard) isAlone(chain []process) bool {
	if len(chain) == 1 || chain[1].pid == 1 || inherits(chain[1]) {
		return true
	}
	// What started the client may inherit from its descendants too: prctl(PR_SET_CHILD_SUBREAPER).
	return chain[0].tty == "" && chain[1].tty == "" && chain[1].among(g.ancestors) > 0
}

// logins are programs that let people in. They run as root, which says nothing where we do too.
var logins = []string{"sshd", "sshd-session", "login", "agetty", "getty", "su", "sudo", "doas", "runuser", "machinectl", "systemd-run"}

// remark notes what is odd about who may answer.
func (g *Guard) remark(chain []process, peer *Peer, asked time.Time) {
	if !g.known {
		peer.note("the client is not known: it had ended, or had left us, when the session started")
	}
	g.remarkTerminal(chain, peer, asked)
	top := len(chain) - 1
	if last := chain[top]; last.pid != 1 && seesTerminals {
		peer.note("its ancestors end at %s, which was started from outside of this container", g.sys.words(chain[top:])[0])
	}
	for top > 0 && (chain[top].pid == 1 || inherits(chain[top])) {
		top--
	}
	p := chain[top]
	if g.client.pid != 0 && seesTerminals && p.start >= g.client.start && (p.uid != 0 || g.self.uid == 0) && !slices.Contains(logins, p.name) {
		peer.note("its terminal comes from %s, which is younger than the client and logs nobody in", g.sys.words(chain[top : top+1])[0])
	}
}

// remarkTerminal notes what is odd about the terminal: about the first process in its session, that is.
func (g *Guard) remarkTerminal(chain []process, peer *Peer, asked time.Time) {
	if !seesTerminals {
		return
	}
	at := slices.IndexFunc(chain, func(p process) bool { return p.pid == chain[0].session })
	if at < 0 {
		peer.note("what opened its terminal is not among its ancestors")
		return
	}
	if began, err := g.sys.began(chain[at]); err != nil || began.After(asked) {
		peer.note("its terminal was opened after the question was asked")
	}
	if args := g.sys.arguments(chain[at].pid); at == 0 || slices.Contains(shells, chain[at].name) && scripted(args, true) {
		peer.note("its terminal was opened for this command alone")
	}
	if at+1 < len(chain) && chain[at+1].pid == 1 {
		peer.note("no terminal program stands behind its terminal")
	}
}
