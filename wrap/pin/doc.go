// Package pin records what a human accepted of a server: how it is launched, and everything of it that reaches the model.
//
// # Files
//
// A folder, private to the user, holds SERVER.json for each server. The file is JSON, and it is written in one way only: the same pin
// is the same bytes, a definition stands on one line behind its hash, and a change of one word is a change of one line.
//
//	{
//	  "version": 1,
//	  "server": "filesystem",
//	  "blocked": "why",                    a blocked server only
//	  "clients": ["cursor"],
//	  "launches": [
//	    {"args":["npx","-y","x"],"env":{"MODE":"k1:…","TOKEN":""},"origin":{…}}
//	  ],
//	  "locks": {
//	    "h1:…": [
//	      "line of package-lock.json",
//	    ]
//	  },
//	  "instructions": {
//	    "": {"hash": "h1:…", "definition": "Use …"}
//	  },
//	  "serverInfo": { … },
//	  "capabilities": { … },               by member
//	  "tools": {
//	    "read_file": {"class": "read", "hash": "h1:…", "definition": {…}}
//	  },
//	  "prompts": { … },                    by name
//	  "resources": { … },                  by URI
//	  "resourceTemplates": { … }           by template
//	}
//
// # Hashes
//
// A definition's hash is "h1:" and the base64 of SHA-256 over its canonical form: RFC 8785, but numbers keep their spelling. All members
// count, whether a revision of the protocol knows them or not. The canonical form is what stands behind "definition": in the file, so
// to recompute the hash of read_file by hand:
//
//	sed -n 's/^    "read_file": {.*"hash": "[^"]*", "definition": \(.*\)},\{0,1\}$/\1/p' filesystem.json |
//	  tr -d '\n' | openssl dgst -sha256 -binary | base64
//
// A value of the environment that is no secret is "k1:" and the first 32 hexadecimal digits of HMAC-SHA256, with the key in the file
// key of the folder of the state, over the variable's name, "=" and its value; of what looks like a secret only the name is kept. How
// packages, programs and images are hashed says package origin.
//
// # Guarantees
//
// A file whose bytes are not those that this package would write for what it says is refused, with the line of the first difference,
// and so is one whose hashes do not fit, one of a later version, one that others may write to, and a link out of the user's own files.
// Writers take a lock and replace the file as a whole.
//
// # What it does not protect against
//
// Code that runs as the same user can write a pin that fits, as it can change the server. A server that says one thing in its
// definitions and does another is not found out by any hash.
package pin
