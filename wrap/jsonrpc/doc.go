// Package jsonrpc reads one JSON-RPC 2.0 message of the Model Context Protocol's stdio transport, strictly, and edits it without
// rewriting it.
//
// # The accepted subset
//
// A frame is the bytes up to a line feed. One carriage return right before the line feed, and blanks (space, tab) before that, belong
// to the line's end; a line of blanks is no frame. What is left is accepted only if every parser in use would read it in the same way:
//
//   - it is valid UTF-8, has no byte order mark, no NUL and no carriage return, and is one JSON object (RFC 8259) with nothing after
//     it but the line's end; blanks between tokens are space and tab;
//   - it is at most Limits.Frame bytes long, nested at most Limits.Depth deep, with at most Limits.Keys members in any one object;
//     a number has at most 64 bytes and fits a float64;
//   - no object, at any depth, has two members of the same name after unescaping, and none is called __proto__;
//   - keys of the envelope and of the top level of params, result and error hold no escapes. There, in _meta, and at any depth of
//     arguments, capabilities, inputRequests and inputResponses, no two names of one object are equal under Unicode simple case
//     folding. Where the protocol defines a name, one that only folds to it is refused, since encoding/json would take it for the other;
//   - a \u escape of half a surrogate pair stands in a string value below result, and nowhere else. Frame.Lone lists those; Repair
//     replaces each by \ufffd, which has the same length;
//   - the members are jsonrpc, id, method, params, result and error and no others; jsonrpc is "2.0"; method is a string of 1 to 256
//     bytes; params is an object, absent, or null; result is an object; error is an object with an integer code and a string message;
//   - an id is a string of at most 256 bytes after unescaping, or an integer that float64 holds exactly, spelled -?(0|[1-9][0-9]*),
//     not -0. Responses have one;
//   - it is a request, a notification, a result, or an error, and not two of them. Batches are refused in every revision, though
//     2025-03-26 has them.
//
// # Guarantees
//
// A Parser makes one pass and remembers offsets. Frame.Raw is a part of the line it was given: what is judged and what is forwarded
// are the same bytes. An edit is a splice of byte ranges, each a whole JSON value or member, so an edited frame is again accepted.
//
// The package knows the shape of a frame, not what it means: which methods exist, which direction they go, and whether an id is
// awaited is for the session.
package jsonrpc
