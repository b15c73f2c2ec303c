package child

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// reason is the bare cause of a path error, whose path the caller names itself.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// checkProgram says why the file at path cannot be a program, in words that end in what to do.
func checkProgram(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if target, err := os.Readlink(path); err == nil {
			return fmt.Errorf("%q is a symbolic link to %q, which does not exist; install the program again", path, target)
		}
		return fmt.Errorf("%q does not exist; correct the path or install the program", path)
	}
	if err != nil {
		return fmt.Errorf("looking at %q: %v", path, reason(err))
	}
	if info.IsDir() {
		return fmt.Errorf("%q is a folder, not a program; name the program in it", path)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%q is no regular file; name a program", path)
	}
	if !mayExecute(path) {
		return fmt.Errorf("%q is not executable; run \"chmod +x %s\" if it is a program", path, path)
	}
	interpreter, _, ok := shebang(path)
	if !ok {
		return nil
	}
	if strings.HasSuffix(interpreter, "\r") {
		return fmt.Errorf("%q: its first line ends in CR LF, so its interpreter %q is not found; save it with LF line ends", path, interpreter)
	}
	if info, err := os.Stat(interpreter); err != nil || info.IsDir() {
		return fmt.Errorf("%q: its interpreter %q does not exist; install that, or correct the first line", path, interpreter)
	}
	if !mayExecute(interpreter) {
		return fmt.Errorf("%q: its interpreter %q is not executable", path, interpreter)
	}
	return nil
}

// shebang reads the "#!" line of a script: its interpreter and what follows that. ok is false for any other file, and
// for one that may be executed but not read.
func shebang(path string) (interpreter, rest string, ok bool) {
	line := firstBytes(path, 256)
	if !bytes.HasPrefix(line, []byte("#!")) {
		return "", "", false
	}
	line, _, _ = bytes.Cut(line[2:], []byte("\n"))
	interpreter, rest, _ = strings.Cut(strings.Trim(string(line), " \t"), " ")
	if before, after, tab := strings.Cut(interpreter, "\t"); tab {
		interpreter, rest = before, after+" "+rest
	}
	return interpreter, strings.Trim(rest, " \t"), interpreter != ""
}

// envInterpreter is the NAME of a script that begins with "#!/usr/bin/env NAME": one more program to be found in PATH.
func envInterpreter(path string) string {
	interpreter, rest, ok := shebang(path)
	if !ok || filepath.Base(interpreter) != "env" {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(rest, "-S "), " ")
	if name == "" || strings.ContainsAny(name, "-=/\r\"'$\\") {
		return "" // a form of env that needs env itself to understand
	}
	return name
}

func firstBytes(path string, n int) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, n)
	n, _ = io.ReadFull(f, b) // a short file is no error here
	return b[:n]
}
