package shell

import "strings"

// peril names the options with which a program runs a command or loads code.
type peril struct {
	long  string // blanks between; any beginning of them counts
	short string // letters
}

func (p peril) in(args []arg) bool {
	if p == tarPeril && len(args) > 0 && strings.ContainsAny(bundle("-"+args[0].text), p.short) && !strings.ContainsAny(args[0].text, "./") {
		return true
	}
	for _, a := range args {
		if p == vimPeril && strings.HasPrefix(a.text, "+") && strings.Trim(a.text, "+0123456789") != "" {
			return true
		}
		if p == lessPeril && strings.HasPrefix(a.text, "+") && strings.Trim(a.text, "+0123456789GF") != "" {
			return true
		}
		if !strings.HasPrefix(a.text, "-") {
			if !a.exact && !a.hidden && strings.HasPrefix(a.text, "{") {
				return true
			}
			continue
		}
		if strings.ContainsAny(bundle(a.text), p.short) {
			return true
		}
		if a.text == "--" {
			continue
		}
		name, _, _ := strings.Cut(a.text, "=")
		for long := range strings.FieldsSeq(p.long) {
			if long == name || len(name) > 3 && strings.HasPrefix(long, name) {
				return true
			}
		}
	}
	return false
}

var perils = map[string]peril{
	"rg": {"--pre --hostname-bin", ""}, "ripgrep": {"--pre --hostname-bin", ""},
	"ag":   {"--pager", ""},
	"ack":  {"--pager --ackrc", ""},
	"bat":  {"--pager", ""},
	"sort": {"--compress-program", ""}, "gsort": {"--compress-program", ""},
	"tar": tarPeril, "gtar": tarPeril, "bsdtar": tarPeril,
	"zip":   {"--unzip-command", "T"},
	"rsync": {"--rsh --rsync-path", ""},
	"man":   {"--pager --html --browser --preprocessor --troff --config-file", "PHpC"},
	"wget":  {"--execute --use-askpass --config", "e"},
	"vim":   vimPeril, "vi": vimPeril, "nvim": vimPeril, "view": vimPeril, "ex": vimPeril, "vimdiff": vimPeril, "gvim": vimPeril, "rvim": vimPeril,
	"emacs": {"--eval --execute --load --script --batch --funcall --insert -batch -eval -load -f -l", "lf"},
	"nano":  {"--speller --rcfile", "s"},
	"less":  lessPeril,
	"split": {"--filter", ""},
	"gcc":   ccPeril, "g++": ccPeril, "cc": ccPeril, "c++": ccPeril, "clang": ccPeril, "clang++": ccPeril,
	"go":        {"-exec -toolexec -vettool --exec --toolexec --vettool", ""},
	"cargo":     {"--config", ""},
	"rustc":     {"--sysroot", "C"},
	"make":      {"--eval", "E"},
	"gmake":     {"--eval", "E"},
	"hg":        {"--config --ssh --remotecmd", "e"},
	"svn":       {"--config-option --editor-cmd --diff-cmd --diff3-cmd --config-dir", ""},
	"apt":       {"--option --config-file", "oc"},
	"apt-get":   {"--option --config-file", "oc"},
	"dpkg":      {"--pre-invoke --post-invoke --status-logger", ""},
	"rpm":       {"--eval --define --pipe --rcfile --macros --load", "ED"},
	"tcpdump":   {"", "z"},
	"nmap":      {"--script --interactive --datadir", ""},
	"nc":        ncPeril,
	"ncat":      ncPeril,
	"netcat":    ncPeril,
	"aria2c":    {"--on-download-complete --on-download-start --on-download-stop --on-download-error --on-bt-download-complete --on-download-pause --conf-path", ""},
	"pdflatex":  texPeril,
	"latex":     texPeril,
	"xelatex":   texPeril,
	"lualatex":  texPeril,
	"latexmk":   {"-e -r -latex -pdflatex --latex --pdflatex -shell-escape", "er"},
	"compgen":   {"", "CFW"},
	"complete":  {"", "CFW"},
	"bind":      {"", "xf"},
	"enable":    {"", "f"},
	"hash":      {"", "p"},
	"fc":        {"", "se"},
	"mapfile":   {"", "C"},
	"readarray": {"", "C"},
	"install":   {"--strip-program", ""},
	"ctags":     {"--options --optlib-dir", ""},
	"openssl":   {"-engine -provider-path -config", ""},
	"fzf":       {"--preview --bind --listen", ""},
	"rake":      {"--execute --execute-print --execute-continue", "eEp"},
	"gs":        {"-dNOSAFER", "c"},
	"nix-shell": {"--run --command", "E"},
	"nix":       {"--command --run --expr", "c"},
	"cmake":     {"", "P"},
	"lldb":      {"--one-line --source --batch", "osQ"},
}

var (
	tarPeril  = peril{"--checkpoint-action --use-compress-program --to-command --info-script --new-volume-script --rsh-command --rmt-command", "IF"}
	vimPeril  = peril{"--cmd --remote-expr --remote-send --server", "cSsuwW"}
	lessPeril = peril{"--lesskey-file --lesskey-src --lesskey-content --prompt", "kP"}
	ccPeril   = peril{"-wrapper -specs -fplugin --specs", ""}
	ncPeril   = peril{"--exec --sh-exec --lua-exec", "ec"}
	texPeril  = peril{"-shell-escape --shell-escape -enable-write18 --enable-write18", ""}
)

// opaque programs run what their arguments, their input or a file says, in a
// language that is not read here.
var opaque = map[string]bool{
	"parallel": true, "systemd-run": true, "at": true, "batch": true, "screen": true, "expect": true, "socat": true,
	"ed": true, "red": true, "m4": true, "dc": true, "gdb": true, "bwrap": true, "proot": true, "cgexec": true, "lckdo": true, "pee": true, "run-parts": true, "perf": true, "lftp": true, "firejail": true, "capsh": true,
	"start-stop-daemon": true, "daemonize": true, "rlwrap": true, "xvfb-run": true, "dbus-run-session": true, "dbus-launch": true, "faketime": true,
	"ld.so": true, "ssh-agent": true, "newgrp": true, "sg": true, "proxychains": true, "proxychains4": true, "torsocks": true, "valgrind": true,
	"alias": true, "ksh93": true, "fish": true, "csh": true, "tcsh": true, "nu": true, "xonsh": true, "elvish": true, "pwsh": true, "powershell": true,
	"wsl": true, "multitool": true, "aws-vault": true, "nodemon": true, "concurrently": true, "pm2": true, "forever": true, "rdebug": true, "hyperfine": true,
	"watchexec": true, "run-one": true, "cpulimit": true, "prlimit": true, "numactl": true, "runcon": true, "systemd-nspawn": true, "machinectl": true, "lxc": true, "lxc-attach": true, "vagrant": true, "pdsh": true, "dsh": true, "mosh": true, "rsh": true, "rlogin": true, "ansible": true, "salt": true,
	"posh": true, "oil": true, "osh": true, "ysh": true, "rc": true, "es": true, "scsh": true, "zargs": true, "autoload": true, "zmodload": true, "emulate": true,
}
