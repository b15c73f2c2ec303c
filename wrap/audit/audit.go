// Package audit writes and verifies the log of decisions: append-only files in which every line
// carries the hash of the line before it.
//
// # Files
//
// One folder, private to the user, holds
//
//	20260731T142207Z-3f2a9c81d04b.jsonl   one session: UTC time of its start, and its id
//	heads.jsonl                           the start, the end and the removal of every session
//	key                                   32 random bytes, the key of the digests
//	lock                                  a lock file, taken for each change of the folder
//
// A session's file is locked (flock, LockFileEx) for as long as its session lives.
//
// # Lines
//
// Each line is a JSON object that ends in LF. Its members stand in a fixed order: time, seq
// (the line's number, from 1), then what the line says, and last "hash". Members without a value are
// left out. Text that somebody else chose is cut at a fixed length, and every character that a
// terminal could act on or not show (control, bidi, invisible, not valid UTF-8) is
// written as \uXXXX, so that the files can be looked at with any tool.
//
// Lines of a session name session, client and server, and "observing":true where it only
// observes. The first line has "event":"start", the last one "event":"end"; those between are
// decisions, see [Record]. Lines of heads.jsonl have an event: "start", "end", "lost" (written
// later, for a session that ended without a word), "remove" (by age or size), "repair" (an incomplete
// last line of heads.jsonl was cut off; the record quotes it). They name the session's file,
// its number of lines and the hash of its last line.
//
// # Hashes
//
// A hash is "h1:" and the 64 hexadecimal digits of
//
//	SHA-256( hash of the line before, LF, body, LF )
//
// where the body is the line up to and without `,"hash":`. Before the first line stands the hash
// "h1:" and 64 zeros. To recompute the hash of line 5 by hand:
//
//	{ sed -n 4p FILE | sed 's/.*,"hash":"\(h1:[0-9a-f]*\)"}$/\1/'
//	  sed -n 5p FILE | sed 's/,"hash":"h1:[0-9a-f]*"}$//'; } | sha256sum
//
// A digest (members args and frame) is "k1:" and the first 32 digits of HMAC-SHA256 with the
// folder's key. By hand:
//
//	printf '%s' "$ARGUMENTS" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(xxd -p -c 64 key)
//
// Equal digests mean equal bytes; without the key nobody can find arguments by trying.
//
// # Guarantees
//
// A line is in the file, though not synced to the disk, when Flush returns. After an error nothing
// is written any more. Verify finds every changed, missing, added, doubled or moved line of a
// session that ended, every missing session file, and every such change in heads.jsonl.
//
// # What it does not protect against
//
// The chain shows mistakes and lazy edits. Whoever can write the folder can also compute all hashes
// anew, or cut off the end of heads.jsonl together with the files of the sessions named there:
// this shows only against a head of heads.jsonl that was saved somewhere else. The lines at the
// end of a session that still lives, or that was killed, can be cut off unseen until the
// session has an "end" or a "lost" record. heads.jsonl grows by about half a KiB per
// session and is never cut.
package audit

import (
	"errors"
	"time"
)

// ErrBroken is matched by errors that say that the log on disk is not what was written.
var ErrBroken = errors.New("the log is broken")

// Session describes a session in the first line of its log. Text in it may be foreign.
type Session struct {
	ID        string // letters, digits, "-" and "_", at most 64; "" stands for a random one
	Client    string
	Server    string
	Version   string // of sallyport
	Rules     string // digest of the rule files
	Arguments bool   // log the values of arguments too
	Observing bool   // every line says so

	// Where rules start relative paths and "~" from, for whoever judges the session again.
	Cwd, Home string
	Roots     []string
}

// Entry is one decision. Text in it may be foreign: it is escaped and cut. The zero value of a
// member leaves it out, but Decision is always written.
type Entry struct {
	Time      time.Time // zero: now
	Direction string    // "c2s", "s2c" or ""
	Method    string    // at most 256 bytes are kept
	Tool      string    // 256
	ID        []byte    // the raw JSON id, or nil; one over 256 bytes is replaced by its size
	Args      Digest    // of the raw arguments
	Frame     Digest    // of the frame
	Values    []byte    // the raw JSON arguments, without secrets; used only where Session.Arguments is set; over 1 MiB their size is kept
	Decision  string    // pass, refuse, edit, hold, drop or note
	Rule      string    // 256
	At        string    // where the rule stands, file:line; 1024
	Ref       string    // names a decision that has a cause, for people to ask about; 128
	Edits     string    // what was changed in the frame, and by which rule; never the values; 1024
	Reason    string    // 1024
	Answer    string    // what a human said; 256
	By        string    // who said it and by which door; 1024
	Shown     string    // digest of what they were shown; 256
	Granted   string    // what they granted beyond this once, in words; 1024
	Judge     time.Duration
	Wait      time.Duration // for the human
	Size      int           // of the frame in bytes
	Trace     string        // traceparent; 128
}

// Digest is a keyed digest of bytes: HMAC-SHA256, cut to 16 bytes. The zero value means none.
type Digest [16]byte
