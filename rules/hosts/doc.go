// Package hosts says which hosts a text names, as the many readers of URLs understand it.
//
// Readers disagree about what is the host of https://evil.example\@good.example or http://0x7f.1, and the one that counts is unknown:
// it is in a server. So Of gives every host that some common reader (WHATWG, RFC 3986, curl, Go, Python, a shell in front of one) would
// connect to. A host is looked for
//
//   - behind scheme:// with any scheme, anywhere in a text; behind http:/ and http: too, for the schemes of browsers;
//   - behind // and in \\server\share, where a text or a quoted string begins with them;
//   - in user@host:path, in the data source names of databases (several hosts, a host in the query), in jdbc:oracle:thin:@host;
//   - with bare, at the start of the text.
//
// Hosts come in one form: lower-case ASCII, other scripts as punycode (UTS #46), no trailing dot, IPv4 addresses as four decimal numbers
// whatever they were written as, IPv6 addresses without brackets and zone. A bucket (s3://name, gs://name) is the host under which its
// store serves it. Mail addresses and schemes without hosts (mailto:, data:, javascript:) give none; URLs inside them are found.
//
// # Guarantees
//
// A host that cannot be read, that readers end in different places, or that stands there as a variable or as pieces that a program puts
// together is an error and never left out. The work is linear in the length of the text. All functions may be called concurrently.
//
// # What it does not see
//
// Names are not looked up and redirects are not followed: a harmless name may lead to any address. A URL that a script computes, or
// that is encoded as a whole, is not found. More hosts may be given than anybody would connect to: this is for rules that refuse.
package hosts
