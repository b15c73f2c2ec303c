package pin

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// FuzzDecode states the promise: what is read is written in the same bytes, and every hash fits.
func FuzzDecode(f *testing.F) {
	f.Add(sample(f).Encode())
	f.Add(filesystem(f).Encode())
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
	for _, p := range []*Pin{sample(t), filesystem(t)} {
		if err := os.WriteFile(filepath.Join(dir, "filesystem.json"), p.Encode(), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, k := range p.Keys(Tools) {
			if strings.ContainsFunc(k.Name, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
				continue // a name that sed takes for something else
			}
			script := strings.ReplaceAll(recipe, "read_file", k.Name)
			cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if want := p.Items[k].Hash; err != nil || "h1:"+strings.TrimSpace(string(out)) != want {
				t.Errorf("%s gives %s, %v, want %s", script, out, err, want)
			}
		}
	}
}

// asSent is a definition of 2 KB with its members as servers order them.
func asSent(name string) string {
	return `{"name":"` + name + `","description":"` + strings.Repeat("does something useful ", 80) + `","inputSchema":{"type":"object","properties":{"path":{"type":"string"}}}}`
}

// many is a pin of 500 tools of 2 KB.
func many(t testing.TB) *Pin {
	p := sample(t)
	for i := range 500 {
		name := fmt.Sprintf("tool_%03d", i)
		p.Items[Key{Tools, name}] = item(t, asSent(name))
	}
	return p
}

func BenchmarkHash500(b *testing.B) {
	var raws [][]byte
	size := 0
	for i := range 500 {
		raws = append(raws, []byte(asSent(fmt.Sprintf("tool_%03d", i))))
		size += len(raws[i])
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range raws {
			if _, err := Hash(raw); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkEncode500(b *testing.B) {
	p := many(b)
	b.SetBytes(int64(len(p.Encode())))
	b.ReportAllocs()
	for b.Loop() {
		p.Encode()
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
