package shell

import (
	"slices"
	"strings"
	"testing"
)

// brief gives commands as "name?~<from@via": "?" is Unknown, "~" Inexact.
func brief(cmds []Command) string {
	var out []string
	for _, c := range cmds {
		s := c.Name
		if s == "" {
			s = "_"
		}
		if c.Unknown {
			s += "?"
		}
		if c.Inexact {
			s += "~"
		}
		if len(c.From) > 0 {
			s += "<" + strings.Join(c.From, ",")
		}
		if len(c.Via) > 0 {
			s += "@" + strings.Join(c.Via, "/")
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func check(t *testing.T, lines [][2]string) {
	t.Helper()
	for _, l := range lines {
		t.Run(l[0], func(t *testing.T) {
			if got := brief(Parse(l[0])); got != l[1] {
				t.Errorf("Parse(%q)\n got %s\nwant %s", l[0], got, l[1])
			}
		})
	}
}

func TestHonestLines(t *testing.T) {
	check(t, [][2]string{
		{"", ""},
		{"# nothing", ""},
		{"X=1", ""},
		{"git status", "git"},
		{`git add -A && git commit -m "fix: a \"b\" and \` + "`c\\`" + `"`, "git git"},
		{"cd /x && npm ci && npm run build 2>&1 | tail -20", "cd npm npm tail<npm"},
		{"curl -s https://h/x | jq .a > out.json", "curl jq<curl"},
		{"docker run --rm -v /a:/b alpine ls /b", "docker ls@docker"},
		{"docker compose up -d; docker ps", "docker docker"},
		{"find . -name '*.go' | xargs grep -n foo", "find xargs<find grep~<find@xargs"},
		{"find . -name '*.tmp' -exec rm {} +", "find rm~@find"},
		{"cat > a.py <<'EOF'\nimport os\nos.system('x')\nEOF\n", "cat"},
		{"cat > a.py <<'EOF'\nprint(`x`)\nEOF\npython3 a.py", "cat python3?"},
		{"for f in *.go; do gofmt -l \"$f\"; done", "gofmt~"},
		{"if [ -f x ]; then rm x; else touch x; fi", "[ rm touch"},
		{"while read -r l; do echo \"$l\"; done < f", "read echo~ _"},
		{"export A=b && make test", "export make"},
		{"GIT_PAGER=cat git --no-pager log --oneline -5", "git"},
		{"git -c user.name=a -c core.pager=cat commit -m x", "git"},
		{"PYTHONPATH=. pytest -q", "pytest"},
		{"sed -i 's/a|b/c/g; 3d' f && sed -n '10,20p' f", "sed sed"},
		{"awk -F'|' '/x|y/ {print $1 || $2}' f", "awk"},
		{"ssh -o StrictHostKeyChecking=no h 'ls -l | wc -l'", "ssh ls@ssh wc<ls@ssh"},
		{"timeout 60 go test ./... | tee log", "timeout go@timeout tee<timeout,go"},
		{"tar xzf a.tgz -C /tmp && rsync -av -e 'ssh -p 2' a h:b", "tar rsync"},
		{"echo \"$(date)\" >> log", "echo~<date date@$()"},
		{"(cd x && ls) & wait", "cd ls wait"},
		{"python3 -m venv v && . v/bin/activate", "python3 ."},
		{"npx -y eslint . && npm exec -- tsc", "npx eslint@npx npm tsc@npm"},
		{"arr=(a b); echo ${#arr[@]}", "echo~"},
		{"i=0; while ((i < 3)); do ((i++)); done", ""},
		{"nohup ./server > /dev/null 2>&1 &", "nohup server@nohup"},
		{"kubectl exec -it p -- sh -c 'ls'", "kubectl sh@kubectl ls@kubectl/sh"},
		{"! ls |& cat", "ls cat<ls"},
		{"sqlite3 a.db 'select 1'", "sqlite3"},
	})
}

func TestLooksThroughWrappers(t *testing.T) {
	check(t, [][2]string{
		{"sudo rm x", "sudo rm@sudo"},
		{"sudo -u a X=1 rm x", "sudo rm@sudo"},
		{"env -i -u A X=1 rm x", "env rm@env"},
		{"env -S 'rm -rf' x", "env rm@env"},
		{"env -S 'r\\_m' x", "env?"},
		{"sudo -Z rm x", "sudo?"},
		{"doas rm; pkexec rm; nohup rm; setsid rm; nice -n 5 rm; nice -5 rm", "doas rm@doas pkexec rm@pkexec nohup rm@nohup setsid rm@setsid nice rm@nice nice rm@nice"},
		{"timeout -k 1 5 rm; stdbuf -oL rm; command rm; builtin cd; exec -a x rm", "timeout rm@timeout stdbuf rm@stdbuf command rm@command builtin cd@builtin exec rm@exec"},
		{"command -v rm", "command"},
		{"time rm; command time -p rm", "time rm@time command time@command rm@command/time"},
		{"watch -n 1 'rm x; ls'", "watch rm@watch ls@watch"},
		{"xargs", "xargs echo~@xargs"},
		{"xargs sh -c 'rm $0'", "xargs sh~@xargs rm~@xargs/sh"},
		{"xargs sh", "xargs sh?~@xargs"},
		{"xargs -I% sh -c 'rm %'", "xargs sh?~@xargs"},
		{"xargs env", "xargs env?~@xargs"},
		{"fd -e go -x rm", "fd rm~@fd"},
		{"fd -Hx rm", "fd?"},
		{"parallel rm ::: a", "parallel?"},
		{"bash -euxo pipefail -c 'rm x'", "bash rm@bash"},
		{"bash -c -- 'rm x'", "bash rm@bash"},
		{"bash +x -O extglob -c 'rm x' a b", "bash rm@bash"},
		{"bash --rcfile x -c y", "bash?"},
		{"bash script.sh", "bash"},
		{"bash; sh -; bash -s a; bash /dev/stdin", "bash? sh? bash? bash?"},
		{"busybox sh -c 'rm x'", "busybox sh@busybox rm@busybox/sh"},
		{"eval rm -rf '/' \\; ls", "eval rm@eval ls@eval"},
		{"eval \"$X\"", "eval?~"},
		{"source <(curl x)", "source?~<curl curl@<()"},
		{"trap 'rm x' EXIT; trap - EXIT", "trap rm@trap trap"},
		{"su -c 'rm x' bob; su - bob -c 'rm x'; su", "su rm@su su rm@su su?"},
		{"runuser -u a -- rm x", "runuser rm@runuser"},
		{"flock /l rm x; flock /l -c 'rm x'", "flock rm@flock flock rm@flock"},
		{"script -qc 'rm x' /dev/null", "script rm@script"},
		{"chroot /x rm; chroot /x", "chroot rm@chroot chroot?"},
		{"unshare -r rm; nsenter -t 1 -m rm", "unshare rm@unshare nsenter rm@nsenter"},
		{"strace -f -o l rm; ltrace rm; ls | entr -r rm", "strace rm@strace ltrace rm@ltrace ls entr<ls rm<ls@entr"},
		{"npx -c 'rm x'; npm exec -c 'rm x'", "npx rm@npx npm rm@npm"},
		{"git submodule foreach 'rm x'; git bisect run rm x", "git rm@git git rm@git"},
		{"uv run rm x; poetry run sh -c 'rm x'", "uv rm@uv poetry sh@poetry rm@poetry/sh"},
		{"docker exec -it c rm; docker run --entrypoint rm i", "docker rm@docker docker?"},
		{"coproc rm; ip netns exec n rm", "rm@coproc ip rm@ip"},
	})
}

func TestDocumentsAndPipesIntoShells(t *testing.T) {
	check(t, [][2]string{
		{"bash <<EOF\nrm x\nEOF\n", "bash rm@bash"},
		{"bash <<EOF\nrm $X\nEOF\n", "bash?"},
		{"bash <<'EOF'\nrm $X\nEOF\n", "bash rm~@bash"},
		{"bash <<-'EOF'\n\trm x\n\tEOF\n", "bash rm@bash"},
		{"cat <<EOF | sh\nrm x\nEOF\n", "cat sh<cat rm<cat@sh"},
		{"cat <<EOF | sudo sh -e\nrm x\nEOF\n", "cat sudo<cat sh<cat@sudo rm<cat@sudo/sh"},
		{"cat <<EOF\n$(rm x) `ls`\nEOF\n", "cat<rm,ls rm@$() ls@$()"},
		{"cat <<'EOF'\n$(rm x)\nEOF\n", "cat"},
		{"bash <<< 'rm x'", "bash rm@bash"},
		{"bash <<< $X", "bash?"},
		{"echo rm x | bash", "echo bash<echo rm<echo@bash"},
		{"echo -e 'rm\\x20x' | bash", "echo bash?<echo"},
		{"curl x | sh", "curl sh?<curl"},
		{"curl x | tee y | sudo bash", "curl tee<curl sudo<curl,tee bash?<curl,tee@sudo"},
		{"echo ls | (read x; bash)", "echo read<echo bash?<echo"},
		{"bash <(curl x)", "bash?~<curl curl@<()"},
		{"bash -c \"$(curl x)\"", "bash?~<curl curl@$()"},
		{"ssh h <<EOF\nrm x\nEOF\n", "ssh rm@ssh"},
		{"python3 - <<EOF\nx\nEOF\n", "python3?"},
		{"cat x > >(sh)", "cat~ sh?<cat@>()"},
		{"base64 -d <<< cm0= | sh", "base64 sh?<base64"},
	})
}

func TestArgvRunsNoShell(t *testing.T) {
	for _, c := range []struct {
		argv []string
		want string
	}{
		{nil, ""},
		{[]string{"bash", "-c", "rm x; ls"}, "bash rm@bash ls@bash"},
		{[]string{"echo", "$(rm x)", ";", "rm"}, "echo"},
		{[]string{"git", "commit", "-m", "a\x00b"}, "_?"},
		{[]string{"", "x"}, "_?"},
		{[]string{strings.Repeat("x", maxLine+1)}, "_?"},
	} {
		if got := brief(Argv(c.argv)); got != c.want {
			t.Errorf("Argv(%q) = %s, want %s", c.argv, got, c.want)
		}
	}
}

func TestFieldsOfACommand(t *testing.T) {
	c := Parse(`A=1 /usr/bin/x -rf --name=v -n=1 - op -- -z <in >out >>"o 2" 2>&1 &>all`)[0]
	for _, f := range []struct {
		name      string
		got, want []string
	}{
		{"args", c.Args, []string{"-rf", "--name=v", "-n=1", "-", "op", "--", "-z"}},
		{"flags", c.Flags, []string{"-rf", "-r", "-f", "--name", "-n=1", "-n", "-n"}},
		{"operands", c.Operands, []string{"-", "op", "-z"}},
		{"env", c.Env, []string{"A"}},
		{"reads", c.Reads, []string{"in"}},
		{"writes", c.Writes, []string{"out", "o 2", "all"}},
	} {
		if !slices.Equal(f.got, f.want) {
			t.Errorf("%s = %q, want %q", f.name, f.got, f.want)
		}
	}
	if c.Name != "x" || c.Program != "/usr/bin/x" || c.Unknown || c.Inexact {
		t.Errorf("%+v", c)
	}
}
