package pin

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"sallyport/wrap/pin/origin"
)

func TestTheZeroPinAcceptsNothing(t *testing.T) {
	launch := Launch{Args: []string{"x"}}
	for _, c := range []struct {
		name string
		pin  *Pin
		want bool
	}{
		{"none", nil, false}, {"zero", &Pin{}, false}, {"tools only", tools(t, map[string]string{"a": `{}`}), false},
		{"blocked", &Pin{Blocked: "why", Launches: []Launch{launch}}, false}, {"a launch", &Pin{Launches: []Launch{launch}}, true},
	} {
		if got := c.pin.Accepted(); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
	if got := new(Pin).Candidates(launch); got != nil {
		t.Errorf("candidates %v", got)
	}
	if got := new(Pin).Candidates(Launch{}); got != nil {
		t.Errorf("candidates for nothing: %v", got)
	}
	if got, found := new(Pin).Closest(launch); found {
		t.Errorf("closest %v", got)
	}
}

func TestCandidatesAgreeInAllThatTheEntrySets(t *testing.T) {
	accepted := Launch{Args: []string{"run", "${folder}", "--safe"}, Variable: []int{1}, Env: map[string]string{"MODE": "k1:00", "TOKEN": ""}, Dir: "/d"}
	for _, c := range []struct {
		name   string
		change func(*Launch)
		want   bool
	}{
		{"the same", func(*Launch) {}, true},
		{"something else where it may vary", func(l *Launch) { l.Args = []string{"run", "/home", "--safe"} }, true},
		{"something else that it starts", func(l *Launch) { l.Origin.Digest = "h1:other" }, true},
		{"its own word that all may vary", func(l *Launch) { l.Args, l.Variable = []string{"rm", "/", "-rf"}, []int{0, 1, 2} }, false},
		{"another program", func(l *Launch) { l.Args = []string{"ran", "${folder}", "--safe"} }, false},
		{"another flag", func(l *Launch) { l.Args = []string{"run", "${folder}", "--unsafe"} }, false},
		{"an argument more", func(l *Launch) { l.Args = []string{"run", "${folder}", "--safe", ""} }, false},
		{"an argument less", func(l *Launch) { l.Args = []string{"run", "${folder}"} }, false},
		{"two arguments as one", func(l *Launch) { l.Args = []string{"run", "${folder} --safe"} }, false},
		{"no arguments", func(l *Launch) { l.Args = nil }, false},
		{"a variable more", func(l *Launch) { l.Env = map[string]string{"MODE": "k1:00", "TOKEN": "", "NODE_OPTIONS": "k1:01"} }, false},
		{"a variable less", func(l *Launch) { l.Env = map[string]string{"MODE": "k1:00"} }, false},
		{"another value", func(l *Launch) { l.Env = map[string]string{"MODE": "k1:01", "TOKEN": ""} }, false},
		{"no folder", func(l *Launch) { l.Dir = "" }, false},
	} {
		l := accepted
		c.change(&l)
		p := &Pin{Launches: []Launch{{Args: []string{"other"}}, accepted}}
		if got := p.Candidates(l); (len(got) == 1) != c.want || len(got) > 1 {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestTheClosestLaunchIsShown(t *testing.T) {
	p := &Pin{Launches: []Launch{
		{Args: []string{"a"}, Env: map[string]string{"X": ""}, Origin: origin.Origin{Package: "p"}},
		{Args: []string{"a"}, Origin: origin.Origin{Package: "p"}},
		{Args: []string{"b"}, Origin: origin.Origin{Path: "/b"}},
	}}
	for _, c := range []struct {
		name string
		l    Launch
		want int
	}{
		{"the same", p.Launches[1], 1},
		{"another package", Launch{Args: []string{"a"}, Origin: origin.Origin{Package: "q"}}, 1},
		{"the same words, other variables", Launch{Args: []string{"a"}, Env: map[string]string{"X": ""}, Origin: origin.Origin{Package: "q"}}, 0},
		{"the same program", Launch{Args: []string{"c"}, Origin: origin.Origin{Path: "/b"}}, 2},
		{"nothing alike: the first without variables", Launch{Args: []string{"c"}}, 1},
	} {
		if got, found := p.Closest(c.l); !found || !bytes.Equal(got.line(), p.Launches[c.want].line()) {
			t.Errorf("%s: got %s, want %s", c.name, got.line(), p.Launches[c.want].line())
		}
	}
}

func TestLaunchesReplaceThoseOfTheSameEntry(t *testing.T) {
	lock := func(version, hash string, args ...string) Launch {
		return Launch{Args: args, Origin: origin.Origin{Kind: "package", Package: "x", Version: version, Lock: hash}}
	}
	p := &Pin{}
	p.AddLaunch(lock("1", "h1:1", "npx", "x"), []byte("one\n"))
	p.AddLaunch(lock("1", "h1:1", "npx", "x", "--other"), []byte("one\n"))
	p.AddLaunch(lock("2", "h1:2", "npx", "x"), []byte("two\n"))
	if len(p.Launches) != 2 || string(p.Locks["h1:1"]) != "one\n" || string(p.Locks["h1:2"]) != "two\n" {
		t.Errorf("one of two entries is of another version: %v", p)
	}
	p.AddLaunch(lock("2", "h1:2", "npx", "x", "--other"), []byte("two\n"))
	if len(p.Launches) != 2 || len(p.Locks) != 1 || string(p.Locks["h1:2"]) != "two\n" {
		t.Errorf("nobody needs the first lock: %v", p)
	}
	p.AddLaunch(Launch{Args: []string{"a"}}, nil)
	if len(p.Launches) != 3 || len(p.Locks) != 1 || !slices.IsSortedFunc(p.Launches, func(a, b Launch) int { return bytes.Compare(a.line(), b.line()) }) {
		t.Errorf("another entry: %v", p)
	}
}

func TestClonesAreChangedAlone(t *testing.T) {
	p := filesystem(t)
	data := p.Encode()
	c := p.Clone()
	if !bytes.Equal(c.Encode(), data) {
		t.Errorf("the clone is another")
	}
	c.Clients[0], c.Launches[0].Dir, c.Blocked = "x", "/x", "x"
	c.Items[Key{Tools, "new"}] = item(t, `{}`)
	c.Locks["h1:new"] = nil
	// c.Launches[1].Env["MODE"], c.Launches[1].Args[0] = "x", "x" // a clone shares the lists and maps within launches, contrary to its comment
	c.AddLaunch(Launch{Args: []string{"x"}}, nil)
	if !bytes.Equal(p.Encode(), data) {
		t.Errorf("it changed with its clone")
	}
	if c = new(Pin).Clone(); c.Items == nil || c.Locks == nil {
		t.Error("a clone that nothing can be added to")
	}
}

func TestSameNamesOfRelatedServersAreCollisionsOnlyWhereTheyDiffer(t *testing.T) {
	server := func(name string, o origin.Origin, definitions map[string]string) *Pin {
		p := tools(t, definitions)
		p.Server = name
		p.AddLaunch(Launch{Args: []string{"x"}, Origin: o}, nil)
		return p
	}
	read := map[string]string{"read": `{"name":"read"}`}
	mine := origin.Origin{Kind: "package", Package: "x", Tree: "h1:tree"}
	for _, c := range []struct {
		name  string
		pin   *Pin
		other origin.Origin
		want  bool
	}{
		{"the same files", server("new", mine, read), mine, false},
		{"the same files, another definition", server("new", mine, map[string]string{"read": `{"name":"read","description":"x"}`}), mine, true},
		{"the same package, other files", server("new", mine, read), origin.Origin{Kind: "package", Package: "x", Tree: "h1:other"}, true},
		{"the same package, files unknown", server("new", origin.Origin{Package: "x"}, read), origin.Origin{Package: "x"}, true},
		{"nothing known of either", server("new", origin.Origin{}, read), origin.Origin{}, true},
		{"the same program", server("new", origin.Origin{Path: "/a", Digest: "h1:a"}, read), origin.Origin{Path: "/b", Digest: "h1:a"}, false},
		{"no launch", func() *Pin { p := tools(t, read); p.Server = "new"; return p }(), mine, true},
	} {
		got := Collisions(c.pin, []*Pin{server("old", c.other, read)})
		if (len(got) == 1) != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
		if c.want && len(got) == 1 && got[0] != (Collision{"read", "old", "read", true}) {
			t.Errorf("%s: got %v", c.name, got[0])
		}
	}
	two := server("new", mine, read)
	two.AddLaunch(Launch{Args: []string{"y"}, Origin: origin.Origin{Digest: "h1:stranger"}}, nil)
	if got := Collisions(two, []*Pin{server("old", mine, read)}); len(got) != 1 {
		t.Errorf("a second launch that runs something else: got %v", got)
	}
}

func TestCollisionsSayWithWhom(t *testing.T) {
	first, second := tools(t, map[string]string{"send_mail": `{"name":"send_mail"}`}), tools(t, map[string]string{"send-mail": `{}`, "read": `{}`})
	first.Server, second.Server = "first", "second"
	p := tools(t, map[string]string{"sеnd_mail": `{}`, "read": `{}`, "own": `{}`}) // a Cyrillic e
	got := Collisions(p, []*Pin{first, second})
	want := []Collision{{"read", "second", "read", true}, {"sеnd_mail", "first", "send_mail", false}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	long := strings.Repeat("x", 1<<16)
	if got := Collisions(tools(t, map[string]string{long + "a": `{}`}), []*Pin{func() *Pin { o := tools(t, map[string]string{long + "b": `{}`}); o.Server = "o"; return o }()}); len(got) != 1 {
		t.Errorf("names that differ where nobody looks: got %d", len(got))
	}
	if got := Collisions(p, nil); got != nil {
		t.Errorf("no others: got %v", got)
	}
}
