package shell

import "strings"

// setArgs fills Args, Flags and Operands.
func (c *Command) setArgs(args []arg) {
	behind := false
	for _, a := range args {
		if !a.exact || a.braced {
			c.Inexact = true
		}
		if a.hidden {
			continue
		}
		c.Args = append(c.Args, a.text)
		switch {
		case behind || len(a.text) < 2 || a.text[0] != '-':
			c.Operands = append(c.Operands, a.text)
		case a.text == "--":
			behind = true
		default:
			c.addFlag(a)
		}
	}
}

func (c *Command) addFlag(a arg) {
	name, _, valued := strings.Cut(a.text, "=")
	if strings.HasPrefix(a.text, "--") {
		c.Flags = append(c.Flags, name)
		return
	}
	c.Flags = append(c.Flags, a.text)
	if valued {
		c.Flags = append(c.Flags, name)
	}
	if !a.exact || len(a.text) == 2 {
		return
	}
	var seen [128]bool
	for i := 1; i < len(a.text); i++ {
		ch := a.text[i]
		if !isAlnum(ch) {
			return
		}
		if !seen[ch] {
			seen[ch] = true
			c.Flags = append(c.Flags, "-"+string(rune(ch)))
		}
	}
}

func isAlnum(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9'
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// bundle gives the letters of an argument such as "-xzf", up to the first
// character that is none.
func bundle(text string) string {
	if len(text) < 2 || text[0] != '-' || text[1] == '-' {
		return ""
	}
	n := 1
	for n < len(text) && isAlnum(text[n]) {
		n++
	}
	return text[1:n]
}
