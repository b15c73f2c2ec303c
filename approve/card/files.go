package card

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxFile      = 1 << 20
	maxFileLines = 20_000
	readTime     = 500 * time.Millisecond // for what calls itself a regular file and waits all the same
)

// A target is what stands at a path that a call names.
type target struct {
	exists bool
	what   string // "a folder", "a symlink", "a device"; empty for a regular file
	size   int64
	data   []byte // of a regular file of at most maxFile bytes
	fault  string // why it could not be looked at or read
	binary bool
}

// lookAt tells what stands at a path without opening it.
func lookAt(path string) target {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target{}
	case err != nil:
		return target{fault: reason(err)}
	}
	return target{exists: true, what: kindOf(info.Mode()), size: info.Size()}
}

// read opens a path and gives its content. The path has its symlinks resolved: one that stands there by now is not followed.
func read(path string) target {
	t := lookAt(path)
	switch {
	case !t.exists || t.what != "" || t.fault != "":
		return t
	case ofKernel(path):
		t.fault = "a file of the system's kernel is not read"
		return t
	case t.size > maxFile:
		return t
	}
	f, err := openTarget(path)
	if err != nil {
		t.fault = reason(err)
		return t
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.fault = reason(err)
		return t
	}
	if t.what, t.size = kindOf(info.Mode()), info.Size(); t.what != "" {
		return t
	}
	_ = f.SetReadDeadline(time.Now().Add(readTime)) // most files know none, and do not wait either
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		t.fault = reason(err)
		return t
	}
	if t.size = max(t.size, int64(len(data))); t.size <= maxFile {
		t.data, t.binary = data, isBinary(data)
	}
	return t
}

// ofKernel tells paths below which regular files may be anything but.
func ofKernel(path string) bool {
	path = filepath.ToSlash(path)
	return strings.HasPrefix(path, "/proc/") || strings.HasPrefix(path, "/sys/") || strings.HasPrefix(path, "/dev/")
}

// isBinary tells what is no text to read: NUL bytes, or no UTF-8.
func isBinary(data []byte) bool {
	return bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data)
}

func reason(err error) string {
	var pe *fs.PathError
	switch {
	case errors.As(err, &pe):
		return line(pe.Err.Error())
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "reading it takes too long"
	}
	return line(err.Error())
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return ""
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a symlink"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something that is no file"
}

// describe says what stands at a path, in a few words.
func (t target) describe() string {
	switch {
	case t.fault != "":
		return "cannot be looked at: " + t.fault
	case !t.exists:
		return "there is none yet"
	case t.what != "":
		return t.what
	}
	return fmt.Sprintf("a file of %s bytes", count(int(t.size)))
}

// splitLines gives the lines of a text, and whether the last one ends in a line feed. An empty text has none.
func splitLines(s string) (lines []string, ended bool) {
	if s == "" {
		return nil, true
	}
	rest, ended := strings.CutSuffix(s, "\n")
	return strings.Split(rest, "\n"), ended
}

// hashFile hashes the first bytes of a regular file. Where it has more than limit the error is io.ErrUnexpectedEOF.
func hashFile(path string, limit int) (digest string, n int64, err error) {
	f, err := openTarget(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New("it is no regular file")
	}
	_ = f.SetReadDeadline(time.Now().Add(readTime))
	h := sha256.New()
	if n, err = io.Copy(h, io.LimitReader(f, int64(max(0, limit)))); err == nil && n < info.Size() {
		err = io.ErrUnexpectedEOF
	}
	return hex.EncodeToString(h.Sum(nil)), n, err
}
