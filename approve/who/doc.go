// Package who says which processes may answer questions: those of a person, and not those that the asking client, or its agent, has
// started.
//
// A process may answer only if it
//
//   - runs as our user, and runs this sallyport: the same file, the one that now lies where we were started from, or a copy with the
//     same content;
//   - has a controlling terminal;
//   - descends neither from the client nor from us nor from the server, and does not sit in the client's own terminal without
//     descending from what the client was started by there;
//   - does not live in a cgroup that belongs to the client alone, unless it descends from what started the client there, as the
//     terminals of an editor do;
//   - has none of the variables in its environment, or in that of its ancestors, by which agents mark the shells that they run;
//   - has a terminal that was not made by the service manager, nor by a program such as script(1) that its parents have left alone.
//
// The client is our nearest ancestor that is no mere launcher: a shell with a command, a program such as env or npx, or one that hands
// its own standard input on to us. Who it is, and who its ancestors are, is noted when the session starts. Processes are compared by
// number and start time.
//
// # Guarantees
//
// All that is judged is read of one process, which is the same one at the end as at the beginning: its pidfd comes from the
// connection, where the kernel gives one, and its whole ancestry is read twice. What cannot be read is not in order. The zero Guard
// refuses everybody.
//
// # Limits
//
// This stops an agent that simply runs "sallyport approve allow". It does not stop one that has a shell and takes pains:
//
//   - a terminal multiplexer, or a terminal program, of its own that carries no mark: because the agent sets none, or was started with
//     an empty environment;
//   - a person's multiplexer that is told to open a window, keys typed into a person's terminal, a debugger, ssh to this machine;
//   - a program that connects, writes its answer, and only then becomes sallyport; one that writes over the environment that it shows;
//   - the agent of another client, unless it is marked.
//
// Such an answer leaves its process chain behind, with notes on what is odd about it. Where the client has no cgroup of its own, a
// process that left its parents in time and made itself a terminal looks like a terminal that was opened later. A wrapper between the
// client and us that copies the client's input, and does not hand it on, is taken for the client.
//
// Before Linux 6.5 a process number that is used again between the connection and the judgement goes unseen. On Windows neither
// terminals nor environments are seen, and on macOS no cgroups, for it has none, and no environment of a program that the system
// protects.
package who

// A Peer is a process that wants to answer. Its texts are made visible and may be shown.
type Peer struct {
	PID   int
	TTY   string   // its controlling terminal: "pts/3"; empty for none
	Chain []string // it and its ancestors, for people, nearest first, at most 8
	Notes []string // what is remarkable about it though it passes
}

// maxChain bounds how far up the ancestors of a process are followed, maxShown how many of them people see, and maxName how much of
// a name.
const (
	maxChain = 64
	maxShown = 8
	maxName  = 40
)
