package child

import (
	"slices"
	"strings"
)

// base is whether a variable belongs to the base list, which the child gets even where --env limits the rest: what
// programs need to find their files, the user's language, the network and the screen, and what clients tell every
// server of themselves.
func base(name string) bool {
	name = foldName(name)
	if slices.Contains(baseNames, name) || slices.Contains(baseOfSystem, name) {
		return true
	}
	for _, p := range basePrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	for _, p := range clientPrefixes {
		if strings.HasPrefix(name, p) {
			return !credential(name)
		}
	}
	return false
}

var baseNames = []string{
	"HOME", "PATH", "SHELL", "TERM", "USER", "LOGNAME", "TMPDIR", "TMP", "TEMP",
	"LANG", "LANGUAGE", "TZ", "TZDIR",
	"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
	"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NIX_SSL_CERT_FILE",
	"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS",
	"CLAUDECODE", "GEMINI_CLI", "WORKSPACE_FOLDER_PATHS",
}

// Steers is whether a variable of the base list can lead a program to another network, to other certificates or to other files than the
// user's: what is given to the program may go there.
func Steers(name string) bool {
	name = foldName(name)
	return strings.HasSuffix(strings.ToUpper(name), "_PROXY") || strings.Contains(name, "SSL_CERT_") || strings.HasSuffix(name, "_CA_BUNDLE") || name == "NODE_EXTRA_CA_CERTS"
}

var basePrefixes = []string{"LC_", "XDG_"}

// clientPrefixes are the clients' own. Their keys and tokens begin like the rest (CLAUDE_CODE_OAUTH_TOKEN,
// GEMINI_API_KEY), and are no server's business unless the entry names them.
var clientPrefixes = []string{
	"CLAUDE_", "CLINE_", "CODEX_", "CURSOR_", "GEMINI_", "GOOSE_", "VSCODE_", "WINDSURF_", "ZED_",
}

func credential(name string) bool {
	for _, w := range []string{"TOKEN", "KEY", "SECRET", "PASSW", "CREDENTIAL", "AUTH", "COOKIE", "IPC", "NONCE"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// Injects is whether a variable makes programs run code that stands neither in their files nor in their arguments.
//
// It is a list of what loaders and interpreters read by themselves, in any program they start. Left out are variables
// that name a program which a tool starts when it is asked for it (EDITOR, PAGER, BROWSER, GIT_ASKPASS), that choose
// where packages come from (npm_config_registry, PIP_INDEX_URL: what was installed is the pin's matter), and that act
// in builds only (GOFLAGS, RUSTC_WRAPPER): they are set in good faith far too often.
func Injects(name string) bool {
	name = foldName(name)
	if slices.Contains(injectionNames, name) {
		return true
	}
	for _, p := range injectionPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	// npm takes its settings in any case, and passes these two on to every node and script that it runs.
	switch strings.ReplaceAll(strings.ToLower(name), "-", "_") {
	case "npm_config_node_options", "npm_config_script_shell":
		return true
	}
	return false
}

var injectionPrefixes = []string{
	"LD_", "DYLD_", "__XPC_DYLD_", // the dynamic loader: libraries into any program
	"BASH_FUNC_",                        // functions that bash puts before programs of the same name
	"LUA_INIT", "LUA_PATH", "LUA_CPATH", // also with a version behind
	"COR_PROFILER", "CORECLR_PROFILER", // libraries into any .NET program, also with _PATH and the like behind
	"GIT_CONFIG_", // settings, among them commands, that stand in no file
}

var injectionNames = []string{
	// The C library and OpenSSL: modules, tunables, where names resolve to.
	"GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCPATH", "MALLOC_TRACE", "NLSPATH", "RESOLV_HOST_CONF",
	"OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
	// Shells: files that are read before the script, options, and what is expanded while one runs.
	"BASH_ENV", "ENV", "ZDOTDIR", "SHELLOPTS", "BASHOPTS", "BASH_LOADABLES_PATH", "PS4", "FPATH", "IFS",
	// JavaScript.
	"NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "BUN_OPTIONS", "VSCODE_INSPECTOR_OPTIONS",
	// Python: where modules, also compiled ones, are loaded from, and what runs first or last.
	"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONUSERBASE", "PYTHONBREAKPOINT", "PYTHONWARNINGS",
	"PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHONEXECUTABLE", "PYTHON_PRESITE", "__PYVENV_LAUNCHER__",
	// Ruby, Perl, PHP, R.
	"RUBYOPT", "RUBYLIB", "PERL5OPT", "PERL5LIB", "PERLLIB", "PERL5DB", "PHPRC", "PHP_INI_SCAN_DIR",
	"R_PROFILE", "R_PROFILE_USER", "R_ENVIRON", "R_ENVIRON_USER",
	// Java, .NET, Erlang: options, agents and classes.
	"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "IBM_JAVA_OPTIONS", "OPENJ9_JAVA_OPTIONS", "CLASSPATH",
	"DOTNET_STARTUP_HOOKS", "DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE", "COR_ENABLE_PROFILING",
	"CORECLR_ENABLE_PROFILING", "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES", "MONO_PATH",
	"ERL_AFLAGS", "ERL_FLAGS", "ERL_ZFLAGS", "ERL_LIBS", "ELIXIR_ERL_OPTIONS",
	// Git: commands that every fetch or diff runs, and where its own programs and hooks are taken from.
	"GIT_SSH", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR",
}
