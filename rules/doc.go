// Package rules turns rule files into a policy and judges frames by it.
//
// A rule file is YAML with the keys version (1), include, use, off, default,
// servers, limits, log, rules and tests. It is read strictly: at most 1 MiB of UTF-8
// in one document, without anchors, aliases, tags, merge keys, tabs, keys that stand
// twice, unknown keys, and characters that do not show. Every fault is an *Error
// with file, line, column and a caret, and then nothing is loaded. A rule is
//
//   - name: keys-stay-home        # unique; letters, digits, . _ -
//     on: call                    # result list prompt resource sampling
//     # elicitation notification any, or a list of them
//     when: any(paths(args), under(#, "~/.ssh"))    # left out: always
//     do: deny                    # ask, allow
//     because: keys stay on this machine
//
// with an expression of github.com/expr-lang/expr over server.name, client.name,
// tool.name, tool.class, method, args and, on result and list, result.text,
// result.structured and result.error. Functions lists what it may call.
//
// Rules of the user's files go by their name, those of packs by pack/name, those of
// a working folder's file by folder/name. The file of a working folder may come with
// a cloned repository: it holds version, rules that deny or ask, and tests.
//
// # Guarantees
//
// The strictest matching rule wins, in any order of rules and files: deny, then ask,
// then allow. Where none matches, a call has the default of its tool's class, where
// unknown counts as write, and anything else the stance that the caller gives. A
// file of a working folder never makes a decision looser. A fault denies: a member
// that is absent or null, values of two kinds compared, a number that no float64 or
// int holds exactly, a list of more than 10,000 elements, a panic. Expressions have
// no clock, no I/O and no unbounded work: predicates stand within one other at most,
// and those of one rule visit 100,000 elements.
//
// # Limits
//
// Paths are judged by what a call says and what Facts.Resolve says at that moment; a
// server may see another file a moment later, and may give an argument another
// meaning than its name has. Nothing is known of what a command computes, nor of a
// folder that holds what a rule protects: searching a home folder is not reading a
// key. Pins and confinement stand behind this package, not in it.
package rules
