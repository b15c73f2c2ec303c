package audit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"

	"sallyport/wrap/file"
)

const keySize = 32

// A Digester computes digests without allocating. It is for one goroutine.
type Digester struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

func newDigester(key []byte) *Digester { return &Digester{mac: hmac.New(sha256.New, key)} }

// Sum returns the digest of b.
func (d *Digester) Sum(b []byte) Digest {
	d.mac.Reset()
	d.mac.Write(b)
	d.mac.Sum(d.sum[:0])
	return Digest(d.sum[:len(Digest{})])
}

// String returns "k1:" and 32 hexadecimal digits, or "" for no digest.
func (d Digest) String() string {
	if d == (Digest{}) {
		return ""
	}
	return "k1:" + hex.EncodeToString(d[:])
}

// folderKey reads the key of the folder, or makes it. The caller holds the folder's lock.
func folderKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, "key")
	key, err := file.ReadFile(path, keySize)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, keySize)
		rand.Read(key)
		return key, file.WriteFile(path, key, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("reading %q: it has %d bytes in place of %d; remove it to get a new one (digests of old sessions cannot be compared then)",
			path, len(key), keySize)
	}
	if info, err := os.Stat(path); err == nil && private(info) != nil {
		return nil, fmt.Errorf("reading %q: others can read it; run: chmod 600 %q", path, path)
	}
	return key, nil
}
