package pin

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sallyport/wrap/pin/origin"
)

func item(t testing.TB, definition string) Item {
	t.Helper()
	it, err := NewItem([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func sample(t testing.TB) *Pin {
	p := &Pin{Server: "files", Clients: []string{"cursor", "claude"}, Locks: map[string][]byte{}, Items: map[Key]Item{}}
	p.AddLaunch(Launch{
		Args: []string{"npx", "-y", "<x&y>@1.2.3", "a b"}, Env: map[string]string{"TOKEN": "", "MODE": "k1:0011"},
		Origin: origin.Origin{Kind: "package", Package: "x", Version: "1.2.3", Lock: "h1:lock", Tree: "h1:tree"},
	}, []byte("{\n  \"packages\": {\n  }\n}\n"))
	p.AddLaunch(Launch{Args: []string{"/bin/x"}, Origin: origin.Origin{Kind: "program", Path: "/bin/x", Digest: "h1:x"}}, nil)
	add := func(k Key, class, definition string) {
		it := item(t, definition)
		it.Class = class
		p.Items[k] = it
	}
	add(Key{Tools, "read_file"}, "read", `{"name":"read_file","description":"Reads a \"file\".","inputSchema":{"type":"object"}}`)
	add(Key{Tools, "write file\n"}, "write", `{"name":"write file\n","description":"Writes}, \"hash\": \"h1:\", \"definition\": {"}`)
	add(Key{Tools, "é"}, "", `{"name":"é"}`)
	add(Key{Prompts, "p"}, "", `{"name":"p"}`)
	add(Key{Resources, "file:///x"}, "", `{"uri":"file:///x"}`)
	add(Key{Templates, "x://{y}"}, "", `{"uriTemplate":"x://{y}"}`)
	add(Key{Instructions, ""}, "", `"Be nice."`)
	add(Key{ServerInfo, ""}, "", `{"name":"s","version":"1"}`)
	add(Key{Capabilities, "io.x/y"}, "", `{}`)
	return p
}

func TestFilesAreWrittenInOneWay(t *testing.T) {
	data := sample(t).Encode()
	p, err := Decode(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if again := p.Encode(); !bytes.Equal(again, data) {
		t.Errorf("got\n%s\nwant\n%s", again, data)
	}
	// The same pin, put together in another order.
	other := &Pin{Server: "files", Clients: []string{"claude", "cursor"}, Items: map[Key]Item{}}
	keys := sample(t).Keys("")
	rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for _, k := range keys {
		other.Items[k] = sample(t).Items[k]
	}
	launches := sample(t).Launches
	other.AddLaunch(launches[1], sample(t).Locks[launches[1].Origin.Lock])
	other.AddLaunch(launches[0], sample(t).Locks[launches[0].Origin.Lock])
	if !bytes.Equal(other.Encode(), data) {
		t.Errorf("another order of building gives\n%s\nnot\n%s", other.Encode(), data)
	}
}

func TestOneWordIsOneLine(t *testing.T) {
	p := sample(t)
	before := strings.Split(string(p.Encode()), "\n")
	k := Key{Tools, "read_file"}
	changed := item(t, strings.Replace(string(p.Items[k].Definition), "Reads", "Sends", 1))
	changed.Class = "read"
	p.Items[k] = changed
	after := strings.Split(string(p.Encode()), "\n")
	differ := 0
	for i := range before {
		if before[i] != after[i] {
			differ++
		}
	}
	if len(before) != len(after) || differ != 1 {
		t.Errorf("%d lines differ", differ)
	}
}

// TestDamagedFilesAreNeverTrusted flips, drops, doubles and swaps. What is read all the same says exactly what stands there, and its
// hashes fit: a change that somebody could have made on purpose, of a class or an argument.
func TestDamagedFilesAreNeverTrusted(t *testing.T) {
	data := sample(t).Encode()
	check := func(what string, damaged []byte) {
		p, err := Decode(damaged)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Encode(), damaged) {
			t.Errorf("%s: read as something else", what)
		}
		for k, it := range p.Items {
			if hashOf(it.Definition) != it.Hash {
				t.Errorf("%s: the hash of %v does not fit", what, k)
			}
			if was, has := sample(t).Items[k]; has && was.Hash != it.Hash {
				t.Errorf("%s: %v is another definition", what, k)
			}
		}
	}
	for i := range data {
		for _, mask := range []byte{1, 0x20, 0x80} {
			damaged := bytes.Clone(data)
			damaged[i] ^= mask
			check(fmt.Sprintf("byte %d ^ %#x", i, mask), damaged)
		}
		if _, err := Decode(data[:i]); err == nil {
			t.Errorf("cut at %d, it is read", i)
		}
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	for i := range lines[:len(lines)-1] {
		check(fmt.Sprintf("without line %d", i+1), bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil))
		check(fmt.Sprintf("line %d twice", i+1), bytes.Join(append(append([][]byte{}, lines[:i+1]...), lines[i:]...), nil))
		if i > 0 {
			swapped := append([][]byte{}, lines...)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			check(fmt.Sprintf("lines %d and %d swapped", i, i+1), bytes.Join(swapped, nil))
		}
	}
}

func TestFilesOfLaterVersionsSaySo(t *testing.T) {
	_, err := Decode(bytes.Replace(sample(t).Encode(), []byte(`"version": 1`), []byte(`"version": 2`), 1))
	if err == nil || !strings.Contains(err.Error(), "it is of version 2, and this sallyport reads version 1") {
		t.Errorf("got %v", err)
	}
}

// FuzzDecode states the promise: what is read is written in the same bytes, and every hash fits.
func FuzzDecode(f *testing.F) {
	f.Add(sample(f).Encode())
	f.Add((&Pin{Server: "x", Blocked: "why"}).Encode())
	f.Add([]byte("{\n  \"version\": 1,\n  \"server\": \"x\"\n}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Encode(), data) {
			t.Error("it is written otherwise")
		}
		for k, it := range p.Items {
			if hashOf(it.Definition) != it.Hash {
				t.Errorf("the hash of %v does not fit", k)
			}
		}
	})
}

// TestHashesCanBeComputedByHand runs the recipe of the package comment.
func TestHashesCanBeComputedByHand(t *testing.T) {
	for _, tool := range []string{"sed", "tr", "openssl", "base64"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("SALLYPORT_MUST_RUN") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, recipe, _ := strings.Cut(string(doc), "//\tsed -n")
	recipe, _, _ = strings.Cut("//\tsed -n"+recipe, "\n//\n")
	recipe = strings.ReplaceAll(recipe, "//\t", "")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "filesystem.json"), sample(t).Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", recipe)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if want := sample(t).Items[Key{Tools, "read_file"}].Hash; err != nil || "h1:"+strings.TrimSpace(string(out)) != want {
		t.Errorf("%s gives %s, %v, want %s", recipe, out, err, want)
	}
}

func TestWritersLoseNothing(t *testing.T) {
	f := Folder{Dir: filepath.Join(t.TempDir(), "pins")}
	var all sync.WaitGroup
	for w := range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range 25 {
				err := f.Update("s", func(old *Pin) (*Pin, error) {
					p := &Pin{}
					if old != nil {
						p = old
					}
					p = p.Clone()
					p.Items[Key{Tools, fmt.Sprintf("%d-%d", w, i)}] = item(t, `{}`)
					return p, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
	p, err := f.Load("s")
	if err != nil || len(p.Items) != 100 {
		t.Errorf("%d items, %v", len(p.Items), err)
	}
	before, _ := os.ReadFile(f.Path("s"))
	f.Update("s", func(*Pin) (*Pin, error) { return &Pin{}, os.ErrInvalid })
	if after, _ := os.ReadFile(f.Path("s")); !bytes.Equal(before, after) {
		t.Error("a change that failed was written")
	}
}

// many is a pin of 500 tools of 2 KB.
func many(t testing.TB) *Pin {
	p := sample(t)
	for i := range 500 {
		name := fmt.Sprintf("tool_%03d", i)
		p.Items[Key{Tools, name}] = item(t, `{"name":"`+name+`","description":"`+strings.Repeat("does something useful ", 80)+`","inputSchema":{"type":"object","properties":{"path":{"type":"string"}}}}`)
	}
	return p
}

func BenchmarkHash(b *testing.B) {
	p := many(b)
	raw := p.Items[Key{Tools, "tool_007"}].Definition
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewItem(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode500(b *testing.B) {
	data := many(b).Encode()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad500(b *testing.B) {
	f := Folder{Dir: filepath.Join(b.TempDir(), "pins")}
	if err := f.Update("files", func(*Pin) (*Pin, error) { return many(b), nil }); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := f.Load("files"); err != nil {
			b.Fatal(err)
		}
	}
}
