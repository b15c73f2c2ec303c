package client

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxGitIndex bounds what is read of a repository's index, in bytes.
const maxGitIndex = 256 << 20

// Tracked reports whether git tracks a file. It looks into the index itself: git would do what the configuration of the repository says,
// and that may have come with it. Where the index is in a form that cannot be looked through, the answer is yes.
func Tracked(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return true
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if index, ok := gitIndex(dir); ok {
			rel, err := filepath.Rel(dir, path)
			return err != nil || inIndex(index, filepath.ToSlash(rel))
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

// gitIndex is the index of the working tree whose top folder this is.
func gitIndex(dir string) (path string, ok bool) {
	dot := filepath.Join(dir, ".git")
	info, err := os.Stat(dot)
	if err != nil {
		return "", false
	}
	if info.IsDir() {
		return filepath.Join(dot, "index"), true
	}
	// A working tree besides the main one, or a submodule: the file says where its folder is.
	text, err := os.ReadFile(dot)
	if target, found := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: "); err == nil && found {
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		return filepath.Join(target, "index"), true
	}
	return "", false
}

// inIndex looks for a path in an index. Its form is documented in gitformat-index: versions 2 and 3 hold whole paths, each ended by NUL.
func inIndex(index, path string) bool {
	info, err := os.Stat(index)
	if errors.Is(err, fs.ErrNotExist) {
		return false // nothing was ever added
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxGitIndex {
		return true
	}
	data, err := os.ReadFile(index)
	if err != nil || len(data) < 12 || string(data[:4]) != "DIRC" || data[7] < 2 || data[7] > 3 || bytes.Contains(data, []byte("link\x00\x00")) {
		return true
	}
	// Another path may end so; and some systems do not tell upper case from lower. Both only mean that a file is left alone.
	return bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(path)+"\x00"))
}
