package shell

import "strings"

// options says which options a program takes before its operands.
type options struct {
	short string // as for getopt: "n:" takes a value, "d::" an attached one
	long  string // blanks between, "=" behind the names that take a value
}

type option struct {
	name  string // "-n", "--user"
	value arg
}

func has(opts []option, names ...string) bool {
	for _, o := range opts {
		for _, n := range names {
			if o.name == n {
				return true
			}
		}
	}
	return false
}

// read splits args at the first operand. It is not ok when an option is met that
// o does not list, for then nobody knows whether the next word is its value.
func (o options) read(args []arg) (opts []option, rest []arg, ok bool) {
	for len(args) > 0 {
		a := args[0]
		if !a.exact {
			// A word that is no literal might expand to an option.
			return opts, args, a.text != "" && !strings.ContainsAny(a.text[:1], "-$`*?{[<\"'\\")
		}
		if len(a.text) < 2 || a.text[0] != '-' {
			return opts, args, true
		}
		args = args[1:]
		if a.text == "--" {
			return opts, args, true
		}
		var more []option
		if strings.HasPrefix(a.text, "--") {
			more, args, ok = o.readLong(a.text, args)
		} else {
			more, args, ok = o.readShort(a.text[1:], args)
		}
		if !ok {
			return opts, args, false
		}
		opts = append(opts, more...)
	}
	return opts, nil, true
}

func (o options) readLong(text string, args []arg) ([]option, []arg, bool) {
	name, value, attached := strings.Cut(text, "=")
	for known := range strings.FieldsSeq(o.long) {
		bare, valued := strings.CutSuffix(known, "=")
		if bare != name[2:] {
			continue
		}
		opt := option{name, arg{text: value, exact: true}}
		if valued && !attached {
			if len(args) == 0 {
				return nil, nil, false
			}
			opt.value, args = args[0], args[1:]
		}
		return []option{opt}, args, true
	}
	return nil, nil, false
}

func (o options) readShort(letters string, args []arg) ([]option, []arg, bool) {
	var opts []option
	for i := 0; i < len(letters); i++ {
		at := strings.IndexByte(o.short, letters[i])
		if at < 0 || letters[i] == ':' {
			return nil, nil, false
		}
		opt := option{name: "-" + letters[i:i+1]}
		after := o.short[at+1:]
		if !strings.HasPrefix(after, ":") {
			opts = append(opts, opt)
			if len(opts) > maxFrom {
				return nil, nil, false
			}
			continue
		}
		opt.value = arg{text: letters[i+1:], exact: true}
		if opt.value.text == "" && !strings.HasPrefix(after, "::") {
			if len(args) == 0 {
				return nil, nil, false
			}
			opt.value, args = args[0], args[1:]
		}
		return append(opts, opt), args, true
	}
	return opts, args, true
}
