package shell

import "strings"

var (
	sshOptions = options{short: "46AaCfGgKkMNnqsTtVvXxYyB:b:c:D:E:e:F:I:i:J:L:l:m:O:o:P:p:Q:R:S:W:w:"}
	scpOptions = options{short: "346ABCOpqRrTvac:D:F:i:J:l:o:P:S:X:b:s:"}
)

// Settings of ssh that run nothing here, in lower case.
const calmSettings = " stricthostkeychecking userknownhostsfile globalknownhostsfile connecttimeout connectionattempts batchmode serveraliveinterval serveralivecountmax loglevel port user identityfile identitiesonly hostname compression forwardagent passwordauthentication preferredauthentications pubkeyauthentication requesttty tcpkeepalive controlmaster controlpath controlpersist addressfamily checkhostip hostkeyalgorithms pubkeyacceptedkeytypes pubkeyacceptedalgorithms kexalgorithms ciphers macs exitonforwardfailure updatehostkeys numberofpasswordprompts kbdinteractiveauthentication "

func calmSSH(opts []option) bool {
	for _, o := range opts {
		switch o.name {
		case "-o":
			key, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(o.value.text), " ", "="), "=")
			if !o.value.exact || !strings.Contains(calmSettings, " "+strings.ToLower(key)+" ") {
				return false
			}
		case "-F":
			if o.value.text != "/dev/null" && o.value.text != "none" {
				return false
			}
		case "-I", "-S", "-s", "-b":
			return false
		case "-J":
			if !o.value.exact {
				return false
			}
		}
	}
	return true
}

// runSSH reads the words behind the host as the shell at the other end does.
// Options may stand before the host and behind it.
func runSSH(l *list, i int, args []arg, sc scope) {
	name := l.cmds[i].Name
	if name != "ssh" {
		for len(args) > 0 {
			opts, rest, ok := scpOptions.read(args)
			if !ok || !calmSSH(opts) {
				l.unknown(i)
			}
			if !ok || len(rest) == 0 {
				return
			}
			args = rest[1:]
		}
		return
	}
	opts, rest, ok := sshOptions.read(args)
	if ok && len(rest) > 0 {
		var more []option
		more, rest, ok = sshOptions.read(rest[1:])
		opts = append(opts, more...)
	}
	if !ok || !calmSSH(opts) {
		l.unknown(i)
	}
	switch {
	case !ok, has(opts, "-V", "-Q", "-G", "-O", "-N", "-W"):
	case len(rest) == 0 && has(opts, "-n"):
	case len(rest) == 0:
		l.input(i, sc)
	default:
		l.code(i, join(rest), sc)
	}
}

// runRsync judges the remote shell.
func runRsync(l *list, i int, args []arg, _ scope) {
	for n, a := range args {
		b := bundle(a.text)
		at := strings.IndexByte(b, 'e')
		if at < 0 {
			continue
		}
		value := arg{text: a.text[at+2:], exact: a.exact}
		if value.text == "" && n+1 < len(args) {
			value = args[n+1]
		}
		var words []arg
		for f := range strings.FieldsSeq(value.text) {
			words = append(words, arg{text: f, exact: true})
		}
		if !value.exact || len(words) == 0 || words[0].text != "ssh" {
			l.unknown(i)
			return
		}
		opts, rest, ok := sshOptions.read(words[1:])
		if !ok || len(rest) > 0 || !calmSSH(opts) || strings.ContainsAny(value.text, "'\"") {
			l.unknown(i)
		}
	}
}
