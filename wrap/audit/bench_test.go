package audit

import (
	"bytes"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// call is an entry as a tools/call of 1 KiB makes it.
func call() *Entry {
	return &Entry{
		Time:      time.Date(2026, 7, 31, 14, 22, 7, 123456789, time.UTC),
		Direction: "c2s",
		Method:    "tools/call",
		Tool:      "create_issue",
		ID:        []byte(`"call-17"`),
		Decision:  "pass",
		Rule:      "default",
		At:        "rules.yaml:12",
		Judge:     12 * time.Microsecond,
		Size:      1024,
		Trace:     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	}
}

func BenchmarkAppend(b *testing.B) {
	l := openLog(b, b.TempDir(), Session{Client: "cursor", Server: "github"})
	e := call()
	e.Args, e.Frame = Digest{1}, Digest{2}
	b.ReportAllocs()
	for b.Loop() {
		l.Append(e)
		if len(l.batch) > keepBuffer/2 {
			l.batch = l.batch[:0]
		}
	}
}

// BenchmarkAppendDigests is a line with the digests of a frame of 1 KiB and of its arguments.
func BenchmarkAppendDigests(b *testing.B) {
	l := openLog(b, b.TempDir(), Session{Client: "cursor", Server: "github"})
	d := l.NewDigester()
	frame := bytes.Repeat([]byte("x"), 1024)
	e := call()
	b.ReportAllocs()
	for b.Loop() {
		e.Frame, e.Args = d.Sum(frame), d.Sum(frame[200:])
		l.Append(e)
		if len(l.batch) > keepBuffer/2 {
			l.batch = l.batch[:0]
		}
	}
}

func BenchmarkAppendFlush(b *testing.B) {
	for _, lines := range []int{1, 2, 32} {
		b.Run(strconv.Itoa(lines), func(b *testing.B) {
			l := openLog(b, b.TempDir(), Session{Client: "cursor", Server: "github"})
			e := call()
			b.ReportAllocs()
			for b.Loop() {
				for range lines {
					l.Append(e)
				}
				if err := l.Flush(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDigest(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 1 << 20} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			d := newDigester(make([]byte, keySize))
			data := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				d.Sum(data)
			}
		})
	}
}

func BenchmarkOpenClose(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "log")
	for b.Loop() {
		l, err := Open(dir, Session{Client: "cursor", Server: "github"})
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Close("end of input"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	l := openLog(b, b.TempDir(), Session{Client: "cursor", Server: "github"})
	const lines = 10000
	for range lines {
		l.Append(call())
	}
	if err := l.Close("end of input"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Verify(l.dir); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
}
