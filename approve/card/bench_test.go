package card

import (
	"strconv"
	"strings"
	"testing"

	"sallyport/approve"
)

var sinkCard approve.Card

func benchmark(b *testing.B, c Call) {
	b.ReportAllocs()
	b.SetBytes(int64(len(c.Args)))
	for b.Loop() {
		sinkCard = Of(c)
	}
}

func BenchmarkOfSmallCall(b *testing.B) {
	w := newWorld(b)
	benchmark(b, w.call(b, "github", "create_issue", `{"owner":"acme","repo":"site","title":"Broken","body":"`+strings.Repeat("It is broken.\\n", 65)+`"}`))
}

func BenchmarkOfCommand(b *testing.B) {
	w := newWorld(b)
	benchmark(b, w.call(b, "shell", "run", `{"command":"cd build && make -j4 all 2>&1 | tee log.txt && git push origin main"}`))
}

// source is a text of n bytes in lines of different lengths.
func source(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString("line " + strconv.Itoa(i) + " " + strings.Repeat("x", i*7%60) + "\n")
	}
	return b.String()[:n-1] + "\n"
}

func BenchmarkOfLargeWrite(b *testing.B) {
	w := newWorld(b)
	text := source(200 << 10)
	w.write(b, "project/large.txt", text)
	changed := strings.ReplaceAll(text, "00 ", "00: ")
	benchmark(b, w.call(b, "filesystem", "write_file", writeArgs("large.txt", changed)))
}

func BenchmarkOfLargeEdit(b *testing.B) {
	w := newWorld(b)
	w.write(b, "project/large.txt", source(200<<10))
	benchmark(b, w.call(b, "filesystem", "edit_file", `{"path":"large.txt","edits":[{"oldText":"line 3000 ","newText":"LINE 3000 "}]}`))
}

func BenchmarkOfHostile(b *testing.B) {
	w := newWorld(b)
	for name, args := range hostile() {
		c := w.call(b, "x", "run_sql_delete_move", args)
		b.Run(name, func(b *testing.B) { benchmark(b, c) })
	}
}
