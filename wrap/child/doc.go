// Package child is the life of the one server that a session wraps: where its program is found, what environment it
// gets, how it starts, how it is told to end, and how nothing of it outlives us.
//
// # The supervisor
//
// On unix the server is started by a supervisor: our own binary, re-executed by [Prepare] with the argument vector
// ["sallyport: supervisor"] and an empty environment, in a session of its own without a controlling terminal. No
// command line of a user leads there: the name has a colon and a space, no argument follows, and descriptor 0 must be a
// pipe on which the magic below arrives. [Main] is where it branches off.
//
// The supervisor's descriptors are
//
//	0  control: us to it; its end of file means that we are gone (this is the life pipe)
//	1  status: it to us; its end of file means that the supervisor is gone
//	2  our stderr, for a crash of the supervisor
//	3, 4, 5  what becomes the child's 0, 1, 2; closed in the supervisor once the child runs
//
// so the server's data never passes through it. On control comes one command,
//
//	"sallyport child 1\n"  uint32 length of the rest  strings: Path, Dir, Args…, Env…
//
// where a string is a uint32 length and its bytes, Args and Env each begin with a uint32 count, and all numbers are
// big-endian (no JSON: arguments and variables need not be UTF-8). After it every byte is a signal number for the
// child's process group; SIGKILL means everything that descends from the supervisor. On status go messages of nine
// bytes, a kind and two int32: 's' started (pid), 'f' failed (errno), 'x' exited (code, signal), 'g' gone (how many
// processes could not be ended).
//
// The command is data on a pipe, so no secret is ever in the supervisor's argument vector or environment, and on Linux
// its memory is closed to the user's other processes and to core dumps.
//
// # Guarantees
//
//   - The program is started from an argument vector, never by a shell, in a process group of its own, with exactly the
//     descriptors 0, 1 and 2.
//   - When we end, even by SIGKILL, the supervisor reads the end of file and ends the child. On Linux it is the
//     subreaper of all that the child ever started: it stops and kills every descendant, those that ignore SIGTERM and
//     those that became daemons too, until none is left or five seconds have passed. Elsewhere on unix it kills the
//     child's process group.
//   - When the child ends, what it left behind gets SIGTERM, half a second, and the same end.
//   - When the supervisor alone is killed, the child's group is killed by us, and on Linux the child by the kernel.
//   - On Windows there is no supervisor: a job object, whose only handle is ours, ends the whole tree with us.
//   - After [Process.Close] no process, goroutine or descriptor of this package is left.
//
// # What this does not protect against
//
// Other than on Linux and Windows, a process that leaves the child's group (a daemon) survives. On Linux, killing us
// and the supervisor in the same instant leaves what the child started; a descendant that runs as another user (sudo)
// cannot be signalled; a container that a docker client asked for is nobody's descendant here. The child's environment
// can be read by every process of the user. Nothing here confines the child.
package child
