// Package guard finds the values of secrets in what comes back from whoever was given them, and takes them out.
//
// # What is found
//
// Of each secret its pieces: the value; of JSON every string in it; of several lines the long ones; of an address the password and the
// parts of the query; and what stands behind "Bearer". A piece counts from 8 bytes on, and not where it is plainly no secret: a path, an
// address, the name of a host or a word. Of each piece these forms, anywhere in a frame or a text:
//
//	as it is
//	escaped as in JSON, in any mix, up to four times over (\u0067, \\u0067, \/, \")
//	escaped as in URLs, in any mix, up to four times over (%67, %2567), with + for blanks
//	base64 and base64url, at each of the three offsets, with or without padding
//	hexadecimal, in upper or lower case
//
// and each of these in the escapes of the others. A form that is split over texts of one frame that follow each other is found too.
// In the place of a form stands ‹secret:NAME›. It is spliced in: no other byte of a frame changes.
//
// # Guarantees
//
// What Text and Frame return holds none of the forms above. Where nothing is found they return the very bytes that they were given. A
// frame stays JSON, and only strings of it that people or models read change (see [Guard.Frame]); one that holds a form elsewhere (in a
// key, a number, binary content, an address, what the protocol reads) is refused. All of it takes time in the length of its input.
//
// # Limits
//
// A server that wants to tell a secret can: reversed, encrypted, compressed, letter by letter, over several frames. The guard stops the
// honest server that prints its environment, an error that holds a header, and the plain wish of a model. Lines that base64 was broken into
// are not put together.
package guard
