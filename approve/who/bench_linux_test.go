package who

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkJudge judges one who may answer.
func BenchmarkJudge(b *testing.B) {
	dir := b.TempDir()
	term, path := another(b, filepath.Join(dir, "term")), filepath.Join(dir, "s")
	us, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	g := New()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	cmd := exec.Command(term, "role-term", us, "role-answer", path, "x", "0")
	cmd.Env = clean()
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	conn, err := ln.AcceptUnix()
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	for b.Loop() {
		if _, err := g.Judge(conn, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New()
	}
}
