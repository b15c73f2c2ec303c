package shell

import "strings"

// launcher is a program that runs the command which its operands hold.
type launcher struct {
	options
	skip    int    // operands before the command
	assigns bool   // NAME=VALUE may stand before the command
	joined  bool   // a shell reads its words, joined by blanks
	alone   bool   // without a command nothing is run
	quiet   string // options with which nothing is run, blanks around each
	unsafe  string // options that run something else, blanks around each
}

var launchers = map[string]launcher{
	"env": {options: options{"iv0u:C:S:", "ignore-environment null debug chdir= unset= split-string= block-signal default-signal ignore-signal list-signal-handling help version"},
		assigns: true, alone: true},
	"sudo": {options: options{"AbBEeHiKklnPsSVvC:D:g:h:p:R:r:T:t:U:u:", "askpass background bell edit set-home login remove-timestamp reset-timestamp list non-interactive preserve-groups stdin shell validate version help user= group= host= prompt= chdir= chroot= close-from= role= type= command-timeout= other-user= preserve-env"},
		assigns: true, quiet: " -V -v -K -k -l --version --validate --list --remove-timestamp --reset-timestamp --help "},
	"doas":       {options: options{short: "nsLC:u:a:"}, quiet: " -L "},
	"pkexec":     {options: options{"u:", "user= disable-internal-agent keep-cwd version help"}},
	"nohup":      {options: options{"", "help version"}, alone: true},
	"setsid":     {options: options{"cfwVh", "ctty fork wait help version"}, alone: true},
	"nice":       {options: options{"n:0123456789", "adjustment= help version"}, alone: true},
	"ionice":     {options: options{"c:n:p:P:u:t", "class= classdata= pid= pgid= uid= ignore help version"}, alone: true},
	"chrt":       {options: options{"abdfiorRmpvT:P:D:", "all-tasks batch deadline fifo idle other rr max pid verbose"}, skip: 1, alone: true},
	"taskset":    {options: options{"acp", "all-tasks cpu-list pid"}, skip: 1, alone: true},
	"timeout":    {options: options{"k:s:vfp", "kill-after= signal= verbose foreground preserve-status help version"}, skip: 1, alone: true},
	"gtimeout":   {options: options{"k:s:vfp", "kill-after= signal= verbose foreground preserve-status help version"}, skip: 1, alone: true},
	"time":       {options: options{"pavlqhf:o:", "portability append verbose quiet format= output= help version"}, alone: true},
	"gtime":      {options: options{"pavlqhf:o:", "portability append verbose quiet format= output= help version"}, alone: true},
	"stdbuf":     {options: options{"i:o:e:", "input= output= error= help version"}, alone: true},
	"command":    {options: options{short: "pvV"}, alone: true, quiet: " -v -V "},
	"builtin":    {alone: true},
	"exec":       {options: options{short: "cla:"}, alone: true},
	"noglob":     {alone: true},
	"nocorrect":  {alone: true},
	"busybox":    {options: options{"", "list list-full help"}, alone: true},
	"toybox":     {options: options{"", "help version long"}, alone: true},
	"chronic":    {options: options{short: "ev"}, alone: true},
	"ifne":       {options: options{short: "n"}},
	"unbuffer":   {options: options{short: "p"}, alone: true},
	"caffeinate": {options: options{short: "dimsut:w:"}, alone: true},
	"arch":       {options: options{"cd:e:", "x86_64 arm64"}, alone: true},
	"setarch":    {options: options{"vRFILBSTXZ3hV", "verbose addr-no-randomize uname-2.6 4gb"}, skip: 1},
	"linux64":    {options: options{short: "vR"}},
	"linux32":    {options: options{short: "vR"}},
	"fakeroot":   {options: options{"l:s:i:uhvb:", "lib= faked= unknown-is-real"}},
	"setpriv":    {options: options{"d", "reuid= regid= clear-groups keep-groups init-groups groups= no-new-privs inh-caps= ambient-caps= bounding-set= reset-env pdeathsig= dump"}, alone: true},
	"chroot":     {options: options{"", "userspec= groups= skip-chdir help version"}, skip: 1},
	"unshare":    {options: options{"muinpUCTrcfR:S:G:w:", "mount uts ipc net pid user cgroup time map-root-user map-current-user fork mount-proc kill-child root= wd= setuid= setgid= map-user= map-group="}},
	"nsenter":    {options: options{"am::u::i::n::p::U::C::T::t:S:G:r::w::FZe", "all target= mount uts ipc net pid user cgroup time setuid= setgid= preserve-credentials root wd no-fork env"}},
	"strace":     {options: options{"dfFhikqrtTvVwxyYCczZDa:b:e:E:I:o:O:p:P:s:S:u:U:X:", "follow-forks output= attach= trace= string-limit= user= summary-only summary version help"}, alone: true},
	"ltrace":     {options: options{"bcCfhiLrStTVa:A:D:e:F:l:n:o:p:s:u:w:x:", "output= version help"}, alone: true},
	"entr":       {options: options{short: "acdnprsxz"}},
	"watch":      {options: options{"bcCd::eghtpqrvwxn:q:s:", "beep color no-color differences errexit chgexit equexit= exec precise no-rerun no-title no-wrap interval= help version"}, joined: true},
	"cross-env":  {assigns: true, alone: true},
	"dotenv":     {options: options{short: "e:p:f:o"}, alone: true},
	"winpty":     {options: options{short: ""}},
	"gosu":       {skip: 1},
	"su-exec":    {skip: 1},
	"tini":       {options: options{short: "svgwp:e:"}},
	"dumb-init":  {options: options{"cvr:", "single-child verbose rewrite="}},
	"npx":        {options: options{"yqp:", "yes no quiet no-install package= prefer-online prefer-offline offline ignore-existing version help"}, alone: true},
	"bunx":       {options: options{"p:", "bun package= silent verbose"}, alone: true},
	"uvx":        {options: options{"qp:", "from= with= python= quiet isolated offline refresh version help"}, alone: true},
}

// Programs whose first operands say that they run the rest.
var subLaunchers = map[string]map[string]launcher{
	"uv":      {"run": {options: options{"qnvp:", "with= python= isolated no-project no-sync frozen locked offline quiet extra= group= all-extras project= directory= env-file= no-env-file dev no-dev script module="}}},
	"poetry":  {"run": {}},
	"pipenv":  {"run": {}},
	"pdm":     {"run": {options: options{"s", ""}}},
	"hatch":   {"run": {}},
	"rye":     {"run": {}},
	"bundle":  {"exec": {options: options{"", "keep-file-descriptors gemfile="}}},
	"pnpm":    {"exec": {options: options{"rc", "recursive"}, unsafe: " -c "}, "dlx": {options: options{"", "package= silent"}}},
	"yarn":    {"exec": {}, "dlx": {options: options{"qp:", "quiet package="}}},
	"npm":     {"exec": {options: options{"yqp:w:", "yes no package= workspace= workspaces"}}, "x": {options: options{"yqp:", "yes no package="}}},
	"mise":    {"exec": {options: options{"C:", ""}}, "x": {options: options{"C:", ""}}},
	"asdf":    {"exec": {}},
	"rbenv":   {"exec": {}},
	"pyenv":   {"exec": {}},
	"direnv":  {"exec": {skip: 1}},
	"conda":   {"run": {options: options{"n:p:v", "name= prefix= no-capture-output live-stream cwd="}}},
	"op":      {"run": {options: options{"", "env-file= no-masking"}}},
	"doppler": {"run": {options: options{"p:c:", "project= config="}}},
	"rustup":  {"run": {skip: 1}},
	"docker":  dockerLaunchers,
	"podman":  dockerLaunchers,
	"nerdctl": dockerLaunchers,
}

var dockerLaunchers = map[string]launcher{
	"exec": {options: options{"ditTe:u:w:l", "detach interactive tty privileged env= env-file= user= workdir= detach-keys= latest"}, skip: 1, alone: true},
	"run": {options: options{"ditPqa:c:e:h:l:m:p:u:v:w:", "detach interactive tty rm privileged init read-only publish-all no-healthcheck oom-kill-disable quiet " +
		"add-host= annotation= attach= blkio-weight= cap-add= cap-drop= cgroup-parent= cidfile= cpu-period= cpu-quota= cpu-shares= cpus= cpuset-cpus= " +
		"device= dns= dns-search= entrypoint= env= env-file= expose= gpus= group-add= health-cmd= hostname= ip= ipc= isolation= label= label-file= link= log-driver= log-opt= mac-address= memory= memory-swap= mount= name= net= network= network-alias= pid= pids-limit= platform= publish= pull= restart= runtime= security-opt= shm-size= stop-signal= stop-timeout= storage-opt= sysctl= tmpfs= ulimit= user= userns= uts= volume= volume-driver= volumes-from= workdir="},
		skip: 1, alone: true, unsafe: " --entrypoint --health-cmd "},
}

func listed(set string, opts []option) bool {
	for _, o := range opts {
		if strings.Contains(set, " "+o.name+" ") {
			return true
		}
	}
	return false
}

// launch finds the command among the operands of a launcher and lists it.
func (l *list) launch(i int, args []arg, sc scope, spec launcher) {
	opts, rest, ok := spec.read(args)
	if !ok || listed(spec.unsafe, opts) {
		l.unknown(i)
		return
	}
	if has(opts, "--help", "--version") || listed(spec.quiet, opts) {
		return
	}
	name := l.cmds[i].Name
	if split, value := valueOf(opts, "-S", "--split-string"); split && name == "env" {
		l.splitString(i, value, rest, sc)
		return
	}
	if spec.assigns {
		rest, sc.env = l.assignments(i, rest, sc.env)
	}
	for n := 0; n < spec.skip; n++ {
		if len(rest) == 0 {
			break
		}
		if !rest[0].exact && !rest[0].hidden && name != "docker" && name != "podman" {
			l.unknown(i)
			return
		}
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0].text == "--" && rest[0].exact && !spec.joined {
		rest = rest[1:]
	}
	switch {
	case len(rest) == 0 && spec.alone:
	case has(opts, "-S", "--stdin") && name == "sudo":
		sc.stdin = nil
		l.inner(i, rest, sc)
	case spec.joined && !(name == "watch" && has(opts, "-x", "--exec")), name == "entr" && has(opts, "-s"):
		l.code(i, join(rest), sc)
	default:
		l.inner(i, rest, sc)
	}
}

func valueOf(opts []option, names ...string) (bool, arg) {
	for _, o := range opts {
		for _, n := range names {
			if o.name == n {
				return true, o.value
			}
		}
	}
	return false, arg{}
}

// assignments takes the leading NAME=VALUE words.
func (l *list) assignments(i int, args []arg, env []string) ([]arg, []string) {
	env = env[:len(env):len(env)]
	for len(args) > 0 {
		name, value, ok := strings.Cut(args[0].text, "=")
		if !ok || strings.ContainsAny(name, "$`*?{[\"'\\<") {
			break
		}
		if perilous(name, value, args[0].exact) {
			l.unknown(i)
		}
		env = append(env, name)
		args = args[1:]
	}
	return args, env
}

// splitString does what env -S does, where no escape or variable stands in it.
func (l *list) splitString(i int, value arg, rest []arg, sc scope) {
	if !value.exact || strings.ContainsAny(value.text, "\\$'\"#") {
		l.unknown(i)
		return
	}
	args := []arg{}
	for f := range strings.FieldsSeq(value.text) {
		args = append(args, arg{text: f, exact: true})
	}
	args = append(args, rest...)
	if len(args) > 0 && strings.HasPrefix(args[0].text, "-") {
		l.unknown(i)
		return
	}
	args, sc.env = l.assignments(i, args, sc.env)
	l.inner(i, args, sc)
}
