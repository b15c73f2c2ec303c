// Package wrap is a session: one MCP client, one MCP server behind us, and every frame between them judged.
//
// Two pumps, one a direction, read lines, judge each with a strict parser, the protocol's state and the user's rules, write a log
// line for it, and pass it on, edited, held, or not at all. A frame that passes unedited goes on as the bytes that were judged.
//
// # The protocol's state
//
// The era of a request is the request's own: modern (2026-07-28) if its _meta names a protocol version, else legacy. Nothing waits for
// an initialize. A response passes once, for an id that was really forwarded in the other direction and not cancelled since, equal in
// type and value. Servers may send requests only where legacy requests have been seen. Progress, list changes, resource updates, log
// messages and cancellations pass only if something live asked for them. Methods that no revision has, capabilities and extensions
// that the rules don't allow, and versions that we cannot inspect are refused or taken out of the handshake. The table of methods in
// methods.go has a line for each.
//
// # Guarantees
//
// A fault in the judging code (an error, a panic) refuses the frame. The log line is written before the bytes leave; when the log
// cannot be written the session ends. A pump never waits for the other: what one direction answers to the other side goes through a
// bounded queue, so a peer that does not read holds up only what is meant for it. A held frame waits in a goroutine of its own.
//
// The session does not know what a server does outside of the protocol: its process runs with the user's rights.
package wrap
