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
			b, err := test.e.Build()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(b.Env, test.want) || !slices.Equal(b.Dropped, test.dropped) || b.Secrets != nil {
				t.Errorf("Build() = %q, dropped %q, secrets %q\nwant     %q, dropped %q", b.Env, b.Dropped, b.Secrets, test.want, test.dropped)
			}
			if !slices.Equal(client, test.e.Client) {
				t.Error("the client's list was changed")
			}
		})
	}
}

// A reference never reaches the child: it stands apart, or gives way to what the user's rules say.
func TestReferencesAreNotInTheEnvironment(t *testing.T) {
	b, err := Environment{
		Client: list{"T=keyring:github", "U=keyring:", "V=keyring:other", "W=keyring:w", "A=1"}, Named: list{"T", "U", "W", "A"},
		Set: map[string]string{"W": "w"}, Secret: list{"A"},
	}.Build()
	if err != nil || !slices.Equal(b.Env, list{"W=w"}) || len(b.Secrets) != 2 || b.Secrets["T"] != "keyring:github" || b.Secrets["U"] != "keyring:" {
		t.Errorf("%q, %q, %v", b.Env, b.Secrets, err)
	}
}

func TestEnvironmentIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		e    Environment
		want string
	}{
		"a value after --env":               {Environment{Named: []string{"A=1"}}, "give the name alone"},
		"an empty name after --env":         {Environment{Named: []string{""}}, "not the name of a variable"},
		"a bad name in Set":                 {Environment{Set: map[string]string{"A=B": "x"}}, "not the name of a variable"},
		"a NUL in Set, which cuts a value":  {Environment{Set: map[string]string{"A": "x\x00y"}}, "NUL"},
		"a NUL in Path, which would cut it": {Environment{Path: "/a\x00b"}, "NUL"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := test.e.Build()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Build() = %q, %v; want an error with %q", b.Env, err, test.want)
			}
			if b.Env != nil {
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
		if !Injects(name) {
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
		if Injects(name) {
			t.Errorf("%s is taken as injection", name)
		}
	}
}
