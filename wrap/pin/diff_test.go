package pin

import (
	"reflect"
	"slices"
	"testing"

	"sallyport/wrap/pin/drift"
	"sallyport/wrap/pin/origin"
)

// tools is a pin of tools by name and definition.
func tools(t testing.TB, definitions map[string]string) *Pin {
	t.Helper()
	p := &Pin{Server: "s", Items: map[Key]Item{}}
	for name, definition := range definitions {
		p.Items[Key{Tools, name}] = item(t, definition)
	}
	return p
}

func TestDifferencesOfItems(t *testing.T) {
	one := map[string]string{"a": `{"name":"a","description":"x"}`}
	for _, c := range []struct {
		name     string
		old, new *Pin
		want     []drift.Kind // of the only difference
		finding  bool
	}{
		{"nothing on either side", nil, nil, nil, false},
		{"the same", tools(t, one), tools(t, one), nil, false},
		{"the same in another order", tools(t, one), tools(t, map[string]string{"a": ` { "description" : "x", "name" : "a" } `}), nil, false},
		{"new", nil, tools(t, one), []drift.Kind{drift.Added}, false},
		{"gone", tools(t, one), nil, []drift.Kind{drift.Removed}, false},
		{"gone from a pin without a map", tools(t, one), &Pin{}, []drift.Kind{drift.Removed}, false},
		{"other words", tools(t, one), tools(t, map[string]string{"a": `{"name":"a","description":"y"}`}), []drift.Kind{drift.Wording}, false},
		{"another hint", tools(t, one), tools(t, map[string]string{"a": `{"name":"a","description":"x","annotations":{"readOnlyHint":true}}`}), []drift.Kind{drift.Hint}, false},
		{"another spelling of a number", tools(t, map[string]string{"a": `{"x":1}`}), tools(t, map[string]string{"a": `{"x":1.0}`}), []drift.Kind{drift.Other}, false},
		{"hidden text in a definition", nil, tools(t, map[string]string{"a": "{\"description\":\"x\U000e0041\U000e0042\U000e0043\"}"}), []drift.Kind{drift.Added}, true},
		{"hidden text in a name", nil, tools(t, map[string]string{"a\u202eb": `{}`}), []drift.Kind{drift.Added}, true},
		{"hidden text that goes", tools(t, map[string]string{"a\u202eb": `{}`}), nil, []drift.Kind{drift.Removed}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Diff(c.old, c.new)
			if len(c.want) == 0 {
				if len(got) != 0 {
					t.Errorf("got %v", got)
				}
				return
			}
			if len(got) != 1 || !slices.Equal(got[0].Kinds, c.want) || (got[0].Finding != "") != c.finding {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			added, removed := slices.Contains(c.want, drift.Added), slices.Contains(c.want, drift.Removed)
			if (got[0].Old == nil) != added || (got[0].New == nil) != removed || (len(got[0].Changes) == 0) != (added || removed) {
				t.Errorf("got %+v", got[0])
			}
		})
	}
}

func TestClassesMakeNoDifference(t *testing.T) {
	old, new := filesystem(t), filesystem(t)
	for k, it := range new.Items {
		it.Class = "destructive"
		new.Items[k] = it
	}
	if got := Diff(old, new); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestDifferencesComeInTheOrderOfFiles(t *testing.T) {
	var keys []Key
	for _, d := range Diff(nil, filesystem(t)) {
		keys = append(keys, d.Key)
	}
	if want := filesystem(t).Keys(""); !reflect.DeepEqual(keys, want) || keys[0] != (Key{Instructions, ""}) {
		t.Errorf("got %v, want %v", keys, want)
	}
}

func TestDifferencesLeaveThePinsAlone(t *testing.T) {
	old, new := filesystem(t), tools(t, map[string]string{"a": `{}`})
	Diff(old, new)
	if len(old.Items) != len(filesystem(t).Items) || len(new.Items) != 1 {
		t.Errorf("%d and %d items", len(old.Items), len(new.Items))
	}
}

func TestKindsOfChangesComeOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []drift.Change
		want []drift.Kind
	}{
		{"none", nil, []drift.Kind{drift.Other}},
		{"one twice", []drift.Change{{Kind: drift.Hint}, {Kind: drift.Wording}, {Kind: drift.Hint}}, []drift.Kind{drift.Hint, drift.Wording}},
	} {
		if got := KindsOf(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestKeysAreNamedSoThatTheyCanBeTypedAgain(t *testing.T) {
	for _, c := range []struct {
		key  Key
		want string
	}{
		{Key{Tools, "read_file"}, "read_file"},
		{Key{Tools, "a:b"}, "a:b"},
		// {Key{Tools, ""}, "tools:"}, // a tool without a name is named by an empty word, which no command line can be read back from
		{Key{Tools, "--yes"}, "tools:--yes"},
		{Key{Tools, "launch"}, "tools:launch"},
		{Key{Tools, "instructions"}, "tools:instructions"},
		{Key{Tools, "prompts:x"}, "tools:prompts:x"},
		{Key{Prompts, "x"}, "prompts:x"},
		{Key{Resources, "file:///x"}, "resources:file:///x"},
		{Key{Instructions, ""}, "instructions"},
		{Key{Capabilities, "tools"}, "capabilities:tools"},
	} {
		if got := c.key.String(); got != c.want {
			t.Errorf("%#v: got %s, want %s", c.key, got, c.want)
		}
	}
}

func TestNewLaunchesAreThoseThatStartSomethingElse(t *testing.T) {
	base := Launch{Args: []string{"npx", "x"}, Env: map[string]string{"MODE": "k1:00"}, Dir: "/d",
		Origin: origin.Origin{Kind: "package", Package: "x", Version: "1.0.0", Tree: "h1:tree", Runtime: "/usr/bin/node", RuntimeVersion: "22"}}
	for _, c := range []struct {
		name   string
		change func(*Launch)
		want   bool
	}{
		{"the same", func(*Launch) {}, false},
		{"another interpreter", func(l *Launch) { l.Origin.Runtime, l.Origin.RuntimeVersion = "/opt/node", "24" }, false},
		{"another version", func(l *Launch) { l.Origin.Version = "1.0.1" }, true},
		{"other files", func(l *Launch) { l.Origin.Tree = "h1:other" }, true},
		{"another argument", func(l *Launch) { l.Args = []string{"npx", "y"} }, true},
		{"arguments in another order", func(l *Launch) { l.Args = []string{"x", "npx"} }, true},
		{"another value of a variable", func(l *Launch) { l.Env = map[string]string{"MODE": "k1:01"} }, true},
		{"a variable more", func(l *Launch) { l.Env = map[string]string{"MODE": "k1:00", "X": ""} }, true},
		{"another folder", func(l *Launch) { l.Dir = "/e" }, true},
		{"an argument that may vary", func(l *Launch) { l.Variable = []int{1} }, true},
	} {
		other := base
		c.change(&other)
		if got := NewLaunches(&Pin{Launches: []Launch{base}}, &Pin{Launches: []Launch{other}}); (len(got) == 1) != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
	if got := NewLaunches(nil, &Pin{Launches: []Launch{base}}); len(got) != 1 {
		t.Errorf("nothing before: got %v", got)
	}
	if got := NewLaunches(&Pin{Launches: []Launch{base}}, &Pin{}); got != nil {
		t.Errorf("none any more: got %v", got)
	}
}
