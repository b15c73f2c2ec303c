// Package peers tests "sallyport wrap" between real MCP clients and real MCP servers.
//
// Each dialogue runs twice, with the server bare and with the server wrapped under rules that allow
// everything. A recorder stands at the client's side of the wrapper and another at the server's, and
// each keeps the bytes of both directions. Three comparisons follow:
//
//   - both recorders of a wrapped run hold the same bytes, in the same order, but for what the
//     wrapper says that it does under any rules: it thins out announcements of changed lists, drops
//     late answers to what the client has cancelled, and answers itself what the protocol forbids;
//   - what the server said bare and wrapped is the same but for times and random values;
//   - what the client's own interface returned is the same, with the same exceptions.
//
// The peers are the everything-server and the client of the Go SDK, which need nothing but Go, and
// the reference servers, the two TypeScript SDKs, the Inspector and the official conformance suites,
// which need npm and run where SALLYPORT_PEERS names the folder that holds their node_modules
// (.ci/peers makes one). SALLYPORT_PEERS_BINARY names a built wrapper to test in place of a fresh one.
//
// Nothing here shows what the wrapper refuses: only that it does not touch what it lets through.
package peers
