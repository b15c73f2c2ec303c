// Package client knows where MCP clients keep their configuration, and reads and edits it where it lies.
//
// # What is read
//
// JSON with comments and trailing commas, TOML and YAML, into one tree of nodes that know the bytes that they stand for; from that the
// servers that a client would start. [Clients] is the table of clients: one row for each place where one looks.
//
// # Guarantees
//
// An edit replaces the bytes of a value and nothing else: comments, order, indentation, line ends, a byte order mark and the final newline
// stay. What was edited is read again before it is written, and has to say the same of every server but for what was meant to change. A
// file is replaced as a whole, and only where it still holds the bytes that were read. What two parsers could read in two ways, such as
// a key that stands twice on the way to a server, is refused; so is a value that has no bytes of its own (an anchor of YAML, say).
//
// # Limits
//
// A client that writes its file in the instant between our last look and the replacement loses that write. Variables such as ${input:key}
// are never resolved: what they stand for is the client's.
package client
