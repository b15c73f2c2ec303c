// Package rules turns rule files into a policy and judges frames by it.
//
// A rule file is YAML with the keys version (1), include, use, off, default,
// servers, limits, log, rules and tests; format.go says all of it, and Schema is made
// of that. It is read strictly: at most 1 MiB of UTF-8 in one document, without
// anchors, aliases, tags, merge keys, tabs, keys that stand twice, unknown keys, and
// characters that do not show. Every fault is an *Error with file, line, column and a
// caret, and then nothing is loaded. A rule is
//
//   - name: keys-stay-home        # unique; letters, digits, . _ -
//     on: call                    # result list prompt resource sampling
//     # elicitation notification any, or a list of them
//     when: any(paths(args), under(#, "~/.ssh"))    # left out: always
//     do: deny                    # ask, allow
//     because: keys stay on this machine
//
// with an expression of github.com/expr-lang/expr over server.name, server.kind (the
// server that it is like), client.name, tool.name, tool.class, method, args and, on
// result and list, result.text, result.structured and result.error. Functions lists
// what it may call.
//
// In place of do: a rule has one edit. mask: replaces secrets, personal data and
// patterns in what a server says by ‹masked:KIND›, within strings. set: gives
// arguments of a call a value, or bounds a number. hide: takes definitions out of
// lists, where args is the definition, and refuses their use. Edits are no match for
// the default, and apply to what passes.
//
// Rules of the user's files go by their name, those of packs by pack/name, those of
// a working folder's file by folder/name. The file of a working folder may come with
// a cloned repository: it holds version, rules that deny, ask, mask or hide, and
// tests. The file of answers (answers.yaml) holds grants and tests: a grant answers
// the question of one rule, or of one default, in advance, for one tool of one server
// where its expression holds. One with do: deny refuses such frames instead, whatever
// other grants say.
//
// # Guarantees
//
// The strictest matching rule wins, in any order of rules and files: deny, then ask,
// then allow. An ask passes only where grants answer every question that the frame
// raises; nothing answers a deny. A call that set changed is judged again, and the
// stricter decision holds. Two rules that want different values for one argument
// deny. Where none matches, a call has the default of its tool's class, where
// unknown counts as write, and anything else the stance that the caller gives. A
// file of a working folder never makes a decision looser. A fault denies: a member
// that is absent or null, values of two kinds compared, a number that no float64 or
// int holds exactly, a list of more than 10,000 elements, a panic. A rule that would
// allow does not match where it asks about commands or SQL that cannot be known.
// Expressions have no clock, no I/O and no unbounded work: predicates stand within one other at most,
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
