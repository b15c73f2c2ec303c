package rules

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/expr-lang/expr"

	"sallyport/rules/shell"
	"sallyport/rules/sql"
)

// Function describes one function that expressions may call.
type Function struct {
	Name    string
	Usage   string // "under(path, folder)"
	Doc     string
	Example string // a `when:`

	min, max     int
	onlyLiterals bool
	// literals makes the constant that stands for a literal second argument.
	literals func([]string) (any, error)
	run      func(f *frame, args []any) (any, error)
	// outer is the type as rule authors see it, inner as compiled: with the
	// frame, and constants in place of literals.
	outer, inner []any
}

var plainFunctions = []*Function{
	{
		Name: "paths", Usage: "paths(x)", min: 1, max: 1,
		Doc: "Every path in x (args, a part of it, or a string): strings at keys that name paths, strings that begin " +
			"like one, file: URIs; never contents. Absolute, with ~ and .. resolved, once as written and once " +
			"with symlinks resolved where that differs.",
		Example: `any(paths(args), under(#, "~/.ssh"))`,
		run:     func(f *frame, a []any) (any, error) { return f.pathsOf(a[0]) },
		outer:   []any{new(func(any) []string)}, inner: []any{new(func(*frame, any) []string)},
	},
	{
		Name: "under", Usage: "under(path, folder or [folders])", min: 2, max: 2,
		Doc: "Whether path is one of the folders or below one. Components are compared, symlinks resolved, case " +
			"ignored. A folder that begins with neither / nor ~ nor . is one of that name anywhere. A path that is " +
			"below by only some of its readings (a symlink leads out) is an error, hence a denial.",
		Example:  `under(args.path, ["~/work", "/tmp"])`,
		literals: dirLiterals, run: runUnder,
		outer: []any{new(func(string, string) bool), new(func(string, []string) bool), new(func(string, []any) bool)},
		inner: []any{new(func(*frame, string, *dirSet) bool), new(func(*frame, string, string) bool)},
	},
	{
		Name: "named", Usage: "named(path, pattern or [patterns])", min: 2, max: 2,
		Doc: "Whether the last component of path matches one of the patterns (*, ?, [a-z]); case, trailing dots and " +
			"blanks are ignored. Patterns are literals.",
		Example:  `any(paths(args), named(#, [".env*", "*.pem"]))`,
		literals: func(p []string) (any, error) { return newNameSet(p) }, onlyLiterals: true, run: runNamed,
		outer: []any{new(func(string, string) bool), new(func(string, []string) bool), new(func(string, []any) bool)},
		inner: []any{new(func(*frame, string, *nameSet) bool)},
	},
	{
		Name: "base", Usage: "base(path)", min: 1, max: 1,
		Doc:     "The last component of path.",
		Example: `any(paths(args), base(#) == "Makefile")`,
		run: func(_ *frame, a []any) (any, error) {
			p, err := text(a[0])
			return path.Base(slashed(p)), err
		},
		outer: []any{new(func(string) string)}, inner: []any{new(func(*frame, string) string)},
	},
	{
		Name: "arg", Usage: `arg("name", default)`, min: 2, max: 2,
		Doc:     "The argument of that name, or default where it is absent or null.",
		Example: `arg("force", false) == true`,
		run:     runArg,
		outer:   []any{new(func(string, any) any)}, inner: []any{new(func(*frame, string, any) any)},
	},
	{
		Name: "size", Usage: "size(x)", min: 1, max: 1,
		Doc:     "Bytes of a string (UTF-8), or of args or an object as written in the frame.",
		Example: `size(args) > 100000`,
		run:     func(_ *frame, a []any) (any, error) { return sizeOf(a[0]) },
		outer:   []any{new(func(any) int)}, inner: []any{new(func(*frame, any) int)},
	},
	{
		Name: "commandLines", Usage: "commandLines(x)", min: 1, max: 1,
		Doc: "The strings at keys that hold commands or scripts, argument arrays joined by blanks; a line with " +
			"quotes, backslashes or $IFS a second time without them. No shell is imitated: what a line computes " +
			"is not seen.",
		Example: `any(commandLines(args), # matches "\\bgit\\b.*--force")`,
		run:     func(f *frame, a []any) (any, error) { return f.commandLines(a[0]) },
		outer:   []any{new(func(any) []string)}, inner: []any{new(func(*frame, any) []string)},
	},
	{
		Name: "secretFields", Usage: "secretFields(x)", min: 1, max: 1,
		Doc: "Names of the fields of an elicitation form that ask for a secret by name, title, description or " +
			"format; \"message\" where the message asks.",
		Example: `len(secretFields(args)) > 0`,
		run:     func(_ *frame, a []any) (any, error) { return secretFields(a[0]) },
		outer:   []any{new(func(any) []string)}, inner: []any{new(func(*frame, any) []string)},
	},
}

var functions = slices.Concat(plainFunctions, exactFunctions, languageFunctions)

// Functions lists what expressions may call, besides the builtins all, any, none, one, filter, map, len, lower, upper, trim,
// trimPrefix, trimSuffix, split, join, hasPrefix, hasSuffix, indexOf, min, max and abs.
func Functions() []Function {
	out := make([]Function, len(functions))
	for i, f := range functions {
		out[i] = *f
	}
	return out
}

func functionNamed(name string) *Function {
	for _, f := range functions {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func functionNames() []string {
	var names []string
	for _, f := range functions {
		names = append(names, f.Name)
	}
	return append(append(names, plainBuiltins...), predicateBuiltins...)
}

func functionOptions() []expr.Option {
	var opts []expr.Option
	for _, f := range functions {
		opts = append(opts,
			expr.Function(f.Name, func(...any) (any, error) { return nil, errors.New("unreachable") }, f.outer...),
			expr.Function("."+f.Name, func(p ...any) (any, error) { return f.run(p[0].(*frame), p[1:]) }, f.inner...))
	}
	for name, run := range map[string]func(*frame, []any) (any, error){"under": runUnderOwn, "named": runNamedOwn} {
		opts = append(opts, expr.Function(ownName(name), func(p ...any) (any, error) { return run(p[0].(*frame), p[1:]) }, functionNamed(name).inner...))
	}
	return append(opts,
		expr.Function(fnGet, func(p ...any) (any, error) { return get(p[0], p[1], false) }, new(func(any, any) any)),
		expr.Function(fnGetNull, func(p ...any) (any, error) { return get(p[0], p[1], true) }, new(func(any, any) any)),
		expr.Function(fnVal, func(p ...any) (any, error) { return notNull(p[0]) }, new(func(any) any)),
		expr.Function(fnEqual, func(p ...any) (any, error) { return equal(p[0], p[1]) }, new(func(any, any) bool)),
		expr.Function(fnIn, func(p ...any) (any, error) { return p[0].(*frame).in(p[1], p[2]) }, new(func(any, any, any) bool)),
		expr.Function(fnList, func(p ...any) (any, error) { return p[1], p[0].(*frame).chargeList(p[1]) },
			new(func(any, []shell.Command) []shell.Command), new(func(any, []sql.Statement) []sql.Statement), new(func(any, any) any)),
		expr.Function(fnStrings, func(p ...any) (any, error) { return p[1], p[0].(*frame).chargeList(p[1]) }, new(func(any, []string) []string)),
		expr.Function(fnAll, func(p ...any) (any, error) { return p[1], p[0].(*frame).notVacuous(p[1]) },
			new(func(any, []shell.Command) []shell.Command), new(func(any, []sql.Statement) []sql.Statement), new(func(any, any) any)),
		expr.Function(fnAllStrings, func(p ...any) (any, error) { return p[1], p[0].(*frame).notVacuous(p[1]) }, new(func(any, []string) []string)),
		expr.Function(fnSplit, func(p ...any) (any, error) { return split(p[0], p[1]) }, new(func(string, string) []string)),
		expr.Function(fnMatches, func(p ...any) (any, error) { return matches(p[0], p[1].(*pattern)) }, new(func(string, *pattern) bool)),
		expr.Function(fnText, func(p ...any) (any, error) { return p[0].(*answer).text() }, new(func(any) string)),
		expr.Function(fnData, func(p ...any) (any, error) { return p[0].(*answer).structured() }, new(func(any) any)),
		expr.Function(fnError, func(p ...any) (any, error) { return p[0].(*answer).failed() }, new(func(any) bool)),
	)
}

func dirLiterals(dirs []string) (any, error) {
	for _, d := range dirs {
		if d == "" || !rooted(d) && path.Clean(slashed(d)) == "." {
			return nil, errors.New("under needs the name of a folder")
		}
	}
	return &dirSet{dirs}, nil
}

func runUnder(f *frame, a []any) (any, error)    { return f.runUnder(a, f.each) }
func runUnderOwn(f *frame, a []any) (any, error) { return f.runUnder(a, f.own) }
func runNamed(f *frame, a []any) (any, error)    { return f.runNamed(a, f.each) }
func runNamedOwn(f *frame, a []any) (any, error) { return f.runNamed(a, f.own) }

// meaningsOf asks a test about a path in all that it may mean: frame.each or frame.own.
type meaningsOf func(path string, test func(item) bool) (bool, error)

func (f *frame) runUnder(a []any, each meaningsOf) (any, error) {
	p, err := text(a[0])
	if err != nil {
		return nil, err
	}
	return f.under(p, a[1], each)
}

func (f *frame) runNamed(a []any, each meaningsOf) (any, error) {
	p, err := text(a[0])
	if err != nil {
		return nil, err
	}
	set := a[1].(*nameSet)
	return each(p, func(it item) bool { return f.isNamed(set, it) })
}

func runArg(f *frame, a []any) (any, error) {
	name, err := text(a[0])
	if err != nil {
		return nil, err
	}
	if v, _, err := f.args.value(name); v != nil || err != nil {
		return v, err
	}
	return a[1], nil
}

func sizeOf(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return len(v), nil
	case *object:
		return len(v.raw), nil
	}
	return nil, fmt.Errorf("size needs a string or an object, not %s", kindOf(v))
}

func text(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	return "", fmt.Errorf("a string is needed, not %s", kindOf(v))
}

func matches(v any, p *pattern) (any, error) {
	s, err := text(v)
	if err != nil {
		return nil, err
	}
	return p.compiled().MatchString(s), nil
}

func split(v, sep any) (any, error) {
	s, err := text(v)
	if err != nil {
		return nil, err
	}
	by, err := text(sep)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(s, by, maxList+1)
	if len(parts) > maxList {
		return nil, errLongList
	}
	return parts, nil
}
