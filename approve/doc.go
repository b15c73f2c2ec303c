// Package approve joins live sessions with the people who answer for them.
//
// # Sockets
//
// Every session listens on a Unix socket of its own, SESSION.sock in the runtime folder, which is private to the user (0700), as is the
// socket (0600). Other verbs of the same user find the sessions there: to see how they are, to tell them that a pin changed, to end
// them.
//
// One connection carries one request and one reply, each a JSON object on one line, of at most 1 MiB and 8 MiB:
//
//	{"version":1,"verb":"status"}
//	{"version":1,"status":{…}}
//	{"version":1,"verb":"end","reason":"…"}
//	{"version":1,"error":"…"}
//
// The verbs are status, pins (the pin of the server was changed), granted (so were grants), end, questions, card, answer, undo, and
// watch, after which the session writes its questions on a line whenever they change. Later versions add verbs; a request of another
// version is answered with an error that names both.
//
// # Questions
//
// A held frame waits at the Desk of its session. The first answer counts. Frames that are the same, by a key that their session makes of
// server, tool, what was accepted of it, and canonical arguments, wait at one question; an allowance lets go as many as were shown, one
// unless said otherwise, a denial refuses all. An answer names the digest of the card that was looked at: the card is made anew when
// the answer comes, and one that differs is not answered. When the time of a frame is over, or its client has cancelled it, its question
// stays for half an hour, and an allowance holds for the next frame of that key, once, for five minutes.
//
// # Guarantees
//
// Each side serves only a peer of its own uid, by the kernel's word where the system has one (Linux, macOS, FreeBSD), else by the
// permissions of the folder. A peer that says nothing, too much, or nonsense costs one of a few connections for a few seconds. Text
// from a peer is made visible before it is shown. There is no TCP.
//
// # What it does not protect against
//
// Code that runs as the same user: it can end sessions, as it can kill them. A socket that a killed session left is removed by whoever
// looks next; if a new session took the name in that moment, it would lose its socket, but names are random.
package approve
