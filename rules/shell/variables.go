package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Variables whose value is run, is code, or says which code is run. A name that
// ends in "*" stands for all that begin so.
const perilousNames = " PATH IFS ENV BASH_ENV SHELL SHELLOPTS BASHOPTS BASH_FUNC_* PROMPT_COMMAND PS0 PS1 PS2 PS4 FPATH ZDOTDIR " +
	"LD_* DYLD_* GCONV_PATH PAGER MANPAGER MANOPT EDITOR VISUAL FCEDIT BROWSER LESSOPEN LESSCLOSE LESS " +
	"GIT_SSH GIT_SSH_COMMAND GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_EXTERNAL_DIFF GIT_PROXY_COMMAND GIT_ASKPASS GIT_CONFIG GIT_CONFIG_* GIT_EXEC_PATH GIT_TEMPLATE_DIR GIT_ALLOW_PROTOCOL " +
	"GIT_DIR GIT_COMMON_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ATTR_SOURCE GIT_TRACE* HOME XDG_CONFIG_HOME XDG_CONFIG_DIRS PERL5LIB PERLLIB PYTHONPATH NODE_PATH RUBYLIB CDPATH " +
	"NODE_OPTIONS PYTHONSTARTUP PYTHONHOME PYTHONBREAKPOINT PYTHONWARNINGS PYTHONINSPECT PERL5OPT PERL5DB RUBYOPT LUA_INIT LUA_INIT_* " +
	"JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS MAVEN_OPTS GRADLE_OPTS SSH_ASKPASS SUDO_ASKPASS SUDO_EDITOR TAR_OPTIONS RSYNC_RSH RSYNC_CONNECT_PROG CVS_RSH SVN_SSH SVN_EDITOR HGEDITOR " +
	"MAKEFLAGS MAKEFILES MFLAGS RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC_WRAPPER GOFLAGS GOROOT GH_PAGER GH_EDITOR GH_BROWSER BAT_PAGER DELTA_PAGER SYSTEMD_PAGER PSQL_PAGER PSQL_EDITOR KUBE_EDITOR ANSIBLE_CONFIG RIPGREP_CONFIG_PATH NPM_CONFIG_* FZF_DEFAULT_COMMAND FZF_DEFAULT_OPTS GREP_OPTIONS OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES "

// perilous says whether setting a variable changes what is run, so that it cannot
// be known. Some values that agents often set are harmless.
func perilous(name, value string, exact bool) bool {
	if !strings.Contains(perilousNames, " "+name+" ") && !perilousPrefix(name) {
		return false
	}
	switch {
	case name == "PATH":
		// Behind what was there, new folders hide nothing. Between single quotes
		// the variable is the name of a folder.
		return exact || !strings.HasPrefix(value, "$PATH:") && !strings.HasPrefix(value, "${PATH}:") &&
			!strings.HasPrefix(value, `"$PATH:`) && !strings.HasPrefix(value, `"${PATH}:`)
	case name == "HOME":
		return exact || value != "$HOME" && value != `"$HOME"`
	case !exact:
		return true
	case strings.HasPrefix(name, "GIT_TRACE"):
		return value != "0" && value != "1" && value != "2" && value != "true" && value != "false" && value != ""
	case name == "PYTHONPATH":
		return value != "" && value != "."
	case name == "IFS":
		return strings.Trim(value, " \t\n,;:|") != ""
	case name == "NODE_OPTIONS":
		return strings.Trim(strings.TrimPrefix(value, "--max-old-space-size="), "0123456789") != ""
	case name == "GOFLAGS":
		return value != "" && value != "-mod=mod" && value != "-mod=vendor" && value != "-mod=readonly"
	case name == "LESS":
		return strings.Trim(value, "-FRXSie") != ""
	case name == "PYTHONWARNINGS":
		return value != "ignore" && value != "default" && value != "error"
	case strings.HasSuffix(name, "PAGER") || strings.HasSuffix(name, "EDITOR") || name == "VISUAL" || name == "BROWSER" || strings.HasSuffix(name, "ASKPASS"):
		return value != "" && value != "cat" && value != "true" && value != ":" && value != "less" && value != "/bin/true" && value != "echo"
	}
	return true
}

func perilousPrefix(name string) bool {
	if strings.HasPrefix(strings.ToUpper(name), "NPM_CONFIG_") {
		name = strings.ToUpper(name)
		return strings.Contains(name, "SHELL") || strings.Contains(name, "NODE") || strings.Contains(name, "GIT") || strings.Contains(name, "EDITOR")
	}
	for _, p := range []string{"GIT_TRACE", "LD_", "DYLD_", "BASH_FUNC_", "GIT_CONFIG_", "LUA_INIT_"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// assigned says whether an assignment is perilous.
func (w *walker) assigned(a *syntax.Assign) bool {
	if a.Name == nil || a.Naked {
		return false
	}
	if !syntax.ValidName(a.Name.Value) {
		return true // a program to bash: "}x=y"
	}
	if a.Value == nil {
		return perilous(a.Name.Value, "", a.Array == nil)
	}
	value := w.word(a.Value)
	if a.Append {
		return perilous(a.Name.Value, "", false)
	}
	return perilous(a.Name.Value, value.text, value.exact)
}

// runDeclare judges words that a shell reads as assignments.
func runDeclare(l *list, i int, args []arg, _ scope) {
	for _, a := range args {
		name, value, ok := strings.Cut(a.text, "=")
		if !a.exact && (!ok || strings.ContainsAny(name, "$`{[\"'<*?\\")) {
			l.unknown(i)
		} else if ok && perilous(name, value, a.exact) {
			l.unknown(i)
		}
		l.evaluated(a)
	}
}

// runAssigning judges builtins that set variables by name. A name may be a
// subscript, which is arithmetic.
func runAssigning(l *list, i int, args []arg, _ scope) {
	for n, a := range args {
		l.evaluated(a)
		if a.exact && l.cmds[i].Name != "[" && l.cmds[i].Name != "test" && (l.cmds[i].Name != "printf" || n == 1 && args[0].text == "-v") && perilous(a.text, "", false) {
			l.unknown(i)
		}
	}
	if name := l.cmds[i].Name; name != "let" && name != "printf" || len(args) > 0 && args[0].text == "-v" {
		l.arith = true
	}
	if l.cmds[i].Name == "let" {
		l.arith = true
	}
}

func (l *list) evaluated(a arg) {
	if a.exact {
		l.look(a.text)
	}
}
