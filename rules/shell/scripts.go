package shell

import "strings"

// runSed judges the scripts of sed, whose "e" runs commands.
func runSed(l *list, i int, args []arg, _ scope) {
	spec := options{"nEruszbe:f:l:i::I::a", "quiet silent regexp-extended expression= file= in-place posix separate sandbox unbuffered null-data line-length= debug follow-symlinks help version"}
	given := false
	var operands []arg
	for len(args) > 0 {
		opts, rest, ok := spec.read(args)
		if !ok {
			l.unknown(i)
			return
		}
		for _, o := range opts {
			switch o.name {
			case "-e", "--expression":
				given = true
				l.sedScript(i, o.value)
			case "-f", "--file":
				given = true
				l.inexact(i)
				if fromStream(o.value) {
					l.unknown(i)
				}
			case "--sandbox":
				return
			}
		}
		if len(rest) == 0 {
			break
		}
		operands = append(operands, rest[0])
		args = rest[1:]
	}
	if !given && len(operands) > 0 {
		l.sedScript(i, operands[0])
	}
}

func (l *list) sedScript(i int, script arg) {
	runs, files := sedRuns(script.text)
	if !script.exact || runs {
		l.unknown(i)
	}
	if files {
		l.inexact(i)
	}
}

// sedRuns says whether a script may run a command, and whether it names files. It
// says the first of all that it does not follow.
func sedRuns(s string) (runs, files bool) {
	for {
		s = strings.TrimLeft(s, " \t\n;{}")
		if s == "" {
			return false, files
		}
		var ok bool
		if s, ok = sedAddress(s); !ok || s == "" {
			return true, files
		}
		cmd := s[0]
		s = s[1:]
		switch {
		case cmd == '{' || cmd == '}':
		case cmd == 's' || cmd == 'y':
			var file bool
			if s, file, ok = sedSubstitute(s, cmd == 's'); !ok {
				return true, files
			}
			files = files || file
		case strings.IndexByte("aicrRwW", cmd) >= 0:
			files = files || strings.IndexByte("rRwW", cmd) >= 0
			for {
				line, rest, _ := strings.Cut(s, "\n")
				s = rest
				if !strings.HasSuffix(line, `\`) || rest == "" {
					break
				}
			}
		case strings.IndexByte(":btT#", cmd) >= 0:
			end := "\n;"
			if cmd == '#' || cmd == ':' {
				end = "\n"
			}
			n := strings.IndexAny(s, end)
			if n < 0 {
				return false, files
			}
			s = s[n:]
		case strings.IndexByte("dDgGhHlnNpPqQxzF=", cmd) >= 0:
			s = strings.TrimLeft(s, " \t0123456789")
			if s != "" && strings.IndexByte("\n;}", s[0]) < 0 {
				return true, files
			}
		default:
			return true, files
		}
	}
}

func sedAddress(s string) (string, bool) {
	for s != "" {
		switch c := s[0]; {
		case c >= '0' && c <= '9', strings.IndexByte("$,!~+ \tIM", c) >= 0:
			s = s[1:]
		case c == '/' || c == '\\':
			if c == '\\' {
				s = s[1:]
			}
			if s == "" {
				return s, false
			}
			var ok bool
			if s, ok = sedSection(s[1:], s[0]); !ok {
				return s, false
			}
		default:
			return s, true
		}
	}
	return s, true
}

// sedSection cuts off what ends with delim. A delimiter in brackets is refused,
// because implementations differ on it.
func sedSection(s string, delim byte) (string, bool) {
	if delim == '\\' || delim == '\n' {
		return s, false
	}
	bracket := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == delim:
			return s[i+1:], !bracket
		case s[i] == '[':
			bracket = true
		case s[i] == ']':
			bracket = false
		}
	}
	return s, false
}

// sedSubstitute cuts off what follows "s" or "y", and says whether its result
// goes to a file.
func sedSubstitute(s string, flags bool) (rest string, file, ok bool) {
	if s == "" {
		return s, false, false
	}
	delim := s[0]
	s, ok = sedSection(s[1:], delim)
	if !ok {
		return s, false, false
	}
	end := replacementEnd(s, delim)
	if end < 0 {
		return s, false, false
	}
	s = s[end+1:]
	for flags && s != "" {
		switch c := s[0]; {
		case strings.IndexByte("gpiImM0123456789", c) >= 0:
			s = s[1:]
		case c == 'w':
			_, rest, _ := strings.Cut(s, "\n")
			return rest, true, true
		case strings.IndexByte("; \t\n}", c) >= 0:
			return s, false, true
		default:
			return s, false, false
		}
	}
	return s, false, true
}

func replacementEnd(s string, delim byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case delim:
			return i
		}
	}
	return -1
}

// runAwk judges the program text of awk.
func runAwk(l *list, i int, args []arg, _ scope) {
	spec := options{"F:v:f:bcCghIkMnNOPrsStVE:e:i:l:W:", "field-separator= assign= file= source= exec= include= load= posix sandbox re-interval traditional csv characters-as-bytes non-decimal-data lint optimize version help"}
	opts, rest, ok := spec.read(args)
	if !ok {
		l.unknown(i)
		return
	}
	given := false
	for _, o := range opts {
		switch o.name {
		case "-f", "--file", "-E", "--exec":
			given = true
			l.inexact(i)
			if fromStream(o.value) {
				l.unknown(i)
			}
		case "-e", "--source":
			given = true
			l.awkProgram(i, o.value)
		case "-i", "-l", "--include", "--load":
			l.unknown(i)
		case "--version", "--help", "-V":
			return
		}
	}
	if !given && len(rest) > 0 {
		l.awkProgram(i, rest[0])
	}
}

func (l *list) awkProgram(i int, program arg) {
	if !program.exact || awkRuns(program.text) {
		l.unknown(i)
	}
	if awkFiles(program.text) {
		l.inexact(i)
	}
}

// awkFiles says whether a program may read or write files that it names itself:
// it has getline, sets ARGV, or redirects what it prints.
func awkFiles(s string) bool {
	if strings.Contains(s, "getline") || strings.Contains(s, "ARGV") {
		return true
	}
	at := strings.Index(s, "print")
	if at < 0 || !strings.Contains(s[at:], ">") {
		return false
	}
	// Where expressions and comments end, and so where strings begin, is not
	// followed here.
	if strings.ContainsAny(s, "/#") {
		return true
	}
	printing, depth := false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			n := replacementEnd(s[i+1:], c)
			if n < 0 {
				return true
			}
			i += n + 1
		case 'p':
			if strings.HasPrefix(s[i:], "print") {
				printing, depth = true, 0
			}
		case ';', '}':
			printing = false
		case '(':
			depth++
		case ')':
			depth--
		case '>':
			if printing && depth <= 0 && !strings.HasPrefix(s[i:], ">=") {
				return true
			}
		}
	}
	return false
}

// awkRuns says whether a program may run a command: it names system, pipes, calls
// a function through a variable or loads a library.
func awkRuns(s string) bool {
	if strings.Contains(s, "system") {
		return true
	}
	if !strings.ContainsAny(s, "|@") {
		return false
	}
	before := byte('\n') // the last character that is no blank
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case ' ', '\t':
			continue
		case '#':
			for i < len(s) && s[i] != '\n' {
				i++
			}
			before = '\n'
			continue
		case '@':
			return true
		case '|':
			if i+1 >= len(s) || s[i+1] != '|' {
				return true
			}
			i++
		case '"', '/':
			// Where a slash divides and where it begins an expression is
			// certain behind these characters only.
			if c == '/' && strings.IndexByte("(,!~&|{};\n", before) < 0 {
				return true
			}
			n := replacementEnd(s[i+1:], c)
			if n < 0 || strings.Contains(s[i+1:i+1+n], "\n") || c == '/' && strings.Contains(s[i:i+1+n], "[") {
				return true
			}
			i += n + 1
		}
		before = c
	}
	return false
}
