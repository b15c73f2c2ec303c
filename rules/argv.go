package rules

import (
	"errors"
	"slices"
	"strings"

	"sallyport/rules/shell"
)

// maxCommandBytes bounds what all command lines of a call take together; the slowest kilobyte takes 1.5 ms.
const maxCommandBytes = 256 << 10

var errManyCommands = errors.New("the call holds too many commands")

// commandsIn gives the commands in a value: strings at keys that hold commands are read as a shell reads them, arrays there are taken
// for argument arrays. A program and its arguments in two members of one object ({"command": "git", "args": ["push"]}) are read both
// as one array and each for itself, since servers do either.
func commandsIn(keys *walk, x any) ([]shell.Command, error) {
	c := commandCollector{keys: keys}
	switch x := x.(type) {
	case string:
		c.line(x)
	case *object:
		c.object(x.raw)
	case []string:
		c.add(shell.Argv(x))
	case []any:
		argv := make([]string, 0, len(x))
		for _, e := range x {
			s, ok := e.(string)
			if !ok {
				return nil, errors.New("an argument array holds strings, not " + kindOf(e))
			}
			argv = append(argv, s)
		}
		c.add(shell.Argv(argv))
	default:
		return nil, errors.New("commands needs args, a part of it or a string, not " + kindOf(x))
	}
	return c.out, c.err
}

type commandCollector struct {
	keys *walk
	out  []shell.Command
	size int
	err  error
}

func (c *commandCollector) add(commands []shell.Command) {
	c.out = append(c.out, commands...)
	if len(c.out) > maxList {
		c.err = errManyCommands
	}
}

// line reads one command line. What all lines of a call take together is bounded, since each is parsed.
func (c *commandCollector) line(text string) {
	if c.size += len(text); c.size > maxCommandBytes {
		c.err = errManyCommands
		return
	}
	c.add(shell.Parse(text))
}

func (c *commandCollector) object(raw []byte) {
	if c.err = c.keys.enter(raw); c.err != nil {
		return
	}
	var programs []string
	var arrays [][]string
	var beside [][]byte
	for it := newIter(raw); c.err == nil; {
		key, val, ok := it.member()
		if !ok {
			break
		}
		m := c.keys.of(key)
		switch {
		case val[0] == '{':
			c.object(val)
		case val[0] == '"' && m.command():
			text := unquote(val)
			c.line(text)
			programs = append(programs, text)
		case val[0] == '[':
			if argv := c.array(val, m.command()); len(argv) > 0 {
				arrays = append(arrays, argv)
				c.ofArray(argv, m)
			}
			if !m.command() && m.path() != contentKey {
				beside = append(beside, val)
			}
		}
	}
	for _, raw := range beside { // {"command": "rm", "params": ["-rf", "/"]}
		if argv := stringsIn(raw); len(programs) > 0 && len(argv) > 0 {
			arrays = append(arrays, argv)
		}
	}
	c.pairs(programs, arrays)
}

// ofArray reads an array at a key that holds a command.
func (c *commandCollector) ofArray(argv []string, m keyMask) {
	if strings.HasPrefix(argv[0], "-") { // arguments of a program that is named elsewhere
		c.add([]shell.Command{{Args: argv}})
	} else {
		c.add(shell.Argv(argv))
	}
	if m.lines() {
		for _, line := range argv {
			c.line(line)
		}
	}
}

// pairs reads programs with the arguments beside them.
func (c *commandCollector) pairs(programs []string, arrays [][]string) {
	for _, a := range arrays {
		// Arguments for a program that the server knows: were it a shell, this would be its script.
		if len(programs) == 0 && len(a[0]) > 1 && a[0][0] == '-' && a[0][1] != '-' && strings.Contains(a[0], "c") {
			c.add(shell.Argv(slices.Concat([]string{"sh"}, a)))
		}
	}
	if len(programs)*len(arrays) > 16 {
		c.err = errManyCommands
		return
	}
	for _, p := range programs {
		for _, a := range arrays {
			c.add(shell.Argv(slices.Concat([]string{p}, a)))
		}
	}
}

// array gives the strings of an array, and looks into the objects of it.
func (c *commandCollector) array(raw []byte, command bool) (argv []string) {
	if c.err = c.keys.enter(raw); c.err != nil {
		return nil
	}
	for it := newIter(raw); c.err == nil; {
		e, ok := it.element()
		if !ok {
			break
		}
		switch e[0] {
		case '"':
			if command {
				argv = append(argv, unquote(e))
			}
		case '{':
			c.object(e)
		case '[':
			if inner := c.array(e, command); len(inner) > 0 {
				c.add(shell.Argv(inner))
			}
		}
	}
	return argv
}

// stringsIn gives the strings of an array.
func stringsIn(raw []byte) (out []string) {
	for it := newIter(raw); ; {
		e, ok := it.element()
		if !ok {
			return out
		}
		if e[0] == '"' {
			out = append(out, unquote(e))
		}
	}
}
