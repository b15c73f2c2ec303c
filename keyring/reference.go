package keyring

import (
	"fmt"
	"strings"
	"time"

	"sallyport/rules/scan"
)

// Schemes of references.
const (
	Keyring = "keyring"
	File    = "file"
	Env     = "env"
	Exec    = "exec"
)

// A Reference says where a secret is. Of Exec it has Argv, else Name.
type Reference struct {
	Scheme  string
	Name    string        // of a secret or a variable; the path of a file
	Argv    []string      // a program and its arguments
	TTL     time.Duration // how long the value is good for; 0 for ever
	Timeout time.Duration // how long the program may take; 0 for the usual time
}

// Parse reads a reference. is tells whether text is one: keyring: always, file: and env: with something behind them. An error says that
// it is one that names nothing.
func Parse(text string) (ref Reference, is bool, err error) {
	scheme, rest, ok := strings.Cut(text, ":")
	ref = Reference{Scheme: scheme, Name: rest}
	switch {
	case ok && scheme == Keyring:
		return ref, true, ValidName(rest)
	case ok && (scheme == File || scheme == Env) && rest != "":
		return ref, true, nil
	}
	return Reference{}, false, nil
}

const maxName = 128

// ValidName is an error where a name is none for a secret: it has 1 to 128 letters, digits, and . _ / @ -, and begins with a letter or digit.
func ValidName(name string) error {
	for i := range len(name) {
		c := name[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || strings.IndexByte("._/@-", c) < 0) {
			name = ""
			break
		}
	}
	if name == "" || len(name) > maxName {
		return fmt.Errorf("a secret's name has 1 to %d letters, digits, and . _ / @ -, and begins with a letter or digit", maxName)
	}
	return nil
}

// String is the reference as people write it; what is foreign in it is made visible.
func (r Reference) String() string {
	if r.Scheme == Exec {
		return "exec:" + scan.VisibleLine(strings.Join(r.Argv, " "), 200)
	}
	return r.Scheme + ":" + scan.VisibleLine(r.Name, 200)
}

// Label is what stands for the secret where its value was found: a short name without blanks.
func (r Reference) Label() string {
	switch {
	case r.Scheme == Exec && len(r.Argv) > 0:
		return Exec + "/" + baseOf(r.Argv[0])
	case r.Scheme == File:
		return File + "/" + baseOf(r.Name)
	}
	return r.Name
}

func baseOf(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}
