//go:build unix

package child

import (
	"slices"
	"strings"
	"testing"
)

type list = []string

var environments = map[string]struct {
	e       Environment
	want    list
	dropped list
}{
	"nothing": {Environment{}, list{}, nil},
	"without --env the client's": {
		Environment{Client: list{"B=2", "A=1", "EMPTY=", "EQ=a=b", "TOKEN=t"}},
		list{"A=1", "B=2", "EMPTY=", "EQ=a=b", "TOKEN=t"}, nil,
	},
	"the last of a name counts": {Environment{Client: list{"A=1", "A=2"}}, list{"A=2"}, nil},
	"malformed entries are skipped": {
		Environment{Client: list{"", "A", "=x", "=C:=\\", "N=a\x00b", "B=1"}}, list{"B=1"}, nil,
	},
	"our own variables never": {
		Environment{Client: list{"SALLYPORT_STATE_DIR=/x", "A=1"}, Named: list{"SALLYPORT_STATE_DIR", "A"}},
		list{"A=1"}, nil,
	},
	"inherited injection is dropped and told": {
		Environment{Client: list{"NODE_OPTIONS=-r x", "LD_PRELOAD=x.so", "A=1"}},
		list{"A=1"}, list{"LD_PRELOAD", "NODE_OPTIONS"},
	},
	"named injection is kept": {
		Environment{Client: list{"NODE_OPTIONS=-r x", "LD_PRELOAD=x.so"}, Named: list{"NODE_OPTIONS"}},
		list{"NODE_OPTIONS=-r x"}, list{"LD_PRELOAD"},
	},
	"--env limits to the named and the base list": {
		Environment{
			Client: list{"HOME=/h", "PATH=/bin", "LC_ALL=C", "XDG_DATA_HOME=/d", "https_proxy=p", "SECRET=s", "GITHUB_TOKEN=g", "CLAUDE_PROJECT_DIR=/p", "AWS_REGION=eu"},
			Named:  list{"GITHUB_TOKEN", "ABSENT"},
		},
		list{"CLAUDE_PROJECT_DIR=/p", "GITHUB_TOKEN=g", "HOME=/h", "LC_ALL=C", "PATH=/bin", "XDG_DATA_HOME=/d", "https_proxy=p"}, nil,
	},
	"--env with a name that is not there is a limit too": {
		Environment{Client: list{"HOME=/h", "SECRET=s"}, Named: list{"NONE"}}, list{"HOME=/h"}, nil,
	},
	"clients' own credentials are not in the base list": {
		Environment{
			Client: list{"CLAUDE_CODE_OAUTH_TOKEN=t", "GEMINI_API_KEY=k", "CLAUDE_CODE_ENTRYPOINT=cli", "CLAUDECODE=1"}, Named: list{"NONE"},
		},
		list{"CLAUDECODE=1", "CLAUDE_CODE_ENTRYPOINT=cli"}, nil,
	},
	"Set adds, replaces, and may inject": {
		Environment{Client: list{"A=1", "B=2", "NODE_OPTIONS=x"}, Named: list{"A"}, Set: map[string]string{"A": "9", "C": "", "NODE_OPTIONS": "y"}},
		list{"A=9", "C=", "NODE_OPTIONS=y"}, list{"NODE_OPTIONS"},
	},
	"Set replaces a reference": {
		Environment{Client: list{"A=keyring:a"}, Set: map[string]string{"A": "v"}}, list{"A=v"}, nil,
	},
	"a reference that is not passed": {
		Environment{Client: list{"A=keyring:a"}, Named: list{"NONE"}}, list{}, nil,
	},
	"schemes with nothing behind, and other values": {
		Environment{Client: list{"F=file:/x"}, Set: map[string]string{"A": "env:", "B": "file:", "C": "Keyring:x", "D": "https://x"}},
		list{"A=env:", "B=file:", "C=Keyring:x", "D=https://x", "F=file:/x"}, nil,
	},
	"Path replaces PATH": {
		Environment{Client: list{"PATH=/bin"}, Set: map[string]string{"PATH": "/set"}, Path: "/login"}, list{"PATH=/login"}, nil,
	},
}

func TestEnvironment(t *testing.T) {
	for name, test := range environments {
		t.Run(name, func(t *testing.T) {
			client := slices.Clone(test.e.Client)
			env, dropped, err := test.e.Build()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(env, test.want) || !slices.Equal(dropped, test.dropped) {
				t.Errorf("Build() = %q, dropped %q\nwant     %q, dropped %q", env, dropped, test.want, test.dropped)
			}
			if !slices.Equal(client, test.e.Client) {
				t.Error("the client's list was changed")
			}
		})
	}
}

func TestEnvironmentIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		e    Environment
		want string
	}{
		"keyring from the client":           {Environment{Client: []string{"T=keyring:github"}}, `"T" in the client's configuration names the secret "keyring:github"`},
		"keyring from the client, named":    {Environment{Client: []string{"T=keyring:x"}, Named: []string{"T"}}, "not supported yet"},
		"keyring without a name":            {Environment{Client: []string{"T=keyring:"}}, "not supported yet"},
		"keyring in Set":                    {Environment{Set: map[string]string{"T": "keyring:github"}}, `"T" in your rules names the secret "keyring:github"`},
		"file in Set":                       {Environment{Set: map[string]string{"T": "file:/x"}}, "not supported yet"},
		"env in Set":                        {Environment{Set: map[string]string{"T": "env:X"}}, "not supported yet"},
		"exec in Set":                       {Environment{Set: map[string]string{"T": "exec:[op]"}}, "not supported yet"},
		"a value after --env":               {Environment{Named: []string{"A=1"}}, "give the name alone"},
		"an empty name after --env":         {Environment{Named: []string{""}}, "not the name of a variable"},
		"a bad name in Set":                 {Environment{Set: map[string]string{"A=B": "x"}}, "not the name of a variable"},
		"a NUL in Set, which cuts a value":  {Environment{Set: map[string]string{"A": "x\x00y"}}, "NUL"},
		"a NUL in Path, which would cut it": {Environment{Path: "/a\x00b"}, "NUL"},
	} {
		t.Run(name, func(t *testing.T) {
			env, _, err := test.e.Build()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Build() = %q, %v; want an error with %q", env, err, test.want)
			}
			if env != nil {
				t.Error("an environment beside an error")
			}
		})
	}
}

func TestInjectionList(t *testing.T) {
	for _, name := range []string{
		"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "NODE_OPTIONS", "NODE_PATH", "PYTHONPATH",
		"PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT", "RUBYOPT", "RUBYLIB", "PERL5OPT", "PERL5LIB", "BASH_ENV", "ENV",
		"GCONV_PATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "DOTNET_STARTUP_HOOKS", "GIT_SSH_COMMAND",
		"GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "BASH_FUNC_ls%%", "BASH_FUNC_x()", "LUA_INIT_5_4", "npm_config_node_options",
		"NPM_CONFIG_SCRIPT_SHELL", "npm_config_script-shell", "CORECLR_PROFILER_PATH", "GLIBC_TUNABLES", "ZDOTDIR",
	} {
		if !injection(name) {
			t.Errorf("%s is not taken as injection", name)
		}
		if base(name) {
			t.Errorf("%s is in the base list", name)
		}
	}
	for _, name := range append([]string{
		"OLD_PATH", "NODE_ENV", "PYTHONUNBUFFERED", "PYTHONIOENCODING", "ENVIRONMENT", "GIT_AUTHOR_NAME", "npm_config_registry",
		"JAVA_HOME", "NODE_EXTRA_CA_CERTS", "ELECTRON_RUN_AS_NODE", "VIRTUAL_ENV", "ld_preload",
	}, baseNames...) {
		if injection(name) {
			t.Errorf("%s is taken as injection", name)
		}
	}
}
