package pin

import (
	"reflect"
	"testing"

	"sallyport/wrap/pin/origin"
)

func TestClassesAreProposedFromMoreThanTheServersWord(t *testing.T) {
	for _, c := range []struct{ name, hints, known, want string }{
		{"read_file", `{"readOnlyHint":true}`, "", "read"},
		{"getUserById", `{"readOnlyHint":true}`, "", "read"},
		{"read_file", `{}`, "", "write"},
		{"frobnicate", `{"readOnlyHint":true}`, "", "write"},
		{"delete_file", `{"readOnlyHint":true}`, "", "destructive"},
		{"get_and_delete", `{"readOnlyHint":true}`, "", "destructive"},
		{"run", `{"destructiveHint":true}`, "", "destructive"},
		{"send_mail", `{"readOnlyHint":true}`, "", "write"},
		{"send_mail", `{"ReadOnlyHint":true}`, "", "write"},
		{"read_file", `{"readOnlyHint":true}`, "write", "write"},
		{"anything", `{}`, "read", "read"},
		{"delete_file", `{"readOnlyHint":true}`, "read", "read"},
		{"read_file", `{"destructiveHint":true,"readOnlyHint":true}`, "", "read"},
		{"read_file", `{"destructiveHint":true}`, "", "destructive"},
		{"read_file", `{"readOnlyHint":"true"}`, "", "write"},
		{"read_file", `{"readOnlyHint":1}`, "", "write"},
		{"read_file", `null`, "", "write"},
		{"read_file", `[{"readOnlyHint":true}]`, "", "write"},
		{"list-force", `{"readOnlyHint":true}`, "", "destructive"},
		{"GetDELETE", `{"readOnlyHint":true}`, "", "destructive"},
		{"get.delete", `{"readOnlyHint":true}`, "", "destructive"},
		{"find_and_replace", `{"readOnlyHint":true}`, "", "read"},
		{"readme", `{"readOnlyHint":true}`, "", "write"},
		{"undeletable", `{"readOnlyHint":true}`, "", "write"},
		{"", `{"readOnlyHint":true}`, "", "write"},
		{"---", `{"readOnlyHint":true}`, "", "write"},
		// {"getHTTPDelete", `{"readOnlyHint":true}`, "", "destructive"}, // an acronym hides the word behind it: "httpdelete"
		// {"get_de\u200blete", `{"readOnlyHint":true}`, "", "destructive"}, // what cannot be seen takes a word apart: "de", "lete"
		// {"get_dеlete", `{"readOnlyHint":true}`, "", "destructive"}, // with a Cyrillic e it is no word that is known
	} {
		got := ProposeClass(c.name, []byte(`{"name":"x","annotations":`+c.hints+`}`), c.known)
		if got.Class != c.want || got.Why == "" {
			t.Errorf("%s %s: got %v, want %s", c.name, c.hints, got, c.want)
		}
	}
}

func TestNamesThatLookAlikeAreFound(t *testing.T) {
	server := func(name, digest string, clients []string, tools ...string) *Pin {
		p := &Pin{Server: name, Clients: clients, Items: map[Key]Item{}}
		p.AddLaunch(Launch{Args: []string{name}, Origin: origin.Origin{Digest: digest}}, nil)
		for _, tool := range tools {
			p.Items[Key{Tools, tool}] = item(t, `{}`)
		}
		return p
	}
	old := server("old", "h1:a", nil, "send_mail", "read", "list")
	for _, c := range []struct {
		new  *Pin
		want []string
	}{
		{server("new", "h1:b", nil, "read"), []string{"read"}},
		{server("new", "h1:b", nil, "READ"), []string{"READ"}},
		{server("new", "h1:b", nil, "ѕend_mail"), []string{"ѕend_mail"}}, // a Cyrillic s
		{server("new", "h1:b", nil, "send-mail"), []string{"send-mail"}},
		{server("new", "h1:b", nil, "se\u200bnd_mail"), []string{"se\u200bnd_mail"}},
		{server("new", "h1:b", nil, "send_mails", "reads"), nil},
		{server("new", "h1:a", nil, "read"), nil}, // the same program
		{server("old", "h1:b", nil, "read"), nil}, // itself
	} {
		var got []string
		for _, col := range Collisions(c.new, []*Pin{old}) {
			got = append(got, col.Name)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: got %q, want %q", c.new.Keys(Tools), got, c.want)
		}
	}
	a, b := server("a", "h1:a", []string{"cursor"}, "read"), server("b", "h1:b", []string{"claude"}, "read")
	if got := Collisions(b, []*Pin{a}); got != nil {
		t.Errorf("servers of two clients: %v", got)
	}
}

func TestEnvironmentKeepsNoSecrets(t *testing.T) {
	key := make([]byte, 32)
	values := map[string]string{"MODE": "fast", "GITHUB_TOKEN": "x", "URL": "https://me:pass@host/", "KEYCLOAK_URL": "https://good.example/", "PING_MODE": "x", "PLAIN": "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "EMPTY": ""}
	get := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	env := EnvOf(key, []string{"MODE", "GITHUB_TOKEN", "URL", "PLAIN", "EMPTY", "UNSET", "KEYCLOAK_URL", "PING_MODE"}, get)
	for _, name := range []string{"GITHUB_TOKEN", "URL", "PLAIN", "UNSET"} {
		if env[name] != "" {
			t.Errorf("%s is kept as %s", name, env[name])
		}
	}
	if env["KEYCLOAK_URL"] == "" || env["PING_MODE"] == "" {
		t.Errorf("got %v", env)
	}
	if env["MODE"] != EnvDigest(key, "MODE", "fast") || env["EMPTY"] == "" || env["MODE"] == EnvDigest([]byte("another key"), "MODE", "fast") {
		t.Errorf("got %v", env)
	}
}

func TestLaunchesAreTakenForWhatTheyAre(t *testing.T) {
	p := sample(t)
	l := p.Launches[1]
	if got := p.Candidates(l); len(got) != 1 {
		t.Errorf("the launch itself: %d candidates", len(got))
	}
	for name, change := range map[string]func(*Launch){
		"one more argument": func(l *Launch) { l.Args = append(l.Args[:len(l.Args):len(l.Args)], "x") },
		"another argument":  func(l *Launch) { l.Args = append([]string{"other"}, l.Args[1:]...) },
		"a variable":        func(l *Launch) { l.Env = map[string]string{"X": ""} },
		"a folder":          func(l *Launch) { l.Dir = "/x" },
	} {
		other := l
		change(&other)
		if got := p.Candidates(other); len(got) != 0 {
			t.Errorf("%s: %d candidates", name, len(got))
		}
	}
	variable := l
	variable.Variable = []int{len(l.Args) - 1}
	p.AddLaunch(variable, nil)
	other := l
	other.Args = append(append([]string{}, l.Args[:len(l.Args)-1]...), "anything")
	if got := p.Candidates(other); len(got) != 1 {
		t.Errorf("a variable argument: %d candidates", len(got))
	}
	if len(p.Launches) != 2 {
		t.Errorf("%d launches", len(p.Launches))
	}
}

func TestHintsOutsideTheirPlaceAreNone(t *testing.T) {
	for _, definition := range []string{``, `null`, `{}`, `"x"`, `{"readOnlyHint":true}`, `{"annotations":{"x":{"readOnlyHint":true}}}`, `{"annotations.readOnlyHint":true}`} {
		if got := ProposeClass("read_file", []byte(definition), ""); got.Class != "write" || got.Why == "" {
			t.Errorf("%s: got %v", definition, got)
		}
	}
}

func TestSecretsAreKnownByNameOrForm(t *testing.T) {
	for _, c := range []struct {
		name, value string
		kept        bool
	}{
		{"MODE", "fast", true}, {"LOG_LEVEL", "", true}, {"URL", "https://host/path", true}, {"TOKEN_URL", "https://host/", true}, {"KEY_FILE", "/x", true},
		{"MONKEY", "x", true}, {"PATTERN", "x", true}, {"SECRETARY", "x", true}, {"", "x", true}, {"___", "x", true},
		{"API_KEY", "x", false}, {"api-key", "x", false}, {"api.key", "x", false}, {"githubToken", "x", false}, {"PGPASSWORD", "x", false}, {"DB_PASS", "x", false},
		{"MY_APIKEY", "x", false}, {"KEY_ID", "x", false}, {"SESSION", "x", false}, {"TOKEN_VALUE", "x", false}, {"AUTH", "", false},
		{"URL", "https://me:pass@host/", false}, {"URL", "https://host/?key=x", false}, {"HOST", "ftp://x@y", false}, {"MODE", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", false},
		// {"GITHUB_TOKENS", "x", false}, {"PASSWORDS", "x", false}, {"APIKEYS", "x", false}, // of these words only the singular is known
		// {"ACCESSKEY", "x", false}, {"SECRETKEY", "x", false}, {"OAUTH", "x", false}, {"accessKey", "x", false}, {"API_KEY2", "x", false}, // a word that is part of another, but for four at its end
	} {
		env := EnvOf(make([]byte, 32), []string{c.name}, func(string) (string, bool) { return c.value, true })
		if digest, has := env[c.name]; !has || (digest != "") != c.kept {
			t.Errorf("%s=%s: got %q", c.name, c.value, digest)
		}
	}
	if got := EnvOf(nil, nil, nil); got != nil {
		t.Errorf("no variables: got %v", got)
	}
}

func TestDigestsAreOfNameAndValueUnderAKey(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	seen := map[string]string{}
	for _, c := range [][3]string{{string(key), "A", "x"}, {string(key), "B", "x"}, {string(key), "A", "y"}, {string(key), "A", ""}, {"another", "A", "x"}} {
		digest := EnvDigest([]byte(c[0]), c[1], c[2])
		if len(digest) != len("k1:")+32 || digest[:3] != "k1:" || seen[digest] != "" {
			t.Errorf("%q has the digest %s, as %s", c, digest, seen[digest])
		}
		seen[digest] = c[1] + "=" + c[2]
	}
}
