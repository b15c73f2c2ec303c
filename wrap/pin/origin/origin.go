package origin

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// Kinds of an Origin.
const (
	Program    = "program"    // a binary, or a script that starts with "#!"
	Script     = "script"     // a file that an interpreter runs
	Package    = "package"    // an npm package, installed in the Store
	Image      = "image"      // a container image
	Unresolved = "unresolved" // anything else: nothing is verified, Why says so
)

// An Origin is what a command line runs. Equal origins are equal bytes of JSON. The zero value is refused by Prepare.
type Origin struct {
	Kind           string `json:"kind"`
	Path           string `json:"path,omitempty"`            // of a program or script: absolute, symlinks resolved
	Digest         string `json:"digest,omitempty"`          // of a program's or script's bytes ("h1:"), or of an image ("sha256:")
	Package        string `json:"package,omitempty"`         // name; of an image its repository, "" where only a local id is known
	Version        string `json:"version,omitempty"`         // exact
	Spec           string `json:"spec,omitempty"`            // what the command line asked for, blanks between several
	Bin            string `json:"bin,omitempty"`             // entry file, slashes, relative to the package's folder of the store
	Lock           string `json:"lock,omitempty"`            // "h1:" of the canonical lock
	Tree           string `json:"tree,omitempty"`            // "h1:" of the list of files
	Why            string `json:"why,omitempty"`             // unresolved: why nothing was recorded
	Runtime        string `json:"runtime,omitempty"`         // path of the interpreter, never compared
	RuntimeVersion string `json:"runtime_version,omitempty"` // its version at Resolve, never compared
}

// A Command is what to start. Path is absolute; Args[0] is the program's name, as in exec.Cmd.
type Command struct {
	Path string
	Args []string
}

// A Launch is the command as the client's configuration has it: at least one argument, the environment and the working folder
// (absolute) that the server will have.
type Launch struct {
	Args []string
	Env  []string
	Dir  string
}

// Resolved is what Resolve found. Lock is the canonical package-lock.json of a package, nil of everything else; Origin and Lock
// together are what a pin keeps.
type Resolved struct {
	Origin  Origin
	Lock    []byte
	Command Command
}

// A Store keeps installed packages, one folder each, in Dir, which is made private to the user. Find looks a program up in the
// server's PATH and returns its absolute path, symlinks unresolved. Progress, which may be nil, is told what takes long.
//
// The methods may be called concurrently, in several processes too.
type Store struct {
	Dir      string
	Find     func(name string) (path string, err error)
	Progress func(text string)
}

// Changed is Prepare's error where something is not what was accepted. What is "executable", "script", "package", "lock" or "image".
// Name is the path, or name and version of the package. File is the file of a package that differs, relative to its folder of the
// store. Old and New are digests, paths, or short phrases such as "missing".
type Changed struct {
	What, Name, File, Old, New string
}

func (c *Changed) Error() string {
	if c.File != "" {
		return fmt.Sprintf("%s %q is not what was accepted: the file %q was %s and is %s", c.What, c.Name, c.File, c.Old, c.New)
	}
	return fmt.Sprintf("%s %q is not what was accepted: it was %s and is %s", c.What, c.Name, c.Old, c.New)
}

// Resolve finds out what l runs, for a human who is about to accept it. It installs packages, pulls images, and so may use the
// network and take minutes; it ends with ctx. An error says what on the command line was not understood, or what went wrong;
// a command line whose code cannot be recorded is no error but of kind Unresolved.
func (s *Store) Resolve(ctx context.Context, l Launch) (Resolved, error) {
	p, err := parse(l)
	if err != nil {
		return Resolved{}, fmt.Errorf("reading the server's command: %v", err)
	}
	switch p.kind {
	case Program:
		return s.resolveProgram(p)
	case Script:
		return s.resolveScript(ctx, p)
	case Package:
		return s.resolvePackage(ctx, p)
	case Image:
		return s.resolveImage(ctx, p)
	}
	return s.unresolved(p)
}

// Prepare verifies that what o records is what lies on disk and returns the command that starts exactly that. A package whose folder is
// gone is installed again from lock, the bytes that Resolve returned. The error is a *Changed where something differs. What was accepted
// as unresolved is started as l has it.
func (s *Store) Prepare(ctx context.Context, l Launch, o Origin, lock []byte) (Command, error) {
	p, err := parse(l)
	if err != nil {
		return Command{}, fmt.Errorf("reading the server's command: %v", err)
	}
	if o.Kind == Unresolved {
		return s.asIs(p)
	}
	if o.Kind != p.kind {
		return Command{}, &Changed{What: what(p.kind), Name: p.args[0], Old: "of kind " + o.Kind, New: "of kind " + p.kind}
	}
	switch o.Kind {
	case Program:
		return s.prepareProgram(p, o)
	case Script:
		return s.prepareScript(p, o)
	case Package:
		return s.preparePackage(ctx, p, prior{o, lock})
	case Image:
		return s.prepareImage(p, o)
	}
	return Command{}, fmt.Errorf("verifying the server's command: the pin records the unknown kind %q; a later version wrote it", o.Kind)
}

// what is the word that Changed has for a kind.
func what(kind string) string {
	switch kind {
	case Script, Package, Image:
		return kind
	}
	return "executable"
}

func (s *Store) progress(format string, args ...any) {
	if s.Progress != nil {
		s.Progress(fmt.Sprintf(format, args...))
	}
}

func (s *Store) unresolved(p plan) (Resolved, error) {
	c, err := s.asIs(p)
	o := Origin{Kind: Unresolved, Package: p.name, Version: p.version, Spec: p.spec, Why: p.why}
	return Resolved{Origin: o, Command: c}, err
}

// asIs is the command as the configuration has it.
func (s *Store) asIs(p plan) (Command, error) {
	path, err := s.Find(p.launch.Args[0])
	if err != nil {
		return Command{}, err
	}
	return Command{Path: path, Args: slices.Clone(p.launch.Args)}, nil
}

// command puts what stood before the program, "env A=b", in front of c again.
func (s *Store) command(p plan, c Command) (Command, error) {
	if len(p.prefix) == 0 {
		return c, nil
	}
	path, err := s.Find(p.prefix[0])
	if err != nil {
		return Command{}, err
	}
	return Command{Path: path, Args: append(append(slices.Clone(p.prefix), c.Path), c.Args[1:]...)}, nil
}

func (s *Store) resolveProgram(p plan) (Resolved, error) {
	path, digest, err := s.program(p)
	if err != nil {
		return Resolved{}, err
	}
	o := Origin{Kind: Program, Path: path, Digest: digest}
	if words := shebang(path); len(words) > 0 {
		if o.Runtime, err = s.Find(words[0]); err != nil {
			o.Runtime = ""
		}
	}
	c, err := s.prepareProgram(p, o)
	return Resolved{Origin: o, Command: c}, err
}

func (s *Store) program(p plan) (path, digest string, err error) {
	found, err := s.Find(p.args[0])
	if err != nil {
		return "", "", err
	}
	if path, err = filepath.EvalSymlinks(found); err != nil {
		return "", "", fmt.Errorf("resolving the links of %q: %v", found, cause(err))
	}
	digest, err = digestFile(path)
	return path, digest, err
}

func (s *Store) prepareProgram(p plan, o Origin) (Command, error) {
	path, digest, err := s.program(p)
	if err != nil {
		return Command{}, err
	}
	if err := same("executable", o, path, digest); err != nil {
		return Command{}, err
	}
	return s.command(p, Command{Path: path, Args: slices.Clone(p.args)})
}

// same compares what was found with what was accepted.
func same(what string, o Origin, path, digest string) error {
	if path != o.Path {
		return &Changed{What: what, Name: path, Old: fmt.Sprintf("%q", o.Path), New: fmt.Sprintf("%q", path)}
	}
	if digest != o.Digest || digest == "" {
		return &Changed{What: what, Name: path, Old: o.Digest, New: digest}
	}
	return nil
}

var errNoFile = errors.New("does not exist or is no regular file")
