package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sallyport/rules/scan"
	"sallyport/wrap/file"
)

// A Resolver finds the values of references. It may be used concurrently.
type Resolver struct {
	Store   Store                                      // where keyring:NAME is kept
	Environ []string                                   // "NAME=value", for env:
	Home    string                                     // for "~"
	Program func(name string) (path string, err error) // where a program is
	Exec    []string                                   // the environment of programs
}

const (
	maxFile = 64 << 10
	// maxValue is how long a value may be: systems take about this much in an environment.
	maxValue = 120 << 10
)

// Resolve reads all references at once. The error has a line for each that has no value, with what to type, and none has a value.
func (r Resolver) Resolve(ctx context.Context, refs []Reference) ([]Value, error) {
	values, errs := make([]Value, len(refs)), make([]error, len(refs))
	var all sync.WaitGroup
	for i, ref := range refs {
		all.Go(func() {
			v, err := r.one(ctx, ref)
			switch {
			case err != nil:
				err = fmt.Errorf("the secret %s: %w", ref, err)
			case v.Len() == 0:
				err = fmt.Errorf("the secret %s is empty", ref)
			case v.Len() > maxValue:
				err = fmt.Errorf("the secret %s is longer than %d bytes", ref, maxValue)
			case bytes.IndexByte(v.bytes(), 0) >= 0:
				err = fmt.Errorf("the secret %s holds a NUL byte, which no variable can", ref)
			}
			values[i], errs[i] = v, err
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		for i := range values {
			values[i].Clear()
		}
		return nil, err
	}
	return values, nil
}

func (r Resolver) one(ctx context.Context, ref Reference) (Value, error) {
	switch ref.Scheme {
	case Keyring:
		if err := ValidName(ref.Name); err != nil {
			return Value{}, err
		}
		if r.Store == nil {
			return Value{}, ErrNoKeyring
		}
		ctx, cancel := context.WithTimeout(ctx, usualTime)
		defer cancel()
		v, err := r.Store.Get(ctx, ref.Name)
		if errors.Is(err, ErrNotFound) {
			return Value{}, fmt.Errorf("%w; run \"sallyport secret set %s\" in a terminal", err, ref.Name)
		}
		return v, err
	case File:
		return r.file(ref.Name)
	case Env:
		return r.variable(ref.Name)
	case Exec:
		return r.exec(ctx, ref)
	}
	return Value{}, errors.New("nobody knows where that is")
}

func (r Resolver) file(path string) (Value, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(r.Home, rest)
	}
	if !filepath.IsAbs(path) {
		return Value{}, errors.New("write a path that begins with / or ~/: where a client starts us nobody knows")
	}
	b, err := privateFile(path)
	if err != nil {
		return Value{}, err
	}
	b, _ = bytes.CutSuffix(b, []byte("\n"))
	b, _ = bytes.CutSuffix(b, []byte("\r"))
	return NewValue(b), nil
}

// privateFile reads a file that nobody else may read.
func privateFile(path string) ([]byte, error) {
	b, err := file.ReadFile(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %q", path)
	}
	if err != nil {
		return nil, err
	}
	if others, err := readableByOthers(path); err != nil || others {
		clear(b)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("others can read %q: run chmod 600 %q", path, path)
	}
	return b, nil
}

func (r Resolver) variable(name string) (Value, error) {
	for i := len(r.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(r.Environ[i], name+"="); ok {
			return NewValue([]byte(value)), nil
		}
	}
	return Value{}, errors.New("the client has not set that variable")
}

// limited keeps the first bytes that are written to it, and notes that there were more.
type limited struct {
	b    []byte
	most int
	over bool
	full func() // called once when there are more
}

func (l *limited) Write(b []byte) (int, error) {
	if room := l.most - len(l.b); len(b) > room {
		l.b = append(l.b, b[:room]...)
		if !l.over {
			l.over = true
			l.full()
		}
		return len(b), nil
	}
	l.b = append(l.b, b...)
	return len(b), nil
}

func (r Resolver) exec(ctx context.Context, ref Reference) (Value, error) {
	if len(ref.Argv) == 0 {
		return Value{}, errors.New("it names no program")
	}
	limit := ref.Timeout
	if limit <= 0 {
		limit = usualTime
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < limit {
		limit = time.Until(end).Round(100 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	path, err := r.Program(ref.Argv[0])
	if err != nil {
		return Value{}, fmt.Errorf("there is no program %q: install it, or write its whole path", ref.Argv[0])
	}
	out := &limited{most: maxFile, full: cancel}
	said := &limited{most: 4 << 10, full: func() {}}
	cmd := program(ctx, path, ref.Argv)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = r.Exec, out, said, time.Second
	cmd.Dir = r.Home
	err = cmd.Run()
	defer clear(out.b)
	switch {
	case out.over:
		return Value{}, fmt.Errorf("it prints more than %d bytes", maxFile)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Value{}, fmt.Errorf("it has not answered within %v; run it in a terminal, it may want to be unlocked (timeout: gives it longer)", limit)
	case err != nil:
		return Value{}, fmt.Errorf("it ended with %v%s; run it in a terminal", err, lastLine(said.b, out.b))
	}
	value := bytes.TrimRight(out.b, "\r\n")
	if len(value) == 0 {
		return Value{}, errors.New("it prints nothing; run it in a terminal")
	}
	return NewValue(bytes.Clone(value)), nil
}

// lastLine is what a program said last, unless that may be the secret: it printed something besides.
func lastLine(said, printed []byte) string {
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if last == "" || len(bytes.TrimSpace(printed)) > 0 {
		return ""
	}
	if len(scan.Secrets(last)) > 0 {
		return ""
	}
	return ": " + scan.VisibleLine(last, 200)
}
