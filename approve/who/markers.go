package who

import "bytes"

// markers are variables that agents set for the shells that they run, and that other terminals lack. Those of whole editors, such as
// CURSOR_TRACE_ID or TERM_PROGRAM, are none.
var markers = []struct{ name, from string }{
	{"CLAUDECODE", "Claude Code: its reference of environment variables; see mark"},
	{"CLAUDE_CODE_CHILD_SESSION", "Claude Code: its reference of environment variables"},
	{"CLAUDE_CODE_ENTRYPOINT", "Claude Code, for itself and so for all that it starts"},
	{"GEMINI_CLI", "Gemini CLI: packages/core/src/services/shellExecutionService.ts"},
	{"QWEN_CODE", "Qwen Code: the same file"},
	{"CODEX_SANDBOX", "Codex CLI: codex-rs/core/src/spawn.rs"},
	{"CODEX_SANDBOX_NETWORK_DISABLED", "Codex CLI: the same file"},
	{"CODEX_CI", "Codex CLI: codex-rs/core/src/unified_exec"},
	{"CODEX_THREAD_ID", "Codex CLI: codex-rs/protocol/src/shell_environment.rs"},
	{"CURSOR_AGENT", "Cursor, in its agent's terminals and its command line"},
	{"COPILOT_AGENT", "VS Code 1.121, in the terminals of its agent: toolTerminalCreator.ts"},
	{"COPILOT_CLI", "GitHub Copilot CLI, as observed"},
	{"AI_AGENT", "common to several: VS Code's agent, Copilot, Crush, Warp"},
	{"OPENCODE", "opencode, for itself and so for all that it starts: packages/opencode/src/index.ts"},
	{"CLINE_ACTIVE", "Cline: its documentation on terminals"},
	{"GOOSE_TERMINAL", "goose: the shell tool of its developer extension"},
}

// mark is the first marker among variables as a process has them, separated by NUL; empty for none.
//
// Claude Code's extensions set CLAUDECODE in all of an editor's terminals, those of people too. Claude Code itself has
// CLAUDE_CODE_ENTRYPOINT as well, and hands it on.
func mark(environ []byte) string {
	claude, editor := false, false
	for v := range bytes.SplitSeq(environ, []byte{0}) {
		name, value, _ := bytes.Cut(v, []byte("="))
		switch n := string(name); {
		case len(value) == 0:
		case n == "CLAUDECODE":
			claude = true
		case n == "TERM_PROGRAM" && string(value) == "vscode", n == "TERMINAL_EMULATOR" && string(value) == "JetBrains-JediTerm":
			editor = true
		default:
			for _, m := range markers {
				if m.name == n {
					return n
				}
			}
		}
	}
	if claude && !editor {
		return "CLAUDECODE"
	}
	return ""
}

// blank reports whether there is no variable at all.
func blank(environ []byte) bool { return len(bytes.Trim(environ, "\x00")) == 0 }
