package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

const (
	hashSize  = len("h1:") + 2*sha256.Size
	hashIntro = `,"hash":"`
	tailSize  = len(hashIntro) + hashSize + len(`"}`) // what follows the body, without LF
)

// chainHash is the text of a hash: "h1:" and hexadecimal digits.
type chainHash [hashSize]byte

// noHash stands before the first line of every chain.
var noHash = func() (h chainHash) {
	copy(h[:], "h1:")
	for i := 3; i < len(h); i++ {
		h[i] = '0'
	}
	return h
}()

func (h chainHash) String() string { return string(h[:]) }

// A chain is the end of a file of lines: what the next line follows.
type chain struct {
	seq  uint64
	prev chainHash
	work []byte // prev, LF, body, LF: what the hash is computed over
}

// begin returns the buffer to which the body of the next line is appended.
func (c *chain) begin(t time.Time) []byte {
	b := append(c.work[:0], c.prev[:]...)
	b = append(b, "\n{\"time\":\""...)
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","seq":`...)
	return strconv.AppendUint(b, c.seq+1, 10)
}

// end takes the buffer of begin with the finished body and appends the whole line to dst.
func (c *chain) end(dst, b []byte) []byte {
	b = append(b, '\n')
	sum := sha256.Sum256(b)
	dst = append(dst, b[hashSize+1:len(b)-1]...)
	hex.Encode(c.prev[3:], sum[:])
	dst = append(dst, hashIntro...)
	dst = append(dst, c.prev[:]...)
	dst = append(dst, "\"}\n"...)
	c.seq++
	if cap(b) > keepBuffer {
		b = nil
	}
	c.work = b
	return dst
}

// splitLine divides a line, without its LF, into body and hash.
func splitLine(line []byte) (body []byte, hash chainHash, ok bool) {
	if len(line) < tailSize {
		return nil, hash, false
	}
	body, tail := line[:len(line)-tailSize], line[len(line)-tailSize:]
	if !bytes.HasPrefix(tail, []byte(hashIntro)) || !bytes.HasSuffix(tail, []byte(`"}`)) {
		return nil, hash, false
	}
	copy(hash[:], tail[len(hashIntro):])
	for i, c := range hash {
		if i < 3 && c != "h1:"[i] || i >= 3 && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return nil, hash, false
		}
	}
	return body, hash, true
}

// hashOf computes the hash of a body that follows prev.
func hashOf(prev chainHash, body []byte) (h chainHash) {
	w := sha256.New()
	w.Write(prev[:])
	w.Write([]byte{'\n'})
	w.Write(body)
	w.Write([]byte{'\n'})
	copy(h[:], "h1:")
	hex.Encode(h[3:], w.Sum(nil))
	return h
}
