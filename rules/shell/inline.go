package shell

import "strings"

// interpreter says with which options a program takes code from its arguments.
type interpreter struct {
	letters string // in a bundle: "-ne"
	long    string // whole options, and sub-commands, blanks around each
	args    string // letters that take a value, so that what follows is none
}

var interpreters = map[string]interpreter{
	"python": {letters: "c", args: "mWXQ"}, "pypy": {letters: "c", args: "mWX"}, "ipython": {letters: "c", long: " --command ", args: "m"},
	"node": nodeInline, "nodejs": nodeInline, "tsx": nodeInline, "ts-node": nodeInline,
	"deno": {long: " eval repl "}, "bun": {letters: "ep", long: " --eval --print repl exec "},
	"perl": {letters: "eEdD", args: "MmIxFCil0"}, "ruby": {letters: "e", args: "rICEFTxKWi0"},
	"php": {letters: "rRBEa", long: " --run --process-begin --process-code --process-end ", args: "cdfzFtS"},
	"lua": {letters: "e", args: "l"}, "luajit": {letters: "ej", args: "l"},
	"r": {letters: "e"}, "rscript": {letters: "e"}, "julia": {letters: "eEp", long: " --eval --print "},
	"elixir": {letters: "e", long: " --eval --rpc-eval "}, "erl": {long: " -eval -s -run "},
	"scala": {letters: "e"}, "groovy": {letters: "e"}, "osascript": {letters: "e"}, "tclsh": {}, "wish": {},
	"guile": {letters: "c"}, "sbcl": {long: " --eval --load "}, "clojure": {letters: "eM"}, "clj": {letters: "eM"}, "swipl": {letters: "gt"}, "jshell": {}, "ghci": {letters: "e"}, "racket": {letters: "e"}, "ocaml": {letters: "e"},
	"sqlite3": {}, "psql": {}, "mysql": {}, "mariadb": {},
}

var nodeInline = interpreter{letters: "ep", long: " --eval --print --interactive -i ", args: "rC"}

// interpreterName strips versions: "python3.12" is python.
func interpreterName(name string) string {
	bare := strings.TrimRight(name, "0123456789.")
	bare = strings.TrimSuffix(bare, "-")
	if _, ok := interpreters[name]; ok {
		return name
	}
	return bare
}

func isInterpreter(name string) bool {
	_, ok := interpreters[interpreterName(name)]
	return ok
}

func readsScripts(name string) bool {
	switch name {
	case "source", ".", "sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "make", "awk", "gawk", "sed":
		return true
	}
	return isInterpreter(name)
}

func runInterpreter(l *list, i int, args []arg, sc scope) {
	name := interpreterName(strings.ToLower(l.cmds[i].Name))
	if name == "sqlite3" || name == "psql" || name == "mysql" || name == "mariadb" {
		runDatabase(l, i, args, sc)
		return
	}
	in := interpreters[name]
	for n, a := range args {
		switch {
		case a.exact && (a.text == "--version" || a.text == "-V" || a.text == "--help") && n == 0 && len(args) == 1,
			a.exact && a.text == "-v" && len(args) == 1:
			return
		case !a.exact && !plainFile(a), strings.HasPrefix(a.text, "data:"), strings.Contains(a.text, "=data:"), fromStream(a) && a.exact:
			l.unknown(i)
			return
		case in.inline(a.text):
			l.unknown(i)
			return
		case a.text == "-m" && name == "python" && n+1 < len(args):
			return
		case !strings.HasPrefix(a.text, "-") && !(n > 0 && in.takesValue(args[n-1].text)):
			if a.text == "run" && streamed(args[n+1:]) {
				l.unknown(i)
			}
			return // a script, or a sub-command
		}
	}
	// Without a script the code is what it reads.
	l.unknown(i)
}

// streamed says whether the script behind "deno run" comes from elsewhere.
func streamed(args []arg) bool {
	for _, a := range args {
		if !a.exact && !plainFile(a) || a.exact && fromStream(a) || strings.HasPrefix(a.text, "data:") {
			return true
		}
		if !strings.HasPrefix(a.text, "-") {
			return false
		}
	}
	return false
}

// plainFile says whether a word that is no literal cannot be an option, nor a
// substitution's output.
func plainFile(a arg) bool {
	return !a.hidden && strings.HasPrefix(strings.TrimLeft(a.text, `"`), "$") && strings.Contains(a.text, "/") && !strings.Contains(a.text, "$(") && !strings.HasPrefix(a.text, "$IFS")
}

func (in interpreter) inline(text string) bool {
	name, _, _ := strings.Cut(text, "=")
	if strings.Contains(in.long, " "+name+" ") {
		return true
	}
	if len(text) < 2 || text[0] != '-' || text[1] == '-' {
		return false
	}
	for k := 1; k < len(text); k++ {
		if strings.IndexByte(in.letters, text[k]) >= 0 {
			return true
		}
		if strings.IndexByte(in.args, text[k]) >= 0 && strings.IndexByte("il0FC", text[k]) < 0 {
			return false
		}
	}
	return false
}

func (in interpreter) takesValue(text string) bool {
	return len(text) == 2 && text[0] == '-' && strings.IndexByte(in.args, text[1]) >= 0
}

// runDatabase judges clients whose languages have a word for running a command.
func runDatabase(l *list, i int, args []arg, sc scope) {
	text := join(args)
	if sc.stdin != nil {
		text.text += "\n" + *sc.stdin
	} else if sc.unclear || len(l.cmds[i].Reads) > 0 || len(sc.from) > 0 {
		text.exact = false
	}
	lower := strings.ToLower(text.text)
	for _, word := range []string{"load_extension", "edit(", "writefile(", `\`, "program", "--init", "-init", "-cmd", "system "} {
		if strings.Contains(lower, word) {
			l.unknown(i)
		}
	}
	lines := strings.Split(lower, "\n")
	for _, a := range args {
		lines = append(lines, a.text)
	}
	for _, line := range lines {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(line, ".") && !strings.Contains(dotCommands, " "+line+" ") && !strings.HasPrefix(line, "./") {
			l.unknown(i)
		}
	}
	if !text.exact {
		l.unknown(i)
	}
}

// Commands of sqlite3 that run nothing.
const dotCommands = " .tables .schema .headers .header .mode .dump .databases .indexes .indices .quit .exit .width .timeout .stats .fullschema .bail .echo .nullvalue .separator "
