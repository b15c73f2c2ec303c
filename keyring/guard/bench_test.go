package guard

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// twenty are secrets of the usual length.
func twenty() *Guard {
	r := rand.New(rand.NewPCG(1, 2))
	var list []Secret
	for i := range 20 {
		b := make([]byte, 20)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		list = append(list, Secret{fmt.Sprint("s", i), []byte("tok_" + hex.EncodeToString(b))})
	}
	g, _ := New(list)
	return g
}

// The frames are of 1 MiB, and hold no secret.
func BenchmarkFrame(b *testing.B) {
	g := twenty()
	withShort, _ := New([]Secret{{"a", []byte("s3cr3tpw")}, {"b", []byte("hunter2-hunter2")}})
	prose := strings.Repeat("The quick brown fox jumps over the lazy dog, and runs through 17 fields to its den. ", 12500)
	code := strings.Repeat(`func main() {\n\tfmt.Println(\"hello\", os.Args[1:])\n}\n\n`, 18000)
	web := strings.Repeat(`see https://example.com/a%2Fb?q=x%20y%26z and C:\\Users\\ann\\notes `, 15500)
	records := strings.Repeat(`{"id":12345,"name":"somebody","tags":["a","b"],"at":"2026-11-23T10:00:00Z"},`, 13500)
	escapes := strings.Repeat(`\u00e4\u0041\/ `, 69900)
	for _, bb := range []struct {
		name, text string
	}{{"prose", prose}, {"code", code}, {"web", web}, {"records", records}, {"escapes", escapes}} {
		frame := []byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"` + bb.text + `"}]}}`)
		for _, gg := range []struct {
			name string
			g    *Guard
		}{{"twenty", g}, {"short", withShort}} {
			b.Run(bb.name+"/"+gg.name, func(b *testing.B) {
				b.SetBytes(int64(len(frame)))
				for b.Loop() {
					if gg.g.Holds(frame) {
						b.Fatal("found")
					}
				}
			})
		}
	}
	items := []byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[` + strings.Repeat(`{"type":"text","text":"some words of a result"},`, 20000) + `{"type":"text","text":""}]}}`)
	b.Run("items", func(b *testing.B) {
		b.SetBytes(int64(len(items)))
		for b.Loop() {
			if g.Holds(items) {
				b.Fatal("found")
			}
		}
	})
	small := []byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"` + prose[:950] + `"}]}}`)
	b.Run("1KiB", func(b *testing.B) {
		for b.Loop() {
			if g.Holds(small) {
				b.Fatal("found")
			}
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		twenty()
	}
}
