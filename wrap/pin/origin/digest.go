package origin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// h1 is the base64 of a SHA-256 sum with the name of the algorithm in front.
func h1(sum []byte) string { return "h1:" + base64.StdEncoding.EncodeToString(sum) }

// digest is h1 of data.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return h1(sum[:])
}

func hexOf(data string) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// sumFile is the SHA-256 sum of a regular file's content. It never waits for a FIFO.
func sumFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", path, cause(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %q: it is no regular file", path)
	}
	buf := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buf)
	h := sha256.New()
	for {
		n, err := f.Read(buf[:])
		h.Write(buf[:n])
		if err == io.EOF {
			return h.Sum(nil), nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %q: %v", path, cause(err))
		}
	}
}

func digestFile(path string) (string, error) {
	sum, err := sumFile(path)
	if err != nil {
		return "", err
	}
	return h1(sum), nil
}

// shebang is the program and the arguments of a file's first line, "#!/usr/bin/env -S node --x" without the env; nil where there is
// none. It is read for what a file is, after its bytes were compared.
func shebang(path string) []string {
	line, ok := strings.CutPrefix(head(path, 512), "#!")
	if !ok {
		return nil
	}
	line, _, _ = strings.Cut(line, "\n")
	words := strings.Fields(line)
	if len(words) > 1 && (words[0] == "/usr/bin/env" || words[0] == "/bin/env") {
		words = words[1:]
		if words[0] == "-S" {
			words = words[1:]
		}
	}
	return words
}

// head is the first bytes of a regular file, at most n, "" where it cannot be read.
func head(path string, n int64) string {
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	data, err := io.ReadAll(io.LimitReader(f, n))
	if err != nil {
		return ""
	}
	return string(data)
}

// cause strips the path that os puts into its errors, since ours name it.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
