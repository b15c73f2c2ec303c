package rules

import (
	"errors"
	"strings"
)

// maxCommand bounds what patterns run over: they take about 0.1 s per MiB.
const maxCommand = 1 << 20

var errLongCommand = errors.New("a command line is longer than 1 MiB")

// commandLines gives the strings at keys that hold commands, the elements of an
// argument array joined by blanks. A line with quotes, backslashes or $IFS comes a
// second time as a shell would read its words.
func (f *frame) commandLines(v any) (any, error) {
	if v != any(f.Args) {
		return commandsOf(&f.keys, v)
	}
	if !f.commands.done {
		f.commands.val, f.commands.err = commandsOf(&f.keys, v)
		f.commands.done = true
	}
	return f.commands.val, f.commands.err
}

func commandsOf(keys *walk, v any) ([]string, error) {
	var out []string
	add := func(line string) error {
		if len(line) > maxCommand {
			return errLongCommand
		}
		out = append(out, line)
		if bare := unquotedWords(line); bare != line {
			out = append(out, bare)
		}
		if len(out) > maxList {
			return errLongList
		}
		return nil
	}
	var err error
	switch v := v.(type) {
	case string:
		err = add(v)
	case *object:
		err = eachCommand(keys, v.raw, add)
	default:
		err = errors.New("commandLines needs args, an object of it or a string")
	}
	return out, err
}

func eachCommand(keys *walk, raw []byte, add func(string) error) error {
	if err := keys.enter(raw); err != nil {
		return err
	}
	for it := newIter(raw); ; {
		key, val, ok := it.member()
		if !ok {
			return nil
		}
		if err := commandValue(keys, val, keys.of(key).text(), add); err != nil {
			return err
		}
	}
}

func commandValue(keys *walk, val []byte, command bool, add func(string) error) error {
	switch {
	case val[0] == '{':
		return eachCommand(keys, val, add)
	case val[0] == '"' && command:
		return add(unquote(val))
	case val[0] != '[':
		return nil
	}
	if err := keys.enter(val); err != nil {
		return err
	}
	var line []string
	for it := newIter(val); ; {
		e, ok := it.element()
		if !ok {
			break
		}
		if e[0] == '"' && command {
			line = append(line, unquote(e))
		} else if err := commandValue(keys, e, command, add); err != nil {
			return err
		}
	}
	if line == nil {
		return nil
	}
	return add(strings.Join(line, " "))
}

var ifs = strings.NewReplacer("${IFS}", " ", "$IFS", " ", `"`, "", "'", "", `\`, "", "`", " ")

func unquotedWords(line string) string {
	if !strings.ContainsAny(line, "\"'\\`$") {
		return line
	}
	return ifs.Replace(line)
}
