package rules

import (
	"errors"
	"slices"
	"strings"

	"sallyport/rules/shell"
)

// Where a relative path starts is said by other arguments (cwd, base) and by the commands themselves (cd, -C): "cd ~; cat .ssh/id_rsa"
// names no path that a rule knows until both are put together. So relative paths are placed below each of those folders too, as below
// the working folder. Which of them the server means is unknown; all count.

// maxStarts bounds the folders of one frame.
const maxStarts = 32

var errManyStarts = errors.New("the call names too many folders to start from")

// findStarts gathers the folders that the arguments name, once for a frame. One may start from another, in the order in which they stand
// or in the other one.
func (f *frame) findStarts() error {
	if f.startsDone {
		return f.startsErr
	}
	f.startsDone = true
	var dirs []string
	if dirs, f.startsErr = f.foldersOfArgs(); f.startsErr != nil || len(dirs) == 0 {
		return f.startsErr
	}
	there, err := f.chain(dirs)
	if err == nil && len(dirs) > 1 {
		slices.Reverse(dirs)
		var back []string
		back, err = f.chain(dirs)
		there = append(there, back...)
	}
	f.starts, f.startsErr = there, err
	return err
}

// foldersOfArgs gives the words that name folders: those of the arguments, then those of the commands.
func (f *frame) foldersOfArgs() (dirs []string, err error) {
	if dirs, err = f.foldersIn(f.args.raw, nil); err != nil {
		return nil, err
	}
	commands, err := f.commandsOfArgs()
	for i := range commands {
		dirs = append(dirs, foldersNamed(&commands[i])...)
		if len(dirs) > maxStarts {
			return nil, errManyStarts
		}
	}
	return dirs, err
}

func (f *frame) foldersIn(raw []byte, dirs []string) ([]string, error) {
	if err := f.keys.enter(raw); err != nil {
		return nil, err
	}
	for it := newIter(raw); ; {
		key, val, ok := it.member()
		if !ok {
			return dirs, nil
		}
		var err error
		switch {
		case val[0] == '{':
			dirs, err = f.foldersIn(val, dirs)
		case val[0] == '"' && f.keys.of(key).any&folderWord != 0:
			dirs = append(dirs, unquote(val))
		}
		if err == nil && len(dirs) > maxStarts {
			err = errManyStarts
		}
		if err != nil {
			return nil, err
		}
	}
}

// chain gives the folders that the words come to when each starts from all before it.
func (f *frame) chain(dirs []string) ([]string, error) {
	f.starts = nil
	for _, dir := range dirs {
		if err := f.addStart(dir); err != nil {
			return nil, err
		}
	}
	return f.starts, nil
}

// commandsOfArgs gives the commands whatever kind of rule asks: what is kept for the frame must not depend on that.
func (f *frame) commandsOfArgs() ([]shell.Command, error) {
	defer func(allowing bool) { f.allowing = allowing }(f.allowing)
	f.allowing = false
	val, err := f.list(commandList, f.Args)
	commands, _ := val.([]shell.Command)
	return commands, err
}

// foldersNamed gives the folders that a command goes to before it opens what it names.
func foldersNamed(c *shell.Command) (dirs []string) {
	if c.Name == "cd" || c.Name == "pushd" || c.Name == "chdir" {
		if len(c.Operands) == 0 {
			return []string{"~"}
		}
		return c.Operands[:1]
	}
	for i, a := range c.Args {
		value := ""
		switch {
		case a == "-C" || a == "--directory" || a == "--chdir" || a == "--cwd" || a == "--prefix" || a == "--work-tree":
			if i+1 < len(c.Args) {
				value = c.Args[i+1]
			}
		case strings.HasPrefix(a, "-C") && !strings.HasPrefix(a, "--"):
			value = a[2:]
		default:
			for _, option := range []string{"--directory=", "--chdir=", "--cwd=", "--prefix=", "--work-tree="} {
				if rest, ok := strings.CutPrefix(a, option); ok {
					value = rest
				}
			}
		}
		if value != "" {
			dirs = append(dirs, value)
		}
	}
	return dirs
}

func (f *frame) addStart(dir string) error {
	dir = strings.ReplaceAll(dir, `"`, "")
	if dir == "" || len(dir) > maxWord || strings.Contains(dir, "\n") || address(dir) {
		return nil
	}
	forms, err := f.meanings(dir)
	if err != nil {
		return err
	}
	for _, form := range forms {
		known := false
		for _, s := range f.starts {
			known = known || s == form
		}
		if known {
			continue
		}
		if len(f.starts) == maxStarts {
			return errManyStarts
		}
		f.starts = append(f.starts, form)
	}
	return nil
}
