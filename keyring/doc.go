// Package keyring keeps secrets, and finds the values of references to them.
//
// # References
//
//	keyring:NAME   a secret that sallyport keeps, in the keyring of the system or in the encrypted file
//	file:PATH      the content of a file that only its owner can read, without one final line end
//	env:NAME       a variable of our own environment
//	exec           a program and its arguments (no shell): what it prints, without final line ends
//
// # In the keyring of the system
//
// Service "sallyport", account NAME: the value itself where it is one line of at most 1,200 bytes, so that other programs can read and
// write it too. Any other value stands in parts, each base64 of at most 900 bytes, in the accounts NAME#STAMP.0, NAME#STAMP.1, …; the
// account NAME then holds
//
//	sallyport:1:NUMBER:STAMP:HASH
//
// with the number of parts and the hexadecimal SHA-256 of the value. Parts are written before what names them, under a new stamp, so
// that a value is either the old or the new one. Windows takes 2,560 bytes an entry, macOS about 4,000; on macOS what stands in an
// entry is base64 behind "go-keyring-base64:".
//
// # In the encrypted file
//
// An age file (age-encryption.org/v1), for a passphrase (scrypt) or an identity file (X25519), of JSON:
//
//	{"version":1,"secrets":{"NAME":"base64 of the value"}}
//
// # The index
//
// secrets.json has no values: who keeps a secret, since when, and who may have it. It is JSON, a line for each secret, sorted by name.
//
// # Guarantees
//
// No error, and nothing that fmt prints of a Value, holds a value. Every operation ends by the time its context says, but for changes of
// the encrypted file: those take as long as its lock (5 s) and its key do. A store that cannot be read is not written to. A value is
// never kept outside of the two stores.
//
// # Limits
//
// What is in a keyring that is unlocked, other programs of the same user can read, also on its way over the session bus. Of two programs
// that set the same long value at once one wins, and the parts of the other may stay in the keyring, unnamed. On Windows a program that
// takes too long is ended, but not what it has started. Values stay in memory until it is used anew: Go moves
// and copies what it likes.
package keyring
