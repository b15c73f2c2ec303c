// Package shell says which commands a line would run when a shell reads it, so
// that rules can speak of programs and arguments rather than of text.
//
// A line is read by the grammar of bash. Each simple command of it is one Command:
// in pipelines, lists, subshells, blocks, functions, all branches of conditions and
// loops, substitutions, here-documents and arithmetic. A program that runs another
// is listed, and behind it what it runs, with Via set: sudo, env, xargs, find
// -exec, sh -c, eval, ssh and the like. Words are literals after quotes, escapes
// and $'…' are resolved. Nothing is expanded but lists in braces behind the
// program, which make their command Inexact all the same. A word with a variable,
// a glob, a sequence or a substitution stands as it was written and makes its
// command Inexact, and Unknown where it stands for the program.
//
// Redirections of a block, a loop or another compound command, and redirections
// without a command, are one Command with no name.
//
// # Guarantees
//
// What cannot be known is Unknown: what the grammar does not accept, code for an
// interpreter of another language, a shell that reads its code from elsewhere, an
// option of a common program that runs a command, an option of a wrapper that is
// not known here, a variable that changes what is run (PATH, LD_PRELOAD,
// GIT_SSH_COMMAND), a script that the same line writes. Back quotes with
// backslashes in them are Unknown.
//
// Lines of more than 64 KiB, more than 4096 commands, and nesting beyond fixed
// depths are Unknown. The work is linear in the length of the line, and neither
// brackets nor panics of the parser bring the program down.
//
// # Limits
//
// What a program does with its arguments is known of common programs only; a
// script, make, npm run, and an unheard-of wrapper are programs with a name.
// Aliases, functions and shell options from outside of the line, history
// expansion, and the variables that the shell starts with cannot be known. The
// values of variables are not followed: arithmetic evaluates what a variable
// holds, subscripts with substitutions among it, and a variable read from a file
// may hold one. A line that dash or zsh reads may mean another thing where their
// grammars differ from that of bash. Lines of PowerShell and cmd.exe are not
// read as such: they are judged as if bash read them, which says little.
package shell
