// Package who says which processes may answer questions: those of a person, and not those that the asking client, or its agent, has
// started.
//
// A process may answer that runs as our user, runs sallyport, has a controlling terminal, and descends neither from the client nor from
// us and the server; that does not live in the client's own cgroup, unless it descends from what started the client there, as the
// terminals of an editor do; and that has none of the variables in its environment, or its ancestors', by which agents mark the shells
// that they run.
//
// # Limits
//
// This stops an agent that simply runs "sallyport approve allow". It does not stop one that has a shell and takes pains: a terminal
// multiplexer of its own that is started with an empty environment, keys typed into a person's terminal, a debugger. Such an answer
// leaves its process chain behind, with notes on what is odd about it. Where the client lives in no cgroup of its own, a process that
// left its parents in time (a double fork) and made itself a terminal looks like a terminal that was opened later.
package who

import "strings"

// A Peer is a process that wants to answer.
type Peer struct {
	PID   int
	TTY   string   // its controlling terminal: "pts/3"; empty for none
	Chain []string // of processes, for people: nearest first
	Notes []string // what is remarkable about it though it passes
}

// maxChain bounds how far up the ancestors of a process are followed, maxShown how many of them people see.
const (
	maxChain = 64
	maxShown = 8
)

// markers are variables that agents set in the environment of the shells that they run, and that no other terminal has.
var markers = []string{
	"CLAUDECODE",                     // Claude Code
	"GEMINI_CLI",                     // Gemini CLI
	"CODEX_SANDBOX",                  // Codex CLI, on macOS
	"CODEX_SANDBOX_NETWORK_DISABLED", // Codex CLI
	"CURSOR_AGENT",                   // Cursor's agent
	"OPENCODE",                       // opencode
}

// marker is the marker among variables as a process has them, separated by NUL; "" for none.
func marker(environ string) string {
	for v := range strings.SplitSeq(environ, "\x00") {
		name, _, _ := strings.Cut(v, "=")
		for _, m := range markers {
			if name == m {
				return m
			}
		}
	}
	return ""
}
