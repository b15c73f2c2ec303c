// Package hosts says which hosts a text names, as the many readers of URLs understand it.
//
// Readers disagree about what is the host of https://evil.example\@good.example or http://0x7f.1, and the one that counts is unknown:
// it is in a server. So Of gives every host that some common reader (WHATWG, RFC 3986, curl, Go, Python) would connect to. URLs are
// found anywhere in a text: in a command line, in a script, behind blanks. Hosts come in one form: lower-case ASCII, other scripts as
// punycode (UTS #46), no trailing dot, IPv4 addresses as four decimal numbers whatever they were written as, IPv6 addresses without
// brackets and zone.
//
// # Guarantees
//
// A host that cannot be read, or that stands there as a variable, is an error and never left out. The work is linear in the length of
// the text.
//
// # What it does not see
//
// Names are not looked up and redirects are not followed: a harmless name may lead to any address. A URL that a script puts together,
// or that is encoded as a whole, is not found. Names without a scheme are hosts only where the caller says that they can be.
package hosts
