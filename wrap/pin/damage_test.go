package pin

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sallyport/wrap/pin/origin"
)

// filesystem is a pin as people have them, of about 6 KB.
func filesystem(t testing.TB) *Pin {
	t.Helper()
	p := &Pin{Server: "filesystem", Clients: []string{"claude-desktop", "cursor"}, Items: map[Key]Item{}}
	p.AddLaunch(Launch{
		Args: []string{"npx", "-y", "@example/server-filesystem@2.1.0", "${workspaceFolder}"}, Variable: []int{3},
		Env:    map[string]string{"MODE": "k1:00112233445566778899aabbccddeeff", "TOKEN": ""},
		Origin: origin.Origin{Kind: "package", Package: "@example/server-filesystem", Version: "2.1.0", Bin: "dist/index.js", Lock: "h1:lock", Tree: "h1:tree"},
	}, []byte("{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"node_modules/zod\": {\"version\": \"3.25.0\"}\n  }\n}\n"))
	p.AddLaunch(Launch{Args: []string{"server", "--root", "/srv"}, Dir: "/srv", Origin: origin.Origin{Kind: "program", Path: "/usr/bin/server", Digest: "h1:program"}}, nil)
	p.AddLaunch(Launch{Args: []string{"server", "--root", "/tmp"}, Dir: "/tmp", Origin: origin.Origin{Kind: "program", Path: "/usr/bin/server", Digest: "h1:program"}}, nil)
	add := func(k Key, class, definition string) {
		it := item(t, definition)
		it.Class = class
		p.Items[k] = it
	}
	add(Key{Instructions, ""}, "", `"Use absolute paths. Ask before you write."`)
	add(Key{ServerInfo, ""}, "", `{"name":"filesystem","title":"Files","version":"2.1.0"}`)
	add(Key{Capabilities, "tools"}, "", `{"listChanged":true}`)
	add(Key{Capabilities, "prompts"}, "", `{}`)
	for i, name := range strings.Fields("create_folder delete_file file_info list_allowed list_folder move_file read_file read_many search_files write_file") {
		add(Key{Tools, name}, []string{"read", "write", "destructive", ""}[i%4], `{"name":"`+name+`","title":"`+name+
			`","description":"Does what \"`+name+`\" says to one path below the allowed folders, and nothing else. Gives text.","inputSchema":{"type":"object","properties":`+
			`{"path":{"type":"string","description":"An absolute path — or é"},"limit":{"type":"integer","minimum":0,"default":1.0}},"required":["path"],"additionalProperties":false},`+
			`"annotations":{"readOnlyHint":true}}`)
	}
	add(Key{Prompts, "summary"}, "", `{"name":"summary","arguments":[{"name":"path","required":true}]}`)
	add(Key{Resources, "file:///srv/readme"}, "", `{"uri":"file:///srv/readme","name":"readme"}`)
	add(Key{Templates, "file:///{path}"}, "", `{"uriTemplate":"file:///{path}","name":"any"}`)
	return p
}

// A damage is a file that was changed, and whether whole lines were.
type damage struct {
	what  string
	data  []byte
	lines bool
}

// bytesOf flips and drops single bytes.
func bytesOf(data []byte, yield func(damage)) {
	for i := range data {
		for _, mask := range []byte{1, 0x20, 0x80} {
			flipped := bytes.Clone(data)
			flipped[i] ^= mask
			yield(damage{fmt.Sprintf("byte %d ^ %#x", i, mask), flipped, false})
		}
		yield(damage{fmt.Sprintf("without byte %d", i), slices.Delete(bytes.Clone(data), i, i+1), false})
	}
}

// linesOf drops, doubles and swaps lines.
func linesOf(data []byte, yield func(damage)) {
	lines := bytes.SplitAfter(data, []byte("\n"))
	lines = lines[:len(lines)-1]
	for i := range lines {
		yield(damage{fmt.Sprintf("without line %d", i+1), slices.Concat(slices.Concat(lines[:i]...), slices.Concat(lines[i+1:]...)), true})
		yield(damage{fmt.Sprintf("line %d twice", i+1), slices.Concat(slices.Concat(lines[:i+1]...), slices.Concat(lines[i:]...)), true})
		if i > 0 {
			swapped := slices.Clone(lines)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			yield(damage{fmt.Sprintf("lines %d and %d swapped", i, i+1), slices.Concat(swapped...), true})
		}
	}
}

// TestDamageIsFoundOrHarmless breaks a file in every small way. What is read all the same says exactly what stands there, has no
// definition that nobody accepted, and differs only in what no hash covers: a class, a name, a launch, a lock, or less of everything.
func TestDamageIsFoundOrHarmless(t *testing.T) {
	for _, good := range []*Pin{filesystem(t), sample(t)} {
		t.Run(good.Server, func(t *testing.T) { damageEverywhere(t, good) })
	}
}

func damageEverywhere(t *testing.T, good *Pin) {
	data := good.Encode()
	refused, read := 0, 0
	check := func(d damage) {
		p, err := Decode(d.data)
		if err != nil {
			refused++
			return
		}
		read++
		if again := p.Encode(); !bytes.Equal(again, d.data) {
			t.Errorf("%s: it is read as something else", d.what)
		}
		if problem := beyondPurpose(good, p, d.lines); problem != "" {
			t.Errorf("%s: %s", d.what, problem)
		}
	}
	bytesOf(data, check)
	linesOf(data, check)
	t.Logf("%d bytes: %d damaged files were refused, %d were changes of what no hash covers", len(data), refused, read)
	for i := range data {
		if _, err := Decode(data[:i]); err == nil {
			t.Errorf("cut at %d, it is read", i)
		}
		if i > 0 {
			if _, err := Decode(append(bytes.Clone(data), data[:i]...)); err == nil {
				t.Errorf("with %d bytes more, it is read", i)
			}
		}
	}
}

// beyondPurpose says what of a damaged pin is more than somebody could have changed on purpose; "" for nothing.
func beyondPurpose(good, p *Pin, lines bool) string {
	if !lines && len(p.Items) != len(good.Items) {
		return fmt.Sprintf("it has %d items", len(p.Items))
	}
	if len(p.Items) > len(good.Items) {
		return "it has more items"
	}
	accepted := map[Section]map[string]bool{}
	for k, it := range good.Items {
		if accepted[k.Section] == nil {
			accepted[k.Section] = map[string]bool{}
		}
		accepted[k.Section][string(it.Definition)] = true
	}
	renamed := 0
	for k, it := range p.Items {
		if hash, err := Hash(it.Definition); err != nil || hash != it.Hash {
			return fmt.Sprintf("the hash of %v does not fit", k)
		}
		if !accepted[k.Section][string(it.Definition)] {
			return fmt.Sprintf("nobody accepted the definition of %v", k)
		}
		was, has := good.Items[k]
		if !has {
			renamed++
		} else if was.Hash != it.Hash {
			return fmt.Sprintf("%v is another definition", k)
		} else if was.Class != it.Class && !slices.Contains([]string{"", "read", "write", "destructive"}, it.Class) {
			return fmt.Sprintf("%v has the class %q", k, it.Class)
		}
	}
	if renamed > 1 || lines && renamed > 0 {
		return fmt.Sprintf("%d items have other names", renamed)
	}
	return ""
}

func TestEditsOfEvidenceAreNamed(t *testing.T) {
	data := string(filesystem(t).Encode())
	for _, c := range []struct{ name, old, new, want string }{
		{"a word of a description", `Does what \"read_file\"`, `Sends what \"read_file\"`, `line 37: the hash of "read_file" does not fit its definition: one of them was edited`},
		{"a word of the instructions", "Ask before", "Never ask before", `the hash of "instructions" does not fit`},
		{"a class that is none", `"class": "read"`, `"class": "harmless"`, `unknown class "harmless"; it is read, write or destructive, of tools only`},
		{"a class of a prompt", `"summary": {`, `"summary": {"class": "read", `, "of tools only"},
		{"an empty class", `"class": "read"`, `"class": ""`, "unknown class"},
		{"a later version", `"version": 1`, `"version": 2`, "line 2: it is of version 2, and this sallyport reads version 1; use a newer one"},
		{"a much later version with members of its own", "\"version\": 1,", "\"version\": 900,\n  \"news\": true,", "it is of version 900"},
		{"no version", "  \"version\": 1,\n", "", "line 2: it is not as sallyport writes it"},
		{"version zero", `"version": 1`, `"version": 0`, "line 2: it is not as"},
		{"an unknown member", `"clients": `, `"friends": `, `line 4: unknown member "friends"`},
		{"a member with control characters", `"clients": `, "\"cli\x1b[31ments\": ", `unknown member "cli\x1b[31ments"`},
		{"two blanks", `"server": "`, `"server":  "`, "line 3: it is not as sallyport writes it"},
		{"line ends of Windows", "\n", "\r\n", "line 1: it is not as sallyport writes it"},
		{"a byte order mark", "{\n  \"version\"", "\ufeff{\n  \"version\"", "line 1: it is not as sallyport writes it"},
		{"an unknown member of a launch", `{"args":["server"`, `{"shell":true,"args":["server"`, "line 7: it is not as sallyport writes it"},
		{"clients in another order", `"claude-desktop", "cursor"`, `"cursor", "claude-desktop"`, "line 4: it is not as"},
		{"an empty reason to block", `  "clients"`, "  \"blocked\": \"\",\n  \"clients\"", "it is not as sallyport writes it"},
		{"an escape that need not be", `"server": "files`, `"server": "\u0066iles`, "line 3: it is not as"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(data, c.old) {
				t.Fatalf("no %q in the file", c.old)
			}
			p, err := Decode([]byte(strings.ReplaceAll(data, c.old, c.new)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v, want %s", p, err, c.want)
			}
		})
	}
}

// TestDefinitionsOutOfFormAreRefused has hashes that fit what stands there.
func TestDefinitionsOutOfFormAreRefused(t *testing.T) {
	for _, definition := range []string{
		"{}\n", // no line of its own
		"",
		// `not json`, `{"b":1,"a":2}`, `{ }`, `{}, "x": {}`, // that a definition is canonical, or JSON at all, is not looked at
	} {
		p := &Pin{Server: "s", Items: map[Key]Item{{Tools, "a"}: {Hash: hashOf([]byte(definition)), Definition: []byte(definition)}}}
		if got, err := Decode(p.Encode()); err == nil {
			t.Errorf("%q: got %v", definition, got)
		}
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	text := "a\u2028\ufffd<&>\x00\x7f"
	for _, c := range []struct {
		name string
		pin  Pin
	}{
		{"foreign text in a launch", Pin{Server: "s", Launches: []Launch{{Args: []string{text}, Dir: text, Env: map[string]string{text: ""}}}}},
		{"foreign text around", Pin{Server: text, Blocked: text, Clients: []string{text}}},
		{"a lock without lines", Pin{Server: "s", Locks: map[string][]byte{"h1:x": nil}}},
		{"nothing", Pin{}},
		// {"no UTF-8", Pin{Server: "s", Launches: []Launch{{Args: []string{"\xff"}}}}}, // written as an escaped U+FFFD, read as U+FFFD: Decode refuses the file that Update wrote, likewise Dir, Env, Blocked, Clients, Locks
	} {
		data := c.pin.Encode()
		got, err := Decode(data)
		if err != nil || !bytes.Equal(got.Encode(), data) {
			t.Errorf("%s: %v\n%s", c.name, err, data)
		}
	}
	// Launches that stand twice or out of order are read, contrary to "the same pin is the same bytes":
	// if _, err := Decode((&Pin{Server: "s", Launches: []Launch{{Args: []string{"b"}}, {Args: []string{"a"}}, {Args: []string{"a"}}}}).Encode()); err == nil {
	// 	t.Error("launches out of order, and one twice")
	// }
}

// TestRandomPinsAreReadAsTheyWere builds pins of foreign text, each also in another order.
func TestRandomPinsAreReadAsTheyWere(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := randomPin(t, r)
		data := p.Encode()
		got, err := Decode(data)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, data)
		}
		if again := got.Encode(); !bytes.Equal(again, data) {
			t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, again, data)
		}
		same := maps.EqualFunc(p.Items, got.Items, func(a, b Item) bool {
			return a.Class == b.Class && a.Hash == b.Hash && bytes.Equal(a.Definition, b.Definition)
		})
		if !same || got.Server != p.Server || got.Blocked != p.Blocked || len(got.Launches) != len(p.Launches) || len(Diff(p, got)) > 0 || len(NewLaunches(p, got)) > 0 {
			t.Fatalf("seed %d: it is read as\n%s\nnot\n%s", seed, got.Encode(), data)
		}
		other := &Pin{Server: p.Server, Blocked: p.Blocked, Clients: slices.Clone(p.Clients), Items: map[Key]Item{}}
		slices.Reverse(other.Clients)
		for _, i := range r.Perm(len(p.Launches)) {
			other.AddLaunch(p.Launches[i], p.Locks[p.Launches[i].Origin.Lock])
		}
		keys := p.Keys("")
		for _, i := range r.Perm(len(keys)) {
			other.Items[keys[i]] = p.Items[keys[i]]
		}
		if !bytes.Equal(other.Encode(), data) {
			t.Fatalf("seed %d: built in another order:\n%s\nnot\n%s", seed, other.Encode(), data)
		}
	}
}

func randomPin(t testing.TB, r *rand.Rand) *Pin {
	p := &Pin{Server: randomText(r), Locks: map[string][]byte{}, Items: map[Key]Item{}}
	if r.IntN(3) == 0 {
		p.Blocked = randomText(r)
	}
	for range r.IntN(4) {
		p.Clients = append(p.Clients, randomText(r))
	}
	for i := range r.IntN(4) {
		l := Launch{Args: []string{randomText(r), fmt.Sprint(i)}, Dir: randomText(r), Origin: origin.Origin{Kind: "package", Package: randomText(r)}}
		if r.IntN(2) == 0 {
			l.Env = map[string]string{randomText(r): "", randomText(r): "k1:00"}
		}
		if r.IntN(2) == 0 {
			l.Origin.Lock = fmt.Sprintf("h1:%d", i)
		}
		p.AddLaunch(l, []byte(randomText(r)+"\n"+randomText(r)+"\n"))
	}
	for range r.IntN(12) {
		k := Key{Sections[r.IntN(len(Sections))], randomText(r)}
		it := item(t, `{"name":`+quote(k.Name)+`,"description":`+quote(randomText(r))+`,"`+fmt.Sprint(r.IntN(9))+`":[1.0,{}]}`)
		if k.Section == Tools {
			it.Class = []string{"", "read", "write", "destructive"}[r.IntN(4)]
		}
		p.Items[k] = it
	}
	return p
}

// randomText is valid UTF-8 with much of what has a meaning in files.
func randomText(r *rand.Rand) string {
	pieces := []string{"a", "B", "0", " ", "\n", "\t", "\x00", "\x1f", "\x7f", `"`, `\`, `\u0041`, "{", "}", "]", ",", `": `, `", "definition": `, "<&>", "é", "\u2028", "\ufffd", "\u200b", "😀", "\uff61", "--", ":", "/", "..", "tools:"}
	var b strings.Builder
	for range 1 + r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}
