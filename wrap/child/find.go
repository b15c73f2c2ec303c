package child

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Find looks for the program that command names and returns its absolute path, symbolic links not resolved.
//
// A command with a path separator is a path, relative to our working folder. Any other is searched in the PATH of env
// (what Environment.Build returned), and only when it is not there in the PATH of the user's login shell, which takes up
// to four seconds and runs the user's start files, with an environment made from the account alone. Relative and empty
// elements of PATH are skipped: the working folder can be a cloned repository, and does not choose the program.
//
// loginPath is empty unless the login shell was needed, for the command or for NAME in a script's "#!/usr/bin/env NAME";
// then it is the PATH that the child needs (Environment.Path): the login shell's elements and then the rest of env's.
//
// Every error says what was looked at and what to do. On Windows there is no login shell, and PATHEXT applies. Find
// may be called concurrently.
func Find(command string, env []string) (path, loginPath string, err error) {
	return find(command, env, loginShellPath)
}

func find(command string, env []string, login func() (string, error)) (path, loginPath string, err error) {
	if command == "" || strings.ContainsRune(command, 0) {
		return "", "", fmt.Errorf("finding the server's program: %q names none; write the command after \"--\"", command)
	}
	search := lookup(env, "PATH")
	ask := func(name string) error {
		found, err := login()
		if err != nil {
			return fmt.Errorf("%v; write the absolute path of %q in the entry (\"command -v %s\" in a terminal shows it)", err, name, name)
		}
		loginPath = JoinPath(found, search)
		return nil
	}
	if hasSeparator(command) {
		if path, err = filepath.Abs(command); err == nil {
			path, err = complete(path, env)
		}
		if err == nil {
			err = checkProgram(path)
		}
	} else {
		var misfit error
		path, misfit = inPath(command, search, env)
		if path == "" {
			if path, err = fromLogin(command, env, ask, &loginPath); err != nil && misfit != nil {
				err = fmt.Errorf("%v (besides, %v)", err, misfit)
			}
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("finding the server's program: %v", err)
	}
	if name := envInterpreter(path); name != "" && loginPath == "" {
		if found, _ := inPath(name, search, env); found == "" {
			if _, err := fromLogin(name, env, ask, &loginPath); err != nil {
				return "", "", fmt.Errorf("finding the interpreter of %q: %v", path, err)
			}
		}
	}
	return path, loginPath, nil
}

// fromLogin searches the PATH that ask puts into loginPath.
func fromLogin(name string, env []string, ask func(string) error, loginPath *string) (string, error) {
	if err := ask(name); err != nil {
		return "", fmt.Errorf("%q is not in the client's PATH, and %v", name, err)
	}
	path, misfit := inPath(name, *loginPath, env)
	if path == "" {
		err := fmt.Errorf("%q is neither in the client's PATH nor in that of your login shell; install it, or write its absolute path in the entry", name)
		if misfit != nil {
			err = misfit
		}
		return "", err
	}
	return path, nil
}

// inPath searches one PATH. misfit says what is wrong with the first file of that name when no good one follows.
func inPath(name, search string, env []string) (path string, misfit error) {
	for _, dir := range filepath.SplitList(search) {
		if !filepath.IsAbs(dir) {
			continue
		}
		path, err := complete(filepath.Join(dir, name), env)
		if err != nil || !exists(path) {
			continue
		}
		if err := checkProgram(path); err == nil {
			return path, nil
		} else if misfit == nil {
			misfit = err
		}
	}
	return "", misfit
}

// JoinPath is first's absolute elements and then those of second that are not among them.
func JoinPath(first, second string) string {
	var list []string
	for _, dir := range append(filepath.SplitList(first), filepath.SplitList(second)...) {
		if filepath.IsAbs(dir) && !slices.Contains(list, dir) {
			list = append(list, dir)
		}
	}
	return strings.Join(list, string(filepath.ListSeparator))
}

// lookup is the value of a variable, the last one where there are several.
func lookup(env []string, name string) (value string) {
	for _, v := range env {
		if n, val, ok := split(v); ok && foldName(n) == foldName(name) {
			value = val
		}
	}
	return value
}
