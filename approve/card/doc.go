// Package card says what a held call would do, so that a person can judge it.
//
// A card is a list of blocks, in this order: facts (who asks what of whom, and which rules hold it), what it would do as far as that
// can be known (differences of files, programs, statements of SQL, hosts, paths, recipients), all arguments, and the difference from
// what was approved a moment ago. Blocks that warn stand right behind the facts.
//
// # Format
//
// Arguments are one line per scalar. Line.Name is where it stands, "edits[0].newText"; a name that is no plain word is quoted. A string
// with line feeds goes on in lines without a name. A string stands there as it is, and in quotes where it would look like something
// else than a string, begins with a quote, or begins or ends with a blank. A tab is shown as "→   ".
//
// # Guarantees
//
// All text has been through scan.Visible, line by line. Nothing of the arguments is dropped unless the card says so, with the number of
// bytes and the SHA-256 of the whole, and then Word asks for a word. A card has at most 512 KiB of text. The work is bounded whatever the
// arguments are, linear in their length. Nothing is written, no network is used, and files are opened only where the call names
// them as a target of a write, only if they are regular, and never so that opening could wait. A fault makes a card that says so and shows
// the arguments raw.
//
// # Limits
//
// What a server does with its arguments is the server's own affair: the card says what their names and shapes stand for in servers that are
// common. A path on a network file system is looked at through it. A file may change between the look at it and the call. Programs are named, not understood. A difference is left out, with sizes and
// hashes in its place, where a file is larger than 1 MiB or 20,000 lines.
package card
