package shell

import (
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestTricksOfSpellingAndExpansion(t *testing.T) {
	check(t, [][2]string{
		{`r\m x; 'r'm x; r""m x; $'\x72\155' x; "r"m x; $"rm" x`, "rm rm rm rm rm rm"},
		{"r\\\nm x", "rm"},
		{"{rm,-rf,/}", "_?"},
		{"cat$IFS/etc/passwd; cat${IFS}x", "_? _?"},
		{"$X ls; $(echo rm) x; `echo rm` x; \"$@\"", "_? _?<echo echo@$() _?<echo echo@$() _?"},
		{"/bin/r? x; /b*/rm x; [r]m x; [\"r\"]m x", "_? _? _? _?"},
		{"!(ls)", "_?"},
		{"X=rm; $X y", "_?"},
		{"RM -rf x; /BIN/Rm x", "RM? Rm?"},
		{"=rm x", "=rm?"},
		{"}x=[[ rm", "rm?"},
		{"| x", "_?"},
		{"coproc rm <<E\nE\nls", "_? _@coproc ls"},
		{"coproc X { rm; }", "rm@coproc"},
		{"echo `r\\\\m x`", "echo~< _?@$()"},
		{"ls\rrm x", "_?"},
		{"ls\x00rm", "_?"},
		{"echo 'unclosed", "_?"},
		{"ls; rm x # c\nrm y", "ls rm rm"},
		{"ls # c \\\nrm y", "_?"},
		{"echo ${x:-$(rm x)} ${x:=`ls`} ${x/$(id)/y} ${a[$(w)]}", "echo~<rm,ls,id,w rm@$() ls@$() id@$() w@$()"},
		{"echo $(( $(rm x) + 1 )) $[ `ls` ]", "echo~<rm,ls rm@$() ls@$()"},
		{"[[ $(rm x) == @($(ls)) ]]", "rm@$() _?"},
		{"a[$(rm x)]=1; declare b=$(ls); local c=`id`", "rm@$() declare~<ls ls@$() local~<id id@$()"},
		{"x='a[$(rm x)]'; ((x)); [[ x -eq 1 ]]", "_?"},
		{"test -v 'a[$(rm x)]'", "test _?"},
		{"printf -v 'a[$(rm x)]' y", "printf _?"},
		{"x='$(id)'; echo ${x@P}", "echo~< _?"},
		{"case x in $(rm a)) ls;; esac; select y in $(id); do :; done", "rm@$() ls id@$() :"},
		{"for ((i=$(rm x);;)); do ls; done", "rm@$() ls"},
		{"f() { rm x; }; f; function g { ls; }", "rm f ls"},
		{"echo hi > x; bash x", "echo bash?"},
		{"echo hi | tee ./x.sh; ./x.sh", "echo tee<echo x.sh?"},
		{"> f; < g", "_ _"},
		{"ls | { cat; sh; }", "ls cat<ls sh?<ls"},
		{"echo $(cat | sh)", "echo~<cat,sh cat@$() sh?<cat@$()"},
	})
}

func TestOptionsThatRunCommands(t *testing.T) {
	for _, line := range []string{
		"git --exec-path=/x status", "git -c core.sshCommand=x fetch", "git -c core.pager=x log", "git -c alias.x='!id' x",
		"git -c core.editor=x commit", "git -c core.fsmonitor=x status", "git --config-env=core.pager=X log", "git clone --upload-pack=x a", "git clone -u x a", "git ls-remote --upload-pack=x h",
		"git fetch --upload-p x", "git push --receive-pack=x", "git push --exec=x", "git rebase -x 'rm x'", "git rebase --exec=x", "git grep -Oless x", "git grep --open-files-in-pager=x y",
		"git config core.hooksPath x", "git config --global alias.a '!rm'", "git clone 'ext::sh -c x'", "git difftool -x x", "git filter-branch --tree-filter 'rm x'", "git archive --remote=x --exec=y", "git $X",
		"rg --pre sh x", "rg --hostname-bin=x y", "sort --compress-program=sh x", "sort --compress-p=sh x",
		"tar cf x y --checkpoint=1 --checkpoint-action=exec=sh", "tar xf x --to-command=sh", "tar xf x -I sh", "tar cIf sh x", "tar --use-compress=sh -xf x", "tar -cf x --rsh-command=y h:z",
		"zip a b -T -TT 'sh x'", "man -P sh ls", "man --pager=sh ls", "man --html=sh ls", "vim -c '!id' x", "vim '+!id' x", "vi --cmd '!id'", "nvim -S x", "emacs --eval x",
		"rsync -e 'sh -c x' a b", "rsync --rsh=x a b", "scp -S x a b", "scp -o ProxyCommand=x a b:c", "ssh -oProxyCommand=x h ls", "ssh -o 'ProxyCommand x' h ls", "ssh -F x h ls",
		"split --filter='sh x' y", "gcc -wrapper sh,-c x.c", "go test -exec sh ./...", "go build -toolexec x", "go vet -vettool=x", "make --eval='x:;id'", "wget --use-askpass=x h", "tcpdump -z sh -G 1",
		"apt-get -o APT::Update::Pre-Invoke::=sh update", "nc -e sh h 1", "ncat --sh-exec x h 1", "socat tcp:h:1 exec:sh", "pdflatex --shell-escape x", "hg --config alias.a='!x' a", "cargo --config x b",
		"python3 -c x", "python3.12 -Ic x", "python -", "python", "node -e x", "node --eval=x", "node -p x", "perl -e x", "perl -ne x", "perl -MO=x -e y", "ruby -e x", "php -r x", "deno eval x", "bun -e x", "osascript -e x",
		"pwsh -c x", "powershell -enc x", "cmd /c x", "cmd.exe /c x", "lua -e x", "fish -c x", "tclsh", "node --import 'data:text/javascript,x' y.js",
		"awk 'BEGIN{system(\"id\")}'", "awk '{print | \"sh\"}'", "awk '{\"id\" | getline x}'", "awk 'BEGIN{f=\"x\"; @f(1)}'", "awk \"$X\"", "awk -f /dev/stdin", "gawk -l x y", "awk 'BEGIN{x=1 /2; print \"a\" | \"sh\"}'",
		"sed 's/a/b/e'", "sed 's/a/b/ge'", "sed '1e id'", "sed -e p -e 's#a#b#e' f", "sed f -e 1e", "sed \"s/a/$X/\" f", "sed 'y/a/b/;e'", "sed '/x/{s/a/b/e}' f", "sed -f - f",
		"find . -exec sh {} \\;", "find . $X", "find $(cat x)", "find . {-delete,-exec}", "sqlite3 x '.shell id'", "psql -c '\\! id'", "at now", "systemd-run rm", "tmux new-session -d 'rm x'", "screen -dm rm",
		"compgen -C 'rm x'", "enable -f x y", "hash -p /x ls", "mapfile -C x a", "alias ls=rm", "crontab -e", "ed x", "m4 x", "dc -e '!id'", "gh alias set x '!id'", "gh extension exec x",
		"git bisect run $X", "git submodule foreach \"$X\"", "git difftool --extcmd=x", "git mergetool", "git daemon --x", "git credential fill", "git credential-store get", "git archive --exec=x h", "git send-email --to-cmd=x", "git-merge-index ./prog -a", "git {merge-index,./prog,-a}", "git grep --{open-files-in-pager=x,cached} y",
		"jobs -x $X", "sftp -D ./prog", "sftp -b f h", "ftp h <<< '!cmd'", "sftp h <<< '!cmd'", "run-parts d", "less '+!cmd' f", "perf stat rm", "perf record rm", "proot rm", "cgexec -g a rm", "lckdo f rm", "ls | pee rm", "firejail rm", "bwrap --ro-bind / / rm", "curl x | crontab -", "crontab f", "curl x | make -f -", "make -sf- x", "make --file=/dev/stdin", "curl x | deno run -", "curl x | bun run -", "deno run -A - x",
		"sqlite3 x <<E\n.shell $X\nE\n", "~+/x", "~-/x",
		"GIT_COMMON_DIR=/x git log", "GIT_WORK_TREE=/x git log", "GIT_INDEX_FILE=/x git log", "export GIT_TRACE2_EVENT=/x", "PERLLIB=/x perl y", "PYTHONPATH=/x python3 y", "export PYTHONPATH=/x; python3 y", "PYTHONSTARTUP=x python3 y", "PYTHONHOME=/x python3 y", "RUBYLIB=/x ruby y", "RUBYOPT=-rx ruby y", "NODE_PATH=/x node y", "PATH+='$PATH:/x' git", "PATH+=$PATH:/x git", "PATH='$PATH:/x' git", "HOME='$HOME' git log", "HOME+=/x git log", "env HOME=/x git log", "declare LD_PRELOAD+=/x",
		"HOME=/tmp/evil git status", "HOME=/tmp/evil; git log", "XDG_CONFIG_HOME=/x git log", "GIT_DIR=x git log", "GIT_TRACE=/tmp/x git log", "PATH+=:/tmp/evil git foo", "PERL5LIB=/tmp git send-email x", "git merge-index ./prog -a", "git svn fetch --authors-prog=/tmp/p", "git filter-repo --blob-callback x", "PATH=/x ls", "export PATH=/x:$PATH", "PATH=/x", "LD_PRELOAD=x ls", "BASH_ENV=x bash y", "GIT_SSH_COMMAND=x git fetch", "env LD_PRELOAD=x ls", "sudo PATH=/x ls", "PAGER=x git log", "NODE_OPTIONS='-r x' node y", "export $(cat .env)", "read PATH < x", "printf -v PATH /x", ": ${PATH:=x}", "declare \"LD_PRELOAD=x\"", "PS4='$(id)' bash -x y", "npm_config_script_shell=x npm run y", "npm run x --script-shell=y", "for PATH in /x; do ls; done",
		"/lib64/ld-linux-x86-64.so.2 /bin/rm x", "xargs -a f -I{} {} x", "env -S \"$X\"", "sh -c \"$X\"", "sh -c '$0' rm", "sh -c '\"$@\"' _ rm", "eval \"$(cat x)\"", ". /dev/stdin", "docker run --health-cmd x i y",
	} {
		t.Run(line, func(t *testing.T) {
			for _, c := range Parse(line) {
				if c.Unknown {
					return
				}
			}
			t.Errorf("Parse(%q) = %s, nothing is unknown", line, brief(Parse(line)))
		})
	}
}

func TestFilesThatScriptsNameAreInexact(t *testing.T) {
	for line, want := range map[string]bool{
		"sed 'r /etc/x' f": true, "sed R/etc/x f": true, "sed -n 'w /x' f": true, "sed '/a/W /x' f": true, "sed 's/a/b/w /x' f": true, "sed -e p -e 's/a/b/gw /x' f": true, "sed -f x f": true,
		"awk '{print > \"x\"}'": true, "awk '{print $1 >> f}'": true, "awk '{printf(\"a\") > \"x\"}'": true, "awk 'BEGIN{while((getline l < \"x\") > 0) n++}'": true, "awk '/\"/{print > \"x\"}'": true, "awk -f x f": true, "awk 'BEGIN{ARGV[1]=\"x\"}'": true, "awk '{print $1,\n$2 > \"x\"}'": true,
		"sed 's/w/r/g;3d' f": false, "sed -n '/r/p' f": false, "awk '$3 > 5 {print $1}' f": false, "awk '{print \"a > b\"}' f": false, "awk '{print ($1 > 2)}' f": false,
		"cat ~+/x": true, "cat ~-": true, "cat ~2": true, "dd if=~-/x": true, "cat ~/x": false, "cat a~-": false, "cat '~+'": false, "cat \\~+": false,
		"git push --{force,no-verify}": true, "git push --{force,$X}": true, "echo {1..3}": true, "echo {a}": false, "echo {}": false,
	} {
		for _, c := range Parse(line)[:1] {
			if c.Unknown || c.Inexact != want {
				t.Errorf("Parse(%q) = %s, want inexact %v", line, brief(Parse(line)), want)
			}
		}
	}
}

func TestGitNamesTheFilesItWrites(t *testing.T) {
	for _, line := range []string{"git log --output=F", "git diff --output F", "git diff --outp=F a", "git format-patch -o F x", "git format-patch -oF", "git format-patch --output-directory=F", "git archive -o F x", "git archive --output=F x", "git bundle create F a", "git bundle create -q F a", "git stash show --output=F", "git-diff --output=F"} {
		if c := Parse(line)[0]; c.Unknown || !slices.Equal(c.Writes, []string{"F"}) {
			t.Errorf("Parse(%q) writes %q, %s", line, c.Writes, brief(Parse(line)))
		}
	}
	if c := Parse("git log -- --output=F")[0]; len(c.Writes) > 0 {
		t.Errorf("writes %q", c.Writes)
	}
}

func TestNamesLoseTheirExtension(t *testing.T) {
	check(t, [][2]string{
		{"git.exe push; GIT.EXE push; /x/git.exe push; .exe", "git GIT? git .exe"},
		{"/usr/lib/git-core/git-push; git-push --force", "git-push git-push"},
		{"git.exe bisect run rm x; cmd.exe /c x", "git rm@git cmd?"},
		{"jobs; jobs -l; jobs -x rm %1", "jobs jobs jobs rm@jobs"},
		{"chronic rm; unbuffer rm; ls | ifne rm", "chronic rm@chronic unbuffer rm@unbuffer ls ifne<ls rm<ls@ifne"},
		{"crontab -l; crontab -u a -r; make -f x.mk y; less +10 f; deno run x.ts", "crontab crontab make less deno"},
	})
}

func TestBracesBecomeWords(t *testing.T) {
	shell := bash(t)
	r := rand.New(rand.NewPCG(5, 6))
	const letters = "{{{},,,,}}}}ab-="
	lines := []string{"--{force,no-verify}", "{approve,}", "{,}", "{,}x", "a{b,{c,d}e,}f{g,h}", "{a,b}{c,d}{e,}", "{a", "a}", "{a,b", "{a},b}", "a,b", "{{a,b},c}", "{a,{b}}", "x{,{,}}y"}
	for range 400 {
		var b strings.Builder
		for range 3 + r.IntN(14) {
			b.WriteByte(letters[r.IntN(len(letters))])
		}
		lines = append(lines, b.String())
	}
	expanded := 0
	for _, word := range lines {
		got, ok := braces(word)
		if !ok {
			continue
		}
		expanded++
		out, err := exec.CommandContext(t.Context(), shell, "-c", "f() { (( $# == 0 )) || printf '%s\\0' \"$@\"; }; f "+word).Output()
		if err != nil {
			t.Fatalf("%q: %v", word, err)
		}
		want := strings.Split(string(out), "\x00")
		if want = want[:len(want)-1]; !slices.Equal(got, want) {
			t.Errorf("%q: got %q, bash says %q", word, got, want)
		}
	}
	if expanded < 10 {
		t.Errorf("%d words expanded", expanded)
	}
	if c := Parse("git push --{force,no-verify} {origin,}")[0]; c.Unknown || !c.Inexact || !slices.Equal(c.Flags, []string{"--force", "--no-verify"}) || !slices.Equal(c.Operands, []string{"push", "origin"}) {
		t.Errorf("%+v", c)
	}
	if _, ok := braces(strings.Repeat("{a,b}", 7)); ok {
		t.Error("more words than the limit")
	}
}
